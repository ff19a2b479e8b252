"""Percentile intervals from resampling, and the reasons why there may be none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quality.agreement.coordinates import Floats

DRAWS = 2_000
SEED = 1
FEWEST_UNITS = 10
FEW_UNITS = f"fewer than {FEWEST_UNITS} units"
NOT_ASKED = "not asked for"
FLAT_DRAWS = "most draws show no variation"
BARS = (0.667, 0.8)
"""Krippendorff's bars for tentative and for reliable conclusions (2018, section 12.4.3)."""


@dataclass(frozen=True)
class Resampled:
    """An interval, None with the reason; `chance_above` is bar -> share of the draws above it."""

    low: float | None = None
    high: float | None = None
    why_null: str = ""
    chance_above: dict[float, float] | None = None


def resampled_interval(draw: Callable[[], Floats], *, draws: int, unit_count: int, level: float) -> Resampled:
    """The (1 − level) / 2 and (1 + level) / 2 percentiles of what `draw` gives (Efron 1979), linear between draws.

    `draw` gives at most `draws` values and is not called without need: fewer than 10 units give none ("fewer than 10
    units"), nor do 0 draws, nor fewer values than half of the draws. Raises ValueError unless 0 < level < 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    if unit_count < FEWEST_UNITS:
        return Resampled(why_null=FEW_UNITS)
    if draws <= 0:
        return Resampled(why_null=NOT_ASKED)
    values = draw()
    if 2 * len(values) < draws:
        return Resampled(why_null=FLAT_DRAWS)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Resampled(float(low), float(high), "", {bar: float((values > bar).mean()) for bar in BARS})
