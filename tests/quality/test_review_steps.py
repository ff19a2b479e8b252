"""Steps of review: what a label passes between submit and done, who decides at each, and which labels each looks at."""

import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from labeling import projects, queue, rows, skips, work_time
from labeling.api.queue import row_document
from labeling.editor import editor_rows
from labeling.models import Label, LabelVersion, Project, ProjectRow, Slot, WorkSession
from quality import checks, issues, lane, review, review_preview, review_steps, sampling, tasks
from quality.agreement.intervals import wilson_interval
from quality.models import Review, ReviewDraw, RowConsensus
from quality.review_steps import LEAVE_TASK, By, LooksAt, Method, Step
from tests.cast import Cast
from tests.line import CAR, Line, make_line, payload
from tests.quality.test_review import (
    decide,
    figures_of,
    hold,
    label_row,
    lease_review,
    mended,
    refused,
    review_slot,
    state_of,
    submit,
)
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Event, Person

pytestmark = pytest.mark.django_db

FIRST = Step(1, "Review")
SECOND = Step(name="Second review", instructions="Look at the plates.", looks_at=LooksAt.REVIEWED)


@pytest.fixture
def line(cast: Cast) -> Line:
    """Four rows; every label is reviewed, and what was let through is looked at once more."""
    made = make_line(cast)
    review_steps.change_steps(cast.pia, made.project, [FIRST, SECOND])
    return made


def change(line: Line, *steps: Step, by: Person | None = None, version: int | None = None) -> tuple[Step, ...]:
    found, _ = review_steps.change_steps(by or line.cast.pia, line.project, steps, version=version)
    line.project.refresh_from_db()
    return found


def free_reviews(label: Label) -> list[int]:
    live = Slot.objects.filter(label=label, kind=Slot.Kind.REVIEW, state=Slot.State.OPEN)
    return list(live.order_by("step").values_list("step", flat=True))


def draws_of(label: Label) -> list[tuple[int, int, bool, str]]:
    found = ReviewDraw.objects.filter(label=label).order_by("pk")
    return list(found.values_list("version", "step", "is_taken", "why"))


def leave_steps() -> None:
    for job in Event.objects.filter(task=LEAVE_TASK, done_at=None):
        tasks.leave_review_step(event_id=job.pk)


# --- The way of a label -------------------------------------------------------------------------------------------
def test_a_label_passes_one_step_after_the_other(line: Line) -> None:
    cast = line.cast
    label = label_row(cast.lena, line)
    decide(cast.rita, lease_review(cast.rita, line))
    assert free_reviews(label) == [2] and state_of(label.slot) == Slot.State.IN_REVIEW
    assert state_of(label.project_row) == ProjectRow.State.IN_REVIEW
    assert "accepted" not in figures_of(cast.lena), "it is accepted at the end"
    second = lease_review(cast.eva, line)
    assert (second.label_id, second.step) == (label.pk, 2)
    decide(cast.eva, second)
    assert state_of(label.slot) == Slot.State.DONE and state_of(label.project_row) == ProjectRow.State.DONE
    figures = figures_of(cast.lena)
    assert (figures["accepted"], figures["reviewed"], figures["untouched"]) == (1, 1, 1)
    assert draws_of(label) == [(1, 1, True, "share"), (1, 2, True, "share")]
    assert Event.objects.filter(kind="row_moved", payload__state="done").count() == 2, "once, on two streams"


