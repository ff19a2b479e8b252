"""Consensus: the scores of a row depend only on the opinions that are in, and cost only what is new."""

import itertools
import json
import threading
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling import batches, datasets, ontologies, projects, queue
from labeling.data_rows import NewRow, add_rows
from labeling.labels import add_version
from labeling.models import DataRow, Label, LabelVersion, ProjectRow, Slot
from quality import consensus, figures, tasks
from quality.models import Benchmark, DayFigure, FigureDelta, LabelScore, PairScore, RowConsensus
from quality.scoring_schema import schema_of
from tests.cast import Cast
from tests.labeling.test_labels import submit
from tests.line import CAR, DOCUMENT, LIGHT, PLATE, Line, make_line, payload
from workforce import live
from workforce.errors import InvalidInput, NotAllowed, NotFound
from workforce.models import AuditEvent, ClockTimestamp, Event, Person
from workforce.people import external_authors

pytestmark = pytest.mark.django_db

BOX, HALF, FAR = (0, 0, 20, 20), (0, 0, 20, 10), (40, 20, 60, 40)


@pytest.fixture
def trio(cast: Cast) -> Line:
    """Two rows, each wants three opinions, none is reviewed."""
    return make_line(cast, rows=2, consensus_share=100, consensus_labels=3, review_share=0)


def first_row(line: Line) -> ProjectRow:
    rows = ProjectRow.objects.select_related("project__organization", "data_row").filter(project=line.project)
    return rows.order_by("pk")[0]


def give(person: Person, line: Line, body: Any, *, row: ProjectRow | None = None) -> Label:
    """Lease and submit through the front door."""
    wanted = row or first_row(line)
    slots = queue.lease_next_rows(person, line.project).slots
    slot = next(slot for slot in slots if slot.project_row_id == wanted.pk)
    number = slot.ontology_version.number
    answer = submit(person, slot, body, key=f"{slot.uid}-{slot.lease_token}", version=number)
    return Label.objects.select_related("slot").get(uid=answer.body["label"])


def bring(line: Line, row: ProjectRow, opinions: dict[str, Any]) -> list[Label]:
    """Imported opinions: slots in state done, labels of people who are named in a file."""
    people = external_authors(line.cast.home, "file", list(opinions))
    labels = []
    for name, body in opinions.items():
        slot = Slot.objects.create(
            project=line.project,
            project_row=row,
            labeler=people[name],
            state=Slot.State.DONE,
            order_key=row.pk,
            submitted_at=ClockTimestamp(),
        )
        label = Label.objects.create(
            project=line.project, project_row=row, slot=slot, labeler=people[name], last_version=1
        )
        LabelVersion.objects.create(
            label=label,
            number=1,
            author=people[name],
            origin=LabelVersion.Origin.IMPORT,
            ontology_version=line.ontology,
            payload=body,
            payload_hash="",
        )
        labels.append(label)
    return labels


def send_back(label: Label) -> None:
    Slot.objects.filter(pk=label.slot_id).update(state=Slot.State.IN_REWORK, is_rework=True)
    ProjectRow.objects.filter(pk=label.project_row_id).update(state=ProjectRow.State.IN_REWORK)


def run_jobs() -> int:
    run = {consensus.SCORE_TASK: tasks.score_row, consensus.SCORE_MANY_TASK: tasks.score_rows}
    jobs = Event.objects.filter(task__in=run, done_at=None).order_by("id")
    asked = dict(jobs.values_list("pk", "task"))
    ids = list(asked)
    for pk, task in asked.items():
        run[task](event_id=pk)
    assert not Event.objects.filter(pk__in=ids, done_at=None).exists(), list(jobs.values_list("error", flat=True))
    return len(ids)


def give_three(line: Line, bodies: Iterable[Any] | None = None) -> list[Label]:
    bodies = bodies or (payload(BOX), payload(BOX), payload(HALF))
    people = (line.cast.lena, line.cast.leo, line.cast.lia)
    return [give(person, line, body) for person, body in zip(people, bodies, strict=True)]


