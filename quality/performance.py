"""Performance: throughput, efficiency and quality of a project and of each person, from sums that are kept by day.

Every rate carries its n and a 95 % interval. Totals are made from pooled counts, never from people's rates. Figures of
deltas that the relay has not folded yet are added as they are read, in one statement, so that they are exact at once.
Who asks sees everybody, the people they lead, or themselves: ``access.visible_to`` on the figures decides."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from labeling.models import Label, Project
from quality.agreement.intervals import score_interval, wilson_interval
from quality.models import DayFigure, FigureDelta
from workforce import access
from workforce.errors import InvalidInput
from workforce.models import Membership, Person, Team
from workforce.roles import Permission

UNITS = ("rows", "objects")
# Under this many, an interval below the median says too little about a person.
ENOUGH = 200
NEWCOMER_DAYS = 14
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
    """The mean of n scores with Student's interval (Jeffreys' when all are 0 or 1); none where n is too small."""

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

    ``rework_share`` is rework ÷ all active time. ``accepted`` counts labels that were finished."""

    units: int
    rows: int
    objects: int
    seconds: Seconds
    hours: float | None
    units_per_hour: float | None
    accepted: int
    accepted_per_hour: float | None
    rework_share: float | None
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
    people: tuple[PersonPerformance, ...]
    total: Figures
    days: tuple[DayWork, ...]
    worth_a_conversation: tuple[Conversation, ...]


def performance_of(
    person_asking: Person, project: Project, *, since: date, until: date, unit: str = "rows"
) -> ProjectPerformance:
    """Figures of the days ``since`` to ``until``, both in.

    Three queries beside those of ``access``, for any number of people.
    Raises InvalidInput ``unknown_unit``, ``period_reversed``."""
    access.require(person_asking, Permission.VIEW_PROJECT, project)
    if unit not in UNITS:
        raise InvalidInput("unknown_unit", f"Units are {', '.join(UNITS)}.")
    if until < since:
        raise InvalidInput("period_reversed", "The period ends before it begins.")
    period = _Period(person_asking, project, since, until)
    sums = period.sums_by("person_id")
    people = _people(project, sums, unit)
    days = tuple(
        DayWork(day, round(tally.get(unit, 0)), _seconds(tally)) for day, tally in sorted(period.sums_by("day").items())
    )
    return ProjectPerformance(
        since=since,
        until=until,
        unit=unit,
        people=people,
        total=_total([one.figures for one in people], sums.values(), unit),
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

    def sums_by(self, key: str) -> dict[Any, dict[str, float]]:
        """Key (person_id or day) → measure → sum of folded and waiting figures, of one moment."""
        folded = self._visible(DayFigure.objects.all()).values(key, "measure").annotate(total=Sum("value"))
        waiting = self._visible(FigureDelta.objects.all()).values(key, "measure").annotate(total=Sum("amount"))
        sums: dict[Any, dict[str, float]] = {}
        for line in folded.union(waiting, all=True):
            tally = sums.setdefault(line[key], {})
            tally[line["measure"]] = tally.get(line["measure"], 0.0) + line["total"]
        return sums

    def _visible(self, figures: QuerySet[Any]) -> QuerySet[Any]:
        own = figures.filter(project=self.project, day__gte=self.since, day__lte=self.until)
        return access.visible_to(self.person_asking, own, Permission.VIEW_PERFORMANCE)


def _people(project: Project, sums: Mapping[int, Tally], unit: str) -> tuple[PersonPerformance, ...]:
    """Best approval first; those without a review after them, by name."""
    teams = Team.objects.filter(organization=project.organization_id, group__user=OuterRef("pk")).order_by("name")
    vendors = Membership.objects.filter(organization=project.organization_id, person=OuterRef("pk"))
    labels = Label.objects.filter(project=project, labeler=OuterRef("pk"), kind=Label.Kind.OPINION).order_by("id")
    found = Person.objects.filter(pk__in=list(sums)).annotate(
        team_name=Subquery(teams.values("name")[:1]),
        vendor_name=Subquery(vendors.values("vendor__name")[:1]),
        first_label_at=Subquery(labels.values("created_at")[:1]),
    )
    zone = ZoneInfo(project.organization.time_zone)
    people = [_person(person, sums[person.pk], unit, zone) for person in found]
    return tuple(sorted(people, key=lambda one: (-(one.figures.approval.value or -1.0), one.name, one.uid)))


def _person(person: Any, tally: Tally, unit: str, zone: ZoneInfo) -> PersonPerformance:
    is_external = person.kind == Person.Kind.EXTERNAL
    first: datetime | None = person.first_label_at
    return PersonPerformance(
        uid=str(person.uid),
        name=person.name,
        team=person.team_name or person.vendor_name or "",
        is_simulated=person.is_simulated,
        is_external=is_external,
        time_note=NOT_MEASURED if is_external else "",
        first_day=first.astimezone(zone).date() if first else None,
        figures=_figures(tally, unit),
    )


# --- Work out ---------------------------------------------------------------------------------------------------
def _figures(tally: Tally, unit: str) -> Figures:
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
        approval=_rate(tally.get("approved", 0), tally.get("reviewed", 0)),
        first_pass=_rate(tally.get("untouched", 0), tally.get("reviewed", 0)),
        consensus=_mean(tally, "consensus"),
        benchmark=_mean(tally, "benchmark"),
        reviews_made=round(tally.get("reviews_made", 0)),
        skips=round(tally.get("skips", 0)),
    )


def _total(people: Sequence[Figures], tallies: Iterable[Tally], unit: str) -> Figures:
    """Of pooled counts. What was imported has no hours, so it does not count in what is divided by hours."""
    pooled: defaultdict[str, float] = defaultdict(float)
    for tally in tallies:
        for measure, value in tally.items():
            pooled[measure] += value
    found = _figures(pooled, unit)
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
