import math
from dataclasses import replace
from itertools import combinations

import pytest

from quality.agreement.ambiguity import vote_entropy, vote_share
from quality.agreement.labels import score_labels
from quality.agreement.opinions import read_opinion
from quality.agreement.rows import row_from_pairs, score_row
from tests.quality.agreement.shorthand import boxes, feature, item, label, radio

CAR = feature("car", "box")
WEATHER = feature("weather", "radio", options=("cat", "cow", "dog"))
TAGS = feature("tags", "checklist", options=("a", "b", "c"))


def voted(*options):
    return score_row([WEATHER], {f"p{index}": radio(option) for index, option in enumerate(options)}, size=None)


def test_consensus_is_the_mean_of_all_pairs():
    # IoU of a and b 1/3, of a and c 0, of b and c 1/3.
    opinions = {name: boxes([x, 0, x + 10, 10]) for name, x in (("a", 0), ("b", 5), ("c", 10))}
    row = score_row([CAR], opinions, size=None)
    assert row.consensus == pytest.approx(2 / 9)
    assert row.means == pytest.approx({"a": 1 / 6, "b": 1 / 3, "c": 1 / 6})
    assert (row.winner, row.status, row.leaders) == ("b", "decided", ("b",))
    assert [(pair.a, pair.b) for pair in row.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert row.pairs[0].agreement.features[0].objects[0].error == "loose"
    assert row.opinion_count == 3


def test_vote_share_and_mean_pairwise_are_two_numbers():
    row = voted("cat", "cat", "dog")
    assert row.consensus == pytest.approx(1 / 3)
    assert row.vote_shares == {"weather": pytest.approx(2 / 3)}
    # The two who said cat gave one answer: the first stands for it.
    assert (row.winner, row.status, row.leaders) == ("p0", "decided", ("p0", "p1"))


@pytest.mark.parametrize("votes", [("cat", "dog"), ("cat", "dog", "cow"), ("dog", "cat", "cat", "dog")])
def test_a_tie_has_no_winner(votes):
    row = voted(*votes)
    assert (row.winner, row.status, len(row.leaders)) == (None, "tie", len(votes))


def test_under_two_opinions_there_is_no_consensus():
    for row in (voted(), voted("cat")):
        assert (row.consensus, row.why_null) == (None, "needs another label")
        assert (row.winner, row.status, row.ambiguity, row.pairs) == (None, "undecided", None, ())
    assert voted("cat").means == {"p0": None}


def test_a_row_without_any_scored_pair():
    point = label(item("sign", "point", [1, 1]))
    row = score_row([feature("sign", "point")], {"a": point, "b": point}, size=None)
    assert (row.consensus, row.why_null, row.ambiguity) == (None, "no pair of labels could be scored", None)


def test_empty_labels_agree_and_are_flagged():
    row = score_row([CAR], {"a": label(), "b": label()}, size=None)
    assert (row.consensus, row.ambiguity) == (1, 0)
    assert row.pairs[0].agreement.is_empty


def test_a_malformed_label_is_named():
    with pytest.raises(ValueError, match=r"^leo\.features\[0\]\.value\[2\]"):
        score_row([CAR], {"ada": boxes(), "leo": boxes([0, 0, math.nan, 1])}, size=None)


# Folding pairs


def test_stored_pairs_and_new_ones_give_the_whole_row():
    opinions = {name: boxes([x, 0, x + 10, 10]) for name, x in zip("dbac", (0, 2, 5, 6), strict=True)}
    whole = score_row([CAR], opinions, size=None)
    stored = {
        frozenset(pair): score_labels([CAR], opinions[pair[0]], opinions[pair[1]], size=None).score
        for pair in combinations("abd", 2)
    }
    new = {("c", name): score_labels([CAR], opinions["c"], opinions[name], size=None).score for name in "dab"}
    row = row_from_pairs({**new, **stored})
    assert row.consensus == pytest.approx(whole.consensus, abs=1e-15)
    assert row.means == pytest.approx(whole.means, abs=1e-15)
    assert (row.winner, row.status, row.leaders) == (whole.winner, whole.status, whole.leaders)
    assert [(pair.a, pair.b, pair.score) for pair in row.pairs] == [
        (pair.a, pair.b, pytest.approx(pair.score)) for pair in whole.pairs
    ]


def test_folding_nothing_or_one():
    assert row_from_pairs({}).why_null == "needs another label"
    assert row_from_pairs({}, opinions=["a"]).means == {"a": None}


def test_pairs_without_a_score_are_left_out_of_the_means():
    row = row_from_pairs({("a", "b"): 0.5, ("a", "c"): None, ("b", "c"): None})
    assert (row.consensus, row.means) == (0.5, {"a": 0.5, "b": 0.5, "c": None})


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ({("a", "b"): 0.5, ("a", "c"): 0.5}, "1 pairs are missing"),
        ({("a", "b"): 0.5, ("b", "a"): 0.5}, "stands twice"),
        ({("a", "a"): 1.0}, "two different"),
        ({("a", "b", "c"): 1.0}, "two different"),
        ({("a", "b"): math.nan}, "lies in 0..1"),
        ({("a", "b"): 1.2}, "lies in 0..1"),
    ],
)
def test_impossible_pairs_are_refused(pairs, reason):
    with pytest.raises(ValueError, match=reason):
        row_from_pairs(pairs)


