"""The labels list."""

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from labeling import blindness, labels_list, work_time
from labeling.events import stream_of_project
from labeling.models import Project
from workforce import access
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest, person_names, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotFound
from workforce.roles import Permission

# As many as one socket follows; beyond them the list is as new as its page.
MOST_STREAMS = 20
STATUS_CHIPS = {"Done": ("ok", "check"), "In rework": ("warn", "warn"), "In review": ("accent", "")}


@require_safe
def labels(request: PersonRequest) -> HttpResponse:
    projects = labels_list.projects_with_labels(request.user)
    wanted = [project for project in projects if str(project.uid) == request.GET.get("project")]
    if request.GET.get("project") and not wanted:
        access.access(request.user, Project.objects.all(), request.GET["project"], Permission.VIEW_CONSENSUS)
        raise NotFound
    shown = wanted or projects
    asked = _asked(request)
    menus = _menus(request, projects, shown, asked)
    found = blindness.hide_unsubmitted(request.user, labels_list.labels_of(shown, asked), shown)
    page = paging.page_of(request, found)
    return show(
        request,
        "labeling/admin/labels.html",
        title="Labels",
        organization=wanted[0].organization if wanted else None,
        page=page,
        lines=[
            (line, _row_link(line), STATUS_CHIPS.get(line.status), _minutes(line.active_seconds))
            for line in labels_list.lines_of(page.rows)
        ],
        streams=" ".join(stream_of_project(project.uid) for project in shown[:MOST_STREAMS]),
        now=work_time.clock(),
        has_several_projects=len(projects) > 1 and not wanted,
        menus=menus,
        clear_all=filters.clear_all_link(request, menus),
    )


def _asked(request: PersonRequest) -> labels_list.Wanted:
    named = {name: request.GET.get(name, "") for name in ("status", "kind", "labeler", "team")}
    return labels_list.Wanted(**named, since=filters.day_named(request, "from"), until=filters.day_named(request, "to"))


def _menus(
    request: PersonRequest, projects: list[Project], shown: list[Project], asked: labels_list.Wanted
) -> list[filters.Menu]:
    menus = [
        filters.menu(request, "project", "Project", [(str(project.uid), project.name) for project in projects]),
        filters.menu(request, "status", "Status", labels_list.status_titles()),
        filters.menu(request, "labeler", "Created by", _people(shown, asked.labeler), any_title="Anybody"),
        filters.menu(request, "kind", "Kind", list(labels_list.KINDS.items())),
    ]
    if shown:
        today = work_time.day_in(shown[0], work_time.clock())
        menus.append(filters.period_menu(request, today, asked.since, asked.until))
    if asked.team:
        menus.append(filters.menu(request, "team", "Team", [(asked.team, asked.team)]))
    return menus


def _people(shown: list[Project], uid: str) -> list[tuple[str, str]]:
    """The members, and whoever else the address names: an imported author, or nobody that is known here."""
    people = person_names(list(labels_list.labelers_of(shown)))
    if uid and uid not in dict(people):
        author = labels_list.labeler_named(shown, uid)
        people.append((uid, author.name if author else "Nobody known here"))
    return people


def _minutes(seconds: float | None) -> str:
    """2:05; an import has no time, nobody measured it."""
    return "–" if seconds is None else f"{round(seconds) // 60}:{round(seconds) % 60:02}"


def _row_link(line: labels_list.LabelLine) -> str:
    try:
        return reverse("admin:row", args=[line.label.project_row.uid])
    except NoReverseMatch:
        return ""


add_page("labels/", labels, "labels")
add_entry(Entry("Line", "Labels", "tag", "admin:labels", lambda request: True, order=30))
