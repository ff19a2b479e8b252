"""Serving gold: first rows, then a rate that follows trust; each gold once; nothing tells it from another row."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import batches, labels, overlap, queue
from labeling.class_tallies import made_of_classes
from labeling.data_rows import NewRow, add_rows
from labeling.models import DataRow, Label, LabelVersion, Project, ProjectRow, Slot
from quality import benchmarks, checks, gold_policy, gold_serving
from quality.gold_policy import Policy, rate_for
from quality.models import Benchmark, LabelScore, RowConsensus
from tests.cast import Cast
from tests.labeling.test_labels import submit
from tests.line import Line, make_line, payload
from tests.quality.test_consensus import BOX, HALF, run_jobs, sums
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(cast: Cast) -> Line:
    """Three done rows with gold that Eva drew, and twelve rows of another batch that wait."""
    line = make_line(cast, rows=3, review_share=0)
    for row in ProjectRow.objects.filter(project=line.project):
        benchmarks.make_benchmark(cast.eva, row, payload=payload(BOX))
    Slot.objects.filter(project=line.project).update(state=Slot.State.REVOKED)
    ProjectRow.objects.filter(project=line.project).update(state=ProjectRow.State.DONE)
    asset = DataRow.objects.filter(dataset=line.dataset)[0]
    picture = add_later(line, asset)
    batches.create_batch(cast.max, line.project, picture, name="second")
    set_policy(line, first_rows=0, base_rate=0, least_rate=0)
    return line


def add_later(line: Line, like: DataRow) -> Any:
    from labeling.assets import take_picture
    from tests.line import picture_bytes

    asset = take_picture(picture_bytes())
    add_rows(line.cast.ada, line.dataset, [NewRow(f"later-{number:05}", asset) for number in range(12)])
    return DataRow.objects.filter(dataset=line.dataset, external_id__startswith="later")


def set_policy(line: Line, **values: Any) -> None:
    gold_policy.change_policy(line.cast.pia, line.project, **values)


def claim(person: Person, line: Line) -> list[Slot]:
    return list(queue.lease_next_rows(person, line.project).slots)


def hand_in(person: Person, slot: Slot, body: Any = None) -> Label:
    answer = submit(person, slot, body or payload(BOX), key=f"{slot.uid}-{slot.lease_token}")
    return Label.objects.select_related("slot").get(uid=answer.body["label"])


def gold_rows(line: Line) -> set[int]:
    return set(Benchmark.objects.filter(project=line.project).values_list("project_row", flat=True))


def test_a_row_that_comes_as_an_ordinary_one_is_no_check_later_in_the_same_claim(cast: Cast) -> None:
    """The only gold lies on the oldest row, and the draw makes the second row of the claim gold."""
    line = make_line(cast, rows=4, consensus_share=100, consensus_labels=3, review_share=0)
    oldest = ProjectRow.objects.filter(project=line.project).order_by("pk")[0]
    benchmarks.make_benchmark(cast.eva, oldest, payload=payload(BOX))
    set_policy(line, first_rows=0, base_rate=50, least_rate=0, most_rate=100)

    def is_gold(seed: int) -> list[bool]:
        line.project.seed = str(seed)
        return [overlap.draw(line.project, "gold", f"{cast.lena.uid}:{at}") < 0.5 for at in (0, 1)]

    line.project.seed = str(next(seed for seed in range(100) if is_gold(seed) == [False, True]))
    line.project.save(update_fields=["seed"])
    slots = claim(cast.lena, line)
    assert len({slot.project_row_id for slot in slots}) == 2 and slots[0].project_row_id == oldest.pk
    assert not any(slot.is_check for slot in slots)


def test_the_first_rows_are_gold_each_once_and_then_the_others(stage: Line) -> None:
    set_policy(stage, first_rows=5)
    golds, hands = gold_rows(stage), []
    for _ in range(3):
        slots = claim(stage.cast.lena, stage)
        hands.append([slot.project_row_id for slot in slots])
        for slot in slots:
            hand_in(stage.cast.lena, slot)
    met = [row for hand in hands for row in hand]
    # What is in one hand stands in the queue's order.
    assert set(hands[0]) <= golds <= set(hands[0] + hands[1]), "all golds there are come first"
    assert len(set(met)) == len(met), "and nothing twice"
    other = [slot.project_row_id for slot in claim(stage.cast.leo, stage)]
    assert set(other) <= gold_rows(stage), "another person meets them too"


def test_a_check_is_scored_and_finished_and_is_no_opinion(stage: Line) -> None:
    set_policy(stage, first_rows=1)
    slot = next(one for one in claim(stage.cast.lena, stage) if one.project_row_id in gold_rows(stage))
    label = hand_in(stage.cast.lena, slot, payload(HALF))
    run_jobs()
    row = ProjectRow.objects.get(pk=slot.project_row_id)
    assert (row.state, Slot.objects.get(pk=slot.pk).state) == (ProjectRow.State.DONE, Slot.State.DONE)
    assert LabelScore.objects.get(label=label).benchmark == 0.75
    assert sums(stage.cast.lena, "benchmark") == [1, 0.75, 0.75**2]
    assert not RowConsensus.objects.exists()
    leo = next(one for one in claim(stage.cast.leo, stage) if one.project_row_id in gold_rows(stage))
    hand_in(stage.cast.leo, leo)
    run_jobs()
    assert not RowConsensus.objects.exists(), "two checks of a row are no opinions either"
    made = made_of_classes(stage.cast.lena, stage.project)
    assert made and not any(own or every for _, own, every in made), "nor do they count towards a share of a class"


def test_a_check_counts_as_no_opinion_when_the_overlap_is_raised(stage: Line) -> None:
    """A row with gold that still waits for its one opinion, while another person has it as a check."""
    row = ProjectRow.objects.get(pk=min(gold_rows(stage)))
    Slot.objects.create(
        project=stage.project,
        project_row=row,
        labeler=stage.cast.lena,
        state=Slot.State.DONE,
        is_check=True,
        order_key=1,
    )
    Slot.objects.create(project=stage.project, project_row=row, order_key=row.pk)
    ProjectRow.objects.filter(pk=row.pk).update(state=ProjectRow.State.WAITING)
    overlap.change_overlap(stage.cast.pia, stage.project, {"consensus_share": 100, "consensus_labels": 3})
    open_slots = Slot.objects.filter(project_row=row, state=Slot.State.OPEN)
    assert open_slots.count() == 3


def test_a_check_seems_to_wait_for_review_as_long_as_other_labels_do(stage: Line) -> None:
    Project.objects.filter(pk=stage.project.pk).update(review_share=100)
    set_policy(stage, first_rows=1)
    check, plain = sorted(claim(stage.cast.lena, stage), key=lambda slot: not slot.is_check)
    for slot in (check, plain):
        hand_in(stage.cast.lena, slot)
    run_jobs()

    def states() -> list[str]:
        return [Slot.objects.get(pk=slot.pk).state for slot in (check, plain)]

    assert states() == [Slot.State.IN_REVIEW] * 2
    assert not Slot.objects.filter(kind=Slot.Kind.REVIEW, project_row=check.project_row).exists()
    assert checks.finish_waiting_checks() == 0
    Slot.objects.filter(pk=plain.pk).update(state=Slot.State.DONE)
    assert [checks.finish_waiting_checks(), checks.finish_waiting_checks()] == [1, 0]
    assert states() == [Slot.State.DONE] * 2


def test_a_wanted_opinion_of_the_gold_row_is_given_as_itself(stage: Line) -> None:
    row = ProjectRow.objects.get(pk=min(gold_rows(stage)))
    Slot.objects.filter(project_row=row).update(state=Slot.State.OPEN)
    Benchmark.objects.exclude(project_row=row).delete()
    set_policy(stage, first_rows=1)
    slot = next(one for one in claim(stage.cast.lena, stage) if one.project_row_id == row.pk)
    assert not slot.is_check


def test_who_wrote_the_gold_and_who_has_met_it_gets_others(stage: Line) -> None:
    set_policy(stage, first_rows=3)
    assert not {slot.project_row_id for slot in claim(stage.cast.eva, stage)} & gold_rows(stage)
    Benchmark.objects.update(state=Benchmark.State.SUSPENDED)
    assert not {slot.project_row_id for slot in claim(stage.cast.lena, stage)} & gold_rows(stage)


def test_giving_back_draws_the_same_again_and_nobody_else_gets_it(stage: Line) -> None:
    set_policy(stage, first_rows=1)
    first = next(one for one in claim(stage.cast.lena, stage) if one.is_check)
    queue.release_slot(stage.cast.lena, str(first.uid), first.lease_token or 0)
    assert Slot.objects.get(pk=first.pk).state == Slot.State.REVOKED
    Slot.objects.filter(labeler=stage.cast.lena, state=Slot.State.LEASED).update(state=Slot.State.OPEN, labeler=None)
    again = next(one for one in claim(stage.cast.lena, stage) if one.is_check)
    assert again.project_row_id == first.project_row_id
    queue.skip_slot(stage.cast.lena, str(again.uid), again.lease_token or 0, reason="broken_picture")
    row = ProjectRow.objects.get(pk=again.project_row_id)
    assert row.state == ProjectRow.State.DONE, "a skip of a check sets no row aside"
    assert not Slot.objects.filter(project_row=row, state=Slot.State.OPEN).exists()


@pytest.mark.django_db(transaction=True)
def test_two_claims_of_one_person_at_once_give_no_gold_twice(stage: Line) -> None:
    set_policy(stage, first_rows=5)
    found: list[list[int]] = []
    start = threading.Barrier(2)

    def take() -> None:
        try:
            start.wait(10)
            found.append([slot.project_row_id for slot in claim(stage.cast.lena, stage)])
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 2, "neither claim failed"
    held = Slot.objects.filter(labeler=stage.cast.lena, state=Slot.State.LEASED).values_list("project_row", flat=True)
    assert len(held) == len(set(held)) >= 2


def test_no_gold_is_given_where_nothing_else_waits(stage: Line) -> None:
    set_policy(stage, first_rows=3)
    Slot.objects.filter(project=stage.project, state=Slot.State.OPEN).update(state=Slot.State.REVOKED)
    found = queue.lease_next_rows(stage.cast.lena, stage.project)
    assert not found.slots and found.empty is not None and found.empty.code == "all_taken"


# --- Unrecognisable ---------------------------------------------------------------------------------------------
def shape_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape_of(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape_of(one) for one in value[:1]]
    return type(value).__name__


def claim_over_http(client: Client, line: Line) -> tuple[list[Any], int]:
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(f"/api/v1/projects/{line.project.uid}/claim/", {}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()["rows"], len(asked)


def test_the_claim_tells_gold_from_nothing_by_keys_values_or_queries(stage: Line) -> None:
    clients = {}
    for name in ("lena", "leo"):
        clients[name] = Client()
        clients[name].force_login(getattr(stage.cast, name))
    plain, plain_queries = claim_over_http(clients["leo"], stage)
    set_policy(stage, first_rows=1)
    rows, queries = claim_over_http(clients["lena"], stage)
    assert queries == plain_queries
    golds = {str(uid) for uid in ProjectRow.objects.filter(pk__in=gold_rows(stage)).values_list("uid", flat=True)}
    gold = next(row for row in rows if row["row"]["uid"] in golds)
    other = next(row for row in rows if row["row"]["uid"] not in golds)
    assert shape_of(gold) == shape_of(other) == shape_of(plain[0])
    same = ("kind", "step", "is_rework", "state", "why")
    assert [gold["slot"][name] for name in same] == [other["slot"][name] for name in same]
    assert gold["project"] == other["project"], "it stands in the batch of the row whose place it takes"
    assert gold["urls"].keys() == other["urls"].keys()
    assert "gold" not in str(gold).lower() and "benchmark" not in str(gold).lower()


def test_a_submit_of_gold_answers_alike_and_asks_the_database_as_often(stage: Line) -> None:
    set_policy(stage, first_rows=1)
    slots = claim(stage.cast.lena, stage)
    told, counts = [], []
    for slot in sorted(slots, key=lambda one: one.is_check):
        key = f"{slot.uid}-{slot.lease_token}"
        assert slot.ontology_version is not None
        with CaptureQueriesContext(connection) as asked:
            answer = labels.submit_label(
                stage.cast.lena,
                str(slot.uid),
                token=slot.lease_token or 0,
                payload=payload(BOX),
                ontology_version=slot.ontology_version.number,
                key=key,
            )
        told.append(shape_of(answer.body))
        # A row of its own moves on when its first opinion comes; that shows to nobody who waits for the answer.
        counts.append(len([one for one in asked if "projectrow" not in one["sql"] or "UPDATE" not in one["sql"]]))
    assert told[0] == told[1]
    assert abs(counts[0] - counts[1]) <= 2


def test_which_rows_are_gold_is_a_draw_that_nobody_can_guess(stage: Line) -> None:
    project = stage.project
    set_policy(stage, first_rows=0, base_rate=30, most_rate=30)
    people = [Person.objects.create(email=f"p{n}@example.org", name=f"P {n}") for n in range(20)]
    drawn = [gold_serving.rows_to_check(person, project, 10) for person in people]
    again = [gold_serving.rows_to_check(person, project, 10) for person in people]
    assert drawn == again, "asked again it is the same"
    places = {tuple(one is not None for one in chosen) for chosen in drawn}
    assert len(places) > 10, "every person's gold comes at other places"
    orders = {tuple(one for one in chosen if one) for chosen in drawn if sum(map(bool, chosen)) == 3}
    assert len(orders) > 1, "and in another order"
    project.seed = "0" * 32
    assert [gold_serving.rows_to_check(person, project, 10) for person in people] != drawn, "the seed decides"


def test_choosing_costs_one_query_at_three_golds_and_at_thirty(stage: Line) -> None:
    set_policy(stage, first_rows=5)
    for many in (False, True):
        if many:
            for row in ProjectRow.objects.filter(project=stage.project, quality_benchmark=None):
                benchmarks.make_benchmark(stage.cast.eva, row, payload=payload(BOX))
        with CaptureQueriesContext(connection) as asked:
            gold_serving.rows_to_check(stage.cast.lena, stage.project, 5)
        assert len(asked) == 1


# --- The rate ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("results", "rate"),
    [
        ([], 10),
        ([1.0] * 9, 10),
        ([1.0] * 20, 2.5),
        ([1.0] * 40, 2),
        ([0.0] * 20, 30),
        ([1.0, 0.5] * 10, 20),
        ([1.0, 0.7] * 6, 10),
    ],
)
def test_the_rate_follows_trust_in_stated_steps(results: list[float], rate: float) -> None:
    assert rate_for(Policy(), results) == rate


def test_a_project_without_a_rate_has_none_whatever_the_results() -> None:
    assert rate_for(Policy(base_rate=0, least_rate=0), [0.0] * 20) == 0


def test_the_policy_is_changed_by_those_who_run_the_project_and_audited(line: Line) -> None:
    cast = line.cast
    for name, refused in (("lena", NotAllowed), ("eva", NotAllowed), ("wim", NotAllowed), ("otto", NotFound)):
        with pytest.raises(refused):
            gold_policy.change_policy(getattr(cast, name), line.project, base_rate=20)
    for bad in ({"base_rate": 40}, {"least_rate": 11}, {"first_rows": 51}, {"bar": 0}, {"colour": 1}):
        with pytest.raises(InvalidInput):
            gold_policy.change_policy(cast.pia, line.project, **bad)
    assert gold_policy.policy_of(line.project) == Policy()
    gold_policy.change_policy(cast.pia, line.project, base_rate=20)
    told = AuditEvent.objects.get(action="benchmark_policy.set")
    assert (told.before["base_rate"], told.after["base_rate"]) == (10, 20)


# --- Drawn in the editor ----------------------------------------------------------------------------------------
def test_an_expert_draws_gold_in_the_editor_and_its_next_version(stage: Line) -> None:
    cast = stage.cast
    row = ProjectRow.objects.filter(project=stage.project, quality_benchmark=None).order_by("pk").first()
    assert row is not None
    slot = checks.draw_gold(cast.eva, row)
    assert checks.draw_gold(cast.eva, row) == slot, "asked again it is the same"
    assert slot in claim(cast.eva, stage)
    hand_in(cast.eva, slot, payload(HALF))
    made = benchmarks.benchmark_of(row)
    assert made is not None and made.made_by == cast.eva
    assert LabelVersion.objects.get(label=made.gold).payload["features"][0]["value"] == list(HALF)
    row.refresh_from_db()
    assert row.state == ProjectRow.State.WAITING, "the row still wants its opinion"
    for name, refused in (("lena", NotAllowed), ("pia", NotAllowed), ("otto", NotFound)):
        with pytest.raises(refused):
            checks.draw_gold(getattr(cast, name), row)
    again = checks.draw_gold(cast.eva, row)
    assert again == slot and again in claim(cast.eva, stage)
    hand_in(cast.eva, again, payload(BOX))
    assert [version.number for version in benchmarks.versions_of(made)] == [2, 1]
    other = next(one for one in claim(cast.eva, stage) if not one.is_check)
    with pytest.raises(RuleViolation) as refusal:
        checks.draw_gold(cast.eva, other.project_row)
    assert refusal.value.code == "labeled_already"
