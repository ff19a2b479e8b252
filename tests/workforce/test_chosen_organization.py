"""One person in several organizations: the pages show the one that was chosen, or all; nobody sees more by choosing."""

import pytest
from django.test import Client

from labeling import project_access
from tests.cast import Cast
from tests.line import Line
from tests.workforce.admin.conftest import plain_static_files  # noqa: F401  (a fixture for every test)
from workforce import organizations
from workforce.models import AuditEvent, Membership
from workforce.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_of_two(line: Line) -> Client:
    """Max, who manages people at home and away."""
    organizations.add_member(line.cast.otto, line.cast.away, line.cast.max, role="workforce_manager")
    return signed_in(line.cast, "max")


def signed_in(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, name))
    return client


def choose(client: Client, uid: object, **values: str) -> int:
    return client.post("/organizations/choose/", {"organization": str(uid), **values}).status_code


def names(client: Client) -> str:
    return client.get("/admin/people/").content.decode()


def test_lists_show_the_chosen_one_and_all_again(client_of_two: Client, line: Line) -> None:
    cast, client = line.cast, client_of_two
    assert "Lena Lund" in names(client) and "Otto Other" in names(client)
    assert "All organizations" in names(client)
    choose(client, cast.away.uid)
    assert "Lena Lund" not in names(client) and "Otto Other" in names(client)
    assert "Cars in the street" not in client.get("/admin/projects/").content.decode()
    assert client.get(f"/admin/people/{Membership.objects.get(person=cast.lena).uid}/").status_code == 404
    choose(client, cast.home.uid)
    assert "Lena Lund" in names(client) and "Otto Other" not in names(client)
    choose(client, "")
    assert "Lena Lund" in names(client) and "Otto Other" in names(client)


def test_choosing_leads_where_one_may_be(client_of_two: Client, line: Line) -> None:
    values = {"organization": str(line.cast.home.uid), "admin": "1"}
    assert client_of_two.post("/organizations/choose/", values)["Location"] == "/admin/"
    Membership.objects.filter(person=line.cast.max, organization=line.cast.away).update(role="member")
    values["organization"] = str(line.cast.away.uid)
    assert client_of_two.post("/organizations/choose/", values)["Location"] == "/"
    refused = client_of_two.get("/admin/people/")
    assert refused.status_code == 403 and "The pages show Away only" in refused.content.decode()


def test_nobody_chooses_what_is_not_theirs(line: Line) -> None:
    client = signed_in(line.cast, "lena")
    assert choose(client, line.cast.away.uid) == choose(client, "x") == 404
    assert "All organizations" not in client.get("/organizations/").content.decode()


def test_who_left_the_chosen_one_sees_the_rest(client_of_two: Client, line: Line) -> None:
    choose(client_of_two, line.cast.away.uid)
    Membership.objects.filter(person=line.cast.max, organization=line.cast.away).update(is_active=False)
    assert "Lena Lund" in names(client_of_two)
    Membership.objects.filter(person=line.cast.max).update(is_active=True)
    assert "Lena Lund" in names(client_of_two), "the choice came back"


def test_work_in_an_open_editor_goes_on(line: Line) -> None:
    cast = line.cast
    organizations.add_member(cast.otto, cast.away, cast.lena, role="member")
    client = signed_in(cast, "lena")
    row = client.post(f"/api/v1/projects/{line.project.uid}/claim/", {}, "application/json").json()["rows"][0]
    choose(client, cast.away.uid)
    assert "Cars in the street" not in client.get("/").content.decode()
    assert client.get(f"/projects/{line.project.uid}/label/").status_code == 404
    beat = {"lease_token": row["slot"]["lease_token"], "interactions": 1}
    assert client.post(row["urls"]["heartbeat"], beat, "application/json").status_code == 200
    in_hand = line.slots().get(uid=row["slot"]["uid"]).project_row
    assert client.get(f"/rows/{in_hand.uid}/picture/").status_code == 200


def test_leaving_by_the_page(line: Line) -> None:
    cast = line.cast
    client = signed_in(cast, "lena")
    assert "Leave Home" in client.get("/organizations/").content.decode()
    answer = client.post(f"/organizations/{cast.home.uid}/leave/", follow=True)
    assert "You left Home." in answer.content.decode() and "no organization now" in answer.content.decode()
    assert client.post(f"/organizations/{cast.home.uid}/leave/").status_code == 404
    answer = signed_in(cast, "ada").post(f"/organizations/{cast.home.uid}/leave/", follow=True)
    assert "keeps at least one active admin" in answer.content.decode()
    assert Membership.objects.get(person=cast.ada).is_active


def test_who_leaves_another_one_than_the_chosen_leaves_in_their_role(client_of_two: Client, line: Line) -> None:
    choose(client_of_two, line.cast.home.uid)
    client_of_two.post(f"/organizations/{line.cast.away.uid}/leave/")
    assert AuditEvent.objects.get(action="membership.left").actor_role == "workforce_manager"
    assert "Lena Lund" in names(client_of_two)


def test_a_choice_gives_no_right(client_of_two: Client, line: Line) -> None:
    cast = line.cast
    project_access.grant_role(cast.ada, line.project, cast.max, role=Role.NO_ACCESS)
    choose(client_of_two, cast.home.uid)
    assert client_of_two.get(f"/admin/projects/{line.project.uid}/").status_code == 403