def sums(person: Person, measure: str) -> list[float]:
    """n, sum and sum of squares, folded or not."""
    names = [f"{measure}_{part}" for part in ("n", "sum", "squares")]
    found = dict.fromkeys(names, 0.0)
    for table, column in ((DayFigure, "value"), (FigureDelta, "amount")):
        for name, value in table.objects.filter(person=person, measure__in=names).values_list("measure", column):
            found[name] += value
    return [pytest.approx(found[name], abs=1e-12) for name in names]


def live_events(line: Line, stream: str, kind: str) -> list[dict[str, Any]]:
    from workforce import relay

    while relay.relay_once():
        pass
    return [event for event in live.events_after(stream, 0).events if event["kind"] == kind]


# --- The way of a row ---------------------------------------------------------------------------------------------
def test_three_opinions_are_scored_and_the_row_is_done(trio: Line) -> None:
    one, two, three = give_three(trio)
    assert run_jobs() == 3
    found = RowConsensus.objects.get()
    # Light agrees; the boxes agree by 1, 0.5 and 0.5.
    assert found.score == pytest.approx((1 + 0.75 + 0.75) / 3)
    assert (found.opinion_count, found.why_null) == (3, "")
    assert found.status == RowConsensus.Status.DECIDED and found.winner in (one, two)
    assert dict(LabelScore.objects.values_list("label", "consensus")) == {
        one.pk: pytest.approx(0.875),
        two.pk: pytest.approx(0.875),
        three.pk: pytest.approx(0.75),
    }
    assert found.ambiguity == pytest.approx((0 + 1 / 3) / 2)
    assert first_row(trio).state == ProjectRow.State.DONE
    assert set(Slot.objects.filter(project_row=first_row(trio)).values_list("state", flat=True)) == {"done"}


def test_a_row_waits_until_every_opinion_is_in(trio: Line) -> None:
    give(trio.cast.lena, trio, payload(BOX))
    run_jobs()
    found = RowConsensus.objects.get()
    assert (found.score, found.why_null, found.status) == (None, "needs another label", "waiting")
    assert first_row(trio).state == ProjectRow.State.IN_WORK
    give(trio.cast.leo, trio, payload(BOX))
    run_jobs()
    found.refresh_from_db()
    assert (found.score, found.status, found.previous_score) == (1.0, "decided", None)
    assert first_row(trio).state == ProjectRow.State.IN_WORK


def test_a_single_opinion_is_settled_at_once_and_needs_no_job(line: Line) -> None:
    give(line.cast.lena, line, payload(BOX))
    assert not Event.objects.filter(task=consensus.SCORE_TASK).exists()
    assert first_row(line).state == ProjectRow.State.DONE
    assert consensus.winner_of(first_row(line)) == Label.objects.get()
    assert not RowConsensus.objects.exists()


def test_two_that_disagree_are_a_tie(cast: Cast) -> None:
    line = make_line(cast, consensus_share=100, consensus_labels=2, review_share=0)
    give(cast.lena, line, payload(BOX))
    give(cast.leo, line, payload(FAR))
    run_jobs()
    found = RowConsensus.objects.get()
    assert (found.score, found.status, found.winner) == (0.5, "tie", None)
    assert consensus.winner_of(first_row(line)) is None


def test_asking_twice_changes_nothing_and_tells_nobody(trio: Line) -> None:
    give_three(trio)
    run_jobs()
    before = list(PairScore.objects.order_by("pk").values()), list(LabelScore.objects.order_by("pk").values())
    row, events, deltas = RowConsensus.objects.values().get(), Event.objects.count(), FigureDelta.objects.count()
    consensus.score_row(str(first_row(trio).uid))
    assert (list(PairScore.objects.order_by("pk").values()), list(LabelScore.objects.order_by("pk").values())) == before
    assert RowConsensus.objects.values().get() == row
    assert (Event.objects.count(), FigureDelta.objects.count()) == (events, deltas)


def test_a_row_that_is_gone_scores_nothing(trio: Line) -> None:
    assert consensus.score_row(uuid.uuid4()) is None
    assert consensus.score_row(0) is None


