"""People over HTTP: who sees whom, and what a change changes."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from tests.cast import Cast
from tests.labeling.api.hands import RANDOM, signed_in, with_token
from workforce import organizations, teams
from workforce.models import AuditEvent, Membership, Person, Team

pytestmark = pytest.mark.django_db


def member(cast: Cast, name: str) -> Membership:
    return Membership.objects.get(organization=cast.home, person=getattr(cast, name))


def names(client: APIClient, **query: str) -> set[str]:
    return {one["name"] for one in client.get(reverse("api-people"), query).json()["results"]}


def change(client: APIClient, one: Membership, **values: Any) -> Any:
    return client.patch(reverse("api-person", args=[one.uid]), values)


def test_everyone_sees_whom_they_may_view(cast: Cast) -> None:
    other = teams.create_team(cast.ada, cast.home, name="Otherfield", kind=Team.Kind.VENDOR)
    olga = Person.objects.create(email="olga@example.org", name="Olga", password="!")
    organizations.add_member(cast.ada, cast.home, olga, role="member", vendor=other)
    assert {"Lena Lund", "Vera Vogel", "Olga"} < names(signed_in(cast.max))
    assert (
        names(signed_in(cast.vito)) == names(with_token(cast.vito, cast.home, "people")) == {"Vera Vogel", "Vito Vance"}
    )
    assert names(signed_in(cast.lena)) == set()
    assert names(signed_in(cast.otto)) == {"Otto Other"}
    assert with_token(cast.vito, cast.home, "read").get(reverse("api-people")).status_code == 403


def test_a_vendors_manager_ends_own_people_and_nobody_else(cast: Cast) -> None:
    client = with_token(cast.vito, cast.home, "people")
    answer = change(client, member(cast, "vera"), is_active=False)
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    assert names(client, state="inactive") == {"Vera Vogel"} and names(client, state="active") == {"Vito Vance"}
    assert AuditEvent.objects.get(action="membership.changed").actor == cast.vito
    assert change(client, member(cast, "vera"), role="vendor_manager").json()["is_active"] is False
    for name in ("lena", "ada", "max"):
        assert change(client, member(cast, name), is_active=False).status_code == 403
        assert client.get(reverse("api-person", args=[member(cast, name).uid])).status_code == 403
        assert member(cast, name).is_active
    assert change(client, member(cast, "vera"), role="workforce_manager").status_code in (403, 409)
    foreign = Membership.objects.get(person=cast.otto)
    assert change(client, foreign, is_active=False).json() == client.get(reverse("api-person", args=[RANDOM])).json()


def test_saying_again_what_is_so_is_not_noted(cast: Cast) -> None:
    client = with_token(cast.vito, cast.home, "people")
    for _ in range(3):
        assert change(client, member(cast, "vera"), is_active=False, role="member").status_code == 200
    assert change(client, member(cast, "vera")).json()["is_active"] is False
    assert AuditEvent.objects.filter(action="membership.changed").count() == 1


@pytest.mark.parametrize("values", [{"role": "emperor"}, {"is_active": "perhaps"}, {"vendor": None}, {"person": "x"}])
def test_an_odd_body_changes_nothing(cast: Cast, values: dict[str, Any]) -> None:
    answer = change(signed_in(cast.ada), member(cast, "lena"), **values)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert not AuditEvent.objects.filter(action="membership.changed").exists()


def test_the_last_admin_is_told(cast: Cast) -> None:
    answer = change(signed_in(cast.ada), member(cast, "ada"), is_active=False)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")


def test_the_list_asks_the_same_at_any_length(cast: Cast) -> None:
    client, counts = signed_in(cast.max), []
    for number in range(33):
        person = Person.objects.create(email=f"p{number}@example.org", name=f"P {number:02}", password="!")
        organizations.add_member(cast.ada, cast.home, person, role="member", vendor=cast.vendor if number % 2 else None)
        if number in (2, 32):
            with CaptureQueriesContext(connection) as seen:
                client.get(reverse("api-people"))
            counts.append(len(seen))
    assert counts[0] == counts[1]
