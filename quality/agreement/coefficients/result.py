"""What every coefficient of agreement gives back, and the parts that several of them share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats
from quality.agreement.votes import Counts, Votes

NO_VARIATION = "no variation"
NO_PAIR = "no unit with two answers"

SAME = 1e-12
"""Chance agreement this close to 1 is 1: the difference is rounding."""


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement: 1 perfect, 0 as by chance, negative under it; None with the reason in `why_null`.

    `observed` and `expected` are the agreement found and that by chance, 0..1. `unit_count` counts the units with two
    answers or more. `standard_error` treats the units as a sample of many; None under two units.
    """

    value: float | None
    why_null: str = ""
    standard_error: float | None = None
    observed: float | None = None
    expected: float | None = None
    unit_count: int = 0


@dataclass(frozen=True)
class PairwiseAgreement:
    """Of n units: `counts` (n, q), answers `per_unit` (n,), `shares` of agreeing pairs (n,), which have pairs (n,)."""

    counts: Counts
    per_unit: Counts
    shares: Floats
    has_pairs: NDArray[np.bool_]
    mean: float

    @property
    def unit_count(self) -> int:
        return int(self.has_pairs.sum())


def pairwise_agreement(votes: Votes) -> PairwiseAgreement:
    """The share of agreeing pairs of answers in each unit, Σ c(c − 1) / m(m − 1), and its mean over units with pairs.

    Fleiss' P_i (Fleiss 1971); a unit with one answer has share 0 and stays out of the mean. Mean 0 without any pair.
    """
    counts, per_unit = votes.counts(), votes.per_item()
    pairs = per_unit * (per_unit - 1)
    has_pairs = pairs > 0
    agreeing = (counts * (counts - 1)).sum(axis=1)
    shares = np.divide(agreeing, pairs, out=np.zeros(len(pairs)), where=has_pairs)
    mean = math.fsum(shares[has_pairs]) / has_pairs.sum() if has_pairs.any() else 0.0
    return PairwiseAgreement(counts, per_unit, shares, has_pairs, float(mean))


def class_shares(found: PairwiseAgreement) -> Floats:
    """Mean over units of the share of each class among a unit's answers, (q,): every unit weighs the same."""
    shares: Floats = (found.counts / found.per_unit[:, None]).mean(axis=0)
    return shares


def corrected(found: PairwiseAgreement, expected: float, expected_by_unit: Floats | None) -> Coefficient:
    """(P_o − P_e) / (1 − P_e) with the standard error of Gwet (2014, section 5.3): units are the sample.

    `expected_by_unit` (n,) is each unit's part in the chance agreement, None when chance does not depend on the data.
    Null with "no unit with two answers" without pairs, and with "no variation" where chance agreement is 1.
    """
    units = found.unit_count
    if not units:
        return Coefficient(None, NO_PAIR)
    if expected >= 1 - SAME:
        return Coefficient(None, NO_VARIATION, observed=found.mean, expected=1.0, unit_count=units)
    value = (found.mean - expected) / (1 - expected)
    n = len(found.shares)
    by_unit = n / units * (found.shares - expected * found.has_pairs) / (1 - expected)
    if expected_by_unit is not None:
        by_unit = by_unit - 2 * (1 - value) * (expected_by_unit - expected) / (1 - expected)
    error = math.sqrt(float(np.square(by_unit - value).sum()) / (n * (n - 1))) if n > 1 else None
    return Coefficient(value, "", error, found.mean, expected, units)
