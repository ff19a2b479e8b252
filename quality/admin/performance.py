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
from quality import performance, review_preview, review_value
from quality.admin import formulas
from quality.admin.figures import (
    DEFAULT_DAYS,
    PRESETS,
    conversations_of,
    day_values,
    is_surely_below,
    points_of,
    scale_from,
    sent_back_of,
    time_parts,
)
from quality.admin.links import SOCKET, Doors, formula_link
from quality.charts import words
from quality.charts.range_bar import SHOWN_FROM
from quality.charts.scatter import median_of
from quality.performance import PersonPerformance, ProjectPerformance
from workforce.admin.filters import Choice, Menu, clear_all_link, day_named
from workforce.admin.pages import PersonRequest
from workforce.admin.paging import link_with
from workforce.admin.site import add_page
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
    Column("efficiency", "Accepted/h", lambda one: one.figures.accepted_per_hour),
    Column("hours", "Active h", lambda one: one.figures.hours),
    Column("approval", "Approval\u202f%", lambda one: one.figures.approval.value),
    Column("first-pass", "FPY\u202f%", lambda one: one.figures.first_pass.value),
    Column("agreement", "Agreement", lambda one: one.figures.consensus.value),
    Column("benchmark", "Benchmark", lambda one: one.figures.benchmark.value),
    Column("rework", "Rework\u202f%", lambda one: one.figures.rework_share),
)
BY_NAME = {column.name: column for column in COLUMNS}
DEFAULT_SORT = "-approval"
MEASURES_OF_PEOPLE = ("approval", "first_pass", "consensus", "benchmark")


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
    people = _sorted(found, asked)
    doors = Doors(project, asked.since, asked.until, asked.team)
    talks = conversations_of(found, people, doors)
    makers = [one for one in people if _made_labels(one)]
    medians = {
        measure: median_of([getattr(one.figures, measure).value for one in makers]) for measure in MEASURES_OF_PEOPLE
    }
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
        line_yield=review_preview.yield_of_several(request.user, project, asked.since, asked.until),
        steps_link=reverse("admin:project-review-steps", args=[uid]),
        unit_word="labels" if asked.unit == "rows" else "objects",
        days=day_values(found, asked.today, doors),
        parts=time_parts(found.total.seconds),
        points=points_of(makers, doors),
        people=[
            (one, talks.chip_of(one.uid), doors.labels(one.uid), is_surely_below(one, medians["approval"]))
            for one in makers
        ],
        enough=performance.ENOUGH,
        reviewers=[one for one in people if one.figures.reviews_made],
        review_value=review_value.value_of_reviews(request.user, project, since=asked.since, until=asked.until),
        review_value_newest=review_value.NEWEST,
        talks=talks,
        heads=_heads(request, asked),
        pooled_title=f"{asked.team or 'Project'}, pooled",
        medians=medians,
        scales={measure: _scale_of(makers, measure) for measure in MEASURES_OF_PEOPLE},
        rows_link=doors.labels(),
        done_link=doors.labels(status="done"),
        reviewed_link=doors.labels(status="reviewed"),
        sent_back_link=doors.labels(status="sent_back"),
        sent_back=sent_back_of(found.total.approval),
        links={measure: formula_link(measure) for measure in ("throughput", "efficiency", "approval", "first-pass")},
        review_value_formula=formula_link("review-value"),
        csv_link=f"{reverse('admin:project-performance-csv', args=[project.uid])}?{request.GET.urlencode()}",
        json_link=f"{reverse('admin:project-performance-json', args=[project.uid])}?{request.GET.urlencode()}",
        socket=SOCKET,
        now=work_time.clock(),
    )


def _made_labels(one: PersonPerformance) -> bool:
    """Labels that were imported have agreement and accuracy only; who just reviewed has none of all this."""
    figures = one.figures
    return bool(figures.rows or any(getattr(figures, measure).n for measure in MEASURES_OF_PEOPLE))


def _scale_of(people: Sequence[PersonPerformance], measure: str) -> float:
    scores = [getattr(one.figures, measure) for one in people]
    return scale_from([score.low for score in scores if score.n >= SHOWN_FROM])


