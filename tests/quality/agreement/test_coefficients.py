"""The kappas and their kin against published tables."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.coefficients.brennan_prediger import brennan_prediger
from quality.agreement.coefficients.cohen import cohen_kappa
from quality.agreement.coefficients.conger import conger_kappa
from quality.agreement.coefficients.fleiss import fleiss_by_class, fleiss_kappa
from quality.agreement.coefficients.gwet import gwet_ac1
from quality.agreement.coefficients.icc import icc_2_1
from quality.agreement.votes import read_votes
from tests.quality.agreement.tables import SHROUT_FLEISS, diagnoses, four_raters, rows_of

checked = settings(derandomize=True, max_examples=60, deadline=None)
ALL = [gwet_ac1, fleiss_kappa, conger_kappa, brennan_prediger]


def two_raters(table):
    """Rows of two raters from a square table of counts."""
    rows = []
    for i, counts in enumerate(table):
        for j, count in enumerate(counts):
            for _ in range(count):
                rows += [(str(len(rows)), "a", i), (str(len(rows)), "b", j)]
    return read_votes(rows, classes=range(len(table)))


@pytest.mark.parametrize(
    ("coefficient", "value", "error", "chance"),
    [
        (gwet_ac1, 0.77544, 0.14295, 0.19032),
        (fleiss_kappa, 0.76117, 0.15302, 0.23872),
        (conger_kappa, 0.76282, 0.14917, 0.23343),
        (brennan_prediger, 0.77273, 0.14472, 0.2),
    ],
)
def test_the_table_of_gwets_handbook(coefficient, value, error, chance):
    found = coefficient(read_votes(four_raters()))
    assert found.value == pytest.approx(value, abs=5.1e-6)
    assert found.standard_error == pytest.approx(error, abs=5.1e-6)
    assert found.expected == pytest.approx(chance, abs=5.1e-6)
    assert found.observed == pytest.approx(0.818182, abs=1e-6)
    assert found.unit_count == 11


def test_the_table_of_fleiss():
    votes = read_votes(diagnoses())
    found = fleiss_kappa(votes)
    assert found.value == pytest.approx(0.430245, abs=1e-6)
    assert found.observed == pytest.approx(0.555556, abs=1e-6)
    by_class = [0.244755, 0.244755, 0.52, 0.471127, 0.566118]
    assert list(fleiss_by_class(votes).values()) == pytest.approx(by_class, abs=1e-6)
    assert brennan_prediger(votes).value == pytest.approx(0.444444, abs=1e-6)
    assert gwet_ac1(votes).value == pytest.approx(0.447885, abs=1e-6)


def test_cohens_kappa_with_weights_and_errors():
    plain = cohen_kappa(two_raters([[20, 5], [10, 15]]))
    assert plain.value == pytest.approx(0.4, abs=1e-9)
    # Agresti's table of wives and husbands as R's vcd computes it: Kappa(SexualFun).
    fun = two_raters([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]])
    found, linear = cohen_kappa(fun), cohen_kappa(fun, weights="linear")
    assert (found.value, found.standard_error) == pytest.approx((0.1293, 0.0686), abs=5e-5)
    assert (linear.value, linear.standard_error) == pytest.approx((0.2374, 0.07832), abs=5e-5)
    quadratic = cohen_kappa(fun, weights="quadratic")
    assert quadratic.value == pytest.approx(quadratic_by_means(fun), abs=1e-9)


def quadratic_by_means(votes):
    """Weighted kappa with quadratic weights is Krippendorff (1970)'s concordance: 2 cov / (var + var + gap²)."""
    a, b = votes.label[votes.worker == 0], votes.label[votes.worker == 1]
    covariance = ((a - a.mean()) * (b - b.mean())).mean()
    return 2 * covariance / (a.var() + b.var() + (a.mean() - b.mean()) ** 2)


def test_two_raters_without_gaps_have_congers_kappa_as_cohens():
    table = two_raters([[20, 5, 1], [10, 15, 2], [0, 3, 9]])
    assert conger_kappa(table).value == pytest.approx(cohen_kappa(table).value, abs=1e-12)


