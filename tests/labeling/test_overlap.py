"""Overlap: settings change while rows run. More is asked for, queued work is cancelled, leased work never."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from labeling import overlap, projects, queue
from labeling.models import Project, ProjectRow, Slot, WorkSession
from tests.cast import Cast
from tests.labeling.test_closed_batches import second_batch
from tests.labeling.test_labels import submit
from tests.line import Line, make_line, payload
from tests.locks import wait_until_somebody_waits
from workforce import rates
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, ClockTimestamp, Membership

pytestmark = pytest.mark.django_db


def shared(line: Line) -> set[int]:
    return set(ProjectRow.objects.filter(project=line.project, labels_wanted__gt=1).values_list("pk", flat=True))


def open_slots(line: Line) -> int:
    return int(line.slots().filter(state=Slot.State.OPEN).count())


def change(line: Line, **changes: Any) -> overlap.Change:
    return overlap.change_overlap(
        line.cast.pia, line.project, {f"consensus_{name}": value for name, value in changes.items()}
    )


def test_a_greater_share_adds_rows_and_reshuffles_none(cast: Cast) -> None:
    line = make_line(cast, rows=40)
    drawn: set[int] = set()
    for share in (20, 50, 100):
        told = change(line, share=share)
        assert drawn < shared(line) and open_slots(line) == 40 + 2 * len(shared(line))
        assert (told.rows_more, told.more, told.fewer) == (len(shared(line) - drawn), 2 * told.rows_more, 0)
        drawn = shared(line)
    assert len(drawn) == 40
    change(line, share=20)
    again = shared(line)
    assert open_slots(line) == 40 + 2 * len(again) and 0 < len(again) < 20
    # A row that comes in later is drawn by the same rule.
    assert change(line, share=20).version == 5


def test_what_is_leased_stays_and_what_is_finished_keeps_what_it_has(cast: Cast) -> None:
    line = make_line(cast, rows=4, consensus_share=100, consensus_labels=3, review_share=0)
    (done, held, begun, _untouched) = ProjectRow.objects.order_by("pk")
    Slot.objects.filter(project_row=done).update(state=Slot.State.DONE)
    ProjectRow.objects.filter(pk=done.pk).update(state=ProjectRow.State.DONE)
    for person in (cast.lena, cast.leo, cast.lia):
        queue.lease_next_rows(person, line.project)
    assert Slot.objects.filter(project_row=held, state=Slot.State.LEASED).count() == 3
    told = overlap.preview_overlap(cast.pia, line.project, {"consensus_share": 0})
    assert (told.unfinished, told.rows_fewer, told.fewer, told.kept_in_hand) == (3, 1, 2, 4)
    assert open_slots(line) == 3, "a preview changes nothing"
    told = change(line, share=0)
    assert (told.fewer, told.kept_in_hand) == (2, 4)
    states = line.slots().values_list("project_row", "state")
    assert sum(state == "leased" for _, state in states) == 6
    assert [state for row, state in states if row == done.pk] == ["done"] * 3
    done.refresh_from_db()
    begun.refresh_from_db()
    assert (done.labels_wanted, begun.labels_wanted) == (3, 1)


def test_a_row_that_waits_for_nobody_any_more_goes_on(cast: Cast) -> None:
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=3, review_share=0)
    (slot,) = queue.lease_next_rows(cast.lena, line.project).slots
    submit(cast.lena, slot, payload((0, 0, 9, 9)))
    told = change(line, share=0)
    assert (told.rows_fewer, told.fewer, told.complete) == (1, 2, 1)
    from tests.quality.test_consensus import run_jobs

    run_jobs()
    assert ProjectRow.objects.get().state == ProjectRow.State.DONE


def test_a_batch_says_otherwise_and_no_longer(cast: Cast) -> None:
    line = make_line(cast, rows=3)
    other = second_batch(line)
    told = overlap.change_overlap(cast.pia, line.project, {"consensus_share": 100, "consensus_labels": 2}, batch=other)
    assert told.rows_more == told.more == ProjectRow.objects.filter(batch=other).count() > 0
    assert set(ProjectRow.objects.filter(batch=other).values_list("labels_wanted", flat=True)) == {2}
    other.refresh_from_db()
    assert overlap.overlap_of(line.project, other).labels == 2 and overlap.overlap_of(line.project).labels == 3
    # The project's change leaves the batch's own alone, and a taken back one follows the project again.
    assert change(line, share=100).more == 2 * 3
    back = {"consensus_share": None, "consensus_labels": None}
    assert overlap.change_overlap(cast.pia, line.project, back, batch=other).more == told.more
    assert set(ProjectRow.objects.values_list("labels_wanted", flat=True)) == {3}
    event = AuditEvent.objects.filter(action="overlap.changed").order_by("pk")[0]
    assert (event.actor, event.target_uid, event.after["consensus_labels"]) == (cast.pia, other.uid, 2)


def test_the_preview_says_what_it_costs_to_who_may_see_rates(cast: Cast) -> None:
    line = make_line(cast, rows=4)
    nothing = overlap.preview_overlap(cast.max, line.project, {"consensus_share": 100})
    assert (nothing.more, nothing.measured.minutes, nothing.cost) == (8, None, ())
    for person, seconds, slot in zip((cast.lena, cast.lena, cast.leo), (60, 120, 300), line.slots(), strict=False):
        WorkSession.objects.create(
            project=line.project, slot=slot, person=person, stage="labeling", lease_token=seconds, outcome="submitted",
            first_beat_at=ClockTimestamp(), last_beat_at=ClockTimestamp(), active_seconds=seconds,
        )  # fmt: skip
    member = Membership.objects.get(person=cast.lena)
    today = line.project.created_at.date()
    rates.set_rate(cast.max, member, amount=Decimal(30), currency="EUR", per="hour", valid_from=today.replace(day=1))
    told = overlap.preview_overlap(cast.max, line.project, {"consensus_share": 100})
    assert (told.measured.minutes, told.measured.n, told.measured.hours_of(told.opinions)) == (2.0, 3, 8 * 2 / 60)
    # Two of three rows are Lena's, and only she has a rate.
    (cost,) = told.cost or ()
    assert (cost.currency, cost.amount, cost.share) == ("EUR", Decimal("5.33"), 2 / 3)
    assert overlap.preview_overlap(cast.pia, line.project, {"consensus_share": 100}).cost is None


def test_who_may_and_what_is_refused(cast: Cast) -> None:
    line = make_line(cast, rows=1)
    for person, refusal in ((cast.lena, NotAllowed), (cast.wim, NotAllowed), (cast.otto, NotFound)):
        for act in (overlap.preview_overlap, overlap.change_overlap):
            with pytest.raises(refusal):
                act(person, line.project, {"consensus_share": 10})
    for changes, code in (
        ({"consensus_share": 101}, "setting_invalid"),
        ({"consensus_share": None}, "setting_invalid"),
        ({"consensus_strategy": "dice"}, "setting_invalid"),
        ({"seed": "x"}, "unknown_setting"),
    ):
        with pytest.raises(InvalidInput) as refused:
            overlap.change_overlap(cast.pia, line.project, changes)
        assert refused.value.code == code
    change(line, threshold=0.5)
    with pytest.raises(RuleViolation) as late:
        overlap.change_overlap(cast.pia, line.project, {"consensus_threshold": 0.6}, version=1)
    assert (late.value.code, late.value.details["version"]) == ("settings_moved_on", 2)
    Project.objects.update(state="archived")
    with pytest.raises(RuleViolation, match="closed"):
        change(line, threshold=0.9)


def test_every_door_to_the_settings_changes_the_rows(cast: Cast) -> None:
    line = make_line(cast, rows=2)
    changed = projects.change_project(cast.pia, line.project, consensus_share=100, review_share=10)
    assert (changed.consensus_share, changed.review_share, changed.consensus_version) == (100, 10, 2)
    assert open_slots(line) == 6
    assert overlap.labels_wanted(overlap.overlap_of(changed), changed, "any") == 3


@pytest.mark.django_db(transaction=True)
def test_a_claim_at_the_same_moment_keeps_what_it_took(cast: Cast) -> None:
    line = make_line(cast, rows=3, consensus_share=100, consensus_labels=3)
    told: list[overlap.Change] = []

    def lower() -> None:
        try:
            told.append(change(line, share=0))
        finally:
            connection.close()

    with transaction.atomic():
        taken = queue.lease_next_rows(cast.lena, line.project).slots
        thread = threading.Thread(target=lower)
        thread.start()
        wait_until_somebody_waits()
    thread.join(20)
    states = dict(Slot.objects.values_list("pk", "state"))
    assert taken and all(states[slot.pk] == "leased" for slot in taken)
    # Every row is left with one: the leased slot where there is one, an open one elsewhere.
    assert sorted(states.values()).count("revoked") == 6 and told[0].fewer == 6
