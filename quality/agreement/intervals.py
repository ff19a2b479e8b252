"""Intervals of rates and of mean scores, and the shrunken accuracy that ranks labelers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import betaincinv, ndtri, stdtrit

Interval = tuple[float, float]

UNIFORM_PRIOR = (1.0, 1.0)


def wilson_interval(k: float, n: float, *, level: float = 0.95) -> Interval:
    """Wilson's score interval of a rate k / n (Wilson 1927), within 0..1.

    k = 0 starts at exactly 0, k = n ends at exactly 1, n = 0 gives (0, 1).
    Raises ValueError unless 0 <= k <= n and 0 < level < 1.
    """
    _check_counts(k, n, level)
    if n == 0:
        return 0.0, 1.0
    z = float(ndtri((1 + level) / 2))
    share, width = k / n, z * z / n
    centre = (share + width / 2) / (1 + width)
    half = math.sqrt(width * (share * (1 - share) + width / 4)) / (1 + width)
    low = 0.0 if k == 0 else max(0.0, centre - half)
    return low, 1.0 if k == n else min(1.0, centre + half)


def jeffreys_interval(k: float, n: float, *, level: float = 0.95) -> Interval:
    """Equal-tailed interval of Beta(k + 1/2, n - k + 1/2), with the textbook ends (Brown, Cai & DasGupta 2001).

    k = 0 starts at exactly 0, k = n ends at exactly 1, n = 0 gives (0, 1): 3 of 3 is 0.464..1.
    Raises ValueError unless 0 <= k <= n and 0 < level < 1.
    """
    _check_counts(k, n, level)
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(betaincinv(k + 0.5, n - k + 0.5, tail))
    high = 1.0 if k == n else float(betaincinv(k + 0.5, n - k + 0.5, 1 - tail))
    return low, high


def shrunken_rate(k: float, n: float, *, prior: tuple[float, float] = UNIFORM_PRIOR) -> float:
    """Posterior mean (a + k) / (a + b + n) of a rate under a Beta(a, b) prior, range 0..1; n = 0 gives the prior's.

    k may be a sum of fractional scores. Raises ValueError unless 0 <= k <= n and a, b > 0.
    """
    a, b = _check_prior(prior)
    _check_counts(k, n, 0.95)
    return (a + k) / (a + b + n)


def shrunken_lower_bound(
    k: float, n: float, *, prior: tuple[float, float] = UNIFORM_PRIOR, tail: float = 0.05
) -> float:
    """The `tail` quantile of Beta(a + k, b + n - k): the rate is above it with probability 1 - tail. Range 0..1.

    Ranks labelers, so that 3 of 3 (0.47 under the uniform prior) stands under 95 of 100. The prior may be fitted to the
    project (empirical Bayes, Casella 1985). Raises ValueError unless 0 <= k <= n, a, b > 0 and 0 < tail < 1.
    """
    a, b = _check_prior(prior)
    _check_counts(k, n, 1 - tail)
    return float(betaincinv(a + k, b + n - k, tail))


def mean_interval(n: int, total: float, total_of_squares: float, *, level: float = 0.95) -> Interval | None:
    """Student's t interval of the mean of n scores in 0..1 (Student 1908), clipped to 0..1.

    Takes the count, the sum and the sum of squares, which can be kept as running totals. None under two scores.
    Equal scores give an interval without width. Raises ValueError when the sums cannot be those of n scores in 0..1.
    """
    _check_sums(n, total, total_of_squares, level)
    if n < 2:
        return None
    mean = total / n
    # The difference of two large sums may come out a little under zero when all scores are the same.
    variance = max(0.0, (total_of_squares - total * total / n) / (n - 1))
    half = float(stdtrit(n - 1, (1 + level) / 2)) * math.sqrt(variance / n)
    return min(max(mean - half, 0.0), 1.0), max(min(mean + half, 1.0), 0.0)


def score_interval(n: int, total: float, total_of_squares: float, *, level: float = 0.95) -> Interval | None:
    """Interval of a mean of n scores: Jeffreys when every score is 0 or 1 (sum = sum of squares), else t.

    None for no score, and under two scores of the second kind. Raises ValueError as `mean_interval`.
    """
    _check_sums(n, total, total_of_squares, level)
    if n == 0:
        return None
    if abs(total - total_of_squares) <= 1e-9 * n and abs(total - round(total)) <= 1e-9 * n:
        return jeffreys_interval(round(total), n, level=level)
    return mean_interval(n, total, total_of_squares, level=level)


def ratio_interval(parts: Sequence[tuple[float, float]], *, level: float = 0.95) -> Interval | None:
    """Interval of Σ part ÷ Σ whole over independent units (part, whole), such as days; clipped to 0..1.

    The ratio estimator's linearised variance with Student's t of n − 1 (Cochran 1977, section 2.11): the units differ
    in size, so seconds are no trials and Wilson's interval would be far too narrow. None under three units or where
    the wholes sum to 0. Raises ValueError unless 0 <= part <= whole in every unit and 0 < level < 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    if any(not 0 <= part <= whole + 1e-6 * max(1.0, whole) for part, whole in parts):
        raise ValueError("every part must lie between 0 and its whole")
    n, total = len(parts), sum(whole for _, whole in parts)
    if n < 3 or total <= 0:
        return None
    ratio = sum(part for part, _ in parts) / total
    spread = sum((part - ratio * whole) ** 2 for part, whole in parts) / (n - 1)
    half = float(stdtrit(n - 1, (1 + level) / 2)) * math.sqrt(n * spread) / total
    return max(0.0, ratio - half), min(1.0, ratio + half)


def _check_counts(k: float, n: float, level: float) -> None:
    if not (math.isfinite(k) and math.isfinite(n) and 0 <= k <= n):
        raise ValueError(f"needs 0 <= k <= n, not k = {k} and n = {n}")
    if not 0 < level < 1:
        raise ValueError(f"level and tail must lie between 0 and 1, not {level}")


def _check_prior(prior: tuple[float, float]) -> tuple[float, float]:
    a, b = prior
    if not (math.isfinite(a) and math.isfinite(b) and a > 0 and b > 0):
        raise ValueError(f"a Beta prior needs two finite numbers above 0, not {prior}")
    return a, b


def _check_sums(n: int, total: float, total_of_squares: float, level: float) -> None:
    slack = 1e-9 * max(n, 1)
    if not (n >= 0 and -slack <= total_of_squares <= total + slack <= n + 2 * slack):
        raise ValueError(f"no {n} scores in 0..1 have the sum {total} and the sum of squares {total_of_squares}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
