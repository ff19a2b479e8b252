"""From values to places on a drawing, and round values for its grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 3.0, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """The straight map of low..high onto start..end (pixels); values outside stay on the edge."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        if self.high == self.low:
            return place((self.start + self.end) / 2)
        share = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return place(self.start + share * (self.end - self.start))


def place(value: float) -> float:
    """A coordinate with at most two decimals, so that drawings stay small and the same on every machine."""
    return round(value + 0.0, 2)


def round_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 2.5, 3, 5 × 10^k of which `most` reach over `span`. Raises ValueError for span <= 0."""
    if not span > 0:
        raise ValueError(f"a span is above 0, not {span}")
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(step * power for step in STEPS if span <= step * power * most * (1 + 1e-9))


def round_ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Round values from at or under `low` to at or over `high`; equal ends give one step around them."""
    if high <= low:
        high = low + 1
    step = round_step(high - low, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]