def test_the_order_of_submits_changes_no_number(cast: Cast) -> None:
    line = make_line(cast, rows=6, consensus_share=100, consensus_labels=3, review_share=0)
    bodies = [payload(BOX, FAR), payload(HALF, light="night"), payload((1, 1, 19, 22), (41, 20, 60, 41))]
    answers = []
    for row, order in zip(ProjectRow.objects.order_by("pk"), itertools.permutations(range(3)), strict=True):
        for index in order:
            bring(line, row, {f"p{index}": bodies[index]})
            consensus.score_row(row.pk)
        found = RowConsensus.objects.get(project_row=row)
        scores = LabelScore.objects.filter(label__project_row=row).order_by("labeler__name")
        means = scores.values_list("consensus", flat=True)
        answers.append((found.score, found.ambiguity, found.status, found.winner.labeler.name, *means))
    assert answers == [answers[0]] * 6


def test_a_rework_computes_only_its_own_pairs(trio: Line) -> None:
    one, two, three = give_three(trio)
    run_jobs()
    before = {(pair.label_a_id, pair.label_b_id): pair.computed_at for pair in PairScore.objects.all()}
    send_back(three)
    give(trio.cast.lia, trio, payload(BOX))
    run_jobs()
    after = {(pair.label_a_id, pair.label_b_id): pair for pair in PairScore.objects.all()}
    assert {key for key, pair in after.items() if pair.computed_at != before[key]} == {
        (one.pk, three.pk),
        (two.pk, three.pk),
    }
    assert {pair.version_b for key, pair in after.items() if key[1] == three.pk} == {2}
    found = RowConsensus.objects.get()
    assert (found.score, found.previous_score) == (1.0, pytest.approx(2.5 / 3))
    assert sums(trio.cast.lia, "consensus") == [1, 1, 1]
    # Work that came back is looked at again, whatever the share of reviews.
    assert first_row(trio).state == ProjectRow.State.IN_REVIEW


def test_an_opinion_stays_in_while_its_maker_reworks_it(trio: Line) -> None:
    *_, three = give_three(trio)
    run_jobs()
    send_back(three)
    queue.lease_next_rows(trio.cast.lia, trio.project)
    consensus.score_row(first_row(trio).pk)
    assert RowConsensus.objects.get().opinion_count == 3


def test_a_reviewers_fix_changes_no_score_of_its_maker(trio: Line) -> None:
    *_, three = give_three(trio)
    run_jobs()
    add_version(three, author=trio.cast.rita, payload=payload(BOX), ontology_version=trio.ontology)
    consensus.score_row(first_row(trio).pk)
    assert LabelScore.objects.get(label=three).consensus == pytest.approx(0.75)


def test_pairs_and_scores_of_an_opinion_that_is_gone_go_with_it(trio: Line) -> None:
    one, two, three = give_three(trio)
    run_jobs()
    Slot.objects.filter(pk=three.slot_id).update(state=Slot.State.REVOKED)
    consensus.score_row(first_row(trio).pk)
    assert PairScore.objects.values_list("label_a", "label_b").get() == (one.pk, two.pk)
    assert LabelScore.objects.get(label=three).consensus is None
    assert RowConsensus.objects.get().score == 1.0
    assert sums(trio.cast.lia, "consensus") == [0, 0, 0]


def test_a_persons_figures_hold_each_row_once_with_its_newest_score(trio: Line) -> None:
    give_three(trio)
    run_jobs()
    # Two opinions gave lena 1.0; the third made it 0.875. What stays is the last.
    assert sums(trio.cast.lena, "consensus") == [1, 0.875, 0.875**2]
    figures.fold()
    assert not FigureDelta.objects.exists()
    assert sums(trio.cast.lena, "consensus") == [1, 0.875, 0.875**2]


