"""Dawid and Skene's model: each labeler has a confusion matrix, found together with the truth."""

from __future__ import annotations

import numpy as np

from quality.agreement.coordinates import Floats
from quality.agreement.truth.majority import majority
from quality.agreement.truth.result import Truth, winners_of
from quality.agreement.votes import Votes

PSEUDO_LABELS = 1.0
TOLERANCE = 1e-7
MOST_ITERATIONS = 500

DIGITS = 12
"""Posteriors are rounded to so many digits in each step: else rounding that depends on the order of names would grow
where a question is perfectly balanced, and one order would decide what another leaves open."""

SMALLEST = 1e-300
"""Probability of what was never seen; its logarithm is finite."""


def dawid_skene(votes: Votes, *, pseudo_labels: float = PSEUDO_LABELS) -> Truth:
    """EM for the truth z, class shares π and confusion matrices θ (Dawid & Skene 1979), rows shrunk to the crowd's.

    E: P(z_i = t) ∝ π_t Π θ_w[t, l] over the answers l of workers w to item i. M: π_t is the mean posterior,
    θ_w[t, l] = (c_w[t, l] + s·θ̄[t, l]) / (Σ_l c_w[t, l] + s) with c_w the expected counts of worker w, θ̄ the crowd's
    pooled matrix (sum of all c_w, rows scaled to 1) and s = `pseudo_labels`. Shrinking keeps a worker with few answers
    close to the crowd; s = 0 is the plain maximum likelihood (`dawid_skene_ml`), unsafe below some ten labels a worker.

    Starts from the shares of votes and ends when no posterior moves by more than 1e-7, or after 500 steps
    (`has_converged` False). No randomness; the order and the names of items, workers and classes have no effect. A
    worker's several answers to an item all count. Equal posteriors are a tie. Empty input gives no answers.
    Time O(L·K + W·K²) a step. Raises ValueError for a negative or infinite number of pseudo-labels.
    """
    if not 0 <= pseudo_labels < float("inf"):
        raise ValueError(f"pseudo_labels must be finite and not negative, not {pseudo_labels}")
    method = f"Dawid–Skene, {pseudo_labels:g} pooled pseudo-label a row" if pseudo_labels else "Dawid–Skene, ML"
    posteriors = majority(votes).posteriors
    if not len(votes):
        return Truth(method, votes, posteriors, winners_of(posteriors))
    iterations, moved = 0, np.inf
    while moved > TOLERANCE and iterations < MOST_ITERATIONS:
        shares, confusion = _maximise(votes, posteriors, pseudo_labels)
        found = _expect(votes, shares, confusion)
        moved = float(np.abs(found - posteriors).max())
        posteriors, iterations = found, iterations + 1
    return Truth(method, votes, posteriors, winners_of(posteriors), shares, confusion, iterations, moved <= TOLERANCE)


def dawid_skene_ml(votes: Votes) -> Truth:
    """`dawid_skene` without shrinking: maximum likelihood as in the paper of 1979."""
    return dawid_skene(votes, pseudo_labels=0.0)


def _maximise(votes: Votes, posteriors: Floats, pseudo_labels: float) -> tuple[Floats, Floats]:
    """Class shares (K,) and confusion matrices (W, K true, K given) given the posteriors (items, K)."""
    workers, classes = len(votes.workers), len(votes.classes)
    cell = votes.worker * classes + votes.label
    own = posteriors[votes.item]
    counts = (
        np.stack([np.bincount(cell, weights=own[:, t], minlength=workers * classes) for t in range(classes)])
        .reshape(classes, workers, classes)
        .transpose(1, 0, 2)
    )
    pooled = _rows_to_one(counts.sum(axis=0)) * pseudo_labels
    return posteriors.mean(axis=0), _rows_to_one(counts + pooled)


def _rows_to_one(counts: Floats) -> Floats:
    """Rows scaled to sum 1; a row without counts is even, so that it says nothing."""
    totals = counts.sum(axis=-1, keepdims=True)
    even = np.full_like(counts, 1 / counts.shape[-1])
    scaled: Floats = np.divide(counts, totals, out=even, where=totals > 0)
    return scaled


def _expect(votes: Votes, shares: Floats, confusion: Floats) -> Floats:
    """Posteriors (items, K), in logarithms: the product of a hundred answers would vanish."""
    logs = np.log(np.maximum(confusion, SMALLEST))
    said = logs[votes.worker, :, votes.label]
    totals = np.stack(
        [np.bincount(votes.item, weights=said[:, t], minlength=len(votes.items)) for t in range(said.shape[1])], axis=1
    )
    totals += np.log(np.maximum(shares, SMALLEST))
    weights = np.exp(totals - totals.max(axis=1, keepdims=True))
    found: Floats = np.round(weights / weights.sum(axis=1, keepdims=True), DIGITS)
    return found
