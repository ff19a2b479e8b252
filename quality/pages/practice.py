"""Practice: the editor on rows with a known answer, without a slot and a lease; and their pictures."""

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from labeling import projects
from labeling.assets import asset_file
from labeling.pages.editor import show_editor
from quality import practice
from workforce import access
from workforce.api.streams import show_file
from workforce.pages.chosen import in_every_organization
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission


@require_safe
@signed_in
def practise(request: PersonRequest, uid: str) -> HttpResponse:
    """``?again=1`` brings the rows that were answered, too: only first answers count."""
    project = projects.project_for(request.user, uid)
    access.require(request.user, Permission.LABEL, project)
    claim = reverse("api-practice-next", args=[project.uid])
    again = f"{reverse('practice', args=[project.uid])}?again=1"
    return show_editor(
        request,
        project,
        mode="practice",
        claim=claim,
        then="label",
        urls={"again": again},
        again=request.GET.get("again", "") == "1",
    )


@in_every_organization
@require_safe
@signed_in
def picture(request: PersonRequest, uid: str) -> HttpResponseBase:
    data_row = practice.row_with_picture(request.user, uid).data_row
    return show_file(request, asset_file(data_row.asset_path), media_type=data_row.mime_type)
