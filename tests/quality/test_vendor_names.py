"""People of a vendor learn what was said of their work, and not who of the project said it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeling import guidelines, pauses
from labeling.models import Label, Slot
from quality import issues, review
from quality.models import Issue, Review
from tests.cast import Cast
from tests.quality.vendor_stage import VendorStage, make_vendor_stage
from tests.workforce.admin.conftest import plain_static_files
from workforce import live, relay
from workforce.events import stream_of_person
from workforce.models import ClockTimestamp, Event, Person

__all__ = ["plain_static_files"]
pytestmark = pytest.mark.django_db
REASON = {"code": "loose_box", "text": "See the tyre.", "object": "", "pin": None, "rule": ""}


@pytest.fixture
def stage(cast: Cast) -> VendorStage:
    """Vera's label came back from Rita, Vera was paused by Pia, and Pia wrote guidelines."""
    stage = make_vendor_stage(cast)
    label = Label.objects.get(labeler=cast.vera)
    fields: dict[str, Any] = {"project": stage.line.project, "label": label, "step": 1}
    judged = Slot.objects.create(
        project_row=label.project_row, kind=Slot.Kind.REVIEW, state=Slot.State.DONE, order_key=1, **fields
    )
    Review.objects.create(
        slot=judged, version=1, reviewer=cast.rita, decision="reject", reasons=[REASON], ordinal=1, **fields
    )
    Slot.objects.filter(pk=label.slot_id).update(
        state=Slot.State.IN_REWORK, is_rework=True, leased_until=None, submitted_at=ClockTimestamp()
    )
    guidelines.publish_version(cast.pia, stage.line.project, text="Look well.", rules=[], after=0)
    guidelines.acknowledge(cast.vera, stage.line.project, 1)
    return stage


def pages_of(stage: VendorStage, person: Person) -> dict[str, str]:
    client, project = Client(), stage.line.project
    client.force_login(person)
    found = {page: client.get(page) for page in ("/", "/my-issues/", reverse("guidelines", args=[project.uid]))}
    for name, uid in (
        ("api-issue", Issue.objects.filter(opened_by=person).latest("pk").uid),
        ("api-project-issues", project.uid),
        ("api-project-guidelines", project.uid),
        ("api-project-guidelines-versions", project.uid),
    ):
        found[name] = client.get(reverse(name, args=[uid]))
    read = reverse("api-project-guidelines-acknowledge", args=[project.uid])
    found[read] = client.post(read, {"version": 1}, content_type="application/json")
    claim = reverse("api-claim", args=[project.uid])
    found[claim] = client.post(claim, {"have": []}, content_type="application/json")
    assert all(answer.status_code == 200 for answer in found.values()), found
    return {name: answer.content.decode() for name, answer in found.items()}


def test_pages_and_answers_name_nobody_of_the_project(stage: VendorStage) -> None:
    told = pages_of(stage, stage.cast.vera)
    assert "See the tyre." in told["/"] and "Two cars." in told["/"] and told["/"].count("Project team") == 2
    claimed = told[reverse("api-claim", args=[stage.line.project.uid])]
    assert '"reviewer":"Project team"' in claimed and '"maker":{"name":"Vera Vogel"}' in claimed
    assert '"author":{"name":"Project team","initials":"PT"},"text":"Two cars."' in claimed
    assert {name: stage.told_of_others(text) for name, text in told.items() if stage.told_of_others(text)} == {}
    pauses.pause_person(stage.cast.pia, stage.line.project, stage.cast.vera, reason="x", told="Talk to us.")
    paused = pages_of_home(stage.cast.vera)
    assert "You are paused" in paused and "All rows of your projects" not in paused
    assert "Talk to us." in paused and stage.told_of_others(paused) == []


def pages_of_home(person: Person) -> str:
    client = Client()
    client.force_login(person)
    return client.get("/").content.decode()


def test_the_organizations_own_people_read_names(stage: VendorStage) -> None:
    cast = stage.cast
    issues.comment(cast.rita, issues.issues_of_own(cast.lena)[0], "One car.")
    told = pages_of(stage, cast.lena)
    assert "Rita Rossi" in told["/"] and "Rita Rossi" in told["/my-issues/"]
    assert all("Pia Peters" in told[name] for name in told if "guidelines" in name)


def test_live_messages_are_read_as_each_may(stage: VendorStage) -> None:
    cast, stream = stage.cast, issues.stream_of_issue(stage.question.uid)
    relay.number_events()
    assert "Rita Rossi" in said_in(stream, cast.rita)
    own = stream_of_person(cast.vera.uid)
    for reader in (cast.vera, cast.vito):
        assert "Two cars." in said_in(stream, reader) and stage.told_of_others(said_in(stream, reader)) == []
    assert "Two cars." in said_in(own, cast.vera) and stage.told_of_others(said_in(own, cast.vera)) == []
    assert stage.told_of_others(repr(list(Event.objects.filter(stream=own).values_list("payload", flat=True)))) == []


def said_in(stream: str, reader: Person) -> str:
    return repr([event["payload"] for event in live.events_after(stream, 0, reader).events])


def test_who_decided_before_a_vendors_reviewer_has_no_name(stage: VendorStage) -> None:
    first: Any = Review.objects.select_related("project").get()
    assert review.unnamed_reviewers(stage.cast.vera, [first]) == {stage.cast.rita.pk}
    assert review.unnamed_reviewers(stage.cast.lena, [first]) == frozenset()


def test_own_colleagues_have_names(stage: VendorStage) -> None:
    issues.comment(stage.cast.vito, stage.question, "Ours says two as well.")
    client = Client()
    client.force_login(stage.cast.vera)
    assert "Vito Vance" in client.get(reverse("api-issue", args=[stage.question.uid])).content.decode()
