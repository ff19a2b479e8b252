"""Krippendorff's alpha of one question: agreement beyond chance for any number of raters, with missing answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from quality.agreement.alpha_units import UnitPatterns, read_patterns
from quality.agreement.bootstrap import DRAWS, SEED, Resampled, resampled_interval
from quality.agreement.coefficients.result import NO_PAIR, NO_VARIATION, SAME
from quality.agreement.coordinates import Floats
from quality.agreement.votes import Votes, numbers_of

Metric = Literal["nominal", "ordinal", "interval", "ratio"]

METRICS = ("nominal", "ordinal", "interval", "ratio")
RATIO_CLASSES = 2_000
"""Different numbers up to which the ratio metric gets an interval: its distances have no short sum."""

TOO_WIDE = f"more than {RATIO_CLASSES} different numbers"


@dataclass(frozen=True)
class Alpha:
    """Alpha, 1 perfect, 0 as by chance, negative under it; None with the reason in `why_null`.

    `low` and `high`: the bootstrap interval, None with the reason in `why_no_interval`. `chance_above`: bar -> share of
    the draws over it. `observed` and `expected` are the disagreements D_o and D_e in the squared unit of the metric.
    `unit_count` and `value_count` count the units with two values or more, and their values.
    """

    value: float | None
    why_null: str = ""
    low: float | None = None
    high: float | None = None
    why_no_interval: str = ""
    chance_above: dict[float, float] | None = None
    observed: float | None = None
    expected: float | None = None
    unit_count: int = 0
    value_count: int = 0


def krippendorff_alpha(
    votes: Votes, metric: Metric = "nominal", *, draws: int = DRAWS, seed: int = SEED, level: float = 0.95
) -> Alpha:
    """α = 1 − D_o / D_e, pooled over all units with two values or more (Krippendorff 2011, 2018).

    D_o = Σ_u Σ_{i≠j in u} δ²(x_i, x_j) / (m_u − 1) / n; D_e = Σ_{i≠j} δ²(x_i, x_j) / n(n − 1) over all n pairable
    values, m_u of them in unit u. δ² is 1 for different answers (nominal), the squared number of ranks between them
    with half of their own (ordinal; the order of `votes.classes`), (x − y)² (interval) or ((x − y) / (x + y))² (ratio).

    Interval: units are drawn with replacement, `draws` times from a fixed `seed`, percentiles; draws without
    variation are left out. Fewer than 10 units give none. No unit with two values, or all values the same: null with
    the reason ("no variation": neither 1 nor 0). `draws=0` leaves the interval out. The order of rows and the names of
    raters have no effect; those of units only on what is drawn. Raises ValueError for an unknown
    metric, for interval and ratio when the classes are no numbers, for ratio when one is negative, and unless
    0 < level < 1.
    """
    if metric not in METRICS:
        raise ValueError(f"the metric is one of {', '.join(METRICS)}, not {metric}")
    positions = numbers_of(votes.classes) if metric in ("interval", "ratio") else None
    if metric == "ratio" and positions is not None and (positions < 0).any():
        raise ValueError("the ratio metric needs numbers of at least 0")
    patterns = read_patterns(votes)
    units, values = patterns.unit_count, patterns.value_count
    if not units:
        return Alpha(None, NO_PAIR, why_no_interval=NO_PAIR)
    compute = _Disagreements(patterns, metric, None if positions is None else positions[patterns.classes])
    observed, expected = compute.of(patterns.weights(np.ones(units, dtype=np.int64)))
    if len(patterns.classes) < 2 or expected <= 0:
        return Alpha(None, NO_VARIATION, why_no_interval=NO_VARIATION, unit_count=units, value_count=values)
    interval = _interval(compute, draws, seed, level)
    return Alpha(
        value=1 - observed / expected,
        low=interval.low,
        high=interval.high,
        why_no_interval=interval.why_null,
        chance_above=interval.chance_above,
        observed=observed,
        expected=expected,
        unit_count=units,
        value_count=values,
    )


def _interval(compute: _Disagreements, draws: int, seed: int, level: float) -> Resampled:
    """Units drawn with replacement: how often each came is one multinomial draw."""
    units = compute.patterns.unit_count
    if compute.is_too_wide:
        return Resampled(why_null=TOO_WIDE)

    def draw() -> Floats:
        random = np.random.default_rng(seed)
        found = []
        for _ in range(draws):
            times = random.multinomial(units, np.full(units, 1 / units))
            observed, expected = compute.of(compute.patterns.weights(times))
            if expected > 0:
                found.append(1 - observed / expected)
        return np.array(found)

    return resampled_interval(draw, draws=draws, unit_count=units, level=level)


class _Disagreements:
    """D_o and D_e of any weighting of the patterns of units, in time linear in the answers of the patterns."""

    def __init__(self, patterns: UnitPatterns, metric: Metric, positions: Floats | None) -> None:
        self.patterns = patterns
        self.metric = metric
        self.sizes = patterns.sizes.astype(np.float64)
        # Squares of numbers far from zero would cancel; only differences count.
        self.positions = positions - positions.mean() if positions is not None and metric == "interval" else positions
        self._all_ratios: Floats | None = None
        self.moments = self._moments_of_patterns() if metric == "interval" else None
        self.own = np.zeros(0) if metric == "ordinal" else self._within()

    @property
    def is_too_wide(self) -> bool:
        return self.metric == "ratio" and len(self.patterns.classes) > RATIO_CLASSES

    def of(self, weights: Floats) -> tuple[float, float]:
        """D_o and D_e where each pattern stands `weights` (patterns,) times."""
        # Sums of products, not dot products: those of BLAS wake all cores, which costs far more than it saves here.
        n = float((weights * self.sizes).sum())
        if self.moments is not None:
            first, second = ((weights * part).sum() for part in self.moments)
            return _disagreement(float((weights * self.own).sum()), float(2 * (n * second - first * first)), n)
        each = np.repeat(weights, self.patterns.sizes)
        classes = len(self.patterns.classes)
        totals = np.bincount(self.patterns.label, weights=each, minlength=classes).astype(np.float64)
        if self.metric == "ordinal":
            ranks = np.cumsum(totals) - totals / 2 - n / 2
            own = self._spread(ranks)
            expected = _moments(totals, ranks)
        else:
            own, expected = self.own, self._between(totals, n)
        return _disagreement(float((weights * own).sum()), expected, n)

    def _within(self) -> Floats:
        """Σ_{i≠j} δ² / (m − 1) of each pattern, (patterns,)."""
        if self.positions is not None and self.metric == "interval":
            return self._spread(self.positions)
        found = np.zeros(len(self.sizes))
        for index, (start, end) in enumerate(zip(self.patterns.starts, self.patterns.ends, strict=True)):
            label = self.patterns.label[start:end]
            if self.positions is None:
                found[index] = len(label) ** 2 - np.square(np.bincount(label - label[0])).sum()
            else:
                found[index] = _ratio(self.positions[label], self.positions[label]).sum()
        within: Floats = found / (self.sizes - 1)
        return within

    def _spread(self, positions: Floats) -> Floats:
        """Σ_{i≠j} (x_i − x_j)² / (m − 1) = 2m Σ (x_i − mean)² / (m − 1) of each pattern, (patterns,)."""
        values, starts = positions[self.patterns.label], self.patterns.starts
        means = np.add.reduceat(values, starts) / self.sizes
        squares = np.add.reduceat(np.square(values - np.repeat(means, self.patterns.sizes)), starts)
        spread: Floats = 2 * self.sizes * squares / (self.sizes - 1)
        return spread

    def _moments_of_patterns(self) -> Floats:
        """Σ x and Σ x² of each pattern, (2, patterns): all that the interval metric needs to know of it."""
        assert self.positions is not None
        values, starts = self.positions[self.patterns.label], self.patterns.starts
        moments: Floats = np.add.reduceat(np.stack([values, np.square(values)]), starts, axis=1)
        return moments

    def _between(self, totals: Floats, n: float) -> float:
        """Σ_{i≠j} δ² over all values, each class standing `totals` (classes,) times."""
        if self.positions is None:
            return n * n - float(np.square(totals).sum())
        found = 0.0
        for start in range(0, len(totals), RATIO_CLASSES):
            rows = slice(start, start + RATIO_CLASSES)
            found += float(totals[rows] @ (self._ratios(rows) @ totals))
        return found

    def _ratios(self, rows: slice) -> Floats:
        """The distances of some classes to all; kept when they are those of all classes."""
        assert self.positions is not None
        if self.is_too_wide:
            return _ratio(self.positions[rows], self.positions)
        if self._all_ratios is None:
            self._all_ratios = _ratio(self.positions, self.positions)
        return self._all_ratios


def _disagreement(observed: float, expected: float, n: float) -> tuple[float, float]:
    pairs = n * (n - 1)
    return observed / n, expected / pairs if expected > SAME * pairs else 0.0


def _moments(totals: Floats, positions: Floats) -> float:
    """Σ n_c n_k (x_c − x_k)² = 2 (n Σ n x² − (Σ n x)²), taken about the mean."""
    n = totals.sum()
    centred = positions - (totals @ positions) / n
    return float(2 * n * (totals @ np.square(centred)))


def _ratio(a: Floats, b: Floats) -> Floats:
    """((x − y) / (x + y))² of every x of a and y of b; 0 and 0 are the same."""
    total = a[:, None] + b[None, :]
    share = np.divide(a[:, None] - b[None, :], total, out=np.zeros_like(total), where=total > 0)
    squared: Floats = np.square(share)
    return squared
