"""The people of an organization: a list, a new one with a first password shown once, a role, an end."""

from collections.abc import Callable, Iterable, Sequence

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workforce import access, organizations, people_list
from workforce.admin import filters, paging
from workforce.admin.capacity import capacity_card
from workforce.admin.pages import (
    REFUSED_FORM,
    PersonRequest,
    act,
    chosen,
    in_words,
    note_refusal,
    organization_field,
    reader_of,
    show,
)
from workforce.admin.person_sections import sections_of
from workforce.admin.rates import rates_card
from workforce.admin.site import Entry, add_entry, add_page, add_search
from workforce.errors import InvalidInput, NotAllowed, Refusal
from workforce.models import Membership, Organization, Team
from workforce.roles import Permission

MOST_FOUND = 5
LONGEST_NAME = 100
# A choice of more would be no choice.
MOST_TEAMS = 500
# What upper floors know of a page of members: a column's title, and member's primary key → words.
Cells = Callable[[PersonRequest, Sequence[Membership]], dict[int, str]]
_columns: list[tuple[str, Cells]] = []


def add_people_column(title: str, cells: Cells) -> None:
    _columns.append((title, cells))


class NewPersonForm(forms.Form):
    email = forms.EmailField(label="E-mail", max_length=254)
    name = forms.CharField(max_length=150, help_text="Kept as it is when the address has a login already.")
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.MEMBER)
    vendor = forms.ChoiceField(required=False, help_text="For people of another company.")

    def __init__(self, data: QueryDict | None, places: list[Organization], vendors: Iterable[Team]) -> None:
        super().__init__(data)
        self.fields["organization"] = organization_field(places)
        own = [(str(team.uid), team.name) for team in vendors]
        self.fields["vendor"].choices = [("", "None, our own"), *own]  # type: ignore[attr-defined]  # a choice field


class MembershipForm(forms.Form):
    role = forms.ChoiceField(choices=Membership.Role.choices)
    is_active = forms.BooleanField(required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: PersonRequest) -> HttpResponse:
    if not reader_of(request).holds(Permission.VIEW_PEOPLE):
        raise NotAllowed
    places = reader_of(request).organizations_with(Permission.MANAGE_PEOPLE)
    teams = list(people_list.teams_to_join(request.user))
    vendors = [team for team in teams if team.kind == Team.Kind.VENDOR]
    form = NewPersonForm(request.POST or None, places, vendors) if places else None
    added: dict[str, object] = {}
    if request.method == "POST" and form is not None and form.is_valid():
        values = form.cleaned_data
        try:
            vendor = next((team for team in vendors if str(team.uid) == values["vendor"]), None)
            member, password = people_list.add_person(
                request.user,
                chosen(places, values["organization"]),
                email=values["email"],
                name=values["name"],
                role=values["role"],
                vendor=vendor,
            )
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            # Answered at once, without a redirect: a secret has no place in a cookie or a session.
            added, form = {"member": member, "password": password}, NewPersonForm(None, places, vendors)
    return _list(request, form, added, teams)


def _list(
    request: PersonRequest, form: NewPersonForm | None, added: dict[str, object], to_join: list[Team]
) -> HttpResponse:
    term = request.GET.get("q", "").strip().replace("\0", "")[:LONGEST_NAME]
    members = people_list.members_named(request.user, term)
    menus = [
        filters.menu(request, "role", "Role", Membership.Role.choices),
        filters.menu(request, "state", "State", [("active", "Active"), ("inactive", "Deactivated")]),
    ]
    if to_join:
        named = [(str(team.uid), team.name) for team in to_join[:MOST_TEAMS]]
        menus.insert(1, filters.menu(request, "of_team", "Vendor or team", named))
    team = next((team for team in to_join if str(team.uid) == request.GET.get("of_team")), None)
    if team is not None:
        members = people_list.members_of_team(members, team)
    if request.GET.get("role") in Membership.Role.values:
        members = members.filter(role=request.GET["role"])
    if request.GET.get("state") in ("active", "inactive"):
        members = members.filter(is_active=request.GET["state"] == "active")
    page = paging.page_of(request, members, order=("person__name", "pk"))
    teams = people_list.teams_of_members(page.rows)
    more = [cells(request, page.rows) for _, cells in _columns]
    return show(
        request,
        "workforce/admin/people.html",
        title="People",
        page=page,
        lines=[(member, teams[member.pk], [cells.get(member.pk, "") for cells in more]) for member in page.rows],
        more_columns=[title for title, _ in _columns],
        menus=menus,
        term=term,
        query=request.GET.urlencode(),
        clear_all=filters.clear_all_link(request, menus),
        form=form,
        added=added,
        teams_to_join=to_join,
        status=REFUSED_FORM if form is not None and form.errors else 200,
    )


