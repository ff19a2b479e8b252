"""Benchmarks: gold is made, compared with, and taken away; its makers are never scored against it."""

import threading
from typing import Any

import pytest
from django.db import connection

from labeling import labels_list
from labeling.labels import add_version
from labeling.models import Label, LabelVersion, ProjectRow
from quality import benchmarks, consensus, gold_scores
from quality.models import Benchmark, LabelScore, RowConsensus
from tests.line import Line, payload
from tests.quality.test_consensus import (
    BOX,
    FAR,
    HALF,
    first_row,
    give,
    give_three,
    live_events,
    run_jobs,
    send_back,
    sums,
    trio,
)
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent

__all__ = ["trio"]
pytestmark = pytest.mark.django_db


def scores() -> dict[str, Any]:
    """First name → benchmark score."""
    found = LabelScore.objects.values_list("labeler__name", "benchmark")
    return {name.split()[0].lower(): score if score is None else pytest.approx(score) for name, score in found}


def test_the_gold_star_copies_the_last_version_and_spares_its_maker(trio: Line) -> None:
    one, *_ = give_three(trio)
    run_jobs()
    made = benchmarks.make_benchmark_from(trio.cast.pia, one, rationale=" The clearest of all. ")
    gold = made.gold
    assert (gold.kind, gold.made_from, gold.labeler, gold.slot) == ("gold", one, trio.cast.pia, None)
    version = LabelVersion.objects.get(label=gold)
    assert version.payload == LabelVersion.objects.get(label=one).payload
    assert version.author == trio.cast.pia
    assert made.rationale == "The clearest of all."
    assert scores() == {"lena": None, "leo": 1.0, "lia": 0.75}
    assert sums(trio.cast.leo, "benchmark") == [1, 1, 1]
    assert sums(trio.cast.lena, "benchmark") == [0, 0, 0]
    assert AuditEvent.objects.get(action="benchmark.made").after["made_from"] == str(one.uid)


def test_the_gold_star_takes_a_reviewers_fix_too(trio: Line) -> None:
    one, *_ = give_three(trio)
    add_version(one, author=trio.cast.rita, payload=payload(FAR), ontology_version=trio.ontology)
    made = benchmarks.make_benchmark_from(trio.cast.pia, one)
    assert LabelVersion.objects.get(label=made.gold).payload["features"][0]["value"] == list(FAR)
    assert scores()["leo"] == 0.5


def test_gold_is_no_opinion(trio: Line) -> None:
    one, *_ = give_three(trio)
    run_jobs()
    before = RowConsensus.objects.values("score", "opinion_count").get()
    gold = benchmarks.make_benchmark_from(trio.cast.pia, one).gold
    consensus.score_row(first_row(trio).pk)
    assert RowConsensus.objects.values("score", "opinion_count").get() == before
    assert not LabelScore.objects.filter(label=gold).exists()
    with pytest.raises(InvalidInput) as refusal:
        benchmarks.make_benchmark_from(trio.cast.pia, gold)
    assert refusal.value.code == "not_an_opinion"


def test_a_row_with_gold_scores_each_submit_and_then_settles(line: Line) -> None:
    benchmarks.make_benchmark(line.cast.eva, first_row(line), payload=payload(BOX), rationale="Drawn by hand.")
    label = give(line.cast.lena, line, payload(HALF))
    assert first_row(line).state == ProjectRow.State.IN_WORK
    assert run_jobs() == 1
    assert first_row(line).state == ProjectRow.State.DONE
    score = LabelScore.objects.get(label=label)
    assert (score.benchmark, score.benchmark_version, score.consensus) == (0.75, 1, None)
    assert score.benchmark_explanation[0]["objects"][0]["error"] == "loose"
    assert sums(line.cast.lena, "benchmark") == [1, 0.75, 0.75**2]
    # One label is wanted: there is no consensus to wait for.
    assert not RowConsensus.objects.exists()


def test_who_drew_the_gold_is_not_scored_against_it(line: Line) -> None:
    benchmarks.make_benchmark(line.cast.eva, first_row(line), payload=payload(BOX))
    give(line.cast.eva, line, payload(BOX))
    run_jobs()
    assert not LabelScore.objects.exists()
    assert first_row(line).state == ProjectRow.State.DONE


