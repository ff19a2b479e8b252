"""Invitations: one or many addresses at once, and those that nobody has accepted yet."""

import re
from collections.abc import Iterable

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from workforce import access, invitations, people_list
from workforce.admin import paging
from workforce.admin.pages import (
    REFUSED_FORM,
    PersonRequest,
    act,
    chosen,
    note_refusal,
    organization_field,
    reader_of,
    show,
)
from workforce.admin.site import add_page
from workforce.errors import NotAllowed, Refusal
from workforce.models import Invitation, Membership, Organization, Team
from workforce.roles import Permission


class InviteForm(forms.Form):
    addresses = forms.CharField(
        label="E-mail addresses",
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=30_000,
        help_text=f"One or many, apart by lines, commas or spaces; {invitations.MOST_AT_ONCE} at most.",
    )
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.MEMBER)
    vendor = forms.ChoiceField(required=False, help_text="For people of another company.")
    teams = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, help_text="They stand in these from the first day."
    )

    def __init__(self, data: QueryDict | None, places: list[Organization], teams: Iterable[Team]) -> None:
        super().__init__(data)
        self.fields["organization"] = organization_field(places)
        named = [(team.kind, str(team.uid), team.name) for team in teams]
        vendors = [(uid, name) for kind, uid, name in named if kind == Team.Kind.VENDOR]
        own = [(uid, name) for kind, uid, name in named if kind == Team.Kind.INTERNAL]
        self.fields["vendor"].choices = [("", "None, our own"), *vendors]  # type: ignore[attr-defined]  # a choice field
        self.fields["teams"].choices = own  # type: ignore[attr-defined]  # a choice field
        if not own:
            del self.fields["teams"]


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: PersonRequest) -> HttpResponse:
    places = reader_of(request).organizations_with(Permission.MANAGE_PEOPLE)
    if not places:
        raise NotAllowed(needs=str(Permission.MANAGE_PEOPLE))
    teams = list(people_list.teams_to_join(request.user))
    form = InviteForm(request.POST or None, places, teams)
    if request.method == "POST" and form.is_valid():
        try:
            _invite(request, form, places, teams)
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            return redirect("admin:people-invite")
    page = paging.page_of(request, invitations.invitations_visible_to(request.user))
    return show(
        request,
        "workforce/admin/invite.html",
        title="Invite people",
        crumbs=[("People", reverse("admin:people"))],
        page=page,
        form=form,
        days_open=invitations.DAYS_OPEN,
        status=REFUSED_FORM if form.errors else 200,
    )


def _invite(request: PersonRequest, form: InviteForm, places: list[Organization], teams: list[Team]) -> None:
    values = form.cleaned_data
    wanted = set(values.get("teams", []))
    outcome = invitations.invite_people(
        request.user,
        chosen(places, values["organization"]),
        re.split(r"[\s,;]+", values["addresses"]),
        role=values["role"],
        vendor=next((team for team in teams if str(team.uid) == values["vendor"]), None),
        teams=[team for team in teams if str(team.uid) in wanted],
    )
    said = outcome.in_words(one="invitation is on its way", many="invitations are on their way")
    (messages.warning if outcome.refused else messages.success)(request, said)


@require_POST
def revoke(request: PersonRequest, uid: str) -> HttpResponse:
    found = _found(request, uid)
    return act(
        request,
        lambda: invitations.revoke_invitation(request.user, found),
        f"The invitation of {found.email} opens nothing from now on.",
        then=reverse("admin:people-invite"),
    )


@require_POST
def again(request: PersonRequest, uid: str) -> HttpResponse:
    found = _found(request, uid)
    return act(
        request,
        lambda: invitations.send_again(request.user, found),
        f"A new invitation is on its way to {found.email}; the link of the one before has ended.",
        then=reverse("admin:people-invite"),
    )


def _found(request: PersonRequest, uid: str) -> Invitation:
    return access.access(request.user, Invitation.objects.all(), uid, Permission.MANAGE_PEOPLE)


add_page("people/invite/", invite, "people-invite")
add_page("people/invitations/<uuid:uid>/revoke/", revoke, "invitation-revoke")
add_page("people/invitations/<uuid:uid>/again/", again, "invitation-again")
