"""Appeals: one per review, heard by somebody who has not decided before, experts first; figures are corrected, not
rewritten; nobody waits for a label that is under appeal, and nobody loses one."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import editor, project_access, queue
from labeling.models import Label, Project, ProjectRow, Slot, WorkSession
from quality import appeal_figures, appeal_policy, appeals, facts, review_preview, rules, sampling
from quality.api.appeals import appeal_documents
from quality.appeals import Said
from quality.events import appeal_decided, appeal_made
from quality.models import Appeal, FigureDelta, Review
from tests.cast import Cast
from tests.line import Line, make_line
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
from workforce import access
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Event, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db

WORDS = Said("The mirror is part of the car by rule three.")


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast)


@pytest.fixture
def heard() -> Iterator[list[tuple[str, str, str]]]:
    """What was announced: kind, state then, actor."""
    found: list[tuple[str, str, str]] = []

    def made(appeal: Appeal, actor: Person, **_: Any) -> None:
        found.append(("made", appeal.state, actor.name))

    def ended(appeal: Appeal, actor: Person, **_: Any) -> None:
        found.append(("ended", appeal.state, actor.name))

    appeal_made.connect(made)
    appeal_decided.connect(ended)
    yield found
    appeal_made.disconnect(made)
    appeal_decided.disconnect(ended)


def sent_back(line: Line, *, by: Person | None = None) -> Label:
    """A label of Lena that Rita sent back."""
    label = label_row(line.cast.lena, line)
    decide(by or line.cast.rita, hold(by or line.cast.rita, review_slot(label)), "reject")
    return label


def appealed(line: Line) -> Appeal:
    label = sent_back(line)
    assert label.slot is not None
    return appeals.make_appeal(line.cast.lena, str(label.slot.uid), WORDS)


def slot_of(label: Label) -> Slot:
    return Slot.objects.get(work=label)


def cannot(code: str, person: Person, slot: Slot, said: Said = WORDS) -> Any:
    with pytest.raises((RuleViolation, InvalidInput)) as refusal:
        appeals.make_appeal(person, str(slot.uid), said)
    assert refusal.value.code == code
    return refusal.value


# --- The moves ----------------------------------------------------------------------------------------------------
def test_an_appeal_takes_the_label_out_of_rework(line: Line, heard: list[tuple[str, str, str]]) -> None:
    label = sent_back(line)
    held = queue.lease_next_rows(line.cast.lena, line.project).slots[0]
    assert held.is_rework, "open in the editor"
    said = Said("  The mirror is part of the car. ", [{"x": 3, "y": 4.5}])
    appeal = appeals.make_appeal(line.cast.lena, str(held.uid), said)
    assert (appeal.words, appeal.pins, appeal.state) == (
        "The mirror is part of the car.",
        [{"x": 3, "y": 4.5}],
        "open",
    )
    assert state_of(label.slot) == Slot.State.IN_REVIEW
    assert state_of(label.project_row) == ProjectRow.State.IN_REVIEW
    assert (appeal.slot.state, appeal.slot.is_appeal, appeal.slot.priority) == (Slot.State.OPEN, True, 0)
    assert WorkSession.objects.filter(slot=held, outcome=WorkSession.Outcome.OPEN).count() == 0
    assert not any(slot.is_rework for slot in queue.lease_next_rows(line.cast.lena, line.project).slots)
    assert heard == [("made", "open", line.cast.lena.name)]
    assert AuditEvent.objects.get(action="appeal.made").actor == line.cast.lena
    told = Event.objects.filter(kind="appeal_made").values_list("stream", flat=True)
    assert set(told) == {f"person:{line.cast.lena.uid}", f"person:{line.cast.rita.uid}"}
    cannot("not_in_rework", line.cast.lena, slot_of(label))


def test_overturned_it_is_approved_and_the_figures_are_corrected(line: Line, heard: list[Any]) -> None:
    appeal = appealed(line)
    before = list(FigureDelta.objects.order_by("pk").values())
    assert figures_of(line.cast.lena).get("approved", 0) == 0
    assert sampling.faults_of(line.project, line.cast.lena.pk) == [True]
    slot = lease_review(line.cast.eva, line)
    assert slot.pk == appeal.slot_id, "first in the queue"
    decide(line.cast.eva, slot, comment="You are right.")
    appeal.refresh_from_db()
    first = appeal.review
    assert (appeal.state, first.decision, first.ordinal) == ("overturned", Review.Decision.REJECT, 1)
    assert appeal.decision is not None
    assert appeals.answer_of(appeal) == "You are right."
    assert state_of(slot_of(first.label)) == Slot.State.DONE
    assert state_of(first.label.project_row) == ProjectRow.State.DONE
    found = figures_of(line.cast.lena)
    assert (found["reviewed"], found["approved"], found["untouched"], found["accepted"]) == (1, 1, 1, 1)
    assert list(FigureDelta.objects.filter(pk__lte=before[-1]["id"]).order_by("pk").values()) == before
    assert figures_of(line.cast.eva)["reviews_made"] == 1
    assert sampling.faults_of(line.project, line.cast.lena.pk) == [False], "nor does it raise how much is reviewed"
    today = sampling.today(line.project)
    assert review_preview.line_yield(line.project, today, today).value == 1.0
    assert heard[-1] == ("ended", "overturned", line.cast.eva.name)
    assert AuditEvent.objects.get(action="appeal.decided").after["outcome"] == "overturned"
    assert Event.objects.filter(kind="appeal_decided").count() == 2
    assert not facts.sent_back_at_first_review(Label.objects.all(), lambda path: Q(**{f"{path}__isnull": False}))


def test_overturned_with_a_fix_is_approved_but_not_untouched(line: Line) -> None:
    appeal = appealed(line)
    slot = lease_review(line.cast.eva, line)
    decide(line.cast.eva, slot, "fix", payload=mended(appeal.review.label))
    appeal.refresh_from_db()
    found = figures_of(line.cast.lena)
    assert (appeal.state, found["approved"], found.get("untouched", 0)) == ("fixed", 1, 0)


def test_upheld_it_comes_back_and_cannot_be_appealed_again(line: Line, heard: list[Any]) -> None:
    appeal = appealed(line)
    label = appeal.review.label
    slot = lease_review(line.cast.eva, line)
    reasons = [{"code": "loose_box", "text": "Rule three speaks of trucks."}]
    decide(line.cast.eva, slot, "reject", reasons=reasons)
    appeal.refresh_from_db()
    assert (appeal.state, appeals.answer_of(appeal)) == ("upheld", "Rule three speaks of trucks.")
    assert figures_of(line.cast.lena).get("approved", 0) == 0
    assert heard[-1] == ("ended", "upheld", line.cast.eva.name)
    assert state_of(slot_of(label)) == Slot.State.IN_REWORK
    back = queue.lease_next_rows(line.cast.lena, line.project).slots[0]
    assert back.pk == slot_of(label).pk
    shown = editor.editor_rows(line.cast.lena, [back])[0]
    assert "trucks" in shown.additions["reasons"][0]["text"]
    assert "appeal" not in shown.additions["urls"]
    cannot("appealed_already", line.cast.lena, back)
    # Reworked and sent back again, the new review can be appealed, to somebody who has not decided yet.
    project_access.grant_role(line.cast.max, line.project, line.cast.lia, role=Role.REVIEWER)
    submit(line.cast.lena, back, mended(label))
    decide(line.cast.rita, hold(line.cast.rita, review_slot(label)), "reject")
    again = appeals.make_appeal(line.cast.lena, str(back.uid), WORDS)
    assert again.review.version == 2
    assert "appeal" not in editor.editor_rows(line.cast.lena, [slot_of(label)])[0].additions["urls"]


def test_withdrawn_it_waits_for_rework_again(line: Line, heard: list[Any]) -> None:
    appeal = appealed(line)
    slot = lease_review(line.cast.eva, line)
    appeals.withdraw_appeal(line.cast.lena, str(appeal.uid))
    assert state_of(appeal) == "withdrawn"
    assert state_of(slot_of(appeal.review.label)) == Slot.State.IN_REWORK
    assert state_of(appeal.review.label.project_row) == ProjectRow.State.IN_REWORK
    assert state_of(slot) == Slot.State.REVOKED
    assert heard[-1] == ("ended", "withdrawn", line.cast.lena.name)
    refused("lease_lost", line.cast.eva, slot)
    with pytest.raises(RuleViolation) as refusal:
        appeals.withdraw_appeal(line.cast.lena, str(appeal.uid))
    assert (refusal.value.code, refusal.value.details["state"]) == ("appeal_ended", "withdrawn")
    cannot("appealed_already", line.cast.lena, slot_of(appeal.review.label))


def test_who_may_appeal_and_how_often(line: Line) -> None:
    label = sent_back(line)
    slot = slot_of(label)
    for person in (line.cast.leo, line.cast.rita, line.cast.pia):
        with pytest.raises(NotAllowed):
            appeals.make_appeal(person, str(slot.uid), WORDS)
    with pytest.raises(NotFound):
        appeals.make_appeal(line.cast.otto, str(slot.uid), WORDS)
    assert cannot("text_length", line.cast.lena, slot, Said("No, wrong.")).details["path"] == "words"
    cannot("pins_invalid", line.cast.lena, slot, Said(WORDS.words, [None]))
    cannot("unknown_rule", line.cast.lena, slot, Said(WORDS.words, [], str(uuid.uuid4())))
    appeal_policy.change_policy(line.cast.pia, line.project, appeal_policy.Policy(most_open=1, expert_hours=0))
    appeals.make_appeal(line.cast.lena, str(slot.uid), WORDS)
    other = sent_back(line)
    assert cannot("too_many_appeals", line.cast.lena, slot_of(other)).details["most"] == 1
    with pytest.raises(NotAllowed):
        appeal_policy.change_policy(line.cast.rita, line.project, appeal_policy.Policy())
    with pytest.raises(InvalidInput):
        appeal_policy.change_policy(line.cast.pia, line.project, appeal_policy.Policy(expert_hours=1000))
    assert AuditEvent.objects.filter(action="appeal_policy.set").count() == 1
    fresh = label_row(line.cast.leo, line)
    cannot("not_in_rework", line.cast.leo, slot_of(fresh))


def test_who_hears_it(line: Line) -> None:
    """Nobody who decided about the label before; experts alone at first; never its maker."""
    appeal = appealed(line)
    project_access.grant_role(line.cast.max, line.project, line.cast.lia, role=Role.REVIEWER)
    for person in (line.cast.rita, line.cast.lia):
        claim = queue.lease_next_rows(person, line.project, kind=Slot.Kind.REVIEW)
        assert claim.empty is not None
        assert "appeals go to experts" in claim.empty.message
    refused("decided_before", line.cast.rita, hold(line.cast.rita, appeal.slot))
    project_access.grant_role(line.cast.max, line.project, line.cast.lena, role=Role.EXPERT)
    refused("own_work", line.cast.lena, hold(line.cast.lena, appeal.slot))
    Slot.objects.filter(pk=appeal.slot_id).update(
        state=Slot.State.OPEN, labeler=None, experts_until=line.project.created_at
    )
    assert not queue.lease_next_rows(line.cast.rita, line.project, kind=Slot.Kind.REVIEW).slots
    assert lease_review(line.cast.lia, line).pk == appeal.slot_id


def test_where_nobody_could_decide_none_is_made(line: Line) -> None:
    label = sent_back(line)
    for person in (line.cast.eva, line.cast.lena):
        role = Role.LABELER
        project_access.grant_role(line.cast.max, line.project, person, role=role)
    cannot("nobody_to_decide", line.cast.lena, slot_of(label))
    project_access.grant_role(line.cast.max, line.project, line.cast.lia, role=Role.REVIEWER)
    appeal = appeals.make_appeal(line.cast.lena, str(slot_of(label).uid), WORDS)
    # No expert could decide, so nobody waits for one.
    assert lease_review(line.cast.lia, line).pk == appeal.slot_id


def test_two_who_decide_at_once(line: Line) -> None:
    """One decision; the other is told who was first, and everything is written once."""
    appeal = appealed(line)
    project_access.grant_role(line.cast.max, line.project, line.cast.lia, role=Role.EXPERT)
    slot = lease_review(line.cast.eva, line)
    decide(line.cast.eva, slot)
    slot = hold(line.cast.lia, slot)
    told = refused("already_decided", line.cast.lia, slot, "reject")
    assert told.details["decision"] == "approve"
    assert Event.objects.filter(kind="appeal_decided").count() == 2
    with pytest.raises(RuleViolation) as refusal:
        appeals.withdraw_appeal(line.cast.lena, str(appeal.uid))
    assert refusal.value.details["state"] == "overturned"


@pytest.mark.django_db(transaction=True)
def test_withdrawn_and_decided_at_once(cast: Cast) -> None:
    line = make_line(cast)
    appeal = appealed(line)
    slot = lease_review(line.cast.eva, line)
    both = threading.Barrier(2)

    def act(what: Any) -> str:
        both.wait(10)
        try:
            what()
        except RuleViolation as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        ended = [
            pool.submit(act, lambda: decide(line.cast.eva, slot)),
            pool.submit(act, lambda: appeals.withdraw_appeal(line.cast.lena, str(appeal.uid))),
        ]
    told = {one.result() for one in ended}
    assert told in ({"done", "appeal_ended"}, {"done", "lease_lost"})
    assert AuditEvent.objects.filter(action__in=["appeal.decided", "appeal.withdrawn"]).count() == 1


def test_what_waited_for_the_rework_goes_on(cast: Cast) -> None:
    """Another label of the row was handed in while this one was in rework: nobody else would ask for its review."""
    line = make_line(cast, rows=1, consensus_share=100, consensus_labels=2, review_of=Project.ReviewOf.EVERY)
    first, second = label_row(line.cast.lena, line), label_row(line.cast.leo, line)
    row = ProjectRow.objects.get()
    sampling.settle_row(row)
    for label in (first, second):
        decide(line.cast.rita, hold(line.cast.rita, review_slot(label)), "reject")
    back = queue.lease_next_rows(line.cast.leo, line.project).slots[0]
    submit(line.cast.leo, back, mended(second))
    assert state_of(slot_of(second)) == Slot.State.SUBMITTED
    asked = Event.objects.filter(kind="job").count()
    appeals.make_appeal(line.cast.lena, str(slot_of(first).uid), WORDS)
    assert Event.objects.filter(kind="job").count() == asked + 1
    sampling.settle_row(ProjectRow.objects.select_related("project").get())
    assert state_of(slot_of(second)) == Slot.State.IN_REVIEW


# --- What counts, and who sees it -----------------------------------------------------------------------------------
def test_rules_count_what_an_appeal_made_of_a_review(line: Line) -> None:
    appeal = appealed(line)
    decide(line.cast.eva, lease_review(line.cast.eva, line))
    rule = rules.QualityRule(project=line.project, collector=rules.QualityRule.Collector.APPROVAL)
    results = rules._reviews(line.project.pk, None)
    assert [one.value for one in results[line.cast.lena.pk]] == [1.0]
    appeal.refresh_from_db()
    assert appeal.ended_at is not None
    assert rules.people_with_results(rule, appeal.review.made_at) == [line.cast.lena.pk]


def test_rates_and_who_sees_them(line: Line) -> None:
    cast = line.cast
    appealed(line)
    decide(cast.eva, lease_review(cast.eva, line))
    waiting = appealed(line)
    sent_back(line, by=cast.eva)
    found = appeal_figures.rates_of(cast.pia, line.project)
    (maker,) = found.makers
    assert (maker.name, maker.made, maker.open, maker.overturned.k, maker.overturned.n) == (cast.lena.name, 2, 1, 1, 1)
    assert maker.overturned.low == pytest.approx(0.2065, abs=1e-3)
    rita = next(one for one in found.reviewers if one.name == cast.rita.name)
    assert (rita.appealed.k, rita.appealed.n, rita.overturned.k) == (2, 2, 1)
    eva = next(one for one in found.reviewers if one.name == cast.eva.name)
    assert (eva.appealed.k, eva.appealed.n) == (0, 1)
    own = appeal_figures.rates_of(cast.rita, line.project)
    assert ([one.name for one in own.makers], [one.name for one in own.reviewers]) == ([], [cast.rita.name])
    assert [one.name for one in appeal_figures.rates_of(cast.lena, line.project).makers] == [cast.lena.name]
    counts = {
        person: appeals.appeals_visible_to(person).count() for person in (cast.lena, cast.leo, cast.rita, cast.pia)
    }
    assert counts == {cast.lena: 2, cast.leo: 0, cast.rita: 2, cast.pia: 2}
    assert not appeals.appeals_visible_to(cast.otto).exists()
    with pytest.raises(NotAllowed):
        appeals.appeal_for(cast.eva, str(waiting.uid))
    with pytest.raises(NotFound):
        appeals.appeal_for(cast.otto, str(waiting.uid))
    with pytest.raises(NotAllowed):
        appeals.withdraw_appeal(cast.pia, str(waiting.uid))
    with pytest.raises(NotFound):
        appeal_figures.rates_of(cast.otto, line.project)


def test_lists_ask_the_same_for_one_and_many(cast: Cast) -> None:
    line = make_line(cast, rows=12)
    appeal_policy.change_policy(cast.pia, line.project, appeal_policy.Policy(most_open=20))

    def counted() -> tuple[int, int, int, int]:
        found = []
        slots = list(Slot.objects.filter(is_appeal=True).select_related("project_row__data_row", "ontology_version"))
        for ask in (
            lambda: appeal_documents(cast.pia, list(appeals.appeals_of(cast.pia, line.project))),
            lambda: appeal_figures.rates_of(cast.pia, line.project),
            lambda: appeals.appeals_to_decide(slots),
            lambda: queue.lease_next_rows(cast.rita, line.project, kind=Slot.Kind.REVIEW),
        ):
            with CaptureQueriesContext(connection) as queries:
                ask()
            found.append(len(queries))
        return found[0], found[1], found[2], found[3]

    appealed(line)
    few = counted()
    for _ in range(9):
        appealed(line)
    assert counted() == few


# --- The doors ----------------------------------------------------------------------------------------------------
def test_over_http(line: Line) -> None:
    lena, eva, pia, rita = (Client() for _ in range(4))
    for client, person in ((lena, line.cast.lena), (eva, line.cast.eva), (pia, line.cast.pia), (rita, line.cast.rita)):
        client.force_login(person)
    sent_back(line)
    claim = lena.post(f"/api/v1/projects/{line.project.uid}/claim/", {}, content_type="application/json").json()
    address = claim["rows"][0]["urls"]["appeal"]
    body, key = {"words": WORDS.words, "pins": [{"x": 1, "y": 2}]}, uuid.uuid4().hex
    made = lena.post(address, body, content_type="application/json", headers={"Idempotency-Key": key})
    again = lena.post(address, body, content_type="application/json", headers={"Idempotency-Key": key})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    appeal = made.json()
    assert (appeal["state"], appeal["maker"], appeal["reviewer"]) == ("open", line.cast.lena.name, line.cast.rita.name)
    rows = eva.post(f"/api/v1/projects/{line.project.uid}/claim-review/", {}, content_type="application/json").json()[
        "rows"
    ]
    assert rows[0]["appeal"]["words"] == WORDS.words
    assert rows[0]["reasons"], "why it was sent back stands beside it"
    listed = pia.get(f"/api/v1/projects/{line.project.uid}/appeals/?state=open").json()["results"]
    assert [one["uid"] for one in listed] == [appeal["uid"]]
    assert pia.get(f"/api/v1/projects/{line.project.uid}/appeals/?state=x").status_code == 422
    assert rita.get(f"/api/v1/appeals/{appeal['uid']}/").json()["words"] == WORDS.words
    back = lena.post(f"/api/v1/appeals/{appeal['uid']}/withdraw/", {}, content_type="application/json")
    assert (back.status_code, back.json()["state"]) == (200, "withdrawn")
    late = lena.post(f"/api/v1/appeals/{appeal['uid']}/withdraw/", {}, content_type="application/json")
    assert (late.status_code, late.json()["code"], late.json()["state"]) == (409, "appeal_ended", "withdrawn")
    policy = f"/api/v1/projects/{line.project.uid}/appeal-policy/"
    assert pia.get(policy).json() == {"most_open": 5, "expert_hours": 24}
    put = pia.put(policy, {"most_open": 2, "expert_hours": 0}, content_type="application/json")
    assert put.json() == pia.get(policy).json() == {"most_open": 2, "expert_hours": 0}
    rates = pia.get(f"/api/v1/projects/{line.project.uid}/appeal-rates/").json()
    assert (rates["makers"][0]["withdrawn"], rates["reviewers"][0]["appealed"]["k"]) == (1, 0)
    assert access.can(line.cast.lena, access.Permission.LABEL, line.project)