# --- What the address asks for ----------------------------------------------------------------------------------
def _asked(request: PersonRequest, project: Project) -> Asked:
    """Names outside the allow-lists mean the default; dates that are none are refused."""
    today = work_time.day_in(project, work_time.clock())
    values = request.GET
    preset = values.get("period", "")
    since, until = day_named(request, "from"), day_named(request, "to")
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


def _found(request: PersonRequest, project: Project, asked: Asked) -> ProjectPerformance:
    return performance.performance_of(
        request.user, project, since=asked.since, until=asked.until, unit=asked.unit, team=asked.team
    )


def _sorted(found: ProjectPerformance, asked: Asked) -> list[PersonPerformance]:
    """Who has no value stands last in both directions."""
    key = BY_NAME[asked.sort.removeprefix("-")].key
    known = sorted((one for one in found.people if key(one) is not None), key=key, reverse=asked.sort.startswith("-"))
    return known + [one for one in found.people if key(one) is None]


def _menus(request: PersonRequest, found: ProjectPerformance, asked: Asked) -> list[Menu]:
    periods = [
        Choice(title, link_with(request, period=name, **{"from": "", "to": ""}), asked.preset == name)
        for name, (_, title) in PRESETS.items()
    ]
    is_default = asked.preset == DEFAULT_DAYS
    clear = "" if is_default else link_with(request, period="", **{"from": "", "to": ""})
    shown = words.day_range(asked.since, asked.until)
    teams = sorted({*found.teams, *([asked.team] if asked.team else [])})
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
    ("rework_share_low", lambda one: one.figures.rework.low),
    ("rework_share_high", lambda one: one.figures.rework.high),
    ("rework_share_days", lambda one: one.figures.rework.n),
    *(
        (f"{measure}_{part}", lambda one, measure=measure, part=part: _part(one, measure, part))
        for measure in MEASURES_OF_PEOPLE
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
    project, asked, found = _for_file(request, uid)
    people = _sorted(found, asked)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(project, asked)}.csv"'
    writer = csv.writer(response)
    writer.writerow(["since", "until", "unit", "shown_team", "formula_version", *(name for name, _ in FILE_COLUMNS)])
    for one in people:
        about: list[str | int] = [
            asked.since.isoformat(),
            asked.until.isoformat(),
            asked.unit,
            asked.team,
            formulas.VERSION,
        ]
        writer.writerow(neutralise_row([*about, *(value(one) for _, value in FILE_COLUMNS)]))
    return response


@require_safe
def as_json(request: PersonRequest, uid: str) -> HttpResponse:
    project, asked, found = _for_file(request, uid)
    answer = {
        "project": str(project.uid),
        "since": asked.since.isoformat(),
        "until": asked.until.isoformat(),
        "unit": asked.unit,
        "team": asked.team,
        "formula_version": formulas.VERSION,
        "total": asdict(found.total),
        "people": [{name: value(one) for name, value in FILE_COLUMNS} for one in _sorted(found, asked)],
        "days": [
            {"day": one.day.isoformat(), "units": one.units, "active_seconds": one.seconds.active} for one in found.days
        ],
    }
    response = JsonResponse(answer)
    response["Content-Disposition"] = f'attachment; filename="{_file_name(project, asked)}.json"'
    return response


def _for_file(request: PersonRequest, uid: str) -> tuple[Project, Asked, ProjectPerformance]:
    project = project_for(request, uid, Permission.VIEW_PERFORMANCE)
    asked = _asked(request, project)
    return project, asked, _found(request, project, asked)


def _file_name(project: Project, asked: Asked) -> str:
    return f"performance-{slugify(project.name) or 'project'}-{asked.since:%Y%m%d}-{asked.until:%Y%m%d}"


add_page("projects/<uuid:uid>/performance/", tab, "project-performance")
add_page("projects/<uuid:uid>/performance.csv", as_csv, "project-performance-csv")
add_page("projects/<uuid:uid>/performance.json", as_json, "project-performance-json")
add_tab(60, "Performance", "project-performance", Permission.VIEW_PERFORMANCE)
