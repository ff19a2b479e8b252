"""The page of rules, and rules over HTTP: made, tried, switched on, and what they did."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quality import rule_acts
from quality.models import QualityRule, RuleAct
from tests.line import Line
from tests.quality.test_rules import PAUSE, results, rule_on, stage

__all__ = ["stage"]
pytestmark = pytest.mark.django_db
FORM = {**PAUSE, "review_share": 100, "skill_value": 0}


def signed_in(line: Line, name: str) -> Client:
    client = Client()
    client.force_login(getattr(line.cast, name))
    return client


def test_a_rule_is_made_tried_and_switched_on_at_the_page(stage: Line) -> None:
    pia, address = signed_in(stage, "pia"), f"/admin/projects/{stage.project.uid}/rules/"
    results(stage, stage.cast.lena, [0.1] * 5)
    assert "No rule yet" in pia.get(address).content.decode()
    refused = pia.post(address, {**FORM, "condition": "below"})
    assert refused.status_code == 422 and "surely below the bar" in refused.content.decode()
    assert "Try it over history" in pia.post(address, FORM, follow=True).content.decode()
    rule = QualityRule.objects.get()
    early = pia.post(f"/admin/rules/{rule.uid}/switch/", {"on": "yes"}, follow=True).content.decode()
    assert "Look at what this rule would have done" in early
    tried = pia.post(f"/admin/rules/{rule.uid}/try/").content.decode()
    assert "would have done" in tried and "Lena Lund" in tried and "row-00004" in tried
    assert "is on: it acts" in pia.post(f"/admin/rules/{rule.uid}/switch/", {"on": "yes"}, follow=True).content.decode()
    results(stage, stage.cast.lena, [0.1])
    assert rule_acts.act_on_results() == 1
    assert "pause the person" in pia.get(address).content.decode().split("What they did")[1]


def test_the_page_asks_as_often_with_thirty_acts(stage: Line) -> None:
    rule = rule_on(stage)
    pia, address = signed_in(stage, "pia"), f"/admin/projects/{stage.project.uid}/rules/"

    def asked(upto: int) -> int:
        evidence = {"value": 0.1, "low": 0.1, "high": 0.2, "n": 5, "results": []}
        known = {"project": stage.project, "person": stage.cast.lena, "action": "pause", "evidence": evidence}
        done = RuleAct.objects.count()
        RuleAct.objects.bulk_create(RuleAct(rule=rule, upto=number, **known) for number in range(done, upto))
        with CaptureQueriesContext(connection) as queries:
            assert pia.get(address).status_code == 200
        return len(queries)

    asked(1)
    assert asked(3) == asked(30)


def api(client: Client, method: str, address: str, body: Any = None) -> Any:
    content = json.dumps(body) if body is not None else ""
    return client.generic(method, f"/api/v1/{address}", content, content_type="application/json")


def test_rules_over_http(stage: Line) -> None:
    pia, place = signed_in(stage, "pia"), f"projects/{stage.project.uid}/quality-rules/"
    made = api(pia, "POST", place, PAUSE)
    assert (made.status_code, made.json()["on_since"]) == (201, None)
    one = f"quality-rules/{made.json()['uid']}/"
    assert api(pia, "POST", f"{one}switch/", {"is_on": True}).json()["code"] == "not_tried"
    results(stage, stage.cast.lena, [0.1] * 5)
    tried = api(pia, "POST", f"{one}try/", {}).json()["would_have_acted"]
    assert [(act["name"], act["evidence"]["n"]) for act in tried] == [("Lena Lund", 5)]
    assert api(pia, "POST", f"{one}switch/", {"is_on": True}).json()["on_since"]
    assert api(pia, "PATCH", one, {"bar": 0.5}).json()["on_since"] is None
    assert [rule["bar"] for rule in api(pia, "GET", place).json()["results"]] == [0.5]
    assert api(pia, "GET", f"projects/{stage.project.uid}/rule-acts/").json()["results"] == []
    otto = signed_in(stage, "otto")
    for method, address in (("GET", place), ("PATCH", one), ("GET", f"projects/{stage.project.uid}/rule-acts/")):
        assert api(otto, method, address, {}).status_code == 404


def test_a_rule_is_changed_and_taken_away_at_the_page(stage: Line) -> None:
    rule = rule_on(stage)
    pia, address = signed_in(stage, "pia"), f"/admin/rules/{rule.uid}/"
    assert 'value="Stop the careless"' in pia.get(address).content.decode()
    refused = pia.post(address, {**FORM, "least": 50})
    assert refused.status_code == 422 and "The least results fit into the window" in refused.content.decode()
    changed = pia.post(address, {**FORM, "bar": 0.5}, follow=True).content.decode()
    assert "is changed, and off" in changed
    rule.refresh_from_db()
    assert (rule.bar, rule.on_since, rule.tried_at) == (0.5, None, None)
    gone = pia.post(f"{address}retire/", follow=True).content.decode()
    assert "What it did stays on record" in gone and "No rule yet" in gone
    assert pia.get(address).status_code == 404
    assert api(pia, "PATCH", f"quality-rules/{rule.uid}/", {"bar": 0.4}).status_code == 404
    # Its name is free again.
    assert (
        "Try it over history"
        in pia.post(f"/admin/projects/{stage.project.uid}/rules/", FORM, follow=True).content.decode()
    )
    again = QualityRule.objects.get(retired_at=None)
    assert api(pia, "DELETE", f"quality-rules/{again.uid}/").status_code == 204
    assert api(pia, "GET", f"projects/{stage.project.uid}/quality-rules/").json()["results"] == []
