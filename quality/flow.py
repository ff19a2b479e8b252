"""Flow: the line of a project as stages – what waits, how long, what moved today, who works now, where it jams.

Rows are counted by the folded counters; ages and today's moves come from indexed ranges of today. Each move is counted
once, as out of one stage and in to the next, so start of day + in − out = WIP at every stage. *Queue* are rows whose
opinions are not all in and that nobody holds; *labeling* are rows that somebody holds. Read only; announces nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, F, Min, Q, Sum
from scipy.special import stdtrit

from labeling import counters, presence
from labeling.models import Batch, Project, ProjectRow, WorkInterval, WorkSession
from quality import flow_history
from quality.agreement.survival import MedianWait
from quality.flow_history import FlowTotals
from quality.flow_rows import Outcome, Stage, State, Today
from quality.issue_times import first_answer_of
from quality.models import DayFigure, FigureDelta, Issue
from workforce import access, outbox
from workforce.models import Person
from workforce.roles import Permission

MEDIAN_UP_TO = 20_000
FORECAST_OVER, FORECAST_FROM = 10, 3
REWORK_DAYS = 14
MOST_SHOWN = 12
ISSUE_IS_LATE_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Ages:
    """Seconds that the rows of a stage wait; none where nothing waits or where it would cost too much."""

    oldest: float | None = None
    median: float | None = None


@dataclass(frozen=True)
class StageFlow:
    """Rows in a stage. ``start`` + ``came_in`` − ``went_out`` = ``wip``; ``busy`` is active ÷ (active + idle) of the
    sessions that ended today."""

    wip: int
    came_in: int
    went_out: int
    ages: Ages = Ages()
    people: int = 0
    busy: float | None = None

    @property
    def net(self) -> int:
        return self.came_in - self.went_out

    @property
    def start(self) -> int:
        return self.wip - self.net


@dataclass(frozen=True)
class Arrows:
    """Today's moves between stages, each counted once."""

    taken: int
    submitted: int
    approved: int
    skipped_as_unclear: int
    rejected: int
    sent_again: int


@dataclass(frozen=True)
class Bottleneck:
    """The growing queue with the highest busy share. ``clears_with``: how many more people → days, at today's pace."""

    stage: str
    wip: int
    net: int
    came_in: int
    went_out: int
    people: int
    busy: float
    clears_with: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Forecast:
    """When the last row is done: rows left ÷ rows done a working day, with the 95 % interval of that mean."""

    left: int
    per_day: float
    over_days: int
    finishes_on: date
    earliest: date
    latest: date | None
    promised_on: date | None
    days_late: int


@dataclass(frozen=True)
class AtWork:
    """A person on a row right now; ``today`` and ``per_hour`` are theirs in this stage today."""

    uid: str
    name: str
    initials: str
    is_simulated: bool
    stage: str
    row_uid: str
    row_name: str
    seconds: float
    today: int
    per_hour: float | None


@dataclass(frozen=True)
class Alert:
    """A fact that wants somebody: ``kind`` says which, ``count`` how many, ``since`` how long."""

    kind: str
    severity: str
    count: int
    since: datetime | None


@dataclass(frozen=True)
class Line:
    at: datetime
    total: int
    queue: StageFlow
    labeling: StageFlow
    review: StageFlow
    rework: StageFlow
    done: StageFlow
    unclear: StageFlow
    arrows: Arrows
    bottleneck: Bottleneck | None
    forecast: Forecast | None
    rework_seconds: float
    active_seconds: float
    history: tuple[FlowTotals, ...]
    at_work: tuple[AtWork, ...]
    at_work_count: int
    alerts: tuple[Alert, ...]
    # Of the project's issues, where some of them wait.
    first_answer: MedianWait | None


def line_of(person: Person, project: Project, *, at: datetime) -> Line:
    """The line of ``project`` at the moment ``at``, for one who may see its queue."""
    access.require(person, Permission.VIEW_QUEUE, project)
    today = Today(project, at)
    wip = counters.rows_by_state(project)
    stages, arrows = _stages(today, wip)
    history = flow_history.totals_by_day(project, today.start, wip)
    at_work, count = _at_work(today)
    bottleneck = _bottleneck(stages)
    alerts = _alerts(person, today, bottleneck)
    issues = access.visible_to(person, Issue.objects.filter(project=project), Permission.VIEW_ISSUE)
    return Line(
        at=at,
        total=sum(wip.values()),
        **stages,
        arrows=arrows,
        bottleneck=bottleneck,
        forecast=_forecast(today, wip, history),
        rework_seconds=(seconds := _seconds_by_stage(today))[0],
        active_seconds=seconds[1],
        history=tuple(history),
        at_work=at_work,
        at_work_count=count,
        alerts=alerts,
        first_answer=first_answer_of(issues) if any(one.kind == "issues" for one in alerts) else None,
    )


