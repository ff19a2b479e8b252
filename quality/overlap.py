"""Dynamic overlap: one more opinion is asked for while a row is unsure, and only while the settings allow it.

Decided where all wanted opinions are in and scored, in the transaction of the score and under the row's lock: what was
asked for stands as an open slot, so the same event twice asks once. An ``ExtraOpinion`` keeps what was known then."""

from django.db import connection, transaction
from django.db.models import F

from labeling import overlap_cost, project_access
from labeling.events import stream_of_project, stream_of_row
from labeling.models import Project, ProjectRow
from labeling.overlap import Overlap, overlap_of
from labeling.rows import add_label_slots, lock_row, move_row, opinions_in
from quality.agreement.certainty import Certainty
from quality.models import ExtraOpinion, RowConsensus
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.events import announce_on
from workforce.models import Person
from workforce.roles import Permission

Asked = RowConsensus.Asked
MOST_BY_HAND = 20
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_SAID = {
    Asked.SURE: "No other opinion was needed: {}.",
    Asked.MOST: "Still unsure ({}), but no more opinions may be asked for.",
    Asked.HOURS: "Still unsure ({}), but the hours for more opinions are used up.",
    Asked.NOBODY: "Still unsure ({}), but everybody who may label this row has done so.",
    Asked.CHOSEN: "A person chose the winner, so nobody else was asked.",
}


def ask_if_unsure(row: ProjectRow) -> bool:
    """Ask for one more opinion if the row needs and may have one; true when it did. The row is locked and complete."""
    settings = overlap_of(row.project, row.batch)
    if not settings.most_extra or row.labels_wanted < 2:
        return False
    consensus = RowConsensus.objects.filter(project_row=row).first()
    if consensus is None:
        return False
    why = _why(row, consensus, settings)
    if why == Asked.ASKED:
        _ask(row, consensus, settings, by=None, reason="")
    _note(consensus, why)
    return why == Asked.ASKED


