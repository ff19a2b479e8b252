"""Pauses: no new row until a time, told why, by those who may; rows in hand stay."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import pauses, project_access, queue, work_time
from labeling.models import Pause
from tests.cast import Cast
from tests.labeling.test_labels import submit
from tests.line import Line, make_line
from workforce import teams
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal, RuleViolation
from workforce.models import AuditEvent, Event, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db
WORDS = {"reason": "Boxes are loose since Monday.", "told": "Please read rule 3, then talk to Pia."}


def pause(line: Line, name: str = "lena", by: str = "pia", **values: Any) -> Pause:
    return pauses.pause_person(getattr(line.cast, by), line.project, getattr(line.cast, name), **{**WORDS, **values})


def tomorrow() -> Any:
    return work_time.clock() + timedelta(days=1)


@pytest.mark.parametrize(("name", "kind"), [("lena", "label"), ("rita", "review")])
def test_who_is_paused_gets_no_new_row_and_reads_why(cast: Cast, name: str, kind: str) -> None:
    line = make_line(cast)
    submit(cast.leo, queue.lease_next_rows(cast.leo, line.project).slots[0])
    until = tomorrow()
    made = pause(line, name, ends_at=until)
    empty = queue.lease_next_rows(getattr(cast, name), line.project, kind=kind).empty
    assert empty is not None and (empty.code, empty.next_at) == ("paused", until)
    assert WORDS["told"] in empty.message and f"{until:%-d %B, %H:%M}" in empty.message
    assert WORDS["reason"] not in empty.message
    pauses.resume_person(cast.pia, made)
    assert queue.lease_next_rows(getattr(cast, name), line.project, kind=kind).slots


def test_a_pause_ends_by_the_databases_clock(line: Line) -> None:
    made = pause(line, ends_at=tomorrow())
    Pause.objects.filter(pk=made.pk).update(ends_at=work_time.clock() - timedelta(seconds=1))
    assert queue.lease_next_rows(line.cast.lena, line.project).slots
    again = pause(line)
    assert Pause.objects.filter(resumed_at=None).get() == again


def test_rows_in_hand_stay_and_are_taken(line: Line) -> None:
    slots = queue.lease_next_rows(line.cast.lena, line.project).slots
    pause(line)
    claim = queue.lease_next_rows(line.cast.lena, line.project)
    assert [slot.pk for slot in claim.slots] == [slot.pk for slot in slots] and claim.empty is None
    submit(line.cast.lena, slots[0])


def test_others_and_other_projects_go_on(line: Line) -> None:
    pause(line)
    assert queue.lease_next_rows(line.cast.leo, line.project).slots


def test_a_second_pause_takes_the_place_of_the_first(line: Line) -> None:
    pause(line)
    second = pause(line, told="Take a rest.", ends_at=tomorrow())
    assert Pause.objects.filter(resumed_at=None).get() == second
    noted = AuditEvent.objects.filter(action="person.paused").latest("pk")
    assert noted.before["told"] == WORDS["told"] and noted.after["told"] == "Take a rest."
    for _ in range(2):
        pauses.resume_person(line.cast.pia, second)
    assert AuditEvent.objects.filter(action="person.resumed").count() == 1
    assert Event.objects.filter(stream=f"person:{line.cast.lena.uid}", kind="resumed").count() == 1


# --- Who may ------------------------------------------------------------------------------------------------------
def test_a_team_lead_pauses_the_own_teams_people_only(line: Line) -> None:
    made = pause(line, "lena", by="tom")
    with pytest.raises(NotAllowed):
        pause(line, "leo", by="tom")
    other = pause(line, "leo", by="max")
    assert list(pauses.pauses_visible_to(line.cast.tom, line.project)) == [made]
    with pytest.raises(NotAllowed):
        pauses.resume_person(line.cast.tom, other)
    pauses.resume_person(line.cast.tom, made)
    assert Pause.objects.filter(resumed_at=None).get() == other


@pytest.mark.parametrize("name", ["lena", "rita", "eva", "wim", "nora", "vito"])
def test_nobody_else_pauses(line: Line, name: str) -> None:
    with pytest.raises(NotAllowed):
        pause(line, "leo", by=name)
    assert not Pause.objects.exists()


def test_a_stranger_learns_nothing(line: Line) -> None:
    with pytest.raises(NotFound):
        pause(line, by="otto")
    made = pause(line)
    with pytest.raises(NotFound):
        pauses.resume_person(line.cast.otto, made)
    assert not pauses.pauses_visible_to(line.cast.otto, line.project)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"told": " "}, InvalidInput),
        ({"reason": ""}, InvalidInput),
        ({"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, InvalidInput),
    ],
)
def test_what_makes_no_sense_is_refused(line: Line, values: Any, kind: type[Refusal]) -> None:
    with pytest.raises(kind):
        pause(line, **values)
    assert not Pause.objects.exists()


def test_only_somebody_on_the_project_can_be_paused(line: Line) -> None:
    with pytest.raises(RuleViolation) as refusal:
        pause(line, "nora")
    assert refusal.value.code == "not_on_project" and not Pause.objects.exists()


# --- Home, API ----------------------------------------------------------------------------------------------------
def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_home_says_what_the_person_is_told_and_starts_elsewhere(line: Line) -> None:
    pause(line)
    told = client_of(line.cast.lena).get("/").content.decode()
    assert WORDS["told"] in told and WORDS["reason"] not in told and "data-start" not in told
    assert WORDS["told"] not in client_of(line.cast.leo).get("/").content.decode()


def test_the_same_over_http(line: Line) -> None:
    address = f"/api/v1/projects/{line.project.uid}/pauses/"
    body = {**WORDS, "person": str(line.cast.lena.uid)}
    lead, labeler, stranger = (client_of(one) for one in (line.cast.tom, line.cast.leo, line.cast.otto))
    made = lead.post(address, body, content_type="application/json")
    assert made.status_code == 201 and made.json()["person"]["name"] == "Lena Lund"
    assert labeler.post(address, body, content_type="application/json").status_code == 403
    assert labeler.get(address).json()["results"] == []
    foreign = {**body, "person": str(line.cast.otto.uid)}
    assert lead.post(address, foreign, content_type="application/json").status_code == 404
    assert [one["uid"] for one in lead.get(address).json()["results"]] == [made.json()["uid"]]
    resume = f"/api/v1/pauses/{made.json()['uid']}/resume/"
    assert stranger.post(resume, {}, content_type="application/json").status_code == 404
    assert lead.post(resume, {}, content_type="application/json").json()["resumed_at"]


def test_the_list_asks_the_same_for_one_and_for_many(line: Line) -> None:
    teams.set_team_people(line.cast.ada, line.cast.team, [line.cast.tom, line.cast.lena, line.cast.leo, line.cast.lia])
    counts = []
    for names in (["lena"], ["leo", "lia"]):
        for name in names:
            pause(line, name)
        with CaptureQueriesContext(connection) as asked:
            client_of(line.cast.pia).get(f"/api/v1/projects/{line.project.uid}/pauses/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_person_without_access_any_more_is_simply_refused(line: Line) -> None:
    pause(line)
    project_access.grant_role(line.cast.ada, line.project, line.cast.lena, role=Role.NO_ACCESS)
    with pytest.raises(NotAllowed):
        queue.lease_next_rows(line.cast.lena, line.project)
