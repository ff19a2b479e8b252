"""The list of issues as every page shows it: filters as menus, saved views, order, pages by key, times on its head."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from labeling import work_time
from labeling.models import Project
from quality import issue_bulk, issue_choices, issue_filters, issue_times, issue_views, issues
from quality.admin.links import SOCKET
from quality.charts import words
from quality.issue_times import IssueTimes
from quality.issue_views import ShownView
from quality.models import Issue, IssueView
from workforce import access, names
from workforce.admin import filters, paging
from workforce.admin.filters import Choice, Menu
from workforce.admin.paging import link_with
from workforce.models import Person
from workforce.roles import PROJECT_ROLE_NAMES, Permission

STATE_CHIPS = {
    Issue.State.OPEN: ("warn", "help"),
    Issue.State.ANSWERED: ("accent", "comment"),
    Issue.State.RESOLVED: ("ok", "check"),
    Issue.State.REOPENED: ("warn", "help"),
    Issue.State.DUPLICATE: ("ok", "check"),
}
SEVERITY_CHIPS = {Issue.Severity.BLOCKING: "bad", Issue.Severity.HIGH: "warn", Issue.Severity.LOW: ""}
DUE_TODAY = timedelta(days=1)
# Shown where they are set; a door of a figure sets them.
SELDOM = ("opened", "reopened", "kept", "answerer", "vendor", "batch")
EVERYTHING = {"view": "all"}
# What a new search sets or begins anew.
SET_BY_SEARCH = ("q", "after", "before")


@dataclass(frozen=True)
class Line:
    """One issue of the list. A tone stands only at a due time, never at an age."""

    issue: Issue
    question: str
    chip: tuple[str, str]
    severity_tone: str | None
    assignee: str
    opener: Person | None
    due: str
    due_tone: str


@dataclass(frozen=True)
class ViewTab:
    shown: ShownView
    link: str
    is_current: bool


@dataclass(frozen=True)
class Shown:
    """The part of the context that the list's templates read."""

    lines: list[Line]
    page: paging.Page[Issue]
    chosen: dict[str, str]
    menus: list[Menu]
    sorts: list[Menu]
    clear_all: str
    search: str
    kept_in_search: list[tuple[str, str]]
    empty_because: issue_filters.Removed | None
    without_cause: str
    unnamed: frozenset[int]


# --- The list ---------------------------------------------------------------------------------------------------
def shown_list(
    request: HttpRequest, reader: Person, found: QuerySet[Issue], project: Project | None, more: Iterable[Menu] = ()
) -> Shown:
    """``found`` as the address wants it. ``project`` adds what only one project has: categories, rules, batches."""
    chosen = issue_filters.fitting(request.GET.dict())
    menus = [*more, *menus_of(request, reader, found, project, chosen)]
    listed = issue_filters.filtered(found, chosen, reader)
    ordered, order = issue_filters.in_order(listed, chosen.get("sort", ""))
    page = paging.page_of(request, ordered, order=order)
    unnamed = _unnamed(reader, page.rows)
    cause = None if page.rows else issue_filters.removed_most(found, chosen, reader)
    at = work_time.clock()
    return Shown(
        lines=[_line(issue, unnamed, at) for issue in page.rows],
        page=page,
        chosen=chosen,
        menus=menus,
        sorts=[filters.menu(request, "sort", "Sort", list(issue_filters.SORTS.items())[1:], any_title="Newest")],
        clear_all=f"{request.path}?{urlencode(EVERYTHING)}" if any(menu.clear_link for menu in menus) else "",
        search=chosen.get("q", ""),
        kept_in_search=[
            (name, str(value)) for name, value in request.GET.items() if name not in ("q", "after", "before")
        ],
        empty_because=cause,
        without_cause=link_with(request, **{cause.name: "", "after": "", "before": ""}) if cause else "",
        unnamed=unnamed,
    )


def _line(issue: Issue, unnamed: frozenset[int], at: datetime) -> Line:
    due, tone = _due_words(issue, at)
    return Line(
        issue=issue,
        question=next(("" if said.withdrawn_at else said.text for said in issue.comments.all()), ""),
        chip=STATE_CHIPS[Issue.State(issue.state)],
        severity_tone=SEVERITY_CHIPS.get(Issue.Severity(issue.severity)),
        assignee=_assignee_words(issue, unnamed),
        opener=None if issue.opened_by_id in unnamed else issue.opened_by,
        due=due,
        due_tone=tone,
    )


def _due_words(issue: Issue, at: datetime) -> tuple[str, str]:
    if issue.due_at is None:
        return "", ""
    left = (issue.due_at - at).total_seconds()
    if issue.state not in Issue.WAITING:
        return words.day(issue.due_at.date()), ""
    if left < 0:
        return f"late {words.age(-left)}", "bad"
    return f"in {words.age(left)}", "warn" if left < DUE_TODAY.total_seconds() else ""


def _assignee_words(issue: Issue, unnamed: frozenset[int]) -> str:
    if issue.assignee is not None:
        return names.PROJECT_TEAM if issue.assignee_id in unnamed else issue.assignee.name
    if issue.assignee_team is not None:
        return issue.assignee_team.name
    return PROJECT_ROLE_NAMES.get(issue.assignee_role, "").capitalize()


