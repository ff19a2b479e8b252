"""Filters of lists of issues: the names that pages, addresses, saved views and the API share, and what each means.

Every name and every value is mapped to code here; nothing that comes from outside is ever a lookup of the database.
``chosen_in`` refuses what is unknown; ``fitting`` leaves it out, for an address that somebody typed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Case, DateTimeField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from labeling.models import Project
from quality.models import Issue, IssueComment
from workforce import access
from workforce.errors import InvalidInput
from workforce.live import is_uid
from workforce.models import ClockTimestamp, Membership, Person, Team
from workforce.roles import PROJECT_ROLE_NAMES, Role

LONGEST_SEARCH = 200
MOST_WORDS = 10
MOST_FOUND = 10_000_000
# Beyond this many nobody asks for the exact number.
MOST_COUNTED = 1000
DUE_SOON = timedelta(days=7)
FAR_AHEAD = "9999-01-01T00:00:00+00:00"

WAITING = Q(state__in=Issue.WAITING)
LATE = WAITING & Q(due_at__lt=ClockTimestamp())
Condition = Callable[[str, Person], Q]


@dataclass(frozen=True)
class Filter:
    """One filter: what its values mean, and which there are where they are the same everywhere."""

    title: str
    condition: Condition
    values: Mapping[str, str] = field(default_factory=dict)
    # For values that are no fixed ones: whether this text can be one.
    fits: Callable[[str], bool] = field(default=lambda _: False)

    def takes(self, value: str) -> bool:
        return value in self.values or self.fits(value)


@dataclass(frozen=True)
class Removed:
    """Of the filters of an empty list, the one without which the most is left, and how many that are."""

    name: str
    title: str
    count: int


# --- What each means --------------------------------------------------------------------------------------------
def _state(value: str, _: Person) -> Q:
    return WAITING if value == "waiting" else Q(state=value)


def _assignee(value: str, person: Person) -> Q:
    if value == "mine":
        return assigned_to(person)
    if value == "nobody":
        return Q(assignee=None, assignee_team=None, assignee_role="")
    kind, _, rest = value.partition(":")
    if rest:
        return Q(assignee_team__uid=rest) if kind == "team" else Q(assignee_role=rest)
    return Q(assignee__in=_person_named(value, person))


def assigned_to(person: Person) -> Q:
    """To the person by name, through a team or through a role that they hold on the issue's project."""
    found = Q(assignee=person.pk) | Q(assignee_team__in=Team.objects.filter(group__user=person.pk).values("pk"))
    for role in PROJECT_ROLE_NAMES:
        held = access.roots_as(person, Project, Role(role))
        found |= Q(assignee_role=role, project__in=held.values("pk"))
    return found


def _opener(value: str, person: Person) -> Q:
    return Q(opened_by=person.pk) if value == "mine" else Q(opened_by__in=_person_named(value, person))


def _pin(value: str, _: Person) -> Q:
    return {
        "row": Q(pin__isnull=True, object_id=""),
        "point": Q(pin__has_key="x") & ~Q(pin__has_key="w"),
        "box": Q(pin__has_key="w"),
        "text": Q(pin__has_key="start"),
        "object": ~Q(object_id=""),
    }[value]


def _due(value: str, _: Person) -> Q:
    soon = Q(due_at__gte=ClockTimestamp(), due_at__lt=ClockTimestamp() + DUE_SOON)
    return {"late": LATE, "soon": WAITING & soon, "none": Q(due_at=None)}[value]


def _age(value: str, _: Person) -> Q:
    return Q(opened_at__lt=ClockTimestamp() - timedelta(days=int(value)))


def _opened(value: str, _: Person) -> Q:
    return Q(opened_at__gte=ClockTimestamp() - timedelta(days=int(value)))


def _answer(value: str, _: Person) -> Q:
    return Q(first_answered_at=None) & WAITING if value == "none" else Q(first_answered_at__isnull=False)


def _reopened(value: str, _: Person) -> Q:
    return {"yes": Q(reopened_count__gt=0), "counted": WAS_RESOLVED}[value]


