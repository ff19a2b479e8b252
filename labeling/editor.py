"""Everything the editor needs for one data row, in one value.

Upper floors add what they know of a row (issues, reasons of a reviewer) through ``register_addition``: the editor asks,
they answer for all rows at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from labeling import drafts
from labeling.models import Draft, Label, LabelVersion, OntologyVersion, Project, ProjectRow, Slot
from labeling.queue import WHY_TEXTS
from workforce import access, alerts
from workforce.errors import NotFound
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

Addition = Callable[[Person, Sequence[Slot]], dict[int, Any]]
_additions: dict[str, Addition] = {}
Choices = dict[str, str] | Callable[[Project], dict[str, str]]
_choices: dict[str, Choices] = {}


@dataclass(frozen=True)
class EditorRow:
    slot: Slot
    ontology_version: OntologyVersion
    draft: Draft | None
    older_draft: Draft | None
    label: Label | None
    version: LabelVersion | None
    additions: dict[str, Any]

    @property
    def why_text(self) -> str:
        return WHY_TEXTS.get(self.slot.why, self.slot.why)


def register_addition(name: str, ask: Addition) -> None:
    """``ask(person, slots)`` returns slot primary key → plain value that stands under ``name`` in the editor's row."""
    _additions[name] = ask


def register_choices(name: str, choices: Choices) -> None:
    """A list of code → text that the editor offers, or a function of the project that returns it; an upper floor knows
    them."""
    _choices[name] = choices


def page_choices(project: Project) -> dict[str, list[dict[str, str]]]:
    found = {name: choices(project) if callable(choices) else choices for name, choices in _choices.items()}
    return {name: [{"code": code, "label": text} for code, text in choices.items()] for name, choices in found.items()}


def editor_rows(person: Person, slots: Sequence[Slot]) -> list[EditorRow]:
    """The editor's values for slots that ``person`` holds; the same number of queries for one or many."""
    versions = _versions_to_show(slots)
    kept = drafts.drafts_on(person, slots)
    added = {name: ask(person, slots) for name, ask in _additions.items()}
    found = []
    for slot in slots:
        assert slot.ontology_version is not None
        version = versions.get(slot.pk)
        draft = next((one for one in kept[slot.pk] if drafts.is_current(one, slot, version)), None)
        found.append(
            EditorRow(
                slot=slot,
                ontology_version=slot.ontology_version,
                draft=draft,
                older_draft=next((one for one in kept[slot.pk] if draft is None or is_other_work(one, draft)), None),
                label=version.label if version else None,
                version=version,
                additions={name: values.get(slot.pk) for name, values in added.items()},
            )
        )
    return found


def is_other_work(one: Draft, draft: Draft) -> bool:
    return one.pk != draft.pk and one.payload != draft.payload


def _versions_to_show(slots: Sequence[Slot]) -> dict[int, LabelVersion]:
    """Slot → the version that a reviewer judges or a maker reworks."""
    judged = {slot.label_id: slot.pk for slot in slots if slot.label_id}
    reworked = {slot.pk for slot in slots if slot.is_rework}
    wanted = LabelVersion.objects.select_related("label__labeler").filter(
        Q(label__in=list(judged)) | Q(label__slot__in=reworked), number=F("label__last_version")
    )
    found: dict[int, LabelVersion] = {}
    for version in wanted:
        slot_id = judged.get(version.label_id) or version.label.slot_id
        if slot_id is not None:
            found[slot_id] = version
    return found


def row_to_show(person: Person, row_uid: str) -> ProjectRow:
    """As ``row_with_asset``, for the whole picture: how many one person takes is counted."""
    row = row_with_asset(person, row_uid)
    alerts.note_picture(person, row.project.organization_id)
    return row


def row_with_asset(person: Person, row_uid: str) -> ProjectRow:
    """The project row whose picture ``person`` may see now: by a right over the project, or by own live work.

    Raises NotFound otherwise; whether a picture exists is not told to those who may not see it."""
    row = access.access(
        person, ProjectRow.objects.select_related("data_row", "project"), row_uid, Permission.VIEW_PROJECT
    )
    if access.visible_to(person, ProjectRow.objects.filter(pk=row.pk), Permission.VIEW_ASSET).exists():
        return row
    if not _in_hand(person).filter(project_row=row).exists():
        raise NotFound
    return row


def _in_hand(person: Person) -> QuerySet[Slot]:
    live = Q(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp())
    return Slot.objects.filter(live | Q(state=Slot.State.IN_REWORK), labeler=person)