def test_a_fix_goes_on_and_a_reject_comes_back_to_the_step_that_sent_it(line: Line) -> None:
    cast = line.cast
    label = label_row(cast.lena, line)
    decide(cast.rita, lease_review(cast.rita, line), "fix", payload=mended(label))
    second = lease_review(cast.eva, line)
    decide(cast.eva, second, "reject", version=2)
    assert state_of(label.slot) == Slot.State.IN_REWORK
    submit(cast.lena, hold(cast.lena, Slot.objects.get(pk=label.slot_id)), payload((5, 5, 9, 9)))
    assert free_reviews(label) == [2]
    assert draws_of(label)[-1] == (3, 2, True, "came_back")
    decide(cast.eva, lease_review(cast.eva, line), version=3)
    assert state_of(label.project_row) == ProjectRow.State.DONE
    assert figures_of(cast.lena)["accepted"] == 1
    assert list(Review.objects.values_list("step", "version", "decision", "maker").order_by("pk")) == [
        (1, 1, "fix", cast.lena.pk),
        (2, 2, "reject", cast.lena.pk),
        (2, 3, "approve", cast.lena.pk),
    ]


def test_without_steps_of_its_own_a_project_has_one(cast: Cast) -> None:
    line = make_line(cast, review_share=30)
    assert review_steps.steps_of(line.project) == (Step(1, share=30),)
    assert review_steps.version_of(line.project) == 0
    projects.change_project(cast.pia, line.project, review_share=40)
    line.project.refresh_from_db()
    change(line, Step(1, "Peer review", share=40))
    projects.change_project(cast.pia, line.project, review_share=70)
    line.project.refresh_from_db()
    assert review_steps.steps_of(line.project) == (Step(1, "Peer review", share=70),), "one source of that share"
    change(line, Step(1, "Peer review", share=10))
    assert line.project.review_share == 10


def test_what_was_not_looked_at_before_passes_a_step_for_reviewed_labels(cast: Cast) -> None:
    line = make_line(cast, review_share=0)
    change(line, Step(1, share=0), SECOND)
    label = label_row(cast.lena, line)
    assert state_of(label.slot) == Slot.State.DONE
    assert draws_of(label) == [(1, 2, False, "unreviewed")]
    change(line, Step(1, share=0), Step(2, "Second review", share=100))
    other = label_row(cast.lena, line)
    assert free_reviews(other) == [2], "of every label means of every label"
    decide(cast.rita, lease_review(cast.rita, line))
    assert state_of(other.slot) == Slot.State.DONE


# --- Who decides --------------------------------------------------------------------------------------------------
def test_nobody_looks_at_a_label_at_two_steps(line: Line) -> None:
    cast = line.cast
    label = label_row(cast.lena, line)
    decide(cast.rita, lease_review(cast.rita, line))
    claim = queue.lease_next_rows(cast.rita, line.project, kind=Slot.Kind.REVIEW)
    assert claim.slots == () and claim.empty and claim.empty.code == "yours_already"
    wanted = str(review_slot(label).uid)
    assert queue.lease_next_rows(cast.rita, line.project, kind=Slot.Kind.REVIEW, wanted=wanted).slots == ()
    refused("decided_before", cast.rita, hold(cast.rita, review_slot(label)))
    assert Review.objects.count() == 1


def test_a_step_for_experts_is_given_to_nobody_else(line: Line) -> None:
    cast = line.cast
    change(line, FIRST, Step(2, "Expert check", decided_by=By.EXPERTS))
    label = label_row(cast.lena, line)
    decide(cast.eva, hold(cast.eva, review_slot(label)))
    claim = queue.lease_next_rows(cast.rita, line.project, kind=Slot.Kind.REVIEW)
    assert claim.slots == () and claim.empty and claim.empty.code == "step_for_others"
    assert "Expert check" in claim.empty.message
    refused("step_for_others", cast.rita, hold(cast.rita, review_slot(label)), "reject")
    other = label_row(cast.leo, line)
    decide(cast.rita, hold(cast.rita, review_slot(other)))
    assert lease_review(cast.eva, line).label_id == other.pk


