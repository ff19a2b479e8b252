"""Who works now: a heartbeat within the minute, told only to those who see the project's queue."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from labeling import presence, queue
from labeling.models import Slot, WorkSession
from labeling.project_access import grant_role
from tests.line import Line
from tests.workforce.admin.conftest import Enter, enter, plain_static_files
from workforce import organizations
from workforce.models import Person
from workforce.roles import Role

__all__ = ["enter", "plain_static_files"]
pytestmark = pytest.mark.django_db


def work(line: Line, name: str, *, kind: str = Slot.Kind.LABEL) -> Slot:
    person = getattr(line.cast, name)
    slot = queue.lease_next_rows(person, line.project, kind=kind).slots[0]
    queue.keep_leases(person, str(slot.uid), slot.lease_token or 0, has_input=True)
    return slot


def seen_by(line: Line, name: str) -> set[str]:
    every = Person.objects.values_list("pk", flat=True)
    found = presence.at_work_among(getattr(line.cast, name), every)
    return {session.person.name for session in found.values()}


def test_who_sent_a_heartbeat_within_the_minute_is_at_work(line: Line) -> None:
    work(line, "lena")
    slot = work(line, "leo")
    assert seen_by(line, "max") == {"Lena Lund", "Leo Lang"}
    WorkSession.objects.filter(person=line.cast.lena).update(last_beat_at=F("last_beat_at") - timedelta(seconds=61))
    assert seen_by(line, "max") == {"Leo Lang"}
    queue.release_slot(line.cast.leo, str(slot.uid), slot.lease_token or 0)
    assert seen_by(line, "max") == set()


def test_presence_is_told_to_those_who_see_the_queue(line: Line) -> None:
    work(line, "lena")
    work(line, "leo")
    assert seen_by(line, "pia") == {"Lena Lund", "Leo Lang"}
    assert seen_by(line, "tom") == {"Lena Lund"}, "a team lead sees the own team"
    for name in ("leo", "otto", "nora", "vito"):
        assert seen_by(line, name) == set(), name


def test_the_people_list_says_where_somebody_works(line: Line, enter: Enter) -> None:
    work(line, "lena")
    text = enter("max").get("/admin/people/").content.decode()
    assert text.count("Labeling, Cars in the street") == 1


def test_the_people_list_and_the_dashboard_ask_the_same_at_3_and_at_30(line: Line, enter: Enter) -> None:
    client = enter("max")
    for page in ("/admin/people/", "/admin/dashboard/"):
        client.get(page)
    counts: dict[str, list[int]] = {}
    for upto in (3, 30):
        for number in range(0 if upto == 3 else 3, upto):
            person = Person.objects.create(email=f"p{number}@example.org", name=f"A {number:02}", password="!")
            organizations.add_member(line.cast.ada, line.cast.home, person, role="member")
            grant_role(line.cast.ada, line.project, person, role=Role.LABELER)
            slot = Slot.objects.create(
                project=line.project,
                project_row=line.slots().first().project_row,
                labeler=person,
                state=Slot.State.LEASED,
                order_key=1,
                lease_token=10**9 + number,
                leased_until=line.project.created_at + timedelta(days=1),
                last_input_at=line.project.created_at,
            )
            queue.keep_leases(person, str(slot.uid), 10**9 + number, has_input=True)
        for page in ("/admin/people/", "/admin/dashboard/"):
            with CaptureQueriesContext(connection) as asked:
                text = client.get(page).content.decode()
            assert "A 00" in text
            counts.setdefault(page, []).append(len(asked))
    assert all(few == many for few, many in counts.values()), counts
