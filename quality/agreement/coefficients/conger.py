"""Conger's kappa: Cohen's for many raters, each with a chance of his own."""

from __future__ import annotations

import numpy as np

from quality.agreement.coefficients.result import NO_VARIATION, Coefficient, corrected, pairwise_agreement
from quality.agreement.coordinates import Floats
from quality.agreement.votes import Votes


def conger_kappa(votes: Votes) -> Coefficient:
    """κ = (P_o − P_e) / (1 − P_e), P_e = Σ_k (r·p̄_k)² − Σ_g p_gk², over r(r − 1) pairs of raters (Conger 1980).

    p_gk is the share of class k among rater g's answers, p̄_k its mean over the r raters; missing answers and the
    standard error as in Gwet (2014). P_o as in Fleiss' kappa; two raters and no gaps give Cohen's. At most 1. Fewer
    than two raters or all answers the same: null, "no variation". Raises ValueError when a rater answers a unit twice.
    """
    found = pairwise_agreement(votes)
    raters, q = len(votes.workers), len(votes.classes)
    if raters < 2 or not found.unit_count:
        reason = corrected(found, 1.0, None).why_null
        return Coefficient(None, reason or NO_VARIATION, unit_count=found.unit_count)
    table = _one_hot(votes)
    answered = table.sum(axis=2)
    number = answered.sum(axis=0)
    shares = table.sum(axis=0) / number[:, None]
    totals = shares.sum(axis=0)
    expected = float((np.square(totals) - np.square(shares).sum(axis=0)).sum()) / (raters * (raters - 1))
    n = len(votes.items)
    by_unit = np.zeros(n)
    for k in range(q):
        moved = table[:, :, k] - (answered - number / n) * shares[:, k]
        by_unit += (moved * (n / number) * (totals[k] - shares[:, k])).sum(axis=1)
    return corrected(found, expected, by_unit / (raters * (raters - 1)))


def _one_hot(votes: Votes) -> Floats:
    """Who chose what, (items, raters, classes) of 0 and 1."""
    table: Floats = np.zeros((len(votes.items), len(votes.workers), len(votes.classes)))
    np.add.at(table, (votes.item, votes.worker, votes.label), 1.0)
    if (table.sum(axis=2) > 1).any():
        raise ValueError("a rater answers a unit twice")
    return table
