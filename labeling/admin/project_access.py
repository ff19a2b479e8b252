"""The tab "People and access": grants of people and teams, and what each member may be as a result."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from labeling import project_access
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Project, ProjectTeamGrant
from workforce.admin.pages import PersonRequest, act, end_of_day
from workforce.admin.site import add_page
from workforce.errors import InvalidInput, NotFound
from workforce.models import Person, Team
from workforce.roles import PROJECT_ROLE_NAMES, Permission

ROLE_NAMES = {
    **PROJECT_ROLE_NAMES,
    "organization_admin": "organization admin",
    "workforce_manager": "workforce manager",
    "vendor_manager": "vendor manager",
}
TAB = "project-people"


class GrantForm(forms.Form):
    receiver = forms.CharField(max_length=60)
    role = forms.ChoiceField(choices=list(PROJECT_ROLE_NAMES.items()))
    expires_on = forms.DateField(required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)
    if request.method == "POST":
        return act(request, lambda: _grant(request, project), _said, then=_address(project))
    access_list = project_access.access_list(project)
    grants = [
        *project_access.team_grants(project).order_by("group__team__name"),
        *project_access.person_grants(project).order_by("user__name", "pk"),
    ]
    now = timezone.now()
    return show_in_project(
        request,
        project,
        "labeling/admin/project_people.html",
        page=TAB,
        grants=[
            {
                "grant": grant,
                "receiver": _receiver_of(grant),
                "has_ended": bool(grant.expires_at and grant.expires_at <= now),
            }
            for grant in grants
        ],
        lines=[(line, [(role, ROLE_NAMES[role], source) for role, source in line.roles]) for line in access_list],
        roles=project_access.roles_to_grant(request.user, project),
        receivers=[
            ("Teams and vendors", [(f"team:{team.uid}", team.name) for team in project_access.teams_for(project)]),
            ("People", [(f"person:{line.member.person.uid}", line.member.person.name) for line in access_list]),
        ],
        chosen=request.GET.get("receiver", ""),
    )


@require_POST
def revoke(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)

    def rule() -> str:
        receiver = _receiver(project, request.POST.get("receiver", ""))
        project_access.revoke_role(request.user, project, receiver)
        return f"{receiver.name} has no grant on {project.name} any more. What is done stays."

    return act(request, rule, str, then=_address(project))


def _grant(request: PersonRequest, project: Project) -> Any:
    form = GrantForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("grant_invalid", "Choose who gets a role, which role, and a day if it shall end.")
    return project_access.grant_role(
        request.user,
        project,
        _receiver(project, form.cleaned_data["receiver"]),
        role=form.cleaned_data["role"],
        expires_at=end_of_day(form.cleaned_data["expires_on"], project.organization),
    )


def _said(grant: project_access.Grant) -> str:
    receiver, role = _receiver_of(grant), PROJECT_ROLE_NAMES[grant.role]
    if role == "no access":
        return f"{receiver.name} has no access here now, whatever a team has."
    return f"{receiver.name} is {role} here now."


def _receiver(project: Project, named: str) -> Person | Team:
    """``person:<uid>`` or ``team:<uid>`` of the project's organization; anything else is not there."""
    kind, _, uid = named.partition(":")
    found = project_access.receiver_named(project, kind, uid)
    if found is None:
        raise NotFound
    return found


def _receiver_of(grant: Any) -> Any:
    return grant.group.team if isinstance(grant, ProjectTeamGrant) else grant.user


def _address(project: Project) -> str:
    return reverse(f"admin:{TAB}", args=[project.uid])


add_page("projects/<uuid:uid>/people/", people, TAB)
add_page("projects/<uuid:uid>/people/revoke/", revoke, "project-people-revoke")
add_tab(20, "People and access", TAB, Permission.MANAGE_ACCESS)
