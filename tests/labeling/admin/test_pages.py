"""Every page of the work: who gets it, what it shows, how often it asks."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import labels, labels_list, project_access, projects, projects_list, queue
from labeling.models import Label, ProjectRow
from tests.line import Line, make_line, payload
from tests.workforce.admin.conftest import Enter
from workforce import access, teams
from workforce.models import Membership, Organization, Team
from workforce.roles import Role

pytestmark = pytest.mark.django_db

TABS = ("", "people/", "data/", "queue/", "queue/?list=skipped", "queue/?list=aside", "settings/")


def submit(line: Line, name: str, times: int = 1) -> None:
    person = getattr(line.cast, name)
    for number in range(times):
        slot = queue.lease_next_rows(person, line.project).slots[0]
        labels.submit_label(
            person,
            str(slot.uid),
            token=slot.lease_token or 0,
            payload=payload((1, 1, 9, 9)),
            ontology_version=1,
            key=f"{name}-{number}-{slot.uid}",
        )


@pytest.mark.parametrize("tab", TABS)
def test_a_project_opens_for_those_who_run_it(line: Line, enter: Enter, tab: str) -> None:
    address = f"/admin/projects/{line.project.uid}/{tab}"
    for name in ("ada", "max", "pia"):
        assert enter(name).get(address).status_code == 200
    assert enter("lena").get(address).status_code == 403
    assert enter("otto").get(address).status_code == 404


def test_a_lead_of_one_project_is_no_lead_of_another(line: Line, enter: Enter) -> None:
    other = projects.create_project(
        line.cast.max, line.cast.home, name="Other", brief="x", ontology=line.ontology.ontology
    )
    project_access.grant_role(line.cast.ada, other, line.cast.pia, role=Role.LABELER)
    client = enter("pia")
    for tab in TABS:
        assert client.get(f"/admin/projects/{other.uid}/{tab}").status_code == 403
    assert "Other" not in client.get("/admin/projects/").content.decode()
    assert client.get(f"/admin/labels/?project={other.uid}").status_code == 403


@pytest.mark.parametrize(
    "page", ["projects/new/", "datasets/", "ontologies/", "datasets/{dataset}/", "ontologies/{ontology}/"]
)
def test_pages_of_the_organization(line: Line, enter: Enter, page: str) -> None:
    address = "/admin/" + page.format(dataset=line.dataset.uid, ontology=line.ontology.ontology.uid)
    for name in ("ada", "max", "pia"):
        assert enter(name).get(address).status_code == 200
    if "new" not in page:
        assert enter("pia").post(address, {}).status_code == 403
    assert enter("lena").get(address).status_code == 403
    assert enter("otto").get(address).status_code == (404 if "{" in page else 200)


def test_the_overview_counts_what_the_list_counts(line: Line, enter: Enter) -> None:
    submit(line, "lena", 2)
    client = enter("max")
    flow = client.get(f"/admin/projects/{line.project.uid}/").context["flow"]
    ((_, in_list, people),) = client.get("/admin/projects/").context["lines"]
    assert flow == in_list and flow["total"] == 4
    assert flow["done"] == ProjectRow.objects.filter(state="done").count()
    granted = [one for one in listed(line) if {source for _, source in one.roles} - {"organization"}]
    assert people == len(granted) == 8


def test_the_overview_names_who_holds_rows(line: Line, enter: Enter) -> None:
    queue.lease_next_rows(line.cast.lena, line.project)
    (hand,) = enter("pia").get(f"/admin/projects/{line.project.uid}/").context["hands"]
    assert hand.person == line.cast.lena and len(hand.slots) == 2


def listed(line: Line) -> list[project_access.Access]:
    return project_access.access_list(line.project, list(project_access.members_of(line.project)))


def said_of_everyone(line: Line) -> dict[str, dict[str, str]]:
    return {one.member.person.name: dict.fromkeys(role for role, _ in one.roles) for one in listed(line)}


def test_the_access_list_says_what_access_says(line: Line) -> None:
    cast = line.cast
    teams.set_team_people(cast.ada, cast.team, [cast.tom, cast.lena, cast.nora], lead=cast.tom)
    project_access.grant_role(cast.ada, line.project, cast.team, role=Role.REVIEWER)
    project_access.grant_role(cast.ada, line.project, cast.wim, role=Role.NO_ACCESS)
    second = teams.create_team(cast.ada, cast.home, name="Second", kind=Team.Kind.VENDOR)
    Membership.objects.filter(person=cast.vito).update(vendor=second)
    ended = project_access.grant_role(cast.ada, line.project, cast.lia, role=Role.EXPERT)
    type(ended).objects.filter(pk=ended.pk).update(expires_at="2020-01-01T00:00Z")
    said = said_of_everyone(line)
    for member in Membership.objects.filter(organization=cast.home, is_active=True, person__is_active=True):
        assert set(said.pop(member.person.name)) == set(access.roles_on(member.person, line.project)), member
    assert not said


def test_the_access_list_asks_four_times_for_anybody(line: Line, django_assert_num_queries: Any) -> None:
    members = list(project_access.members_of(line.project))
    for some in (members[:3], members):
        with django_assert_num_queries(4):
            project_access.access_list(line.project, some)


def count(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_lists_ask_the_same_at_three_and_at_thirty_rows(cast: Any, enter: Enter) -> None:
    line = make_line(cast, rows=40, review_share=0)
    submit(line, "lena", 3)
    queue.lease_next_rows(cast.leo, line.project)
    client = enter("max")
    addresses = ["/admin/labels/", "/admin/projects/", "/admin/ontologies/", "/admin/datasets/"]
    addresses += [f"/admin/projects/{line.project.uid}/{tab}" for tab in TABS]
    few = [count(client, address) for address in addresses]
    submit(line, "lia", 27)
    for name in ("vera", "tom"):
        queue.lease_next_rows(getattr(cast, name), line.project)
    for number in range(10):
        projects.create_project(cast.max, cast.home, name=f"P {number}", brief="x", ontology=line.ontology.ontology)
    assert [count(client, address) for address in addresses] == few
    assert few[0] <= 17


def test_the_labels_list(line: Line, enter: Enter) -> None:
    submit(line, "lena", 2)
    submit(line, "leo")
    type(line.cast.leo).objects.filter(pk=line.cast.leo.pk).update(is_simulated=True)
    answer = enter("max").get("/admin/labels/")
    text = answer.content.decode()
    assert [one.label.labeler for one, *_ in answer.context["lines"]] == [line.cast.leo, line.cast.lena, line.cast.lena]
    assert text.count(">simulated<") == 1 and "row-00000" in text and "Street" in text
    for query, wanted in (
        ({"labeler": str(line.cast.leo.uid)}, 1),
        ({"labeler": str(line.cast.otto.uid)}, 0),
        ({"labeler": "nobody"}, 0),
        ({"status": "done"}, 3),
        ({"status": "in_review"}, 0),
        ({"kind": "gold"}, 0),
        ({"project": str(line.project.uid), "kind": "opinion"}, 3),
    ):
        assert len(enter("max").get("/admin/labels/", query).context["lines"]) == wanted, query
    assert enter("otto").get("/admin/labels/").context["lines"] == []
    assert enter("otto").get("/admin/labels/", {"project": str(line.project.uid)}).status_code == 404
    assert enter("max").get("/admin/labels/", {"project": "nonsense"}).status_code == 404


def test_the_labels_list_pages_by_key(cast: Any, enter: Enter) -> None:
    line = make_line(cast, rows=110, review_share=0)
    submit(line, "lena", 105)
    client, link, seen = enter("pia"), "/admin/labels/", []
    while link:
        page = client.get(link).context["page"]
        seen += [one.pk for one in page.rows]
        link = page.on
    assert seen == list(Label.objects.order_by("-pk").values_list("pk", flat=True)) and len(seen) == 105


def test_an_upper_floor_fills_a_column(line: Line, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(line, "lena")
    monkeypatch.setattr(labels_list, "_columns", {})
    assert ">–<" in enter("max").get("/admin/labels/").content.decode()
    labels_list.register_column("consensus", lambda ids: {pk: "0.845" for pk in ids})
    assert "0.845" in enter("max").get("/admin/labels/").content.decode()


def test_reads_of_many_projects_ask_a_fixed_number(line: Line, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        projects_list.rows_by_state_of([line.project, line.project])
        projects_list.people_count_of([line.project])


def test_skips_stand_in_the_queue_with_their_reason(line: Line, enter: Enter) -> None:
    slot = queue.lease_next_rows(line.cast.lena, line.project).slots[0]
    queue.skip_slot(line.cast.lena, str(slot.uid), slot.lease_token or 0, reason="unclear_rule", comment="<i>toy</i>")
    client = enter("pia")
    for shown in ("skipped", "aside"):
        text = client.get(f"/admin/projects/{line.project.uid}/queue/?list={shown}").content.decode()
        assert "The rules do not say what to do" in text and "&lt;i&gt;toy&lt;/i&gt;" in text


def test_the_labels_list_knows_days_of_the_project_and_teams(line: Line, enter: Enter) -> None:
    submit(line, "lena", 2)
    submit(line, "leo")
    Organization.objects.filter(pk=line.cast.home.pk).update(time_zone="Asia/Tokyo")
    first, *_ = labels = list(Label.objects.order_by("pk"))
    # Half past midnight of the second in Tokyo, still the first in Greenwich.
    Label.objects.filter(pk=first.pk).update(created_at=datetime(2026, 3, 1, 15, 30, tzinfo=UTC))
    client = enter("max")

    def found(**query: str) -> set[int]:
        return {one.label.pk for one, *_ in client.get("/admin/labels/", query).context["lines"]}

    assert found(**{"from": "2026-03-02", "to": "2026-03-02"}) == {first.pk}
    assert found(**{"from": "2026-03-01", "to": "2026-03-01"}) == set()
    assert found(**{"from": "2026-03-03"}) == {one.pk for one in labels[1:]}
    assert found(team="Atelier") == {one.pk for one in labels if one.labeler == line.cast.lena}
    assert found(team="Nobody's") == set()
    assert client.get("/admin/labels/", {"from": "yesterday"}).status_code == 422


def test_the_labels_list_follows_the_projects_it_shows(line: Line, enter: Enter) -> None:
    for number in range(21):
        projects.create_project(
            line.cast.max, line.cast.home, name=f"A {number}", brief="x", ontology=line.ontology.ontology
        )

    def streams(name: str, **query: str) -> list[str]:
        found = re.search(r'data-streams="([^"]*)"', enter(name).get("/admin/labels/", query).content.decode())
        assert found
        return found.group(1).split()

    assert len(streams("max")) == 20
    assert streams("max", project=str(line.project.uid)) == streams("pia") == [f"project:{line.project.uid}"]
    assert streams("otto") == []