@pytest.mark.parametrize("wrote", ["made", "fixed"])
def test_nobody_reviews_own_work_by_any_door(line: Line, wrote: str) -> None:
    """Eva labels and reviews. Whoever made the label, or fixed it at the step before, gets and decides no review of it:
    not by a claim, not by asking for that very slot, not with a lease in hand, not by sending it to review again."""
    cast = line.cast
    if wrote == "made":
        label = label_row(cast.eva, line)
    else:
        label = label_row(cast.lena, line)
        decide(cast.eva, lease_review(cast.eva, line), "fix", payload=mended(label))
    for step in (1, 2):
        Slot.objects.filter(label=label, kind=Slot.Kind.REVIEW, state=Slot.State.OPEN).update(step=step)
        slot = review_slot(label)
        assert queue.lease_next_rows(cast.eva, line.project, kind=Slot.Kind.REVIEW).slots == ()
        wanted = str(slot.uid)
        assert queue.lease_next_rows(cast.eva, line.project, kind=Slot.Kind.REVIEW, wanted=wanted).slots == ()
        version = Label.objects.get(pk=label.pk).last_version
        for decision in ("approve", "reject", "fix"):
            fix = {"payload": mended(label)} if decision == "fix" else {}
            held = hold(cast.eva, slot)
            if decision == "reject":
                refused("own_work", cast.eva, held, decision, version=version)
            else:
                with pytest.raises(RuleViolation) as refusal:
                    decide(cast.eva, held, decision, version=version, **fix)
                assert refusal.value.code == "own_work"
        queue.release_slot(cast.eva, str(slot.uid), Slot.objects.get(pk=slot.pk).lease_token or 0)
    assert not Review.objects.filter(reviewer=cast.eva).exclude(decision="fix").exists()
    # Not by the lane of a lead either: the label it sends waits for somebody else.
    decide(cast.rita, lease_review(cast.rita, line))
    Slot.objects.filter(label=label, kind=Slot.Kind.REVIEW, state=Slot.State.OPEN).update(state=Slot.State.REVOKED)
    Slot.objects.filter(pk=label.slot_id).update(state=Slot.State.DONE)
    row = ProjectRow.objects.get(pk=label.project_row_id)
    ProjectRow.objects.filter(pk=row.pk).update(state=ProjectRow.State.DONE)
    lane.send_to_review(cast.pia, row, "Look again")
    assert queue.lease_next_rows(cast.eva, line.project, kind=Slot.Kind.REVIEW).slots == ()
    assert queue.lease_next_rows(cast.rita, line.project, kind=Slot.Kind.REVIEW).slots == (), "nor who decided before"


# --- What the next reviewer is told -------------------------------------------------------------------------------
def told(person: Person, slot: Slot) -> dict[str, Any]:
    return row_document(editor_rows(person, [slot])[0], "/x.png", frozenset())


def test_a_second_reviewer_is_told_the_step_and_nothing_of_the_first_decision(line: Line) -> None:
    cast = line.cast
    label = label_row(cast.lena, line)
    first = hold(cast.rita, review_slot(label))
    seen = told(cast.rita, first)
    assert seen["review_step"] == {"number": 1, "place": 1, "name": "Review", "instructions": ""}
    why = [{"code": "unclear", "text": "I would have drawn it wider."}]
    decide(cast.rita, first, comment="Nearly sent back.", reasons=why)
    second = lease_review(cast.eva, line)
    shown = told(cast.eva, second)
    assert shown["review_step"]["name"] == "Second review"
    assert shown["review_step"]["instructions"] == "Look at the plates."
    assert shown["reasons"] == [] and set(shown) == set(seen)
    assert "Rita" not in str(shown) and "wider" not in str(shown) and "Nearly" not in str(shown)
    # Who asks about the first step, with the label's next review still to give, learns no more.
    with pytest.raises(RuleViolation) as refusal:
        review.decide(cast.eva, str(first.uid), token=1, version=1, decision="reject", reasons=why, key="k")
    assert refusal.value.code == "already_decided"
    assert not {"decision", "reviewer", "made_at"} & set(refusal.value.details) and "Rita" not in refusal.value.message
    assert not review.reviews_visible_to(cast.eva).exists()
    # The maker, to whom it came back, reads everything.
    decide(cast.eva, second, "reject")
    assert told(cast.lena, hold(cast.lena, Slot.objects.get(pk=label.slot_id)))["reasons"][0]["reviewer"] == "Eva Egger"
    # And the same step judges the rework by its own reasons.
    submit(cast.lena, Slot.objects.get(pk=label.slot_id))
    assert told(cast.eva, lease_review(cast.eva, line))["reasons"][0]["code"] == "loose_box"


