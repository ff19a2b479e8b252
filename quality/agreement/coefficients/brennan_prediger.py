"""Brennan and Prediger's kappa: chance is one of the q classes, each as likely."""

from __future__ import annotations

from quality.agreement.coefficients.result import Coefficient, corrected, pairwise_agreement
from quality.agreement.votes import Votes


def brennan_prediger(votes: Votes) -> Coefficient:
    """κ = (P_o − 1/q) / (1 − 1/q) over the q classes (Brennan & Prediger 1981; for many raters Randolph 2005).

    P_o is the mean share of agreeing pairs over units with two answers or more. Range −1/(q − 1)..1. The classes count,
    chosen or not: hand over the question's options. One class only: null, "no variation". Raises nothing.
    """
    return corrected(pairwise_agreement(votes), 1 / max(len(votes.classes), 1), None)
