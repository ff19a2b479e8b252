"""How a membership ends and comes back: deactivated by those who may, or left; what somebody held is free at once."""

import threading

import pytest
from django.db import connection
from django.test import Client

from labeling import departures, drafts, project_access
from labeling.models import Draft, ProjectPersonGrant, Slot, WorkSession
from labeling.queue import lease_next_rows
from tests.cast import Cast
from tests.line import Line, payload
from workforce import access, organizations, people, teams
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Membership, Organization, Person
from workforce.roles import Permission, Role

pytestmark = pytest.mark.django_db


def member(cast: Cast, name: str, organization: Organization | None = None) -> Membership:
    return Membership.objects.get(organization=organization or cast.home, person=getattr(cast, name))


def hold_with_a_draft(line: Line, name: str = "lena") -> Slot:
    person = getattr(line.cast, name)
    slot = lease_next_rows(person, line.project).slots[0]
    drafts.save_draft(person, str(slot.uid), base_revision=0, payload=payload((1, 1, 9, 9)), tab="t")
    return slot


def is_free(slot: Slot) -> bool:
    slot.refresh_from_db()
    return (slot.state, slot.labeler, slot.leased_until) == (Slot.State.OPEN, None, None)


@pytest.mark.parametrize("how", ["deactivated", "left", "login off", "grant revoked", "role without work"])
def test_who_may_no_longer_work_holds_no_row_and_keeps_the_draft(line: Line, how: str) -> None:
    cast = line.cast
    slot = hold_with_a_draft(line)
    if how == "deactivated":
        organizations.change_membership(cast.max, member(cast, "lena"), is_active=False)
    elif how == "left":
        organizations.leave_organization(cast.lena, cast.home)
    elif how == "login off":
        people.deactivate_person(cast.ada, cast.lena, cast.home)
    elif how == "grant revoked":
        project_access.revoke_role(cast.ada, line.project, cast.lena)
    else:
        project_access.grant_role(cast.ada, line.project, cast.lena, role=Role.VIEWER)
    assert is_free(slot) and not Slot.objects.filter(labeler=cast.lena, state=Slot.State.LEASED).exists()
    assert Draft.objects.get(person=cast.lena, project_row=slot.project_row).payload["features"]
    assert not WorkSession.objects.filter(person=cast.lena, outcome=WorkSession.Outcome.OPEN).exists()
    assert slot in lease_next_rows(cast.leo, line.project).slots


def test_who_may_still_work_keeps_the_row(line: Line) -> None:
    slot = hold_with_a_draft(line)
    other = hold_with_a_draft(line, "leo")
    project_access.grant_role(line.cast.ada, line.project, line.cast.lena, role=Role.EXPERT)
    organizations.change_membership(line.cast.max, member(line.cast, "lena"), role="viewer")
    assert departures.free_lost_leases(line.cast.lena, line.cast.home) == 0
    assert not is_free(slot) and not is_free(other)


def test_rework_of_one_who_left_waits_for_those_who_run_the_project(line: Line) -> None:
    slot = hold_with_a_draft(line)
    Slot.objects.filter(pk=slot.pk).update(is_rework=True)
    organizations.leave_organization(line.cast.lena, line.cast.home)
    slot.refresh_from_db()
    assert (slot.state, slot.labeler) == (Slot.State.IN_REWORK, line.cast.lena)


# --- Leaving ----------------------------------------------------------------------------------------------------------
def test_grants_and_teams_of_one_who_left_end_in_sight(line: Line) -> None:
    cast = line.cast
    organizations.leave_organization(cast.tom, cast.home)
    grant = ProjectPersonGrant.objects.get(user=cast.tom)
    assert grant.expires_at is not None
    ended = AuditEvent.objects.get(action="access.ended")
    assert (ended.actor, ended.target_uid, ended.before["role"]) == (cast.tom, line.project.uid, Role.TEAM_LEAD)
    assert AuditEvent.objects.get(action="membership.left").actor == cast.tom
    cast.team.refresh_from_db()
    assert cast.team.lead is None and cast.tom not in cast.team.group.user_set.all()
    one = member(cast, "tom")
    assert one.left_at and not one.is_active
    assert not access.can(cast.tom, Permission.VIEW_PROJECT, line.project)
    organizations.change_membership(cast.ada, one, is_active=True)
    assert member(cast, "tom").left_at is None
    assert not access.can(cast.tom, Permission.VIEW_PROJECT, line.project), "an old grant came back to life"


