"""Review: who looks at which label, the first decision wins, nobody decides about own work, rework comes round."""

import copy
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from labeling import drafts, guidelines, labels, projects, queue, rows, skips, work_time
from labeling.drafts import Base
from labeling.editor import EditorRow, editor_rows
from labeling.models import Draft, Label, LabelVersion, Project, ProjectRow, Slot, WorkSession
from quality import consensus, review, sampling
from quality.models import FigureDelta, Review, ReviewRemark, RowConsensus
from tests.cast import Cast
from tests.line import Line, make_line, payload
from tests.locks import wait_until_somebody_waits
from tests.quality.draws import is_drawn
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Event, IdempotencyRecord, Person

pytestmark = pytest.mark.django_db

LOOSE = [{"code": "loose_box", "text": "Too wide on the left.", "object": None, "pin": {"x": 3, "y": 4}}]


@pytest.fixture
def line(cast: Cast) -> Line:
    """Four rows, one label each, every row reviewed."""
    return make_line(cast)


# --- The moves ----------------------------------------------------------------------------------------------------
def hold(person: Person, slot: Slot, *, seconds: int = 90) -> Slot:
    """Put a live lease in a person's hands, whatever the claim would say."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE labeling_slot SET state = 'leased', labeler_id = %s, lease_token = nextval('labeling_lease_token'),
                leased_until = clock_timestamp() + make_interval(secs => %s), last_input_at = clock_timestamp(),
                ontology_version_id = (SELECT max(id) FROM labeling_ontologyversion) WHERE id = %s
            """,
            [person.pk, seconds, slot.pk],
        )
    slot.refresh_from_db()
    return slot


def submit(person: Person, slot: Slot, body: Any = None) -> Label:
    body = payload((1, 1, 20, 20)) if body is None else body
    token = slot.lease_token
    assert token is not None
    labels.submit_label(person, str(slot.uid), token=token, payload=body, ontology_version=1, key=f"{slot.uid}-{token}")
    return Label.objects.select_related("slot", "project_row", "labeler").get(slot=slot)


def label_row(person: Person, line: Line, body: Any = None) -> Label:
    return submit(person, queue.lease_next_rows(person, line.project).slots[0], body)


def review_slot(label: Label) -> Slot:
    return Slot.objects.filter(kind=Slot.Kind.REVIEW, label=label).latest("pk")


def lease_review(person: Person, line: Line) -> Slot:
    return queue.lease_next_rows(person, line.project, kind=Slot.Kind.REVIEW).slots[0]


def decide(person: Person, slot: Slot, decision: str = "approve", *, key: str = "", **values: Any) -> Any:
    assert slot.label is not None and slot.lease_token is not None
    values.setdefault("version", Label.objects.get(pk=slot.label_id).last_version)
    if decision == "reject":
        values.setdefault("reasons", copy.deepcopy(LOOSE))
    return review.decide(
        person, str(slot.uid), token=slot.lease_token, decision=decision, key=key or uuid.uuid4().hex, **values
    )


def refused(code: str, person: Person, slot: Slot, decision: str = "approve", **values: Any) -> RuleViolation:
    with pytest.raises((RuleViolation, InvalidInput)) as refusal:
        decide(person, slot, decision, **values)
    assert refusal.value.code == code
    assert "draft_saved" in refusal.value.details
    has_words = bool(values.get("comment") or decision == "reject")
    assert refusal.value.details["reasons_kept"] is (code == "already_decided" and has_words)
    return refusal.value


def state_of(thing: Any) -> str:
    thing.refresh_from_db()
    return str(thing.state)


def figures_of(person: Person) -> dict[str, float]:
    found: Counter[str] = Counter()
    for measure, amount in FigureDelta.objects.filter(person=person).values_list("measure", "amount"):
        found[measure] += amount
    return dict(found)


def mended(label: Label) -> dict[str, Any]:
    """The last version with its first box moved."""
    body = copy.deepcopy(labels.last_versions(Label.objects.filter(pk=label.pk)).get().payload)
    body["features"][0]["value"] = [2, 2, 22, 22]
    return dict(body)


