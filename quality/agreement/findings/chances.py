"""Tests behind the findings, and how many of them may be wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import betainc, ndtr, stdtr


def binomial_tail(k: float, n: float, rate: float) -> float:
    """P(X >= k) for X ~ Binomial(n, rate), by the incomplete beta function, so that expected counts may be fractions.

    k <= 0 gives 1. Raises ValueError unless k <= n and 0 < rate < 1.
    """
    if not (k <= n + 1e-9 and 0 < rate < 1):
        raise ValueError("needs k <= n and 0 < rate < 1")
    return 1.0 if k <= 0 else float(betainc(k, max(n - k, 0.0) + 1.0, rate))


def chance_under(values: Sequence[float], bar: float) -> float:
    """One-sided p of Student's t test that the mean of `values` lies under `bar` (Student 1908). 1 under two values."""
    n = len(values)
    if n < 2:
        return 1.0
    mean = math.fsum(values) / n
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    if spread == 0.0:
        return 0.0 if mean < bar else 1.0
    return float(stdtr(n - 1, (mean - bar) / (spread / math.sqrt(n))))


def chance_of_root(gain: float) -> float:
    """One-sided p of a likelihood ratio: 1 − Φ(√(2 · gain)) for a gain in log likelihood of 0 or more (Wilks 1938)."""
    return float(ndtr(-math.sqrt(max(0.0, 2.0 * gain))))


def falls_with(keys: Sequence[float], values: Sequence[float]) -> float:
    """One-sided p that `values` fall as `keys` rise: Spearman's rank correlation as normal (Spearman 1904).

    Ties have mean ranks. 1 under ten pairs or without variation.
    """
    n = len(keys)
    if n < 10:
        return 1.0
    a, b = _ranks(keys), _ranks(values)
    mean = (n + 1) / 2
    top = math.fsum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    bottom = math.sqrt(math.fsum((x - mean) ** 2 for x in a) * math.fsum((y - mean) ** 2 for y in b))
    return float(ndtr(top / bottom * math.sqrt(n - 1))) if bottom > 0 else 1.0


def discoveries(chances: Sequence[float], *, share: float = 0.05) -> list[bool]:
    """Which p values stand when at most `share` of those named may be false (Benjamini & Hochberg 1995)."""
    order = sorted(range(len(chances)), key=lambda at: chances[at])
    last = 0
    for place, at in enumerate(order, start=1):
        if chances[at] <= share * place / len(chances):
            last = place
    named = set(order[:last])
    # Equal values stand or fall together, whatever their order.
    limit = chances[order[last - 1]] if last else -1.0
    return [at in named or chance <= limit for at, chance in enumerate(chances)]


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda at: values[at])
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            ranks[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return ranks
