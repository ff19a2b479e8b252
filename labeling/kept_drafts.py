"""A person's kept drafts: what is in each, what became of its row since, and whether the work can go on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.lookups import GreaterThan

from labeling.annotations.features import Feature
from labeling.annotations.kinds import is_tool
from labeling.models import Draft, LabelVersion, Project, ProjectRow, Slot, WorkSession
from labeling.ontologies import parsed
from workforce import access
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

MOST_SHOWN = 100
PERMISSIONS = {Slot.Kind.LABEL: Permission.LABEL, Slot.Kind.REVIEW: Permission.REVIEW}
# What became of a slot that this person has had, in words to them.
_MINE = {
    Slot.Kind.LABEL: {
        Slot.State.SUBMITTED: "You submitted this row.",
        Slot.State.IN_REVIEW: "You submitted this row.",
        Slot.State.DONE: "You submitted this row.",
        Slot.State.SKIPPED: "You skipped this row.",
    },
    Slot.Kind.REVIEW: {
        Slot.State.DONE: "You decided about this label.",
        Slot.State.SKIPPED: "You gave this review back.",
    },
}
_OVER = {
    Slot.Kind.LABEL: "The row has its labels without it.",
    Slot.Kind.REVIEW: "Someone else decided about this label.",
}


@dataclass(frozen=True)
class KeptDraft:
    """``wanted`` is the slot to ask the claim for, or None where the draft can only be looked at."""

    draft: Draft
    became: str
    wanted: str | None
    lines: list[str]


def drafts_of(person: Person) -> QuerySet[Draft]:
    """Every draft of a project that the person still knows of, newest first."""
    mine = Draft.objects.filter(person=person).order_by("-updated_at", "-pk")
    return access.visible_to(person, mine, Permission.VIEW_PROJECT)


def kept_drafts(person: Person) -> list[KeptDraft]:
    """The newest ones, with what became of their rows; the same number of queries for one or many."""
    related = "project_row__data_row", "project_row__project", "ontology_version", "label"
    found = list(drafts_of(person).select_related(*related)[:MOST_SHOWN])
    rows = {draft.project_row_id for draft in found}
    is_live = GreaterThan(F("leased_until"), ClockTimestamp())
    slots = list(Slot.objects.filter(project_row__in=rows).annotate(is_live=is_live).order_by("-pk"))
    sessions = WorkSession.objects.filter(person=person, slot__in=slots)
    worked_on = set(sessions.values_list("slot", flat=True))
    written = LabelVersion.objects.filter(author=person, label__in=[draft.label_id for draft in found])
    own = set(written.values_list("label", flat=True))
    active = Project.objects.filter(
        state=Project.State.ACTIVE, pk__in={draft.project_row.project_id for draft in found}
    )
    open_to = {
        kind: set(access.visible_to(person, active, permission).values_list("pk", flat=True))
        for kind, permission in PERMISSIONS.items()
    }
    shown = []
    for draft in found:
        kind = Slot.Kind(draft.kind)
        of_draft = [one for one in slots if _is_of(one, draft)]
        became, slot = _became(person, draft.project_row, kind, of_draft, worked_on)
        may_open = draft.project_row.project_id in open_to[kind] and draft.label_id not in own
        wanted = str(slot.uid) if slot is not None and may_open else None
        if slot is not None and wanted is None:
            became = "The project gives you no rows now."
        shown.append(KeptDraft(draft, became, wanted, list(in_words(draft))))
    return shown


def _is_of(slot: Slot, draft: Draft) -> bool:
    is_of_label = draft.label_id is None or slot.label_id == draft.label_id
    return (slot.project_row_id, slot.kind) == (draft.project_row_id, draft.kind) and is_of_label


def _became(
    person: Person, row: ProjectRow, kind: Slot.Kind, slots: Sequence[Slot], worked_on: set[int]
) -> tuple[str, Slot | None]:
    """In words, and the slot to go on with, if any. ``slots`` are newest first."""
    mine = [one for one in slots if one.labeler_id == person.pk]
    for one in mine:
        if _is_held(one):
            return "You have it open.", one
        if one.is_rework and one.state in (Slot.State.IN_REWORK, Slot.State.LEASED):
            return "It came back to you.", one
    ended = [_MINE[kind][Slot.State(one.state)] for one in mine if one.state in _MINE[kind]]
    if ended:
        return ended[0], None
    return _with_others(row, kind, slots, worked_on)


def _with_others(
    row: ProjectRow, kind: Slot.Kind, slots: Sequence[Slot], worked_on: set[int]
) -> tuple[str, Slot | None]:
    if row.state == ProjectRow.State.SET_ASIDE:
        return "The row was set aside.", None
    waiting = [one for one in slots if one.state in (Slot.State.OPEN, Slot.State.LEASED) and not one.is_rework]
    if not waiting:
        return _OVER[kind], None
    if all(_is_held(one) for one in waiting):
        return "Someone else has it now.", None
    return "It is free.", next((one for one in slots if one.pk in worked_on), None)


def _is_held(slot: Slot) -> bool:
    return slot.state == Slot.State.LEASED and bool(slot.is_live)  # type: ignore[attr-defined]  # annotated above


# --- A look at what was typed -----------------------------------------------------------------------------------
def in_words(draft: Draft) -> Iterable[str]:
    """One line for each object and answer, in their order."""
    ontology = parsed(draft.ontology_version)
    counts: dict[str, int] = {}
    for entry in draft.payload.get("features", []):
        feature = next((one for one in ontology.features if one.uid == entry.get("feature")), None)
        if feature is None:
            continue
        if is_tool(feature.kind):
            counts[feature.uid] = counts.get(feature.uid, 0) + 1
            answers = ", ".join(_answers(feature.questions, entry.get("nested") or []))
            yield f"{feature.name} {counts[feature.uid]}" + (f" – {answers}" if answers else "")
        else:
            yield from _answers([feature], [entry])


def _answers(questions: Sequence[Feature], entries: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    asked = {question.uid: question for question in questions}
    for entry in entries:
        question = asked.get(str(entry.get("feature")))
        if question is None or entry.get("value") is None:
            continue
        chosen = entry["value"] if isinstance(entry["value"], list) else [entry["value"]]
        labels = {option.value: option.label for option in question.options}
        yield f"{question.name}: {', '.join(labels.get(str(one), str(one)) for one in chosen)}"
        below = [below for option in question.options if option.value in chosen for below in option.questions]
        yield from _answers([*question.questions, *below], entry.get("nested") or [])
