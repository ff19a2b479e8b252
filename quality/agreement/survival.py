"""How long something takes that has not happened to all yet: Kaplan and Meier's curve, and its median.

Leaving out what still waits would make every median too short, and the more so the worse things stand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.special import ndtri

# Equal to one half, where products of fractions are compared.
SLACK = 1e-9


@dataclass(frozen=True)
class Step:
    """From ``at`` on, up to the next step, ``share`` have not been met yet; ``low``..``high`` is its interval, none
    where nobody is left."""

    at: float
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class MedianWait:
    """``n`` waits of which ``met`` ended; the median is none while half of them have not, and so is a bound that the
    data do not reach."""

    n: int
    met: int
    median: float | None
    low: float | None
    high: float | None


def waiting_curve(waits: Iterable[tuple[float, bool]], *, level: float = 0.95) -> list[Step]:
    """Kaplan & Meier's product limit (1958): S(t) = Π (1 - d ÷ n) over the times up to t at which d of n ended.

    A wait is (how long, whether it ended); one that did not counts as waiting up to its length, also at that very
    moment. The interval is exp(log S ± z √V) with Greenwood's V = Σ d ÷ (n (n - d)) (1926), at most 1. Raises
    ValueError for a length under 0 or unless 0 < level < 1. No wait that ended: no step.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    ordered = sorted(waits)
    if any(not length >= 0 for length, _ in ordered):
        raise ValueError("no wait is shorter than nothing")
    z = float(ndtri((1 + level) / 2))
    steps: list[Step] = []
    share, variance, place = 1.0, 0.0, 0
    while place < len(ordered):
        at, left, ended = ordered[place][0], len(ordered) - place, 0
        while place < len(ordered) and ordered[place][0] == at:
            ended += ordered[place][1]
            place += 1
        if not ended:
            continue
        share *= 1 - ended / left
        if left == ended:
            steps.append(Step(at, 0.0, None, None))
            break
        variance += ended / (left * (left - ended))
        half = z * math.sqrt(variance)
        steps.append(Step(at, share, share * math.exp(-half), min(1.0, share * math.exp(half))))
    return steps


def median_wait(waits: Iterable[tuple[float, bool]], *, level: float = 0.95) -> MedianWait:
    """The time by which half have been met, and its interval: the times at which the curve's interval holds one half
    (Brookmeyer & Crowley 1982). Where the curve lies at one half for a while, the middle of that while."""
    known = list(waits)
    steps = waiting_curve(known, level=level)
    return MedianWait(
        n=len(known),
        met=sum(ended for _, ended in known),
        median=_falls_to_half([(step.at, step.share) for step in steps]),
        low=_falls_to_half([(step.at, step.low) for step in steps if step.low is not None]),
        high=_falls_to_half([(step.at, step.high) for step in steps if step.high is not None]),
    )


def _falls_to_half(points: list[tuple[float, float]]) -> float | None:
    for place, (at, share) in enumerate(points):
        if share < 0.5 - SLACK:
            return at
        if share <= 0.5 + SLACK:
            return (at + points[place + 1][0]) / 2 if place + 1 < len(points) else at
    return None
