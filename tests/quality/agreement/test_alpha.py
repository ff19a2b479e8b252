"""Krippendorff's alpha: published values, edge cases, speed, and what must not move it."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.alpha import METRICS, krippendorff_alpha
from quality.agreement.votes import read_votes
from tests.quality.agreement.tables import diagnoses, four_raters

checked = settings(derandomize=True, max_examples=60, deadline=None)

tables = st.lists(
    st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("abcd"), st.integers(0, 4)), unique_by=lambda row: row[:2]
)


def alpha(rows, metric="nominal", **more):
    return krippendorff_alpha(read_votes(rows), metric, **more)


def by_definition(rows, metric):
    """Alpha from all pairs of values, as the definition says."""
    units = {}
    for unit, _, value in rows:
        units.setdefault(unit, []).append(value)
    kept = [values for values in units.values() if len(values) > 1]
    pooled = [value for values in kept for value in values]
    count = {value: pooled.count(value) for value in pooled}

    def squared(x, y):
        if metric == "nominal":
            return float(x != y)
        if metric == "interval":
            return (x - y) ** 2
        if metric == "ratio":
            return ((x - y) / (x + y)) ** 2 if x + y else 0.0
        between = sum(count.get(value, 0) for value in range(min(x, y), max(x, y) + 1))
        return (between - (count[x] + count[y]) / 2) ** 2 if x != y else 0.0

    observed = sum(squared(x, y) / (len(values) - 1) for values in kept for x in values for y in values)
    expected = sum(squared(x, y) for x in pooled for y in pooled)
    return 1 - (len(pooled) - 1) * observed / expected if expected else None


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)]
)
def test_the_table_of_krippendorff(metric, published):
    found = alpha(four_raters(), metric)
    assert found.value == pytest.approx(published, abs=1e-6)
    assert (found.unit_count, found.value_count) == (11, 40)
    assert found.low < found.value < found.high <= 1


@pytest.mark.parametrize(
    ("metric", "low", "high"),
    [("nominal", 0.423245, 0.940778), ("ordinal", 0.461753, 0.998225), ("interval", 0.453626, 0.99062)],
)
def test_the_interval_of_krippendorffs_table(metric, low, high):
    found = alpha(four_raters(), metric)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    assert 0.5 < found.chance_above[0.667] < 0.9
    assert alpha(four_raters(), metric, seed=2).low == pytest.approx(low, abs=0.06)


def test_the_table_of_fleiss():
    assert alpha(diagnoses()).value == pytest.approx(0.43341, abs=1e-5)


@checked
@given(rows=tables, metric=st.sampled_from(METRICS))
def test_it_is_what_the_definition_says(rows, metric):
    found, expected = alpha(rows, metric, draws=0).value, by_definition(rows, metric)
    assert found is expected if expected is None else found == pytest.approx(expected, abs=1e-9)


def test_nothing_to_compare_and_no_variation_are_null():
    assert alpha([]).value is None
    assert alpha([("u", "a", 1), ("v", "a", 2)]).why_null == "no unit with two answers"
    for metric in METRICS:
        found = alpha([(str(unit), rater, 3) for unit in range(20) for rater in "ab"], metric)
        assert (found.value, found.why_null, found.low) == (None, "no variation", None)


def test_under_ten_units_there_is_no_interval():
    rows = [(str(unit), rater, (unit + (rater == "b" and unit == 1)) % 3) for unit in range(9) for rater in "ab"]
    found = alpha(rows)
    assert found.value is not None
    assert (found.low, found.high, found.why_no_interval) == (None, None, "fewer than 10 units")
    assert alpha([*rows, ("9", "a", 1), ("9", "b", 1)]).low is not None
    assert alpha(four_raters(), draws=0).why_no_interval == "not asked for"


def test_a_skewed_question_has_alpha_under_zero():
    rows = [(str(unit), rater, "yes") for unit in range(38) for rater in "ab"]
    rows += [("x", "a", "no"), ("x", "b", "yes"), ("y", "a", "yes"), ("y", "b", "no")]
    assert alpha(rows).value == pytest.approx(1 - 79 * 4 / (80**2 - 78**2 - 2**2), abs=1e-9)


def test_what_cannot_be_computed_is_refused():
    with pytest.raises(ValueError, match="metric is one of"):
        alpha(four_raters(), "cosine")
    with pytest.raises(ValueError, match="need numbers"):
        alpha([("u", "a", "red"), ("u", "b", "blue")], "interval")
    with pytest.raises(ValueError, match="at least 0"):
        alpha([("u", "a", -1), ("u", "b", 2)], "ratio")
    with pytest.raises(ValueError, match="level"):
        alpha(four_raters(), level=1.0)
    with pytest.raises(ValueError, match="not among the options"):
        read_votes([("u", "a", "green")], classes=("red", "blue"))
    with pytest.raises(ValueError, match="stands twice"):
        read_votes([], classes=("red", "red"))
    with pytest.raises(ValueError, match="all texts or all numbers"):
        read_votes([("u", "a", 1), ("u", "b", "1")])
    with pytest.raises(ValueError, match="not a number"):
        read_votes([("u", "a", float("nan"))])


def test_the_order_of_ordinal_options_counts_and_that_of_nominal_ones_does_not():
    rows = [(unit, rater, {1: "low", 2: "mid", 3: "good", 4: "high", 5: "top"}[v]) for unit, rater, v in four_raters()]
    ordered = read_votes(rows, classes=("low", "mid", "good", "high", "top"))
    assert krippendorff_alpha(ordered, "ordinal").value == pytest.approx(0.815388, abs=1e-6)
    assert krippendorff_alpha(read_votes(rows), "ordinal").value < 0.8
    assert krippendorff_alpha(ordered) == krippendorff_alpha(read_votes(rows))


@checked
@given(rows=tables, data=st.data())
def test_order_and_names_have_no_effect(rows, data):
    found = alpha(rows, draws=50)
    shuffled = data.draw(st.permutations(rows))
    assert alpha(shuffled, draws=50) == found
    unit = dict(zip("uvwxyz", data.draw(st.permutations("uvwxyz")), strict=True))
    rater = dict(zip("abcd", data.draw(st.permutations("abcd")), strict=True))
    number = data.draw(st.permutations(range(5)))
    for other in (
        alpha([(unit[u], rater[r], value) for u, r, value in rows], draws=0),
        alpha([(u, rater[r], number[value]) for u, r, value in rows], draws=50),
    ):
        assert (other.why_null, other.unit_count) == (found.why_null, found.unit_count)
        if found.value is not None:
            assert other.value == pytest.approx(found.value, abs=1e-9)


def test_the_names_of_options_have_no_effect_on_the_interval():
    rows = [(unit, rater, {1: "e", 2: "a", 3: "d", 4: "b", 5: "c"}[value]) for unit, rater, value in four_raters()]
    found, other = alpha(four_raters()), alpha(rows)
    assert (other.low, other.high) == pytest.approx((found.low, found.high), abs=1e-9)


@checked
@given(rows=tables, factor=st.sampled_from([0.1, 3.0, 1e6]))
def test_the_unit_of_numbers_has_no_effect(rows, factor):
    scaled = [(unit, rater, value * factor) for unit, rater, value in rows]
    for metric in ("interval", "ratio"):
        found, other = alpha(rows, metric, draws=0).value, alpha(scaled, metric, draws=0).value
        assert other is found if found is None else other == pytest.approx(found, abs=1e-9)


def test_a_hundred_thousand_answers_are_quick():
    random = np.random.default_rng(5)
    truth = random.integers(0, 5, 33_334)
    rows = [
        (str(unit), str(rater), int(truth[unit]) if random.random() < 0.7 else int(random.integers(0, 5)))
        for unit in range(33_334)
        for rater in random.choice(300, 3, replace=False)
    ]
    votes = read_votes(rows)
    start = time.process_time()
    found = krippendorff_alpha(votes, draws=0)
    assert time.process_time() - start < 0.5
    start = time.process_time()
    with_interval = krippendorff_alpha(votes)
    assert time.process_time() - start < 10
    assert with_interval.low < found.value < with_interval.high