def test_what_a_step_is_called_costs_one_query_for_any_number_of_rows(line: Line) -> None:
    for _ in range(4):
        label_row(line.cast.lena, line)
    slots = list(Slot.objects.filter(kind=Slot.Kind.REVIEW).select_related("project"))
    with CaptureQueriesContext(connection) as asked:
        assert all(review_steps.told_to_reviewers(slots).values())
    assert len(asked) == 1


# --- The draw -----------------------------------------------------------------------------------------------------
def submitted_labels(line: Line) -> list[Label]:
    """One submitted label on every row, put straight into the tables."""
    found = []
    every = list(ProjectRow.objects.filter(project=line.project).order_by("pk"))
    Slot.objects.filter(project=line.project).delete()
    at = {"project": line.project, "labeler": line.cast.lena, "state": Slot.State.SUBMITTED, "batch": every[0].batch}
    slots = Slot.objects.bulk_create(Slot(project_row=row, order_key=row.pk, **at) for row in every)
    found = Label.objects.bulk_create(
        Label(project=line.project, project_row=slot.project_row, slot=slot, labeler=line.cast.lena, last_version=1)
        for slot in slots
    )
    LabelVersion.objects.bulk_create(
        LabelVersion(
            label=label, number=1, author=line.cast.lena, ontology_version=line.ontology, payload=payload((1, 1, 9, 9))
        )
        for label in found
    )
    ProjectRow.objects.filter(project=line.project).update(state=ProjectRow.State.IN_WORK)
    return found


def settle(label: Label) -> None:
    with transaction.atomic():
        sampling.settle_row(rows.lock_row(label.project_row_id))


def test_shares_draw_the_same_rows_again_and_lie_within_their_intervals(cast: Cast) -> None:
    """5 %, 30 % and 100 % at two steps. 3,000 rows for the draw itself, 150 by the real rules; 99.9 % intervals."""
    line = make_line(cast, rows=150, review_share=30)
    project = line.project
    project.seed = "0123456789abcdef0123456789abcdef"
    Project.objects.filter(pk=project.pk).update(seed=project.seed)
    some = [ProjectRow(project=project, uid=uuid.UUID(int=number)) for number in range(3000)]
    for step in (1, 2):
        values = [sampling.value_of(row, step) for row in some]
        assert values == [sampling.value_of(row, step) for row in some]
        taken: dict[float, set[int]] = {}
        for share in (0.05, 0.3, 1.0):
            taken[share] = {at for at, value in enumerate(values) if value < share}
            low, high = wilson_interval(len(taken[share]), 3000, level=0.999)
            assert low <= share <= high
        assert taken[0.05] < taken[0.3] < taken[1.0]
    both = [sampling.value_of(row, 1) < 0.3 and sampling.value_of(row, 2) < 0.3 for row in some]
    low, high = wilson_interval(sum(both), 3000, level=0.999)
    assert low <= 0.09 <= high, "steps draw apart from each other"

    change(line, Step(1, share=30), Step(name="Audit", share=5))
    found = submitted_labels(line)
    for label in found:
        settle(label)
    decided = list(ReviewDraw.objects.order_by("pk").values_list("label", "step", "share", "value", "is_taken", "why"))
    by_step = {step: {pk: taken for pk, at, _, _, taken, _ in decided if at == step} for step in (1, 2)}
    assert len(by_step[1]) == 150
    assert set(by_step[2]) == {pk for pk, taken in by_step[1].items() if not taken}, "the others are at step 1 still"
    for step, share in ((1, 0.3), (2, 0.05)):
        low, high = wilson_interval(sum(by_step[step].values()), len(by_step[step]), level=0.999)
        assert low <= share <= high
    assert all(taken == (value < share) for _, _, share, value, taken, _ in decided)
    waiting = dict(Slot.objects.filter(kind=Slot.Kind.REVIEW).values_list("label", "step"))
    assert waiting == {pk: step for step in (2, 1) for pk, taken in by_step[step].items() if taken}

    # A share that changes decides about nothing again, and neither does asking.
    change(line, Step(1, share=100), Step(2, "Audit", share=100))
    for label in found[:20]:
        settle(label)
    again = ReviewDraw.objects.order_by("pk").values_list("label", "step", "share", "value", "is_taken", "why")
    assert list(again) == decided
    with pytest.raises(DatabaseError), transaction.atomic():
        ReviewDraw.objects.update(is_taken=False)


