"""The rows behind the figures of the line: those in a stage now, and those that moved today.

The line counts with these same sets, so that a figure and the list it opens agree. Read only."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from labeling.models import Batch, Project, ProjectRow, Slot, WorkSession
from labeling.rows import OPINION_IS_IN
from quality.models import Review
from workforce import access
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

State = ProjectRow.State
Stage = WorkSession.Stage
Outcome = WorkSession.Outcome
WAITS = (State.WAITING, State.IN_WORK)
PAST_LABELING = (State.IN_REVIEW, State.IN_REWORK, State.DONE)
# What the lists call them. Moves are those of today and may hold a row in any stage.
STAGES = {
    "queue": "Queue",
    "labeling": "In hand",
    "review": "In review",
    "rework": "In rework",
    "done": "Done",
    "unclear": "Unclear",
}
MOVES = {
    "taken": "Taken today",
    "labeled": "Labeled today",
    "approved": "Approved today",
    "skipped": "Skipped as unclear today",
    "sent_back": "Sent back today",
    "sent_again": "Sent again today",
}
STATE_OF = {"review": State.IN_REVIEW, "rework": State.IN_REWORK, "done": State.DONE, "unclear": State.SET_ASIDE}


class Today:
    """The project's day: where it starts, and the ranges of today that everything is read from."""

    def __init__(self, project: Project, at: datetime) -> None:
        self.project, self.at = project, at
        self.zone = ZoneInfo(project.organization.time_zone)
        self.day = at.astimezone(self.zone).date()
        self.start = datetime.combine(self.day, time(), tzinfo=self.zone)

    def sessions(self) -> QuerySet[WorkSession]:
        return WorkSession.objects.filter(project=self.project, last_beat_at__gte=self.start)

    def submits(self, stage: str) -> QuerySet[WorkSession]:
        return self.sessions().filter(stage=stage, outcome=Outcome.SUBMITTED)

    def rejects(self) -> QuerySet[WorkSession]:
        return self.submits(Stage.REVIEW).filter(slot__quality_review__decision=Review.Decision.REJECT)

    def rows(self) -> QuerySet[ProjectRow]:
        return ProjectRow.objects.filter(project=self.project)

    def rows_that_became(self, state: str) -> QuerySet[ProjectRow]:
        return self.rows().filter(state=state, state_since__gte=self.start)

    def rows_done(self) -> QuerySet[Any]:
        """Done today, with ``was_reviewed`` and ``was_labeled``; what is neither was imported."""
        reviewed = Exists(Review.objects.filter(label__project_row=OuterRef("pk")))
        labeled = WorkSession.objects.filter(stage=Stage.LABELING, outcome=Outcome.SUBMITTED)
        return self.rows_that_became(State.DONE).annotate(
            was_reviewed=reviewed, was_labeled=Exists(labeled.filter(slot__project_row=OuterRef("pk")))
        )

    def rows_set_aside(self) -> QuerySet[Any]:
        """Set aside today, with ``was_skipped``; the others came without a picture."""
        # A skipped review sets no row aside.
        skipped = Slot.objects.filter(project_row=OuterRef("pk"), kind=Slot.Kind.LABEL, state=Slot.State.SKIPPED)
        return self.rows_that_became(State.SET_ASIDE).annotate(was_skipped=Exists(skipped))

    def rows_labeled(self) -> QuerySet[ProjectRow]:
        """Rows that left labeling today: a label of today was the last that was wanted."""
        submits = self.submits(Stage.LABELING).values("slot__project_row")
        return self.rows().filter(pk__in=submits, state__in=PAST_LABELING)

    def rows_taken(self) -> QuerySet[ProjectRow]:
        begun = self.sessions().filter(stage=Stage.LABELING, first_beat_at__gte=self.start)
        held = self.held().filter(leased_at__gte=self.start)
        return self.rows().filter(Q(pk__in=begun.values("slot__project_row")) | Q(pk__in=held.values("project_row")))

    def held(self) -> QuerySet[Slot]:
        live = Slot.objects.filter(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp())
        return live.filter(project=self.project, kind=Slot.Kind.LABEL, is_rework=False)

    def rows_in(self, stage: str) -> QuerySet[ProjectRow]:
        if stage in STATE_OF:
            return self.rows().filter(state=STATE_OF[stage])
        waiting, held = self.rows().filter(state__in=WAITS), self.held().values("project_row")
        return waiting.filter(pk__in=held) if stage == "labeling" else waiting.exclude(pk__in=held)

    def rows_moved(self, move: str) -> QuerySet[ProjectRow]:
        if move == "taken":
            return self.rows_taken()
        if move == "labeled":
            return self.rows_labeled()
        if move == "approved":
            return self.rows_done().filter(was_reviewed=True)
        if move == "skipped":
            return self.rows_set_aside().filter(was_skipped=True)
        acts = self.rejects() if move == "sent_back" else self.submits(Stage.REWORK)
        return self.rows().filter(pk__in=acts.values("slot__project_row"))


def rows_behind(
    person: Person, project: Project, figure: str, *, at: datetime, batch: Batch | None = None
) -> QuerySet[ProjectRow]:
    """The rows behind a figure of the line at the moment ``at``, or every row of the project for a figure it has not.

    For one who may see the queue, with what a list shows beside each row."""
    today = Today(project, at)
    rows = today.rows_in(figure) if figure in STAGES else today.rows_moved(figure) if figure in MOVES else today.rows()
    if batch is not None:
        rows = rows.filter(batch=batch)
    related = "data_row", "batch", "quality_consensus"
    return access.visible_to(person, rows, Permission.VIEW_QUEUE).select_related(*related)


def opinions_in(rows: list[ProjectRow]) -> dict[int, int]:
    """Project row's primary key → opinions that are in."""
    labels = Slot.objects.filter(kind=Slot.Kind.LABEL, is_check=False, state__in=OPINION_IS_IN)
    slots = labels.filter(project_row__in=rows)
    counted = slots.order_by().values_list("project_row").annotate(count=Count("pk"))
    return {row.pk: 0 for row in rows} | dict(counted)