# --- Ontology -----------------------------------------------------------------------------------------------------
def test_opinions_of_two_ontologies_are_compared_by_the_newer(trio: Line) -> None:
    cast = trio.cast
    give(cast.lena, trio, payload(BOX, light="day"))
    give(cast.leo, trio, payload(BOX, light="night"))
    run_jobs()
    assert PairScore.objects.get().features == {CAR: 1.0, LIGHT: 0.0}
    without_light = {"features": [feature for feature in DOCUMENT["features"] if feature["uid"] != LIGHT]}
    ontologies.revise_ontology(cast.max, trio.ontology.ontology, document=without_light)
    body = payload(BOX)
    body["features"].pop()
    give(cast.lia, trio, body)
    run_jobs()
    assert [pair.features for pair in PairScore.objects.all()] == [{CAR: 1.0}] * 3
    assert RowConsensus.objects.get().method == "union mean, ontology 2"


def test_the_schema_says_what_the_ontology_asks(cast: Cast) -> None:
    deep = {"uid": "deep", "name": "Why", "kind": "radio", "options": [{"value": "fog", "label": "Fog"}]}
    document = {
        "features": [
            {"uid": "p", "name": "Eye", "kind": "point", "tolerance": 4},
            {"uid": "q", "name": "Ear", "kind": "point"},
            {"uid": "l", "name": "Lane", "kind": "polyline", "tolerance": 3},
            {"uid": "n", "name": "Age", "kind": "number", "min": 0, "max": 120, "tolerance": 2},
            {"uid": "o", "name": "Count", "kind": "number", "min": 0},
            {
                "uid": "c", "name": "Seen", "kind": "checklist", "is_required": True,
                "options": [{"value": "bad", "label": "Bad", "questions": [deep]}, {"value": "good", "label": "Good"}],
            },
            DOCUMENT["features"][0],
        ]
    }  # fmt: skip
    version = ontologies.create_ontology(cast.ada, cast.home, name="All", document=document)
    eye, ear, lane, age, count, seen, car = schema_of(version)
    assert (eye.sigma, eye.tolerance, ear.sigma, lane.tolerance) == (4, None, None, 3)
    assert (age.value_range, age.tolerance, count.value_range) == ((0, 120), 2, None)
    assert (seen.is_required, seen.options) == (True, ("bad", "good"))
    assert [(question.uid, question.parent_option) for question in seen.questions] == [("deep", "bad")]
    assert [(question.uid, question.parent_option) for question in car.questions] == [(PLATE, "")]
    assert schema_of(version) is schema_of(version)


# --- Two at once ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_scores_at_once_leave_what_one_leaves(trio: Line) -> None:
    give_three(trio)
    row, broken = first_row(trio), []
    start = threading.Barrier(4)

    def score() -> None:
        try:
            start.wait(10)
            consensus.score_row(row.pk)
        except BaseException as error:
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=score) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert broken == []
    assert (PairScore.objects.count(), LabelScore.objects.count(), RowConsensus.objects.count()) == (3, 3, 1)
    assert sums(trio.cast.lia, "consensus") == [1, 0.75, 0.75**2]
    assert Event.objects.filter(kind="consensus_scored").count() == 2
    assert first_row(trio).state == ProjectRow.State.DONE


def test_a_job_is_asked_for_in_the_transaction_of_the_submit(trio: Line) -> None:
    give(trio.cast.lena, trio, payload(BOX))
    job = Event.objects.get(task="quality.tasks.score_row")
    assert (job.queue, job.payload) == ("live", {"row": str(first_row(trio).uid)})
    tasks.score_row(event_id=job.pk)
    tasks.score_row(event_id=job.pk)
    assert RowConsensus.objects.count() == 1


# --- Choose ---------------------------------------------------------------------------------------------------------
def test_a_person_chooses_the_winner_and_the_choice_stays(trio: Line) -> None:
    *_, three = give_three(trio)
    run_jobs()
    row = first_row(trio)
    found = consensus.choose_winner(trio.cast.pia, row, three, reason="Only this one has the edge.")
    assert (found.status, found.winner, found.chosen_by) == ("chosen", three, trio.cast.pia)
    send_back(three)
    give(trio.cast.lia, trio, payload(FAR))
    run_jobs()
    found.refresh_from_db()
    assert (found.status, found.winner, found.chosen_reason) == ("chosen", three, "Only this one has the edge.")
    assert consensus.winner_of(row) == three
    assert AuditEvent.objects.get(action="winner.chosen").after["winner"] == str(three.uid)


