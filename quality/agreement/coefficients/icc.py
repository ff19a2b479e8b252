"""Intraclass correlation of numbers: raters drawn at random, absolute agreement, a single rating."""

from __future__ import annotations

import numpy as np

from quality.agreement.coefficients.result import NO_VARIATION, SAME, Coefficient
from quality.agreement.votes import Votes, numbers_of

NOT_COMPLETE = "needs every rater on every unit"
TOO_FEW = "needs two units and two raters"


def icc_2_1(votes: Votes) -> Coefficient:
    """ICC(2,1) = (MS_R − MS_E) / (MS_R + (k − 1) MS_E + k (MS_C − MS_E) / n) (Shrout & Fleiss 1979, case 2).

    n units and k raters, mean squares of the two-way table: between units (R), between raters (C) and the rest (E). The
    classes are numbers, in any unit. At most 1. Null with the reason: an answer missing or given twice, fewer than two
    units or raters, all answers the same. Observed and expected stay None. Raises ValueError for answers that are no
    finite numbers.
    """
    values = numbers_of(votes.classes)
    n, k = len(votes.items), len(votes.workers)
    if n < 2 or k < 2:
        return Coefficient(None, TOO_FEW, unit_count=n)
    filled = np.zeros((n, k), dtype=np.int64)
    np.add.at(filled, (votes.item, votes.worker), 1)
    if (filled != 1).any():
        return Coefficient(None, NOT_COMPLETE, unit_count=n)
    table = np.zeros((n, k))
    table[votes.item, votes.worker] = values[votes.label]
    if np.ptp(table) == 0:
        return Coefficient(None, NO_VARIATION, unit_count=n)
    mean, of_units, of_raters = table.mean(), table.mean(axis=1), table.mean(axis=0)
    between_units = k * np.square(of_units - mean).sum() / (n - 1)
    between_raters = n * np.square(of_raters - mean).sum() / (k - 1)
    rest = np.square(table - of_units[:, None] - of_raters[None, :] + mean).sum() / ((n - 1) * (k - 1))
    whole = between_units + (k - 1) * rest + k * (between_raters - rest) / n
    if whole <= SAME * (between_units + between_raters + rest):
        return Coefficient(None, NO_VARIATION, unit_count=n)
    return Coefficient(float((between_units - rest) / whole), unit_count=n)