@require_POST
def change_many(request: PersonRequest) -> HttpResponse:
    """One act on everybody who is ticked, and one message of done and refused. The rules ask who may."""
    uids, what = request.POST.getlist("people"), request.POST.get("act", "")
    if not reader_of(request).holds(Permission.MANAGE_PEOPLE):
        raise NotAllowed(needs=str(Permission.MANAGE_PEOPLE))
    try:
        if what == "deactivate":
            outcome = people_list.deactivate_many(request.user, uids)
            said = outcome.in_words(one="person is deactivated", many="people are deactivated")
        elif what == "activate":
            outcome = people_list.activate_many(request.user, uids)
            said = outcome.in_words(one="person is active", many="people are active")
        else:
            team = _team_to_join(request, what)
            outcome = people_list.add_many_to_team(request.user, uids, team)
            said = outcome.in_words(one=f"person is in {team.name} now", many=f"people are in {team.name} now")
    except InvalidInput as refusal:
        messages.error(request, in_words(refusal))
    else:
        (messages.warning if outcome.refused else messages.success)(request, said)
    # The list as it was filtered and paged: the act is often one of several on the same people.
    return redirect(f"{reverse('admin:people')}?{request.GET.urlencode()}".rstrip("?"))


def _team_to_join(request: PersonRequest, uid: str) -> Team:
    for team in people_list.teams_to_join(request.user):
        if str(team.uid) == uid:
            return team
    raise InvalidInput("unknown_act", "Choose what to do.")


@require_safe
def person(request: PersonRequest, uid: str) -> HttpResponse:
    member = access.access(
        request.user, Membership.objects.select_related("person", "organization", "vendor"), uid, Permission.VIEW_PEOPLE
    )
    return show(
        request,
        "workforce/admin/person.html",
        title=member.person.name,
        crumbs=[("People", reverse("admin:people"))],
        organization=member.organization,
        member=member,
        teams=people_list.teams_of_members([member])[member.pk],
        form=MembershipForm(initial={"role": member.role, "is_active": member.is_active}),
        may_change=bool(access.can(request.user, Permission.MANAGE_PEOPLE, member)),
        rates=rates_card(request, member),
        capacity=capacity_card(request, member, [member.person]),
        sections=sections_of(request, member),
    )


@require_POST
def change_person(request: PersonRequest, uid: str) -> HttpResponse:
    member = access.access(
        request.user, Membership.objects.select_related("person", "vendor"), uid, Permission.MANAGE_PEOPLE
    )
    return act(
        request,
        lambda: _change(request, member),
        lambda changed: f"{member.person.name} is {_said(changed)} now.",
        then=reverse("admin:person", args=[uid]),
    )


def _change(request: PersonRequest, member: Membership) -> Membership:
    form = MembershipForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("unknown_role", "There is no such role.")
    return organizations.change_membership(request.user, member, **form.cleaned_data)


def _said(member: Membership) -> str:
    return member.get_role_display() if member.is_active else "deactivated: nothing opens, what is done stays"


def found_people(request: HttpRequest, term: str) -> Iterable[tuple[str, str, str]]:
    assert isinstance(request, HttpRequest)
    members = people_list.members_visible_to(request.user).filter(person__name__icontains=term)  # type: ignore[arg-type]
    for member in members.order_by("person__name")[:MOST_FOUND]:
        yield member.person.name, "Person", reverse("admin:person", args=[member.uid])


add_page("people/", people, "people")
add_page("people/change/", change_many, "people-change")
add_page("people/<uuid:uid>/", person, "person")
add_page("people/<uuid:uid>/change/", change_person, "person-change")
add_entry(
    Entry("People", "People", "people", "admin:people", lambda r: reader_of(r).holds(Permission.VIEW_PEOPLE), order=10)
)
add_search(found_people)
