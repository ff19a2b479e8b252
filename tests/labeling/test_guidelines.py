"""Guidelines: versions that only grow, rules that keep their number, no row before the newest was read."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from labeling import guidelines, project_access, projects, queue
from labeling.models import GuidelineReading, GuidelineVersion, Label, Project, Slot
from tests.cast import Cast
from tests.labeling.test_labels import submit
from tests.line import Line, make_line
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal, RuleViolation
from workforce.models import AuditEvent, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db
RULES = [{"title": "Half a car counts", "text": "From **half** on."}, {"title": "No toys", "text": ""}]


def publish(line: Line, after: int = 0, **values: Any) -> GuidelineVersion:
    values = {"text": f"# Cars\n\nVersion {after + 1}.", "rules": RULES, **values}
    return guidelines.publish_version(line.cast.pia, line.project, after=after, **values)


def refusal_of(act: Any) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value


# --- Versions -----------------------------------------------------------------------------------------------------
def test_versions_are_numbered_and_rules_keep_uid_and_number(line: Line) -> None:
    first = publish(line)
    half, toys = first.rules
    assert (first.number, half["number"], toys["number"]) == (1, 1, 2)
    second = publish(line, 1, rules=[{**toys, "title": "No toy cars"}, {"title": "Mirrors are cars"}])
    assert [(rule["number"], rule["title"]) for rule in second.rules] == [(2, "No toy cars"), (3, "Mirrors are cars")]
    assert second.rules[0]["uid"] == toys["uid"]
    back = publish(line, 2, rules=[half])
    assert back.rules[0] == half, "a rule that was taken out keeps its number when it comes back"
    assert AuditEvent.objects.filter(action="guidelines.published").count() == 3


def test_nobody_overwrites_words_that_they_did_not_see(line: Line) -> None:
    publish(line)
    refused = refusal_of(lambda: publish(line, 0, text="Other"))
    assert (refused.code, refused.details["version"]) == ("guidelines_moved_on", 1)
    same = GuidelineVersion.objects.get()
    assert refusal_of(lambda: publish(line, 1, text=same.text, rules=same.rules)).code == "nothing_changed"
    assert GuidelineVersion.objects.count() == 1


def test_a_version_never_changes(line: Line) -> None:
    publish(line)
    with pytest.raises(DatabaseError), transaction.atomic():
        GuidelineVersion.objects.update(text="Other")


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"text": " "}, "text_length", "text"),
        ({"text": "x\x00"}, "text_invalid", "text"),
        ({"rules": [{"title": ""}]}, "text_length", "rules[0].title"),
        ({"rules": [{"uid": "00000000-0000-0000-0000-000000000001", "title": "x"}]}, "unknown_rule", "rules[0].uid"),
        ({"rules": "x"}, "rules_invalid", "rules"),
    ],
)
def test_what_cannot_be_kept_is_refused(line: Line, values: Any, code: str, path: str) -> None:
    refused = refusal_of(lambda: publish(line, **values))
    assert isinstance(refused, InvalidInput) and refused.details["path"] == path
    assert refused.code == code or path == "text"


@pytest.mark.parametrize("name", ["lena", "rita", "eva", "tom", "wim", "vito"])
def test_only_those_who_change_the_project_publish(line: Line, name: str) -> None:
    with pytest.raises(NotAllowed):
        guidelines.publish_version(getattr(line.cast, name), line.project, text="x", after=0)


def test_a_stranger_learns_nothing(line: Line) -> None:
    publish(line)
    with pytest.raises(NotFound):
        guidelines.acknowledge(line.cast.otto, line.project, 1)
    with pytest.raises(NotFound):
        guidelines.publish_version(line.cast.otto, line.project, text="x", after=1)


# --- Read before the next row -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "kind"), [("lena", "label"), ("vera", "label"), ("rita", "review")])
def test_no_new_row_before_the_newest_version_is_read(cast: Cast, name: str, kind: str) -> None:
    line = make_line(cast)
    submit(cast.leo, queue.lease_next_rows(cast.leo, line.project).slots[0])
    publish(line)
    person = getattr(cast, name)
    claim = queue.lease_next_rows(person, line.project, kind=kind)
    assert claim.slots == () and claim.empty is not None
    assert claim.empty.code == "guidelines_unread"
    assert claim.empty.message == f"Read the guidelines of {line.project.name} first. They are new to you."
    guidelines.acknowledge(person, line.project, 1)
    assert queue.lease_next_rows(person, line.project, kind=kind).slots
    publish(line, 1)
    more = queue.lease_next_rows(person, line.project, kind=kind)
    assert more.slots and more.empty is None, "rows in hand stay"


def test_a_project_without_guidelines_asks_for_nothing(line: Line) -> None:
    publish(line)
    other = projects.create_project(
        line.cast.max, line.cast.home, name="Other", brief="x", ontology=line.ontology.ontology
    )
    project_access.grant_role(line.cast.ada, other, line.cast.lena, role=Role.LABELER)
    empty = queue.lease_next_rows(line.cast.lena, other).empty
    assert empty is not None and empty.code == "all_taken"


def test_only_the_newest_can_be_said_to_be_read_and_once_is_enough(line: Line) -> None:
    publish(line)
    publish(line, 1)
    with pytest.raises(RuleViolation) as refusal:
        guidelines.acknowledge(line.cast.lena, line.project, 1)
    assert refusal.value.code == "guidelines_moved_on"
    for _ in range(2):
        guidelines.acknowledge(line.cast.lena, line.project, 2)
    assert GuidelineReading.objects.count() == 1
    assert AuditEvent.objects.filter(action="guidelines.acknowledged", actor=line.cast.lena).count() == 1


def test_a_label_version_notes_what_its_author_had_read(line: Line) -> None:
    publish(line)
    guidelines.acknowledge(line.cast.lena, line.project, 1)
    slots = queue.lease_next_rows(line.cast.lena, line.project).slots
    publish(line, 1)
    submit(line.cast.lena, slots[0])
    version = Label.objects.get(slot=slots[0]).versions.get()
    assert version.guideline_version is not None and version.guideline_version.number == 1


# --- Pages --------------------------------------------------------------------------------------------------------
def page(person: Person, project: Project, **values: Any) -> Any:
    client = Client()
    client.force_login(person)
    address = f"/projects/{project.uid}/guidelines/"
    return client.post(address, values) if values else client.get(address)


def test_reading_leads_on_to_the_work(line: Line) -> None:
    publish(line, text="Look for <script>alert(1)</script> *cars*.")
    answer = page(line.cast.lena, line.project)
    told = answer.content.decode()
    assert "<em>cars</em>" in told and "<script>alert" not in told and "1 · Half a car counts" in told
    assert "Find every car." in told and "I have read these" in told
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    on = page(line.cast.lena, line.project, version=1, then="review")
    assert on.status_code == 302 and on.url == f"/projects/{line.project.uid}/label/"
    assert "I have read these" not in page(line.cast.lena, line.project).content.decode()
    assert queue.lease_next_rows(line.cast.lena, line.project).slots


def test_home_and_editor_lead_to_unread_guidelines(line: Line) -> None:
    publish(line)
    client = Client()
    client.force_login(line.cast.lena)
    told = client.get("/").content.decode()
    assert "Read the guidelines" in told and f"/projects/{line.project.uid}/guidelines/?then=label" in told
    editor = client.get(f"/projects/{line.project.uid}/label/").context["editor_page"]
    assert editor["urls"]["instructions"] and [rule["label"] for rule in editor["rules"]] == [
        "1 · Half a car counts",
        "2 · No toys",
    ]
    guidelines.acknowledge(line.cast.lena, line.project, 1)
    assert "Read the guidelines" not in client.get("/").content.decode()


# --- API ----------------------------------------------------------------------------------------------------------
def test_the_same_over_http(line: Line) -> None:
    lead, labeler = Client(), Client()
    lead.force_login(line.cast.pia)
    labeler.force_login(line.cast.lena)
    address = f"/api/v1/projects/{line.project.uid}/guidelines/"
    assert labeler.get(address).status_code == 404
    body = {"text": "# One", "rules": [{"title": "First"}], "after": 0}
    made = lead.post(address, body, content_type="application/json")
    assert made.status_code == 201 and made.json()["version"] == 1
    assert lead.post(address, body, content_type="application/json").json()["code"] == "guidelines_moved_on"
    assert labeler.post(address, {**body, "after": 1}, content_type="application/json").status_code == 403
    assert labeler.get(address).json()["is_read"] is False
    read = labeler.post(f"{address}acknowledge/", {"version": 1}, content_type="application/json")
    assert read.status_code == 200 and read.json()["is_read"] is True
    assert [one["version"] for one in labeler.get(f"{address}versions/").json()["results"]] == [1]
    claim = labeler.post(f"/api/v1/projects/{line.project.uid}/claim/", {}, content_type="application/json")
    assert claim.json()["rows"]
    assert Slot.objects.filter(state="leased").count() == len(claim.json()["rows"])