def test_saying_the_same_again_is_no_second_choice(trio: Line) -> None:
    one, *_ = give_three(trio)
    for _ in range(2):
        consensus.choose_winner(trio.cast.pia, first_row(trio), one, reason="Clear.")
    assert AuditEvent.objects.filter(action="winner.chosen").count() == 1
    assert consensus.winner_of(first_row(trio)) == one


def test_a_choice_ends_with_its_label(trio: Line) -> None:
    *_, three = give_three(trio)
    run_jobs()
    consensus.choose_winner(trio.cast.pia, first_row(trio), three, reason="Best.")
    Slot.objects.filter(pk=three.slot_id).update(state=Slot.State.REVOKED)
    consensus.score_row(first_row(trio).pk)
    found = RowConsensus.objects.get()
    assert (found.status, found.chosen_by, found.chosen_reason) == ("decided", None, "")
    assert found.winner not in (None, three)


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_choice_needs_a_reason(trio: Line, reason: str) -> None:
    one, *_ = give_three(trio)
    with pytest.raises(InvalidInput) as refusal:
        consensus.choose_winner(trio.cast.pia, first_row(trio), one, reason=reason)
    assert refusal.value.code == "reason_required"


def test_only_an_opinion_of_the_row_can_win(trio: Line) -> None:
    give_three(trio)
    other = ProjectRow.objects.order_by("pk")[1]
    with pytest.raises(InvalidInput) as refusal:
        consensus.choose_winner(trio.cast.pia, other, Label.objects.all()[0], reason="No.")
    assert refusal.value.code == "not_an_opinion"


# --- Who may --------------------------------------------------------------------------------------------------------
def test_the_stranger_learns_nothing_and_others_have_no_right(trio: Line) -> None:
    one, *_ = give_three(trio)
    run_jobs()
    row, cast = first_row(trio), trio.cast
    with pytest.raises(NotFound):
        consensus.choose_winner(cast.otto, row, one, reason="Mine.")
    with pytest.raises(NotFound):
        consensus.row_for_consensus(cast.otto, row.uid)
    for name in ("lena", "rita", "tom", "vera", "nora", "wim"):
        with pytest.raises(NotAllowed):
            consensus.choose_winner(getattr(cast, name), row, one, reason="Mine.")
    for name in ("lena", "rita", "tom", "vera", "nora", "eva"):
        with pytest.raises(NotAllowed):
            consensus.row_for_consensus(getattr(cast, name), row.uid)
    for name in ("ada", "max", "pia", "wim"):
        assert consensus.row_for_consensus(getattr(cast, name), row.uid) == row


# --- What the page shows --------------------------------------------------------------------------------------------
def test_the_row_shows_opinions_pairs_and_why(trio: Line) -> None:
    one, two, three = give_three(trio)
    run_jobs()
    shown = consensus.consensus_of(first_row(trio))
    assert [opinion.label for opinion in shown.opinions] == [one, two, three]
    assert [opinion.version.payload["features"][0]["value"] for opinion in shown.opinions] == [
        list(BOX), list(BOX), list(HALF)
    ]  # fmt: skip
    assert sum(opinion.is_winner for opinion in shown.opinions) == 1
    assert shown.votes == {LIGHT: {"day": 3}}
    pair = shown.pair(three, one)
    assert pair is not None and pair.score == 0.75
    box = pair.explanation[0]["objects"][0]
    assert (box["error"], box["similarity"]) == ("loose", 0.5)
    assert [feature.name for feature in shown.schema] == ["Car", "Light"]


def test_a_row_that_was_never_scored_can_be_shown(trio: Line) -> None:
    shown = consensus.consensus_of(first_row(trio))
    assert (shown.consensus, shown.opinions, shown.pairs, shown.votes) == (None, (), (), {})


