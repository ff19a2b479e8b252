"""Cohen's kappa of two raters, plain or weighted by how far apart ordered answers are."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from quality.agreement.coefficients.result import NO_PAIR, NO_VARIATION, SAME, Coefficient
from quality.agreement.coordinates import Floats
from quality.agreement.votes import Votes

Weighting = Literal["none", "linear", "quadratic"]


def cohen_kappa(votes: Votes, *, weights: Weighting = "none") -> Coefficient:
    """κ = (P_o − P_e) / (1 − P_e) of two raters over the units both answered (Cohen 1960, weighted 1968).

    P_o = Σ w_ij p_ij, P_e = Σ w_ij p_i· p_·j over the q classes in their order; w_ij is 1 where i = j, and else 0
    ("none"), 1 − |i − j| / (q − 1) ("linear") or 1 − (i − j)² / (q − 1)² ("quadratic"). Range −1..1. Standard error:
    the large-sample one of Fleiss, Cohen & Everitt (1969). All answers the same, or no common unit: null.
    Raises ValueError unless there are two raters who answer a unit once each at most, or for another weighting.
    """
    table = _table_of_two(votes)
    n = int(table.sum())
    if not n:
        return Coefficient(None, NO_PAIR)
    w = _weights(len(votes.classes), weights)
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((w * p).sum()), float(rows @ w @ columns)
    if expected >= 1 - SAME:
        return Coefficient(None, NO_VARIATION, None, observed, 1.0, n)
    value = (observed - expected) / (1 - expected)
    mean_weights = (w @ columns)[:, None] + (rows @ w)[None, :]
    spread = float((p * np.square(w - mean_weights * (1 - value))).sum())
    variance = (spread - (value - expected * (1 - value)) ** 2) / (n * (1 - expected) ** 2)
    return Coefficient(value, "", math.sqrt(max(variance, 0.0)), observed, expected, n)


def _table_of_two(votes: Votes) -> Floats:
    """Common units by the answer of the first rater and of the second, (classes, classes)."""
    if len(votes.workers) != 2 and len(votes):
        raise ValueError(f"Cohen's kappa is of two raters, not of {len(votes.workers)}")
    first, second = votes.worker == 0, votes.worker == 1
    chosen = np.full((2, len(votes.items)), -1)
    for rater, is_own in enumerate((first, second)):
        if len(np.unique(votes.item[is_own])) != is_own.sum():
            raise ValueError("a rater answers a unit twice")
        chosen[rater, votes.item[is_own]] = votes.label[is_own]
    both = (chosen >= 0).all(axis=0)
    table: Floats = np.zeros((len(votes.classes), len(votes.classes)))
    np.add.at(table, (chosen[0, both], chosen[1, both]), 1.0)
    return table


def _weights(q: int, weights: Weighting) -> Floats:
    apart = np.abs(np.subtract.outer(np.arange(q), np.arange(q))) / max(q - 1, 1)
    if weights == "none":
        same: Floats = np.eye(q)
        return same
    if weights == "linear":
        linear: Floats = 1 - apart
        return linear
    if weights == "quadratic":
        quadratic: Floats = 1 - np.square(apart)
        return quadratic
    raise ValueError(f"weights are none, linear or quadratic, not {weights}")
