"""One number out of many: the mean, with outliers flagged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

OUTLIER_MADS = 3.0


@dataclass(frozen=True)
class NumberTruth:
    """`value` in the question's unit (None without answers); `outliers` are the labelers to look at; `of` answers."""

    value: float | None
    outliers: tuple[str, ...]
    of: int


def merge_numbers(answers: Mapping[str, float], *, method: Literal["mean", "median"] = "mean") -> NumberTruth:
    """The mean (default) or the median of labeler -> number.

    On real bounded scales the mean beats the median and the trimmed mean, so outliers stay in it; they are flagged:
    further from the median than 3 MADs, the median absolute deviation (Hampel 1974). Where most give the same number
    the MAD is 0 and everybody else is flagged; under three answers nobody is. Weights nothing, orders nothing.
    Raises ValueError for a number that is not finite, or for another method.
    """
    if not all(math.isfinite(value) for value in answers.values()):
        raise ValueError("a number is not finite")
    if method not in ("mean", "median"):
        raise ValueError(f"the method is mean or median, not {method}")
    if not answers:
        return NumberTruth(None, (), 0)
    numbers = np.array(list(answers.values()), dtype=np.float64)
    median = float(np.median(numbers))
    reach = OUTLIER_MADS * float(np.median(np.abs(numbers - median)))
    far = [name for name, value in answers.items() if abs(value - median) > reach * (1 + 1e-9)]
    value = math.fsum(answers.values()) / len(answers) if method == "mean" else median
    return NumberTruth(value, tuple(sorted(far)) if len(answers) > 2 else (), len(answers))