# Resolved now, or opened again: what a reopen rate is a share of.
WAS_RESOLVED = Q(state=Issue.State.RESOLVED) | Q(reopened_count__gt=0)
ANSWERED_IN_TIME = Q(due_at__isnull=False, first_answered_at__lte=F("due_at"))
ANSWERED_LATE = Q(due_at__isnull=False) & (
    Q(first_answered_at__gt=F("due_at")) | (WAITING & Q(first_answered_at=None, due_at__lt=ClockTimestamp()))
)


def _kept(value: str, _: Person) -> Q:
    return {"yes": ANSWERED_IN_TIME, "no": ANSWERED_LATE, "counted": ANSWERED_IN_TIME | ANSWERED_LATE}[value]


def first_answerer() -> Subquery:
    """Who gave the first answer: the author of the last word of somebody else when it was noted as answered."""
    said = IssueComment.objects.filter(issue=OuterRef("pk"), made_at__lte=OuterRef("first_answered_at"))
    # By time and not by key, so that the database does not walk the whole table from its end.
    return Subquery(said.exclude(author=OuterRef("opened_by")).order_by("-made_at", "-pk").values("author")[:1])


def _answerer(value: str, person: Person) -> Q:
    named = _person_named(value, person)
    spoke = IssueComment.objects.filter(author__in=named).values("issue")
    by = Issue.objects.filter(pk__in=spoke, first_answered_at__isnull=False).annotate(answerer=first_answerer())
    return Q(pk__in=by.filter(answerer__in=named).values("pk"))


def _person_named(uid: str, reader: Person) -> QuerySet[Any, Any]:
    """Nobody finds by a uid what somebody did who has no name for them."""
    found = Person.objects.filter(uid=uid)
    vendors = access.vendors_of(reader)
    return (found.filter(memberships__vendor__in=vendors) if vendors.exists() else found).values("pk")


def _vendor(value: str, _: Person) -> Q:
    """Opened by people of a vendor, or by nobody of any."""
    if value == "none":
        of_any = Membership.objects.exclude(vendor=None).filter(organization=OuterRef("project__organization"))
        return ~Q(opened_by__in=of_any.values("person"))
    return Q(opened_by__in=Membership.objects.filter(vendor__uid=value).values("person"))


def _text(value: str, _: Person) -> Q:
    # The bound is never met. It keeps the search whole and by its index: else the database may ask it of each issue.
    return Q(pk__in=comments_with(value).values("issue")[:MOST_FOUND])


def comments_with(text: str) -> QuerySet[IssueComment]:
    """All the words, each from its beginning, in one comment; what was withdrawn is not found."""
    words = re.findall(r"\w+", text)[:MOST_WORDS]
    if not words:
        return IssueComment.objects.none()
    wanted = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
    said = IssueComment.objects.annotate(words=SearchVector("text", config="simple"))
    return said.filter(words=wanted, withdrawn_at=None)


def _is_assignee(value: str) -> bool:
    kind, _, rest = value.partition(":")
    return is_uid(value) or (kind == "team" and is_uid(rest)) or (kind == "role" and rest in PROJECT_ROLE_NAMES)


# --- The filters ------------------------------------------------------------------------------------------------
STATES = {"waiting": "Open or reopened"} | {code: str(text).capitalize() for code, text in Issue.State.choices}
PINS = {"row": "The whole row", "point": "A point", "box": "A box", "text": "A part of a text", "object": "An object"}
AGES = {"1": "Over a day", "3": "Over 3 days", "7": "Over a week", "30": "Over 30 days"}
PERIODS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}

