"""The board of a project: where its rows stand, step by step, and with whom.

The counts are those of the line (``flow.py``): rows by state from the folded counters, what is held from the live
leases. A row whose labels are reviewed at several steps stands at the furthest one. ``trips`` says how often a label of
the row was sent back. Read only; announces nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import connection
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Value

from labeling import counters, projects_list
from labeling.blindness import rows_known_to
from labeling.models import Label, Project, ProjectRow, Slot
from quality import review_steps
from quality.flow_rows import WAITS, State, Today
from quality.models import Review
from quality.review import reason_in_words
from workforce import access
from workforce.live import is_uid
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

CARDS = 4
# A project has few people at work at one time; of more, those with the longest wait are shown.
MOST_PEOPLE = 40
_ROWS_BY_STEP = """
SELECT step, count(*) FROM (
    SELECT max(s.step) AS step FROM labeling_slot s JOIN labeling_projectrow r ON r.id = s.project_row_id
    WHERE s.project_id = %s AND s.kind = 'review' AND s.state IN ('open', 'leased') AND s.step > 1
      AND r.state = 'in_review' GROUP BY s.project_row_id
) furthest GROUP BY step ORDER BY step
"""


@dataclass(frozen=True)
class Hands:
    """What one person has in a column: rows, and since when the longest."""

    person: Person
    count: int
    since: datetime


@dataclass(frozen=True)
class BoardCard:
    """A row. ``slot`` is what an act on it names: the rework that waits. ``reason`` is that of the last return."""

    row: ProjectRow
    since: datetime
    who: Person | None
    slot: Slot | None
    trips: int
    reason: str


@dataclass(frozen=True)
class Column:
    """``stage`` is the figure of the line, ``step`` that of the review or 0. ``hands`` says who holds its rows or, in
    rework, whose they are; ``free`` are the others. Cards are the oldest, of done rows the newest."""

    stage: str
    step: int
    title: str
    count: int
    hands: tuple[Hands, ...] = ()
    cards: tuple[BoardCard, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.stage}-{self.step}" if self.step else self.stage


@dataclass(frozen=True)
class Board:
    at: datetime
    columns: tuple[Column, ...]


def board_of(person: Person, project: Project, *, at: datetime) -> Board:
    """The board at the moment ``at``, for one who may see the queue. As many queries for three rows as for thirty."""
    access.require(person, Permission.VIEW_QUEUE, project)
    today, wip = Today(project, at), counters.rows_by_state(project)
    steps = rows_by_step(project)
    held = today.held().aggregate(rows=Count("project_row", distinct=True))["rows"]
    waiting = sum(wip[state] for state in WAITS)
    hands, step_names = _hands(project), review_steps.names_of([project.pk])
    name_of = partial(review_steps.name_in, step_names, project.pk)
    counts = {
        ("queue", 0): ("Waiting", max(0, waiting - held)),
        ("labeling", 0): ("Labeling", min(waiting, held)),
        ("review", 1): (name_of(1), max(0, wip[State.IN_REVIEW] - sum(steps.values()))),
        **{("review", step): (name_of(step), count) for step, count in steps.items()},
        ("rework", 0): ("Rework", wip[State.IN_REWORK]),
        ("unclear", 0): ("Unclear", wip[State.SET_ASIDE]),
        ("done", 0): ("Done today", today.rows_that_became(State.DONE).count()),
    }
    cards = _cards(person, today, list(counts))
    columns = [
        Column(stage, step, title, count, tuple(hands.get((stage, step), ())), cards[stage, step])
        for (stage, step), (title, count) in counts.items()
    ]
    return Board(at, tuple(columns))


def rows_by_step(project: Project) -> dict[int, int]:
    """Step of review from the second on → rows that stand there."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS_BY_STEP, [project.pk])
        return dict(cursor.fetchall())


# --- Who has what -------------------------------------------------------------------------------------------------
def live_reviews(project: Project) -> QuerySet[Slot]:
    live = Slot.objects.filter(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp())
    return live.filter(project=project, kind=Slot.Kind.REVIEW)


