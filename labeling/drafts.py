"""Drafts: typed work is work kept. They have a revision, belong to (row, person, kind) and outlive the lease."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from labeling.annotations.payload_check import check_payload
from labeling.faults import refuse_faults
from labeling.models import Draft, Slot, WorkSession
from labeling.ontologies import parsed
from labeling.queue import permission_for
from workforce import access
from workforce.errors import NotFound, RuleViolation
from workforce.models import ClockTimestamp, Person


@dataclass(frozen=True)
class Saved:
    revision: int
    saved_at: Any


def save_draft(person: Person, uid: str, *, base_revision: int, payload: Any, tab: str) -> Saved:
    """Keep what ``person`` typed on the row of a slot they hold or held.

    Raises ``draft_conflict`` with the newer draft when another tab saved since ``base_revision``."""
    slot = slot_worked_on(person, uid)
    version = slot.ontology_version
    assert version is not None
    ontology = parsed(version)
    refuse_faults(check_payload(ontology, payload, size=None, is_draft=True), "Nothing was lost, but not saved here.")
    return keep_draft(person, slot, base_revision=base_revision, payload=payload, tab=tab)


@transaction.atomic
def keep_draft(person: Person, slot: Slot, *, base_revision: int | None, payload: Any, tab: str) -> Saved:
    """The write itself. Without a base revision (a refused submit) it always wins over the older draft."""
    values = {"project_row_id": slot.project_row_id, "person": person, "kind": slot.kind}
    fields = {"payload": payload, "ontology_version": slot.ontology_version, "tab": tab[:64]}
    draft, is_new = Draft.objects.select_for_update().get_or_create(**values, defaults=fields)
    if is_new:
        draft.refresh_from_db()
        return Saved(draft.revision, draft.updated_at)
    if base_revision is not None and draft.revision != base_revision and draft.tab != tab:
        theirs = {"revision": draft.revision, "payload": draft.payload}
        raise RuleViolation("draft_conflict", "Another tab saved this row after you opened it.", theirs=theirs)
    Draft.objects.filter(pk=draft.pk).update(**fields, revision=draft.revision + 1, updated_at=ClockTimestamp())
    draft.refresh_from_db()
    return Saved(draft.revision, draft.updated_at)


def drop_draft(person: Person, slot: Slot) -> None:
    """After a submit took the work over."""
    Draft.objects.filter(project_row=slot.project_row_id, person=person, kind=slot.kind).delete()


def slot_worked_on(person: Person, uid: str) -> Slot:
    """A slot that ``person`` holds or has worked on; another's is not to be known of."""
    slots = Slot.objects.select_related("project", "project_row", "ontology_version")
    slot = access.access(person, slots, uid, permission_for)
    if slot.labeler_id != person.pk and not WorkSession.objects.filter(slot=slot, person=person).exists():
        raise NotFound
    return slot
