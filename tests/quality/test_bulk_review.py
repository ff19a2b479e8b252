"""Many labels reviewed at once: what is offered, each decided by itself, the time shared, nothing decided twice."""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import queue, work_time
from labeling.models import Slot, WorkInterval, WorkSession
from labeling.picks import ANSWERS_ONLY, PICK_TO_REVIEW
from quality import bulk_review
from quality.bulk_review import MOST_DECISIONS, Card, Item
from quality.models import Review
from tests.cast import Cast
from tests.line import Line, make_line, payload
from tests.plans import plan_of
from tests.quality.test_review import submit
from workforce.errors import TooLarge
from workforce.models import AuditEvent, Event, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast, rows=8)


def label_rows(line: Line, count: int, *, by: str = "lena", **how: Any) -> None:
    for _ in range(count):
        person = getattr(line.cast, by)
        submit(person, queue.lease_next_rows(person, line.project).slots[0], payload(*how.get("boxes", ())))


def cards_of(person: Person, line: Line) -> list[Card]:
    return list(bulk_review.lease_grid(person, line.project).cards)


def item(card: Card, decision: str = "approve", **values: Any) -> Item:
    values = {"version": 1, "reasons": [], "comment": "", "payload": None, "key": uuid.uuid4().hex, **values}
    return Item(card.slot.uid, card.slot.lease_token or 0, decision=decision, **values)


def test_only_answers_of_others_are_offered_and_at_most_so_many(line: Line) -> None:
    label_rows(line, 4)
    label_rows(line, 1, boxes=[(1, 1, 20, 20)])
    label_rows(line, 1, by="eva")
    cards = cards_of(line.cast.eva, line)
    assert len(cards) == 4 and {card.version.label.labeler for card in cards} == {line.cast.lena}
    assert [one.words for one in cards[0].answers] == ["Day"]
    assert len(cards_of(line.cast.eva, line)) == 4, "what is in hand is shown again"
    assert not cards_of(line.cast.rita, line)[1:], "the one by Eva; the rest is in her hands"


def test_each_is_decided_by_itself_and_a_repeat_does_nothing(line: Line) -> None:
    label_rows(line, 4)
    rita = line.cast.rita
    one, two, three, four = cards_of(rita, line)
    Slot.objects.filter(pk=three.slot.pk).update(lease_token=F("lease_token") + 1_000_000)
    mended = {**two.version.payload, "features": [{**two.version.payload["features"][0], "value": "night"}]}
    items = [
        item(one),
        item(two, "fix", payload=mended),
        item(three),
        item(four, "reject", reasons=[{"code": "wrong_answer", "text": "It is night."}]),
    ]
    found = bulk_review.decide_many(rita, line.project, items)
    assert [one.status for one in found] == [201, 201, 409, 201]
    assert found[2].answer["code"] == "lease_lost"
    assert sorted(Review.objects.values_list("decision", flat=True)) == ["approve", "fix", "reject"]
    again = bulk_review.decide_many(rita, line.project, items)
    assert [one.status for one in again] == [200, 200, 409, 200] and Review.objects.count() == 3
    with pytest.raises(TooLarge):
        bulk_review.decide_many(rita, line.project, [item(one) for _ in range(MOST_DECISIONS + 1)])


def test_the_time_of_the_page_is_shared_and_no_minute_counts_twice(line: Line) -> None:
    label_rows(line, 4)
    rita = line.cast.rita
    cards = cards_of(rita, line)
    named = cards[3].slot
    queue.keep_leases(rita, str(named.uid), named.lease_token or 0, has_input=True)
    ago = work_time.clock() - timedelta(seconds=50)
    WorkSession.objects.filter(slot=named).update(first_beat_at=ago)
    WorkInterval.objects.filter(session__slot=named).update(started_at=ago, ended_at=ago + timedelta(seconds=30))
    bulk_review.decide_many(rita, line.project, [item(card) for card in cards[:2]], timed=named.uid)
    times = list(Review.objects.order_by("pk").values_list("active_seconds", flat=True))
    assert times == pytest.approx([25, 25], abs=1)
    ended = WorkSession.objects.filter(person=rita).exclude(outcome="open").aggregate(idle=Sum("idle_seconds"))
    assert ended["idle"] == pytest.approx(0, abs=1)
    left = WorkInterval.objects.filter(session__slot=named)
    assert sum((one.ended_at - one.started_at).total_seconds() for one in left) == pytest.approx(0, abs=1)
    spans = sorted(WorkInterval.objects.filter(person=rita).values_list("started_at", "ended_at"))
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_time_is_cut_into_equal_parts_in_order() -> None:
    start = work_time.clock()
    spans = [(start, start + timedelta(seconds=4)), (start + timedelta(seconds=10), start + timedelta(seconds=15))]
    parts = work_time.cut(spans, 3)
    assert [sum((b - a).total_seconds() for a, b in part) for part in parts] == [3, 3, 3]
    assert parts[1] == [(spans[0][0] + timedelta(seconds=3), spans[0][1]), (spans[1][0], start + timedelta(seconds=12))]
    assert work_time.cut([], 2) == [[], []]