def test_leaving_one_organization_changes_nothing_in_another(line: Line) -> None:
    cast = line.cast
    organizations.add_member(cast.otto, cast.away, cast.lena, role="viewer")
    slot = hold_with_a_draft(line)
    organizations.leave_organization(cast.lena, cast.away)
    assert not is_free(slot) and access.can(cast.lena, Permission.LABEL, line.project)
    assert cast.lena in cast.team.group.user_set.all()
    for organization in (cast.away, Organization.objects.create(name="Elsewhere")):
        with pytest.raises(NotFound):
            organizations.leave_organization(cast.lena, organization)


def test_the_last_admin_cannot_leave(cast: Cast) -> None:
    with pytest.raises(RuleViolation) as refusal:
        organizations.leave_organization(cast.ada, cast.home)
    assert refusal.value.code == "last_admin"
    organizations.add_member(cast.ada, cast.home, cast.otto, role="organization_admin")
    organizations.leave_organization(cast.ada, cast.home)


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_leave_at_once_one_stays(cast: Cast) -> None:
    organizations.add_member(cast.ada, cast.home, cast.otto, role="organization_admin")
    start, outcomes = threading.Barrier(2), []

    def leave(person: Person) -> None:
        start.wait()
        try:
            organizations.leave_organization(person, cast.home)
            outcomes.append("left")
        except RuleViolation as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=[person]) for person in (cast.ada, cast.otto)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["last_admin", "left"]


def test_a_change_names_only_what_it_changes(cast: Cast) -> None:
    stale = member(cast, "wim")
    Membership.objects.filter(pk=stale.pk).update(role="member")
    assert organizations.change_membership(cast.ada, stale, is_active=False).role == "member"


# --- Teams ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("team", "name"), [("team", "vera"), ("vendor", "lena"), ("team", "otto")])
def test_one_more_in_a_team_stands_on_its_side(cast: Cast, team: str, name: str) -> None:
    with pytest.raises(RuleViolation):
        teams.add_to_team(cast.ada, getattr(cast, team), getattr(cast, name))


def test_one_more_in_a_team_leaves_the_others_in_it(cast: Cast) -> None:
    for _ in range(2):
        teams.add_to_team(cast.max, cast.team, cast.leo)
    assert set(cast.team.group.user_set.all()) == {cast.tom, cast.lena, cast.leo}
    assert AuditEvent.objects.filter(action="team.person_added").count() == 1
    with pytest.raises(NotAllowed):
        teams.add_to_team(cast.vito, cast.team, cast.leo)
    teams.add_to_team(cast.vito, cast.vendor, cast.vito)


def test_an_organization_gets_another_name_and_other_days(cast: Cast) -> None:
    changed = organizations.change_organization(cast.ada, cast.home, name="  North   Light ", time_zone="Asia/Tokyo")
    assert (changed.name, changed.time_zone) == ("North Light", "Asia/Tokyo")
    organizations.change_organization(cast.ada, cast.home, name="North Light", time_zone="Asia/Tokyo")
    row = AuditEvent.objects.get(action="organization.changed")
    assert row.before["time_zone"] == "UTC" and row.after == {"name": "North Light", "time_zone": "Asia/Tokyo"}
    wrong = [("", "UTC", "name_invalid"), ("x" * 151, "UTC", "name_invalid"), ("N", "Mars", "time_zone_invalid")]
    for name, zone, code in wrong:
        with pytest.raises(InvalidInput) as refusal:
            organizations.change_organization(cast.ada, cast.home, name=name, time_zone=zone)
        assert refusal.value.code == code
    with pytest.raises(NotAllowed):
        organizations.change_organization(cast.max, cast.home, name="Max's", time_zone="UTC")
    with pytest.raises(NotFound):
        organizations.change_organization(cast.otto, cast.home, name="Otto's", time_zone="UTC")
    ada = Client()
    ada.force_login(cast.ada)
    body = {"name": "Home", "time_zone": "Europe/Oslo"}
    done = ada.post(f"/admin/organization/{cast.home.uid}/change/", body, follow=True)
    assert "Its days begin at midnight in Europe/Oslo" in done.content.decode()
    assert "<option selected>Europe/Oslo</option>" in done.content.decode()
