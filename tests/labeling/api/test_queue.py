"""The queue over HTTP, from claim to submit. That each answer has its described shape is looked at for every test."""

import uuid
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from labeling.models import Draft, Slot
from labeling.project_access import grant_role
from tests.cast import Cast
from tests.labeling.api.hands import body_of, signed_in, with_token
from tests.line import Line, make_line, payload
from workforce.models import AuditEvent
from workforce.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast)


def claimed(client: APIClient, line: Line, kind: str = "api-claim", **body: Any) -> Any:
    answer = client.post(reverse(kind, args=[line.project.uid]), body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def submitted(client: APIClient, row: Any, key: str = "k", **values: Any) -> Any:
    body = {"lease_token": row["slot"]["lease_token"], "ontology_version": row["ontology"]["version"], **values}
    return client.post(row["urls"]["submit"], {"payload": payload((1, 1, 20, 20)), **body}, HTTP_IDEMPOTENCY_KEY=key)


def lease_of(row: Any) -> dict[str, Any]:
    return {"lease_token": row["slot"]["lease_token"]}


def test_a_row_from_claim_to_rework_has_the_described_shapes(line: Line) -> None:
    lena, rita = signed_in(line.cast.lena), signed_in(line.cast.rita)
    row = claimed(lena, line)["rows"][0]
    assert lena.post(row["urls"]["heartbeat"], {**lease_of(row), "interactions": 3}).status_code == 200
    draft = {"base_revision": 0, "payload": payload(), "tab": "one"}
    assert lena.put(row["urls"]["draft"], draft).json()["revision"] == 1
    assert claimed(lena, line)["rows"][0]["draft"]["revision"] == 1
    conflict = lena.put(row["urls"]["draft"], {**draft, "tab": "two"})
    assert (conflict.status_code, conflict.json()["theirs"]["revision"]) == (409, 1)
    asked = {"category": "edge_case", "text": "Which?", "pin": {"x": 1, "y": 2}}
    assert lena.post(row["urls"]["open_issue"], asked, HTTP_IDEMPOTENCY_KEY="i").status_code == 201
    body = payload((1, 1, 20, 20))
    assert [submitted(lena, row, payload=body).status_code for _ in range(2)] == [201, 200]
    judged = claimed(rita, line, "api-claim-review")["rows"][0]
    assert judged["label"]["maker"] == {"name": "Lena Lund"} and judged["issues"]
    decision = {**lease_of(judged), "version": 1, "decision": "reject", "reasons": [{"code": "loose_box"}]}
    assert rita.post(judged["urls"]["decide"], decision, HTTP_IDEMPOTENCY_KEY="d").status_code == 201
    again = next(one for one in claimed(lena, line)["rows"] if one["slot"]["is_rework"])
    assert again["reasons"][0]["code"] == "loose_box" and "skip" not in again["urls"]


def test_skip_release_and_an_empty_queue_have_the_described_shapes(line: Line) -> None:
    client = signed_in(line.cast.lena)
    first, second = claimed(client, line)["rows"][:2]
    assert client.post(first["urls"]["release"], lease_of(first)).json() == {"state": "open"}
    skipped = client.post(second["urls"]["skip"], {**lease_of(second), "reason": "broken_picture"})
    assert skipped.json() == {"state": "skipped"}
    assert client.post(second["urls"]["heartbeat"], {**lease_of(second), "interactions": 0}).status_code == 409
    line.project.state = "paused"
    line.project.save()
    assert claimed(client, line)["empty"]["code"] == "project_closed"


def test_a_refused_submit_says_what_became_of_the_work(line: Line) -> None:
    client = signed_in(line.cast.lena)
    row = claimed(client, line)["rows"][0]
    refused = submitted(client, row, lease_token=row["slot"]["lease_token"] + 1)
    assert refused.status_code == 409 and refused.json()["draft_saved"] is True
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("act", ["claim", "heartbeat", "draft", "submit", "skip", "release"])
def test_a_key_that_nobody_knows_is_named_and_nothing_is_done(line: Line, act: str) -> None:
    client = signed_in(line.cast.lena)
    row = claimed(client, line)["rows"][0]
    bodies: dict[str, dict[str, Any]] = {
        "claim": {},
        "heartbeat": {**lease_of(row), "interactions": 1},
        "draft": {"base_revision": 0, "payload": payload()},
        "submit": {**lease_of(row), "payload": payload(), "ontology_version": 1},
        "skip": {**lease_of(row), "reason": "broken_picture"},
        "release": lease_of(row),
    }
    path = reverse("api-claim", args=[line.project.uid]) if act == "claim" else row["urls"][act]
    before = AuditEvent.objects.count()
    send = client.put if act == "draft" else client.post
    answer = send(path, {**bodies[act], "lease_tokn": 1}, HTTP_IDEMPOTENCY_KEY=uuid.uuid4().hex)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["faults"] == [
        {"path": "lease_tokn", "code": "unknown_key", "message": "This key is not known here."}
    ]
    assert AuditEvent.objects.count() == before and not Draft.objects.exists()
    assert Slot.objects.get(uid=row["slot"]["uid"]).state == Slot.State.LEASED


def test_a_token_gets_the_picture_of_the_row_that_it_claimed(line: Line) -> None:
    with_session = signed_in(line.cast.ada)
    grant_role(line.cast.ada, line.project, line.cast.ada, role=Role.EXPERT)
    client = with_token(line.cast.ada, line.cast.home, "read", "label")
    row = claimed(client, line)["rows"][0]
    answer = client.get(row["row"]["asset_url"], HTTP_ACCEPT="image/png")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/png"
    assert body_of(answer).startswith(b"\x89PNG")
    assert claimed(with_session, line)["rows"][0]["row"]["asset_url"] == reverse("asset", args=[row["row"]["uid"]])
