"""So many rows a day: counted on the organization's day, what is in hand too."""

import threading
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from labeling import day_limits, queue, work_time
from labeling.models import DayLimit, Project, Slot, WorkSession
from tests.cast import Cast
from tests.labeling.test_labels import submit
from tests.line import Line, make_line
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast, rows=8, review_share=0)


def limit(line: Line, rows: int | None, name: str = "lena", by: str = "pia") -> None:
    day_limits.set_day_limit(getattr(line.cast, by), line.project, getattr(line.cast, name), rows)


def claim(line: Line, name: str = "lena") -> queue.Claim:
    return queue.lease_next_rows(getattr(line.cast, name), line.project)


def do_row(line: Line, slot: Any) -> None:
    queue.keep_leases(line.cast.lena, str(slot.uid), slot.lease_token, has_input=True)
    submit(line.cast.lena, slot, key=str(slot.uid))


def test_no_row_beyond_the_limit_is_given_not_even_in_advance(line: Line) -> None:
    limit(line, 3)
    first = claim(line).slots
    assert len(first) == 2
    do_row(line, first[0])
    held = claim(line)
    assert len(held.slots) == 2 and held.empty is None
    for slot in held.slots:
        do_row(line, slot)
    empty = claim(line).empty
    assert empty is not None and empty.code == "day_limit"
    assert empty.message.startswith(f"You have your 3 rows of today in {line.project.name}. The next come from ")
    assert claim(line, "leo").slots


def test_the_day_is_the_organizations(line: Line) -> None:
    Organization.objects.filter(pk=line.cast.home.pk).update(time_zone="Pacific/Auckland")
    line.project = Project.objects.select_related("organization").get(pk=line.project.pk)
    limit(line, 1)
    do_row(line, claim(line).slots[0])
    empty = claim(line).empty
    zone = ZoneInfo("Pacific/Auckland")
    tomorrow = work_time.clock().astimezone(zone).date() + timedelta(days=1)
    assert empty is not None and empty.next_at == datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
    assert f"{tomorrow:%-d %B}, 00:00" in empty.message
    WorkSession.objects.update(credited_on=tomorrow - timedelta(days=2))
    assert claim(line).slots, "what was done yesterday counts for yesterday"


def test_a_limit_is_changed_and_taken_away(line: Line) -> None:
    for rows in (1, 1, 5, None, None):
        limit(line, rows)
    assert not DayLimit.objects.exists()
    changes = AuditEvent.objects.filter(action="day_limit.set").order_by("pk").values_list("before", "after")
    assert [(before["rows"], after["rows"]) for before, after in changes] == [(None, 1), (1, 5), (5, None)]


def test_who_may_set_it(line: Line) -> None:
    for name in ("lena", "tom", "rita", "wim"):
        with pytest.raises(NotAllowed):
            limit(line, 5, by=name)
    with pytest.raises(NotFound):
        limit(line, 5, by="otto")
    with pytest.raises(RuleViolation):
        limit(line, 5, "nora")
    for rows in (0, -1, 10**9):
        with pytest.raises(InvalidInput):
            limit(line, rows)
    assert not DayLimit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_five_claims_at_once_give_no_more_than_the_limit(line: Line) -> None:
    limit(line, 2)
    start = threading.Barrier(5)

    def claim_now() -> None:
        start.wait(timeout=10)
        claim(line)
        connection.close()

    claims = [threading.Thread(target=claim_now) for _ in range(5)]
    for one in claims:
        one.start()
    for one in claims:
        one.join(timeout=30)
    assert Slot.objects.filter(labeler=line.cast.lena, state=Slot.State.LEASED).count() == 2
