"""Fleiss' kappa: any number of raters, chance from the crowd's class shares."""

from __future__ import annotations

import numpy as np

from quality.agreement.coefficients.result import Coefficient, class_shares, corrected, pairwise_agreement
from quality.agreement.votes import Votes


def fleiss_kappa(votes: Votes) -> Coefficient:
    """κ = (P_o − P_e) / (1 − P_e), P_e = Σ π² (Fleiss 1971; with missing answers as in Gwet 2014, section 2.4).

    P_o is the mean share of agreeing pairs over units with two answers or more, π the mean share of each class over all
    units. At most 1. All answers the same: null, "no variation". Raises nothing.
    """
    found = pairwise_agreement(votes)
    if not found.unit_count:
        return corrected(found, 0.0, None)
    shares = class_shares(found)
    return corrected(found, float(np.square(shares).sum()), found.counts @ shares / found.per_unit)


def fleiss_by_class(votes: Votes) -> dict[object, float | None]:
    """Fleiss' kappa of each class against all others together (Fleiss 1971, section 4): class -> −1..1.

    None for a class that nobody or everybody chose.
    """
    found = {}
    for index, name in enumerate(votes.classes):
        binary = Votes(votes.items, votes.workers, (0, 1), votes.item, votes.worker, (votes.label == index).astype(int))
        found[name] = fleiss_kappa(binary).value
    return found