def test_a_decided_version_keeps_what_was_drawn_for_it(cast: Cast) -> None:
    """A label that no step drew is sent to review by a person; after that the later step still goes by its old draw."""
    line = make_line(cast, rows=1)
    change(line, Step(1, share=0), Step(name="Audit", share=1))
    Project.objects.filter(pk=line.project.pk).update(seed="f" * 32)
    label = label_row(cast.lena, line)
    assert draws_of(label) == [(1, 2, False, "share")]
    change(line, Step(1, share=0), Step(2, "Audit", share=100))
    lane.send_to_review(cast.pia, label.project_row, "Look at it")
    assert review_slot(label).step == 1
    explained = sampling.why_looked_at(label.project_row)
    assert [(one.step, one.is_taken) for one in explained] == [("Audit", False), ("Review", True)]
    assert explained[0].said.startswith("Drawn 0.") and "not under the share of 0.010" in explained[0].said
    assert explained[1].said == "A person sent it to review."
    decide(cast.rita, lease_review(cast.rita, line))
    assert state_of(label.project_row) == ProjectRow.State.DONE


# --- By rule ------------------------------------------------------------------------------------------------------
def by_rule(*conditions: tuple[str, Any], share: int = 0) -> Step:
    given = tuple({"code": code, "value": value} for code, value in conditions)
    return Step(1, method=Method.RULE, share=share, conditions=given)


def test_labels_of_which_a_condition_holds_are_always_looked_at(cast: Cast) -> None:
    line = make_line(cast, rows=8, review_share=0)
    change(line, by_rule(("classes", [CAR])))
    empty, car = label_row(cast.lena, line, payload()), label_row(cast.lena, line, payload((1, 1, 9, 9)))
    assert (free_reviews(empty), free_reviews(car)) == ([], [1])
    (draw,) = ReviewDraw.objects.filter(label=car)
    assert (draw.share, draw.why, draw.said) == (1.0, "rule", "The label holds “Car”.")

    change(line, by_rule(("open_issue", None)))
    asked = queue.lease_next_rows(cast.lena, line.project).slots[0]
    said = {"category": "edge_case", "text": "Is this a car?"}
    issues.open_issue(cast.lena, asked.project_row, **said)
    assert free_reviews(submit(cast.lena, asked)) == [1]

    change(line, by_rule(("newcomer", 2)))
    fresh = label_row(cast.leo, line)
    assert free_reviews(fresh) == [1]
    decide(cast.rita, hold(cast.rita, review_slot(fresh)))
    change(line, by_rule(("newcomer", 1)))
    assert free_reviews(label_row(cast.leo, line)) == []


def test_conditions_on_the_row(cast: Cast) -> None:
    line = make_line(cast, rows=3, review_share=0)
    found = submitted_labels(line)
    RowConsensus.objects.create(project=line.project, project_row=found[0].project_row, opinion_count=2, score=0.4)
    change(line, by_rule(("low_consensus", 0.5), ("machine", None)))
    Person.objects.filter(pk=cast.leo.pk).update(kind=Person.Kind.MACHINE)
    Label.objects.filter(pk=found[1].pk).update(labeler=cast.leo)
    for label in found:
        settle(label)
    assert [draw.said for draw in ReviewDraw.objects.order_by("label")] == [
        "Consensus of the row is under 0.50.",
        "The row has an opinion of a machine or a file.",
        "",
    ]
    assert [draw.is_taken for draw in ReviewDraw.objects.order_by("label")] == [True, True, False]


