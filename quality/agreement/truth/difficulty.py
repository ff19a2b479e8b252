"""How hard each row is, apart from how good its labelers are: the Rasch model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from quality.agreement.coordinates import Floats
from quality.agreement.truth.result import Truth
from quality.agreement.votes import Indexes, read_votes

FEWEST_LABELS = 3
MOST_STEPS = 2_000
TOLERANCE = 1e-8


@dataclass(frozen=True)
class Difficulty:
    """`rows` is item -> chance 0..1 that a typical labeler gets it wrong, of items with three answers or more.

    `labelers` is labeler -> accuracy 0..1 expected on all those items, also on the ones that others had: whoever got
    the hard rows does not look bad for it. Labelers without an answer to such an item are left out.
    """

    rows: Mapping[str, float]
    labelers: Mapping[str, float]


def fit_difficulty(answers: Iterable[tuple[str, str, float]]) -> Difficulty:
    """The Rasch model P(w is right on i) = 1 / (1 + exp(−(θ_w − b_i))) of (item, labeler, rightness 0..1) (Rasch 1960).

    Rightness is 1 or 0 against gold, or the posterior of the answer given (`difficulty_of`). Maximum a posteriori with
    normal priors of standard deviation 1, of b around 0 and of θ around the crowd's mean θ̄, so that always right or
    wrong stays finite; steps under the curvature bound of Böhning & Lindsay (1988), which always climb. A row's
    difficulty is 1 − P at θ̄; a labeler's adjusted accuracy is the mean of P over all rows. Items with fewer than 3
    answers are left out: there skill and difficulty cannot be told apart. The order and the names have no effect.
    Raises ValueError for a rightness outside 0..1.
    """
    found = list(answers)
    if not all(0 <= right <= 1 for _, _, right in found):
        raise ValueError("rightness lies in 0..1")
    number: dict[str, int] = {}
    for item, _, _ in found:
        number[item] = number.get(item, 0) + 1
    kept = [answer for answer in found if number[answer[0]] >= FEWEST_LABELS]
    if not kept:
        return Difficulty({}, {})
    votes = read_votes(kept)
    right = np.array(votes.classes, dtype=np.float64)[votes.label]
    skill, hardness, mean = _fit(votes.worker, votes.item, right)
    adjusted = [float(expit(own - hardness).mean()) for own in skill]
    return Difficulty(
        rows=dict(zip(votes.items, expit(hardness - mean).tolist(), strict=True)),
        labelers=dict(zip(votes.workers, adjusted, strict=True)),
    )


def difficulty_of(truth: Truth) -> Difficulty:
    """`fit_difficulty` without gold: an answer is as right as its posterior says. Raises nothing."""
    votes = truth.votes
    right = np.clip(truth.posteriors[votes.item, votes.label], 0.0, 1.0).tolist()
    return fit_difficulty(
        (votes.items[item], votes.workers[worker], value)
        for item, worker, value in zip(votes.item.tolist(), votes.worker.tolist(), right, strict=True)
    )


def _fit(worker: Indexes, item: Indexes, right: Floats) -> tuple[Floats, Floats, float]:
    """Skills θ (workers,), difficulties b (items,) and the mean of θ, in logits."""
    of_worker, of_item = np.bincount(worker), np.bincount(item)
    skill, hardness, mean = np.zeros(len(of_worker)), np.zeros(len(of_item)), 0.0
    for _ in range(MOST_STEPS):
        gap = right - expit(skill[worker] - hardness[item])
        up = (np.bincount(worker, weights=gap) - (skill - mean)) / (of_worker / 4 + 1)
        skill = skill + up
        gap = right - expit(skill[worker] - hardness[item])
        down = (-np.bincount(item, weights=gap) - hardness) / (of_item / 4 + 1)
        hardness = hardness + down
        mean = float(skill.mean())
        if max(np.abs(up).max(), np.abs(down).max()) < TOLERANCE:
            break
    return skill, hardness, mean
