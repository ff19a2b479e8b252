"""Drafts: typed work is work kept. They have a revision, outlive the lease and belong to (row, person, kind); that of a
review also to the version of the label it was typed over, so that it never stands in place of another one.

One draft of these is the current one. What comes too late to be it (typed in a tab that another overtook, or after the
submit) is kept beside it as a copy, never over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from labeling.annotations.payload import canonical, payload_hash
from labeling.annotations.payload_check import check_payload
from labeling.faults import refuse_faults
from labeling.models import Draft, LabelVersion, Slot, WorkSession
from labeling.ontologies import parsed
from labeling.queue import permission_for
from workforce import access
from workforce.errors import NotFound, Refusal, RuleViolation
from workforce.models import ClockTimestamp, Person

UNKEPT = {"draft_saved": False}
IS_OVER = (Slot.State.SUBMITTED, Slot.State.IN_REVIEW, Slot.State.DONE)


@dataclass(frozen=True)
class Base:
    """Where a page stood: the revision of the draft it knew (0: there was none, None: it does not say), and its tab."""

    revision: int | None = None
    tab: str = ""

    def knows(self, draft: Draft) -> bool:
        return self.revision == draft.revision or self.tab[:64] == draft.tab


@dataclass(frozen=True)
class Saved:
    revision: int
    saved_at: Any


@transaction.atomic
def save_draft(
    person: Person,
    uid: str,
    *,
    base_revision: int,
    payload: Any,
    tab: str,
    version: int | None = None,
    keeps_other: bool = False,
) -> Saved:
    """Keep what ``person`` typed on the row of a slot they hold or held; in a review, over ``version`` of its label.

    With ``keeps_other`` the draft whose place it takes stays beside it as a copy: that of another tab, chosen against.

    Raises ``draft_conflict`` with the newer draft when another tab saved since ``base_revision``, and
    ``already_submitted`` when the person is done with the slot: a late autosave brings no draft back."""
    slot = slot_worked_on(person, uid)
    assert slot.ontology_version is not None
    ontology = parsed(slot.ontology_version)
    refuse_faults(check_payload(ontology, payload, size=None, is_draft=True), "Nothing was lost, but not saved here.")
    # A submit on its way holds the slot; its end is waited for.
    now = Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
    if now.labeler_id == person.pk and now.state in IS_OVER:
        raise RuleViolation("already_submitted", "You submitted this row already.")
    base = Base(base_revision, tab)
    return keep_draft(person, slot, base=base, payload=payload, version=version, keeps_other=keeps_other)


@transaction.atomic
def keep_draft(
    person: Person, slot: Slot, *, base: Base, payload: Any, version: int | None = None, keeps_other: bool = False
) -> Saved:
    """The write itself, over the draft that ``base`` knows."""
    fields = {"payload": payload, "ontology_version": slot.ontology_version, "tab": base.tab[:64]}
    values = {**_place(person, slot, version), "is_copy": False}
    draft, is_new = Draft.objects.select_for_update().get_or_create(**values, defaults=fields)
    if is_new:
        draft.refresh_from_db()
        return Saved(draft.revision, draft.updated_at)
    if not base.knows(draft):
        theirs = {"revision": draft.revision, "payload": draft.payload}
        raise RuleViolation("draft_conflict", "Another tab saved this row after you opened it.", theirs=theirs)
    if keeps_other and draft.payload != payload:
        _kept_copy(person, slot, draft.payload, draft.label_version)
        Draft.objects.filter(**{**values, "is_copy": True}, payload=payload).delete()  # it goes on, as the current one
    Draft.objects.filter(pk=draft.pk).update(**fields, revision=draft.revision + 1, updated_at=ClockTimestamp())
    draft.refresh_from_db()
    return Saved(draft.revision, draft.updated_at)


def keep_refused(
    person: Person, uid: str, payload: Any, *, code: str, base: Base, version: int | None = None
) -> dict[str, Any]:
    """Keep the payload of a submit or decision that was refused with ``code``; what became of it, for the refusal.

    ``draft_saved``; ``kept_as``: ``draft``, with its ``draft_revision`` from here on, or ``copy`` beside a newer draft.
    Runs after the act was rolled back. Nothing is kept of what no rule allows."""
    slot = _slot_to_keep_for(person, uid, payload)
    if slot is None:
        return dict(UNKEPT)
    if code == "already_submitted" or (slot.labeler_id == person.pk and slot.state in IS_OVER):
        is_kept = _is_submitted(person, slot, payload)
        return dict(UNKEPT) if is_kept else _kept_copy(person, slot, payload, version)
    try:
        saved = keep_draft(person, slot, base=base, payload=payload, version=version)
    except RuleViolation as conflict:
        theirs = conflict.details["theirs"]
        if theirs["payload"] != payload:
            return _kept_copy(person, slot, payload, version)
        return {"draft_saved": True, "kept_as": "draft", "draft_revision": theirs["revision"]}
    return {"draft_saved": True, "kept_as": "draft", "draft_revision": saved.revision}


def drop_draft(person: Person, slot: Slot, *, base: Base, payload: Any = None, version: int | None = None) -> None:
    """After a submit took the work over. What another tab typed since then stays, as a copy."""
    draft = Draft.objects.select_for_update().filter(**_place(person, slot, version), is_copy=False).first()
    if draft is None:
        return
    if base.revision is None or base.knows(draft) or draft.payload == payload:
        draft.delete()
    else:
        Draft.objects.filter(pk=draft.pk).update(is_copy=True)


def drafts_on(person: Person, slots: Sequence[Slot]) -> dict[int, list[Draft]]:
    """Slot → the person's drafts for it, newest first; of a review only those of its label. One query for all."""
    found: dict[int, list[Draft]] = {slot.pk: [] for slot in slots}
    kept = Draft.objects.filter(person=person, project_row__in=[slot.project_row_id for slot in slots])
    for draft in kept.order_by("-updated_at"):
        for slot in slots:
            is_of_label = slot.label_id is None or draft.label_id in (None, slot.label_id)
            if (draft.project_row_id, draft.kind) == (slot.project_row_id, slot.kind) and is_of_label:
                found[slot.pk].append(draft)
    return found