def reworks(project: Project) -> QuerySet[Slot]:
    """Labels at their makers: sent back, in hand or not."""
    back = Slot.objects.filter(project=project, kind=Slot.Kind.LABEL, is_rework=True, is_check=False)
    return back.filter(state__in=[Slot.State.LEASED, Slot.State.IN_REWORK])


def _hands(project: Project) -> dict[tuple[str, int], list[Hands]]:
    """Column → its people, the longest wait first."""
    live = Slot.objects.filter(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp(), project=project)
    keys = "kind", "step", "labeler"
    taken = live.exclude(kind=Slot.Kind.LABEL, is_rework=True).order_by().values(*keys)
    rows = list(taken.annotate(rows=Count("project_row", distinct=True), since=Min("leased_at")))
    back = reworks(project).order_by().values("labeler")
    rows += list(
        back.annotate(
            kind=Value("rework"),
            step=Value(0),
            rows=Count("project_row", distinct=True),
            since=Min("project_row__state_since"),
        )
    )
    people = Person.objects.in_bulk({line["labeler"] for line in rows})
    found: dict[tuple[str, int], list[Hands]] = {}
    for line in sorted(rows, key=lambda one: one["since"]):
        stage = {Slot.Kind.LABEL: "labeling", Slot.Kind.REVIEW: "review"}.get(line["kind"], "rework")
        column = found.setdefault((stage, line["step"]), [])
        if len(column) < MOST_PEOPLE:
            column.append(Hands(people[line["labeler"]], line["rows"], line["since"]))
    return found


# --- Cards --------------------------------------------------------------------------------------------------------
def _cards(
    person: Person, today: Today, columns: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], tuple[BoardCard, ...]]:
    chosen = {column: _first_rows(today, *column) for column in columns}
    ids = [pk for some in chosen.values() for pk in some]
    rows = {row.pk: row for row in ProjectRow.objects.filter(pk__in=ids).select_related("data_row", "batch")}
    known = rows_known_to(person, list(rows.values()), today.project)
    returns = _returns(list(rows))
    slots = _slots_of(list(rows))
    skips = projects_list.skips_of_rows(list(rows.values()))
    finished = _finished_by(list(rows))
    found = {}
    for (stage, step), some in chosen.items():
        cards = []
        for pk, since in some.items():
            slot = slots.get((pk, stage, step))
            who = slot.labeler if slot else None
            if stage == "done":
                who = finished.get(pk)
            elif stage == "unclear" and skips[pk]:
                who = skips[pk][0].labeler
            # The words of a reviewer say what an answer should be: not to one who may still label the row.
            trips, reason = returns.get(pk, (0, "")) if pk in known else (0, "")
            cards.append(BoardCard(rows[pk], since, who, slot, trips, reason))
        found[stage, step] = tuple(cards)
    return found


def _first_rows(today: Today, stage: str, step: int) -> Mapping[int, datetime]:
    """Row → since when, the first few of a column, each by a walk along an index."""
    if stage == "labeling":
        held = today.held().order_by("leased_at").values_list("project_row", "leased_at")
        return {pk: since for pk, since in held[:CARDS] if since is not None}
    if stage == "done":
        done = today.rows_that_became(State.DONE).order_by("-state_since")
        return dict(done.values_list("pk", "state_since")[:CARDS])
    rows = today.rows()
    if stage == "queue":
        free = rows.exclude(pk__in=today.held().values("project_row"))
        first, second = (
            free.filter(state=state).order_by("state_since").values_list("pk", "state_since")[:CARDS] for state in WAITS
        )
        return dict(sorted(first.union(second, all=True), key=lambda one: one[1])[:CARDS])
    if step > 1:
        again = at_step(today.project, step).values("project_row")
        rows = rows.filter(pk__in=again, state=State.IN_REVIEW)
    elif step == 1:
        further = live_review_slots(today.project).filter(step__gt=1, project_row=OuterRef("pk"))
        rows = rows.filter(~Exists(further), state=State.IN_REVIEW)
    else:
        rows = rows.filter(state={"rework": State.IN_REWORK, "unclear": State.SET_ASIDE}[stage])
    return dict(rows.order_by("state_since").values_list("pk", "state_since")[:CARDS])