@transaction.atomic
def ask_one_more(actor: Person, project_row: ProjectRow, *, reason: str) -> ExtraOpinion:
    """A person asks for one more opinion of a row that has all of its own; a finished row is worked on again.

    Raises ``reason_required``, ``row_waits``, ``too_many_opinions``, ``nobody_left``, ``project_closed``."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.CHANGE_PROJECT, row)
    said = reason.strip()
    if not said:
        raise InvalidInput("reason_required", "Say why one more opinion is needed.")
    if row.project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")
    if row.state not in (ProjectRow.State.DONE, ProjectRow.State.IN_REVIEW):
        raise RuleViolation("row_waits", "This row still waits for work that was asked for.")
    if row.extra_wanted >= MOST_BY_HAND:
        raise RuleViolation("too_many_opinions", f"This row was given {MOST_BY_HAND} more opinions already.")
    if not project_access.labelers_left_for(row).exists():
        raise RuleViolation("nobody_left", "Everybody who may label this row has done so. Give somebody else a role.")
    consensus, _ = RowConsensus.objects.get_or_create(project_row=row, defaults={"project": row.project})
    extra = _ask(row, consensus, overlap_of(row.project, row.batch), by=actor, reason=said)
    if row.state == ProjectRow.State.DONE:
        ProjectRow.objects.filter(pk=row.pk).update(revision=F("revision") + 1)
        row.revision += 1
    move_row(row, ProjectRow.State.IN_WORK)
    _note(consensus, Asked.ASKED)
    audit.record(actor, "opinion.asked", row, after={"number": extra.number, "reason": said}, root=row.project)
    return extra


def in_words(consensus: RowConsensus | None, extra: ExtraOpinion | None, settings: Overlap) -> str:
    """Why another opinion was asked for or not: "Asked for a third opinion: posterior 0.61 < 0.80."."""
    if consensus is None:
        return ""
    if consensus.asked == Asked.ASKED and extra is not None:
        what = f"Asked for a {_ordinal(extra.opinion_count + 1)} opinion"
        if extra.asked_by_id is not None:
            return f"{what} by a person: {extra.reason}"
        return f"{what}: {_measured(extra.posterior, extra.agreement, extra.threshold)}."
    measured = _measured(consensus.posterior, consensus.agreement, consensus.threshold or settings.threshold)
    if consensus.asked in _SAID:
        return _SAID[Asked(consensus.asked)].format(measured)
    if not settings.most_extra:
        return f"The settings ask nobody else while a row is unsure{f' ({measured})' if measured else ''}."
    return "It is decided when the opinions that were asked for are in."


def newest_extra(row: ProjectRow) -> ExtraOpinion | None:
    return ExtraOpinion.objects.filter(project_row=row).select_related("asked_by").order_by("-number").first()


def extras_asked(project: Project) -> int:
    """How many more opinions were asked for in the project, by the rule and by people."""
    return ExtraOpinion.objects.filter(project=project).count()


def _why(row: ProjectRow, consensus: RowConsensus, settings: Overlap) -> Asked:
    if consensus.status == RowConsensus.Status.CHOSEN:
        return Asked.CHOSEN
    if Certainty(consensus.posterior, consensus.agreement).is_sure(settings.threshold):
        return Asked.SURE
    if ExtraOpinion.objects.filter(project_row=row, asked_by=None).count() >= settings.most_extra:
        return Asked.MOST
    if not project_access.labelers_left_for(row).exists():
        return Asked.NOBODY
    return Asked.ASKED if _hours_are_left(row, settings) else Asked.HOURS


def _hours_are_left(row: ProjectRow, settings: Overlap) -> bool:
    """Whether one more fits into the hours, by the measured minutes of a row. A batch with hours of its own has only
    those. Rows of a project are decided one after the other here, so that no two take the last hour."""
    if settings.extra_hours is None:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('extra opinions', %s))", [row.project_id])
    asked = ExtraOpinion.objects.filter(project=row.project, asked_by=None)
    if row.batch.consensus_extra_hours is not None:
        asked = asked.filter(project_row__batch=row.batch_id)
    minutes = overlap_cost.measured_work(row.project).minutes or 0.0
    return (asked.count() + 1) * minutes / 60 <= settings.extra_hours


def _ask(
    row: ProjectRow, consensus: RowConsensus, settings: Overlap, *, by: Person | None, reason: str
) -> ExtraOpinion:
    extra = ExtraOpinion.objects.create(
        project=row.project,
        project_row=row,
        number=row.extra_wanted + 1,
        opinion_count=opinions_in(row),
        posterior=consensus.posterior,
        agreement=consensus.agreement,
        threshold=settings.threshold,
        settings_version=settings.version,
        asked_by=by,
        reason=reason,
    )
    ProjectRow.objects.filter(pk=row.pk).update(
        extra_wanted=F("extra_wanted") + 1, labels_wanted=F("labels_wanted") + 1
    )
    row.extra_wanted += 1
    row.labels_wanted += 1
    add_label_slots(row, 1)
    streams = [stream_of_project(row.project.uid), stream_of_row(row.uid)]
    facts = {"row": str(row.uid), "number": extra.number, "by_rule": by is None}
    announce_on(row.project.organization_id, streams, "opinion_asked", facts)
    return extra


def _note(consensus: RowConsensus, why: Asked) -> None:
    if consensus.asked != why:
        RowConsensus.objects.filter(pk=consensus.pk).update(asked=why)


def _measured(posterior: float | None, agreement: float | None, threshold: float) -> str:
    """The lower of the two against the threshold."""
    known = [(value, name) for value, name in ((posterior, "posterior"), (agreement, "agreement")) if value is not None]
    if not known:
        return ""
    value, name = min(known)
    return f"{name} {value:.2f} {'<' if value < threshold else '≥'} {threshold:.2f}"


def _ordinal(number: int) -> str:
    return ORDINALS[number - 1] if number <= len(ORDINALS) else f"{number}th"
