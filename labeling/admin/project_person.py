"""One person on one project: why they may what they may, and the acts: role, pause, rows a day."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import access_explained, day_limits, pauses, project_access
from labeling.admin.project_access import TAB, person_on
from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Pause, Project
from workforce import access
from workforce.admin.pages import PersonRequest, act, end_of_day
from workforce.admin.site import add_page
from workforce.errors import InvalidInput
from workforce.roles import Permission


class PauseForm(forms.Form):
    reason = forms.CharField(max_length=pauses.LONGEST_WORDS)
    told = forms.CharField(max_length=pauses.LONGEST_WORDS)
    ends_on = forms.DateField(required=False)


class LimitForm(forms.Form):
    rows = forms.IntegerField(required=False, min_value=1, max_value=day_limits.MOST_ROWS)


@require_safe
def person(request: PersonRequest, uid: str, person_uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)
    member = access_explained.member_to_explain(request.user, project, person_uid)
    explanation = access_explained.explain(member, project)
    return show_in_project(
        request,
        project,
        "labeling/admin/project_person.html",
        page=TAB,
        title=member.person.name,
        crumbs=[(project.name, reverse(f"admin:{TAB}", args=[project.uid]))],
        member=member,
        explanation=explanation,
        picture_words=access_explained.PICTURE_WORDS[explanation.pictures],
        pause=pauses.pauses_in(project, [member.person_id]).get(member.person_id),
        limit=day_limits.day_limits_in(project, [member.person_id]).get(member.person_id),
        roles=project_access.roles_to_grant(request.user, project),
        grant=project_access.grant_of(project, member.person),
        vendor_days=project_access.VENDOR_DAYS,
    )


@require_POST
def pause(request: PersonRequest, uid: str, person_uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)
    member = person_on(project, person_uid)

    def rule() -> Pause:
        form = PauseForm(request.POST)
        if not form.is_valid():
            raise InvalidInput("pause_invalid", "Say a reason, what the person is told, and a day if it shall end.")
        values = dict(form.cleaned_data)
        ends_at = end_of_day(values.pop("ends_on"), project.organization)
        return pauses.pause_person(request.user, project, member.person, ends_at=ends_at, **values)

    return act(request, rule, f"{member.person.name} gets no new row here now.", then=_address(project, person_uid))


@require_POST
def resume(request: PersonRequest, uid: str, person_uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)
    member = person_on(project, person_uid)

    def rule() -> Any:
        named = request.POST.get("pause", "")
        found = access.access(request.user, Pause.objects.filter(project=project), named, Permission.PAUSE_PERSON)
        return pauses.resume_person(request.user, found)

    return act(request, rule, f"{member.person.name} gets rows here again.", then=_address(project, person_uid))


@require_POST
def limit(request: PersonRequest, uid: str, person_uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)
    member = person_on(project, person_uid)

    def rule() -> str:
        form = LimitForm(request.POST)
        if not form.is_valid():
            raise InvalidInput("limit_invalid", f"A limit is 1 to {day_limits.MOST_ROWS} rows a day, or empty.")
        rows = form.cleaned_data["rows"]
        day_limits.set_day_limit(request.user, project, member.person, rows)
        name = member.person.name
        return f"{name} gets up to {rows} rows a day here." if rows else f"{name} has no limit of a day here."

    return act(request, rule, str, then=_address(project, person_uid))


def _address(project: Project, person_uid: str) -> str:
    return reverse("admin:project-person", args=[project.uid, person_uid])


PLACE = "projects/<uuid:uid>/people/<uuid:person_uid>/"
add_page(PLACE, person, "project-person")
add_page(f"{PLACE}pause/", pause, "project-person-pause")
add_page(f"{PLACE}resume/", resume, "project-person-resume")
add_page(f"{PLACE}limit/", limit, "project-person-limit")
