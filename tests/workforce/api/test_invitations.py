"""Invitations over HTTP, a vendor's manager among the own people."""

import uuid
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from tests.cast import Cast
from tests.labeling.api.hands import signed_in, with_token
from workforce import invitations
from workforce.models import Event, Invitation

pytestmark = pytest.mark.django_db


def post(client: APIClient, cast: Cast, key: str = "", **values: Any) -> Any:
    body = {"organization": str(cast.home.uid), "email": "nia@example.org", **values}
    return client.post(reverse("api-invitations"), body, headers={"Idempotency-Key": key or str(uuid.uuid4())})


def test_invite_list_and_revoke(cast: Cast) -> None:
    client = signed_in(cast.max)
    made = post(client, cast, role="viewer", teams=[str(cast.team.uid)])
    assert made.status_code == 201 and made.json()["role"] == "viewer"
    listed = client.get(reverse("api-invitations")).json()["results"]
    assert [one["uid"] for one in listed] == [made.json()["uid"]]
    assert signed_in(cast.otto).get(reverse("api-invitations")).json()["results"] == []
    path = reverse("api-invitation", args=[made.json()["uid"]])
    assert signed_in(cast.otto).delete(path).status_code == 404
    assert signed_in(cast.lena).delete(path).status_code == 403
    assert [client.delete(path).status_code for _ in range(2)] == [204, 204]
    assert client.get(reverse("api-invitations")).json()["results"] == []


def test_a_repeat_with_its_key_invites_once(cast: Cast) -> None:
    client = signed_in(cast.max)
    first, second = post(client, cast, "k"), post(client, cast, "k")
    assert (first.status_code, second.status_code) == (201, 200) and first.json() == second.json()
    assert Invitation.objects.count() == Event.objects.filter(task__gt="").count() == 1
    assert post(client, cast, "k", email="other@example.org").json()["code"] == "key_reused"
    assert post(client, cast).json()["code"] == "invited_already"


def test_nothing_that_is_answered_opens_the_link(cast: Cast) -> None:
    made = post(signed_in(cast.max), cast)
    secret = invitations.signed_link(Invitation.objects.get()).rpartition(":")[2]
    assert secret not in made.content.decode()


def test_a_vendors_manager_with_a_token_of_that_scope(cast: Cast) -> None:
    client = with_token(cast.vito, cast.home, "people")
    assert post(client, cast).status_code == 403
    assert post(client, cast, vendor=str(cast.team.uid)).status_code == 404
    assert post(client, cast, vendor=str(cast.vendor.uid)).status_code == 201
    other = invitations.invite_person(cast.max, cast.home, email="b@example.org", role="member")
    assert [one["email"] for one in client.get(reverse("api-invitations")).json()["results"]] == ["nia@example.org"]
    assert client.delete(reverse("api-invitation", args=[other.uid])).status_code == 403
    assert post(with_token(cast.vito, cast.home, "read", "manage"), cast).status_code == 403


@pytest.mark.parametrize("values", [{"email": "x"}, {"role": "emperor"}, {"surprise": 1}, {"teams": ["x"]}])
def test_an_odd_body_names_its_fault(cast: Cast, values: dict[str, Any]) -> None:
    answer = post(signed_in(cast.max), cast, **values)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
