"""Steps of review over HTTP and on their page: read, change, preview, move, take away; templates carry them."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeling import project_templates
from labeling.models import ProjectPersonGrant
from quality import review_steps
from quality.models import ReviewPlan
from quality.review_steps import By, LooksAt, Method, Step
from tests.cast import Cast
from tests.line import CAR, Line, make_line
from workforce.models import AuditEvent, Person

pytestmark = pytest.mark.django_db
TWO = [{"number": 1, "name": "Review", "share": 30}, {"name": "Audit", "share": 5, "decided_by": "experts"}]


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(client: Client, method: str, path: str, body: Any, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.generic(method, path, json.dumps(body), content_type="application/json", headers=headers)


def test_steps_over_http(line: Line) -> None:
    cast = line.cast
    pia, path = signed_in(cast.pia), reverse("api-project-review-steps", args=[line.project.uid])
    first = pia.get(path).json()
    assert first["version"] == 0 and [one["name"] for one in first["steps"]] == ["Review"]
    made = send(pia, "PUT", path, {"version": 0, "steps": TWO}, key="k")
    assert made.status_code == 200, made.json()
    assert made.json()["version"] == 1 and [one["number"] for one in made.json()["steps"]] == [1, 2]
    assert send(pia, "PUT", path, {"version": 0, "steps": TWO}, key="k").json() == made.json(), "the same again"
    assert AuditEvent.objects.filter(action="review_steps.changed").count() == 1
    late = send(pia, "PUT", path, {"version": 0, "steps": TWO[:1]})
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (409, "settings_moved_on", 1)
    line.project.refresh_from_db()
    assert line.project.review_share == 30
    conditions = [{"code": "classes", "value": [CAR]}, {"code": "open_issue"}]
    by_rule = [{"number": 1, "name": "Review", "share": 30, "method": "rule", "conditions": conditions}]
    told = send(pia, "POST", reverse("api-project-review-steps-preview", args=[line.project.uid]), {"steps": by_rule})
    assert told.json() == {
        "labels": 0, "looks": 0, "steps": [{"name": "Review", "looks": 0}], "seconds": None, "hours": None,
    }  # fmt: skip
    wrong = send(pia, "PUT", path, {"version": 1, "steps": [{**by_rule[0], "conditions": [{"code": "moon"}]}]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_condition")
    assert signed_in(cast.wim).get(path).status_code == 200
    for person, status in ((cast.rita, 403), (cast.lena, 403), (cast.otto, 404)):
        assert signed_in(person).get(path).status_code == status
        assert send(signed_in(person), "PUT", path, {"version": 1, "steps": TWO[:1]}).status_code == status
    assert send(signed_in(cast.wim), "PUT", path, {"version": 1, "steps": TWO[:1]}).status_code == 403


def test_the_page_adds_changes_moves_and_takes_away(line: Line) -> None:
    cast, uid = line.cast, line.project.uid
    pia, path = signed_in(cast.pia), f"/admin/projects/{line.project.uid}/review-steps/"
    page = pia.get(path).content.decode()
    assert "One more step" in page and "too few reviews were timed to say" in page
    form = {
        "name": "Second review", "instructions": "Plates.", "decided_by": By.EXPERTS, "looks_at": LooksAt.REVIEWED,
        "method": Method.ADAPTIVE, "share": 5, "most": 80, "target": 3, "version": 0,
    }  # fmt: skip
    previewed = pia.post(path, {**form, "act": "preview"}).content.decode()
    assert "Nothing is saved yet." in previewed and not ReviewPlan.objects.exists()
    assert pia.post(path, form).status_code == 302
    assert review_steps.steps_of(line.project)[1] == Step(
        2, "Second review", "Plates.", By.EXPERTS, LooksAt.REVIEWED, Method.ADAPTIVE, 5, (), 80, 3.0
    )
    late = pia.post(path, {**form, "name": "Third"})
    assert late.status_code == 422 and "Somebody changed the steps" in late.content.decode()
    by_rule = {**form, "name": "Third", "method": Method.RULE, "version": 1, "most": 100}
    empty = pia.post(path, by_rule)
    assert empty.status_code == 422 and "at least one condition" in empty.content.decode()
    assert pia.post(path, {**by_rule, "classes": [CAR], "open_issue": "on"}).status_code == 302
    page = pia.get(path).content.decode()
    assert "The label holds “Car”." in page and "Adaptive" in page and "nobody is one here" not in page
    ProjectPersonGrant.objects.filter(user=cast.eva).delete()
    assert "nobody is one here" in pia.get(path).content.decode()
    changed = pia.get(f"{path}3/").content.decode()
    assert "Change “Third”" in changed and "checked" in changed
    assert pia.post(f"{path}3/earlier/", {"version": 2}).status_code == 302
    assert [one.number for one in review_steps.steps_of(line.project)] == [1, 3, 2]
    pia.post(f"{path}3/earlier/", {"version": 3})
    pia.post(f"{path}3/remove/", {"version": 1})
    assert [one.number for one in review_steps.steps_of(line.project)] == [1, 3, 2], "step 1 stays, and so do late ones"
    pia.post(f"{path}3/remove/", {"version": 3})
    assert [one.number for one in review_steps.steps_of(line.project)] == [1, 2]
    assert pia.get(f"{path}9/").status_code == 404
    step = {"name": "Review", "decided_by": By.REVIEWERS, "method": Method.FIXED, "share": 40, "most": 100, "target": 5}
    assert pia.post(f"{path}1/", {**step, "version": 4}).status_code == 302
    line.project.refresh_from_db()
    assert line.project.review_share == 40
    assert signed_in(cast.otto).get(path).status_code == 404 and uid


def test_a_template_carries_the_steps(line: Line) -> None:
    cast, project = line.cast, line.project
    rule = ({"code": "classes", "value": [CAR]},)
    steps = [Step(1, share=20), Step(name="Audit", decided_by=By.EXPERTS, method=Method.RULE, share=5, conditions=rule)]
    review_steps.change_steps(cast.pia, project, steps)
    project.refresh_from_db()
    template = project_templates.make_template_of(cast.max, project, name="Street")
    assert dict(project_templates.parts_in_words(template))["Review steps"] == "Review (a fixed share), Audit (by rule)"
    started = project_templates.start_project(
        cast.max, template, name="Vans", brief="Find every van.", dataset=line.dataset
    )
    assert started.left_out == ()
    assert review_steps.steps_of(started.project) == review_steps.steps_of(project)