FILTERS: dict[str, Filter] = {
    "state": Filter("State", _state, STATES),
    "category": Filter(
        "Category",
        lambda value, _: Q(category__code=value),
        fits=lambda value: re.fullmatch(r"[-\w]{1,40}", value) is not None,
    ),
    "severity": Filter("Severity", lambda value, _: Q(severity=value), dict(Issue.Severity.choices)),
    "assignee": Filter("Assigned to", _assignee, {"mine": "Me", "nobody": "Nobody"}, _is_assignee),
    "opener": Filter("Opened by", _opener, {"mine": "Me"}, is_uid),
    "due": Filter("Due", _due, {"late": "Late", "soon": "In the next 7 days", "none": "No due time"}),
    "answer": Filter("Answer", _answer, {"none": "No answer yet", "given": "Answered once"}),
    "age": Filter("Age", _age, AGES),
    "opened": Filter("Opened", _opened, PERIODS),
    "pin": Filter("Pinned to", _pin, PINS),
    "rule": Filter("Rule", lambda value, _: Q(rule=value), fits=is_uid),
    "batch": Filter("Batch", lambda value, _: Q(project_row__batch__uid=value), fits=is_uid),
    "reopened": Filter("Reopened", _reopened, {"yes": "At least once", "counted": "Were resolved"}),
    "kept": Filter("Due time kept", _kept, {"yes": "Kept", "no": "Missed", "counted": "Kept or missed"}),
    "answerer": Filter("First answer by", _answerer, fits=is_uid),
    "vendor": Filter("Of vendor", _vendor, {"none": "No vendor"}, is_uid),
    "q": Filter("Search", _text, fits=lambda value: 0 < len(value) <= LONGEST_SEARCH and "\x00" not in value),
}
SORTS = {"newest": "Newest", "oldest": "Oldest open", "due": "Due", "severity": "Severity"}
NAMES = (*FILTERS, "sort")


def chosen_in(values: Mapping[str, Any]) -> dict[str, str]:
    """The filters among ``values``, each checked. Raises InvalidInput ``unknown_filter`` or ``filter_invalid``."""
    unknown = sorted(str(name)[:60] for name in values if name not in NAMES)
    if unknown:
        raise InvalidInput("unknown_filter", f"Filters here: {', '.join(NAMES)}.", unknown=unknown)
    for name, value in values.items():
        if not isinstance(value, str) or not _is_known(name, value):
            known = SORTS if name == "sort" else FILTERS[name].values
            one_of = f"one of {', '.join(known)}" if known else "a value of this list"
            code = "unknown_state" if name == "state" else "filter_invalid"
            raise InvalidInput(code, f"{name} is {one_of}.", filter=name)
    return dict(values)


def fitting(values: Mapping[str, str]) -> dict[str, str]:
    """Those of ``values`` that are filters, without the rest."""
    return {name: value for name in NAMES if (value := values.get(name, "")) and _is_known(name, value)}


def _is_known(name: str, value: str) -> bool:
    return value in SORTS if name == "sort" else FILTERS[name].takes(value)


def condition_of(chosen: Mapping[str, str], person: Person) -> Q:
    condition = Q()
    for name, value in chosen.items():
        if name != "sort":
            condition &= FILTERS[name].condition(value, person)
    return condition


def filtered(found: QuerySet[Issue], chosen: Mapping[str, str], person: Person) -> QuerySet[Issue]:
    return found.filter(condition_of(chosen, person))


def in_order(found: QuerySet[Issue], sort: str) -> tuple[QuerySet[Issue], tuple[str, ...]]:
    """The list with what it is sorted by, and the order for pages by key. What nobody waits for comes last."""
    settled = Case(When(WAITING, then=0), default=1, output_field=IntegerField())
    if sort == "oldest":
        return found.annotate(is_settled=settled), ("is_settled", "pk")
    if sort == "due":
        due = Coalesce("due_at", Value(FAR_AHEAD, output_field=DateTimeField()))
        return found.annotate(is_settled=settled, due_place=due), ("is_settled", "due_place", "pk")
    if sort == "severity":
        ranks = [When(severity=code, then=rank) for rank, code in enumerate(Issue.Severity.values)]
        severe = Case(*ranks, default=0, output_field=IntegerField())
        return found.annotate(is_settled=settled, rank=severe), ("is_settled", "-rank", "-pk")
    return found, ("-pk",)


def removed_most(found: QuerySet[Issue], chosen: Mapping[str, str], person: Person) -> Removed | None:
    """Why a list is empty; one query for each filter that is set. None where no single one is the cause."""
    best: Removed | None = None
    for name in chosen:
        if name == "sort":
            continue
        others = {other: value for other, value in chosen.items() if other != name}
        count = filtered(found, others, person).order_by()[: MOST_COUNTED + 1].count()
        if count > (best.count if best else 0):
            best = Removed(name, FILTERS[name].title, count)
    return best
