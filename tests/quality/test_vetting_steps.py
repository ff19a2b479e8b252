"""The steps of vetting: what passes them, what they give in the line, and that a pause needs certainty."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import guidelines, pauses, queue
from labeling.models import Label, Pause, Project, ProjectPersonGrant, ProjectRow, Slot
from quality import (
    benchmarks,
    checks,
    funnel_settings,
    gold_serving,
    practice,
    vetting,
    vetting_steps,
    vetting_words,
)
from quality.agreement.trials import Outcome, assessed, climbed
from quality.models import Candidacy, LabelScore, PracticeRow, QuizVersion
from tests.cast import Cast
from tests.line import Line, make_line, payload
from tests.quality.draws import is_drawn
from tests.quality.test_consensus import BOX
from tests.quality.test_practice import answer, make, spare_rows
from tests.quality.test_quizzes import publish, take
from tests.quality.test_rules import results
from tests.quality.vetting_stage import State, last_event, put, scored, stands, vet
from workforce.errors import RuleViolation
from workforce.models import ClockTimestamp, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(cast: Cast) -> Line:
    line = make_line(cast, rows=60, review_share=0)
    vet(line, assessment_count=10, assessment_bar=0.8, ramp_caps=[2, 5], ramp_count=5, ramp_bar=0.8, pause_days=3)
    return line


def empty_of(line: Line, person: Person) -> queue.Empty:
    found = queue.lease_next_rows(person, line.project)
    assert found.empty is not None and not found.slots
    return found.empty


# --- Pure ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("scores", "outcome", "n"),
    [
        ([0.8] * 9, Outcome.WAIT, 0),
        ([0.8] * 10, Outcome.PASSED, 10),
        ([0.8] * 10 + [0.0] * 10, Outcome.PASSED, 10),
        ([0.2, 0.4] * 5, Outcome.FAILED, 10),
        ([1.0, 0.5] * 5, Outcome.WAIT, 10),
        ([1.0, 0.5] * 5 + [1.0] * 9, Outcome.WAIT, 10),
        ([1.0, 0.5] * 5 + [1.0] * 10, Outcome.PASSED, 20),
        ([1.0, 0.5] * 10, Outcome.UNSURE, 20),
        ([1.0, 0.5] * 5 + [0.3] * 10, Outcome.FAILED, 20),
    ],
)
def test_an_assessment_is_looked_at_twice_and_never_in_between(scores: list[float], outcome: Outcome, n: int) -> None:
    look = assessed(scores, wanted=10, bar=0.8)
    assert (look.outcome, look.n) == (outcome, n)


def test_a_look_says_mean_and_interval_and_nothing_before() -> None:
    look = climbed([1.0, 1.0, 0.0, 1.0, 1.0], wanted=5, bar=0.8)
    assert look.outcome == Outcome.PASSED and look.mean == 0.8
    assert look.low == pytest.approx(0.371, abs=1e-3) and look.high == pytest.approx(0.978, abs=1e-3)
    assert climbed([], wanted=5, bar=0.8).mean is None


# --- Guidelines, quiz, practice -----------------------------------------------------------------------------------
def ask(line: Line, **changes: Any) -> tuple[QuizVersion, list[PracticeRow]]:
    """The project asks a quiz of two tries, and practice on two of three rows."""
    settings = funnel_settings.settings_of(line.project)
    values = {"asks_quiz": True, "practice_count": 2, "practice_bar": 0.8, **changes}
    funnel_settings.change_settings(line.cast.pia, line.project, after=settings.version, **values)
    version = publish(line)
    return version, [make(line, row) for row in spare_rows(line, 3)]


RIGHT, WRONG = payload(BOX), payload((40, 30, 60, 45))


def test_from_the_guidelines_through_quiz_and_practice_to_the_first_rows(stage: Line) -> None:
    cast, project = stage.cast, stage.project
    version, rows = ask(stage)
    guidelines.publish_version(cast.pia, project, text="# Cars", after=0)
    assert empty_of(stage, cast.lena).code == "guidelines_unread"
    guidelines.acknowledge(cast.lena, project, 1)
    assert stands(stage, cast.lena).state == State.QUIZ
    assert last_event(stage, cast.lena).evidence == {"guidelines": 1}
    told = empty_of(stage, cast.lena)
    assert told.code == "vetting_quiz" and "Take the quiz" in told.message
    take(cast.lena, stage, version, wrong=(0, 2), number=1)
    assert stands(stage, cast.lena).state == State.QUIZ
    assert last_event(stage, cast.lena).evidence["is_passed"] is False
    passed = take(cast.lena, stage, version, number=2)
    assert last_event(stage, cast.lena).evidence == {"attempt": str(passed.uid), "share": 1.0, "is_passed": True}
    assert empty_of(stage, cast.lena).code == "vetting_practice"
    answer(cast.lena, rows[0], WRONG)
    answer(cast.lena, rows[1], RIGHT)
    assert stands(stage, cast.lena).state == State.PRACTICE
    answer(cast.lena, rows[2], RIGHT)
    assert stands(stage, cast.lena).state == State.ASSESSMENT, "the newest two answers count"
    evidence = last_event(stage, cast.lena).evidence
    assert evidence["n"] == len(evidence["answers"]) == 2
    assert queue.lease_next_rows(cast.lena, project).slots


def test_what_was_passed_before_is_not_asked_again(stage: Line) -> None:
    cast = stage.cast
    version, rows = ask(stage)
    funnel_settings.switch(cast.pia, stage.project, is_on=False)
    stage.project.refresh_from_db()
    take(cast.lena, stage, version, number=1)
    for row in rows[:2]:
        answer(cast.lena, row, RIGHT)
    funnel_settings.switch(cast.pia, stage.project, is_on=True)
    stage.project.refresh_from_db()
    assert queue.lease_next_rows(cast.lena, stage.project).slots
    assert stands(stage, cast.lena).state == State.ASSESSMENT
    # Who is sent back to practise anew shows it with other rows.
    vetting.move_candidacy(cast.pia, stands(stage, cast.lena), State.PRACTICE, note="Vans were missing.")
    Slot.objects.filter(labeler=cast.lena).update(leased_until=ClockTimestamp() - timedelta(seconds=1))
    assert empty_of(stage, cast.lena).code == "vetting_practice"


def test_practice_takes_as_many_rows_as_there_are(stage: Line) -> None:
    """Here three, of the nine that the settings ask."""
    version, rows = ask(stage, practice_count=9)
    empty_of(stage, stage.cast.lena)
    take(stage.cast.lena, stage, version, number=1)
    for row in rows:
        assert stands(stage, stage.cast.lena).state == State.PRACTICE
        answer(stage.cast.lena, row, RIGHT)
    assert last_event(stage, stage.cast.lena).evidence["n"] == 3
    assert stands(stage, stage.cast.lena).state == State.ASSESSMENT


def test_who_has_used_up_tries_and_rows_waits_for_a_manager(stage: Line) -> None:
    cast = stage.cast
    version, rows = ask(stage)
    assert empty_of(stage, cast.lena).code == "vetting_quiz"
    for number in (1, 2):
        take(cast.lena, stage, version, wrong=(0, 2), number=number)
    assert stands(stage, cast.lena).needs == Candidacy.Needs.NO_TRIES
    assert "all tries" in empty_of(stage, cast.lena).message
    vetting.move_candidacy(cast.pia, stands(stage, cast.lena), State.PRACTICE, note="Known from before.")
    for row in rows:
        answer(cast.lena, row, WRONG)
    assert stands(stage, cast.lena).needs == Candidacy.Needs.NO_ROWS
    assert "A manager has to look" in empty_of(stage, cast.lena).message
    make(stage)
    empty_of(stage, cast.lena)
    assert stands(stage, cast.lena).needs == "", "there is a row to practise on again"


def test_a_quiz_where_nobody_is_vetted_moves_nobody(stage: Line) -> None:
    other = make_line(stage.cast, rows=1, name=" two")
    take(stage.cast.lena, other, publish(other))
    assert not Candidacy.objects.exists()


def test_a_step_that_is_not_asked_any_more_is_left(stage: Line) -> None:
    put(stage, stage.cast.lena, State.QUIZ)
    put(stage, stage.cast.leo, State.RAMP, step=2)
    settings = funnel_settings.settings_of(stage.project)
    funnel_settings.change_settings(stage.cast.pia, stage.project, after=settings.version, ramp_caps=[])
    for person, state in ((stage.cast.lena, State.ASSESSMENT), (stage.cast.leo, State.PRODUCTION)):
        assert queue.lease_next_rows(person, stage.project).slots
        assert stands(stage, person).state == state


# --- In the line --------------------------------------------------------------------------------------------------
def test_what_each_state_gets_in_the_queue(stage: Line) -> None:
    cast = stage.cast
    ask(stage)
    for state in (State.QUIZ, State.PRACTICE):
        put(stage, cast.lena, state)
        assert empty_of(stage, cast.lena).code == f"vetting_{state}"
    put(stage, cast.lena, State.DECLINED)
    assert empty_of(stage, cast.lena).code == "vetting_declined"
    put(stage, cast.lena, State.ASSESSMENT)
    Candidacy.objects.update(needs=Candidacy.Needs.NO_GOLD)
    told = empty_of(stage, cast.lena)
    assert told.code == "vetting_assessment" and "manager" in told.message and "gold" not in told.message
    put(stage, cast.lena, State.RAMP, step=1)
    assert len(queue.lease_next_rows(cast.lena, stage.project).slots) == 2
    Slot.objects.filter(labeler=cast.lena).update(leased_until=ClockTimestamp() - timedelta(seconds=1))
    put(stage, cast.lena, State.RAMP, step=9)
    told_now = vetting_words.told(stands(stage, cast.lena), funnel_settings.settings_of(stage.project))
    assert "up to 5 rows a day" in told_now, "a ramp that became shorter ends with its last step"
    assert len(queue.lease_next_rows(cast.rita, stage.project, kind="review").slots) == 0
    assert Candidacy.objects.filter(person=cast.rita).count() == 0, "reviews are not asked"


def test_the_day_of_the_ramp_counts_what_is_in_hand(stage: Line) -> None:
    put(stage, stage.cast.lena, State.RAMP, step=1)
    first = queue.lease_next_rows(stage.cast.lena, stage.project)
    assert len(first.slots) == 2
    again = queue.lease_next_rows(stage.cast.lena, stage.project, have=[str(one.uid) for one in first.slots])
    assert not again.slots and stands(stage, stage.cast.lena).state == State.RAMP


def queries_of_a_claim(person: Person, line: Line) -> int:
    with CaptureQueriesContext(connection) as asked:
        queue.lease_next_rows(person, Project.objects.get(pk=line.project.pk))
    return len(asked)


def test_the_claim_asks_nothing_more_where_nobody_is_vetted_and_one_question_in_production(stage: Line) -> None:
    put(stage, stage.cast.lena, State.PRODUCTION)
    vetted = queries_of_a_claim(stage.cast.lena, stage)
    funnel_settings.switch(stage.cast.pia, stage.project, is_on=False)
    put(stage, stage.cast.leo, State.PRODUCTION)
    assert queries_of_a_claim(stage.cast.leo, stage) == vetted - 1
    with CaptureQueriesContext(connection) as asked:
        queue.lease_next_rows(stage.cast.lia, Project.objects.get(pk=stage.project.pk))
    assert not [one for one in asked if "funnel" in one["sql"] and "quality_benchmarkpolicy" not in one["sql"]]


def test_who_is_assessed_meets_as_much_gold_as_vetting_says(stage: Line) -> None:
    cast = stage.cast
    for row in ProjectRow.objects.filter(project=stage.project).order_by("pk")[:40]:
        benchmarks.make_benchmark(cast.eva, row, payload=payload(BOX))
    before = Slot.objects.count()
    Slot.objects.bulk_create(
        Slot(
            project=stage.project,
            project_row=row,
            labeler=cast.lena,
            state="done",
            order_key=1,
            submitted_at="2026-01-01T00:00Z",
        )
        for row in ProjectRow.objects.filter(project=stage.project).order_by("-pk")[:5]
    )
    assert Slot.objects.count() == before + 5, "past the first rows, which are gold for everybody"
    shares = {}
    for state in (State.ASSESSMENT, State.RAMP):
        put(stage, cast.lena, state, step=1)
        with CaptureQueriesContext(connection) as asked:
            chosen = gold_serving.rows_to_check(cast.lena, stage.project, 40)
        assert len(asked) == 1
        shares[state] = sum(one is not None for one in chosen)
    assert 12 <= shares[State.ASSESSMENT] <= 28 and shares[State.RAMP] < 12


def test_labels_of_those_who_are_tried_out_are_all_reviewed_and_their_checks_seem_to_be(stage: Line) -> None:
    cast = stage.cast
    project = stage.project
    row = ProjectRow.objects.select_related("project").filter(project=project)[0]
    for state, is_reviewed in ((State.ASSESSMENT, True), (State.RAMP, True), (State.PRODUCTION, False)):
        put(stage, cast.lena, state)
        Project.objects.filter(pk=project.pk).update(review_share=1)
        row.refresh_from_db()
        drawn = {is_drawn(one, [cast.lena.pk]) for one in rows_with_project(project)[:20]}
        assert (drawn == {True}) == is_reviewed, state
        Project.objects.filter(pk=project.pk).update(review_share=0)
        assert not any(is_drawn(one, [cast.lena.pk]) for one in rows_with_project(project)[:20])
    put(stage, cast.lena, State.ASSESSMENT)
    Project.objects.filter(pk=project.pk).update(review_share=1)
    tried, other = [
        Slot.objects.create(
            project=project, project_row=row, labeler=one, state=Slot.State.SUBMITTED, is_check=True, order_key=1
        )
        for one in (cast.lena, cast.leo)
    ]
    for slot in (tried, other):
        Label.objects.create(project=project, project_row=row, slot=slot, labeler_id=slot.labeler_id, last_version=1)
    project.seed = "1" * 32
    Project.objects.filter(pk=project.pk).update(seed=project.seed)
    checks.finish_checks(rows_with_project(project).get(pk=row.pk))
    states = [Slot.objects.get(pk=slot.pk).state for slot in (tried, other)]
    assert states == [Slot.State.IN_REVIEW, Slot.State.DONE]


def hand_in(line: Line, person: Person, row: ProjectRow) -> None:
    """A row of no score that ``person`` has just submitted."""
    values = {"project": line.project, "project_row": row, "labeler": person, "order_key": row.pk}
    Slot.objects.create(**values, state=Slot.State.DONE, submitted_at=ClockTimestamp())


def rows_with_project(project: Project) -> Any:
    return ProjectRow.objects.select_related("project").filter(project=project).order_by("pk")


# --- Results ------------------------------------------------------------------------------------------------------
def test_an_assessment_is_passed_by_the_mean_with_its_evidence(stage: Line) -> None:
    cast = stage.cast
    put(stage, cast.lena, State.ASSESSMENT)
    scored(stage, cast.lena, [0.9] * 9)
    assert vetting_steps.look_at_results() == 0
    scored(stage, cast.lena, [0.7])
    assert [vetting_steps.look_at_results(), vetting_steps.look_at_results()] == [1, 0]
    one, event = stands(stage, cast.lena), last_event(stage, cast.lena)
    assert (one.state, one.step, event.by) == (State.RAMP, 1, None)
    assert event.evidence["n"] == len(event.evidence["results"]) == 10 and event.evidence["mean"] == pytest.approx(0.88)
    assert event.evidence["results"][0]["name"].startswith("row-")


def test_the_pause_comes_only_to_those_who_are_surely_below(stage: Line) -> None:
    cast = stage.cast
    put(stage, cast.leo, State.ASSESSMENT)
    scored(stage, cast.leo, [1.0, 0.5] * 5)
    assert vetting_steps.look_at_results() == 0 and not Pause.objects.exists(), (
        "0.75, but the interval reaches over the bar"
    )
    scored(stage, cast.leo, [1.0, 0.5] * 5)
    assert vetting_steps.look_at_results() == 1 and not Pause.objects.exists()
    assert stands(stage, cast.leo).needs == Candidacy.Needs.UNSURE and vetting_steps.look_at_results() == 0
    assert last_event(stage, cast.leo).evidence["outcome"] == "unsure"
    assert empty_of(stage, cast.leo).code == "vetting_assessment"
    put(stage, cast.lena, State.ASSESSMENT)
    scored(stage, cast.lena, [0.2, 0.4] * 5)
    assert vetting_steps.look_at_results() == 1
    pause = Pause.objects.get()
    evidence = last_event(stage, cast.lena).evidence
    assert evidence["high"] < evidence["bar"] == 0.8 and evidence["pause"]["uid"] == str(pause.uid)
    assert (pause.person, pause.paused_by) == (cast.lena, cast.pia) and pause.ends_at is not None
    assert pause.ends_at - pause.paused_at < timedelta(days=3, minutes=1)
    assert "row" not in pause.told.lower() and "0." not in pause.told and "n 10, under 0.8" in pause.reason
    assert stands(stage, cast.lena).state == State.ASSESSMENT and vetting_steps.look_at_results() == 0, (
        "the same results act once"
    )
    assert empty_of(stage, cast.lena).code == "paused"
    pauses.resume_person(cast.pia, pause)
    assert empty_of(stage, cast.lena).code == "vetting_assessment", "it starts anew, and no gold is left here"


def test_a_pause_is_made_by_the_rights_of_whoever_switched_it_on(stage: Line) -> None:
    put(stage, stage.cast.lena, State.ASSESSMENT)
    scored(stage, stage.cast.lena, [0.1] * 10)
    ProjectPersonGrant.objects.filter(user=stage.cast.pia).delete()
    assert vetting_steps.look_at_results() == 1 and not Pause.objects.exists()
    assert "refused" in last_event(stage, stage.cast.lena).evidence["pause"]


def test_held_scores_and_those_from_before_count_for_nothing(stage: Line) -> None:
    cast = stage.cast
    results(stage, cast.lena, [0.9] * 10)
    put(stage, cast.lena, State.ASSESSMENT)
    Candidacy.objects.update(entered_at=ClockTimestamp())
    assert vetting_steps.look_at_results() == 0, "they were made before"
    put(stage, cast.lena, State.ASSESSMENT)
    LabelScore.objects.update(is_held=True)
    assert vetting_steps.look_at_results() == 0


def test_nothing_moves_at_once_after_the_last_result(stage: Line) -> None:
    """Otherwise whoever submits would see at which row it happens, and that this row was gold."""
    cast = stage.cast
    put(stage, cast.lena, State.ASSESSMENT)
    results(stage, cast.lena, [0.9] * 10)
    assert vetting_steps.look_at_results() == 0
    for _ in range(vetting_steps.MOST_ROWS_AFTER):
        hand_in(stage, cast.lena, rows_with_project(stage.project).exclude(slots__labeler=cast.lena)[0])
    assert vetting_steps.look_at_results() == 1


def test_the_ramp_rises_stays_and_falls_and_ends_in_production(stage: Line) -> None:
    cast = stage.cast
    put(stage, cast.lena, State.RAMP, step=1)
    steps = []
    for scores in ([0.9] * 5, [1.0, 0.5, 1.0, 0.5, 0.5], [0.3, 0.2, 0.3, 0.2, 0.1], [0.9] * 5, [0.8] * 5):
        Candidacy.objects.update(entered_at=ClockTimestamp() - timedelta(minutes=50))
        LabelScore.objects.all().delete()
        scored(stage, cast.lena, scores)
        # After it was entered, and long enough ago for a look.
        Label.objects.update(created_at=ClockTimestamp() - timedelta(minutes=40))
        assert vetting_steps.look_at_results() == 1
        one = stands(stage, cast.lena)
        steps.append((one.state, one.step))
        Pause.objects.update(resumed_at=ClockTimestamp(), resumed_by=cast.pia)
    ramp = State.RAMP
    assert steps == [(ramp, 2), (ramp, 2), (ramp, 1), (ramp, 2), (State.PRODUCTION, 0)]
    assert Pause.objects.count() == 1, "only the step that was surely below"


def test_who_runs_out_of_gold_waits_for_a_manager_until_there_is_some(stage: Line) -> None:
    cast = stage.cast
    put(stage, cast.lena, State.ASSESSMENT)
    vetting_steps.look_at_results()
    assert stands(stage, cast.lena).needs == Candidacy.Needs.NO_GOLD
    for row in ProjectRow.objects.filter(project=stage.project).order_by("pk")[:2]:
        benchmarks.make_benchmark(cast.eva, row, payload=payload(BOX))
    vetting_steps.look_at_results()
    assert stands(stage, cast.lena).needs == ""
    vetting.move_candidacy(cast.pia, stands(stage, cast.lena), State.PRODUCTION, note="Known from another project.")
    assert queries_of_a_claim(cast.lena, stage)


# --- What must not happen -----------------------------------------------------------------------------------------
def test_who_surely_fails_on_a_shortened_ramp_does_not_get_through(stage: Line) -> None:
    cast = stage.cast
    for outcome, scores in (
        (State.ASSESSMENT, [0.0, 0.1, 0.0, 0.1, 0.0]),
        (State.PRODUCTION, [1.0, 0.9, 1.0, 1.0, 0.9]),
    ):
        put(stage, cast.lena, State.RAMP, step=3)
        settings = funnel_settings.settings_of(stage.project)
        funnel_settings.change_settings(cast.pia, stage.project, after=settings.version, ramp_caps=[2])
        LabelScore.objects.all().delete()
        scored(stage, cast.lena, scores)
        assert vetting_steps.look_at_results() == 1
        assert stands(stage, cast.lena).state == outcome
        Pause.objects.all().delete()


def test_who_is_unsure_twice_on_a_step_waits_for_a_manager(stage: Line) -> None:
    """Looked at for ever, nearly everybody would climb."""
    lena = stage.cast.lena
    put(stage, lena, State.RAMP, step=1)
    scored(stage, lena, [1.0, 0.4, 1.0, 0.4, 1.0])
    assert vetting_steps.look_at_results() == 1 and stands(stage, lena).needs == ""
    Candidacy.objects.update(entered_at=ClockTimestamp() - timedelta(hours=2))
    LabelScore.objects.all().delete()
    scored(stage, lena, [1.0, 0.4, 1.0, 0.4, 1.0])
    vetting_steps.look_at_results()
    assert (stands(stage, lena).state, stands(stage, lena).needs) == (State.RAMP, Candidacy.Needs.UNSURE)
    assert queue.lease_next_rows(lena, stage.project).slots, "the step's rows go on"


def test_a_row_that_was_retired_counts_no_more(stage: Line) -> None:
    _, rows = ask(stage, asks_quiz=False)
    empty_of(stage, stage.cast.lena)
    for row, body in zip(rows, (RIGHT, WRONG), strict=False):
        answer(stage.cast.lena, row, body)
    practice.retire_practice_row(stage.cast.pia, rows[1])
    answer(stage.cast.lena, rows[2], RIGHT)
    assert stands(stage, stage.cast.lena).state == State.ASSESSMENT


def test_a_team_lead_ends_no_pause_of_their_own(stage: Line) -> None:
    cast = stage.cast
    pause = pauses.pause_person(cast.pia, stage.project, cast.tom, reason="Assessment.", told="Read the rules again.")
    for act in (
        lambda: pauses.resume_person(cast.tom, pause),
        lambda: pauses.pause_person(cast.tom, stage.project, cast.tom, reason="Mine.", told="Mine."),
    ):
        with pytest.raises(RuleViolation) as refusal:
            act()
        assert refusal.value.code == "own_pause"
    assert pauses.resume_person(cast.pia, pause).resumed_by == cast.pia


def test_nobody_goes_back_to_a_quiz_that_they_passed_and_who_is_declined_keeps_no_role(stage: Line) -> None:
    cast = stage.cast
    version, _ = ask(stage)
    empty_of(stage, cast.lena)
    take(cast.lena, stage, version, number=1)
    with pytest.raises(RuleViolation) as refusal:
        vetting.move_candidacy(cast.pia, stands(stage, cast.lena), State.QUIZ, note="Again, please.")
    assert refusal.value.code == "quiz_passed"
    vetting.move_candidacy(cast.pia, stands(stage, cast.lena), State.DECLINED, note="Not for now.")
    assert not ProjectPersonGrant.objects.filter(user=cast.lena, content_object=stage.project).exists()


def test_who_worked_while_nobody_was_vetted_is_in_production(stage: Line) -> None:
    put(stage, stage.cast.leo, State.GUIDELINES)
    funnel_settings.switch(stage.cast.pia, stage.project, is_on=False)
    scored(stage, stage.cast.leo, [0.9])
    assert funnel_settings.switch(stage.cast.pia, stage.project, is_on=True).settled == 1
    assert stands(stage, stage.cast.leo).state == State.PRODUCTION
    assert last_event(stage, stage.cast.leo).note == "Worked here meanwhile."


def test_a_candidate_learns_nothing_of_gold_and_looks_by_the_api(stage: Line) -> None:
    lena, client = stage.cast.lena, Client()
    put(stage, lena, State.ASSESSMENT)
    Candidacy.objects.update(needs=Candidacy.Needs.NO_GOLD)
    vetting.note_evidence(stands(stage, lena), {"outcome": "wait"})
    client.force_login(lena)
    (own,) = client.get("/api/v1/candidacies/").json()["results"]
    assert "gold" not in own["next_act"] and "manager has to look" in own["next_act"]
    assert client.get(f"/api/v1/candidacies/{own['uid']}/").json()["events"] == []


def test_one_candidacy_that_fails_stops_no_other(stage: Line, caplog: pytest.LogCaptureFixture) -> None:
    for person, state in ((stage.cast.lena, State.ASSESSMENT), (stage.cast.leo, State.ASSESSMENT)):
        put(stage, person, state)
        scored(stage, person, [0.9] * 10)
    # A value that no rule writes: the look at it fails.
    Candidacy.objects.filter(person=stage.cast.lena).update(
        project=make_line(stage.cast, rows=1, name=" three").project
    )
    Project.objects.update(is_vetted=True)
    vetting_steps.look_at_results()
    assert stands(stage, stage.cast.leo).state == State.RAMP
    assert "could not be looked at" in caplog.text