def many(line: Line, row: ProjectRow, count: int) -> None:
    bring(line, row, {f"p{number:02}": payload((0, 0, 20, 10 + number)) for number in range(count)})


def test_the_number_of_queries_does_not_grow_with_opinions(trio: Line) -> None:
    counts = []
    for row, count in zip(ProjectRow.objects.order_by("pk"), (3, 30), strict=True):
        many(trio, row, count)
        with CaptureQueriesContext(connection) as scoring:
            consensus.score_row(row.pk)
        with CaptureQueriesContext(connection) as showing:
            consensus.consensus_of(ProjectRow.objects.select_related("project", "data_row").get(pk=row.pk))
        assert PairScore.objects.filter(project_row=row).count() == count * (count - 1) // 2
        counts.append((len(scoring), len(showing)))
    assert counts[0] == counts[1], counts
    assert counts[0][0] <= 26 and counts[0][1] <= 8, counts


def bring_crowd_boxes(cast: Cast, reference_data: Path) -> tuple[Line, dict[str, ProjectRow]]:
    """60 pictures that are not here, boxes of 133 people as imported opinions, and gold as written in the file.

    The file's coordinates are kept to the last digit; the front door would round them to 1/1000 pixel."""
    folder = reference_data / "crowd_boxes"
    gold = json.loads((folder / "gold.json").read_text())
    # Who labeled a picture twice is counted by the later one.
    given: dict[str, dict[str, Any]] = {item: {} for item in gold}
    for entry in json.loads((folder / "labels.json").read_text()):
        given[entry["item"]][entry["annotator"]] = payload(*entry["boxes_xyxy"])
    document = {"features": [{"uid": CAR, "name": "Thing", "kind": "box"}]}
    ontology = ontologies.create_ontology(cast.ada, cast.home, name="Things", document=document)
    dataset = datasets.create_dataset(cast.ada, cast.home, name="Crowd")
    add_rows(cast.ada, dataset, [NewRow(item) for item in gold])
    project = projects.create_project(cast.max, cast.home, name="Crowd", brief="Boxes.", ontology=ontology.ontology)
    batches.create_batch(cast.max, project, DataRow.objects.filter(dataset=dataset), name="all")
    line = Line(cast, ontology, dataset, project)
    entered = ProjectRow.objects.select_related("data_row").filter(project=project)
    rows = {row.data_row.external_id: row for row in entered}
    for item, row in rows.items():
        bring(line, row, given[item])
        bring_gold(line, row, payload(*gold[item]))
    return line, rows


def bring_gold(line: Line, row: ProjectRow, body: Any) -> None:
    actor = line.cast.max
    label = Label.objects.create(
        project=line.project, project_row=row, kind=Label.Kind.GOLD, labeler=actor, last_version=1
    )
    LabelVersion.objects.create(
        label=label, number=1, author=actor, ontology_version=line.ontology, payload=body, payload_hash=""
    )
    Benchmark.objects.create(project=line.project, project_row=row, gold=label, made_by=actor)


# --- Real labels ----------------------------------------------------------------------------------------------------
@pytest.mark.reference_data
def test_crowd_boxes_score_as_published(cast: Cast, reference_data: Path) -> None:
    _, rows = bring_crowd_boxes(cast, reference_data)
    expected = json.loads((reference_data / "expected.json").read_text())["crowd_boxes"]["assets"]
    assert len(rows) == len(expected) == 60
    for row in rows.values():
        consensus.score_row(row.pk)
    for item, row in rows.items():
        found = RowConsensus.objects.get(project_row=row)
        assert found.opinion_count == expected[item]["n_labels"]
        assert found.score == pytest.approx(expected[item]["consensus"]["union_mean"], abs=1e-6)
        scores = LabelScore.objects.filter(label__project_row=row).values_list("benchmark", flat=True)
        mean = sum(scores) / len(scores)
        assert mean == pytest.approx(expected[item]["benchmark_union_mean"], abs=1e-6)
