"""Points per minute: known values, the edges, and where nothing can be said."""

import pytest

from quality.agreement.review_gain import Decision, points_per_minute


def test_it_is_a_ratio_of_sums_and_approvals_count_their_time() -> None:
    found = points_per_minute([Decision(0.5, 1.0, 60), Decision(1.0, 1.0, 180), Decision(0.9, 0.8, 60)])
    # 50 + 0 − 10 points in 1 + 3 + 1 minutes; the mean of the three rates would be 13.3.
    assert (found.n, found.points, found.minutes, found.rate) == (3, pytest.approx(40), 5, pytest.approx(8))
    assert (found.low, found.high, found.why_null) == (None, None, "fewer than 10 units")
    assert Decision(0.5, 1.0, 30).per_minute == 100 and Decision(0.5, 1.0, 0).per_minute is None


def test_the_interval_holds_the_rate_and_is_the_same_when_asked_again() -> None:
    some = [Decision(0.5, 0.5 + 0.04 * n, 30 + n) for n in range(12)]
    found = points_per_minute(some)
    assert found.rate == pytest.approx(sum(4 * n for n in range(12)) / (sum(30 + n for n in range(12)) / 60))
    assert found.low is not None and found.high is not None and found.rate is not None
    assert found.low < found.rate < found.high and points_per_minute(some) == found
    same = points_per_minute([Decision(0.5, 0.6, 60)] * 10)
    assert (same.rate, same.low, same.high) == (pytest.approx(10), pytest.approx(10), pytest.approx(10))


def test_without_time_or_decisions_there_is_no_rate() -> None:
    for some in ([], [Decision(0.5, 1.0, 0)] * 12):
        found = points_per_minute(some)
        assert (found.rate, found.low, found.why_null) == (None, None, "no time was measured")
    with pytest.raises(ValueError, match="scores lie in"):
        points_per_minute([Decision(1.2, 1.0, 1)])
