"""The tab "People and access": everyone with what they may be here, the teams that have a role, the acts on both."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling import class_shares, day_limits, pauses, project_access, work_time
from labeling.access_explained import ROLE_NAMES
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Project
from workforce.admin import paging
from workforce.admin.pages import PersonRequest, act, end_of_day
from workforce.admin.site import add_page
from workforce.errors import InvalidInput, NotFound
from workforce.models import Membership, Person, Team
from workforce.roles import PROJECT_ROLE_NAMES, Permission

TAB = "project-people"
# Lists of upper floors beside "Everyone" and "Teams and vendors": a title, and a page that takes the project's uid.
_more_lists: list[tuple[str, str]] = []
LONGEST_NAME = 100
# A choice of more would be no choice.
MOST_TEAMS = 500


class GrantForm(forms.Form):
    receiver = forms.CharField(max_length=60)
    role = forms.ChoiceField(choices=list(PROJECT_ROLE_NAMES.items()))
    expires_on = forms.DateField(required=False)
    has_no_end = forms.BooleanField(required=False)


def add_people_list(title: str, page_name: str) -> None:
    """One more list of the tab; its page shows ``labeling/admin/_people_lists.html`` with ``lists_of`` on top."""
    _more_lists.append((title, page_name))


def lists_of(project: Project, current: str) -> list[dict[str, Any]]:
    """The lists of the tab; ``current`` is the page, or ``teams``."""
    everyone = reverse(f"admin:{TAB}", args=[project.uid])
    own = [("Everyone", everyone, TAB), ("Teams and vendors", f"{everyone}?list=teams", "teams")]
    more = [(title, reverse(f"admin:{page}", args=[project.uid]), page) for title, page in _more_lists]
    return [{"title": title, "link": link, "is_current": page == current} for title, link, page in own + more]


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)
    if request.method == "POST":
        return act(request, lambda: _grant(request, project), _said, then=back_to(request, project))
    is_of_teams = request.GET.get("list") == "teams"
    return show_in_project(
        request,
        project,
        "labeling/admin/project_people.html",
        page=TAB,
        is_of_teams=is_of_teams,
        lists=lists_of(project, "teams" if is_of_teams else TAB),
        vendor_days=project_access.VENDOR_DAYS,
        roles=project_access.roles_to_grant(request.user, project),
        chosen=_chosen(request, project),
        now=work_time.clock(),
        **(_teams(request, project) if is_of_teams else _everyone(request, project)),
    )


def _everyone(request: PersonRequest, project: Project) -> dict[str, Any]:
    """One page of the active members, by name."""
    term = request.GET.get("q", "").strip().replace("\0", "")[:LONGEST_NAME]
    members = project_access.members_of(project)
    if term:
        members = members.filter(person__name__icontains=term)
    list_page = paging.page_of(request, members, order=("person__name", "pk"))
    ids = [member.person_id for member in list_page.rows]
    paused, limits = pauses.pauses_in(project, ids), day_limits.day_limits_in(project, ids)
    shares = class_shares.share_limits_in(project, ids)
    lines = [
        {
            "line": line,
            "roles": [(role, ROLE_NAMES[role], source) for role, source in line.roles],
            "pause": paused.get(line.member.person_id),
            "limits": limits.get(line.member.person_id, []),
            "shares": shares.get(line.member.person_id, []),
        }
        for line in project_access.access_list(project, list_page.rows)
    ]
    return {"list_page": list_page, "lines": lines, "term": term}


def _teams(request: PersonRequest, project: Project) -> dict[str, Any]:
    """One page of the grants of teams, and the teams that a role can be given to."""
    grants = project_access.team_grants(project)
    list_page = paging.page_of(request, grants, order=("group__team__name", "pk"))
    return {"list_page": list_page, "teams": project_access.teams_for(project)[:MOST_TEAMS]}


@require_POST
def revoke(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)

    def rule() -> str:
        receiver = _receiver(project, request.POST.get("receiver", ""))
        project_access.revoke_role(request.user, project, receiver)
        return f"{receiver.name} has no grant on {project.name} any more. What is done stays."

    return act(request, rule, str, then=back_to(request, project))


def _grant(request: PersonRequest, project: Project) -> project_access.Grant:
    form = GrantForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("grant_invalid", "Choose who gets a role, which role, and a day if it shall end.")
    ends: Any = end_of_day(form.cleaned_data["expires_on"], project.organization)
    if ends is None and not form.cleaned_data["has_no_end"]:
        ends = project_access.Ends.BY_DEFAULT
    receiver = _receiver(project, form.cleaned_data["receiver"])
    return project_access.grant_role(request.user, project, receiver, role=form.cleaned_data["role"], expires_at=ends)


def _said(grant: project_access.Grant) -> str:
    receiver, role = project_access.receiver_of(grant), PROJECT_ROLE_NAMES[grant.role]
    if role == "no access":
        return f"{receiver.name} has no access here now, whatever a team has."
    if grant.expires_at is None:
        return f"{receiver.name} is {role} here now."
    until = work_time.local(grant.content_object, grant.expires_at)
    return f"{receiver.name} is {role} here now, until {until:%-d %B %Y, %H:%M}."


def _receiver(project: Project, named: str) -> Person | Team:
    """``person:<uid>`` or ``team:<uid>`` of the project's organization; anything else is not there."""
    kind, _, uid = named.partition(":")
    found = project_access.receiver_named(project, kind, uid)
    if found is None:
        raise NotFound
    return found


def _chosen(request: PersonRequest, project: Project) -> Any:
    """Whose role is being changed, from the address; nobody for anything that is not there."""
    kind, _, uid = request.GET.get("receiver", "").partition(":")
    return project_access.receiver_named(project, kind, uid) if uid else None


def person_on(project: Project, uid: str) -> Membership:
    """The membership of a person, in the project's organization."""
    found = project_access.member_named(project, uid)
    if found is None:
        raise NotFound
    return found


def back_to(request: PersonRequest, project: Project) -> str:
    """The page from which an act was sent: one person's here, or the list."""
    uid = request.POST.get("back", "")
    found = project_access.member_named(project, uid) if uid else None
    if found is not None:
        return reverse("admin:project-person", args=[project.uid, found.person.uid])
    is_of_teams = request.POST.get("receiver", "").startswith("team:")
    return reverse(f"admin:{TAB}", args=[project.uid]) + ("?list=teams" if is_of_teams else "")


add_page("projects/<uuid:uid>/people/", people, TAB)
add_page("projects/<uuid:uid>/people/revoke/", revoke, "project-people-revoke")
add_tab(20, "People and access", TAB, Permission.MANAGE_ACCESS)