# --- Adaptive -----------------------------------------------------------------------------------------------------
def judged(line: Line, person: Person, count: int, *, faulty: int) -> None:
    """``count`` labels of ``person`` with a first review, the first ``faulty`` of them sent back."""
    row = ProjectRow.objects.filter(project=line.project).order_by("pk")[0]
    for at in range(count):
        values: Any = {"project": line.project, "project_row": row, "order_key": 1, "is_check": True, "state": "done"}
        made = Label.objects.create(
            project=line.project, project_row=row, labeler=person, last_version=1,
            slot=Slot.objects.create(**values),
        )  # fmt: skip
        look = Slot.objects.create(**{**values, "is_check": False}, kind=Slot.Kind.REVIEW, step=1, label=made)
        decision = "reject" if at < faulty else "approve"
        Review.objects.create(
            project=line.project, label=made, version=1, slot=look, reviewer=line.cast.rita, decision=decision
        )


def test_a_persons_share_follows_what_first_reviews_found(cast: Cast) -> None:
    line = make_line(cast, rows=4, review_share=5)
    (step,) = change(line, Step(1, method=Method.ADAPTIVE, share=5, target=5.0))
    judged(line, cast.lena, 60, faulty=20)
    judged(line, cast.leo, 60, faulty=0)
    careless = sampling.adaptive_share(line.project, step, cast.lena.pk)
    careful = sampling.adaptive_share(line.project, step, cast.leo.pk)
    new = sampling.adaptive_share(line.project, step, cast.lia.pk)
    assert careless > 0.8 and careful < 0.45 and new > careful
    with CaptureQueriesContext(connection) as asked:
        sampling.adaptive_share(line.project, step, cast.lena.pk)
    assert len(asked) == 2
    label = label_row(cast.lena, line)
    draw = ReviewDraw.objects.get(label=label)
    assert (draw.why, round(draw.share, 9)) == ("adaptive", round(careless, 9))
    # What falls by itself never falls under the floor, which supervision moves.
    projects.change_project(cast.pia, line.project, review_share=60)
    line.project.refresh_from_db()
    (step,) = review_steps.steps_of(line.project)
    assert sampling.adaptive_share(line.project, step, cast.leo.pk) == 0.6


def test_checks_seem_to_be_reviewed_as_often_as_other_labels(cast: Cast) -> None:
    """A check goes by the same shares, by draws of its own: adaptive ones, conditions and later steps too."""
    line = make_line(cast, rows=1, review_share=0)
    label = submitted_labels(line)[0]
    Slot.objects.filter(pk=label.slot_id).update(is_check=True)
    for steps, seems in (
        ((Step(1, share=0),), False),
        ((by_rule(("classes", [CAR])),), True),
        ((Step(1, share=0), SECOND), False),
        ((Step(1, share=0), Step(2, "Second review")), True),
        ((Step(1, method=Method.ADAPTIVE, share=5, most=100, target=0.1), Step(2, "Second review", share=0)), True),
    ):
        change(line, *steps)
        Project.objects.filter(pk=line.project.pk).update(seed="a" * 32)
        row = ProjectRow.objects.select_related("project").get(pk=label.project_row_id)
        assert sampling.would_be_looked_at(row.project, label, "a uid") == seems, steps
    checks.finish_checks(row)
    assert not ReviewDraw.objects.exists() and state_of(label.slot) in (Slot.State.IN_REVIEW, Slot.State.DONE)


