"""The tabs of a project's page. Upper floors add theirs with ``add_tab``; each page calls ``show_in_project``.

A page of a project is reached at ``projects/<uid>/…`` and extends ``labeling/admin/project_frame.html``: its block
``project_page`` is the content below the tabs, its block ``project_end`` stands at the right of the title."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from labeling.models import Project
from workforce import access
from workforce.admin.pages import Crumb, PersonRequest, show
from workforce.roles import Permission


@dataclass(frozen=True, order=True)
class Tab:
    """Its place in the row, its title, the page (``project-quality``) and the right without which it is not shown."""

    order: int
    title: str
    page: str
    needs: Permission = Permission.VIEW_QUEUE


_tabs: list[Tab] = []


def add_tab(order: int, title: str, page_name: str, needs: Permission = Permission.VIEW_QUEUE) -> None:
    """A tab for the page ``page_name`` of the admin site, whose address takes the project's uid as its one value."""
    _tabs.append(Tab(order, title, page_name, needs))


def project_for(request: PersonRequest, uid: str, needs: Permission = Permission.VIEW_QUEUE) -> Project:
    """The project for one who runs or audits it; NotFound for a stranger, NotAllowed for its labelers."""
    return access.access(request.user, Project.objects.select_related("organization", "ontology"), uid, needs)


def show_in_project(
    request: HttpRequest, project: Project, template: str, *, page: str, crumbs: Sequence[Crumb] = (), **values: Any
) -> HttpResponse:
    """The page ``page`` inside the project's frame; ``crumbs`` go between the project and the page."""
    held = access.permissions_of(request.user, project)
    tabs = [
        {"title": tab.title, "link": reverse(f"admin:{tab.page}", args=[project.uid]), "is_current": tab.page == page}
        for tab in sorted(_tabs)
        if tab.needs in held
    ]
    return show(
        request,
        template,
        title=values.pop("title", project.name),
        crumbs=[("Projects", reverse("admin:projects")), *crumbs],
        organization=project.organization,
        project=project,
        tabs=tabs,
        may={permission.name.lower(): True for permission in held},
        **values,
    )
