"""The line's stages: figures agree with each other, with the rows, and with what happened today."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling import counters, queue, work_time
from labeling.models import Batch, ProjectRow, Slot, WorkInterval, WorkSession
from quality import flow, issues
from quality.flow import Line as Flow
from quality.models import Issue
from tests.cast import Cast
from tests.line import Line, make_line
from tests.plans import plan_of
from tests.quality.test_review import decide, label_row, lease_review, submit
from workforce.errors import NotAllowed, NotFound
from workforce.models import Event, Person

pytestmark = pytest.mark.django_db

STAGES = ("queue", "labeling", "review", "rework", "done", "unclear")


@pytest.fixture
def line(cast: Cast) -> Line:
    """Eight rows that came in yesterday, one label each, every row reviewed."""
    made = make_line(cast, rows=8)
    came_in(made, days=1)
    return made


def came_in(line: Line, *, days: float) -> None:
    at = work_time.clock() - timedelta(days=days)
    Batch.objects.filter(project=line.project).update(created_at=at)
    ProjectRow.objects.filter(project=line.project).update(entered_at=at, state_since=at)


def flow_of(line: Line, person: Person | None = None) -> Flow:
    return flow.line_of(person or line.cast.max, line.project, at=work_time.clock())


def wip(found: Flow) -> dict[str, int]:
    return {name: getattr(found, name).wip for name in STAGES}


def moved(found: Flow, name: str) -> tuple[int, int]:
    stage = getattr(found, name)
    return stage.came_in, stage.went_out


def assert_agrees(found: Flow, line: Line) -> None:
    """No stage is missing, every row is in one, and the day started with eight rows in the queue."""
    assert sum(wip(found).values()) == found.total == ProjectRow.objects.filter(project=line.project).count()
    for name in STAGES:
        stage = getattr(found, name)
        assert stage.start + stage.came_in - stage.went_out == stage.wip, name
        assert stage.start == (8 if name == "queue" else 0), name


# --- The figures agree --------------------------------------------------------------------------------------------
def test_rows_that_wait_are_the_queue(line: Line) -> None:
    found = flow_of(line)
    assert wip(found) == {"queue": 8, "labeling": 0, "review": 0, "rework": 0, "done": 0, "unclear": 0}
    assert found.queue.ages.oldest == pytest.approx(86400, abs=60)
    assert found.queue.ages.median == pytest.approx(86400, abs=60)
    assert_agrees(found, line)


def test_rows_that_came_in_today_are_in_of_the_queue(cast: Cast) -> None:
    found = flow_of(make_line(cast, rows=5))
    assert moved(found, "queue") == (5, 0)
    assert found.queue.start == 0


def test_a_lease_takes_rows_out_of_the_queue(line: Line) -> None:
    queue.lease_next_rows(line.cast.lena, line.project)
    found = flow_of(line)
    assert (found.queue.wip, found.labeling.wip, found.labeling.people) == (6, 2, 1)
    assert found.arrows.taken == 2
    assert_agrees(found, line)


def test_a_label_goes_to_review_and_an_approved_one_is_done(line: Line) -> None:
    label_row(line.cast.lena, line)
    label_row(line.cast.lena, line)
    decide(line.cast.rita, lease_review(line.cast.rita, line))
    found = flow_of(line)
    assert (found.arrows.submitted, found.arrows.approved) == (2, 1)
    assert moved(found, "review") == (2, 1)
    assert moved(found, "done") == (1, 0)
    assert_agrees(found, line)


def test_what_is_sent_back_goes_through_rework_and_returns(line: Line) -> None:
    label_row(line.cast.lena, line)
    decide(line.cast.rita, lease_review(line.cast.rita, line), "reject")
    found = flow_of(line)
    assert (found.review.wip, found.rework.wip, moved(found, "rework")) == (0, 1, (1, 0))
    assert_agrees(found, line)
    slot = next(slot for slot in queue.lease_next_rows(line.cast.lena, line.project).slots if slot.is_rework)
    submit(line.cast.lena, slot)
    found = flow_of(line)
    assert (found.arrows.rejected, found.arrows.sent_again) == (1, 1)
    assert (found.review.wip, moved(found, "review"), moved(found, "rework")) == (1, (2, 1), (1, 1))
    assert_agrees(found, line)


def test_an_unclear_row_leaves_the_line_and_another_skip_does_not(line: Line) -> None:
    for person, reason in ((line.cast.lena, "unclear_rule"), (line.cast.leo, "other")):
        slot = queue.lease_next_rows(person, line.project).slots[0]
        queue.skip_slot(person, str(slot.uid), slot.lease_token or 0, reason=reason)
    found = flow_of(line)
    assert (found.unclear.wip, found.arrows.skipped_as_unclear) == (1, 1)
    assert_agrees(found, line)


def test_a_row_that_is_given_back_returns_to_the_queue(line: Line) -> None:
    for slot in queue.lease_next_rows(line.cast.lena, line.project).slots:
        work_time.beat(line.cast.lena, slot, has_input=True)
        queue.release_slot(line.cast.lena, str(slot.uid), slot.lease_token or 0)
    found = flow_of(line)
    assert moved(found, "queue") == moved(found, "labeling") == (2, 2)
    assert_agrees(found, line)


def test_without_review_a_label_is_done_at_once(cast: Cast) -> None:
    made = make_line(cast, rows=8, review_share=0)
    came_in(made, days=1)
    label_row(cast.lena, made)
    found = flow_of(made)
    assert (moved(found, "review"), moved(found, "done")) == ((0, 0), (1, 0))
    assert_agrees(found, made)


def test_a_row_of_several_opinions_waits_until_all_are_in(cast: Cast) -> None:
    made = make_line(cast, rows=8, consensus_share=100, consensus_labels=2, review_share=0)
    came_in(made, days=1)
    slot = queue.lease_next_rows(cast.lena, made.project).slots[0]
    submit(cast.lena, slot)
    Slot.objects.filter(project=made.project, state=Slot.State.LEASED).update(
        state=Slot.State.OPEN, labeler=None, leased_until=None
    )
    found = flow_of(made)
    assert (found.queue.wip, found.arrows.submitted) == (8, 0)
    assert moved(found, "labeling") == (1, 1)
    assert_agrees(found, made)


# --- Busy, bottleneck, forecast -----------------------------------------------------------------------------------
def test_the_bottleneck_is_the_growing_queue_with_the_busiest_people(line: Line) -> None:
    for _ in range(3):
        label_row(line.cast.lena, line)
    decide(line.cast.rita, lease_review(line.cast.rita, line))
    WorkSession.objects.filter(stage="review").update(active_seconds=90, idle_seconds=10)
    found = flow_of(line)
    assert found.review.busy == pytest.approx(0.9)
    assert found.bottleneck is not None
    assert (found.bottleneck.stage, found.bottleneck.net, found.bottleneck.people) == ("review", 2, 1)
    # One reviewer decides 1 a day while the queue grows by 2: two more only hold it, three turn it.
    assert found.bottleneck.clears_with == ((3, 2.0),)
    assert [alert.kind for alert in found.alerts] == ["review_grows"]


def test_no_queue_grows_no_bottleneck(line: Line) -> None:
    assert flow_of(line).bottleneck is None


def test_the_forecast_needs_three_finished_days_and_names_its_interval(cast: Cast) -> None:
    cache.clear()
    made = make_line(cast, rows=40, review_share=0)
    came_in(made, days=9)
    rows = list(ProjectRow.objects.filter(project=made.project).order_by("pk").values_list("pk", flat=True))
    for number, done in enumerate((4, 6, 5)):
        assert flow_of(made).forecast is None
        ids, rows = rows[:done], rows[done:]
        at = work_time.clock() - timedelta(days=7 - number)
        ProjectRow.objects.filter(pk__in=ids).update(state="done", state_since=at, done_at=at)
        counters.add(made.project.pk, {"rows:waiting": -done, "rows:done": done})
        cache.clear()
    found = flow_of(made)
    assert found.forecast is not None
    assert (found.forecast.left, found.forecast.per_day, found.forecast.over_days) == (25, 5.0, 3)
    assert found.forecast.earliest <= found.forecast.finishes_on
    assert found.forecast.latest is not None and found.forecast.finishes_on <= found.forecast.latest


def test_history_counts_backwards_from_the_totals_of_now(line: Line) -> None:
    cache.clear()
    label_row(line.cast.lena, line)
    label_row(line.cast.lena, line)
    decide(line.cast.rita, lease_review(line.cast.rita, line))
    found = flow_of(line).history
    assert (found[-1].entered, found[-1].labeled, found[-1].done) == (8, 2, 1)
    assert (found[0].entered, found[0].labeled, found[0].done) == (0, 0, 0)
    assert (found[1].entered, found[1].labeled, found[1].done) == (8, 0, 0)


# --- Who works now, alerts, rights --------------------------------------------------------------------------------
def test_active_now_are_people_with_a_heartbeat_in_the_last_minute(line: Line) -> None:
    for person in (line.cast.lena, line.cast.leo):
        work_time.beat(person, queue.lease_next_rows(person, line.project).slots[0], has_input=True)
    WorkSession.objects.filter(person=line.cast.leo).update(last_beat_at=work_time.clock() - timedelta(seconds=61))
    interval = WorkInterval.objects.get(person=line.cast.lena)
    interval.started_at -= timedelta(seconds=134)
    interval.save()
    found = flow_of(line)
    assert [(one.name, one.stage, one.row_name) for one in found.at_work] == [("Lena Lund", "labeling", "row-00000")]
    assert found.at_work[0].seconds == pytest.approx(134)
    assert found.at_work_count == 1


def test_an_issue_open_for_more_than_a_day_is_an_alert(line: Line) -> None:
    row = ProjectRow.objects.select_related("project", "data_row").filter(project=line.project)[0]
    opened = issues.open_issue(line.cast.pia, row, category="edge_case", text="One car or two?")
    assert flow_of(line).alerts == ()
    Issue.objects.filter(pk=opened.pk).update(opened_at=work_time.clock() - timedelta(hours=25))
    assert [(alert.kind, alert.count) for alert in flow_of(line).alerts] == [("issues", 1)]
    issues.resolve_issue(line.cast.pia, opened)
    assert flow_of(line).alerts == ()


def test_a_job_in_quarantine_is_an_alert_of_its_own_organization(line: Line) -> None:
    for organization in (line.cast.home, line.cast.away):
        Event.objects.create(organization=organization, kind="job", task="x", queue="live", is_quarantined=True)
    assert [(alert.kind, alert.severity, alert.count) for alert in flow_of(line).alerts] == [("jobs", "bad", 1)]


@pytest.mark.parametrize("name, refusal", [("lena", NotAllowed), ("nora", NotAllowed), ("otto", NotFound)])
def test_only_those_who_may_see_the_queue(line: Line, name: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        flow_of(line, getattr(line.cast, name))


def test_it_costs_the_same_for_two_rows_and_for_thirty(cast: Cast) -> None:
    made = make_line(cast, rows=32)
    for person in (cast.lena, cast.leo):
        work_time.beat(person, queue.lease_next_rows(person, made.project).slots[0], has_input=True)
    label_row(cast.lena, made)
    flow_of(made)
    with CaptureQueriesContext(connection) as few:
        flow_of(made)
    for _ in range(12):
        label_row(cast.lena, made)
    for _ in range(4):
        decide(cast.rita, lease_review(cast.rita, made))
    flow_of(made)
    with CaptureQueriesContext(connection) as many:
        flow_of(made)
    assert len(many) <= len(few)


def test_the_age_of_a_stage_is_read_in_the_order_of_its_index(line: Line) -> None:
    queue.lease_next_rows(line.cast.lena, line.project)
    with CaptureQueriesContext(connection) as asked:
        flow_of(line)
    ages = [one["sql"] for one in asked if one["sql"].startswith(("SELECT", "(SELECT")) and "LIMIT 1" in one["sql"]]
    ages = [sql for sql in ages if '"state_since" AS' in sql]
    assert len(ages) == 4
    for sql in ages:
        plan = plan_of(sql)
        assert "using rows_by_state" in plan and "Sort  " not in plan, plan


def test_oldest_and_median_are_those_of_all_states_of_a_stage(line: Line) -> None:
    now = work_time.clock()
    for days, row in enumerate(ProjectRow.objects.filter(project=line.project).order_by("pk"), start=1):
        state = ProjectRow.State.IN_WORK if days % 3 else ProjectRow.State.WAITING
        ProjectRow.objects.filter(pk=row.pk).update(state=state, state_since=now - timedelta(days=days))
    ages = flow.line_of(line.cast.max, line.project, at=now).queue.ages
    # Of 1 to 8 days the fifth longest is 4.
    assert (ages.oldest, ages.median) == (8 * 86400, 4 * 86400)
