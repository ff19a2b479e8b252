"""What review adds: points of a label's score gained by decisions, per minute that they took."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quality.agreement.bootstrap import DRAWS, SEED, resampled_interval

POINTS = 100.0
MINUTE = 60.0


@dataclass(frozen=True)
class Decision:
    """One review: the label's score (0..1) as it was judged and as it became of it, and the seconds it took."""

    before: float
    after: float
    seconds: float

    @property
    def points(self) -> float:
        """Hundredths of the score that were gained; below 0 when the label became worse."""
        return POINTS * (self.after - self.before)

    @property
    def per_minute(self) -> float | None:
        """None where no time was measured."""
        return self.points / self.seconds * MINUTE if self.seconds else None


@dataclass(frozen=True)
class Gain:
    """Points per minute of `n` decisions with the interval; `why_null` says why there is no rate or no interval."""

    n: int
    points: float
    minutes: float
    rate: float | None
    low: float | None = None
    high: float | None = None
    why_null: str = ""


def points_per_minute(decisions: Sequence[Decision], *, level: float = 0.95) -> Gain:
    """Sum of points ÷ sum of minutes over all decisions, those that changed nothing too (0 points, their minutes).

    A ratio of sums, so that long reviews count as long as they were; never a mean of rates. The interval is the
    percentile bootstrap over decisions (Efron 1979; 2,000 draws, seeded). Under 10 decisions there is a rate and no
    interval ("fewer than 10 units"); without any time there is no rate ("no time was measured"). Range: any number.
    Raises ValueError for a score outside 0..1 or seconds below 0.
    """
    for one in decisions:
        if not (0 <= one.before <= 1 and 0 <= one.after <= 1 and one.seconds >= 0):
            raise ValueError(f"scores lie in 0..1 and seconds are not negative, not {one}")
    points = math.fsum(one.points for one in decisions)
    minutes = math.fsum(one.seconds for one in decisions) / MINUTE
    if minutes <= 0:
        return Gain(len(decisions), points, minutes, None, why_null="no time was measured")
    gained = np.array([one.points for one in decisions])
    took = np.array([one.seconds for one in decisions]) / MINUTE

    def draw() -> np.ndarray:
        chosen = np.random.default_rng(SEED).integers(0, len(decisions), (DRAWS, len(decisions)))
        sums = took[chosen].sum(axis=1)
        found: np.ndarray = gained[chosen].sum(axis=1)[sums > 0] / sums[sums > 0]
        return found

    interval = resampled_interval(draw, draws=DRAWS, unit_count=len(decisions), level=level)
    return Gain(len(decisions), points, minutes, points / minutes, interval.low, interval.high, interval.why_null)
