"""Alpha of complex answers under any distance, and sigma and KS beside it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.alpha import krippendorff_alpha
from quality.agreement.distance_alpha import distance_alpha
from quality.agreement.separation import separation_of
from quality.agreement.votes import read_votes
from tests.quality.agreement.tables import four_raters

checked = settings(derandomize=True, max_examples=60, deadline=None)


def by_unit(rows):
    units = {}
    for unit, rater, value in rows:
        units.setdefault(unit, {})[rater] = value
    return units


def same(a, b):
    return float(a == b)


def near(a, b):
    return 1 - abs(a - b) / 10


def random_units(count, seed=7):
    random = np.random.default_rng(seed)
    centres = random.uniform(0, 10, count)
    return {
        f"u{number}": {rater: float(np.clip(centre + random.normal(0, 1), 0, 10)) for rater in "abc"}
        for number, centre in enumerate(centres)
    }


def test_with_distance_0_or_1_it_is_nominal_alpha():
    found = distance_alpha(by_unit(four_raters()), same)
    assert found.value == pytest.approx(0.743421, abs=1e-6)
    assert (found.unit_count, found.value_count) == (11, 40)
    assert found.low < found.value < found.high


def test_many_pairs_are_sampled_close_to_all_of_them():
    units = random_units(90)
    drawn = distance_alpha(units, near)
    assert drawn.cross_pair_count == 20_000
    assert distance_alpha(units, near) == drawn
    every = distance_alpha(units, near, cross_pairs=1_000_000, draws=0)
    assert every.cross_pair_count == 9 * 90 * 89 // 2
    assert drawn.value == pytest.approx(every.value, abs=0.01)
    assert drawn.low < every.value < drawn.high
    assert every.why_no_interval == "not asked for"


def test_null_with_the_reason():
    assert distance_alpha({}, same).why_null == "no unit with two answers"
    assert distance_alpha({"u": {"a": 1}, "v": {"a": 1}}, same).why_null == "no unit with two answers"
    assert distance_alpha({"u": {"a": 1, "b": 2}}, same).why_null == "fewer than two units"
    equal = {unit: {"a": 1, "b": 1} for unit in "uvwxyzabcdef"}
    found = distance_alpha(equal, same)
    assert (found.value, found.why_null, found.low) == (None, "no variation", None)
    few = {unit: {"a": unit, "b": unit} for unit in "uvw"}
    assert (distance_alpha(few, same).value, distance_alpha(few, same).why_no_interval) == (1.0, "fewer than 10 units")


def test_pairs_without_a_score_do_not_count():
    units = {"u": {"a": 1, "b": 1, "c": None}, "v": {"a": 2, "b": 3}, "w": {"a": None, "b": None}}

    def score(a, b):
        return None if a is None or b is None else same(a, b)

    found = distance_alpha(units, score)
    assert found.unit_count == 2
    assert found.observed == pytest.approx((3 * 0 + 2 * 1) / 5)
    with pytest.raises(ValueError, match=r"lies in 0\.\.1"):
        distance_alpha({"u": {"a": 1, "b": 2}}, lambda a, b: 1.5)


@checked
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("abcd"), st.integers(0, 10)),
        unique_by=lambda row: row[:2],
    ),
    data=st.data(),
)
def test_order_and_names_have_no_effect(rows, data):
    found = distance_alpha(by_unit(rows), near)
    unit = dict(zip("uvwxyz", data.draw(st.permutations("uvwxyz")), strict=True))
    rater = dict(zip("abcd", data.draw(st.permutations("abcd")), strict=True))
    other = distance_alpha(by_unit([(unit[u], rater[r], v) for u, r, v in data.draw(st.permutations(rows))]), near)
    assert other.why_null == found.why_null
    assert (other.sigma, other.ks) == (pytest.approx(found.sigma), pytest.approx(found.ks))
    if found.value is not None:
        assert other.value == pytest.approx(found.value, abs=1e-9)
    nominal = distance_alpha(by_unit(rows), same, draws=0)
    if nominal.value is not None:
        assert nominal.value == pytest.approx(krippendorff_alpha(read_votes(rows), draws=0).value, abs=1e-9)


def test_what_is_drawn_does_not_depend_on_names():
    units = random_units(60)
    renamed = {f"x{99 - int(name[1:])}": {r.upper(): v for r, v in own.items()} for name, own in units.items()}
    found, other = distance_alpha(units, near, cross_pairs=500), distance_alpha(renamed, near, cross_pairs=500)
    assert (other.value, other.low, other.high) == pytest.approx((found.value, found.low, found.high), abs=1e-9)


def test_sigma_and_ks():
    across = np.linspace(0, 1, 101)
    apart = separation_of(np.array([0.0, 0.01, 0.02, 0.5]), across)
    assert apart.sigma == 0.75
    assert apart.ks == pytest.approx(0.75 - 3 / 101)
    assert separation_of(across, across).ks == 0
    assert separation_of(across, across).sigma == pytest.approx(0.05, abs=0.01)
    assert separation_of(np.zeros(0), across).sigma is None
