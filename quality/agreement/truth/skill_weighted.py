"""Vote weighted by the skill of each labeler."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from quality.agreement.coordinates import Floats
from quality.agreement.truth.majority import majority
from quality.agreement.truth.result import NOBODY, Truth, winners_of
from quality.agreement.votes import Votes

PSEUDO_ANSWERS = 4.0
"""Answers of the crowd's mean that are added to each worker's own, so that 2 of 2 weighs little more than others."""


def skill_weighted(votes: Votes, skills: Mapping[str, float] | None = None) -> Truth:
    """The option with the greatest sum of skills; its posterior is its share of the item's skills, 0..1.

    `skills` is worker -> accuracy 0..1, such as a benchmark result; who is not in it weighs the mean of those who are.
    Without `skills` a worker's is the share of own answers that the majority gave (worker agreement with the
    aggregate, "Wawa"), items that tie left out, with 4 answers of the crowd's mean added. A tie has no winner; items
    whose workers all have skill 0 count heads. Raises ValueError for a skill outside 0..1.
    """
    weights = _agreement_with_majority(votes) if skills is None else _given(votes, skills)
    sums = np.zeros((len(votes.items), len(votes.classes)))
    np.add.at(sums, (votes.item, votes.label), weights[votes.worker])
    totals = sums.sum(axis=1, keepdims=True)
    posteriors = np.where(totals > 0, sums / np.where(totals > 0, totals, 1.0), majority(votes).posteriors)
    return Truth("skill-weighted vote", votes, posteriors, winners_of(posteriors))


def _agreement_with_majority(votes: Votes) -> Floats:
    winner = majority(votes).winner[votes.item]
    is_decided = winner != NOBODY
    n = np.bincount(votes.worker[is_decided], minlength=len(votes.workers))
    k = np.bincount(votes.worker[is_decided & (winner == votes.label)], minlength=len(votes.workers))
    mean = k.sum() / n.sum() if n.any() else 1.0
    weights: Floats = (k + PSEUDO_ANSWERS * mean) / (n + PSEUDO_ANSWERS)
    return weights


def _given(votes: Votes, skills: Mapping[str, float]) -> Floats:
    known = [skills[worker] for worker in votes.workers if worker in skills]
    if not all(0 <= skill <= 1 for skill in known):
        raise ValueError("a skill lies in 0..1")
    mean = math.fsum(known) / len(known) if known else 1.0
    weights: Floats = np.array([skills.get(worker, mean) for worker in votes.workers], dtype=np.float64)
    return weights