# --- Changes ------------------------------------------------------------------------------------------------------
def test_a_step_that_is_taken_away_holds_nothing(line: Line) -> None:
    cast = line.cast
    change(line, FIRST, Step(2, "Second review"), Step(name="Third review"))
    free, held, early = (label_row(cast.lena, line) for _ in range(3))
    for label in (free, held):
        decide(cast.rita, hold(cast.rita, review_slot(label)))
    in_hand = hold(cast.eva, review_slot(held))
    change(line, FIRST, Step(3, "Third review", share=100))
    assert free_reviews(free) == [2], "until the job has run, it can still be claimed"
    leave_steps()
    assert (free_reviews(free), free_reviews(early)) == ([3], [1])
    decide(cast.eva, in_hand)
    assert free_reviews(held) == [3], "who had it in hand finished it"
    # The last one goes too: what waits there is done.
    change(line, FIRST)
    leave_steps()
    leave_steps()
    assert [state_of(label.project_row) for label in (free, held, early)] == ["done", "done", "in_review"]
    assert figures_of(cast.lena)["accepted"] == 2
    # A rework sent by a step that is gone is looked at from the first.
    change(line, FIRST, Step(name="Fourth review"))
    assert [one.number for one in review_steps.steps_of(line.project)] == [1, 4], "a number is never given again"
    decide(cast.rita, hold(cast.rita, review_slot(early)))
    decide(cast.eva, hold(cast.eva, review_slot(early)), "reject")
    change(line, FIRST)
    submit(cast.lena, hold(cast.lena, Slot.objects.get(pk=early.slot_id)))
    assert free_reviews(early) == [1]


