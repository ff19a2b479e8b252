"""The labels list."""

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from labeling import labels_list
from labeling.models import Project
from workforce import access
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest, person_names, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotFound
from workforce.models import Person
from workforce.roles import Permission

STATUS_CHIPS = {"Done": ("ok", "check"), "In rework": ("warn", "warn"), "In review": ("accent", "")}


@require_safe
def labels(request: PersonRequest) -> HttpResponse:
    projects = labels_list.projects_with_labels(request.user)
    wanted = [project for project in projects if str(project.uid) == request.GET.get("project")]
    if request.GET.get("project") and not wanted:
        access.access(request.user, Project.objects.all(), request.GET["project"], Permission.VIEW_CONSENSUS)
        raise NotFound
    people = list(labels_list.labelers_of(wanted or projects))
    labeler = _named(people, request.GET.get("labeler", ""))
    found = labels_list.labels_of(
        wanted or projects, status=request.GET.get("status", ""), kind=request.GET.get("kind", ""), labeler=labeler
    )
    menus = [
        filters.menu(request, "project", "Project", [(str(project.uid), project.name) for project in projects]),
        filters.menu(request, "status", "Status", [(code, text) for code, (text, _) in labels_list.STATUSES.items()]),
        filters.menu(request, "labeler", "Created by", person_names(people), any_title="Anybody"),
        filters.menu(request, "kind", "Kind", list(labels_list.KINDS.items())),
    ]
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
        has_several_projects=len(projects) > 1 and not wanted,
        menus=menus,
        clear_all=filters.clear_all_link(request, menus),
    )


def _named(people: list[Person], uid: str) -> Person | None:
    """The person of the filter; a uid that is none of them filters nothing."""
    return next((person for person in people if str(person.uid) == uid), None)


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
