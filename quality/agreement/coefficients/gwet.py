"""Gwet's AC1: agreement beyond chance that does not collapse when nearly all answers are the same."""

from __future__ import annotations

from quality.agreement.coefficients.result import Coefficient, class_shares, corrected, pairwise_agreement
from quality.agreement.votes import Votes


def gwet_ac1(votes: Votes) -> Coefficient:
    """AC1 = (P_o − P_e) / (1 − P_e), P_e = Σ π(1 − π) / (q − 1) over the q classes (Gwet 2008).

    P_o is the mean share of agreeing pairs over units with two answers or more, π the mean share of each class over all
    units. Any number of raters, answers may be missing. At most 1. The classes count, chosen or not: hand over the
    question's options. One class only, or no unit with two answers: null with the reason. Raises nothing.
    """
    found = pairwise_agreement(votes)
    q = len(votes.classes)
    if q < 2 or not found.unit_count:
        return corrected(found, 1.0, None)
    shares = class_shares(found)
    expected = float((shares * (1 - shares)).sum()) / (q - 1)
    by_unit = found.counts @ (1 - shares) / found.per_unit / (q - 1)
    return corrected(found, expected, by_unit)