def test_a_rework_is_scored_anew_and_counts_once(line: Line) -> None:
    benchmarks.make_benchmark(line.cast.eva, first_row(line), payload=payload(BOX))
    label = give(line.cast.lena, line, payload(HALF))
    run_jobs()
    send_back(label)
    give(line.cast.lena, line, payload(BOX))
    run_jobs()
    assert LabelScore.objects.values_list("benchmark", "benchmark_version").get() == (1.0, 2)
    assert sums(line.cast.lena, "benchmark") == [1, 1, 1]


def test_scoring_twice_changes_nothing(trio: Line) -> None:
    one, *_ = give_three(trio)
    benchmarks.make_benchmark_from(trio.cast.pia, one)
    before = list(LabelScore.objects.order_by("pk").values())
    assert gold_scores.score_against_gold(first_row(trio)) == []
    assert list(LabelScore.objects.order_by("pk").values()) == before


def test_a_second_benchmark_is_refused(trio: Line) -> None:
    one, two, _ = give_three(trio)
    benchmarks.make_benchmark_from(trio.cast.pia, one)
    for attempt in (
        lambda: benchmarks.make_benchmark_from(trio.cast.pia, two),
        lambda: benchmarks.make_benchmark(trio.cast.pia, first_row(trio), payload=payload(BOX)),
    ):
        with pytest.raises(RuleViolation) as refusal:
            attempt()
        assert refusal.value.code == "benchmark_exists"
    assert (Benchmark.objects.count(), Label.objects.filter(kind="gold").count()) == (1, 1)


@pytest.mark.parametrize("body", [None, {}, {"features": "x"}, payload((0, 0, 500, 10)), {"features": []}])
def test_invalid_gold_is_refused_with_the_place(line: Line, body: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        benchmarks.make_benchmark(line.cast.eva, first_row(line), payload=body)
    assert refusal.value.code == "label_invalid"
    assert refusal.value.details["count"] > 0
    assert not Label.objects.exists()


def test_removing_gold_removes_every_score_that_came_from_it(trio: Line) -> None:
    one, *_ = give_three(trio)
    run_jobs()
    benchmarks.make_benchmark_from(trio.cast.pia, one)
    benchmarks.remove_benchmark(trio.cast.pia, first_row(trio))
    assert set(scores().values()) == {None}
    assert LabelScore.objects.filter(consensus=None).count() == 0
    assert sums(trio.cast.lia, "benchmark") == [0, 0, 0]
    gold = Label.objects.get(kind="gold")
    assert gold.retired_at is not None and gold.versions.count() == 1
    assert gold.pk not in {label.pk for label in labels_list.labels_of([trio.project])}
    assert AuditEvent.objects.filter(action="benchmark.removed").count() == 1
    with pytest.raises(RuleViolation) as refusal:
        benchmarks.remove_benchmark(trio.cast.pia, first_row(trio))
    assert refusal.value.code == "no_benchmark"
    benchmarks.make_benchmark(trio.cast.pia, first_row(trio), payload=payload(HALF))
    assert scores() == {"lena": 0.75, "leo": 0.75, "lia": 1.0}


def test_the_stranger_and_those_without_the_right(trio: Line) -> None:
    one, *_ = give_three(trio)
    row, cast = first_row(trio), trio.cast
    acts = (
        lambda person: benchmarks.make_benchmark_from(person, one),
        lambda person: benchmarks.make_benchmark(person, row, payload=payload(BOX)),
        lambda person: benchmarks.remove_benchmark(person, row),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act(cast.otto)
        for name in ("lena", "rita", "tom", "vera", "nora", "wim"):
            with pytest.raises(NotAllowed):
                act(getattr(cast, name))
    assert not Benchmark.objects.exists()


def test_scores_against_gold_are_told_to_those_who_follow_the_row(trio: Line) -> None:
    one, two, three = give_three(trio)
    benchmarks.make_benchmark_from(trio.cast.pia, one)
    (event,) = live_events(trio, f"row:{first_row(trio).uid}", "benchmark_scored")
    assert {entry["label"]: entry["benchmark"] for entry in event["payload"]["labels"]} == {
        str(two.uid): 1.0,
        str(three.uid): 0.75,
    }
    assert live_events(trio, f"project:{trio.project.uid}", "benchmark_scored") == []


@pytest.mark.django_db(transaction=True)
def test_two_benchmarks_at_once_make_one(trio: Line) -> None:
    one, two, _ = give_three(trio)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def star(label: Label) -> None:
        try:
            start.wait(10)
            benchmarks.make_benchmark_from(trio.cast.pia, label)
            outcomes.append("made")
        except RuleViolation as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=star, args=(label,)) for label in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["benchmark_exists", "made"]
    assert Benchmark.objects.count() == 1
