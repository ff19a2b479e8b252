"""Review over HTTP: scope, shape, the same key, the loser's answer."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeling import queue
from labeling.editor import editor_rows
from labeling.models import Slot
from quality import review
from quality.models import Review
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.test_review import decide, hold, label_row, mended, review_slot
from workforce import tokens
from workforce.models import Person, Token

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast)


def post(person: Person | None, path: str, body: Any, *, key: str | None = None, token: str = "") -> Any:
    client = Client()
    headers = {"Idempotency-Key": key} if key else {}
    if token:
        headers["Authorization"] = f"Token {token}"
    elif person:
        client.force_login(person)
    return client.post(path, body, content_type="application/json", headers=headers)


def send(person: Person | None, slot: Slot, *, key: str | None = "k", token: str = "", **values: Any) -> Any:
    body = {"lease_token": slot.lease_token, "version": 1, "decision": "approve", **values}
    return post(person, reverse("api-slot-decide", args=[slot.uid]), body, key=key, token=token)


def test_a_decision_is_made_once_and_answered_twice(line: Line) -> None:
    slot = hold(line.cast.rita, review_slot(label_row(line.cast.lena, line)))
    first, again = send(line.cast.rita, slot), send(line.cast.rita, slot)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["row_state"] == "done"
    assert send(line.cast.rita, slot, decision="reject").json()["code"] == "key_reused"


def test_the_editors_own_body_is_understood(line: Line) -> None:
    """The page sends null for no object and no pin at all."""
    label = label_row(line.cast.lena, line)
    slot = hold(line.cast.rita, review_slot(label))
    reasons = [{"code": "missing_object", "text": "", "object": None}]
    answer = send(line.cast.rita, slot, decision="reject", reasons=reasons)
    assert answer.status_code == 201, answer.json()
    assert Review.objects.get().reasons[0]["object"] == ""


def test_a_key_that_nobody_knows_is_named(line: Line) -> None:
    slot = hold(line.cast.rita, review_slot(label_row(line.cast.lena, line)))
    reasons = [{"code": "other", "why": "x"}]
    answer = send(line.cast.rita, slot, decision="reject", reasons=reasons)
    assert [one["path"] for one in answer.json()["faults"]] == ["reasons[0].why"]
    assert [one["path"] for one in send(line.cast.rita, slot, label="x").json()["faults"]] == ["label"]
    assert not Review.objects.exists()


def test_a_fix_carries_the_mended_label(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = hold(line.cast.rita, review_slot(label))
    assert send(line.cast.rita, slot, decision="fix").json()["code"] == "payload_wanted"
    assert send(line.cast.rita, slot, decision="fix", payload=mended(label)).json()["version"] == 2


def test_who_comes_second_gets_the_winners_decision(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = review_slot(label)
    decide(line.cast.eva, hold(line.cast.eva, slot))
    answer = send(line.cast.rita, slot, decision="reject", reasons=[{"code": "other"}])
    assert answer.status_code == 409
    found = answer.json()
    assert found["made_at"] == Review.objects.get().made_at.isoformat()
    assert {name: found[name] for name in ("code", "decision", "reviewer", "reasons_kept", "draft_saved")} == {
        "code": "already_decided",
        "decision": "approve",
        "reviewer": "Eva Egger",
        "reasons_kept": True,
        "draft_saved": False,
    }


@pytest.mark.parametrize(
    ("code", "status", "values"),
    [
        ("key_invalid", 422, {"key": None}),
        ("invalid_input", 422, {"lease_token": "x"}),
        ("invalid_input", 422, {"version": None}),
        ("invalid_input", 422, {"reasons": [{}]}),
        ("invalid_input", 422, {"reasons": "other"}),
        ("unknown_decision", 422, {"decision": "escalate"}),
        ("reason_wanted", 422, {"decision": "reject"}),
        ("lease_lost", 409, {"lease_token": 1}),
        ("label_moved_on", 409, {"version": 7}),
    ],
)
def test_refusals_have_a_code(line: Line, code: str, status: int, values: dict[str, Any]) -> None:
    slot = hold(line.cast.rita, review_slot(label_row(line.cast.lena, line)))
    answer = send(line.cast.rita, slot, **values)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Review.objects.exists()


def test_who_may_decide_over_http(line: Line) -> None:
    slot = hold(line.cast.rita, review_slot(label_row(line.cast.lena, line)))
    found = {name: send(getattr(line.cast, name), slot).status_code for name in ("lena", "leo", "pia", "wim", "otto")}
    assert found == {"lena": 403, "leo": 403, "pia": 403, "wim": 403, "otto": 404}
    assert send(line.cast.rita, Slot(uid=uuid.uuid4(), lease_token=1)).status_code == 404


def test_who_is_not_signed_in_gets_401(line: Line) -> None:
    slot = hold(line.cast.rita, review_slot(label_row(line.cast.lena, line)))
    assert send(None, slot).status_code == 401


def test_a_token_needs_the_scope_of_review(line: Line) -> None:
    slot = hold(line.cast.rita, review_slot(label_row(line.cast.lena, line)))
    clear = {}
    for scope in (Token.Scope.LABEL, Token.Scope.REVIEW):
        # Written by hand: the roles that have tokens may not review.
        _, clear[scope] = Token.objects.create(
            user=line.cast.rita, expiry=None, organization=line.cast.home, name=scope, scopes=[scope]
        )
    Token.objects.update(expiry="2099-01-01T00:00:00Z")
    assert tokens.is_live(Token.objects.first())
    assert send(None, slot, token=clear[Token.Scope.LABEL]).status_code == 403
    assert send(None, slot, token=clear[Token.Scope.REVIEW]).status_code == 201


def test_the_editor_gets_reasons_issues_and_addresses(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    decide(line.cast.rita, hold(line.cast.rita, review_slot(label)), "reject")
    again = next(one for one in queue.lease_next_rows(line.cast.lena, line.project).slots if one.is_rework)
    (row,) = editor_rows(line.cast.lena, [again])
    assert [reason["reviewer"] for reason in row.additions["reasons"]] == ["Rita Rossi"]
    assert row.additions["issues"] == []
    assert row.additions["urls"] == {
        "open_issue": f"/api/v1/rows/{label.project_row.uid}/issues/",
        "mentionable": f"/api/v1/rows/{label.project_row.uid}/mentionable/",
        "appeal": f"/api/v1/slots/{label.slot.uid}/appeal/",
    }
    assert [one.slot.pk for one in review.rows_that_came_back(line.cast.lena)] == [again.pk]


def test_a_row_names_only_the_ways_out_that_it_has(line: Line) -> None:
    """A review is not submitted, and what came back is not skipped."""
    label = label_row(line.cast.lena, line)
    (row,) = post(line.cast.rita, reverse("api-claim-review", args=[line.project.uid]), {}).json()["rows"]
    assert sorted(row["urls"]) == ["decide", "draft", "heartbeat", "mentionable", "open_issue", "release", "skip"]
    decide(line.cast.rita, Slot.objects.get(uid=row["slot"]["uid"]), "reject")
    found = post(line.cast.lena, reverse("api-claim", args=[line.project.uid]), {}).json()["rows"]
    ways = {one["slot"]["is_rework"]: sorted(one["urls"]) for one in found}
    assert ways[True] == ["appeal", "draft", "heartbeat", "mentionable", "open_issue", "release", "submit"]
    assert ways[False] == ["draft", "heartbeat", "mentionable", "open_issue", "release", "skip", "submit"]
    assert label.slot_id in [Slot.objects.get(uid=one["slot"]["uid"]).pk for one in found]
