"""How good each labeler is: shrunk to the crowd, with an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, digamma, gammaln, polygamma

from quality.agreement.coordinates import Floats
from quality.agreement.intervals import UNIFORM_PRIOR, shrunken_lower_bound, shrunken_rate
from quality.agreement.truth.result import Truth

Prior = tuple[float, float]
Record = tuple[float, float]
"""Right answers k (expected ones may be fractions) out of n."""

FEWEST_LABELERS = 5
FEWEST_ANSWERS = 5
SMALLEST, LARGEST = 0.5, 100.0
"""Bounds of a and b: a crowd without a mistake must not make 3 of 3 a certainty, nor equal rates a law."""

PSEUDO_SCORES = 4.0

MOST_STEPS = 200


@dataclass(frozen=True)
class Skill:
    """Accuracy 0..1 of one labeler: posterior `mean`, interval `low`..`high`, and `lower`, the 5 % bound that ranks.

    `is_enough` is False under 5 answers: say "not enough data" there and rank nobody.
    """

    k: float
    n: float
    mean: float
    low: float
    high: float
    lower: float

    @property
    def is_enough(self) -> bool:
        return self.n >= FEWEST_ANSWERS


def labeler_skills(
    records: Mapping[str, Record], *, prior: Prior | None = None, level: float = 0.95
) -> dict[str, Skill]:
    """Labeler -> skill from labeler -> (k right of n), empirical Bayes (Casella 1985).

    The posterior is Beta(a + k, b + n − k) with (a, b) fitted to all records (`fit_prior`) unless `prior` is given; the
    interval is its equal-tailed one, `lower` its 5 % quantile. n = 0 gives the prior. Empty in, empty out.
    Raises ValueError unless 0 <= k <= n, a and b > 0, and 0 < level < 1.
    """
    fitted = fit_prior(list(records.values())) if prior is None else prior
    tail = (1 - level) / 2
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    found = {}
    for name, (k, n) in records.items():
        mean, lower = shrunken_rate(k, n, prior=fitted), shrunken_lower_bound(k, n, prior=fitted)
        a, b = fitted[0] + k, fitted[1] + n - k
        found[name] = Skill(k, n, mean, float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail)), lower)
    return found


def score_skills(records: Mapping[str, Record], *, level: float = 0.95) -> dict[str, Skill]:
    """Labeler -> skill where answers have scores in 0..1 instead of right or wrong, as boxes do: k sums those of n.

    The prior holds 4 answers of the crowd's mean score (kept in 0.05..0.95): mean = (k + 4 m) / (n + 4). The Beta
    interval is wide rather than narrow: scores in 0..1 vary less than right and wrong do. Raises as `labeler_skills`.
    """
    n = math.fsum(record[1] for record in records.values())
    mean = min(max(math.fsum(record[0] for record in records.values()) / n, 0.05), 0.95) if n > 0 else 0.5
    return labeler_skills(records, prior=(PSEUDO_SCORES * mean, PSEUDO_SCORES * (1 - mean)), level=level)


def fit_prior(records: Sequence[Record]) -> Prior:
    """(a, b) of the Beta prior with the greatest marginal likelihood Π B(a + k, b + n − k) / B(a, b) of the records.

    Newton's steps in log a and log b, halved until they climb; a and b are kept in 0.5..100. Fewer than 5 labelers with
    an answer give the uniform prior (1, 1): there is no crowd to learn from. Order has no effect.
    Raises ValueError unless 0 <= k <= n for every record.
    """
    if not all(math.isfinite(n) and 0 <= k <= n for k, n in records):
        raise ValueError("needs 0 <= k <= n")
    table = np.array(sorted((k, n) for k, n in records if n > 0), dtype=np.float64).reshape(-1, 2)
    if len(table) < FEWEST_LABELERS:
        return UNIFORM_PRIOR
    k, n = table[:, 0], table[:, 1]
    place = np.zeros(2)
    for _ in range(MOST_STEPS):
        step = _step(place, k, n)
        size = 1.0
        while size > 1e-6 and _likelihood(_bounded(place + size * step), k, n) < _likelihood(place, k, n):
            size /= 2
        moved = _bounded(place + size * step) - place
        place = place + moved
        if np.abs(moved).max() < 1e-10:
            break
    a, b = np.exp(place).tolist()
    return a, b


def expected_records(truth: Truth) -> dict[str, Record]:
    """Labeler -> (expected right answers, answers) under the posteriors of a truth that was inferred, without gold.

    k is the sum of the posteriors of what the labeler answered. It predicts a benchmark only roughly, as everybody
    helped to make the truth: pause nobody on it alone.
    """
    votes = truth.votes
    n = np.bincount(votes.worker, minlength=len(votes.workers))
    right = truth.posteriors[votes.item, votes.label]
    k = np.minimum(np.bincount(votes.worker, weights=right, minlength=len(votes.workers)), n)
    return {name: (float(k[index]), float(n[index])) for index, name in enumerate(votes.workers)}


def _bounded(place: Floats) -> Floats:
    bounded: Floats = np.clip(place, math.log(SMALLEST), math.log(LARGEST))
    return bounded


def _likelihood(place: Floats, k: Floats, n: Floats) -> float:
    a, b = np.exp(place)
    each = gammaln(a + k) + gammaln(b + n - k) - gammaln(a + b + n)
    return float(each.sum() - len(k) * (gammaln(a) + gammaln(b) - gammaln(a + b)))


def _step(place: Floats, k: Floats, n: Floats) -> Floats:
    """Newton's step in log a and log b within the bounds; along the slope where the likelihood does not curve down."""
    a, b = np.exp(place)
    both = digamma(a + b) - digamma(a + b + n)
    slope = np.array(
        [a * (digamma(a + k) - digamma(a) + both).sum(), b * (digamma(b + n - k) - digamma(b) + both).sum()]
    )
    bend = (polygamma(1, a + b) - polygamma(1, a + b + n)).sum()
    of_a = (polygamma(1, a + k) - polygamma(1, a)).sum()
    of_b = (polygamma(1, b + n - k) - polygamma(1, b)).sum()
    curve = np.array([[a * a * (of_a + bend), a * b * bend], [a * b * bend, b * b * (of_b + bend)]]) + np.diag(slope)
    # A side that lies on its bound and is drawn over it stays; the other then moves by itself.
    low, high = math.log(SMALLEST), math.log(LARGEST)
    held = ((place <= low) & (slope < 0)) | ((place >= high) & (slope > 0))
    slope[held] = 0.0
    curve[held, :] = 0.0
    curve[:, held] = 0.0
    curve[held, held] = -1.0
    if curve[0, 0] < 0 and np.linalg.det(curve) > 0:
        slope = -np.linalg.solve(curve, slope)
    shortened: Floats = slope / max(1.0, float(np.abs(slope).max()))
    return shortened