def test_what_is_not_decided_goes_back(line: Line) -> None:
    label_rows(line, 3)
    cards = cards_of(line.cast.rita, line)
    held = [(card.slot.uid, card.slot.lease_token or 0) for card in cards]
    assert bulk_review.give_back_many(line.cast.rita, line.project, [*held, (uuid.uuid4(), 1)]) == 3
    assert not Slot.objects.filter(kind="review", state="leased").exists()
    assert len(cards_of(line.cast.eva, line)) == 3


def test_the_claim_asks_the_same_for_few_and_many_and_looks_at_the_first_only(line: Line) -> None:
    label_rows(line, 2)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            held = cards_of(line.cast.rita, line)
        bulk_review.give_back_many(line.cast.rita, line.project, [(c.slot.uid, c.slot.lease_token or 0) for c in held])
        return len(queries)

    asked()
    few = asked()
    label_rows(line, 6)
    assert asked() == few
    values = {"project": line.project.pk, "person": line.cast.rita.pk, "count": 24, "is_expert": False}
    plan = plan_of(PICK_TO_REVIEW.format(narrowed=ANSWERS_ONLY), values)
    assert plan.count("slots_to_review") >= 1 and "Seq Scan on labeling_slot" not in plan


def test_over_http(line: Line) -> None:
    label_rows(line, 2)
    label_rows(line, 1, by="eva")
    client, place = Client(), f"/api/v1/projects/{line.project.uid}/review-grid/"

    def send(address: str, body: Any, who: str = "rita") -> Any:
        client.force_login(getattr(line.cast, who))
        return client.post(address, json.dumps(body), content_type="application/json")

    grid = send(place, {}).json()
    assert len(grid["cards"]) == 3 and grid["questions"][0]["name"] == "Light" and grid["empty"] is None
    items = [
        {
            "slot": card["slot"],
            "lease_token": card["lease_token"],
            "version": card["label"]["version"],
            "decision": "approve",
            "key": uuid.uuid4().hex,
        }
        for card in grid["cards"]
    ]
    answer = send(
        f"{place}decide/", {"items": [*items[:2], {**items[2], "slot": str(uuid.uuid4())}], "timed": items[2]["slot"]}
    )
    assert [one["status"] for one in answer.json()["results"]] == [201, 201, 404]
    assert send(f"{place}decide/", {"items": []}).json()["code"] == "nothing_to_decide"
    assert send(f"{place}decide/", {"items": [items[0], items[0]]}).json()["code"] == "stands_twice"
    many = [{**items[0], "slot": str(uuid.uuid4()), "key": str(n)} for n in range(MOST_DECISIONS + 1)]
    assert (send(f"{place}decide/", {"items": many}).status_code) == 413
    back = send(f"{place}give-back/", {"items": [{"slot": items[2]["slot"], "lease_token": items[2]["lease_token"]}]})
    assert back.json() == {"free": 1}
    assert [send(place, {}, who).status_code for who in ("lena", "pia", "otto")] == [403, 403, 404]
    assert send(place, {}).json()["cards"][0]["slot"] == items[2]["slot"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_decide_twice(cast: Cast) -> None:
    """Both hold what the other holds no more or not yet; each label has one decision, one audit row and one event."""
    line = make_line(cast, rows=4)
    label_rows(line, 4)
    cards = cards_of(cast.rita, line)
    start = threading.Barrier(2)

    def press(n: int) -> list[int]:
        start.wait()
        turned = cards if n else cards[::-1]
        try:
            found = bulk_review.decide_many(cast.rita, line.project, [item(card) for card in turned])
        finally:
            connection.close()
        return [one.status for one in found]

    with ThreadPoolExecutor(2) as pool:
        statuses = [status for one in pool.map(press, range(2)) for status in one]
    assert sorted(statuses) == [201] * 4 + [409] * 4
    assert Review.objects.count() == AuditEvent.objects.filter(action="label.reviewed").count() == 4
    assert Event.objects.filter(kind="label_reviewed", stream__startswith="project:").count() == 4