# --- Which labels are looked at -----------------------------------------------------------------------------------
def test_a_finished_label_goes_to_review(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = review_slot(label)
    assert (slot.state, slot.step, slot.label_id) == (Slot.State.OPEN, 1, label.pk)
    assert state_of(label.slot) == Slot.State.IN_REVIEW
    assert state_of(label.project_row) == ProjectRow.State.IN_REVIEW
    assert "accepted" not in figures_of(line.cast.lena)


def test_without_review_a_label_is_done_and_counts_as_accepted(cast: Cast) -> None:
    line = make_line(cast, review_share=0)
    label = label_row(cast.lena, line)
    assert state_of(label.slot) == Slot.State.DONE
    assert state_of(label.project_row) == ProjectRow.State.DONE
    assert not Slot.objects.filter(kind=Slot.Kind.REVIEW).exists()
    assert figures_of(cast.lena)["accepted"] == 1


def test_settling_a_row_again_changes_nothing(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    events = Event.objects.count()
    with transaction.atomic():
        sampling.settle_row(rows.lock_row(label.project_row_id))
    assert Slot.objects.filter(kind=Slot.Kind.REVIEW, label=label).count() == 1
    assert Event.objects.count() == events


def test_a_row_that_was_set_aside_is_not_settled(line: Line) -> None:
    slot = queue.lease_next_rows(line.cast.lena, line.project).slots[0]
    ProjectRow.objects.filter(pk=slot.project_row_id).update(state=ProjectRow.State.SET_ASIDE)
    label = submit(line.cast.lena, slot)
    assert state_of(label.project_row) == ProjectRow.State.SET_ASIDE
    assert not Slot.objects.filter(kind=Slot.Kind.REVIEW).exists()


@pytest.mark.parametrize(("share", "least", "most"), [(5, 66, 137), (30, 532, 670), (100, 2000, 2000), (0, 0, 0)])
def test_a_share_of_rows_is_drawn_and_the_draw_is_the_same_again(line: Line, share: int, least: int, most: int) -> None:
    """The interval holds 99.9 % of draws; the seed and the uids are fixed, so the answer is too."""
    project = line.project
    project.seed, project.review_share = "a fixed seed", share
    some = [ProjectRow(project=project, uid=uuid.UUID(int=number)) for number in range(2000)]
    drawn = [is_drawn(row) for row in some]
    assert least <= sum(drawn) <= most
    assert [is_drawn(row) for row in some] == drawn
    project.review_share = min(100, share + 20)
    assert all(is_drawn(row) for row, was in zip(some, drawn, strict=True) if was)


def opinions(cast: Cast, bodies: dict[str, Any], **settings: Any) -> dict[str, Label]:
    """One row, several opinions, scored: name → label."""
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=len(bodies), **settings)
    found = {name: label_row(getattr(cast, name), line, body) for name, body in bodies.items()}
    consensus.score_row(ProjectRow.objects.get(project=line.project).pk)
    for label in found.values():
        label.refresh_from_db()
    return found


SAME = ((1, 1, 20, 20), (30, 30, 40, 40))
OTHER = ((50, 1, 60, 9),)


def test_while_opinions_are_missing_nothing_is_reviewed(cast: Cast) -> None:
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=2)
    label = label_row(cast.lena, line)
    with transaction.atomic():
        sampling.settle_row(rows.lock_row(label.project_row_id))
    assert state_of(label.slot) == Slot.State.SUBMITTED
    assert not Slot.objects.filter(kind=Slot.Kind.REVIEW).exists()


def test_the_winner_is_reviewed_and_the_others_are_done(cast: Cast) -> None:
    found = opinions(cast, {"lena": payload(*SAME), "leo": payload(*SAME), "lia": payload(*OTHER)})
    winner = RowConsensus.objects.get().winner
    assert winner is not None and winner.labeler in (cast.lena, cast.leo)
    states = {label.pk: state_of(label.slot) for label in found.values()}
    assert states.pop(winner.pk) == Slot.State.IN_REVIEW
    assert set(states.values()) == {Slot.State.DONE}
    assert Slot.objects.get(kind=Slot.Kind.REVIEW).label_id == winner.pk


@pytest.mark.parametrize("status", [RowConsensus.Status.TIE, RowConsensus.Status.WAITING])
def test_without_a_winner_every_label_is_reviewed(cast: Cast, status: str) -> None:
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=2)
    both = [label_row(cast.lena, line, payload(*SAME)), label_row(cast.leo, line, payload(*OTHER))]
    row = both[0].project_row
    RowConsensus.objects.create(project=line.project, project_row=row, opinion_count=2, status=status, winner=both[0])
    with transaction.atomic():
        sampling.settle_row(rows.lock_row(row.pk))
    assert {state_of(label.slot) for label in both} == {Slot.State.IN_REVIEW}
    assert Slot.objects.filter(kind=Slot.Kind.REVIEW).count() == 2


def test_every_label_is_reviewed_when_the_project_says_so(cast: Cast) -> None:
    found = opinions(cast, {"lena": payload(*SAME), "leo": payload(*SAME)}, review_of=Project.ReviewOf.EVERY)
    assert {state_of(label.slot) for label in found.values()} == {Slot.State.IN_REVIEW}


def test_a_row_is_done_when_its_last_label_is(cast: Cast) -> None:
    found = opinions(cast, {"lena": payload(*SAME), "leo": payload(*SAME)}, review_of=Project.ReviewOf.EVERY)
    row = found["lena"].project_row
    decide(cast.rita, hold(cast.rita, review_slot(found["lena"])))
    assert state_of(row) == ProjectRow.State.IN_REVIEW
    decide(cast.rita, hold(cast.rita, review_slot(found["leo"])))
    assert state_of(row) == ProjectRow.State.DONE


def test_a_label_that_wins_after_a_rework_is_looked_at_before_the_row_is_done(cast: Cast) -> None:
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=3)
    near, same = (1, 1, 20, 20), (1, 1, 20, 21)
    first = label_row(cast.lena, line, payload(near))
    second = label_row(cast.leo, line, payload(same))
    label_row(cast.lia, line, payload((1, 1, 20, 19)))
    run_scores()
    assert review_slot(first).state == Slot.State.OPEN
    decide(cast.rita, lease_review(cast.rita, line), "reject")
    assert figures_of(cast.leo)["accepted"] == 1
    rework = queue.lease_next_rows(cast.lena, line.project).slots[0]
    submit(cast.lena, rework, payload((1, 1, 20, 24)))
    run_scores()
    row = ProjectRow.objects.get(project=line.project)
    winner = RowConsensus.objects.get(project_row=row).winner
    assert winner == second
    assert Slot.objects.filter(kind=Slot.Kind.REVIEW, label=winner, state=Slot.State.OPEN).count() == 1
    assert figures_of(cast.leo)["accepted"] == 0
    for _ in range(2):
        decide(cast.rita, lease_review(cast.rita, line))
    assert state_of(row) == ProjectRow.State.DONE
    assert figures_of(cast.leo)["accepted"] == 1


