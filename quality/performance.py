"""Performance: throughput, efficiency and quality of a project and of each person, from sums that are kept by day.

Every rate carries its n and a 95 % interval. Totals are made from pooled counts, never from people's rates. Figures of
deltas that the relay has not folded yet are added as they are read, in one statement, so that they are exact at once.
Who asks sees everybody, the people they lead, or themselves: ``access.visible_to`` on the figures decides. Who does
not see everybody gets benchmark figures of finished days only, and none under ``BENCHMARK_FROM``, so that nobody can
tell which row was one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from labeling import work_time
from labeling.models import Label, Project
from quality.agreement.intervals import ratio_interval, score_interval, wilson_interval
from quality.models import DayFigure, FigureDelta
from workforce import access
from workforce.errors import InvalidInput
from workforce.models import Person
from workforce.people_list import team_shown
from workforce.roles import Permission

UNITS = ("rows", "objects")
# Under this many, an interval below the median says too little about a person.
ENOUGH = 200
NEWCOMER_DAYS = 14
# Under this many, benchmark figures stay blank for people who see only own figures or those of their team.
BENCHMARK_FROM = 10
BENCHMARK = ("benchmark_n", "benchmark_sum", "benchmark_squares")
NOT_MEASURED = "imported, not measured"

Tally = Mapping[str, float]


@dataclass(frozen=True)
class Rate:
    """k of n with Wilson's interval; no value when n is 0."""

    k: int
    n: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Mean:
    """The mean of n scores with Student's interval (Jeffreys' when all are 0 or 1); none where n is too small.

    A share of time is written the same way: n are the days on which it was spent."""

    n: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Seconds:
    """Active time by stage; abandoned and idle stand beside it and count nowhere else."""

    labeling: float
    rework: float
    review: float
    abandoned: float
    idle: float

    @property
    def active(self) -> float:
        return self.labeling + self.rework + self.review


@dataclass(frozen=True)
class Figures:
    """``hours`` are those of labeling and rework, and null where nobody measured them; so is what is divided by them.

    ``rework`` is rework ÷ all active time over n days; ``rework_share`` its value. ``accepted`` counts labels that were
    finished."""

    units: int
    rows: int
    objects: int
    seconds: Seconds
    hours: float | None
    units_per_hour: float | None
    accepted: int
    accepted_per_hour: float | None
    rework_share: float | None
    rework: Mean
    approval: Rate
    first_pass: Rate
    consensus: Mean
    benchmark: Mean
    reviews_made: int
    skips: int


@dataclass(frozen=True)
class PersonPerformance:
    uid: str
    name: str
    team: str
    is_simulated: bool
    is_external: bool
    # The reason why time is missing, or nothing.
    time_note: str
    first_day: date | None
    figures: Figures


@dataclass(frozen=True)
class DayWork:
    day: date
    units: int
    seconds: Seconds


@dataclass(frozen=True)
class Conversation:
    """Someone to talk with: ``low`` with the measure that lies under the median, or ``newcomer`` with a day to look."""

    person: PersonPerformance
    why: str
    measure: str = ""
    median: float | None = None
    look_again_on: date | None = None


@dataclass(frozen=True)
class ProjectPerformance:
    since: date
    until: date
    unit: str
    team: str
    # Of everybody who has figures in the period, whatever team was asked for.
    teams: tuple[str, ...]
    people: tuple[PersonPerformance, ...]
    total: Figures
    days: tuple[DayWork, ...]
    worth_a_conversation: tuple[Conversation, ...]


def performance_of(
    person_asking: Person, project: Project, *, since: date, until: date, unit: str = "rows", team: str = ""
) -> ProjectPerformance:
    """Figures of the days ``since`` to ``until``, both in; with ``team``, of the people that stand under it only.

    Four queries beside those of ``access``, for any number of people.
    Raises InvalidInput ``unknown_unit``, ``period_reversed``."""
    # Asked of the project itself, which is nobody's own: true where the right reaches every person's figures.
    sees_everybody = bool(access.can(person_asking, Permission.VIEW_PERFORMANCE, project))
    if not sees_everybody and Permission.VIEW_PERFORMANCE not in access.permissions_of(person_asking, project):
        access.require(person_asking, Permission.VIEW_PROJECT, project)
    if unit not in UNITS:
        raise InvalidInput("unknown_unit", f"Units are {', '.join(UNITS)}.")
    if until < since:
        raise InvalidInput("period_reversed", "The period ends before it begins.")
    period = _Period(
        person_asking, project, since, until, None if sees_everybody else work_time.day_in(project, work_time.clock())
    )
    sums = period.sums_by("person_id")
    found = _people(project, sums, period.time_by_day(), unit)
    shown = {pk: one for pk, one in found.items() if not team or one.team == team}
    people = tuple(shown.values())
    by_day = period.sums_by("day", list(shown) if team else None)
    days = tuple(DayWork(day, round(tally.get(unit, 0)), _seconds(tally)) for day, tally in sorted(by_day.items()))
    return ProjectPerformance(
        since=since,
        until=until,
        unit=unit,
        team=team,
        teams=tuple(sorted({one.team for one in found.values() if one.team})),
        people=people,
        total=_total([one.figures for one in people], [sums[pk] for pk in shown], days, unit),
        days=days,
        worth_a_conversation=_worth_a_conversation(people, until),
    )