def is_current(draft: Draft, slot: Slot, version: LabelVersion | None) -> bool:
    """Whether the work on ``slot`` goes on from this draft; in a review it was typed over the version shown."""
    if draft.is_copy or slot.kind != Slot.Kind.REVIEW:
        return not draft.is_copy
    return version is not None and (draft.label_id, draft.label_version) == (version.label_id, version.number)


def slot_worked_on(person: Person, uid: str) -> Slot:
    """A slot that ``person`` holds or has worked on; another's is not to be known of."""
    slots = Slot.objects.select_related("project", "project_row", "ontology_version", "label")
    slot = access.access(person, slots, uid, permission_for)
    if slot.labeler_id != person.pk and not WorkSession.objects.filter(slot=slot, person=person).exists():
        raise NotFound
    return slot


def _place(person: Person, slot: Slot, version: int | None) -> dict[str, Any]:
    """What a draft belongs to. Without a word of the page a review under lease is about its label's last version."""
    place = {"project_row_id": slot.project_row_id, "person": person, "kind": slot.kind}
    if slot.kind != Slot.Kind.REVIEW or slot.label is None:
        return {**place, "label_id": None, "label_version": None}
    if version is None and slot.state == Slot.State.LEASED:
        version = slot.label.last_version
    return {**place, "label_id": slot.label_id, "label_version": version}


def _slot_to_keep_for(person: Person, uid: str, payload: Any) -> Slot | None:
    """None where nothing may be kept: not their slot, or no label payload."""
    if not isinstance(payload, dict):
        return None
    try:
        slot = slot_worked_on(person, uid)
    except Refusal:
        return None
    assert slot.ontology_version is not None
    faults = check_payload(parsed(slot.ontology_version), payload, size=None, is_draft=True)
    return None if faults else slot


def _kept_copy(person: Person, slot: Slot, payload: Any, version: int | None) -> dict[str, Any]:
    copy = {**_place(person, slot, version), "is_copy": True, "payload": payload}
    if not Draft.objects.filter(**copy).exists():
        assert slot.ontology_version is not None
        Draft.objects.create(**copy, ontology_version=slot.ontology_version)
    return {"draft_saved": True, "kept_as": "copy"}


def _is_submitted(person: Person, slot: Slot, payload: Any) -> bool:
    """Whether this very work stands in a version already, so that nothing is left to keep."""
    mine = LabelVersion.objects.filter(Q(label__slot=slot) | Q(label=slot.label_id), author=person)
    return mine.filter(payload_hash=payload_hash(canonical(payload))).exists()
