"""Which of a row's opinions stands for it, and what the row scores when not every opinion counts the same."""

from __future__ import annotations

import math
from collections.abc import Mapping

from quality.agreement.rows import Pair

Scores = Mapping[Pair, float | None]
Weights = Mapping[str, float]


def weighted_consensus(scores: Scores, weights: Weights) -> float | None:
    """Mean of the pair scores, each by the product of its opinions' weights (1 where none is given), 0..1 or None."""
    weighed = [
        (weights.get(a, 1.0) * weights.get(b, 1.0), score) for (a, b), score in scores.items() if score is not None
    ]
    total = math.fsum(weight for weight, _ in weighed)
    return math.fsum(weight * score for weight, score in weighed) / total if total > 0 else None


def mean_agreement(scores: Scores, weights: Weights) -> dict[str, float | None]:
    """Opinion -> mean of its pairs, each by the weight of the other one; opinions of weight 0 are left out.

    With equal weights this is the opinion's own mean of `rows.row_from_pairs`.
    """
    return {name: _mean(own) for name, own in _of_each(scores, weights).items()}


def skill_support(scores: Scores, weights: Weights) -> dict[str, float | None]:
    """Opinion -> share of all weight that stands behind it: its own whole, another's by how much the two agree.

    (w_i + Σ_j w_j s_ij) / Σ w, so that for one question it is the share of the skill-weighted vote. Without its own
    weight two that differ would always tie, however able one of them is. Opinions of weight 0, and those without any
    scored pair, are left out (None).
    """
    found: dict[str, float | None] = {}
    for name, own in _of_each(scores, weights).items():
        found[name] = _mean([(weights.get(name, 1.0), 1.0), *own]) if own else None
    return found


def _of_each(scores: Scores, weights: Weights) -> dict[str, list[tuple[float, float]]]:
    """Opinion that counts -> (weight of the other, score) of each scored pair with one that counts."""
    names = sorted({name for pair in scores for name in pair if weights.get(name, 1.0) > 0})
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for (a, b), score in scores.items():
        if score is not None and a in found and b in found:
            found[a].append((weights.get(b, 1.0), score))
            found[b].append((weights.get(a, 1.0), score))
    return found


def _mean(weighed: list[tuple[float, float]]) -> float | None:
    total = math.fsum(weight for weight, _ in weighed)
    return math.fsum(weight * score for weight, score in weighed) / total if total > 0 else None