# --- Read -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Period:
    person_asking: Person
    project: Project
    since: date
    until: date
    # Benchmark figures of this day and later are kept back; none where the one who asks sees everybody.
    blind_from: date | None

    def sums_by(self, key: str, people: Sequence[int] | None = None) -> dict[Any, dict[str, float]]:
        """Key (person_id or day) → measure → sum of folded and waiting figures, of one moment."""
        wanted = Q() if people is None else Q(person__in=people)
        sums: dict[Any, dict[str, float]] = {}
        for line in self._sums(wanted, key, "measure"):
            tally = sums.setdefault(line[key], {})
            tally[line["measure"]] = tally.get(line["measure"], 0.0) + line["total"]
        if key == "person_id" and self.blind_from is not None:
            for tally in sums.values():
                _blank_few_benchmarks(tally)
        return sums

    def time_by_day(self) -> dict[int, list[Seconds]]:
        """Person → the active time of each day that has some."""
        stages = Q(measure__in=["labeling_seconds", "rework_seconds", "review_seconds"])
        tallies: dict[tuple[int, date], dict[str, float]] = {}
        for line in self._sums(stages, "person_id", "day", "measure"):
            tally = tallies.setdefault((line["person_id"], line["day"]), {})
            tally[line["measure"]] = tally.get(line["measure"], 0.0) + line["total"]
        found: dict[int, list[Seconds]] = defaultdict(list)
        for (person_id, _), tally in sorted(tallies.items()):
            found[person_id].append(_seconds(tally))
        return found

    def _sums(self, wanted: Q, *keys: str) -> Iterable[dict[str, Any]]:
        """Folded and waiting figures in one statement, so that a fold in between is not counted twice or missed."""
        folded = self._visible(DayFigure.objects.filter(wanted)).values(*keys).annotate(total=Sum("value"))
        waiting = self._visible(FigureDelta.objects.filter(wanted)).values(*keys).annotate(total=Sum("amount"))
        return list(folded.union(waiting, all=True))

    def _visible(self, figures: QuerySet[Any]) -> QuerySet[Any]:
        own = figures.filter(project=self.project, day__gte=self.since, day__lte=self.until)
        if self.blind_from is not None:
            own = own.exclude(measure__in=BENCHMARK, day__gte=self.blind_from)
        return access.visible_to(self.person_asking, own, Permission.VIEW_PERFORMANCE)


def _blank_few_benchmarks(tally: dict[str, float]) -> None:
    if tally.get("benchmark_n", 0) < BENCHMARK_FROM:
        for measure in BENCHMARK:
            tally.pop(measure, None)


def _people(
    project: Project, sums: Mapping[int, Tally], days: Mapping[int, Sequence[Seconds]], unit: str
) -> dict[int, PersonPerformance]:
    """By primary key, best approval first; those without a review after them, by name."""
    labels = Label.objects.filter(project=project, labeler=OuterRef("pk"), kind=Label.Kind.OPINION).order_by("id")
    found = Person.objects.filter(pk__in=list(sums)).annotate(
        team_name=team_shown(project.organization_id),
        first_label_at=Subquery(labels.values("created_at")[:1]),
    )
    zone = ZoneInfo(project.organization.time_zone)
    people = {
        person.pk: _person(person, _figures(sums[person.pk], days.get(person.pk, ()), unit), zone) for person in found
    }
    order = sorted(people.items(), key=lambda it: (-(it[1].figures.approval.value or -1.0), it[1].name, it[1].uid))
    return dict(order)


def _person(person: Any, figures: Figures, zone: ZoneInfo) -> PersonPerformance:
    is_external = person.kind == Person.Kind.EXTERNAL
    first: datetime | None = person.first_label_at
    return PersonPerformance(
        uid=str(person.uid),
        name=person.name,
        team=person.team_name,
        is_simulated=person.is_simulated,
        is_external=is_external,
        time_note=NOT_MEASURED if is_external else "",
        first_day=first.astimezone(zone).date() if first else None,
        figures=figures,
    )


