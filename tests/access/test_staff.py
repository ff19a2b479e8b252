"""Staff gains and gives nothing by a forged form: not with keys that no form has, not with a role above the own one,
not with another's thing in a hidden field; and no address offers raw users, groups or permissions."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.urls import get_resolver

from labeling.models import ProjectPersonGrant
from tests.access.judge import rolled_back, send
from tests.access.requests_of_routes import FORM, RequestOf, requests_of
from tests.access.stages import World
from tests.access.table import Cell, read_cells
from workforce import access, people_list
from workforce.models import Membership, Organization, Person
from workforce.roles import ROLE_PERMISSIONS, Permission, Role

# What a library's form of users would take.
EXTRA = {
    "is_superuser": "on",
    "is_staff": "on",
    "is_active": "on",
    "groups": ["1", "2", "3"],
    "user_permissions": ["1", "2", "3"],
    "permissions": ["1"],
    "permission": "1",
    "user": "1",
    "person": "1",
    "id": "1",
    "pk": "1",
    "organization_id": "1",
    "granted_by": "1",
    "limited_to_organization": "",
    "form-TOTAL_FORMS": "1",
    "form-INITIAL_FORMS": "1",
    "form-0-id": "1",
    "form-0-is_superuser": "on",
    "form-0-DELETE": "on",
}
STAFF = ("organization_admin", "workforce_manager", "project_lead")
WRITES = sorted(
    {cell.route for cell in read_cells() if cell.method == "POST" and cell.route.startswith("admin:")}
    - {"admin:logout"}
)
# Forms that are about people's rights are sent by everybody; at the others the three take turns.
OF_RIGHTS = re.compile("person|people|team|vendor|invit|role|access|organization|token|grant")
ROLES = [*Membership.Role.values, *(role for role in Role if role not in Membership.Role.values), "superuser", ""]


def power(world: World) -> dict[str, Any]:
    """Everything that gives rights: raw flags, groups and permissions, memberships, grants, leads of teams."""
    tables = {
        "workforce_person_user_permissions": "t.person_id, t.permission_id",
        "workforce_person_groups": "t.person_id, t.group_id",
        "auth_group_permissions": "t.group_id, t.permission_id",
        "guardian_userobjectpermission": "t.id",
        "guardian_groupobjectpermission": "t.id",
    }
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table, columns in tables.items():
            cursor.execute(f'SELECT {columns} FROM "{table}" t ORDER BY {columns}')
            found[table] = cursor.fetchall()
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM workforce_person WHERE is_superuser")
        found["superusers"] = cursor.fetchone()
    return found


def held_by(person: Person, world: World) -> dict[str, frozenset[Permission]]:
    """Every right that a person holds anywhere."""
    found = {str(place.uid): access.permissions_of(person, place) for place in Organization.objects.all()}
    for line in (world.home, world.other_project, world.foreign):
        found[str(line.project.uid)] = access.permissions_of(person, line.project)
    return found


def post(world: World, actor: str, route: str, values: dict[str, Any], kwargs: dict[str, Any]) -> Any:
    client = world.client(actor)
    with transaction.atomic():
        return send(client, Cell(route, "POST", actor, "allow"), RequestOf(kwargs, values, content_type=FORM))


@pytest.mark.parametrize("actor", STAFF)
def test_extra_keys_in_any_form_change_nothing_more(world: World, actor: str) -> None:
    """The form with the keys of a raw form added gives the same rights as the form without them."""
    person = world.person(actor)
    assert person is not None
    wrong = []
    for turn, route in enumerate(WRITES):
        if STAFF[turn % len(STAFF)] != actor and not OF_RIGHTS.search(route):
            continue
        outcomes = []
        for extra in ({}, EXTRA):
            with rolled_back():
                request = requests_of(world.home, Cell(route, "POST", actor, "allow"), person)
                values = request.body if isinstance(request.body, dict) else {}
                status = post(world, actor, route, {**extra, **values}, request.kwargs).status_code
                outcomes.append((status, power(world), held_by(person, world)))
        if outcomes[0] != outcomes[1]:
            wrong.append(f"{route} as {actor}: {outcomes}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("actor", STAFF)
def test_no_role_above_the_own_one_is_given(world: World, actor: str) -> None:
    """Every role in every form that takes one, for oneself and for somebody else."""
    giver = world.person(actor)
    assert giver is not None
    home, project = world.home.cast.home, world.home.project
    wrong = []
    for receiver in (giver, world.home.cast.nora):
        member = receiver.memberships.get(organization=home)
        forms = {
            "admin:people": ({}, {"organization": home.uid, "email": "new@example.net", "name": "New"}),
            "admin:person-change": ({"uid": member.uid}, {"is_active": "on"}),
            "admin:project-people": ({"uid": project.uid}, {"receiver": f"person:{receiver.uid}"}),
        }
        for route, (kwargs, values) in forms.items():
            for role in ROLES:
                with rolled_back():
                    before = held_by(giver, world)
                    status = post(world, actor, route, {**values, **EXTRA, "role": role}, kwargs).status_code
                    gained = {place: rights - before[place] for place, rights in held_by(giver, world).items()}
                    if status >= 500 or (any(gained.values()) and not is_work(gained)):
                        wrong.append(f"{route} as {actor}, role {role!r} to {receiver}: {status}, gained {gained}")
                    wrong += [f"{route} as {actor}: {text}" for text in above(giver, world, before)]
    assert not wrong, "\n".join(wrong)


def is_work(gained: dict[str, frozenset[Permission]]) -> bool:
    """Who manages access may hand out labeling and reviewing, to themselves too."""
    return all(rights <= {Permission.LABEL, Permission.REVIEW} for rights in gained.values())


def above(giver: Person, world: World, before: dict[str, frozenset[Permission]]) -> list[str]:
    """Roles at home that were given and hold more than the giver did."""
    work = {Permission.LABEL, Permission.REVIEW}
    home, project = world.home.cast.home, world.home.project
    found = []
    for member in Membership.objects.filter(organization=home, person__email="new@example.net"):
        rights = set(ROLE_PERMISSIONS.get(member.role, {}))  # type: ignore[call-overload]
        found += [f"a new {member.role}"] if rights - before[str(home.uid)] else []
    for grant in ProjectPersonGrant.objects.filter(content_object=project, granted_by=giver):
        rights = set(ROLE_PERMISSIONS[Role(grant.role)])
        found += [f"a grant of {grant.role}"] if rights - before[str(project.uid)] - work else []
    return found


@pytest.mark.parametrize("actor", STAFF)
def test_nobody_below_changes_an_admin(world: World, actor: str) -> None:
    """The organization admin is neither lowered nor locked out by anybody below, nor by the last admin's own hand."""
    with rolled_back():
        member = world.home.cast.ada.memberships.get(organization=world.home.cast.home)
        for values in ({"role": "member", "is_active": "on"}, {"role": "organization_admin"}):
            post(
                world,
                actor,
                "admin:person-change",
                {**values, **EXTRA} | {"is_active": values.get("is_active", "")},
                {"uid": member.uid},
            )
            member.refresh_from_db()
            assert (member.role, member.is_active) == ("organization_admin", True)


def test_a_hidden_field_with_anothers_thing_adds_nobody(world: World) -> None:
    """A person of another tenant in the list of a team, and a team of another tenant as vendor."""
    home, foreign = world.home, world.foreign
    with rolled_back():
        people = [home.cast.lena.uid, foreign.cast.lena.uid]
        post(world, "organization_admin", "admin:team", {"people": people}, {"uid": home.cast.team.uid})
        assert not foreign.cast.lena.groups.filter(team__organization=home.cast.home).exists()
    with rolled_back():
        values = {"organization": home.cast.home.uid, "email": "v@example.net", "name": "V", "role": "member"}
        post(world, "organization_admin", "admin:people", {**values, "vendor": foreign.cast.vendor.uid}, {})
        assert not Person.objects.filter(email="v@example.net").exists()
    assert people_list.people_for_team(home.cast.team)


def test_no_address_offers_raw_users_groups_or_permissions() -> None:
    assert admin.site._registry == {}
    addresses = [str(pattern.pattern) for pattern in admin.site.get_urls()]
    assert not [one for one in addresses if re.search(r"auth|guardian|group|permission|knox|contenttypes", one)]
    assert get_resolver().reverse_dict
