"""Kaplan and Meier against published values: the weeks in remission of Freireich et al. (1963), by Gehan (1965)."""

import pytest

from quality.agreement.survival import median_wait, waiting_curve

ENDED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
STILL = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
TREATED = [(float(one), True) for one in ENDED] + [(float(one), False) for one in STILL]
CONTROL = [(float(one), True) for one in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)]


def test_the_curve_of_the_treated_is_the_published_one() -> None:
    steps = waiting_curve(TREATED)
    assert [step.at for step in steps] == [6, 7, 10, 13, 16, 22, 23]
    assert [step.share for step in steps] == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4)
    # As R's survfit gives them.
    assert (steps[0].low, steps[0].high) == pytest.approx((0.720, 1.0), abs=5e-4)
    assert (steps[-1].low, steps[-1].high) == pytest.approx((0.249, 0.807), abs=5e-4)


def test_medians_and_their_bounds_are_the_published_ones() -> None:
    treated, control = median_wait(TREATED), median_wait(CONTROL)
    assert (treated.n, treated.met, treated.median, treated.low, treated.high) == (21, 9, 23, 16, None)
    assert (control.n, control.met, control.median, control.low, control.high) == (21, 21, 8, 4, 12)


def test_what_still_waits_lengthens_the_median() -> None:
    met = [(1.0, True), (2.0, True), (3.0, True)]
    assert median_wait(met).median == 2
    assert median_wait([*met, (9.0, False), (9.0, False)]).median == 3
    assert median_wait([*met, *[(9.0, False)] * 4]).median is None
    # One that gave up waiting early tells nothing of what came later.
    assert median_wait([*met, (0.5, False)]).median == 2


def test_the_edges() -> None:
    assert waiting_curve([]) == [] and median_wait([]).median is None
    assert median_wait([(5.0, False)]).median is None
    assert median_wait([(1.0, True), (3.0, True)]).median == 2
    assert median_wait([(4.0, True)]).median == 4
    for wrong in (-1.0, float("nan")):
        with pytest.raises(ValueError):
            median_wait([(wrong, True)])
    with pytest.raises(ValueError):
        median_wait([(1.0, True)], level=1)