def _unnamed(reader: Person, some: Sequence[Issue]) -> frozenset[int]:
    """Who has no name for ``reader``: those who speak, asked, or shall answer."""
    met = [(issue.project.organization_id, said.author_id) for issue in some for said in issue.comments.all()]
    for issue in some:
        organization = issue.project.organization_id
        met += [(organization, one) for one in (issue.opened_by_id, issue.assignee_id) if one is not None]
    return names.unnamed_to(reader, met)


# --- Menus ------------------------------------------------------------------------------------------------------
def menus_of(
    request: HttpRequest, reader: Person, found: QuerySet[Issue], project: Project | None, chosen: dict[str, str]
) -> list[Menu]:
    """A menu for each filter; those that only a figure's door sets are shown when they are set."""
    menus = []
    for name, options in issue_choices.choices_in(reader, found, project).items():
        value = chosen.get(name, "")
        if value and value not in dict(options):
            options.append((value, issue_choices.title_of(reader, name, value)))
        if value or (options and name not in SELDOM):
            menus.append(filters.menu(request, name, issue_filters.FILTERS[name].title, options))
    return menus


# --- Saved views ------------------------------------------------------------------------------------------------
def view_values(request: HttpRequest, reader: Person, project: Project, shown: Shown) -> dict[str, Any]:
    """The row of views above the list, and what the form that saves one needs."""
    known = issue_views.views_for(reader, project)
    wanted = request.GET.get("view", "")
    alike = (one for one in known if shown.chosen and issue_views.filters_of(one.view) == shown.chosen)
    current = next((one for one in known if str(one.view.uid) == wanted), None) or next(alike, None)
    return {
        "views": [ViewTab(one, f"{request.path}?{view_query(one.view)}", one is current) for one in known],
        "everything": f"{request.path}?{urlencode(EVERYTHING)}",
        "current_view": current,
        "is_changed": current is not None and issue_views.filters_of(current.view) != shown.chosen,
        "filters_query": urlencode(shown.chosen),
        "may_share": bool(access.can(reader, Permission.CHANGE_PROJECT, project)),
    }


def view_query(view: IssueView) -> str:
    return urlencode({**issue_views.filters_of(view), "view": str(view.uid)})


def default_address(request: HttpRequest, reader: Person, project: Project) -> str:
    """Where a list opened without a word goes first; empty where it stays."""
    if request.GET:
        return ""
    view = issue_views.default_view(reader, project)
    return f"{request.path}?{view_query(view)}" if view else ""


# --- Times ------------------------------------------------------------------------------------------------------
def time_values(reader: Person, found: QuerySet[Issue], path: str, *, by_groups: bool, **more: str) -> dict[str, Any]:
    """The times of ``found``; their doors lead to the list at ``path``, with the filters of ``more`` beside theirs."""
    times = issue_times.times_of(reader, found, by_groups=by_groups)
    return {
        "times": times,
        "times_days": issue_times.DAYS,
        "times_most": issue_times.MOST_ISSUES,
        "time_doors": {name: _door(path, more, **values) for name, values in DOORS.items()},
        "time_groups": _grouped(path, times) if by_groups else [],
    }


RECENT = {"opened": str(issue_times.DAYS)}
DOORS: dict[str, dict[str, str]] = {
    "all": RECENT,
    "answered": {**RECENT, "answer": "given"},
    "waiting": {"state": "waiting", "sort": "oldest"},
    "late": {"due": "late", "sort": "due"},
    "reopened": {**RECENT, "reopened": "yes"},
    "resolved": {**RECENT, "reopened": "counted"},
    "kept": {**RECENT, "kept": "yes"},
    "decided": {**RECENT, "kept": "counted"},
}


def _door(path: str, more: dict[str, str], **values: str) -> str:
    return f"{path}?{urlencode({**more, **values, **EVERYTHING})}"


def _grouped(path: str, times: IssueTimes) -> list[tuple[str, list[tuple[issue_times.Group, str]]]]:
    parts = (
        ("By category", times.by_category),
        ("By who answered first", times.by_answerer),
        ("By vendor of who asked", times.by_vendor),
    )
    return [
        (title, [(one, _door(path, RECENT, **{one.name: one.value}) if one.value else "") for one in groups])
        for title, groups in parts
        if groups
    ]


def project_choice(projects: Sequence[Project], project: Project, name: str) -> Menu:
    """From the list of one project to that of another, each at its own address."""
    choices = [Choice(one.name, reverse(name, args=[one.uid]), one == project) for one in projects]
    return Menu("Project", project.name, choices)


def page_values(
    request: HttpRequest, reader: Person, found: QuerySet[Issue], project: Project, *, by_groups: bool
) -> dict[str, Any]:
    """Everything that the page of one project's issues shows."""
    shown = shown_list(request, reader, found, project)
    acts = issues.acts_open_to(reader, shown.page.rows)
    return {
        "shown": shown,
        **view_values(request, reader, project, shown),
        **time_values(reader, found, request.path, by_groups=by_groups),
        "may_say": acts["comment"],
        "may_resolve": acts["resolve"],
        "may_bulk": bool(acts["resolve"] or acts["manage"]),
        "bulk_choices": issue_bulk.choices_for(reader, project) if acts["manage"] else {},
        "socket": SOCKET,
        "key": uuid.uuid4(),
        "now": work_time.clock(),
    }