def test_skewed_answers_have_a_low_kappa_and_a_high_ac1():
    # Feinstein & Cicchetti's paradox: 118 + 0 agreements of 125.
    table = two_raters([[118, 5], [2, 0]])
    assert cohen_kappa(table).value < 0
    assert gwet_ac1(table).value == pytest.approx(0.94, abs=0.005)


def test_intraclass_correlation():
    votes = read_votes(rows_of(SHROUT_FLEISS))
    assert icc_2_1(votes).value == pytest.approx(0.2898, abs=5e-5)
    assert icc_2_1(read_votes(rows_of(SHROUT_FLEISS)[1:])).why_null == "needs every rater on every unit"
    assert icc_2_1(read_votes([("u", "a", 1)])).why_null == "needs two units and two raters"
    assert icc_2_1(read_votes([(u, r, 2) for u in "uv" for r in "ab"])).why_null == "no variation"
    opposite = [("u", "a", 1), ("u", "b", 2), ("v", "a", 2), ("v", "b", 1)]
    assert icc_2_1(read_votes(opposite)).why_null == "no variation"
    with pytest.raises(ValueError, match="need numbers"):
        icc_2_1(read_votes([("u", "a", "red")]))


@pytest.mark.parametrize("coefficient", ALL)
def test_nothing_to_compare_and_no_variation_are_null(coefficient):
    assert coefficient(read_votes([])).why_null == "no unit with two answers"
    assert coefficient(read_votes([("u", "a", 1), ("v", "b", 2)])).why_null == "no unit with two answers"
    one_answer = coefficient(read_votes([(u, r, "x") for u in "uvw" for r in "ab"]))
    assert (one_answer.value, one_answer.why_null) == (None, "no variation")


def test_options_nobody_chose_count_where_chance_is_by_option():
    rows = [(u, r, "x") for u in "uvw" for r in "ab"]
    votes = read_votes(rows, classes=("x", "y"))
    assert brennan_prediger(votes).value == 1.0
    assert gwet_ac1(votes).value == 1.0
    assert fleiss_kappa(votes).value is None
    assert fleiss_by_class(votes) == {"x": None, "y": None}


def test_what_cannot_be_computed_is_refused():
    with pytest.raises(ValueError, match="two raters, not of 4"):
        cohen_kappa(read_votes(four_raters()))
    twice = read_votes([("u", "a", 1), ("u", "a", 1), ("u", "b", 1)])
    for coefficient in (cohen_kappa, conger_kappa):
        with pytest.raises(ValueError, match="twice"):
            coefficient(twice)
    with pytest.raises(ValueError, match="linear or quadratic"):
        cohen_kappa(two_raters([[1, 0], [0, 1]]), weights="cubic")
    assert cohen_kappa(read_votes([])).why_null == "no unit with two answers"
    assert cohen_kappa(read_votes([("u", "a", 1), ("v", "b", 2)])).why_null == "no unit with two answers"
    assert cohen_kappa(read_votes([("u", "a", 1), ("u", "b", 1)])).why_null == "no variation"


@checked
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("abcd"), st.sampled_from("pqr")),
        unique_by=lambda row: row[:2],
    ),
    data=st.data(),
)
@pytest.mark.parametrize("coefficient", ALL)
def test_order_and_names_have_no_effect(coefficient, rows, data):
    found = coefficient(read_votes(rows))
    unit = dict(zip("uvwxyz", data.draw(st.permutations("uvwxyz")), strict=True))
    rater = dict(zip("abcd", data.draw(st.permutations("abcd")), strict=True))
    option = dict(zip("pqr", data.draw(st.permutations("pqr")), strict=True))
    renamed = coefficient(read_votes([(unit[u], rater[r], option[o]) for u, r, o in reversed(rows)]))
    assert renamed.why_null == found.why_null
    if found.value is not None:
        assert renamed.value == pytest.approx(found.value, abs=1e-9)
        assert found.value <= 1 + 1e-12