# --- Stages -----------------------------------------------------------------------------------------------------
def _stages(today: Today, wip: dict[str, int]) -> tuple[dict[str, StageFlow], Arrows]:
    held = today.held().aggregate(
        rows=Count("project_row", distinct=True), people=Count("labeler", distinct=True), oldest=Min("leased_at")
    )
    moved = _sessions_today(today)
    done = _done_today(today)
    aside = _set_aside_today(today)
    labeling, rework, review = moved[Stage.LABELING], moved[Stage.REWORK], moved[Stage.REVIEW]
    completed = today.rows_labeled().count()
    entered = _entered_today(today)
    rejected = today.rejects().count()
    ended = labeling["submitted"] + labeling["skipped"] + labeling["abandoned"]
    taken = held["rows"] - labeling["from_before"] + ended
    # A lease that ran out and was not swept yet has left no trace of its end so far.
    ended, taken = ended + max(0, -taken), max(0, taken)
    back = ended - completed - aside["by_skip"]
    to_review = max(0, completed - done["labeled"])
    ages = _ages(today, wip)
    waiting = wip[State.WAITING] + wip[State.IN_WORK]
    stages = {
        "queue": StageFlow(
            wip=max(0, waiting - held["rows"]),
            came_in=entered - aside["new"] + back,
            went_out=taken + aside["old"] + done["imported"],
            ages=ages["queue"],
        ),
        "labeling": StageFlow(
            wip=min(waiting, held["rows"]),
            came_in=taken,
            went_out=ended,
            ages=Ages(_seconds_since(today.at, held["oldest"])),
            people=held["people"],
            busy=labeling["busy"],
        ),
        "review": StageFlow(
            wip=wip[State.IN_REVIEW],
            came_in=to_review + rework["submitted"],
            went_out=done["reviewed"] + rejected,
            people=review["people"],
            busy=review["busy"],
            ages=ages["review"],
        ),
        "rework": StageFlow(
            wip=wip[State.IN_REWORK],
            came_in=rejected,
            went_out=rework["submitted"],
            people=rework["people"],
            busy=rework["busy"],
            ages=ages["rework"],
        ),
        "done": StageFlow(wip=wip[State.DONE], came_in=done["all"], went_out=0),
        "unclear": StageFlow(wip=wip[State.SET_ASIDE], came_in=aside["all"], went_out=0, ages=ages["unclear"]),
    }
    return stages, Arrows(taken, completed, done["reviewed"], aside["by_skip"], rejected, rework["submitted"])


def _sessions_today(today: Today) -> dict[str, dict[str, Any]]:
    """Per stage: how sessions of today ended, how many were open at its start, their people and busy share."""
    ended = ~Q(outcome=Outcome.OPEN)
    lines = (
        today.sessions()
        .order_by()
        .values("stage")
        .annotate(
            submitted=Count("pk", filter=Q(outcome=Outcome.SUBMITTED)),
            skipped=Count("pk", filter=Q(outcome=Outcome.SKIPPED)),
            abandoned=Count("pk", filter=Q(outcome=Outcome.ABANDONED)),
            from_before=Count("pk", filter=Q(first_beat_at__lt=today.start)),
            people=Count("person", distinct=True),
            active=Sum("active_seconds", filter=ended),
            idle=Sum("idle_seconds", filter=ended),
        )
    )
    empty: dict[str, Any] = dict.fromkeys(("submitted", "skipped", "abandoned", "from_before", "people"), 0)
    found = {stage: {**empty, "busy": None} for stage in Stage.values}
    for line in lines:
        wall = (line["active"] or 0.0) + (line["idle"] or 0.0)
        found[line["stage"]] = {**line, "busy": (line["active"] or 0.0) / wall if wall else None}
    return found


def _done_today(today: Today) -> dict[str, int]:
    found = today.rows_done().aggregate(
        all=Count("pk"),
        reviewed=Count("pk", filter=Q(was_reviewed=True)),
        labeled=Count("pk", filter=Q(was_reviewed=False, was_labeled=True)),
    )
    return {**found, "imported": found["all"] - found["reviewed"] - found["labeled"]}


