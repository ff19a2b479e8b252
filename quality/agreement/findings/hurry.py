"""Haste: quicker than the others on the same rows, and wrong more often for it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from statistics import median

import numpy as np
from scipy.special import stdtrit

from quality.agreement.findings.chances import binomial_tail, chance_under, discoveries, falls_with
from quality.agreement.findings.kinds import PersonFinding
from quality.agreement.findings.people import Explained, errors_of, worst_rows
from quality.agreement.findings.tables import Fit

Times = Mapping[tuple[str, str], float]
"""(row, person) -> seconds of active work."""

FEWEST_ROWS = 20
TIME_BAR = 0.6
"""Seconds as a share of the others'; practised people work at 0.7 to 0.8 without harm."""
TIMES_OTHERS = 1.5
ERROR_BAR = 0.05
MOST_ROWS = 5


def hasty_people(
    fits: Sequence[Fit], times: Times, explained: Explained, left_out: Collection[str]
) -> list[PersonFinding]:
    """People whose time lies wholly under 0.6 of the others' on the same rows, and who err more for it.

    Time: mean over rows of log(own seconds ÷ median of the others'), Student's t test against log 0.6; from 20 rows
    on. Errors: more than max(0.05, 1.5 times as often as the others) by a binomial test, or more the quicker the own
    row was (Spearman). Both must hold: the p value is the greater of the two (Berger 1982), false names held at 5 %.
    Quick and right is no finding.
    """
    compared = ratios_of(times, left_out)
    records: dict[str, list[float]] = {}
    for fit in fits:
        for person, (k, n) in errors_of(fit, explained).items():
            record = records.setdefault(person, [0.0, 0.0])
            record[0] += k
            record[1] += n
    whole = [math.fsum(record[at] for record in records.values()) for at in (0, 1)]
    candidates = []
    for person, ratios in sorted(compared.items()):
        k, n = records.get(person, [0.0, 0.0])
        if len(ratios) < FEWEST_ROWS or n < FEWEST_ROWS or whole[1] <= n:
            continue
        usual = (whole[0] - k) / (whole[1] - n)
        bar = min(0.9, max(ERROR_BAR, TIMES_OTHERS * usual))
        more = binomial_tail(k, n, bar)
        keys, wrong = _by_speed(fits, times, person)
        errs = min(1.0, 2 * min(more, falls_with(keys, wrong)))
        low, high = _interval(ratios)
        candidates.append(
            PersonFinding(
                kind="hasty",
                person=person,
                question="",
                value=math.exp(math.fsum(ratios) / len(ratios)),
                low=low,
                high=high,
                n=len(ratios),
                bar=TIME_BAR,
                chance=max(errs, chance_under(ratios, math.log(TIME_BAR))),
                error=k / n,
                usual_error=usual,
                rows=tuple(row for fit in fits for row in worst_rows(fit, person))[:MOST_ROWS],
            )
        )
    stand = discoveries([one.chance for one in candidates])
    return [one for one, is_named in zip(candidates, stand, strict=True) if is_named]


def ratios_of(times: Times, left_out: Collection[str]) -> dict[str, list[float]]:
    """Person -> log(own seconds ÷ median of the others') of each row that others worked on too."""
    by_row: dict[str, dict[str, float]] = {}
    for (row, person), seconds in sorted(times.items()):
        if seconds > 0 and person not in left_out:
            by_row.setdefault(row, {})[person] = seconds
    found: dict[str, list[float]] = {}
    for taken in by_row.values():
        for person, seconds in taken.items():
            others = [one for other, one in taken.items() if other != person]
            if others:
                found.setdefault(person, []).append(math.log(seconds / median(others)))
    return found


def _by_speed(fits: Sequence[Fit], times: Times, person: str) -> tuple[list[float], list[float]]:
    """Seconds of the person's answers, and how surely the others contradict each."""
    keys: list[float] = []
    wrong: list[float] = []
    for fit in fits:
        votes = fit.votes
        if person not in votes.workers:
            continue
        at = np.flatnonzero((votes.worker == votes.workers.index(person)) & fit.is_shared)
        for answer, value in zip(at.tolist(), fit.wrongness()[at].tolist(), strict=True):
            seconds = times.get((fit.table.row_of[votes.items[votes.item[answer]]], person))
            if seconds is not None:
                keys.append(seconds)
                wrong.append(value)
    return keys, wrong


def _interval(ratios: Sequence[float]) -> tuple[float, float]:
    n, mean = len(ratios), math.fsum(ratios) / len(ratios)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in ratios) / (n - 1))
    half = float(stdtrit(n - 1, 0.975)) * spread / math.sqrt(n)
    return math.exp(mean - half), math.exp(mean + half)
