"""One person on one project: why they may what they may, and the acts: role, pause, rows a day, share of a class."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import access_explained, class_shares, day_limits, pauses, project_access
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


class ShareForm(forms.Form):
    percent = forms.IntegerField(required=False, min_value=1, max_value=99)
    counts_from = forms.IntegerField(min_value=1, max_value=class_shares.MOST_COUNTS_FROM)


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
        limits=_by_whom(day_limits.day_limits_in(project, [member.person_id])),
        shares=_by_whom(class_shares.share_limits_in(project, [member.person_id])),
        counts_from=class_shares.COUNTS_FROM,
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


@require_POST
def share(request: PersonRequest, uid: str, person_uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)
    member = person_on(project, person_uid)

    def rule() -> str:
        form = ShareForm(request.POST)
        if not form.is_valid():
            raise InvalidInput("share_invalid", "A share is 1 to 99 percent, or empty; say from how many labels on.")
        class_shares.set_share_limit(request.user, project, member.person, **form.cleaned_data)
        percent, name = form.cleaned_data["percent"], member.person.name
        return (
            f"{name} makes up to {percent} % of a class here." if percent else f"{name} has no limit of a class here."
        )

    return act(request, rule, str, then=_address(project, person_uid))


def _by_whom(limits: dict[int, list[Any]]) -> dict[str, Any]:
    """The limits of one person: the project's, and the vendor's beside it."""
    return {"vendors" if one.is_vendors else "own": one for found in limits.values() for one in found}


def _address(project: Project, person_uid: str) -> str:
    return reverse("admin:project-person", args=[project.uid, person_uid])


PLACE = "projects/<uuid:uid>/people/<uuid:person_uid>/"
add_page(PLACE, person, "project-person")
add_page(f"{PLACE}pause/", pause, "project-person-pause")
add_page(f"{PLACE}resume/", resume, "project-person-resume")
add_page(f"{PLACE}limit/", limit, "project-person-limit")
add_page(f"{PLACE}class-share/", share, "project-person-share")
