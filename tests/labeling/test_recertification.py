"""Grants end, are looked at again, kept or revoked many at once; nobody reaches grants of others."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from labeling import project_access, recertification, work_time
from labeling.models import Project, ProjectPersonGrant, ProjectTeamGrant
from tests.cast import Cast
from tests.line import Line
from tests.plans import plan_of_list
from workforce import access
from workforce.errors import InvalidInput, NotAllowed, NotFound
from workforce.models import AuditEvent, Person
from workforce.roles import Permission, Role

pytestmark = pytest.mark.django_db


def grant_of(line: Line, name: str) -> ProjectPersonGrant:
    return ProjectPersonGrant.objects.get(content_object=line.project, user=getattr(line.cast, name))


def age(days: int) -> None:
    for table in (ProjectPersonGrant, ProjectTeamGrant):
        table._default_manager.update(granted_at=work_time.clock() - timedelta(days=days))


def days_left(grant: Any) -> float:
    return float((grant.expires_at - work_time.clock()) / timedelta(days=1))


# --- How long -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("receiver", "ends"), [("vendor", True), ("vera", True), ("team", False), ("nora", False)])
def test_a_vendors_grant_ends_by_itself_and_ours_does_not(line: Line, receiver: str, ends: bool) -> None:
    grant = project_access.grant_role(line.cast.ada, line.project, getattr(line.cast, receiver), role=Role.LABELER)
    assert (grant.expires_at is not None) is ends
    if ends:
        assert 89.9 < days_left(grant) <= 90


def test_the_end_can_be_said(line: Line) -> None:
    cast, at = line.cast, work_time.clock() + timedelta(days=7)
    assert (
        project_access.grant_role(cast.ada, line.project, cast.vendor, role="labeler", expires_at=at).expires_at == at
    )
    assert (
        project_access.grant_role(cast.ada, line.project, cast.vendor, role="labeler", expires_at=None).expires_at
        is None
    )
    barred = project_access.grant_role(cast.ada, line.project, cast.vera, role=Role.NO_ACCESS)
    assert barred.expires_at is None, "no access lasts until somebody gives it back"
    noted = AuditEvent.objects.filter(action="access.granted").order_by("pk")[1]
    assert noted.before["expires_at"] == at.isoformat() and noted.after["expires_at"] is None


# --- Due ----------------------------------------------------------------------------------------------------------
def due(line: Line, name: str = "max", *, of_teams: bool = False, days: int = 90) -> list[Any]:
    found = recertification.grants_due(getattr(line.cast, name), line.cast.home, of_teams=of_teams, days=days)
    return [project_access.receiver_of(grant) for grant in found]


def test_old_grants_and_those_that_end_soon_are_due(line: Line) -> None:
    assert due(line) == [] and due(line, of_teams=True) == []
    age(91)
    assert line.cast.lena in due(line) and due(line, of_teams=True) == [line.cast.vendor]
    assert due(line, days=120) == []
    soon = work_time.clock() + timedelta(days=29)
    ProjectPersonGrant.objects.filter(user=line.cast.leo).update(expires_at=soon)
    assert due(line, days=120) == [line.cast.leo]
    ProjectPersonGrant.objects.filter(user=line.cast.leo).update(expires_at=work_time.clock())
    assert due(line, days=120) == [], "one that ran out gives nothing"
    Project.objects.update(state="archived")
    assert due(line) == []


@pytest.mark.parametrize("of_teams", [False, True])
def test_a_page_of_what_is_due_is_walked_and_not_sorted(line: Line, of_teams: bool) -> None:
    due = recertification.grants_due(line.cast.max, line.cast.home, of_teams=of_teams)
    plan = plan_of_list(due.order_by("looked_at", "pk")[:51])
    assert "grants_by_last_look" in plan and "Sort" not in plan, plan


def test_only_projects_whose_access_one_manages(line: Line) -> None:
    age(91)
    assert due(line, "pia") and due(line, "ada")
    for name in ("lena", "tom", "wim", "vito", "otto", "nora"):
        assert due(line, name) == [], name


def test_keeping_notes_who_and_when_and_extends_what_ends(line: Line) -> None:
    age(91)
    lena, leo = grant_of(line, "lena"), grant_of(line, "leo")
    ProjectPersonGrant.objects.filter(pk=leo.pk).update(expires_at=work_time.clock() + timedelta(days=3))
    outcome = recertification.keep_grants(line.cast.pia, [lena, leo], days=60)
    assert (outcome.done, outcome.refused) == (2, ())
    for grant in (lena, leo):
        grant.refresh_from_db()
        assert grant.kept_by == line.cast.pia and grant.kept_at is not None
    assert lena.expires_at is None and 59.9 < days_left(leo) <= 60
    assert line.cast.lena not in due(line)
    assert AuditEvent.objects.filter(action="access.kept", actor=line.cast.pia).count() == 2
    project_access.keep_grant(line.cast.pia, leo, days=1)
    leo.refresh_from_db()
    assert days_left(leo) > 59, "keeping never shortens"


def test_what_is_refused_leaves_the_others_alone(line: Line) -> None:
    grants = [grant_of(line, "lena"), grant_of(line, "pia")]
    for name, kind in (("tom", NotAllowed), ("otto", NotFound)):
        with pytest.raises(kind):
            project_access.keep_grant(getattr(line.cast, name), grants[0])
    ProjectPersonGrant.objects.filter(user=line.cast.leo).delete()
    gone = grants[0]
    outcome = recertification.revoke_grants(line.cast.pia, [gone, gone, grants[1]])
    assert outcome.done == 2 and [name for name, _, _ in outcome.refused] == ["Lena Lund"]
    assert not access.can(line.cast.lena, Permission.LABEL, line.project)
    with pytest.raises(InvalidInput):
        project_access.keep_grant(line.cast.ada, grant_of(line, "tom"), days=0)


# --- API ----------------------------------------------------------------------------------------------------------
def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_grants_over_http(line: Line) -> None:
    lead, stranger = client_of(line.cast.pia), client_of(line.cast.otto)
    address = f"/api/v1/projects/{line.project.uid}/grants/"
    body = {"person": str(line.cast.nora.uid), "role": "labeler", "expires_at": "2099-01-01T00:00:00Z"}
    made = lead.post(address, body, content_type="application/json")
    assert made.status_code == 201 and made.json()["receiver"]["name"] == "Nora Nagy"
    assert access.can(line.cast.nora, Permission.LABEL, line.project)
    vendor = {"team": str(line.cast.vendor.uid), "role": "reviewer"}
    assert lead.post(address, vendor, content_type="application/json").json()["expires_at"]
    assert [one["receiver"]["kind"] for one in lead.get(f"{address}?of=teams").json()["results"]] == ["vendor"]
    for bad in ({"role": "labeler"}, {**vendor, **body}):
        assert lead.post(address, bad, content_type="application/json").status_code == 422
    foreign = {"person": str(line.cast.otto.uid), "role": "labeler"}
    assert lead.post(address, foreign, content_type="application/json").status_code == 404
    one = f"/api/v1/grants/{made.json()['uid']}/"
    assert lead.post(f"{one}keep/", {"days": 10}, content_type="application/json").json()["kept_by"] == "Pia Peters"
    for client in (stranger, client_of(line.cast.lena)):
        assert client.delete(one).status_code == 404
        assert client.post(f"{one}keep/", {}, content_type="application/json").status_code == 404
    assert lead.delete(one).status_code == 204
    assert not access.can(line.cast.nora, Permission.LABEL, line.project)


def test_the_due_list_over_http_is_each_ones_own(line: Line) -> None:
    age(91)
    address = f"/api/v1/grants/due/?organization={line.cast.home.uid}"
    assert len(client_of(line.cast.pia).get(address).json()["results"]) == 8
    assert client_of(line.cast.lena).get(address).json()["results"] == []
    assert client_of(line.cast.otto).get(address).status_code == 404
    for bad in ("&days=x", "&of=all"):
        assert client_of(line.cast.pia).get(address + bad).status_code == 422


# --- A project's lead starts another --------------------------------------------------------------------------------
def test_a_lead_starts_another_project_and_leads_it(line: Line) -> None:
    lead = client_of(line.cast.pia)
    body = {
        "organization": str(line.cast.home.uid),
        "ontology": str(line.ontology.ontology.uid),
        "name": "Vans",
        "brief": "Find every van.",
    }
    made = lead.post("/api/v1/projects/", body, content_type="application/json")
    assert made.status_code == 201
    project = Project.objects.get(uid=made.json()["uid"])
    assert access.roles_on(line.cast.pia, project) == {Role.PROJECT_LEAD}
    batch = {"name": "first", "dataset": str(line.dataset.uid)}
    address = f"/api/v1/projects/{project.uid}/batches/"
    assert lead.post(address, batch, content_type="application/json").status_code == 201
    assert client_of(line.cast.lena).post("/api/v1/projects/", body, content_type="application/json").status_code == 403


@pytest.mark.parametrize("end", ["archived", "ran out", "member no more", "no access"])
def test_the_right_to_start_projects_ends_with_the_lead(line: Line, cast: Cast, end: str) -> None:
    assert access.can(cast.pia, Permission.CREATE_PROJECT, cast.home)
    assert not access.can(cast.pia, Permission.MANAGE_PEOPLE, cast.home)
    assert not access.can(cast.pia, Permission.CREATE_PROJECT, cast.away)
    if end == "archived":
        Project.objects.update(state="archived")
    elif end == "ran out":
        ProjectPersonGrant.objects.update(expires_at=work_time.clock())
    elif end == "no access":
        project_access.grant_role(cast.ada, line.project, cast.pia, role=Role.NO_ACCESS)
    else:
        cast.pia.memberships.update(is_active=False)
    for permission in (Permission.CREATE_PROJECT, Permission.VIEW_DATASET):
        assert not access.can(cast.pia, permission, cast.home)
        assert not access.organizations_where(cast.pia, permission).exists()