# --- Work out ---------------------------------------------------------------------------------------------------
def _figures(tally: Tally, days: Sequence[Seconds], unit: str) -> Figures:
    seconds = _seconds(tally)
    spent = seconds.labeling + seconds.rework
    hours = spent / 3600 if spent > 0 else None
    units, accepted = round(tally.get(unit, 0)), round(tally.get("accepted", 0))
    return Figures(
        units=units,
        rows=round(tally.get("rows", 0)),
        objects=round(tally.get("objects", 0)),
        seconds=seconds,
        hours=hours,
        units_per_hour=units / hours if hours else None,
        accepted=accepted,
        accepted_per_hour=accepted / hours if hours else None,
        rework_share=seconds.rework / seconds.active if seconds.active > 0 else None,
        rework=_share_of_time(days),
        approval=_rate(tally.get("approved", 0), tally.get("reviewed", 0)),
        first_pass=_rate(tally.get("untouched", 0), tally.get("reviewed", 0)),
        consensus=_mean(tally, "consensus"),
        benchmark=_mean(tally, "benchmark"),
        reviews_made=round(tally.get("reviews_made", 0)),
        skips=round(tally.get("skips", 0)),
    )


def _total(people: Sequence[Figures], tallies: Iterable[Tally], days: Sequence[DayWork], unit: str) -> Figures:
    """Of pooled counts. What was imported has no hours, so it does not count in what is divided by hours."""
    pooled: defaultdict[str, float] = defaultdict(float)
    for tally in tallies:
        for measure, value in tally.items():
            pooled[measure] += value
    found = _figures(pooled, [one.seconds for one in days], unit)
    if not found.hours:
        return found
    timed = [figures for figures in people if figures.hours]
    return replace(
        found,
        units_per_hour=sum(figures.units for figures in timed) / found.hours,
        accepted_per_hour=sum(figures.accepted for figures in timed) / found.hours,
    )


def _seconds(tally: Tally) -> Seconds:
    return Seconds(
        labeling=tally.get("labeling_seconds", 0.0),
        rework=tally.get("rework_seconds", 0.0),
        review=tally.get("review_seconds", 0.0),
        abandoned=tally.get("abandoned_seconds", 0.0),
        idle=tally.get("idle_seconds", 0.0),
    )


def _share_of_time(days: Sequence[Seconds]) -> Mean:
    """Rework in all active time. Days are what is independent: within one, the rework of a row is of one piece."""
    worked = [(max(0.0, one.rework), max(0.0, one.active)) for one in days if one.active > 0]
    total = sum(active for _, active in worked)
    if not total:
        return Mean(0, None, None, None)
    low, high = ratio_interval(worked) or (None, None)
    return Mean(len(worked), sum(rework for rework, _ in worked) / total, low, high)


def _rate(part: float, whole: float) -> Rate:
    n = max(0, round(whole))
    k = min(max(0, round(part)), n)
    low, high = wilson_interval(k, n)
    return Rate(k, n, k / n if n else None, low, high)


def _mean(tally: Tally, measure: str) -> Mean:
    n = round(tally.get(f"{measure}_n", 0))
    if n <= 0:
        return Mean(0, None, None, None)
    # Sums that went up and down again end a rounding error beside the true ones; keep them possible.
    total = min(max(tally.get(f"{measure}_sum", 0.0), 0.0), float(n))
    squares = min(max(tally.get(f"{measure}_squares", 0.0), total * total / n), total)
    low, high = score_interval(n, total, squares) or (None, None)
    return Mean(n, total / n, low, high)


def _worth_a_conversation(people: Sequence[PersonPerformance], until: date) -> tuple[Conversation, ...]:
    """People whose whole interval lies under the median of the people shown, n enough; then newcomers."""
    found = []
    for measure in ("approval", "first_pass", "consensus", "benchmark"):
        values = [value for one in people if (value := getattr(one.figures, measure).value) is not None]
        if not values:
            continue
        middle = median(values)
        for one in people:
            score: Rate | Mean = getattr(one.figures, measure)
            if score.n >= ENOUGH and score.high is not None and score.high < middle and not one.is_external:
                found.append(Conversation(one, "low", measure, middle))
    for one in people:
        if one.first_day is not None and not one.is_external and until < one.first_day + timedelta(NEWCOMER_DAYS):
            look_again_on = one.first_day + timedelta(NEWCOMER_DAYS)
            found.append(Conversation(one, "newcomer", look_again_on=look_again_on))
    return tuple(found)