def run_scores() -> None:
    for uid in ProjectRow.objects.values_list("uid", flat=True):
        consensus.score_row(uid)


def test_work_that_came_back_is_not_lost_while_the_other_label_is_decided(cast: Cast) -> None:
    """Lena's rework waits for its score while Leo's review is decided: the row stays in work and is settled then."""
    bodies = {name: payload(*SAME) for name in ("lena", "leo", "lia")}
    found = opinions(cast, bodies, review_of=Project.ReviewOf.EVERY)
    row = found["lena"].project_row
    decide(cast.rita, hold(cast.rita, review_slot(found["lena"])), "reject")
    submit(cast.lena, hold(cast.lena, Slot.objects.get(pk=found["lena"].slot_id)), payload(*OTHER))
    decide(cast.rita, hold(cast.rita, review_slot(found["leo"])))
    assert state_of(row) == ProjectRow.State.IN_WORK
    consensus.score_row(row.pk)
    assert state_of(found["lena"].slot) == Slot.State.IN_REVIEW
    assert state_of(row) == ProjectRow.State.IN_REVIEW


# --- Decide -------------------------------------------------------------------------------------------------------
def test_approve_finishes_label_and_row(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    answer = decide(line.cast.rita, slot)
    assert answer.status == 201
    made = Review.objects.get()
    assert (made.decision, made.version, made.ordinal, made.reviewer) == ("approve", 1, 1, line.cast.rita)
    assert made.active_seconds is not None
    assert answer.body == {
        "review": str(made.uid),
        "decision": "approve",
        "label": str(label.uid),
        "version": 1,
        "row": str(label.project_row.uid),
        "row_state": "done",
    }
    assert state_of(slot) == state_of(label.slot) == Slot.State.DONE
    assert state_of(label.project_row) == ProjectRow.State.DONE
    assert AuditEvent.objects.filter(action="label.reviewed", target_uid=label.uid, actor=line.cast.rita).count() == 1
    streams = set(Event.objects.filter(kind="label_reviewed").values_list("stream", flat=True))
    assert streams == {f"project:{line.project.uid}", f"row:{label.project_row.uid}"}
    session = WorkSession.objects.get(slot=slot)
    assert (session.stage, session.outcome) == ("review", "submitted")


def test_a_fix_adds_the_reviewers_version_and_says_how_much_changed(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    answer = decide(line.cast.rita, slot, "fix", payload=mended(label))
    assert answer.body["version"] == 2
    version = LabelVersion.objects.get(label=label, number=2)
    assert version.author == line.cast.rita
    assert Review.objects.get().fix_size == {
        "objects": 1, "added": 0, "removed": 0, "moved": 1, "reclassified": 0, "reanswered": 0
    }  # fmt: skip
    assert labels.makers_versions(Label.objects.filter(pk=label.pk)).get().number == 1
    assert state_of(label.slot) == Slot.State.DONE


def test_reject_sends_the_label_back_to_its_maker(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    decide(line.cast.rita, slot, "reject", comment="Look at the rule again.")
    label.slot.refresh_from_db()
    assert (label.slot.state, label.slot.is_rework) == (Slot.State.IN_REWORK, True)
    assert state_of(label.project_row) == ProjectRow.State.IN_REWORK
    assert Review.objects.get().reasons == [
        {
            "code": "loose_box",
            "text": "Too wide on the left.",
            "object": "",
            "pin": {"x": 3.0, "y": 4.0},
            "rule": "",
            "rule_title": "",
        }
    ]
    told = Event.objects.get(stream=f"person:{line.cast.lena.uid}", kind="row_came_back")
    assert (told.payload["reasons"], told.payload["pins"]) == (1, 1)
    others = queue.lease_next_rows(line.cast.leo, line.project).slots
    assert label.project_row_id not in {one.project_row_id for one in others}


def test_rework_comes_first_is_reviewed_again_and_then_done(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    decide(line.cast.rita, lease_review(line.cast.rita, line), "reject")
    # The share says nothing about work that came back.
    projects.change_project(line.cast.pia, line.project, review_share=0)
    again = next(one for one in queue.lease_next_rows(line.cast.lena, line.project).slots if one.is_rework)
    assert (again.pk, again.why) == (label.slot_id, "came_back")
    submit(line.cast.lena, again, payload((1, 1, 18, 18)))
    second = lease_review(line.cast.rita, line)
    assert second.label_id == label.pk
    decide(line.cast.rita, second)
    assert list(Review.objects.values_list("ordinal", "version", "decision")) == [(1, 1, "reject"), (2, 2, "approve")]
    assert state_of(label.project_row) == ProjectRow.State.DONE
    assert figures_of(line.cast.lena) | {"labeling_seconds": 0, "rework_seconds": 0, "idle_seconds": 0} == {
        **{"rows": 1, "objects": 1, "reviewed": 1, "accepted": 1},
        **{"labeling_seconds": 0, "rework_seconds": 0, "idle_seconds": 0},
    }


@pytest.mark.parametrize(("decision", "approved", "untouched"), [("approve", 1, 1), ("fix", 1, 0), ("reject", 0, 0)])
def test_the_first_review_counts_for_the_maker(line: Line, decision: str, approved: int, untouched: int) -> None:
    label = label_row(line.cast.lena, line)
    body = mended(label) if decision == "fix" else None
    decide(line.cast.rita, lease_review(line.cast.rita, line), decision, payload=body)
    found = figures_of(line.cast.lena)
    assert found["reviewed"] == 1
    assert (found.get("approved", 0), found.get("untouched", 0)) == (approved, untouched)
    assert found.get("accepted", 0) == approved
    rita = figures_of(line.cast.rita)
    assert rita["reviews_made"] == 1
    assert rita.get("review_seconds", 0) == pytest.approx(Review.objects.get().active_seconds)


# --- Refusals -----------------------------------------------------------------------------------------------------
def test_the_same_key_gets_the_first_answer_and_another_body_is_refused(line: Line) -> None:
    label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    first = decide(line.cast.rita, slot, key="k")
    again = decide(line.cast.rita, slot, key="k")
    assert (again.status, again.body) == (200, first.body)
    refused("key_reused", line.cast.rita, slot, "reject", key="k")
    assert Review.objects.count() == 1
    assert IdempotencyRecord.objects.filter(person=line.cast.rita).count() == 1


def test_who_comes_second_is_told_what_was_decided(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    late = copy.copy(slot)
    decide(line.cast.eva, hold(line.cast.eva, slot))
    refusal = refused("already_decided", line.cast.rita, late, "reject", version=1)
    assert (refusal.details["decision"], refusal.details["reviewer"]) == ("approve", "Eva Egger")
    assert refusal.message.startswith("Eva Egger approved this label at ")
    assert refusal.details["made_at"] == Review.objects.get().made_at.isoformat()
    assert state_of(label.slot) == Slot.State.DONE


def test_the_reasons_of_who_comes_second_are_kept_as_a_comment(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    late = copy.copy(slot)
    decide(line.cast.eva, hold(line.cast.eva, slot))
    for _ in range(2):
        refusal = refused("already_decided", line.cast.rita, late, "reject", version=1, comment="See the boot.")
        assert refusal.message.endswith(", before you. Your reasons are kept as a comment.")
    remark = ReviewRemark.objects.get()
    assert (remark.review, remark.author, remark.decision) == (Review.objects.get(), line.cast.rita, "reject")
    assert (remark.reasons[0]["text"], remark.comment) == ("Too wide on the left.", "See the boot.")
    assert AuditEvent.objects.filter(action="label.remarked", target_uid=label.uid, actor=line.cast.rita).count() == 1
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        ReviewRemark.objects.update(comment="")


def test_words_that_no_review_could_hold_are_not_said_to_be_kept(line: Line) -> None:
    label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    late = copy.copy(slot)
    decide(line.cast.eva, hold(line.cast.eva, slot))
    with pytest.raises(RuleViolation) as refusal:
        decide(line.cast.rita, late, "reject", version=1, reasons=[{"code": "ugly"}])
    assert (refusal.value.code, refusal.value.details["reasons_kept"]) == ("already_decided", False)
    assert not ReviewRemark.objects.exists()


def test_without_a_live_lease_nothing_is_decided(line: Line) -> None:
    label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    expired = hold(line.cast.rita, slot, seconds=-1)
    refused("lease_expired", line.cast.rita, expired)
    taken = copy.copy(expired)
    hold(line.cast.eva, slot)
    refused("lease_lost", line.cast.rita, taken)
    refused("lease_lost", line.cast.eva, taken)
    assert not Review.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_fix_that_is_refused_is_kept_as_a_draft(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = hold(line.cast.rita, review_slot(label))
    body = mended(label)
    late = copy.copy(slot)
    decide(line.cast.eva, hold(line.cast.eva, slot))
    WorkSession.objects.create(
        project=line.project, slot=slot, person=line.cast.rita, stage="review", lease_token=late.lease_token,
        first_beat_at=slot.created_at, last_beat_at=slot.created_at,
    )  # fmt: skip
    refusal = refused("already_decided", line.cast.rita, late, "fix", version=1, payload=body)
    assert refusal.details["draft_saved"] is True
    assert Draft.objects.get(person=line.cast.rita, kind="review").payload == body


def test_a_version_that_is_not_the_last_is_refused(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    labels.add_version(label, author=line.cast.lena, payload=payload((5, 5, 9, 9)), ontology_version=line.ontology)
    refusal = refused("label_moved_on", line.cast.rita, slot, version=1)
    assert refusal.details["version"] == 2
    refused("label_moved_on", line.cast.rita, slot, version=3)
    assert decide(line.cast.rita, slot, version=2).status == 201


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("unknown_decision", {"decision": "escalate"}),
        ("reason_wanted", {"decision": "reject", "reasons": []}),
        ("reasons_invalid", {"decision": "reject", "reasons": "loose_box"}),
        ("reasons_invalid", {"decision": "reject", "reasons": LOOSE * 101}),
        ("unknown_reason", {"decision": "reject", "reasons": ["loose_box"]}),
        ("unknown_reason", {"decision": "reject", "reasons": [{"code": "ugly"}]}),
        ("unknown_reason", {"decision": "reject", "reasons": [{"code": ["loose_box"]}]}),
        ("unknown_object", {"decision": "reject", "reasons": [{"code": "loose_box", "object": str(uuid.uuid4())}]}),
        ("unknown_object", {"decision": "reject", "reasons": [{"code": "loose_box", "object": ["x"]}]}),
        ("pin_invalid", {"decision": "reject", "reasons": [{"code": "other", "pin": {"x": 99, "y": 1}}]}),
        ("pin_invalid", {"decision": "reject", "reasons": [{"code": "other", "pin": [1, 2]}]}),
        ("text_length", {"decision": "reject", "reasons": [{"code": "other", "text": "x" * 2001}]}),
        ("nul_character", {"decision": "reject", "reasons": [{"code": "other", "text": "a\x00b"}]}),
        ("nul_character", {"decision": "approve", "comment": "\x00"}),
        ("payload_wanted", {"decision": "fix"}),
        ("payload_unwanted", {"decision": "approve", "payload": {"features": [], "relations": []}}),
        ("label_invalid", {"decision": "fix", "payload": {"features": [], "relations": []}}),
        ("label_invalid", {"decision": "fix", "payload": "nonsense"}),
    ],
)
def test_what_cannot_be_kept_is_refused_whole(line: Line, code: str, values: dict[str, Any]) -> None:
    label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    refused(code, line.cast.rita, slot, **values)
    assert not Review.objects.exists()
    assert state_of(slot) == Slot.State.LEASED


def test_a_fix_that_fixes_nothing_is_refused(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    same = labels.last_versions(Label.objects.filter(pk=label.pk)).get().payload
    refused("nothing_fixed", line.cast.rita, slot, "fix", payload=same)
    assert LabelVersion.objects.count() == 1


def test_a_review_is_never_submitted_as_a_label(line: Line) -> None:
    """Eva may label and review; her review of Lena's label is no second opinion of the row."""
    label = label_row(line.cast.lena, line)
    slot = hold(line.cast.eva, review_slot(label))
    with pytest.raises(RuleViolation) as refusal:
        submit(line.cast.eva, slot)
    assert refusal.value.code == "not_a_label"
    assert refusal.value.details["draft_saved"] is False
    assert list(Label.objects.all()) == [label]
    assert state_of(slot) == Slot.State.LEASED


def test_the_database_takes_no_opinion_on_a_review_slot(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = review_slot(label)
    values = {"project": line.project, "project_row": label.project_row, "labeler": line.cast.eva}
    with pytest.raises(DatabaseError, match="of kind label"), transaction.atomic():
        Label.objects.create(slot=slot, **values)
    with pytest.raises(DatabaseError, match="keeps its kind"), transaction.atomic():
        Slot.objects.filter(pk=slot.pk).update(kind=Slot.Kind.LABEL, label=None)


def test_a_label_slot_is_not_decided_about(line: Line) -> None:
    slot = queue.lease_next_rows(line.cast.eva, line.project).slots[0]
    with pytest.raises(RuleViolation) as refusal:
        review.decide(line.cast.eva, str(slot.uid), token=slot.lease_token or 0, version=1, decision="approve", key="k")
    assert refusal.value.code == "not_a_review"


def test_who_has_no_right_decides_nothing(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = review_slot(label)
    for name, expected in {
        "leo": NotAllowed, "vera": NotAllowed, "wim": NotAllowed, "pia": NotAllowed, "nora": NotAllowed,
        "otto": NotFound, "dora": NotFound, "ada": NotAllowed,
    }.items():  # fmt: skip
        person = Person.objects.get(pk=getattr(line.cast, name).pk)
        with pytest.raises(expected):
            decide(person, hold(person, slot))
    assert not Review.objects.exists()


# --- Skip ---------------------------------------------------------------------------------------------------------
def test_a_skipped_review_goes_to_somebody_else(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    for _ in range(2):
        skips.skip_row(line.cast.rita, str(slot.uid), slot.lease_token or 0, reason="need_expert", comment="A tram?")
    slot.refresh_from_db()
    assert (slot.state, slot.skip_reason, slot.skip_comment) == ("skipped", "need_expert", "A tram?")
    assert AuditEvent.objects.filter(action="slot.skipped", target_uid=slot.uid).count() == 1
    assert state_of(label.slot) == Slot.State.IN_REVIEW
    claim = queue.lease_next_rows(line.cast.rita, line.project, kind=Slot.Kind.REVIEW)
    assert claim.slots == () and claim.empty is not None and claim.empty.code == "yours_already"
    fresh = lease_review(line.cast.eva, line)
    assert (fresh.label_id, fresh.step) == (label.pk, 1) and fresh.pk != slot.pk
    decide(line.cast.eva, fresh)
    assert state_of(label.project_row) == ProjectRow.State.DONE
    assert "skips" in figures_of(line.cast.rita)


def test_a_skip_of_a_review_needs_a_reason_and_the_lease(line: Line) -> None:
    label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    with pytest.raises(InvalidInput):
        skips.skip_row(line.cast.rita, str(slot.uid), slot.lease_token or 0, reason="tired")
    with pytest.raises(RuleViolation):
        skips.skip_row(line.cast.eva, str(slot.uid), slot.lease_token or 0, reason="other")
    assert state_of(slot) == Slot.State.LEASED


# --- Nobody reviews own work --------------------------------------------------------------------------------------
def test_own_work_does_not_come_out_of_the_claim(line: Line) -> None:
    label = label_row(line.cast.eva, line)
    claim = queue.lease_next_rows(line.cast.eva, line.project, kind=Slot.Kind.REVIEW)
    assert claim.slots == () and claim.empty is not None and claim.empty.code == "yours_already"
    assert lease_review(line.cast.rita, line).label_id == label.pk


@pytest.mark.parametrize("decision", ["approve", "fix", "reject"])
def test_own_work_is_refused_even_with_the_lease_in_hand(line: Line, decision: str) -> None:
    label = label_row(line.cast.eva, line)
    slot = hold(line.cast.eva, review_slot(label))
    refused("own_work", line.cast.eva, slot, decision, payload=mended(label) if decision == "fix" else None)
    assert not Review.objects.exists()
    assert LabelVersion.objects.count() == 1


def test_own_work_after_a_fix_is_refused(line: Line) -> None:
    """Rita fixed the label; when its row is opened again she is one of its authors."""
    label = label_row(line.cast.lena, line)
    decide(line.cast.rita, lease_review(line.cast.rita, line), "fix", payload=mended(label))
    Slot.objects.filter(pk=label.slot_id).update(state=Slot.State.SUBMITTED)
    ProjectRow.objects.filter(pk=label.project_row_id).update(state=ProjectRow.State.IN_WORK)
    with transaction.atomic():
        sampling.settle_row(rows.lock_row(label.project_row_id))
    claim = queue.lease_next_rows(line.cast.rita, line.project, kind=Slot.Kind.REVIEW)
    assert claim.slots == ()
    slot = hold(line.cast.rita, review_slot(label))
    refused("own_work", line.cast.rita, slot)
    assert decide(line.cast.eva, hold(line.cast.eva, slot)).status == 201


# --- The database has the last word -------------------------------------------------------------------------------
def test_a_second_review_of_one_version_is_refused_by_the_database(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    decide(line.cast.rita, slot)
    values = {"project": line.project, "label": label}
    other = Slot.objects.create(
        **values, project_row=label.project_row, kind="review", step=1, order_key=1, state="done"
    )
    with pytest.raises(IntegrityError, match="first_decision_wins"), transaction.atomic():
        Review.objects.create(**values, version=1, slot=other, reviewer=line.cast.eva, decision="reject", ordinal=2)


def test_a_review_never_changes(line: Line) -> None:
    label_row(line.cast.lena, line)
    decide(line.cast.rita, lease_review(line.cast.rita, line))
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Review.objects.update(decision="reject")


# --- The draft of a fix -------------------------------------------------------------------------------------------
def shown(person: Person, slot: Slot) -> EditorRow:
    (row,) = editor_rows(person, [slot])
    return row


def test_a_fix_of_an_older_version_never_stands_in_place_of_the_label(line: Line) -> None:
    """Rita mends version 1 until her lease runs out; Eva sends it back, Lena reworks it, Rita gets version 2."""
    label = label_row(line.cast.lena, line)
    slot = hold(line.cast.rita, review_slot(label))
    queue.keep_leases(line.cast.rita, str(slot.uid), slot.lease_token or 0, has_input=True)
    fix = mended(label)
    drafts.save_draft(line.cast.rita, str(slot.uid), base_revision=0, payload=fix, tab="a", version=1)
    assert shown(line.cast.rita, slot).draft is not None
    decide(line.cast.eva, hold(line.cast.eva, slot), "reject")
    submit(line.cast.lena, hold(line.cast.lena, Slot.objects.get(pk=label.slot_id)), payload((1, 1, 18, 18)))
    second = hold(line.cast.rita, review_slot(label))
    row = shown(line.cast.rita, second)
    assert row.draft is None
    assert row.older_draft is not None and row.older_draft.payload == fix
    # A fix of version 2 is a draft of its own, and the older one stays.
    newer = mended(label)
    saved = drafts.save_draft(line.cast.rita, str(second.uid), base_revision=0, payload=newer, tab="a", version=2)
    assert saved.revision == 1
    row = shown(line.cast.rita, second)
    assert row.draft is not None and row.draft.payload == newer
    assert row.older_draft is not None and row.older_draft.payload == fix


def test_a_fix_of_one_label_does_not_open_over_another_of_the_row(cast: Cast) -> None:
    found = opinions(cast, {"lena": payload(*SAME), "leo": payload(*SAME)}, review_of=Project.ReviewOf.EVERY)
    first, second = (hold(cast.rita, review_slot(found[name])) for name in ("lena", "leo"))
    fix = mended(found["lena"])
    drafts.save_draft(cast.rita, str(first.uid), base_revision=0, payload=fix, tab="a", version=1)
    assert shown(cast.rita, first).draft is not None
    row = shown(cast.rita, second)
    assert (row.draft, row.older_draft) == (None, None)
    decide(cast.rita, second)
    assert Draft.objects.get().payload == fix


def test_a_late_autosave_after_the_decision_brings_no_draft_back(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot, fix = hold(line.cast.rita, review_slot(label)), mended(label)
    drafts.save_draft(line.cast.rita, str(slot.uid), base_revision=0, payload=fix, tab="a", version=1)
    decide(line.cast.rita, slot, "fix", payload=fix)
    assert not Draft.objects.exists()
    with pytest.raises(RuleViolation) as refusal:
        drafts.save_draft(line.cast.rita, str(slot.uid), base_revision=1, payload=fix, tab="a", version=1)
    assert refusal.value.code == "already_submitted"


def test_a_refused_fix_never_takes_the_place_of_a_newer_one(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    slot, old = hold(line.cast.rita, review_slot(label)), mended(label)
    newer = copy.deepcopy(old)
    newer["features"][0]["value"] = [3, 3, 23, 23]
    drafts.save_draft(line.cast.rita, str(slot.uid), base_revision=0, payload=old, tab="a", version=1)
    drafts.save_draft(line.cast.rita, str(slot.uid), base_revision=1, payload=newer, tab="b", version=1)
    hold(line.cast.rita, slot, seconds=-1)
    refusal = refused("lease_expired", line.cast.rita, slot, "fix", payload=old, base=Base(1, "a"))
    assert refusal.details["kept_as"] == "copy"
    assert {draft.is_copy: draft.payload for draft in Draft.objects.all()} == {False: newer, True: old}


# --- At once ------------------------------------------------------------------------------------------------------
def race(*acts: Any) -> list[Any]:
    """Run the acts at the same moment, each on its own connection; answers or refusals in their order."""
    start = threading.Barrier(len(acts))

    def run(act: Any) -> Any:
        try:
            connection.ensure_connection()
            start.wait(10)
            return act()
        except RuleViolation as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


ROUNDS = 50


def raced_labels(line: Line) -> list[Label]:
    found: list[Label] = []
    while len(found) < ROUNDS:
        for slot in queue.lease_next_rows(line.cast.lena, line.project).slots:
            found.append(submit(line.cast.lena, slot))
    return found


def assert_one_decision_each(found: list[Label]) -> None:
    for label in found:
        assert Review.objects.filter(label=label).count() == 1
        assert AuditEvent.objects.filter(action="label.reviewed", target_uid=label.uid).count() == 1
        told = Event.objects.filter(kind="label_reviewed", payload__label=str(label.uid))
        assert sorted(told.values_list("stream", flat=True)) == sorted(
            [f"project:{label.project.uid}", f"row:{label.project_row.uid}"]
        )


def assert_loser_knows(answers: list[Any]) -> None:
    won = [one for one in answers if not isinstance(one, RuleViolation)]
    lost = [one for one in answers if isinstance(one, RuleViolation)]
    assert (len(won), len(lost)) == (1, 1)
    assert (won[0].status, lost[0].code, lost[0].status) == (201, "already_decided", 409)
    assert lost[0].details["decision"] == won[0].body["decision"]
    made = Review.objects.select_related("reviewer").get(uid=won[0].body["review"])
    assert lost[0].details["reviewer"] == made.reviewer.name


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_decide_at_once_and_the_first_wins(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the fence of the lease taken down, so that both get as far as the decision: fifty times one wins."""
    monkeypatch.setattr(queue, "refuse_unless_held", lambda *_: None)
    line = make_line(cast, rows=ROUNDS)
    found = raced_labels(line)
    winners = Counter()
    for label in found:
        slot = hold(cast.rita, review_slot(label))
        answers = race(
            lambda slot=slot: decide(cast.rita, slot, "approve", version=1),
            lambda slot=slot: decide(cast.eva, slot, "reject", version=1),
        )
        assert_loser_knows(answers)
        winners[Review.objects.get(label=label).reviewer.name] += 1
    assert_one_decision_each(found)
    assert sum(winners.values()) == ROUNDS


@pytest.mark.django_db(transaction=True)
def test_two_tabs_of_one_reviewer_decide_at_once(cast: Cast) -> None:
    line = make_line(cast, rows=ROUNDS)
    found = raced_labels(line)
    for label in found:
        slot = hold(cast.rita, review_slot(label))
        answers = race(
            lambda slot=slot: decide(cast.rita, slot, "approve", version=1),
            lambda slot=slot: decide(cast.rita, slot, "reject", version=1),
        )
        assert_loser_knows(answers)
    assert_one_decision_each(found)


@pytest.mark.django_db(transaction=True)
def test_a_reviewer_whose_lease_went_to_another_never_wins(cast: Cast) -> None:
    """Rita's lease ran out and Eva has the slot: at once or not, Eva's decision stands."""
    line = make_line(cast, rows=ROUNDS)
    found = raced_labels(line)
    for label in found:
        late = copy.copy(hold(cast.rita, review_slot(label), seconds=-1))
        slot = hold(cast.eva, review_slot(label))
        mine, theirs = race(
            lambda slot=slot: decide(cast.eva, slot, "approve", version=1),
            lambda late=late: decide(cast.rita, late, "reject", version=1),
        )
        assert mine.status == 201
        assert theirs.code in ("lease_lost", "already_decided")
        if theirs.code == "already_decided":
            assert (theirs.details["decision"], theirs.details["reviewer"]) == ("approve", "Eva Egger")
    assert_one_decision_each(found)


@pytest.mark.django_db(transaction=True)
def test_a_decision_waits_for_a_heartbeat_and_neither_is_lost(line: Line) -> None:
    """The heartbeat has the slot and goes for the open interval, while the decision comes in between."""
    slot = hold(line.cast.rita, review_slot(label_row(line.cast.lena, line)))
    queue.keep_leases(line.cast.rita, str(slot.uid), slot.lease_token or 0, has_input=True)
    has_slot = threading.Event()

    def heartbeat() -> Any:
        with transaction.atomic():
            held = queue.lock_held(line.cast.rita, slot, slot.lease_token or 0)
            has_slot.set()
            wait_until_somebody_waits()
            return work_time.beat(line.cast.rita, held, has_input=True)

    def decision() -> Any:
        assert has_slot.wait(10)
        return decide(line.cast.rita, slot, version=1)

    _, answer = race(heartbeat, decision)
    assert answer.status == 201
    assert WorkSession.objects.get(slot=slot).outcome == WorkSession.Outcome.SUBMITTED


# --- Reads --------------------------------------------------------------------------------------------------------
def test_what_came_back_shows_oldest_first_with_the_newest_reasons(line: Line) -> None:
    first, second = label_row(line.cast.lena, line), label_row(line.cast.lena, line)
    for label in (second, first):
        decide(line.cast.rita, hold(line.cast.rita, review_slot(label)), "reject")
    came = review.rows_that_came_back(line.cast.lena)
    assert [one.slot.pk for one in came] == [second.slot_id, first.slot_id]
    assert came[0].review.reviewer == line.cast.rita
    assert review.rows_that_came_back(line.cast.leo) == []
    submit(line.cast.lena, hold(line.cast.lena, Slot.objects.get(pk=second.slot_id)))
    unclear = [{"code": "unclear"}]
    decide(line.cast.eva, hold(line.cast.eva, review_slot(second)), "reject", reasons=unclear)
    came = review.rows_that_came_back(line.cast.lena)
    assert [one.slot.pk for one in came] == [first.slot_id, second.slot_id]
    assert came[1].review.reasons[0]["code"] == "unclear"
    assert [one.ordinal for one in review.reviews_of(second)] == [1, 2]


def test_reasons_stand_in_the_editor_of_the_maker_and_of_the_next_reviewer(line: Line) -> None:
    label = label_row(line.cast.lena, line)
    assert review.reviewing_reasons_for(line.cast.lena, [review_slot(label)]) == {review_slot(label).pk: []}
    about = str(labels.last_versions(Label.objects.filter(pk=label.pk)).get().payload["features"][0]["id"])
    text: Any = {"text": "# Cars", "rules": [{"title": "To the visible edge"}], "after": 0}
    (rule,) = guidelines.publish_version(line.cast.pia, line.project, **text).rules
    guidelines.acknowledge(line.cast.rita, line.project, 1)
    reasons = [{"code": "loose_box", "object": about, "rule": rule["uid"]}]
    decide(line.cast.rita, lease_review(line.cast.rita, line), "reject", reasons=reasons)
    slot = hold(line.cast.lena, Slot.objects.get(pk=label.slot_id))
    expected = [
        {
            "code": "loose_box",
            "text": "A shape does not fit its object",
            "object": about,
            "pin": None,
            "rule": rule["uid"],
            "rule_title": "1 · To the visible edge",
            "reviewer": "Rita Rossi",
        }
    ]
    assert review.reviewing_reasons_for(line.cast.lena, [slot]) == {slot.pk: expected}
    submit(line.cast.lena, slot)
    again = review_slot(label)
    assert review.reviewing_reasons_for(line.cast.lena, [again]) == {again.pk: expected}


def test_reviews_are_seen_by_those_who_see_the_labels(line: Line) -> None:
    label_row(line.cast.lena, line)
    decide(line.cast.rita, lease_review(line.cast.rita, line))
    seen = {
        name: review.reviews_visible_to(getattr(line.cast, name)).count()
        for name in ("ada", "pia", "wim", "lena", "tom", "leo", "otto", "nora")
    }
    assert seen == {"ada": 1, "pia": 1, "wim": 1, "lena": 1, "tom": 1, "leo": 0, "otto": 0, "nora": 0}


def test_reads_cost_the_same_for_three_rows_and_for_thirty(cast: Cast) -> None:
    line = make_line(cast, rows=30)
    done = [label_row(cast.lena, line) for _ in range(30)]
    counts = []
    for part, wanted in ((done[:3], 3), (done[3:], 30)):
        for label in part:
            decide(cast.rita, hold(cast.rita, review_slot(label)), "reject")
        with CaptureQueriesContext(connection) as queries:
            came = review.rows_that_came_back(cast.lena)
            assert [one.slot.project_row.data_row.external_id for one in came] and len(came) == wanted
            assert all(one.review.reviewer.name for one in came)
            assert len(review.reviewing_reasons_for(cast.lena, [one.slot for one in came])) == wanted
        counts.append(len(queries))
    assert counts == [4, 4]


def test_only_a_rule_of_the_projects_own_guidelines_can_be_cited(line: Line) -> None:
    label_row(line.cast.lena, line)
    slot = lease_review(line.cast.rita, line)
    values: Any = {"name": "Other", "brief": "x", "ontology": line.ontology.ontology}
    other = projects.create_project(line.cast.max, line.cast.home, **values)
    text: Any = {"text": "x", "rules": [{"title": "Elsewhere"}], "after": 0}
    (rule,) = guidelines.publish_version(line.cast.max, other, **text).rules
    for uid in (rule["uid"], str(uuid.uuid4()), "3.2"):
        with pytest.raises(InvalidInput) as refusal:
            decide(line.cast.rita, slot, "reject", reasons=[{"code": "loose_box", "rule": uid}])
        assert refusal.value.code == "unknown_rule" and refusal.value.details["path"] == "reasons[0].rule"
    assert not Review.objects.exists()
