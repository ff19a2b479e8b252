"""The history of a row in the admin; its parts are those of a reviewer's page."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling.admin.project_tabs import show_in_project
from labeling.models import ProjectRow
from quality import row_history
from quality.admin.links import SOCKET, formula_link
from quality.pages.row_history import parts_of
from workforce import access
from workforce.admin.pages import PersonRequest
from workforce.admin.site import add_page
from workforce.roles import Permission


@require_safe
def history(request: PersonRequest, uid: str) -> HttpResponse:
    row = access.access(
        request.user,
        ProjectRow.objects.select_related("project__organization", "data_row"),
        uid,
        Permission.VIEW_CONSENSUS,
    )
    found = row_history.history_of(request.user, uid)
    return show_in_project(
        request,
        row.project,
        "quality/admin/row_history.html",
        page="project-rows",
        title=f"History of {row.data_row.external_id}",
        crumbs=[
            (row.project.name, reverse("admin:project", args=[row.project.uid])),
            (row.data_row.external_id, reverse("admin:row", args=[uid])),
        ],
        **parts_of(found),
        formula=formula_link("review-value"),
        socket=SOCKET,
        stream=f"row:{row.uid}",
    )


add_page("rows/<uuid:uid>/history/", history, "row-history")