def test_a_change_is_checked_kept_and_told(line: Line) -> None:
    cast, project = line.cast, line.project
    assert review_steps.plan_of(cast.wim, project)[1] == 1
    assert review_steps.change_steps(cast.pia, project, review_steps.steps_of(project))[1] == 1, "nothing changed"
    swapped = change(line, FIRST, Step(name="Audit", share=10), Step(2, "Second review"), version=1)
    assert [one.number for one in swapped] == [1, 3, 2]
    event = AuditEvent.objects.filter(action="review_steps.changed").latest("pk")
    assert event.actor == cast.pia and [one["name"] for one in event.after["steps"]] == [
        "Review", "Audit", "Second review",
    ]  # fmt: skip
    assert Event.objects.filter(kind="review_steps_changed").count() == 2
    for steps, code in (
        ([], "steps_invalid"),
        ([FIRST] * 6, "steps_invalid"),
        ([Step(2, "Second review"), FIRST], "steps_invalid"),
        ([FIRST, Step(9, "Nine")], "steps_invalid"),
        ([FIRST, Step(name="review")], "steps_invalid"),
        ([Step(1, looks_at=LooksAt.REVIEWED)], "step_invalid"),
        ([Step(1, share=101)], "step_invalid"),
        ([Step(1, share=50, most=40)], "step_invalid"),
        ([Step(1, target=0.0)], "step_invalid"),
        ([Step(1, method=Method.RULE)], "step_invalid"),
        ([Step(1, method="coin")], "step_invalid"),
        ([Step(1, decided_by="friends")], "step_invalid"),
        ([by_rule(("moon", None))], "unknown_condition"),
        ([by_rule(("open_issue", None), ("open_issue", None))], "unknown_condition"),
        ([by_rule(("classes", ["nobody's"]))], "condition_invalid"),
        ([by_rule(("newcomer", 0))], "condition_invalid"),
        ([by_rule(("low_consensus", 1.5))], "condition_invalid"),
        ([Step(1, name=" ")], "text_length"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            change(line, *steps)
        assert refusal.value.code == code, steps
    with pytest.raises(RuleViolation) as moved:
        change(line, FIRST, version=1)
    assert (moved.value.code, moved.value.details["version"]) == ("settings_moved_on", 2)
    for person, error in ((cast.wim, NotAllowed), (cast.rita, NotAllowed), (cast.otto, NotFound)):
        with pytest.raises(error):
            change(line, FIRST, by=person)
    assert [one.name for one in review_steps.steps_of(project)] == ["Review", "Audit", "Second review"]


def test_a_skipped_review_waits_at_its_step_for_somebody_else(line: Line) -> None:
    cast = line.cast
    label = label_row(cast.lena, line)
    decide(cast.rita, lease_review(cast.rita, line))
    slot = lease_review(cast.eva, line)
    skips.skip_row(cast.eva, str(slot.uid), slot.lease_token or 0, reason="other")
    assert free_reviews(label) == [2]
    assert queue.lease_next_rows(cast.eva, line.project, kind=Slot.Kind.REVIEW).slots == ()
    assert [one.step for one in review_steps.waiting_at(line.project)] == [2]


# --- What it would cost -------------------------------------------------------------------------------------------
def test_a_preview_says_how_much_the_last_month_would_have_cost(cast: Cast) -> None:
    line = make_line(cast, rows=150)
    found = submitted_labels(line)
    Slot.objects.filter(pk__in=[label.slot_id for label in found]).update(state=Slot.State.DONE)
    told = review_preview.preview(cast.pia, line.project, [Step(1, share=100), Step(name="Audit", share=100)])
    assert (told.labels, told.looks, told.seconds, told.hours) == (150, 300, None, None), "too few reviews to say"
    assert [one.looks for one in told.steps] == [150, 150]
    some = review_preview.preview(cast.pia, line.project, [Step(1, share=30), SECOND])
    assert some.steps[0].looks == some.steps[1].looks and 25 <= some.steps[0].looks <= 65
    nothing = review_preview.preview(cast.pia, line.project, [Step(1, share=0), SECOND])
    assert nothing.looks == 0
    cars = review_preview.preview(cast.pia, line.project, [by_rule(("classes", [CAR]))])
    assert cars.looks == 150
    assert not ReviewDraw.objects.exists()
    with pytest.raises(NotAllowed):
        review_preview.preview(cast.rita, line.project, [FIRST])
    day = work_time.day_in(line.project, work_time.clock())
    for seconds in [60.0] * 9 + [120.0] * 10:
        row = found[0].project_row
        slot = Slot.objects.create(
            project=line.project,
            project_row=row,
            kind=Slot.Kind.REVIEW,
            label=found[0],
            step=1,
            order_key=1,
            state="done",
        )
        WorkSession.objects.create(
            project=line.project, person=cast.rita, slot=slot, stage="review", outcome="submitted", lease_token=1,
            active_seconds=seconds, credited_on=day, first_beat_at=work_time.clock(), last_beat_at=work_time.clock(),
        )  # fmt: skip
    told = review_preview.preview(cast.pia, line.project, [Step(1, share=100)])
    assert (told.seconds, told.hours) == (120.0, 150 * 120 / 3600)


def test_the_line_yields_the_product_over_its_steps(line: Line) -> None:
    cast = line.cast
    found = [label_row(cast.lena, line) for _ in range(4)]
    for label, decision in zip(found, ("approve", "approve", "approve", "reject"), strict=True):
        decide(cast.rita, hold(cast.rita, review_slot(label)), decision)
    for label, decision in zip(found[:2], ("approve", "reject"), strict=True):
        decide(cast.eva, hold(cast.eva, review_slot(label)), decision)
    day = work_time.day_in(line.project, work_time.clock())
    told = review_preview.line_yield(line.project, day, day)
    assert [(one.name, one.k, one.n) for one in told.steps] == [("Review", 3, 4), ("Second review", 1, 2)]
    assert told.value == 0.375 and told.low is not None and told.high is not None
    assert told.low < 0.375 < told.high
    # What comes back to a step counts there once, by its first look.
    submit(cast.lena, hold(cast.lena, Slot.objects.get(pk=found[1].slot_id)))
    decide(cast.eva, hold(cast.eva, review_slot(found[1])))
    assert review_preview.line_yield(line.project, day, day).steps == told.steps
