"""Who may do what: the four calls, on real rows."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from labeling import project_access
from labeling.models import Label, Project, ProjectPersonGrant, ProjectRow, ProjectTeamGrant, Slot
from labeling.queue import lease_next_rows
from tests.cast import NAMES, Cast
from tests.labeling.test_labels import submit
from tests.line import Line, make_line
from workforce import access, organizations, teams
from workforce.errors import NotAllowed, NotFound, RuleViolation
from workforce.models import Membership, Organization, Person, Team
from workforce.roles import ROLE_PERMISSIONS, Permission, Role, Scope

pytestmark = pytest.mark.django_db

# Of permissions that the same roles hold in the same scope one is enough.
DISTINCT = list({tuple((r, ROLE_PERMISSIONS[r].get(p)) for r in Role): p for p in Permission}.values())


def test_one_thing_and_many_things_say_the_same(line: Line) -> None:
    """``can`` asks by SQL, ``visible_to`` builds a condition: for every actor, permission and kind of thing alike."""
    slot = lease_next_rows(line.cast.lena, line.project).slots[0]
    submit(line.cast.lena, slot)
    theirs = lease_next_rows(line.cast.vera, line.project).slots[0]
    submit(line.cast.vera, theirs, key="key-2")
    things = [
        Slot.objects.get(pk=theirs.pk),
        Label.objects.get(labeler=line.cast.vera),
        line.project,
        ProjectRow.objects.first(),
        Slot.objects.get(pk=slot.pk),
        Label.objects.get(labeler=line.cast.lena),
        line.cast.home,
        line.cast.vendor,
        line.cast.team,
        Membership.objects.get(person=line.cast.vera),
        Membership.objects.get(person=line.cast.lena),
    ]
    for name in NAMES:
        person = Person.objects.get(pk=getattr(line.cast, name).pk)
        for thing in things:
            for permission in DISTINCT:
                one = bool(access.can(person, permission, thing))
                many = access.visible_to(person, type(thing).objects.filter(pk=thing.pk), permission).exists()
                assert one == many, f"{name} {permission} {thing!r}: can says {one}, visible_to says {many}"


def test_another_tenant_is_hidden_and_a_missing_right_is_not_allowed(line: Line) -> None:
    assert access.can(line.cast.otto, Permission.VIEW_PROJECT, line.project).reason == "hidden"
    with pytest.raises(NotFound):
        access.require(line.cast.otto, Permission.VIEW_PROJECT, line.project)
    with pytest.raises(NotAllowed):
        access.require(line.cast.lena, Permission.CHANGE_PROJECT, line.project)


def test_access_fetches_by_uid_and_never_by_number(line: Line) -> None:
    assert (
        access.access(line.cast.max, Project.objects.all(), line.project.uid, Permission.VIEW_PROJECT) == line.project
    )
    for bad in (str(line.project.pk), "", "../x", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(NotFound):
            access.access(line.cast.max, Project.objects.all(), bad, Permission.VIEW_PROJECT)


@pytest.mark.parametrize("table", [ProjectPersonGrant, ProjectTeamGrant])
def test_an_expired_grant_gives_nothing(line: Line, table: type) -> None:
    table.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    person = line.cast.lena if table is ProjectPersonGrant else line.cast.vera
    assert not access.can(person, Permission.LABEL, line.project)
    assert not access.visible_to(person, Project.objects.all(), Permission.LABEL).exists()


def test_a_deactivated_person_or_membership_has_nothing_anywhere(line: Line) -> None:
    Membership.objects.filter(person=line.cast.leo).update(is_active=False)
    Person.objects.filter(pk=line.cast.lena.pk).update(is_active=False)
    for name in ("leo", "lena", "dora"):
        person = Person.objects.get(pk=getattr(line.cast, name).pk)
        assert not access.can(person, Permission.LABEL, line.project)
        assert not access.visible_to(person, Project.objects.all(), Permission.VIEW_PROJECT).exists()


def test_a_stale_object_of_a_deactivated_person_has_nothing(line: Line) -> None:
    stale = Person.objects.get(pk=line.cast.lena.pk)
    Person.objects.filter(pk=stale.pk).update(is_active=False)
    assert stale.is_active
    assert not access.can(stale, Permission.LABEL, line.project)
    assert not access.visible_to(stale, Project.objects.all(), Permission.LABEL).exists()


def test_no_access_of_a_person_stands_before_the_grant_of_a_team(line: Line) -> None:
    cast = line.cast
    project_access.grant_role(cast.ada, line.project, cast.team, role=Role.LABELER)
    project_access.revoke_role(cast.ada, line.project, cast.lena)
    assert access.can(cast.lena, Permission.LABEL, line.project)
    project_access.grant_role(cast.ada, line.project, cast.lena, role=Role.NO_ACCESS)
    assert not access.can(cast.lena, Permission.LABEL, line.project)
    assert not access.can(cast.lena, Permission.VIEW_PROJECT, line.project)


def test_no_access_bars_a_workforce_manager_but_not_the_organization_admin(line: Line) -> None:
    for name, may in (("max", False), ("ada", True)):
        person = getattr(line.cast, name)
        project_access.grant_role(line.cast.ada, line.project, person, role=Role.NO_ACCESS)
        assert bool(access.can(person, Permission.VIEW_PROJECT, line.project)) is may


def test_people_of_a_vendor_come_only_through_the_vendors_grant(line: Line) -> None:
    cast = line.cast
    assert access.can(cast.vera, Permission.LABEL, line.project)
    project_access.grant_role(cast.ada, line.project, cast.vera, role=Role.REVIEWER)
    assert access.can(cast.vera, Permission.REVIEW, line.project)
    project_access.revoke_role(cast.ada, line.project, cast.vendor)
    assert not access.can(cast.vera, Permission.REVIEW, line.project)
    assert not access.can(cast.vera, Permission.LABEL, line.project)


def test_a_team_lead_reaches_the_own_team_and_nobody_else(line: Line) -> None:
    for name in ("lena", "leo"):
        submit(getattr(line.cast, name), lease_next_rows(getattr(line.cast, name), line.project).slots[0], key=name)
    seen = access.visible_to(line.cast.tom, Label.objects.all(), Permission.VIEW_LABEL)
    assert [label.labeler for label in seen] == [line.cast.lena]


def test_a_labeler_sees_own_labels_only(line: Line) -> None:
    for name in ("lena", "leo"):
        submit(getattr(line.cast, name), lease_next_rows(getattr(line.cast, name), line.project).slots[0], key=name)
    mine = access.visible_to(line.cast.leo, Label.objects.all(), Permission.VIEW_LABEL)
    assert [label.labeler for label in mine] == [line.cast.leo]


def test_a_superuser_has_no_rights_by_that(cast: Cast) -> None:
    person = Person.objects.create(email="root@example.org", name="Root", is_superuser=True)
    assert not access.can(person, Permission.VIEW_ORGANIZATION, cast.home)
    assert not access.enters_admin(person)
    assert not access.visible_to(person, Organization.objects.all(), Permission.VIEW_ORGANIZATION).exists()


@pytest.mark.parametrize(
    ("name", "enters"),
    [("ada", True), ("max", True), ("pia", True), ("rita", False), ("lena", False), ("wim", False), ("nora", False)],
)
def test_the_admins_door_is_for_staff_roles(line: Line, name: str, enters: bool) -> None:
    assert access.enters_admin(getattr(line.cast, name)) is enters


def test_nobody_gives_a_role_above_the_own(line: Line) -> None:
    cast = line.cast
    with pytest.raises(NotAllowed):
        organizations.add_member(cast.max, cast.home, cast.otto, role=Membership.Role.ORGANIZATION_ADMIN)
    admin = Membership.objects.get(person=cast.ada)
    with pytest.raises(NotAllowed):
        organizations.change_membership(cast.max, admin, role=Membership.Role.MEMBER, is_active=False)
    with pytest.raises(NotAllowed):
        project_access.grant_role(cast.lena, line.project, cast.leo, role=Role.LABELER)


def test_the_last_admin_stays(cast: Cast) -> None:
    from workforce.errors import RuleViolation

    with pytest.raises(RuleViolation) as refusal:
        organizations.change_membership(
            cast.ada, Membership.objects.get(person=cast.ada), role=Membership.Role.MEMBER, is_active=True
        )
    assert refusal.value.code == "last_admin"


def test_a_grant_can_go_only_to_people_and_teams_of_the_organization(line: Line) -> None:
    from workforce.errors import RuleViolation

    with pytest.raises(RuleViolation) as refusal:
        project_access.grant_role(line.cast.ada, line.project, line.cast.otto, role=Role.LABELER)
    assert refusal.value.code == "not_a_member"


def test_every_role_and_permission_has_a_meaning() -> None:
    for permission in Permission:
        assert any(permission in table for table in ROLE_PERMISSIONS.values()), permission
    tables = {role: tuple(sorted(table.items())) for role, table in ROLE_PERMISSIONS.items()}
    assert len(set(tables.values())) == len(tables), "two roles that may do exactly the same"
    assert all(scope in Scope for table in ROLE_PERMISSIONS.values() for scope in table.values())


# --- People of a vendor -----------------------------------------------------------------------------------------
def test_people_of_another_company_stay_on_their_side(line: Line) -> None:
    cast = line.cast
    for team, people in ((cast.team, [cast.tom, cast.vera]), (cast.vendor, [cast.vera, cast.lena])):
        with pytest.raises(RuleViolation) as refusal:
            teams.set_team_people(cast.ada, team, people)
        assert refusal.value.code == "other_side"
    assert not cast.vera.groups.filter(team=cast.team).exists()


@pytest.mark.parametrize("role", [Role.PROJECT_LEAD, Role.VIEWER])
@pytest.mark.parametrize("receiver", ["vera", "vendor"])
def test_nobody_of_another_company_runs_or_audits_a_project(line: Line, receiver: str, role: Role) -> None:
    with pytest.raises(RuleViolation) as refusal:
        project_access.grant_role(line.cast.ada, line.project, getattr(line.cast, receiver), role=role)
    assert refusal.value.code == "not_for_a_vendor"


def test_the_manager_of_a_vendor_reaches_the_own_vendors_people_and_nobody_else(cast: Cast) -> None:
    other = teams.create_team(cast.ada, cast.home, name="Otherfield", kind=Team.Kind.VENDOR)
    olga = Person.objects.create(email="olga@example.org", name="Olga", password="!")
    organizations.add_member(cast.ada, cast.home, olga, role="member", vendor=other)
    seen = access.visible_to(cast.vito, Membership.objects.all(), Permission.VIEW_PEOPLE)
    assert {one.person for one in seen} == {cast.vera, cast.vito}
    assert list(access.visible_to(cast.vito, Team.objects.all(), Permission.MANAGE_PEOPLE)) == [cast.vendor]
    for name, allowed in (("vera", True), ("vito", True), ("lena", False), ("ada", False)):
        member = Membership.objects.get(organization=cast.home, person=getattr(cast, name))
        assert bool(access.can(cast.vito, Permission.MANAGE_PEOPLE, member)) is allowed, name
    for thing in (cast.home, other, cast.team, Membership.objects.get(person=olga)):
        assert not access.can(cast.vito, Permission.VIEW_PEOPLE, thing)
    Membership.objects.filter(person=cast.vito).update(is_active=False)
    assert not access.can(cast.vito, Permission.VIEW_PEOPLE, Membership.objects.get(person=cast.vera))


def test_the_manager_of_a_vendor_takes_in_and_ends_only_own_people(cast: Cast) -> None:
    person = Person.objects.create(email="nia@example.org", name="Nia", password="!")
    for vendor, role in ((None, "member"), (cast.vendor, "viewer"), (cast.vendor, "workforce_manager")):
        with pytest.raises((NotAllowed, RuleViolation)):
            organizations.add_member(cast.vito, cast.home, person, role=role, vendor=vendor)
    member = organizations.add_member(cast.vito, cast.home, person, role="member", vendor=cast.vendor)
    assert organizations.change_membership(cast.vito, member, role="vendor_manager", is_active=False)
    with pytest.raises(NotAllowed):
        lena = Membership.objects.get(organization=cast.home, person=cast.lena)
        organizations.change_membership(cast.vito, lena, role="member", is_active=False)


VENDORS = (
    Permission.VIEW_QUEUE,
    Permission.VIEW_LABEL,
    Permission.VIEW_ISSUE,
    Permission.OPEN_ISSUE,
    Permission.RESOLVE_ISSUE,
    Permission.VIEW_PERFORMANCE,
)


def reached_by_vito(line: Line) -> set[str]:
    return {
        label.labeler.name
        for permission in VENDORS
        for label in access.visible_to(line.cast.vito, Label.objects.all(), permission)
        if access.can(line.cast.vito, permission, label)
    }


def test_the_manager_of_a_vendor_reaches_what_own_people_made_where_it_was_shared(cast: Cast) -> None:
    line = make_line(cast, rows=8, review_share=0)
    other = teams.create_team(cast.ada, cast.home, name="Otherfield", kind=Team.Kind.VENDOR)
    olga = Person.objects.create(email="olga@example.org", name="Olga", password="!")
    organizations.add_member(cast.ada, cast.home, olga, role="member", vendor=other)
    project_access.grant_role(cast.ada, line.project, other, role=Role.LABELER)
    for number, person in enumerate((cast.lena, cast.vera, olga)):
        submit(person, lease_next_rows(person, line.project).slots[0], key=f"key-{number}")
    assert reached_by_vito(line) == {"Vera Vogel"}
    for permission in VENDORS:
        assert not access.can(cast.vito, permission, line.project), "the project itself is nobody's"
        assert not access.can(cast.vera, permission, Label.objects.get(labeler=olga))
    project_access.grant_role(cast.ada, line.project, cast.vito, role=Role.NO_ACCESS)
    assert reached_by_vito(line) == set()
    project_access.revoke_role(cast.ada, line.project, cast.vito)
    ProjectTeamGrant.objects.filter(group=cast.vendor.group).update(expires_at=timezone.now())
    assert reached_by_vito(line) == set(), "what is not shared any more is gone for the manager too"


def test_work_for_the_organization_itself_is_not_a_vendors(line: Line) -> None:
    """Someone who worked for a vendor elsewhere: the tie is between a person and a vendor in one organization."""
    cast = line.cast
    elsewhere = teams.create_team(cast.otto, cast.away, name="Brightfield", kind=Team.Kind.VENDOR)
    organizations.add_member(cast.otto, cast.away, cast.vito, role="vendor_manager", vendor=elsewhere)
    organizations.add_member(cast.otto, cast.away, cast.lena, role="member", vendor=elsewhere)
    submit(cast.lena, lease_next_rows(cast.lena, line.project).slots[0])
    assert reached_by_vito(line) == set()


# --- Who may give which role ------------------------------------------------------------------------------------
MAY_GIVE = {
    "ada": {"organization_admin", "workforce_manager", "vendor_manager", "viewer", "member"},
    "max": {"workforce_manager", "vendor_manager", "viewer", "member"},
    "vito": {"vendor_manager", "member"},
    "wim": set(),
    "nora": set(),
    "pia": set(),
}
VENDORS_ROLES = {"member", "vendor_manager"}
OWN_ROLES = set(Membership.Role.values) - {"vendor_manager"}


@pytest.mark.parametrize("receiver", ["lena", "vera", "wim", "max"])
@pytest.mark.parametrize("giver", MAY_GIVE)
def test_who_may_give_which_role_to_whom(cast: Cast, giver: str, receiver: str) -> None:
    """Each pair of roles: from what somebody is to every role there is, by everybody who could try."""
    member = Membership.objects.get(organization=cast.home, person=getattr(cast, receiver))
    actor, is_vendors = getattr(cast, giver), member.vendor_id is not None
    for role in Membership.Role.values:
        may = role in MAY_GIVE[giver] and member.role in MAY_GIVE[giver]
        may = may and role in (VENDORS_ROLES if is_vendors else OWN_ROLES) and (is_vendors or giver != "vito")
        try:
            with transaction.atomic():
                organizations.change_membership(actor, member, role=role, is_active=True)
                transaction.set_rollback(True)
            done = True
        except (NotAllowed, RuleViolation):
            done = False
        assert done is may, f"{giver} makes {receiver} {role}"