# Votes and ambiguity


def test_vote_share():
    assert vote_share(["cat", "cat", "dog", None]) == 0.5
    assert vote_share([None, None]) is None
    assert vote_share([]) is None


def test_vote_entropy():
    assert vote_entropy([1, 1], 2) == pytest.approx(1)
    # -(2/3 ln 2/3 + 1/3 ln 1/3) / ln 3
    assert vote_entropy([2, 1], 3) == pytest.approx(0.636514 / 1.098612, abs=1e-6)
    assert vote_entropy([3], 3) == vote_entropy([], 3) == vote_entropy([3, 0], 2) == 0
    assert vote_entropy([1, 1, 1], 2) == pytest.approx(1)
    with pytest.raises(ValueError, match="weights"):
        vote_entropy([-1, 1], 2)


def test_ambiguity_of_a_radio_is_the_entropy_of_its_vote():
    assert voted("cat", "cat", "dog").ambiguity == pytest.approx(0.636514 / math.log(3), abs=1e-6)
    assert voted("cat", "cat").ambiguity == 0
    assert voted("cat", "cow", "dog").ambiguity == pytest.approx(1)
    # "Unanswered" is a fourth option once somebody answered.
    assert voted("cat", None).ambiguity == pytest.approx(math.log(2) / math.log(4))


def test_ambiguity_of_a_checklist_is_that_of_the_options_anybody_chose():
    # a: both chose it, 0. b: one of two, 1. c: nobody, left out.
    opinions = {"x": label(item("tags", "checklist", ["a"])), "y": label(item("tags", "checklist", ["b", "a"]))}
    assert score_row([TAGS], opinions, size=None).ambiguity == pytest.approx(0.5)


def test_a_required_checklist_left_empty_by_all_is_not_ambiguous():
    opinions = {"a": radio("cat"), "b": radio("dog")}
    alone = score_row([WEATHER], opinions, size=None).ambiguity
    assert score_row([WEATHER, TAGS], opinions, size=None).ambiguity == alone
    required = replace(TAGS, is_required=True)
    assert score_row([WEATHER, required], opinions, size=None).ambiguity == pytest.approx(alone / 2)


def test_ambiguity_is_the_mean_over_applicable_features():
    # Boxes 1 - 1/3, radio cat and dog ln 2 / ln 3, the checklist not applicable.
    a = label(*boxes([0, 0, 10, 10])["features"], *radio("cat")["features"])
    b = label(*boxes([5, 0, 15, 10])["features"], *radio("dog")["features"])
    row = score_row([CAR, WEATHER, TAGS], {"a": a, "b": b}, size=None)
    assert row.ambiguity == pytest.approx((2 / 3 + math.log(2) / math.log(3)) / 2)


def test_skill_weighs_the_vote_and_the_pairs():
    opinions = {"a": radio("cat"), "b": radio("cat"), "c": radio("dog")}
    row = score_row([WEATHER], opinions, size=None, weights={"a": 1.0, "b": 1.0, "c": 0.0})
    assert (row.ambiguity, row.consensus) == (0, pytest.approx(1 / 3))
    # Pairs ab 1/3 (weight 2), ac 0 (weight 2), bc 1/3 (weight 1): 1 - 1/5.
    drawn = {name: boxes([x, 0, x + 10, 10]) for name, x in (("a", 0), ("b", 5), ("c", 10))}
    weighted = score_row([CAR], drawn, size=None, weights={"a": 2.0})
    assert weighted.ambiguity == pytest.approx(1 - (2 / 3 + 1 / 3) / 5)
    assert score_row([CAR], drawn, size=None).ambiguity == pytest.approx(1 - 2 / 9)
    with pytest.raises(ValueError, match="weights"):
        score_row([CAR], drawn, size=None, weights={"a": math.inf})


def test_an_opinion_can_be_read_once():
    opinion = read_opinion([CAR, WEATHER], radio("cat"), size=None)
    assert not opinion.is_empty
    assert read_opinion([CAR], radio("cat"), size=None).is_empty
