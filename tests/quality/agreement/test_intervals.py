import pytest

from quality.agreement.intervals import (
    jeffreys_interval,
    mean_interval,
    ratio_interval,
    score_interval,
    shrunken_lower_bound,
    shrunken_rate,
    wilson_interval,
)


def test_wilson():
    assert wilson_interval(2, 5) == pytest.approx((0.117621, 0.769276), abs=1e-6)
    # 81 of 263, the example of Newcombe (1998), method 3: 0.2553 to 0.3662.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 3) == pytest.approx((0, 0.561497), abs=1e-6)
    assert wilson_interval(0, 3)[0] == 0
    assert wilson_interval(7, 7)[1] == 1
    assert wilson_interval(0, 0) == (0, 1)


def test_jeffreys_has_the_textbook_ends():
    assert jeffreys_interval(3, 3) == pytest.approx((0.464417, 1), abs=1e-6)
    assert jeffreys_interval(3, 3)[1] == 1
    assert jeffreys_interval(0, 1) == pytest.approx((0, 0.853254), abs=1e-6)
    assert jeffreys_interval(2, 5) == pytest.approx((0.09439, 0.790583), abs=1e-6)
    assert jeffreys_interval(0, 0) == (0, 1)


def test_shrunken_rate_and_its_lower_bound():
    assert shrunken_rate(3, 3) == pytest.approx(0.8)
    assert shrunken_rate(3, 3, prior=(0.5, 0.5)) == pytest.approx(0.875)
    # Under the uniform prior 3 of 3 is Beta(4, 1), whose distribution function is x⁴.
    assert shrunken_lower_bound(3, 3) == pytest.approx(0.05**0.25)
    assert shrunken_lower_bound(0, 0) == pytest.approx(0.05)
    assert shrunken_lower_bound(0, 0, prior=(2, 1), tail=0.25) == pytest.approx(0.5)
    assert shrunken_lower_bound(95, 100) > shrunken_lower_bound(3, 3)


def test_t_interval_of_a_mean():
    # 0.4, 0.5, 0.6: mean 0.5, standard deviation 0.1, t(0.975, 2) = 4.302653; 4.302653 · 0.1 / √3 = 0.248414.
    assert mean_interval(3, 1.5, 0.77) == pytest.approx((0.251586, 0.748414), abs=1e-6)
    assert mean_interval(3, 1.5, 0.77, level=0.9)[0] == pytest.approx(0.5 - 2.919986 * 0.1 / 3**0.5, abs=1e-6)


def test_t_interval_is_clipped_and_needs_two():
    assert mean_interval(2, 1.9, 1.81) == (pytest.approx(0.314690, abs=1e-5), 1)
    assert mean_interval(2, 0.1, 0.01) == (0, pytest.approx(0.685310, abs=1e-5))
    assert mean_interval(1, 0.4, 0.16) is None
    assert mean_interval(0, 0, 0) is None
    assert mean_interval(3, 2.1, 1.47) == pytest.approx((0.7, 0.7), abs=1e-6)


def test_the_interval_follows_the_kind_of_scores():
    assert score_interval(3, 3, 3) == jeffreys_interval(3, 3)
    assert score_interval(1, 0, 0) == jeffreys_interval(0, 1)
    assert score_interval(3, 1.5, 0.77) == mean_interval(3, 1.5, 0.77)
    assert score_interval(1, 0.5, 0.25) is None
    assert score_interval(0, 0, 0) is None


@pytest.mark.parametrize("call", [wilson_interval, jeffreys_interval, shrunken_rate, shrunken_lower_bound])
@pytest.mark.parametrize(("k", "n"), [(4, 3), (-1, 3), (float("nan"), 3), (0, -1)])
def test_impossible_counts_are_refused(call, k, n):
    with pytest.raises(ValueError, match="needs 0 <= k <= n"):
        call(k, n)


@pytest.mark.parametrize("call", [mean_interval, score_interval])
@pytest.mark.parametrize("sums", [(2, 3.0, 2.0), (2, 1.0, 1.5), (2, float("nan"), 0.1), (-1, 0, 0), (2, 1.0, -0.5)])
def test_impossible_sums_are_refused(call, sums):
    with pytest.raises(ValueError, match="have the sum"):
        call(*sums)


def test_impossible_priors_and_levels_are_refused():
    with pytest.raises(ValueError, match="prior"):
        shrunken_rate(1, 2, prior=(0, 1))
    with pytest.raises(ValueError, match="between 0 and 1"):
        wilson_interval(1, 2, level=1.0)


def test_a_ratio_over_units_of_different_size():
    # Ratio 0.2 of whole 60; residuals 0, −1, 1: s² = 1, half = t(2) · √3 / 60 with t(2, 0.975) = 4.302653.
    low, high = ratio_interval([(2, 10), (3, 20), (7, 30)])
    assert (low, high) == (pytest.approx(0.2 - 0.124207, abs=1e-6), pytest.approx(0.2 + 0.124207, abs=1e-6))
    assert ratio_interval([(1, 5)] * 3) == pytest.approx((0.2, 0.2))
    assert ratio_interval([(1, 5), (2, 5)]) is None
    assert ratio_interval([(0, 0)] * 3) is None
    assert ratio_interval([(0, 9), (0, 9), (9, 9)]) == (0.0, 1.0)
    with pytest.raises(ValueError, match="between 0 and its whole"):
        ratio_interval([(2, 1)])
