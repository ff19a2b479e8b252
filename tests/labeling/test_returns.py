"""What waits for nobody comes back: rows set aside, and rework whose maker has gone."""

import pytest

from labeling import counters, queue, returns
from labeling.models import ProjectRow, Slot
from quality.models import RowConsensus
from tests.cast import Cast
from tests.labeling.test_queue import expire
from tests.line import Line, make_line, payload
from tests.quality.test_consensus import BOX, HALF, first_row, give, run_jobs
from tests.quality.test_review import decide, label_row, lease_review, submit
from workforce.errors import NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Person

pytestmark = pytest.mark.django_db


def skip(person: Person, slot: Slot, reason: str = "unclear_rule") -> None:
    assert slot.lease_token is not None
    queue.skip_slot(person, str(slot.uid), slot.lease_token, reason=reason)


@pytest.fixture
def shared(cast: Cast) -> Line:
    """One row that wants two opinions, no review."""
    return make_line(cast, rows=1, consensus_share=100, consensus_labels=2, review_share=0)


def lease_one(person: Person, line: Line) -> Slot:
    return queue.lease_next_rows(person, line.project).slots[0]


def test_nobody_gets_a_row_that_was_set_aside_while_another_held_it(shared: Line) -> None:
    mine, theirs = lease_one(shared.cast.lena, shared), lease_one(shared.cast.leo, shared)
    skip(shared.cast.lena, mine)
    assert theirs.lease_token is not None
    queue.release_slot(shared.cast.leo, str(theirs.uid), theirs.lease_token)
    claim = queue.lease_next_rows(shared.cast.lia, shared.project)
    assert (claim.slots, claim.empty and claim.empty.code) == ((), "all_taken")
    back = returns.return_row(shared.cast.max, str(mine.project_row.uid))
    assert back.state == ProjectRow.State.WAITING
    assert shared.slots().filter(state=Slot.State.OPEN).count() == 2
    assert len(queue.lease_next_rows(shared.cast.lia, shared.project).slots) == 1
    assert counters.rows_by_state(shared.project)["waiting"] == 1


def test_an_expired_lease_of_a_row_that_was_set_aside_is_not_claimed(shared: Line) -> None:
    mine, theirs = lease_one(shared.cast.lena, shared), lease_one(shared.cast.leo, shared)
    skip(shared.cast.lena, mine)
    expire(theirs)
    assert queue.lease_next_rows(shared.cast.lia, shared.project).slots == ()


def test_what_was_submitted_meanwhile_counts_when_the_row_comes_back(shared: Line) -> None:
    mine, theirs = lease_one(shared.cast.lena, shared), lease_one(shared.cast.leo, shared)
    skip(shared.cast.lena, mine)
    submit(shared.cast.leo, theirs, payload(BOX))
    row = returns.return_row(shared.cast.max, str(mine.project_row.uid))
    assert row.state == ProjectRow.State.IN_WORK
    give(shared.cast.lia, shared, payload(HALF))
    run_jobs()
    row.refresh_from_db()
    assert row.state == ProjectRow.State.DONE


def test_a_row_whose_opinions_came_in_while_it_was_aside_goes_on_at_once(cast: Cast) -> None:
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=3, review_share=0)
    slots = [lease_one(person, line) for person in (cast.lena, cast.leo, cast.lia)]
    skip(cast.lena, slots[0])
    ProjectRow.objects.update(labels_wanted=2)
    for person, slot in zip((cast.leo, cast.lia), slots[1:], strict=True):
        submit(person, slot, payload(BOX))
    run_jobs()
    row = first_row(line)
    assert row.state == ProjectRow.State.SET_ASIDE
    returns.return_row(cast.max, str(row.uid))
    row.refresh_from_db()
    run_jobs()
    row.refresh_from_db()
    assert row.state == ProjectRow.State.DONE


def test_only_who_runs_the_project_returns_a_row_and_only_once(shared: Line) -> None:
    slot = lease_one(shared.cast.lena, shared)
    skip(shared.cast.lena, slot)
    uid = str(slot.project_row.uid)
    for person, refusal in ((shared.cast.lena, NotAllowed), (shared.cast.otto, NotFound)):
        with pytest.raises(refusal):
            returns.return_row(person, uid)
    returns.return_row(shared.cast.pia, uid)
    with pytest.raises(RuleViolation, match="not set aside any more"):
        returns.return_row(shared.cast.pia, uid)
    assert AuditEvent.objects.filter(action="row.returned").count() == 1


def test_rework_of_someone_who_has_gone_is_given_to_someone_else(cast: Cast) -> None:
    line = make_line(cast, rows=1)
    label = label_row(cast.lena, line)
    decide(cast.rita, lease_review(cast.rita, line), "reject")
    cast.lena.memberships.update(is_active=False)
    (waiting,) = returns.rework_of(line.project)
    assert (waiting.work, waiting.maker_is_active) == (label, False)  # type: ignore[attr-defined]
    assert queue.lease_next_rows(cast.leo, line.project).slots == ()
    returns.withdraw_rework(cast.max, str(waiting.uid))
    row = first_row(line)
    assert row.state == ProjectRow.State.IN_WORK
    label_row(cast.leo, line)
    decide(cast.rita, lease_review(cast.rita, line))
    row.refresh_from_db()
    assert row.state == ProjectRow.State.DONE
    assert AuditEvent.objects.filter(action="rework.withdrawn", target_uid=label.uid).count() == 1
    with pytest.raises(RuleViolation, match="does not wait for its maker"):
        returns.withdraw_rework(cast.max, str(waiting.uid))


def test_a_withdrawn_opinion_leaves_the_consensus(cast: Cast) -> None:
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=2, review_of="every")
    for person, body in ((cast.lena, payload(BOX)), (cast.leo, payload(HALF))):
        give(person, line, body)
    run_jobs()
    slot = lease_review(cast.rita, line)
    decide(cast.rita, slot, "reject")
    (waiting,) = returns.rework_of(line.project)
    returns.withdraw_rework(cast.max, str(waiting.uid))
    run_jobs()
    assert RowConsensus.objects.get().opinion_count == 1
    give(cast.lia, line, payload(BOX))
    run_jobs()
    assert RowConsensus.objects.get().opinion_count == 2


@pytest.mark.parametrize("name", ["lena", "rita"])
def test_who_does_not_run_the_project_withdraws_nothing(cast: Cast, name: str) -> None:
    line = make_line(cast, rows=1)
    label_row(cast.lena, line)
    decide(cast.rita, lease_review(cast.rita, line), "reject")
    (waiting,) = returns.rework_of(line.project)
    with pytest.raises(NotAllowed):
        returns.withdraw_rework(getattr(cast, name), str(waiting.uid))
    with pytest.raises(NotFound):
        returns.withdraw_rework(cast.otto, str(waiting.uid))