def live_review_slots(project: Project) -> QuerySet[Slot]:
    """Reviews that wait or are in hand."""
    live = [Slot.State.OPEN, Slot.State.LEASED]
    return Slot.objects.filter(project=project, kind=Slot.Kind.REVIEW, state__in=live)


def at_step(project: Project, step: int) -> QuerySet[Slot]:
    """Live reviews at ``step`` of rows that stand at no further one."""
    further = live_review_slots(project).filter(step__gt=step, project_row=OuterRef("project_row"))
    return live_review_slots(project).filter(~Exists(further), step=step)


def _slots_of(rows: list[int]) -> dict[tuple[int, str, int], Slot]:
    """(row, stage, step) → the slot that somebody holds or reworks there."""
    live = Q(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp())
    back = Q(state__in=[Slot.State.LEASED, Slot.State.IN_REWORK], is_rework=True)
    slots = Slot.objects.filter(live | back, project_row__in=rows, is_check=False).select_related("labeler")
    found = {}
    for slot in slots.order_by("-pk"):
        is_review = slot.kind == Slot.Kind.REVIEW
        stage = "review" if is_review else "rework" if slot.is_rework else "labeling"
        found[slot.project_row_id, stage, slot.step] = slot
    return found


def _returns(rows: list[int]) -> dict[int, tuple[int, str]]:
    """Row → how often the label that was sent back most often was, and the reason of the row's last return."""
    sent_back = Review.objects.filter(label__project_row__in=rows, decision=Review.Decision.REJECT)
    by_label: dict[tuple[int, int], int] = {}
    reasons: dict[int, str] = {}
    for row, label, said in sent_back.order_by("pk").values_list("label__project_row", "label", "reasons"):
        by_label[row, label] = by_label.get((row, label), 0) + 1
        reasons[row] = "; ".join(reason_in_words(reason) for reason in said)
    most: dict[int, int] = {}
    for (row, _), count in by_label.items():
        most[row] = max(most.get(row, 0), count)
    return {row: (count, reasons[row]) for row, count in most.items()}


def _finished_by(rows: list[int]) -> dict[int, Person]:
    """Row → who did the last thing about it: the last reviewer, or else the maker of its newest label."""
    labels = Label.objects.filter(project_row__in=rows, kind=Label.Kind.OPINION, slot__is_check=False)
    found = {label.project_row_id: label.labeler for label in labels.select_related("labeler").order_by("pk")}
    reviews = Review.objects.filter(label__project_row__in=rows).select_related("reviewer").order_by("pk")
    return found | {review.row: review.reviewer for review in reviews.annotate(row=F("label__project_row"))}


# --- The rows behind ----------------------------------------------------------------------------------------------
def narrowed(rows: QuerySet[ProjectRow], project: Project, *, holder: str, step: int) -> QuerySet[ProjectRow]:
    """Of ``rows`` those that ``holder`` (a person's uid, or empty) has in hand or in rework, and that stand at the
    review step ``step`` (0: any)."""
    if holder:
        live = Q(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp())
        mine = Slot.objects.filter(live | Q(state=Slot.State.IN_REWORK), project=project, labeler__uid=holder)
        rows = rows.filter(pk__in=mine.filter(is_check=False).values("project_row"))
    if step:
        rows = rows.filter(pk__in=at_step(project, step).values("project_row"), state=State.IN_REVIEW)
    return rows


def holder_named(project: Project, uid: str) -> Person | None:
    """The person with this uid when they have something in this project's hands or rework."""
    slots = Slot.objects.filter(project=project, state__in=[Slot.State.LEASED, Slot.State.IN_REWORK])
    return Person.objects.filter(uid=uid, pk__in=slots.values("labeler")).first() if is_uid(uid) else None
