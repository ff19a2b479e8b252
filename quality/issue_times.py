"""How long issues wait: for a first answer, how old the open ones are, how many come back and how many were in time.

The first answer is the first word of somebody who may resolve the issue and did not open it. An issue that has none yet
counts as waiting up to now, and one that was closed without any up to then: the median is Kaplan and Meier's. Shares
carry their n and Wilson's interval. What is counted are issues that the reader may read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, F, FloatField, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Extract

from labeling import work_time
from quality import issue_filters
from quality.agreement.intervals import wilson_interval
from quality.agreement.survival import MedianWait, median_wait
from quality.models import Issue
from quality.performance import Rate
from workforce import names
from workforce.models import Membership, Person

DAYS = 90
# The newest so many of these days; more would tell nothing more and cost every page.
MOST_ISSUES = 5000


@dataclass(frozen=True)
class Group:
    """First answers of one category, by one person or for one vendor; ``value`` is that of the filter ``name``."""

    name: str
    value: str
    title: str
    waits: MedianWait


@dataclass(frozen=True)
class Waiting:
    """The issues that wait for an answer now; ages in seconds."""

    count: int
    median_age: float | None
    oldest_age: float | None
    late: int


@dataclass(frozen=True)
class IssueTimes:
    first_answer: MedianWait
    waiting: Waiting
    reopened: Rate
    kept: Rate
    by_category: list[Group]
    by_answerer: list[Group]
    by_vendor: list[Group]
    # Of the first answer only the newest ``MOST_ISSUES`` were looked at.
    is_cut: bool


class _Median(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def times_of(reader: Person, found: QuerySet[Issue], *, by_groups: bool = True) -> IssueTimes:
    """Of the issues ``found``, which ``reader`` may read: those opened in the last ``DAYS`` days, and of the waiting
    ones all. The same queries for few and for many."""
    at = work_time.clock()
    bare = found.order_by().prefetch_related(None).select_related(None)
    recent = Q(opened_at__gte=at - timedelta(days=DAYS))
    waiting, reopened, kept = _shares(bare, recent, at)
    lines = _lines(bare.filter(recent))
    groups = _groups(reader, lines, at) if by_groups else {"category": [], "answerer": [], "vendor": []}
    return IssueTimes(
        first_answer=median_wait(_wait(line, at) for line in lines),
        waiting=waiting,
        reopened=reopened,
        kept=kept,
        by_category=groups["category"],
        by_answerer=groups["answerer"],
        by_vendor=groups["vendor"],
        is_cut=len(lines) == MOST_ISSUES,
    )


def first_answer_of(found: QuerySet[Issue]) -> MedianWait:
    """The median alone, for a page that has room for one figure."""
    at = work_time.clock()
    bare = found.order_by().prefetch_related(None).select_related(None)
    recent = bare.filter(opened_at__gte=at - timedelta(days=DAYS)).order_by("-pk")
    columns = recent.values("opened_at", "first_answered_at", "resolved_at", "last_moved_at", "state")
    return median_wait(_wait(line, at) for line in columns[:MOST_ISSUES])


# --- Inside -----------------------------------------------------------------------------------------------------
def _shares(found: QuerySet[Issue], recent: Q, at: datetime) -> tuple[Waiting, Rate, Rate]:
    waits = issue_filters.WAITING
    decided = issue_filters.ANSWERED_IN_TIME | issue_filters.ANSWERED_LATE
    sums = found.filter(recent | waits).aggregate(
        waiting=Count("pk", filter=waits),
        late=Count("pk", filter=issue_filters.LATE),
        oldest=Min("opened_at", filter=waits),
        middle=_Median(Extract("opened_at", "epoch"), filter=waits),
        resolved=Count("pk", filter=recent & issue_filters.WAS_RESOLVED),
        reopened=Count("pk", filter=recent & Q(reopened_count__gt=0)),
        decided=Count("pk", filter=recent & decided),
        kept=Count("pk", filter=recent & issue_filters.ANSWERED_IN_TIME),
    )
    waiting = Waiting(
        count=sums["waiting"],
        median_age=None if sums["middle"] is None else max(0.0, at.timestamp() - sums["middle"]),
        oldest_age=None if sums["oldest"] is None else (at - sums["oldest"]).total_seconds(),
        late=sums["late"],
    )
    return waiting, _rate(sums["reopened"], sums["resolved"]), _rate(sums["kept"], sums["decided"])


def _rate(k: int, n: int) -> Rate:
    low, high = wilson_interval(k, n)
    return Rate(k, n, k / n if n else None, low, high)


def _lines(found: QuerySet[Issue]) -> list[dict[str, Any]]:
    vendor = Membership.objects.filter(person=OuterRef("opened_by"), organization=OuterRef("project__organization"))
    columns = found.order_by("-pk").values(
        "opened_at",
        "first_answered_at",
        "resolved_at",
        "last_moved_at",
        "state",
        "project__organization",
        code=F("category__code"),
        category_name=F("category__name"),
        answerer=issue_filters.first_answerer(),
        vendor_uid=Subquery(vendor.values("vendor__uid")[:1]),
        vendor_name=Subquery(vendor.values("vendor__name")[:1]),
    )
    return [dict(line) for line in columns[:MOST_ISSUES]]


def _wait(line: Mapping[str, Any], at: datetime) -> tuple[float, bool]:
    """How long in seconds, and whether an answer came."""
    end = line["first_answered_at"]
    if end is None and line["state"] in (Issue.State.RESOLVED, Issue.State.DUPLICATE):
        until = line["resolved_at"] or line["last_moved_at"]
    else:
        until = end or at
    return max(0.0, (until - line["opened_at"]).total_seconds()), end is not None


def _groups(reader: Person, lines: list[dict[str, Any]], at: datetime) -> dict[str, list[Group]]:
    found: dict[str, dict[str, list[tuple[float, bool]]]] = {name: defaultdict(list) for name in _GROUPED}
    titles: dict[tuple[str, str], str] = {}
    told = _names_of(reader, lines)
    for line in lines:
        wait = _wait(line, at)
        keys = {"category": (line["code"], line["category_name"])}
        if line["answerer"] is not None:
            keys["answerer"] = told[line["answerer"]]
        if line["vendor_uid"] is not None:
            keys["vendor"] = (str(line["vendor_uid"]), line["vendor_name"])
        for name, (value, title) in keys.items():
            found[name][value].append(wait)
            titles[name, value] = title
    return {
        name: sorted(
            (Group(name, value, titles[name, value], median_wait(waits)) for value, waits in values.items()),
            key=lambda group: (-group.waits.n, group.title),
        )
        for name, values in found.items()
    }


_GROUPED = ("category", "answerer", "vendor")


def _names_of(reader: Person, lines: Iterable[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    """Who answered → uid and name, as ``reader`` is told it; all without a name are one."""
    met = {(line["project__organization"], line["answerer"]) for line in lines if line["answerer"] is not None}
    unnamed = names.unnamed_to(reader, met)
    people = Person.objects.filter(pk__in={person for _, person in met}).values_list("pk", "uid", "name")
    return {pk: ("", names.PROJECT_TEAM) if pk in unnamed else (str(uid), name) for pk, uid, name in people}
