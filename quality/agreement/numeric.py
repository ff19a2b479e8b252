"""Numbers: equal within a tolerance, else linear in the range."""

from __future__ import annotations

import math

from quality.agreement.coordinates import read_number

ROUNDING = 1e-9
"""Relative slack of the tolerance, so that 1.1 and 1.0 are within 0.1 of each other in floats too."""


def read_numeric(value: object, path: str) -> float | None:
    """A finite number; None when unanswered (null). Raises ValueError naming the path for NaN, text and bools."""
    return None if value is None else read_number(value, path)


def number_score(
    a: float | None,
    b: float | None,
    *,
    tolerance: float | None = None,
    value_range: tuple[float, float] | None = None,
) -> float | None:
    """1 when |a - b| <= tolerance (default 0), else max(0, 1 - |a - b| / (high - low)), range 0..1.

    `tolerance` and `value_range` = (low, high) in the number's own unit. Without a range, or with one of width 0, only
    numbers within the tolerance agree. Answered against unanswered is 0, both unanswered None (n/a).
    """
    if a is None and b is None:
        return None
    if a is None or b is None:
        return 0.0
    distance = abs(a - b)
    if distance <= (tolerance or 0.0) * (1 + ROUNDING):
        return 1.0
    width = value_range[1] - value_range[0] if value_range else 0.0
    if width <= 0 or not math.isfinite(distance):
        return 0.0
    return max(0.0, 1.0 - distance / width)
