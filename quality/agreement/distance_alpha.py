"""Agreement beyond chance of complex answers (boxes, spans, whole labels): any distance will do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from quality.agreement.bootstrap import DRAWS, SEED, Resampled, resampled_interval
from quality.agreement.coefficients.result import NO_PAIR, NO_VARIATION, SAME
from quality.agreement.coordinates import Floats
from quality.agreement.separation import separation_of
from quality.agreement.votes import Indexes

CROSS_PAIRS = 20_000
NO_CROSS_PAIR = "fewer than two units"
CHUNK = 100

Score = Callable[[Any, Any], float | None]
Units = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class DistanceAlpha:
    """Alpha under a distance with its bootstrap interval (see `alpha.Alpha`), sigma and KS (`separation.Separation`).

    `observed` and `expected` are mean distances 0..1, `cross_pair_count` the pairs of answers of different units that
    the expected one rests on.
    """

    value: float | None
    why_null: str = ""
    low: float | None = None
    high: float | None = None
    why_no_interval: str = ""
    chance_above: dict[float, float] | None = None
    observed: float | None = None
    expected: float | None = None
    sigma: float | None = None
    ks: float | None = None
    unit_count: int = 0
    value_count: int = 0
    cross_pair_count: int = 0


@dataclass(frozen=True)
class _Unit:
    """The answers of one unit and the known distances between them."""

    answers: tuple[Any, ...]
    distances: Floats

    @property
    def key(self) -> tuple[int, list[float]]:
        """What the unit is, whatever it is called."""
        return len(self.answers), np.sort(np.round(self.distances, 9)).tolist()


def distance_alpha(
    units: Units,
    score: Score,
    *,
    cross_pairs: int = CROSS_PAIRS,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = 0.95,
) -> DistanceAlpha:
    """α = 1 − D_o / D_e with distance 1 − score (Krippendorff 2018; complex labels: Braylan, Alonso & Lease 2022).

    `units` is asset -> labeler -> answer, `score` symmetric in 0..1. D_o is the mean over the answers of units with two
    or more of their unit's mean distance; D_e the mean distance of any two answers: the part within units is known,
    that between units is the mean of all pairs when they are `cross_pairs` at most, else of so many drawn with a
    fixed `seed`. With distance 0 or 1 this is nominal alpha. A pair whose score is None does not count; a unit
    all of whose pairs are None is left out.

    Interval: units drawn with replacement `draws` times (0: none), a cross pair as often as both its units came; fewer
    than 10 units give none. Fewer than two units, or no distance between units: null with the reason. The order and the
    names of units and labelers have no effect (units alike in all distances may swap, which moves what is drawn).
    Time O(Σ m² + cross_pairs) scores. Raises ValueError for a score outside 0..1, and unless 0 < level < 1.
    """
    found = _read_units(units, score)
    sizes = np.array([len(unit.answers) for unit in found], dtype=np.float64)
    means = np.array([unit.distances.mean() for unit in found])
    first, second, across = _across(found, score, cross_pairs, seed)
    compute = _Disagreements(sizes, means, first, second, across)
    counted: dict[str, Any] = {
        "unit_count": len(found),
        "value_count": int(sizes.sum()),
        "cross_pair_count": len(across),
    }
    if not len(across):
        reason = NO_CROSS_PAIR if found else NO_PAIR
        return DistanceAlpha(None, reason, why_no_interval=reason, **counted)
    apart = separation_of(np.concatenate([unit.distances for unit in found]), across)
    counted |= {"sigma": apart.sigma, "ks": apart.ks}
    observed, expected = (float(part[0]) for part in compute.of(np.ones((1, len(found)))))
    if expected <= SAME:
        return DistanceAlpha(None, NO_VARIATION, why_no_interval=NO_VARIATION, **counted)

    def draw() -> Floats:
        return _draws(compute, draws, seed)

    interval: Resampled = resampled_interval(draw, draws=draws, unit_count=len(found), level=level)
    return DistanceAlpha(
        value=1 - observed / expected,
        low=interval.low,
        high=interval.high,
        why_no_interval=interval.why_null,
        chance_above=interval.chance_above,
        observed=observed,
        expected=expected,
        **counted,
    )


def _read_units(units: Units, score: Score) -> list[_Unit]:
    """The units with a known distance, and their answers, in an order that does not depend on any name."""
    found = []
    for name in sorted(units):
        answers = [units[name][labeler] for labeler in sorted(units[name])]
        table = np.full((len(answers), len(answers)), np.nan)
        for i, j in combinations(range(len(answers)), 2):
            table[i, j] = table[j, i] = _distance(score, answers[i], answers[j])
        known = table[np.triu_indices(len(answers), 1)]
        known = known[~np.isnan(known)]
        if len(known):
            order = sorted(range(len(answers)), key=lambda k: np.sort(np.round(table[k], 9)).tolist())
            found.append(_Unit(tuple(answers[k] for k in order), known))
    return sorted(found, key=lambda unit: unit.key)


def _across(units: list[_Unit], score: Score, most: int, seed: int) -> tuple[Indexes, Indexes, Floats]:
    """Units of the first and of the second answer (pairs,) and the known distance between the two (pairs,)."""
    sizes = [len(unit.answers) for unit in units]
    owner = np.repeat(np.arange(len(units)), sizes)
    answers = [answer for unit in units for answer in unit.answers]
    a, b = _cross_pairs(owner, most, seed)
    pairs = zip(a.tolist(), b.tolist(), strict=True)
    distances = np.array([_distance(score, answers[i], answers[j]) for i, j in pairs], dtype=np.float64)
    known = ~np.isnan(distances)
    return owner[a[known]], owner[b[known]], distances[known]


def _cross_pairs(owner: Indexes, most: int, seed: int) -> tuple[Indexes, Indexes]:
    """Places of two answers to different units: all such pairs, or `most` drawn with replacement."""
    n = len(owner)
    sizes = np.bincount(owner) if n else np.zeros(0, dtype=np.intp)
    if (n * n - int(np.square(sizes).sum())) // 2 <= most:
        a, b = np.triu_indices(n, 1)
        differs = owner[a] != owner[b]
        return a[differs], b[differs]
    random = np.random.default_rng(seed)
    drawn = np.zeros((2, 0), dtype=np.intp)
    while drawn.shape[1] < most:
        pairs = random.integers(0, n, (2, most))
        drawn = np.concatenate([drawn, pairs[:, owner[pairs[0]] != owner[pairs[1]]]], axis=1)
    return drawn[0, :most], drawn[1, :most]


@dataclass(frozen=True)
class _Disagreements:
    """D_o and D_e of many weightings of the units at once, from sizes, mean distances `means` (units,) and pairs."""

    sizes: Floats
    means: Floats
    first: Indexes
    second: Indexes
    across: Floats

    def of(self, times: Floats) -> tuple[Floats, Floats]:
        """(draws,) and (draws,) where each unit stands `times` (draws, units).

        Copies of a unit are units of their own: with the pairs inside each, those between two copies make `times`²
        times the unit's own sum, since an answer has distance 0 to its copy.
        """
        n, square = times @ self.sizes, np.square(times)
        within = square @ (self.means * self.sizes * (self.sizes - 1) / 2)
        between = (np.square(n) - square @ np.square(self.sizes)) / 2
        joint = times[:, self.first] * times[:, self.second]
        number = joint.sum(axis=1)
        mean = np.divide(joint @ self.across, number, out=np.zeros(len(number)), where=number > 0)
        return times @ (self.sizes * self.means) / n, (within + between * mean) / (n * (n - 1) / 2)


def _draws(compute: _Disagreements, draws: int, seed: int) -> Floats:
    """Alpha of each draw of units with replacement; draws without any distance are left out."""
    random = np.random.default_rng(seed)
    found, n = [], len(compute.sizes)
    for start in range(0, draws, CHUNK):
        rows = min(CHUNK, draws - start)
        times = np.zeros((rows, n))
        np.add.at(times, (np.arange(rows)[:, None], random.integers(0, n, (rows, n))), 1.0)
        observed, expected = compute.of(times)
        varies = expected > SAME
        found.append(1 - observed[varies] / expected[varies])
    return np.concatenate(found)


def _distance(score: Score, a: Any, b: Any) -> float:
    """1 − score, NaN where the pair has none."""
    found = score(a, b)
    if found is None:
        return np.nan
    if not 0.0 <= found <= 1.0:
        raise ValueError(f"a score lies in 0..1, not {found}")
    return 1.0 - found