def _set_aside_today(today: Today) -> dict[str, int]:
    found = today.rows_set_aside().aggregate(
        all=Count("pk"),
        by_skip=Count("pk", filter=Q(was_skipped=True)),
        new=Count("pk", filter=Q(was_skipped=False, entered_at__gte=today.start)),
    )
    return {**found, "old": found["all"] - found["by_skip"] - found["new"]}


def _entered_today(today: Today) -> int:
    """A row enters with its batch, so the batches of today name the rows to count."""
    batches = Batch.objects.filter(project=today.project, created_at__gte=today.start)
    return ProjectRow.objects.filter(batch__in=list(batches)).count()


def _ages(today: Today, wip: dict[str, int]) -> dict[str, Ages]:
    states = {
        "queue": [State.WAITING, State.IN_WORK],
        "review": [State.IN_REVIEW],
        "rework": [State.IN_REWORK],
        "unclear": [State.SET_ASIDE],
    }
    return {name: _age(today, some, sum(wip[state] for state in some)) for name, some in states.items()}


def _age(today: Today, states: Sequence[str], count: int) -> Ages:
    """Oldest and median time in these states. The median of very many would walk half of them."""
    oldest = min(_longest_in(today, states, 1), default=None)
    middle = None
    if 0 < count <= MEDIAN_UP_TO:
        first_half = sorted(_longest_in(today, states, count // 2 + 1))
        middle = first_half[min(count // 2, len(first_half) - 1)] if first_half else None
    return Ages(_seconds_since(today.at, oldest), _seconds_since(today.at, middle))


def _longest_in(today: Today, states: Sequence[str], most: int) -> list[datetime]:
    """The first moments of each state, in one statement with a walk along the index for each: over several states at
    once the index has no order."""
    rows = [ProjectRow.objects.filter(project=today.project, state=state).order_by("state_since") for state in states]
    first, *others = [one.values_list("state_since", flat=True)[:most] for one in rows]
    return list(first.union(*others, all=True) if others else first)


def _seconds_since(at: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else max(0.0, (at - moment).total_seconds())


def _bottleneck(stages: dict[str, StageFlow]) -> Bottleneck | None:
    """Labeling is judged by the queue before it."""
    waits = {"labeling": stages["queue"], "review": stages["review"], "rework": stages["rework"]}
    growing = [
        (stages[name].busy or 0.0, flow.net, name) for name, flow in waits.items() if flow.net > 0 and stages[name].busy
    ]
    if not growing:
        return None
    busy, net, name = max(growing)
    flow, people = waits[name], stages[name].people
    each = flow.went_out / people if people else 0.0
    clears = [(more, flow.wip / (more * each - net)) for more in (1, 2, 3) if more * each > net]
    return Bottleneck(name, flow.wip, net, flow.came_in, flow.went_out, people, busy, tuple(clears[:2]))


# --- Finish, time, people, alerts -------------------------------------------------------------------------------
def _forecast(today: Today, wip: dict[str, int], history: Sequence[FlowTotals]) -> Forecast | None:
    """From finished working days only; the day that runs says too little."""
    left = sum(wip[state] for state in (State.WAITING, State.IN_WORK, State.IN_REVIEW, State.IN_REWORK))
    days = list(pairwise(history))[:-1]
    # A day on which rows only came in was no day of work.
    finished = [(before, after) for before, after in days if after.labeled > before.labeled or after.done > before.done]
    rates = [float(after.done - before.done) for before, after in finished][-FORECAST_OVER:]
    n, mean = len(rates), sum(rates) / len(rates) if rates else 0.0
    if n < FORECAST_FROM or mean <= 0 or left == 0:
        return None
    variance = sum((rate - mean) ** 2 for rate in rates) / (n - 1)
    half = float(stdtrit(n - 1, 0.975)) * math.sqrt(variance / n)
    weekends = any(after.day.weekday() >= 5 for _, after in finished)
    finishes_on = _working_day_after(today.day, left / mean, weekends=weekends)
    due_at = Batch.objects.filter(project=today.project).order_by(F("due_at").desc(nulls_last=True)).first()
    promised_on = due_at.due_at.astimezone(today.zone).date() if due_at and due_at.due_at else None
    return Forecast(
        left=left,
        per_day=mean,
        over_days=n,
        finishes_on=finishes_on,
        earliest=_working_day_after(today.day, left / (mean + half), weekends=weekends),
        latest=_working_day_after(today.day, left / (mean - half), weekends=weekends) if mean > half else None,
        promised_on=promised_on,
        days_late=max(0, (finishes_on - promised_on).days) if promised_on else 0,
    )


def _working_day_after(day: date, working_days: float, *, weekends: bool) -> date:
    rest = min(math.ceil(working_days), 2000)
    while rest > 0:
        day += timedelta(days=1)
        rest -= weekends or day.weekday() < 5
    return day


def _seconds_by_stage(today: Today) -> tuple[float, float]:
    """Active seconds of rework, and of all stages, over the last two weeks."""
    named = {"labeling_seconds", "rework_seconds", "review_seconds"}
    period = {"project": today.project, "day__gt": today.day - timedelta(days=REWORK_DAYS), "measure__in": named}
    folded = DayFigure.objects.filter(**period).order_by().values("measure").annotate(total=Sum("value"))
    waiting = FigureDelta.objects.filter(**period).order_by().values("measure").annotate(total=Sum("amount"))
    sums = dict.fromkeys(named, 0.0)
    for line in folded.union(waiting, all=True):
        sums[line["measure"]] += line["total"]
    return sums["rework_seconds"], sum(sums.values())


def _at_work(today: Today) -> tuple[tuple[AtWork, ...], int]:
    """People with a heartbeat within the last minute, on the row that they saw last."""
    found = presence.live_sessions(today.at).filter(project=today.project)
    related = "person", "slot__project_row__data_row"
    latest: dict[int, WorkSession] = {}
    for session in found.select_related(*related):
        latest.setdefault(session.person_id, session)
    shown = sorted(latest.values(), key=lambda one: (one.stage, one.person.name))[:MOST_SHOWN]
    intervals = WorkInterval.objects.filter(session__in=[one.pk for one in shown]).order_by().values("session")
    spans = {line["session"]: line["time"] for line in intervals.annotate(time=Sum(F("ended_at") - F("started_at")))}
    done = {
        (line["person"], line["stage"]): line
        for line in today.sessions()
        .filter(person__in=[one.person_id for one in shown])
        .order_by()
        .values("person", "stage")
        .annotate(rows=Count("pk", filter=Q(outcome=Outcome.SUBMITTED)), active=Sum("active_seconds"))
    }
    found_at_work = tuple(
        _one_at_work(one, spans.get(one.pk, timedelta()).total_seconds(), done.get((one.person_id, one.stage)))
        for one in shown
    )
    return found_at_work, len(latest)


def _one_at_work(session: WorkSession, seconds: float, today: Any) -> AtWork:
    rows, active = (today["rows"], today["active"] or 0.0) if today else (0, 0.0)
    row = session.slot.project_row
    return AtWork(
        uid=str(session.person.uid),
        name=session.person.name,
        initials=session.person.initials,
        is_simulated=session.person.is_simulated,
        stage=session.stage,
        row_uid=str(row.uid),
        row_name=row.data_row.external_id,
        seconds=seconds,
        today=rows,
        per_hour=rows / active * 3600 if active > 0 and rows else None,
    )


def _alerts(person: Person, today: Today, bottleneck: Bottleneck | None) -> tuple[Alert, ...]:
    """Worst first, then newest. Each goes by itself when its cause is gone."""
    found = []
    quarantined = outbox.jobs_in_quarantine().filter(organization=today.project.organization_id)
    jobs = quarantined.aggregate(count=Count("pk"), since=Min("created_at"))
    if jobs["count"]:
        found.append(Alert("jobs", "bad", jobs["count"], jobs["since"]))
    if bottleneck is not None and bottleneck.stage == "review":
        found.append(Alert("review_grows", "warn", bottleneck.net, today.at))
    issues = access.visible_to(person, Issue.objects.filter(project=today.project), Permission.VIEW_ISSUE)
    waiting = issues.filter(state__in=Issue.WAITING)
    old, late = Q(opened_at__lt=today.at - ISSUE_IS_LATE_AFTER), Q(due_at__lt=today.at)
    for kind, severity, which, since in (
        ("issues_late", "bad", late, "due_at"),
        ("issues", "warn", old, "opened_at"),
    ):
        stuck = waiting.filter(which).aggregate(count=Count("pk"), since=Min(since))
        if stuck["count"]:
            found.append(Alert(kind, severity, stuck["count"], stuck["since"]))
    order = {"bad": 0, "warn": 1}
    return tuple(sorted(found, key=lambda one: (order[one.severity], -(one.since or today.at).timestamp())))
