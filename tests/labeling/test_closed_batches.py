"""Batches that are closed to a person: the claim takes from the others, and says why when only these are left."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from labeling import batches, queue, work_time
from labeling.assets import take_picture
from labeling.data_rows import NewRow, add_rows
from labeling.models import Batch, DataRow, Slot
from tests.labeling.test_queue import expire, lease
from tests.line import Line, picture_bytes
from tests.plans import plan_of
from workforce.models import ClockTimestamp

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> dict[int, queue.Empty]:
    """What a gate of the upper floor says of batches; a test writes into it."""
    said: dict[int, queue.Empty] = {}
    monkeypatch.setattr(queue, "_batch_gates", [lambda person, project, kind: said])
    return said


def second_batch(line: Line, rows: int = 2, priority: int = 3) -> Batch:
    names = [NewRow(f"late-{number}", take_picture(picture_bytes())) for number in range(rows)]
    add_rows(line.cast.ada, line.dataset, names)
    late = DataRow.objects.filter(dataset=line.dataset, external_id__startswith="late")
    return batches.create_batch(line.cast.max, line.project, late, name="late", priority=priority)


WHY = queue.Empty("closed_to_you", "That batch is not for you.")


def test_a_claim_leaves_a_closed_batch_out_and_takes_from_the_others(line: Line, closed: dict[int, Any]) -> None:
    late = second_batch(line)
    first = Batch.objects.get(project=line.project, name="first")
    closed[first.pk] = WHY
    slots = queue.lease_next_rows(line.cast.lena, line.project).slots
    assert [slot.project_row.data_row.external_id for slot in slots] == ["late-0", "late-1"]
    assert {slot.batch_id for slot in slots} == {late.pk}
    empty = queue.lease_next_rows(line.cast.leo, line.project).empty
    assert empty is not None and (empty.code, empty.message) == (WHY.code, WHY.message)
    assert empty.next_at is not None, "the rows with other people may free"


def test_open_batches_keep_the_order_of_the_queue(line: Line, closed: dict[int, Any]) -> None:
    urgent = second_batch(line, priority=1)
    closed[-1] = WHY
    names = [s.project_row.data_row.external_id for s in queue.lease_next_rows(line.cast.lena, line.project).slots]
    assert names == ["late-0", "late-1"]
    closed[urgent.pk] = WHY
    names = [s.project_row.data_row.external_id for s in queue.lease_next_rows(line.cast.leo, line.project).slots]
    assert names == ["row-00000", "row-00001"]


def test_a_row_in_a_batch_that_was_closed_is_not_taken_back(line: Line, closed: dict[int, Any]) -> None:
    slot = lease(line.cast.lena, line)
    work_time.beat(line.cast.lena, slot, has_input=True)
    expire(slot)
    closed[slot.batch_id] = WHY
    claim = queue.lease_next_rows(line.cast.lena, line.project, wanted=str(slot.uid))
    assert slot.pk not in {one.pk for one in claim.slots}


def test_rework_of_a_closed_batch_still_comes_back_to_its_maker(line: Line, closed: dict[int, Any]) -> None:
    slot = lease(line.cast.lena, line)
    Slot.objects.filter(pk=slot.pk).update(
        state=Slot.State.IN_REWORK, is_rework=True, leased_until=None, submitted_at=ClockTimestamp()
    )
    closed[slot.batch_id] = WHY
    assert slot.pk in {one.pk for one in queue.lease_next_rows(line.cast.lena, line.project).slots}


def test_every_slot_knows_the_batch_of_its_row(line: Line) -> None:
    late = second_batch(line)
    slot = lease(line.cast.lena, line)
    queue.skip_slot(line.cast.lena, str(slot.uid), slot.lease_token, reason="other")
    assert not line.slots().exclude(batch=F("project_row__batch")).exists()
    Slot.objects.filter(pk=slot.pk).update(batch=late)
    slot.refresh_from_db()
    assert slot.batch_id == slot.project_row.batch_id


def test_the_rows_of_closed_batches_are_not_walked(line: Line, closed: dict[int, Any]) -> None:
    late = second_batch(line)
    first = Batch.objects.get(project=line.project, name="first")
    closed[first.pk] = WHY
    with CaptureQueriesContext(connection) as asked:
        queue.lease_next_rows(line.cast.lena, line.project)
    order, take = (
        next(one["sql"] for one in asked.captured_queries if words in one["sql"])
        for words in ("CROSS JOIN LATERAL", "'oldest'")
    )
    assert "Index Cond: (batch_id = b.id)" in plan_of(order.replace("%", "%%"))
    plan = plan_of(take.replace("%", "%%"))
    assert "using slots_to_label_of_batch" in plan and f"Index Cond: (batch_id = {late.pk})" in plan, plan
