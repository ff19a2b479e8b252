"""The board says where rows are and with whom, in the line's own numbers; the history says what happened to one."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import queue, returns, work_time
from labeling.models import Label, ProjectRow, Slot, WorkInterval, WorkSession
from quality import benchmarks, board, flow, issues, review_steps, review_value, row_history
from quality.board import Board, Column
from quality.review_steps import LooksAt, Step
from tests.cast import Cast
from tests.line import Line, make_line, payload
from tests.plans import plan_of
from tests.quality.test_review import decide, label_row, lease_review, mended, review_slot, submit
from workforce.errors import NotAllowed, NotFound, RuleViolation
from workforce.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast, rows=30)


def board_of(line: Line) -> Board:
    return board.board_of(line.cast.max, line.project, at=work_time.clock())


def columns(line: Line) -> dict[str, Column]:
    return {one.key: one for one in board_of(line).columns}


def rework(line: Line, person: Person) -> Slot:
    return next(slot for slot in queue.lease_next_rows(person, line.project).slots if slot.is_rework)


def worked_on(slot: Slot, seconds: int) -> Slot:
    """So many seconds of work on a review, as heartbeats would have noted them."""
    assert slot.labeler is not None
    session, since = work_time.beat(slot.labeler, slot, has_input=True), work_time.clock() - timedelta(seconds=seconds)
    WorkSession.objects.filter(pk=session.pk).update(first_beat_at=since)
    WorkInterval.objects.filter(session=session).update(started_at=since)
    return slot


def sent_back_twice(line: Line) -> Label:
    label = label_row(line.cast.lena, line)
    decide(line.cast.rita, worked_on(lease_review(line.cast.rita, line), 30), "reject")
    submit(line.cast.lena, rework(line, line.cast.lena), payload((1, 1, 24, 24)))
    reasons = [{"code": "wrong_answer", "text": "It is night."}]
    decide(line.cast.rita, worked_on(lease_review(line.cast.rita, line), 30), "reject", reasons=reasons)
    return label


# --- The board ----------------------------------------------------------------------------------------------------
def test_its_numbers_are_the_lines_and_people_stand_with_what_they_have(line: Line) -> None:
    label = sent_back_twice(line)
    label_row(line.cast.leo, line)
    label_row(line.cast.leo, line)
    lease_review(line.cast.eva, line)
    returns.exclude_row(
        line.cast.max, str(ProjectRow.objects.filter(state="waiting").latest("pk").uid), reason="Blurred."
    )
    found, shown = flow.line_of(line.cast.max, line.project, at=work_time.clock()), columns(line)
    numbers = {key: one.count for key, one in shown.items()}
    expected = {name: getattr(found, name).wip for name in ("labeling", "rework", "unclear")}
    assert numbers == {"queue": found.queue.wip, "review-1": found.review.wip, "done": found.done.came_in, **expected}
    assert sum(numbers.values()) == found.total
    assert [(hand.person, hand.count) for hand in shown["rework"].hands] == [(line.cast.lena, 1)]
    assert {hand.person for hand in shown["review-1"].hands} == {line.cast.eva}
    assert [hand.person for hand in shown["labeling"].hands] == [line.cast.lena, line.cast.leo]
    card = shown["rework"].cards[0]
    assert (card.row, card.who, card.trips, card.reason) == (label.project_row, line.cast.lena, 2, "It is night.")
    assert len(shown["queue"].cards) == board.CARDS and shown["unclear"].cards[0].slot is None


def test_a_row_stands_at_its_furthest_step(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    label_row(line.cast.leo, line)
    Slot.objects.filter(pk=review_slot(label).pk).update(step=2)
    shown = columns(line)
    assert (shown["review-1"].count, shown["review-2"].count) == (1, 1)
    assert shown["review-2"].title == "Review 2" and shown["review-2"].cards[0].row == label.project_row
    assert shown["review-1"].cards[0].row != label.project_row
    plan = plan_of(board._ROWS_BY_STEP, [line.project.pk])
    assert "Seq Scan" not in plan, plan


def test_it_asks_the_same_for_three_rows_and_for_thirty(cast: Cast) -> None:
    few, many = make_line(cast, rows=3), make_line(cast, rows=30, name=" 2")
    for made, count in ((few, 1), (many, 6)):
        for _ in range(count):
            label_row(cast.lena, made)
            decide(cast.rita, lease_review(cast.rita, made), "reject")
            label_row(cast.leo, made)
        if made is many:
            decide(cast.rita, lease_review(cast.rita, made))
            lease_review(cast.eva, made)

    def asked(made: Line) -> int:
        with CaptureQueriesContext(connection) as queries:
            board_of(made)
        return len(queries)

    asked(few)
    assert asked(many) <= asked(few) + 1, "one statement more names the people"


def test_the_page_shows_it_and_its_acts_come_back_to_it(line: Line) -> None:
    sent_back_twice(line)
    slot = rework(line, line.cast.lena)
    queue.release_slot(line.cast.lena, str(slot.uid), slot.lease_token or 0)
    client, place = Client(), f"/admin/projects/{line.project.uid}/"
    client.force_login(line.cast.pia)
    found = client.get(f"{place}board/").content.decode()
    for words in ("Waiting", "Second review", "2×", "It is night.", "Lena Lund", "Give to someone else"):
        assert (words in found) is (words != "Second review"), words
    listed = client.get(f"{place}rows/?rows=rework&person={line.cast.lena.uid}").content.decode()
    assert "row-00000" in listed and "Lena Lund" in listed and "row-00001" not in listed
    freed = client.post(f"{place}queue/clear/", {"person": str(line.cast.lena.uid), "then": "board"})
    assert freed.headers["Location"] == f"{place}board/"
    told = client.get(f"/api/v1/projects/{line.project.uid}/board/").json()
    assert next(one["cards"][0]["sent_back"] for one in told["columns"] if one["stage"] == "rework") == 2
    client.force_login(line.cast.otto)
    assert client.get(f"/api/v1/projects/{line.project.uid}/board/").status_code == 404


# --- The history --------------------------------------------------------------------------------------------------
def test_a_row_tells_what_happened_and_what_each_decision_added(line: Line) -> None:
    cast, label = line.cast, sent_back_twice(line)
    issues.open_issue(cast.rita, label.project_row, category="edge_case", text="Night or dusk?")
    submit(cast.lena, rework(line, cast.lena), payload((1, 1, 24, 24), light="night"))
    decide(cast.rita, worked_on(lease_review(cast.rita, line), 30), "fix", payload=mended(label))
    found = row_history.history_of(cast.pia, str(label.project_row.uid))
    kinds = [one.kind for one in found.moments]
    assert "added" in kinds and kinds.count("submitted") == 4 and kinds.count("decided") == 3
    assert {"drawn", "moved", "done", "issue_opened"} <= set(kinds)
    assert [one.at for one in found.moments] == sorted(one.at for one in found.moments)
    (shown,) = found.labels
    assert (shown.trips, shown.against, len(shown.versions)) == (2, "final", 4)
    scores = [one.score for one in shown.versions]
    assert scores[-1] == 1 and all(score is not None for score in scores) and scores[1] != scores[2]
    assert [(one.sign, one.words) for one in shown.versions[2].changes if one.sign == "reanswered"] == [
        ("reanswered", "Light: Day → Night")
    ]
    assert [one.sign for one in shown.versions[3].changes] == ["moved"]
    gains = [gain for one in shown.versions for _, _, gain in one.reviews]
    assert gains[1] is not None and gains[1].points == pytest.approx(100 * ((scores[2] or 0) - (scores[1] or 0)))
    today = work_time.day_in(line.project, work_time.clock())
    value = review_value.value_of_reviews(cast.max, line.project, since=today, until=today)
    assert value.total.n == 3 and value.total.minutes == pytest.approx(1.5, abs=0.1)
    assert value.total.points == pytest.approx(sum(gain.points for gain in gains if gain))
    assert [one.person for one in value.people] == [cast.rita] and value.is_whole
    client = Client()
    client.force_login(cast.pia)
    page = client.get(f"/admin/rows/{label.project_row.uid}/history/").content.decode()
    assert "Light: Day → Night" in page and 'class="q-shape ' in page and "2×" in page
    # The frame's own list of stylesheets is not in the way of a value of the page.
    assert "crewline.css" in page
    performance = client.get(f"/admin/projects/{line.project.uid}/performance/").content.decode()
    assert "What review added" in performance and "too few to say" in performance


def test_scores_are_against_gold_for_those_who_may_see_it(line: Line) -> None:
    cast, label = line.cast, label_row(line.cast.lena, line)
    decide(cast.rita, lease_review(cast.rita, line), "fix", payload=mended(label))
    benchmarks.make_benchmark(cast.ada, label.project_row, payload=payload((2, 2, 22, 22), light="night"))
    uid = str(label.project_row.uid)
    (by_lead,) = row_history.history_of(cast.pia, uid).labels
    (by_reviewer,) = row_history.history_of(cast.rita, uid).labels
    assert (by_lead.against, by_reviewer.against) == ("gold", "final")
    assert (by_lead.versions[1].score or 0) < 1 == by_reviewer.versions[1].score
    today = work_time.day_in(line.project, work_time.clock())
    value = review_value.value_of_reviews(cast.max, line.project, since=today, until=today)
    gained = (by_lead.versions[1].score or 0) - (by_lead.versions[0].score or 0)
    assert value.total.points == pytest.approx(100 * gained)
    told = [one.what for one in row_history.history_of(cast.rita, uid).moments]
    assert not any("gold" in words.lower() or "Moved" in words for words in told)


def test_who_may_read_it(line: Line) -> None:
    cast, label = line.cast, label_row(line.cast.lena, line)
    uid = str(label.project_row.uid)
    for person, refusal in (
        (cast.lena, NotAllowed),
        (cast.rita, NotFound),
        (cast.otto, NotFound),
        (cast.nora, NotAllowed),
    ):
        with pytest.raises(refusal):
            row_history.history_of(person, uid)
    lease_review(cast.rita, line)
    assert [one.label for one in row_history.history_of(cast.rita, uid).labels] == [label]
    waiting = ProjectRow.objects.filter(project=line.project, state="waiting")[0]
    with pytest.raises(RuleViolation, match="still label"):
        row_history.history_of(cast.eva, str(waiting.uid))
    client = Client()
    client.force_login(cast.rita)
    assert "Label of Lena Lund" in client.get(f"/row-history/{uid}/").content.decode()
    assert client.get(f"/api/v1/rows/{uid}/history/").json()["is_whole"] is False
    assert client.get(f"/row-history/{waiting.uid}/").status_code == 404


def test_who_looks_at_the_next_step_reads_no_history_before_the_own_decision(line: Line) -> None:
    cast, second = line.cast, Step(name="Second look", looks_at=LooksAt.REVIEWED)
    review_steps.change_steps(cast.pia, line.project, [Step(1), second])
    label = label_row(cast.lena, line)
    uid = str(label.project_row.uid)
    decide(cast.rita, lease_review(cast.rita, line), "approve")
    slot = lease_review(cast.eva, line)
    assert slot.step == 2
    with pytest.raises(NotFound):
        row_history.history_of(cast.eva, uid)
    decide(cast.eva, slot, "approve")
    told = [one.more for one in row_history.history_of(cast.eva, uid).moments if one.kind == "decided"]
    assert told == ["Review", "Second look"]


def test_a_history_asks_the_same_for_one_label_and_for_four(cast: Cast) -> None:
    made = make_line(cast, rows=1, consensus_share=100, consensus_labels=4, review_of="every")
    row = ProjectRow.objects.get(project=made.project)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            row_history.history_of(cast.max, str(row.uid))
        return len(queries)

    label_row(cast.lena, made)
    asked()
    few: Any = asked()
    for person in (cast.leo, cast.lia, cast.eva):
        label_row(person, made)
    assert asked() == few
