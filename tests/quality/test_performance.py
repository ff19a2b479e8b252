"""Performance: sums by day, exact at once, seen by whom they concern."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling import queue, work_time
from labeling.models import Label, WorkSession
from quality import consensus, figures
from quality.models import DayFigure, FigureDelta
from quality.performance import NOT_MEASURED, ProjectPerformance, performance_of
from tests.cast import Cast
from tests.labeling.test_queue import lease
from tests.line import Line, payload
from tests.quality.test_consensus import BOX, FAR, bring_crowd_boxes, give, give_three, run_jobs, send_back, trio
from workforce.errors import InvalidInput, NotAllowed, NotFound
from workforce.models import Person

__all__ = ["trio"]
pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)


def seen_by(person: Person, line: Line, since: date = DAY, until: date = DAY, unit: str = "rows") -> ProjectPerformance:
    return performance_of(person, line.project, since=since, until=until, unit=unit)


def today(line: Line) -> date:
    return work_time.day_in(line.project, work_time.clock())


def note(line: Line, person: Person, day: date = DAY, **amounts: float) -> None:
    figures.note(line.project.pk, person.pk, day, amounts)


def fold_all() -> None:
    while figures.fold():
        pass


# --- What is noted ------------------------------------------------------------------------------------------------
def test_a_submit_notes_row_objects_and_time(line: Line) -> None:
    give(line.cast.lena, line, payload(BOX, FAR))
    WorkSession.objects.get()
    found = {name: value for name, value in FigureDelta.objects.values_list("measure", "amount")}
    assert (found["rows"], found["objects"], found["accepted"]) == (1, 2, 1)
    assert set(found) <= {"rows", "objects", "accepted", "labeling_seconds", "idle_seconds"}
    assert set(FigureDelta.objects.values_list("day", flat=True)) == {today(line)}


def test_a_rework_counts_no_second_row_and_its_time_is_rework(line: Line) -> None:
    label = give(line.cast.lena, line, payload(BOX))
    send_back(label)
    (slot,) = [slot for slot in queue.lease_next_rows(line.cast.lena, line.project).slots if slot.is_rework]
    before = work_time.clock() - timedelta(seconds=30)
    work_time.beat(line.cast.lena, slot, has_input=True, at=before)
    give(line.cast.lena, line, payload(FAR))
    (person,) = seen_by(line.cast.max, line, today(line), today(line)).people
    assert person.figures.rows == 1
    assert person.figures.seconds.rework == pytest.approx(30, abs=2)
    assert person.figures.rework_share == pytest.approx(1, abs=0.1)


def test_time_without_a_submit_is_abandoned_and_a_skip_is_counted(line: Line) -> None:
    first = lease(line.cast.lena, line)
    work_time.beat(line.cast.lena, first, has_input=True, at=work_time.clock() - timedelta(seconds=40))
    queue.skip_slot(line.cast.lena, str(first.uid), first.lease_token, reason="other")
    second = lease(line.cast.lena, line)
    work_time.beat(line.cast.lena, second, has_input=True, at=work_time.clock() - timedelta(seconds=20))
    work_time.beat(line.cast.lena, second, has_input=True)
    queue.release_slot(line.cast.lena, str(second.uid), second.lease_token)
    (person,) = seen_by(line.cast.max, line, today(line), today(line)).people
    assert person.figures.skips == 1
    assert person.figures.seconds.abandoned == pytest.approx(60, abs=3)
    assert (person.figures.hours, person.figures.units_per_hour) == (None, None)


def test_a_session_that_ends_twice_is_noted_once(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    work_time.beat(line.cast.lena, slot, has_input=True, at=work_time.clock() - timedelta(seconds=20))
    work_time.beat(line.cast.lena, slot, has_input=True)
    session = WorkSession.objects.get()
    again = WorkSession.objects.get()
    work_time.abandon(session)
    work_time.abandon(again)
    assert FigureDelta.objects.filter(measure="abandoned_seconds").count() == 1


def test_a_measure_that_does_not_exist_is_refused(line: Line) -> None:
    with pytest.raises(ValueError, match="no such measure"):
        note(line, line.cast.lena, bananas=1)


def test_folding_keeps_every_sum(line: Line) -> None:
    for amount in (1, 2.5, -0.5):
        note(line, line.cast.lena, rows=amount, objects=0)
    assert figures.fold() == 3
    note(line, line.cast.lena, rows=4)
    assert (figures.fold(), figures.fold()) == (1, 0)
    assert DayFigure.objects.values_list("measure", "value", "day").get() == ("rows", 7.0, DAY)


# --- What is read -------------------------------------------------------------------------------------------------
def test_figures_are_exact_before_and_after_the_fold(line: Line) -> None:
    for _ in range(2):
        note(line, line.cast.lena, rows=10, objects=35, labeling_seconds=1800, rework_seconds=200, review_seconds=400)
        note(line, line.cast.lena, reviewed=5, approved=4, untouched=3, accepted=8, reviews_made=2)
        fold_all()
        note(line, line.cast.lena, consensus_n=2, consensus_sum=1.5, consensus_squares=1.25)
        note(line, line.cast.lena, benchmark_n=4, benchmark_sum=3, benchmark_squares=3)
    (person,) = seen_by(line.cast.max, line).people
    found = person.figures
    assert (found.rows, found.objects, found.units, found.accepted, found.reviews_made) == (20, 70, 20, 16, 4)
    assert found.hours == pytest.approx(4000 / 3600)
    assert found.units_per_hour == pytest.approx(18)
    assert found.accepted_per_hour == pytest.approx(14.4)
    assert found.rework_share == pytest.approx(400 / 4800)
    assert (found.approval.k, found.approval.n, found.approval.value) == (8, 10, 0.8)
    assert (found.approval.low, found.approval.high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))
    assert (found.first_pass.k, found.first_pass.n) == (6, 10)
    assert (found.consensus.n, found.consensus.value) == (4, 0.75)
    # Scores 1 and 0.5 twice each: 0.75 ± t(3) · 0.2887 / 2.
    assert (found.consensus.low, found.consensus.high) == (pytest.approx(0.2906, abs=1e-4), 1.0)
    # Every score is 0 or 1: Jeffreys' interval of 6 of 8.
    assert found.benchmark.low == pytest.approx(0.408, abs=1e-3)
    assert found.benchmark.high == pytest.approx(0.944, abs=1e-3)
    before = seen_by(line.cast.max, line)
    fold_all()
    assert seen_by(line.cast.max, line) == before


def test_totals_are_pooled_counts_and_never_means_of_means(line: Line) -> None:
    note(line, line.cast.lena, rows=90, labeling_seconds=3600, reviewed=90, approved=90)
    note(line, line.cast.leo, rows=10, labeling_seconds=3600, reviewed=10, approved=0)
    total = seen_by(line.cast.max, line).total
    assert (total.approval.value, total.approval.n) == (0.9, 100)
    assert (total.units, total.units_per_hour) == (100, 50)


def test_the_unit_changes_rates_and_days_at_once(line: Line) -> None:
    note(line, line.cast.lena, rows=2, objects=12, labeling_seconds=1800)
    note(line, line.cast.lena, DAY + timedelta(1), rows=1, objects=3, review_seconds=60)
    seen = seen_by(line.cast.max, line, DAY, DAY + timedelta(1), unit="objects")
    assert (seen.total.units, seen.total.units_per_hour) == (15, 30)
    assert [(day.day, day.units) for day in seen.days] == [(DAY, 12), (DAY + timedelta(1), 3)]
    assert (seen.days[0].seconds.labeling, seen.days[1].seconds.review) == (1800, 60)
    with pytest.raises(InvalidInput) as refusal:
        seen_by(line.cast.max, line, unit="bananas")
    assert refusal.value.code == "unknown_unit"


def test_days_outside_the_period_do_not_count(line: Line) -> None:
    for offset in (-1, 0, 1):
        note(line, line.cast.lena, DAY + timedelta(offset), rows=1)
    assert seen_by(line.cast.max, line).total.rows == 1
    with pytest.raises(InvalidInput) as refusal:
        seen_by(line.cast.max, line, DAY, DAY - timedelta(1))
    assert refusal.value.code == "period_reversed"


def test_everyone_sees_as_far_as_their_role(line: Line) -> None:
    for name in ("lena", "leo", "vera", "rita"):
        note(line, getattr(line.cast, name), rows=1)
        fold_all() if name == "leo" else None

    def names(viewer: str) -> list[str]:
        return sorted(person.name.split()[0] for person in seen_by(getattr(line.cast, viewer), line).people)

    everybody = ["Lena", "Leo", "Rita", "Vera"]
    assert [names(viewer) for viewer in ("ada", "max", "pia", "wim")] == [everybody] * 4
    assert names("tom") == ["Lena"]
    assert [names(viewer) for viewer in ("lena", "leo", "vera", "rita")] == [["Lena"], ["Leo"], ["Vera"], ["Rita"]]
    assert seen_by(line.cast.lena, line).total.rows == 1
    with pytest.raises(NotFound):
        seen_by(line.cast.otto, line)
    with pytest.raises(NotAllowed):
        seen_by(line.cast.nora, line)


def test_people_carry_team_and_marks(line: Line) -> None:
    Person.objects.filter(pk=line.cast.leo.pk).update(is_simulated=True)
    for name in ("lena", "leo", "vera"):
        note(line, getattr(line.cast, name), rows=1)
    people = {person.name: person for person in seen_by(line.cast.max, line).people}
    assert {name: person.team for name, person in people.items()} == {
        "Lena Lund": "Atelier",
        "Leo Lang": "",
        "Vera Vogel": "Brightfield",
    }
    assert [name for name, person in people.items() if person.is_simulated] == ["Leo Lang"]


def test_the_best_approval_comes_first(line: Line) -> None:
    note(line, line.cast.lena, rows=1)
    note(line, line.cast.leo, reviewed=10, approved=7)
    note(line, line.cast.lia, reviewed=10, approved=9)
    assert [person.name.split()[0] for person in seen_by(line.cast.max, line).people] == ["Lia", "Leo", "Lena"]


def test_nobody_can_tell_from_own_figures_which_row_was_a_benchmark(line: Line) -> None:
    day, yesterday = today(line), today(line) - timedelta(1)

    def benchmark_seen_by(name: str) -> tuple[int, float | None]:
        seen = seen_by(getattr(line.cast, name), line, yesterday, day)
        (person,) = [one for one in seen.people if one.name == "Lena Lund"]
        assert person.figures.benchmark == seen.total.benchmark
        return person.figures.benchmark.n, person.figures.benchmark.value

    note(line, line.cast.lena, yesterday, rows=9, benchmark_n=9, benchmark_sum=9, benchmark_squares=9)
    note(line, line.cast.lena, day, rows=5, benchmark_n=5, benchmark_sum=0)
    assert [benchmark_seen_by(name) for name in ("lena", "tom")] == [(0, None)] * 2
    assert benchmark_seen_by("max") == (14, 9 / 14)
    note(line, line.cast.lena, yesterday, benchmark_n=1, benchmark_sum=1, benchmark_squares=1)
    fold_all()
    # Ten of finished days are shown, and today's change nothing.
    assert [benchmark_seen_by(name) for name in ("lena", "tom")] == [(10, 1.0)] * 2
    assert benchmark_seen_by("max") == (15, 10 / 15)


def test_a_team_is_pooled_by_day_and_in_total(line: Line) -> None:
    for person, rows in ((line.cast.lena, 3), (line.cast.leo, 40), (line.cast.vera, 500)):
        note(line, person, rows=rows, labeling_seconds=3600, reviewed=rows, approved=rows)
    found = performance_of(line.cast.max, line.project, since=DAY, until=DAY, team="Atelier")
    assert (found.total.units, found.total.units_per_hour, found.total.approval.n) == (3, 3.0, 3)
    assert [(day.units, day.seconds.labeling) for day in found.days] == [(3, 3600)]
    assert (found.teams, [one.name for one in found.people]) == (("Atelier", "Brightfield"), ["Lena Lund"])
    assert performance_of(line.cast.max, line.project, since=DAY, until=DAY, team="None").total.units == 0


def test_the_share_of_rework_has_days_and_an_interval(line: Line) -> None:
    for offset, (labeling, rework) in enumerate(((8, 2), (17, 3), (23, 7))):
        note(line, line.cast.lena, DAY + timedelta(offset), labeling_seconds=labeling, rework_seconds=rework)
    note(line, line.cast.lena, DAY + timedelta(3), rows=1)
    (person,) = seen_by(line.cast.max, line, DAY, DAY + timedelta(3)).people
    assert (person.figures.rework.n, person.figures.rework.value) == (3, 0.2)
    assert person.figures.rework.low == pytest.approx(0.2 - 0.124207, abs=1e-6)
    assert person.figures.rework.value == person.figures.rework_share


# --- Worth a conversation -------------------------------------------------------------------------------------------
def test_only_an_interval_wholly_below_the_median_is_worth_a_conversation(line: Line) -> None:
    note(line, line.cast.lena, reviewed=400, approved=380)
    note(line, line.cast.leo, reviewed=400, approved=376)
    note(line, line.cast.lia, reviewed=400, approved=320)
    # As low, but too few to say so.
    note(line, line.cast.vera, reviewed=150, approved=120)
    found = seen_by(line.cast.max, line).worth_a_conversation
    assert [(one.person.name, one.why, one.measure) for one in found] == [("Lia Lopez", "low", "approval")]
    assert found[0].median == pytest.approx((0.94 + 0.8) / 2)


def test_a_newcomer_has_a_day_to_look_again(line: Line) -> None:
    label = give(line.cast.lena, line, payload(BOX))
    day = today(line)
    (one,) = seen_by(line.cast.max, line, day, day).worth_a_conversation
    assert (one.why, one.person.name, one.look_again_on) == ("newcomer", "Lena Lund", day + timedelta(14))
    Label.objects.filter(pk=label.pk).update(created_at=work_time.clock() - timedelta(days=20))
    assert seen_by(line.cast.max, line, day, day).worth_a_conversation == ()


# --- Cost -------------------------------------------------------------------------------------------------------------
def test_thirty_people_cost_as_many_queries_as_three(line: Line) -> None:
    counts = []
    for start, stop in ((0, 3), (3, 30)):
        for number in range(start, stop):
            person = Person.objects.create(email=f"q{number}@example.org", name=f"Q {number}", password="!")
            note(line, person, rows=1, labeling_seconds=60, reviewed=1, approved=1)
            fold_all() if number % 2 else None
        line.project.refresh_from_db()
        line.project.organization.pk  # noqa: B018  (loaded, as a page has it)
        with CaptureQueriesContext(connection) as queries:
            assert len(seen_by(line.cast.max, line).people) == stop
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6, counts


def test_the_whole_way_gives_the_figures_of_the_page(trio: Line) -> None:
    give_three(trio)
    run_jobs()
    seen = seen_by(trio.cast.max, trio, today(trio), today(trio))
    assert (seen.total.rows, seen.total.objects, seen.total.accepted) == (3, 3, 3)
    by_name = {person.name: person.figures.consensus.value for person in seen.people}
    assert by_name == {"Lena Lund": 0.875, "Leo Lang": 0.875, "Lia Lopez": 0.75}
    assert seen.total.consensus.value == pytest.approx(2.5 / 3)


# --- Real labels ----------------------------------------------------------------------------------------------------
@pytest.mark.reference_data
def test_crowd_boxes_people_have_agreement_and_accuracy_but_no_time(cast: Cast, reference_data: Path) -> None:
    line, rows = bring_crowd_boxes(cast, reference_data)
    for row in rows.values():
        consensus.score_row(row.pk)
    seen = seen_by(cast.max, line, today(line), today(line))
    assert len(seen.people) == 133
    for person in seen.people:
        assert person.is_external and person.time_note == NOT_MEASURED
        assert (person.figures.hours, person.figures.units_per_hour) == (None, None)
        assert 0 <= person.figures.consensus.value <= 1
        assert 0 <= person.figures.benchmark.value <= 1
        assert person.figures.consensus.n == person.figures.benchmark.n > 0
    assert seen.total.consensus.n == 516
    assert seen.worth_a_conversation == ()
