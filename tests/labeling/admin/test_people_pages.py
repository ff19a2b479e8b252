"""People on a project, recertification and explain access: the pages, their acts, what they cost at any size."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling import project_access, projects, work_time
from labeling.models import DayLimit, Pause, ProjectPersonGrant, ProjectTeamGrant, ShareLimit
from tests.line import Line
from tests.workforce.admin.conftest import Enter
from workforce import access
from workforce.models import Membership, Person
from workforce.roles import Permission, Role

pytestmark = pytest.mark.django_db


def crowd(line: Line, count: int, *, days_old: int = 0) -> None:
    """More active members, each with a role of their own on the project."""
    people = Person.objects.bulk_create(
        [Person(name=f"Extra {number:04}", email=f"extra{number}@example.com", password="!") for number in range(count)]
    )
    Membership.objects.bulk_create([Membership(organization=line.cast.home, person=one) for one in people])
    permission = ProjectPersonGrant.objects.get(user=line.cast.lena, content_object=line.project).permission
    at = work_time.clock() - timedelta(days=days_old)
    values: Any = {"permission": permission, "granted_by": line.cast.ada, "granted_at": at}
    ProjectPersonGrant.objects.bulk_create(
        [ProjectPersonGrant(content_object=line.project, user=one, **values) for one in people]
    )


@pytest.mark.parametrize(
    "address", ["projects/{project}/people/", "recertification/", "access/", "access/?person={lena}&project={project}"]
)
def test_pages_ask_the_same_at_any_size(line: Line, enter: Enter, address: str) -> None:
    place = "/admin/" + address.format(project=line.project.uid, lena=line.cast.lena.uid)
    client, counts = enter("max"), []
    ProjectPersonGrant.objects.update(granted_at=work_time.clock() - timedelta(days=91))
    for more in (0, 120):
        crowd(line, more, days_old=91)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(place).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_everyone_is_listed_a_page_at_a_time_no_access_included(line: Line, enter: Enter) -> None:
    crowd(line, 60)
    project_access.grant_role(line.cast.ada, line.project, line.cast.leo, role=Role.NO_ACCESS)
    client, address, seen = enter("pia"), f"/admin/projects/{line.project.uid}/people/", []
    while address:
        page = client.get(address)
        seen += [one["line"].member.person.name for one in page.context["lines"]]
        assert len(page.context["lines"]) <= 50
        address = page.context["list_page"].on
    assert seen == sorted(seen) and len(seen) == len(set(seen)) == 60 + 13
    (leo,) = client.get(f"/admin/projects/{line.project.uid}/people/?q=leo").context["lines"]
    assert [role for role, _, _ in leo["roles"]] == [Role.NO_ACCESS]


def test_a_person_is_given_a_role_paused_and_limited_in_place(line: Line, enter: Enter) -> None:
    client, cast = enter("pia"), line.cast
    address = f"/admin/projects/{line.project.uid}/people/{cast.nora.uid}/"
    assert "no grant names them" in client.get(address).content.decode()
    given = {"receiver": f"person:{cast.nora.uid}", "role": "labeler", "back": str(cast.nora.uid)}
    answer = client.post(f"/admin/projects/{line.project.uid}/people/", given)
    assert answer.url == address and access.can(cast.nora, Permission.LABEL, line.project)
    words = {"reason": "Loose boxes.", "told": "Talk to Pia.", "ends_on": "2099-01-31"}
    assert "no new row here now" in client.post(f"{address}pause/", words, follow=True).content.decode()
    assert "Talk to Pia." in client.get(address).content.decode()
    assert "Paused until 31 Jan" in client.get(f"/admin/projects/{line.project.uid}/people/").content.decode()
    pause = Pause.objects.get()
    client.post(f"{address}resume/", {"pause": str(pause.uid)})
    assert not Pause.objects.filter(resumed_at=None).exists()
    client.post(f"{address}limit/", {"rows": "40"})
    assert DayLimit.objects.get().rows == 40
    client.post(f"{address}limit/", {"rows": ""})
    assert not DayLimit.objects.exists()
    client.post(f"{address}class-share/", {"percent": "30", "counts_from": "40"})
    assert "30 % of a class" in client.get(f"/admin/projects/{line.project.uid}/people/").content.decode()
    assert 'value="40"' in client.get(address).content.decode()
    client.post(f"{address}class-share/", {"percent": "", "counts_from": "40"})
    assert not ShareLimit.objects.exists()
    for act, body in (
        ("pause/", {}),
        ("limit/", {"rows": "0"}),
        ("class-share/", {"percent": "100"}),
        ("resume/", {"pause": "x"}),
    ):
        assert client.post(address + act, body).status_code in (302, 404)
    assert client.get(address.replace(str(cast.nora.uid), str(cast.otto.uid))).status_code == 404


def test_a_persons_page_lists_their_projects_and_leads_to_the_explanation(line: Line, enter: Enter) -> None:
    project_access.grant_role(line.cast.ada, line.project, line.cast.team, role=Role.REVIEWER)
    lena = Membership.objects.get(person=line.cast.lena, organization=line.cast.home)
    told = enter("max").get(f"/admin/people/{lena.uid}/").content.decode()
    assert f"/admin/projects/{line.project.uid}/people/{line.cast.lena.uid}/" in told
    assert "Atelier" in told and f"/admin/access/?person={line.cast.lena.uid}" in told


def test_the_last_day_of_a_role_is_the_day_that_was_typed(line: Line, enter: Enter) -> None:
    body = {"receiver": f"team:{line.cast.vendor.uid}", "role": "labeler", "expires_on": "2027-01-31"}
    address = f"/admin/projects/{line.project.uid}/people/"
    answer = enter("pia").post(address, body, follow=True)
    assert "until 31 January 2027, 23:59" in answer.content.decode()
    assert "31 Jan 2027" in enter("pia").get(f"{address}?list=teams").content.decode()
    answer = enter("pia").post(address, {**body, "expires_on": "2020-01-31"}, follow=True)
    assert "A role ends later than now" in answer.content.decode()
    assert ProjectTeamGrant.objects.get(group=line.cast.vendor.group).expires_at.year == 2027


def test_a_pause_of_another_project_is_not_ended_here(line: Line, enter: Enter) -> None:
    other = projects.create_project(
        line.cast.max, line.cast.home, name="Other", brief="x", ontology=line.ontology.ontology
    )
    project_access.grant_role(line.cast.ada, other, line.cast.lena, role=Role.LABELER)
    pause = Pause.objects.create(project=other, person=line.cast.lena, reason="x", told="x", paused_by=line.cast.max)
    address = f"/admin/projects/{line.project.uid}/people/{line.cast.lena.uid}/resume/"
    assert enter("pia").post(address, {"pause": str(pause.uid)}).status_code == 404
    assert Pause.objects.filter(resumed_at=None).exists()


def test_the_project_page_says_with_whom_it_is_shared(line: Line, enter: Enter) -> None:
    project_access.grant_role(line.cast.ada, line.project, line.cast.team, role=Role.REVIEWER)
    told = enter("pia").get(f"/admin/projects/{line.project.uid}/").content.decode()
    assert "Vendor Brightfield" in told and "Internal team Atelier" in told
    project_access.grant_role(line.cast.ada, line.project, line.cast.vendor, role=Role.NO_ACCESS)
    assert "Vendor Brightfield" not in enter("pia").get(f"/admin/projects/{line.project.uid}/").content.decode()


def test_grants_are_kept_and_revoked_with_one_message(line: Line, enter: Enter) -> None:
    ProjectPersonGrant.objects.update(granted_at=work_time.clock() - timedelta(days=91))
    client = enter("pia")
    page = client.get("/admin/recertification/")
    uids = {receiver.name: str(grant.uid) for grant, receiver in page.context["lines"]}
    assert "Lena Lund" in uids
    body = {"grant": [uids["Lena Lund"], uids["Leo Lang"]], "act": "keep", "days": "90"}
    assert "2 kept." in client.post("/admin/recertification/act/", body, follow=True).content.decode()
    body = {"grant": [uids["Leo Lang"]], "act": "revoke"}
    assert "1 revoked." in client.post("/admin/recertification/act/", body, follow=True).content.decode()
    assert not ProjectPersonGrant.objects.filter(user=line.cast.leo).exists()
    for bad in ({}, {"grant": ["x"]}, {"grant": [uids["Lia Lopez"]], "act": "burn"}, {**body, "act": "keep"}):
        client.post("/admin/recertification/act/", bad)
    body = {"grant": [uids["Lia Lopez"]], "act": "revoke"}
    told = enter("otto").post("/admin/recertification/act/", body, follow=True).content.decode()
    assert "Choose grants of the list" in told
    assert ProjectPersonGrant.objects.filter(user=line.cast.lia).exists()


def test_explain_is_for_those_who_see_people(line: Line, enter: Enter) -> None:
    place = f"/admin/access/?person={line.cast.lena.uid}"
    told = enter("max").get(f"{place}&project={line.project.uid}").content.decode()
    assert "Grant in the person&#x27;s own name, given by Ada Adler" in told
    assert "Cars in the street" in enter("max").get(place).content.decode()
    assert enter("pia").get(place).status_code == 403
    for bad in (place, f"/admin/access/?person={line.cast.otto.uid}&project={line.project.uid}"):
        assert enter("otto").get(bad).status_code == 404
    assert enter("max").get("/admin/access/?person=x").status_code == 404
