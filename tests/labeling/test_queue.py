"""Claim, keep, give back, skip: one situation each, on a real PostgreSQL."""

import pytest
from django.db import connection

from labeling import counters, lease_sweep, queue, skips, work_time
from labeling.models import Project, ProjectRow, Slot, WorkInterval, WorkSession
from tests.cast import Cast
from tests.line import Line, make_line
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, ClockTimestamp, Person

pytestmark = pytest.mark.django_db


def expire(slot: Slot) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labeling_slot SET leased_until = clock_timestamp() - interval '1 second' WHERE id = %s", [slot.pk]
        )


def lease(person: Person, line: Line) -> Slot:
    return queue.lease_next_rows(person, line.project).slots[0]


def test_two_people_never_hold_one_slot(line: Line) -> None:
    mine = queue.lease_next_rows(line.cast.lena, line.project).slots
    theirs = queue.lease_next_rows(line.cast.leo, line.project).slots
    assert len(mine) == len(theirs) == queue.SMALLEST_BATCH
    assert not {slot.pk for slot in mine} & {slot.pk for slot in theirs}


def test_rows_come_in_the_order_they_went_in(line: Line) -> None:
    names = [
        slot.project_row.data_row.external_id for slot in queue.lease_next_rows(line.cast.lena, line.project).slots
    ]
    assert names == ["row-00000", "row-00001"]
    assert {slot.why for slot in line.slots().filter(state=Slot.State.LEASED)} == {"oldest"}


def test_a_page_that_asks_again_gets_only_what_it_has_not(line: Line) -> None:
    first = queue.lease_next_rows(line.cast.lena, line.project).slots
    assert queue.lease_next_rows(line.cast.lena, line.project, have=[str(s.uid) for s in first]).slots == ()
    again = queue.lease_next_rows(line.cast.lena, line.project).slots
    assert [slot.pk for slot in again] == [slot.pk for slot in first]


