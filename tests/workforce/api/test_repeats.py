"""Asking twice is harmless at every writing endpoint: the key is declared, and the repeat gets the first answer."""

import json
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import resolve, reverse

from tests.access.judge import rolled_back
from tests.access.requests_of_routes import requests_of
from tests.access.table import ACTORS, read_cells
from tests.cast import Cast
from tests.described import description
from tests.labeling.api.hands import RANDOM, signed_in, with_token
from tests.line import Line, make_line
from workforce import organizations
from workforce.models import AuditEvent, Membership, Person

pytestmark = pytest.mark.django_db
WRITES = {"post", "put", "patch", "delete"}
KEY = {"Idempotency-Key": "one-act"}
# They want a folder of the server; asked twice in their own tests.
NOT_ASKED_HERE = {"api-project-imports", "api-dataset-imports"}
# Each item carries a key of its own and answers for itself: 201, then 200 with the first answer.
KEYS_WITHIN = {"api-review-grid-decide"}
# A door that writes → the first cell of the access table that may.
MAY = {(cell.route, cell.method): cell for cell in reversed(read_cells()) if cell.expect == "allow"}


def writes() -> list[tuple[str, str, dict[str, Any]]]:
    """(name of the route, method, description) of everything that writes."""
    found = []
    for path, acts in description()["paths"].items():
        name = resolve(re.sub(r"{\w+}", RANDOM, path)).url_name
        found += [(str(name), method.upper(), act) for method, act in acts.items() if method in WRITES]
    return found


def test_every_write_declares_the_key_and_honours_it(cast: Cast) -> None:
    stage = make_line(cast, rows=6, review_share=0)
    assert len(writes()) > 40
    wrong = []
    for route, method, act in writes():
        headers = [one["name"] for one in act["parameters"] if one["in"] == "header"]
        if headers != ["Idempotency-Key"]:
            wrong.append(f"{method} {route}: declares {headers}")
        if route in NOT_ASKED_HERE:
            continue
        with rolled_back():
            wrong += [f"{method} {route}: {problem}" for problem in problems_of(route, method, stage)]
    assert not wrong, "\n".join(wrong)


def problems_of(route: str, method: str, stage: Line) -> list[str]:
    """What happens when somebody who may sends the same twice, and then something else under the same key."""
    cache.clear()
    cell = MAY[route, method]
    person = getattr(stage.cast, ACTORS[cell.actor])
    request, client = requests_of(stage, cell, person), Client(raise_request_exception=False)
    client.force_login(person)
    address = reverse(route, kwargs=request.kwargs)

    def ask(body: bytes) -> Any:
        return client.generic(method, address, body, content_type=request.content_type, headers=KEY)

    first, before = ask(request.encoded()), written()
    again, after = ask(request.encoded()), written()
    if not 200 <= first.status_code < 300:
        return [f"the first answer is {first.status_code} {first.content[:200]!r}"]
    same = first.status_code == 204 or route in KEYS_WITHIN or without_secret(first) == without_secret(again)
    found = [] if same else [f"answered {first.content[:300]!r}, then {again.content[:300]!r}"]
    if again.status_code not in (first.status_code, 200):
        found.append(f"answered {first.status_code}, then {again.status_code}")
    if before != after:
        found.append("the repeat wrote")
    if request.content_type == "application/json":
        other = ask(json.dumps({"another": "body"}).encode())
        if (other.status_code, other.json().get("code")) not in ((422, "key_reused"), (422, "invalid_input")):
            found.append(f"another body under the key is {other.status_code} {other.content[:200]!r}")
    return found


def written() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM workforce_auditevent) + (SELECT count(*) FROM workforce_event)")
        return int(cursor.fetchone()[0])


def without_secret(answer: Any) -> dict[str, Any]:
    return {**answer.json(), "token": ""}


def test_a_patch_of_a_person_is_done_once(cast: Cast) -> None:
    client = with_token(cast.vito, cast.home, "people")
    vera = Membership.objects.get(person=cast.vera)
    address = reverse("api-person", args=[vera.uid])
    first = client.patch(address, {"is_active": False}, headers=KEY)
    organizations.change_membership(cast.ada, vera, is_active=True)
    again = client.patch(address, {"is_active": False}, headers=KEY)
    assert again.status_code == 200 and again.json() == first.json()
    vera.refresh_from_db()
    assert vera.is_active, "the second time nothing was done"
    assert AuditEvent.objects.filter(action="membership.changed", actor=cast.vito).count() == 1
    for body, path in (({"is_active": True}, address), ({"is_active": False}, another(cast.vito))):
        answer = client.patch(path, body, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    # Another person's key of the same name is another key.
    assert signed_in(cast.ada).patch(address, {"is_active": False}, headers=KEY).json()["is_active"] is False
    assert client.patch(address, {}, headers={"Idempotency-Key": "x" * 101}).json()["code"] == "key_invalid"


def test_a_refusal_is_not_kept(cast: Cast) -> None:
    client, address = signed_in(cast.max), another(cast.ada)
    assert client.patch(address, {"is_active": False}, headers=KEY).status_code == 403
    organizations.change_membership(cast.ada, Membership.objects.get(person=cast.max), role="organization_admin")
    assert client.patch(address, {"is_active": False}, headers=KEY).status_code == 200


def another(person: Person) -> str:
    return reverse("api-person", args=[Membership.objects.get(person=person).uid])
