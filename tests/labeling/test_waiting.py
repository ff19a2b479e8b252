"""What waits for a person: right, and at a cost that does not grow with what waits."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling import counters, lease_sweep, projects_list, waiting, work_time
from labeling.models import Counter, CounterDelta, ProjectRow
from tests.line import Line
from tests.plans import plan_of, plan_of_list
from workforce import outbox

pytestmark = pytest.mark.django_db


def test_the_oldest_and_the_first_due_row_of_any_state_that_waits(line: Line) -> None:
    now = work_time.clock()
    rows = list(ProjectRow.objects.filter(project=line.project).order_by("pk"))
    times = [
        # state, days waiting, due in days
        (ProjectRow.State.WAITING, 2, None),
        (ProjectRow.State.IN_WORK, 5, 3),
        (ProjectRow.State.WAITING, 1, 1),
        (ProjectRow.State.DONE, 9, 0),
    ]
    for row, (state, days, due) in zip(rows, times, strict=True):
        due_at = None if due is None else now + timedelta(days=due)
        ProjectRow.objects.filter(pk=row.pk).update(state=state, state_since=now - timedelta(days=days), due_at=due_at)
    (mine,) = waiting.work_waiting_for(line.cast.lena)
    assert (mine.oldest_at, mine.due_at) == (now - timedelta(days=5), now + timedelta(days=1))
    ProjectRow.objects.update(state=ProjectRow.State.DONE)
    (mine,) = waiting.work_waiting_for(line.cast.lena)
    assert (mine.oldest_at, mine.due_at) == (None, None)


def test_home_looks_into_an_index_and_reads_no_row_that_waits(line: Line) -> None:
    with CaptureQueriesContext(connection) as asked:
        waiting.work_waiting_for(line.cast.lena)
    (sql,) = [one["sql"] for one in asked if "labeling_projectrow" in one["sql"] and "'waiting'" in one["sql"]]
    plan = plan_of(sql)
    assert plan.count("using rows_by_state") == 2 and plan.count("using rows_by_due_time") == 2, plan
    assert plan.count("Limit") == 4 and "Seq Scan on labeling_projectrow" not in plan


@pytest.mark.parametrize("read", ["one", "list", "home"])
def test_counters_are_read_in_one_moment(line: Line, read: str) -> None:
    """The relay folds between two statements; in one statement nothing is counted twice or missed."""
    Counter.objects.create(project=line.project, name="rows:waiting", value=3)
    CounterDelta.objects.create(project=line.project, name="rows:waiting", amount=-1)
    with CaptureQueriesContext(connection) as asked:
        found = {
            "one": lambda: counters.rows_by_state(line.project)["waiting"],
            "list": lambda: projects_list.rows_by_state_of([line.project])[line.project.pk]["waiting"],
            "home": lambda: waiting.work_waiting_for(line.cast.lena)[0].row_count,
        }[read]()
    assert found == 3 - 1 + 4
    reads = [one["sql"] for one in asked if "labeling_counter" in one["sql"]]
    assert all("UNION ALL" in sql and "labeling_counterdelta" in sql for sql in reads)
    assert len(reads) == 1


def test_lists_and_sweeps_have_their_index(line: Line) -> None:
    skipped = projects_list.skipped_slots(line.project).order_by("-submitted_at", "-pk")[:50]
    assert "using slots_skipped" in plan_of_list(skipped)
    quarantined = outbox.jobs_in_quarantine().filter(organization=line.cast.home)
    assert "using events_in_quarantine" in plan_of_list(quarantined)
    assert "using sessions_open" in plan_of_list(lease_sweep.sessions_without_lease())
