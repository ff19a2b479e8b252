"""Teams and vendors: a list, a new one, and who is in it."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from workforce import access, people_list
from workforce import teams as team_rules
from workforce.admin import paging
from workforce.admin.capacity import capacity_card
from workforce.admin.pages import (
    REFUSED_FORM,
    PersonRequest,
    act,
    chosen,
    note_refusal,
    organization_field,
    person_names,
    reader_of,
    show,
)
from workforce.admin.rates import rates_card
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import NotAllowed, Refusal, RuleViolation
from workforce.models import Organization, Team
from workforce.roles import Permission


class NewTeamForm(forms.Form):
    name = forms.CharField(max_length=150)
    kind = forms.ChoiceField(choices=Team.Kind.choices)

    def __init__(self, data: QueryDict | None, places: list[Organization]) -> None:
        super().__init__(data)
        self.fields["organization"] = organization_field(places)


@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: PersonRequest) -> HttpResponse:
    reader = reader_of(request)
    if not reader.holds(Permission.VIEW_PEOPLE):
        raise NotAllowed
    places = reader.organizations_with(Permission.MANAGE_PEOPLE)
    form = NewTeamForm(request.POST or None, places) if places else None
    if request.method == "POST" and form is not None and form.is_valid():
        values = form.cleaned_data
        try:
            team = team_rules.create_team(
                request.user, chosen(places, values["organization"]), name=values["name"], kind=values["kind"]
            )
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, f"{team.name} is there. Say who is in it.")
            return redirect("admin:team", team.uid)
    return show(
        request,
        "workforce/admin/teams.html",
        title="Teams and vendors",
        page=paging.page_of(request, people_list.teams_visible_to(request.user), order=("name", "pk")),
        form=form,
        status=REFUSED_FORM if form is not None and form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def team(request: PersonRequest, uid: str) -> HttpResponse:
    is_post = request.method == "POST"
    needs = Permission.MANAGE_PEOPLE if is_post else Permission.VIEW_PEOPLE
    found = access.access(request.user, Team.objects.select_related("organization", "group", "lead"), uid, needs)
    fitting = people_list.people_for_team(found)
    if is_post:
        return act(
            request,
            lambda: _set_people(request, found, dict(person_names(fitting))),
            lambda count: f"{found.name} has {count} people now.",
            then=reverse("admin:team", args=[uid]),
        )
    people = list(found.group.user_set.all())
    return show(
        request,
        "workforce/admin/team.html",
        title=found.name,
        crumbs=[("Teams and vendors", reverse("admin:teams"))],
        organization=found.organization,
        team=found,
        fitting=fitting,
        inside={person.pk for person in people},
        may_change=bool(access.can(request.user, Permission.MANAGE_PEOPLE, found)),
        rates=rates_card(request, found),
        capacity=capacity_card(request, found, people),
    )


def _set_people(request: PersonRequest, found: Team, fitting: dict[str, str]) -> int:
    wanted, lead_uid = set(request.POST.getlist("people")), request.POST.get("lead", "")
    if not wanted <= set(fitting) or (lead_uid and lead_uid not in fitting):
        raise RuleViolation("not_a_member", "Someone you chose cannot be in this team.")
    chosen_people = [person for person in people_list.people_for_team(found) if str(person.uid) in wanted]
    lead = next((person for person in chosen_people if str(person.uid) == lead_uid), None)
    if lead_uid and lead is None:
        raise RuleViolation("lead_not_in_team", "The lead of a team is one of its people.")
    team_rules.set_team_people(request.user, found, chosen_people, lead=lead)
    return len(chosen_people)


add_page("teams/", teams, "teams")
add_page("teams/<uuid:uid>/", team, "team")
add_entry(
    Entry(
        "People",
        "Teams and vendors",
        "person",
        "admin:teams",
        lambda r: reader_of(r).holds(Permission.VIEW_PEOPLE),
        order=20,
    )
)
