"""The performance tab: how much, how efficiently, how well; as page, CSV and JSON of the same figures."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from labeling import work_time
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.formats.csv_cells import neutralise_row
from labeling.models import Project
from quality import performance
from quality.admin import formulas
from quality.admin.figures import (
    DEFAULT_DAYS,
    PRESETS,
    conversations_of,
    day_values,
    is_surely_below,
    points_of,
    pooled,
    scale_from,
    time_parts,
)
from quality.admin.links import SOCKET, formula_link, labels_link
from quality.charts import words
from quality.charts.scatter import median_of
from quality.performance import PersonPerformance, ProjectPerformance
from workforce.admin.filters import Choice, Menu, clear_all_link
from workforce.admin.pages import PersonRequest
from workforce.admin.paging import link_with
from workforce.admin.site import add_page
from workforce.errors import InvalidInput
from workforce.roles import Permission

Key = Callable[[PersonPerformance], Any]


@dataclass(frozen=True)
class Column:
    """A column that can be sorted by: its name in the address, its head, and what it sorts."""

    name: str
    title: str
    key: Key
    is_number: bool = True


COLUMNS = (
    Column("person", "Person", lambda one: one.name.casefold(), is_number=False),
    Column("team", "Team", lambda one: one.team.casefold(), is_number=False),
    Column("labels", "Labels", lambda one: one.figures.units),
    Column("speed", "Per hour", lambda one: one.figures.units_per_hour),
    Column("hours", "Active h", lambda one: one.figures.hours),
    Column("approval", "Approval\u202f%", lambda one: one.figures.approval.value),
    Column("first-pass", "FPY\u202f%", lambda one: one.figures.first_pass.value),
    Column("benchmark", "Benchmark", lambda one: one.figures.benchmark.value),
    Column("rework", "Rework\u202f%", lambda one: one.figures.rework_share),
)
BY_NAME = {column.name: column for column in COLUMNS}
DEFAULT_SORT = "-approval"


@dataclass(frozen=True)
class Head:
    """What stands over a column: the link that sorts by it, and how it is sorted now."""

    name: str
    title: str
    link: str
    sort: str
    is_number: bool


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    since: date
    until: date
    today: date
    preset: str
    unit: str
    team: str
    sort: str


@require_safe
def tab(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.VIEW_PERFORMANCE)
    asked = _asked(request, project)
    found = _found(request, project, asked)
    people = _shown_people(found, asked)
    talks = conversations_of(found, people, project)
    makers = [one for one in people if one.figures.rows or one.figures.approval.n]
    middle = median_of([one.figures.approval.value for one in makers])
    benchmark = median_of([one.figures.benchmark.value for one in makers])
    return show_in_project(
        request,
        project,
        "quality/admin/performance.html",
        page="project-performance",
        asked=asked,
        period=words.day_range(asked.since, asked.until),
        menus=_menus(request, found, asked),
        clear_all=clear_all_link(request, _menus(request, found, asked)),
        units=_units(request, asked),
        total=found.total,
        unit_word="labels" if asked.unit == "rows" else "objects",
        days=day_values(found, asked.today, labels_link(project)),
        parts=time_parts(found.total.seconds),
        points=points_of(makers, project),
        people=[
            (one, talks.chip_of(one.uid), labels_link(project, one.uid), is_surely_below(one, middle)) for one in makers
        ],
        enough=performance.ENOUGH,
        reviewers=[one for one in people if one.figures.reviews_made],
        talks=talks,
        heads=_heads(request, asked),
        pooled=pooled(found, makers, asked.team),
        median_approval=middle,
        median_benchmark=benchmark,
        approval_from=scale_from([one.figures.approval.low for one in makers if one.figures.approval.n]),
        benchmark_from=scale_from([one.figures.benchmark.low for one in makers]),
        rows_link=labels_link(project),
        rejected_link=labels_link(project),
        links={measure: formula_link(measure) for measure in ("throughput", "efficiency", "approval", "first-pass")},
        csv_link=f"{reverse('admin:project-performance-csv', args=[project.uid])}?{request.GET.urlencode()}",
        json_link=f"{reverse('admin:project-performance-json', args=[project.uid])}?{request.GET.urlencode()}",
        socket=SOCKET,
        now=work_time.clock(),
    )


# --- What the address asks for ----------------------------------------------------------------------------------
def _asked(request: PersonRequest, project: Project) -> Asked:
    """Names outside the allow-lists mean the default; dates that are none are refused."""
    today = work_time.day_in(project, work_time.clock())
    values = request.GET
    preset = values.get("period", "")
    since, until = _day(values.get("from", "")), _day(values.get("to", ""))
    if since is None and until is None:
        preset = preset if preset in PRESETS else DEFAULT_DAYS
        since, until = today - timedelta(days=PRESETS[preset][0] - 1), today
    else:
        preset = ""
        until = until or today
        since = since or until - timedelta(days=13)
    sort = values.get("sort", DEFAULT_SORT)
    return Asked(
        since=since,
        until=until,
        today=today,
        preset=preset,
        unit=values["unit"] if values.get("unit") in performance.UNITS else performance.UNITS[0],
        team=values.get("team", ""),
        sort=sort if sort.removeprefix("-") in BY_NAME else DEFAULT_SORT,
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("not_a_date", "Dates are written like 2026-11-19.") from None


def _found(request: PersonRequest, project: Project, asked: Asked) -> ProjectPerformance:
    return performance.performance_of(request.user, project, since=asked.since, until=asked.until, unit=asked.unit)


def _shown_people(found: ProjectPerformance, asked: Asked) -> list[PersonPerformance]:
    """The people of the team, sorted; who has no value stands last in both directions."""
    people = [one for one in found.people if not asked.team or one.team == asked.team]
    key = BY_NAME[asked.sort.removeprefix("-")].key
    known = sorted((one for one in people if key(one) is not None), key=key, reverse=asked.sort.startswith("-"))
    return known + [one for one in people if key(one) is None]


def _menus(request: PersonRequest, found: ProjectPerformance, asked: Asked) -> list[Menu]:
    periods = [
        Choice(title, link_with(request, period=name, **{"from": "", "to": ""}), asked.preset == name)
        for name, (_, title) in PRESETS.items()
    ]
    is_default = asked.preset == DEFAULT_DAYS
    clear = "" if is_default else link_with(request, period="", **{"from": "", "to": ""})
    shown = words.day_range(asked.since, asked.until)
    teams = sorted({one.team for one in found.people if one.team} | ({asked.team} if asked.team else set()))
    everybody = link_with(request, team="")
    choices = [Choice("Any", everybody, not asked.team)]
    choices += [Choice(team, link_with(request, team=team), team == asked.team) for team in teams]
    return [
        Menu("Period", shown, periods, clear),
        Menu("Team", asked.team or "Any", choices, everybody if asked.team else ""),
    ]


def _units(request: PersonRequest, asked: Asked) -> list[Choice]:
    names = {"rows": "Rows", "objects": "Objects"}
    return [Choice(names[unit], link_with(request, unit=unit), unit == asked.unit) for unit in performance.UNITS]


def _heads(request: PersonRequest, asked: Asked) -> dict[str, Head]:
    found = {}
    for column in COLUMNS:
        is_sorted = asked.sort.removeprefix("-") == column.name
        falls = asked.sort.startswith("-")
        # Numbers start with the largest, names with A; a second click turns round.
        wanted = column.name if (falls if is_sorted else not column.is_number) else f"-{column.name}"
        sort = ("descending" if falls else "ascending") if is_sorted else ""
        found[column.name.replace("-", "_")] = Head(
            column.name, column.title, link_with(request, sort=wanted), sort, column.is_number
        )
    return found


# --- The same as files ------------------------------------------------------------------------------------------
FILE_COLUMNS: tuple[tuple[str, Callable[[PersonPerformance], Any]], ...] = (
    ("person", lambda one: one.name),
    ("person_uid", lambda one: one.uid),
    ("team", lambda one: one.team),
    ("kind", lambda one: "external" if one.is_external else "simulated" if one.is_simulated else "human"),
    ("units", lambda one: one.figures.units),
    ("objects", lambda one: one.figures.objects),
    ("active_hours", lambda one: one.figures.hours),
    ("units_per_hour", lambda one: one.figures.units_per_hour),
    ("accepted", lambda one: one.figures.accepted),
    ("accepted_per_hour", lambda one: one.figures.accepted_per_hour),
    ("rework_share", lambda one: one.figures.rework_share),
    *(
        (f"{measure}_{part}", lambda one, measure=measure, part=part: _part(one, measure, part))
        for measure in ("approval", "first_pass", "consensus", "benchmark")
        for part in ("value", "low", "high", "n")
    ),
    ("time_note", lambda one: one.time_note),
)


def _part(one: PersonPerformance, measure: str, part: str) -> Any:
    score = getattr(one.figures, measure)
    # Without a single case the interval is the whole scale, which says nothing.
    return getattr(score, part) if score.n or part == "n" else None


@require_safe
def as_csv(request: PersonRequest, uid: str) -> HttpResponse:
    project, asked, people = _for_file(request, uid)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(project, asked)}.csv"'
    writer = csv.writer(response)
    writer.writerow(["since", "until", "unit", "formula_version", *(name for name, _ in FILE_COLUMNS)])
    for one in people:
        about: list[str | int] = [asked.since.isoformat(), asked.until.isoformat(), asked.unit, formulas.VERSION]
        writer.writerow(neutralise_row([*about, *(value(one) for _, value in FILE_COLUMNS)]))
    return response


@require_safe
def as_json(request: PersonRequest, uid: str) -> HttpResponse:
    project, asked, people = _for_file(request, uid)
    found = _found(request, project, asked)
    answer = {
        "project": str(project.uid),
        "since": asked.since.isoformat(),
        "until": asked.until.isoformat(),
        "unit": asked.unit,
        "formula_version": formulas.VERSION,
        "total": asdict(found.total),
        "people": [{name: value(one) for name, value in FILE_COLUMNS} for one in people],
        "days": [
            {"day": one.day.isoformat(), "units": one.units, "active_seconds": one.seconds.active} for one in found.days
        ],
    }
    response = JsonResponse(answer)
    response["Content-Disposition"] = f'attachment; filename="{_file_name(project, asked)}.json"'
    return response


def _for_file(request: PersonRequest, uid: str) -> tuple[Project, Asked, Sequence[PersonPerformance]]:
    project = project_for(request, uid, Permission.VIEW_PERFORMANCE)
    asked = _asked(request, project)
    return project, asked, _shown_people(_found(request, project, asked), asked)


def _file_name(project: Project, asked: Asked) -> str:
    return f"performance-{slugify(project.name) or 'project'}-{asked.since:%Y%m%d}-{asked.until:%Y%m%d}"


add_page("projects/<uuid:uid>/performance/", tab, "project-performance")
add_page("projects/<uuid:uid>/performance.csv", as_csv, "project-performance-csv")
add_page("projects/<uuid:uid>/performance.json", as_json, "project-performance-json")
add_tab(60, "Performance", "project-performance", Permission.VIEW_PERFORMANCE)
