"""Scores on the wire: numbered, complete, and never to a labeler."""

import pytest

from quality import consensus
from quality.models import PairScore
from tests.line import Line, payload
from tests.quality.test_consensus import BOX, FAR, first_row, give, give_three, live_events, run_jobs, send_back, trio
from workforce import live
from workforce.models import StreamHead

__all__ = ["trio"]
pytestmark = pytest.mark.django_db


def test_a_project_hears_each_new_score_once_and_in_order(trio: Line) -> None:
    give_three(trio)
    run_jobs()
    stream = f"project:{trio.project.uid}"
    (scored,) = live_events(trio, stream, "consensus_scored")
    row = first_row(trio)
    assert scored["payload"] == {
        "row": str(row.uid),
        "external_id": "row-00000",
        "score": pytest.approx(2.5 / 3),
        "opinions": 3,
    }
    everything = live.events_after(stream, 0).events
    assert [event["seq"] for event in everything] == list(range(1, len(everything) + 1))
    assert StreamHead.objects.get(stream=stream).seq == len(everything)
    assert live.events_after(stream, scored["seq"] - 1).events[0]["kind"] == "consensus_scored"


def test_a_row_hears_its_scores_and_only_the_new_pairs(trio: Line) -> None:
    one, two, three = give_three(trio)
    run_jobs()
    send_back(three)
    give(trio.cast.lia, trio, payload(BOX))
    run_jobs()
    first, second = live_events(trio, f"row:{first_row(trio).uid}", "consensus_scored")
    assert {(pair["a"], pair["b"]) for pair in first["payload"]["pairs"]} == {
        (str(one.uid), str(two.uid)),
        (str(one.uid), str(three.uid)),
        (str(two.uid), str(three.uid)),
    }
    assert {pair["b"] for pair in second["payload"]["pairs"]} == {str(three.uid)}
    assert second["payload"]["score"] == 1.0
    assert second["payload"]["previous_score"] == pytest.approx(2.5 / 3)
    assert {entry["score"] for entry in second["payload"]["labels"]} == {1.0}
    assert second["payload"]["winner"] in {str(label.uid) for label in (one, two, three)}
    assert second["seq"] > first["seq"]


def test_a_choice_is_told_on_both_streams(trio: Line) -> None:
    one, *_ = give_three(trio)
    run_jobs()
    row = first_row(trio)
    consensus.choose_winner(trio.cast.pia, row, one, reason="Clear.")
    for stream in (f"row:{row.uid}", f"project:{trio.project.uid}"):
        (chosen,) = live_events(trio, stream, "winner_chosen")
        assert chosen["payload"] == {"row": str(row.uid), "status": "chosen", "winner": str(one.uid)}


def test_no_message_carries_an_answer(trio: Line) -> None:
    give_three(trio, [payload(BOX, light="night"), payload(FAR), payload(BOX)])
    run_jobs()
    assert PairScore.objects.count() == 3
    for stream in (f"row:{first_row(trio).uid}", f"project:{trio.project.uid}"):
        live_events(trio, stream, "")
        text = repr([event["payload"] for event in live.events_after(stream, 0).events])
        assert "night" not in text and "features" not in text and "Lund" not in text


def test_labelers_and_strangers_follow_no_scores_not_even_after_their_own_submit(trio: Line) -> None:
    give_three(trio)
    run_jobs()
    streams = (f"row:{first_row(trio).uid}", f"project:{trio.project.uid}")
    for stream in streams:
        for name in ("lena", "leo", "lia", "vera", "nora", "otto", "dora", "rita", "eva", "tom", "vito"):
            assert not live.may_follow(getattr(trio.cast, name), stream), name
        for name in ("ada", "max", "pia", "wim"):
            assert live.may_follow(getattr(trio.cast, name), stream), name
    assert not live.may_follow(trio.cast.ada, "row:nonsense")