def test_an_expired_lease_is_free_in_the_claim_itself(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    expire(slot)
    taken = queue.lease_next_rows(line.cast.leo, line.project).slots[0]
    assert taken.pk == slot.pk
    assert taken.lease_token > slot.lease_token


def test_a_row_whose_lease_ran_out_is_taken_back_though_the_hand_is_full(line: Line) -> None:
    lost, kept = queue.lease_next_rows(line.cast.lena, line.project).slots
    work_time.beat(line.cast.lena, lost, has_input=True)
    expire(lost)
    ahead = queue.lease_next_rows(line.cast.lena, line.project, have=[str(kept.uid)]).slots
    assert [slot.pk for slot in ahead] == [lost.pk]
    expire(lost)
    Slot.objects.filter(pk=lost.pk).update(order_key=10**9)
    full = queue.lease_next_rows(line.cast.lena, line.project).slots
    assert lost.pk not in {slot.pk for slot in full}
    again = queue.lease_next_rows(line.cast.lena, line.project, wanted=str(lost.uid)).slots
    assert (again[0].pk, again[0].why, len(again)) == (lost.pk, "taken_back", len(full) + 1)


def test_a_row_that_somebody_took_meanwhile_is_not_taken_back(line: Line) -> None:
    lost = lease(line.cast.lena, line)
    work_time.beat(line.cast.lena, lost, has_input=True)
    expire(lost)
    assert lease(line.cast.leo, line).pk == lost.pk
    slots = queue.lease_next_rows(line.cast.lena, line.project, wanted=str(lost.uid)).slots
    assert lost.pk not in {slot.pk for slot in slots}


def test_nobody_picks_a_row_by_name_that_they_have_not_worked_on(line: Line) -> None:
    last = line.slots().order_by("-order_key")[0]
    slots = queue.lease_next_rows(line.cast.lena, line.project, wanted=str(last.uid)).slots
    assert last.pk not in {slot.pk for slot in slots}


def test_who_skipped_a_row_does_not_get_it_again(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    queue.skip_slot(line.cast.lena, str(slot.uid), slot.lease_token, reason="other")
    rows = {s.project_row_id for s in queue.lease_next_rows(line.cast.lena, line.project).slots}
    assert slot.project_row_id not in rows
    assert lease(line.cast.leo, line).project_row_id == slot.project_row_id


def test_an_unclear_row_is_set_aside(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    queue.skip_slot(line.cast.lena, str(slot.uid), slot.lease_token, reason="unclear_rule", comment="two cars or one?")
    row = ProjectRow.objects.get(pk=slot.project_row_id)
    assert row.state == ProjectRow.State.SET_ASIDE
    assert counters.rows_by_state(line.project)["set_aside"] == 1
    assert not line.slots().filter(project_row=row, state=Slot.State.OPEN).exists()
    assert AuditEvent.objects.filter(action="slot.skipped", target_uid=slot.uid).count() == 1


def test_an_unknown_reason_is_refused_and_nothing_changes(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    with pytest.raises(InvalidInput) as refusal:
        queue.skip_slot(line.cast.lena, str(slot.uid), slot.lease_token, reason="tired")
    assert refusal.value.code == "unknown_skip_reason"
    slot.refresh_from_db()
    assert slot.state == Slot.State.LEASED


def test_a_released_row_goes_to_the_next_person_and_its_time_is_kept(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    queue.keep_leases(line.cast.lena, str(slot.uid), slot.lease_token, has_input=True)
    queue.release_slot(line.cast.lena, str(slot.uid), slot.lease_token)
    assert lease(line.cast.leo, line).pk == slot.pk
    assert WorkSession.objects.get(slot=slot, person=line.cast.lena).outcome == WorkSession.Outcome.ABANDONED


def test_a_heartbeat_renews_every_lease_and_counts_only_the_named_row(line: Line) -> None:
    first, second = queue.lease_next_rows(line.cast.lena, line.project).slots
    until = queue.keep_leases(line.cast.lena, str(first.uid), first.lease_token, has_input=True)
    assert until > first.leased_until
    second.refresh_from_db()
    assert abs((second.leased_until - until).total_seconds()) < 1
    assert list(WorkSession.objects.values_list("slot", flat=True)) == [first.pk]


def test_a_heartbeat_without_input_for_too_long_ends_the_lease(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE labeling_slot SET last_input_at = clock_timestamp() - interval '31 minutes'")
    with pytest.raises(RuleViolation) as refusal:
        queue.keep_leases(line.cast.lena, str(slot.uid), slot.lease_token, has_input=False)
    assert refusal.value.code == "lease_idle"


def test_a_stale_token_is_refused(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    expire(slot)
    lease(line.cast.leo, line)
    with pytest.raises(RuleViolation) as refusal:
        queue.keep_leases(line.cast.lena, str(slot.uid), slot.lease_token, has_input=True)
    assert refusal.value.code == "lease_lost"


def test_a_shut_gate_gives_no_new_row_and_leaves_those_in_hand(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    lena, leo, project = line.cast.lena, line.cast.leo, line.project
    mine = queue.lease_next_rows(lena, project).slots
    shut = queue.Empty("waits_for_rules", "Read the rules first.")
    monkeypatch.setattr(queue, "_gates", [])
    queue.register_gate(lambda person, project, kind: shut if kind == Slot.Kind.LABEL else None)
    assert queue.lease_next_rows(leo, project) == queue.Claim((), shut)
    assert [slot.pk for slot in queue.lease_next_rows(lena, project).slots] == [slot.pk for slot in mine]
    known = [str(slot.uid) for slot in mine]
    assert queue.lease_next_rows(lena, project, have=known) == queue.Claim((), None)


def test_an_empty_queue_says_why(line: Line) -> None:
    queue.lease_next_rows(line.cast.lena, line.project)
    queue.lease_next_rows(line.cast.leo, line.project)
    claim = queue.lease_next_rows(line.cast.lia, line.project)
    assert claim.slots == ()
    assert claim.empty and claim.empty.code == "others_have_them"
    assert claim.empty.next_at is not None


def test_a_paused_project_gives_no_rows(line: Line) -> None:
    Project.objects.update(state=Project.State.PAUSED)
    line.project.refresh_from_db()
    claim = queue.lease_next_rows(line.cast.lena, line.project)
    assert claim.slots == ()
    assert claim.empty and claim.empty.code == "project_closed"


@pytest.mark.parametrize("name", ["rita", "wim", "nora", "max"])
def test_who_has_no_right_to_label_gets_no_row(line: Line, name: str) -> None:
    with pytest.raises(NotAllowed):
        queue.lease_next_rows(getattr(line.cast, name), line.project)


def test_the_stranger_does_not_know_of_the_project(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    with pytest.raises(NotFound):
        queue.lease_next_rows(line.cast.otto, line.project)
    with pytest.raises(NotFound):
        queue.keep_leases(line.cast.otto, str(slot.uid), slot.lease_token, has_input=True)


def test_fast_people_get_more_rows_at_once(line: Line) -> None:
    for _ in range(3):
        slot = lease(line.cast.lena, line)
        work_time.beat(line.cast.lena, slot, has_input=True)
        work_time.credit(line.cast.lena, slot, outcome=WorkSession.Outcome.SUBMITTED)
        Slot.objects.filter(pk=slot.pk).update(state=Slot.State.DONE)
    WorkSession.objects.update(active_seconds=75)
    assert queue.batch_size(line.cast.lena, line.project) == 4
    WorkSession.objects.update(active_seconds=5)
    assert queue.batch_size(line.cast.lena, line.project) == queue.LARGEST_BATCH
    # Reviewing has a pace of its own.
    assert queue.batch_size(line.cast.lena, line.project, Slot.Kind.REVIEW) == queue.SMALLEST_BATCH
    WorkSession.objects.update(stage=WorkSession.Stage.REVIEW)
    assert queue.batch_size(line.cast.lena, line.project, Slot.Kind.REVIEW) == queue.LARGEST_BATCH


def test_the_sweep_tidies_and_keeps_the_time(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    queue.keep_leases(line.cast.lena, str(slot.uid), slot.lease_token, has_input=True)
    expire(slot)
    assert lease_sweep.sweep_expired_leases() == 1
    slot.refresh_from_db()
    assert (slot.state, slot.labeler) == (Slot.State.OPEN, None)
    assert WorkSession.objects.get().outcome == WorkSession.Outcome.ABANDONED
    assert lease_sweep.sweep_expired_leases() == 0


def test_time_gone_in_a_gap_counts_nothing(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    work_time.beat(line.cast.lena, slot, has_input=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labeling_workinterval SET started_at = started_at - interval '20 minutes',"
            " ended_at = ended_at - interval '10 minutes', last_input_at = last_input_at - interval '10 minutes'"
        )
        cursor.execute("UPDATE labeling_worksession SET first_beat_at = first_beat_at - interval '20 minutes'")
    session = work_time.credit(line.cast.lena, slot, outcome=WorkSession.Outcome.SUBMITTED)
    session.refresh_from_db()
    assert 599 < session.active_seconds < 602
    assert 598 < session.idle_seconds < 602
    assert WorkInterval.objects.filter(is_open=True).count() == 0


def test_two_rows_at_once_count_one_minute_once(line: Line) -> None:
    first, second = queue.lease_next_rows(line.cast.lena, line.project).slots
    work_time.beat(line.cast.lena, first, has_input=True)
    work_time.beat(line.cast.lena, second, has_input=True)
    assert WorkInterval.objects.filter(is_open=True).count() == 1


def test_clearing_leases_needs_the_right_and_is_audited(line: Line) -> None:
    lease(line.cast.lena, line)
    with pytest.raises(NotAllowed):
        queue.clear_leases(line.cast.leo, line.project, of=line.cast.lena)
    assert queue.clear_leases(line.cast.max, line.project, of=line.cast.lena) == 2
    assert AuditEvent.objects.filter(action="leases.cleared").count() == 1
    assert not line.slots().filter(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp()).exists()


def test_consensus_wants_several_people_on_one_row(cast: Cast) -> None:
    line = make_line(cast, rows=3, consensus_share=100, consensus_labels=3)
    assert line.slots().count() == 9
    mine = queue.lease_next_rows(cast.lena, line.project).slots
    assert len({slot.project_row_id for slot in mine}) == len(mine)


@pytest.mark.parametrize("count", [3, 30])
def test_a_claim_asks_the_same_number_of_questions_at_any_size(
    cast: Cast, count: int, django_assert_num_queries: object
) -> None:
    line = make_line(cast, rows=count)
    with django_assert_num_queries(17):  # type: ignore[operator]  # pytest-django's fixture
        queue.lease_next_rows(cast.lena, line.project)


# --- Asked twice --------------------------------------------------------------------------------------------------
def test_a_skip_whose_answer_was_lost_is_no_loss(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    for reason in ("other", "other", "need_expert"):
        skips.skip_row(line.cast.lena, str(slot.uid), slot.lease_token, reason=reason)
    slot.refresh_from_db()
    assert (slot.state, slot.skip_reason) == (Slot.State.SKIPPED, "other")
    assert line.slots().filter(project_row=slot.project_row).count() == 2
    assert AuditEvent.objects.filter(action="slot.skipped", target_uid=slot.uid).count() == 1
    with pytest.raises(RuleViolation) as refusal:
        skips.skip_row(line.cast.leo, str(slot.uid), slot.lease_token, reason="other")
    assert refusal.value.code == "lease_lost"


def test_a_release_whose_answer_was_lost_is_no_loss(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    queue.keep_leases(line.cast.lena, str(slot.uid), slot.lease_token, has_input=True)
    for _ in range(2):
        skips.give_back(line.cast.lena, str(slot.uid), slot.lease_token)
    taken = lease(line.cast.leo, line)
    assert taken.pk == slot.pk
    skips.give_back(line.cast.lena, str(slot.uid), slot.lease_token)
    taken.refresh_from_db()
    assert (taken.state, taken.labeler) == (Slot.State.LEASED, line.cast.leo)
    with pytest.raises(RuleViolation) as refusal:
        skips.give_back(line.cast.lena, str(slot.uid), taken.lease_token)
    assert refusal.value.code == "lease_lost"
