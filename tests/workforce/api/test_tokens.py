"""Tokens through the API: the clear text is shown once, and only a person in person issues or ends one."""

import pytest
from django.urls import reverse

from tests.cast import Cast
from tests.labeling.api.hands import signed_in, with_clear, with_token
from workforce.models import AuditEvent, IdempotencyRecord, Token

pytestmark = pytest.mark.django_db


def body(cast: Cast, **changes: object) -> dict[str, object]:
    return {"organization": str(cast.home.uid), "name": "loader", "scopes": ["read", "import"], **changes}


def test_a_token_is_shown_once_and_then_only_how_it_starts(cast: Cast) -> None:
    client = signed_in(cast.max)
    issued = client.post(reverse("api-tokens"), body(cast))
    assert issued.status_code == 201
    clear = issued.json()["token"]
    assert clear.startswith("crew_") and clear not in str(list(Token.objects.values()))
    listed = client.get(reverse("api-tokens"))
    assert clear not in listed.content.decode() and listed.json()["results"][0]["name"] == "loader"
    assert with_clear(clear).get(reverse("api-projects")).status_code == 200


def test_an_ended_token_opens_nothing_and_ending_twice_is_harmless(cast: Cast) -> None:
    client = signed_in(cast.max)
    issued = client.post(reverse("api-tokens"), body(cast)).json()
    path = reverse("api-token", args=[issued["uid"]])
    assert [client.delete(path).status_code for _ in range(2)] == [204, 204]
    assert with_clear(issued["token"]).get(reverse("api-projects")).status_code == 401
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_a_token_makes_and_ends_no_tokens(cast: Cast) -> None:
    client = with_token(cast.ada, cast.home)
    assert client.get(reverse("api-tokens")).status_code == 200
    assert client.post(reverse("api-tokens"), body(cast)).status_code == 403
    assert client.delete(reverse("api-token", args=[Token.objects.get().uid])).status_code == 403
    assert Token.objects.count() == 1


def test_people_see_and_end_their_own_tokens_and_admins_everyones(cast: Cast) -> None:
    mine = signed_in(cast.max).post(reverse("api-tokens"), body(cast)).json()["uid"]
    other = signed_in(cast.wim).post(reverse("api-tokens"), body(cast)).json()["uid"]
    seen = {one["uid"] for one in signed_in(cast.max).get(reverse("api-tokens")).json()["results"]}
    assert seen == {mine}
    assert signed_in(cast.max).delete(reverse("api-token", args=[other])).status_code == 403
    assert {one["uid"] for one in signed_in(cast.ada).get(reverse("api-tokens")).json()["results"]} == {mine, other}
    assert signed_in(cast.ada).delete(reverse("api-token", args=[other])).status_code == 204


@pytest.mark.parametrize(
    "change",
    [{"scopes": []}, {"scopes": ["root"]}, {"days": 0}, {"days": 367}, {"name": ""}, {"user": "x"}, {"expiry": None}],
)
def test_a_token_with_odd_wishes_is_refused(cast: Cast, change: dict[str, object]) -> None:
    answer = signed_in(cast.max).post(reverse("api-tokens"), body(cast, **change))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert not Token.objects.exists()


@pytest.mark.parametrize(("name", "status"), [("lena", 409), ("nora", 409), ("otto", 404)])
def test_who_has_no_tokens_gets_none(cast: Cast, name: str, status: int) -> None:
    assert signed_in(getattr(cast, name)).post(reverse("api-tokens"), body(cast)).status_code == status
    assert not Token.objects.exists()


def test_a_repeat_names_the_token_and_keeps_its_clear_text_nowhere(cast: Cast) -> None:
    client, body = signed_in(cast.ada), {"organization": str(cast.home.uid), "name": "Export", "scopes": ["read"]}
    first, again = (client.post(reverse("api-tokens"), body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code, Token.objects.count()) == (201, 200, 1)
    assert first.json()["token"].startswith("crew_") and again.json() == {**first.json(), "token": ""}
    assert first.json()["token"] not in str(IdempotencyRecord.objects.get().answer)
