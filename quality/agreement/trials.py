"""What a run of scores says about somebody who is tried out: good enough, surely not, or too early to say.

The looks are few and set beforehand: whoever looks again after every result finds a good moment sooner or later."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from quality.agreement.intervals import score_interval


class Outcome(StrEnum):
    WAIT = "wait"
    PASSED = "passed"
    FAILED = "failed"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Look:
    """What was looked at: n scores from the first on, their mean and its 95 % interval."""

    outcome: Outcome
    n: int = 0
    mean: float | None = None
    low: float | None = None
    high: float | None = None


def assessed(scores: Sequence[float], *, wanted: int, bar: float) -> Look:
    """Scores 0..1 in the order in which they came, looked at twice: at ``wanted`` and at twice as many.

    Passed with a mean of at least ``bar``, failed where the upper bound of its interval lies under it. In between the
    first look waits for more and the second is unsure. Too few scores wait. Raises ValueError for scores outside 0..1.
    """
    look = climbed(scores, wanted=wanted, bar=bar)
    if look.outcome == Outcome.UNSURE:
        twice = climbed(scores, wanted=2 * wanted, bar=bar)
        return Look(Outcome.WAIT, look.n, look.mean, look.low, look.high) if twice.n == 0 else twice
    return look


def climbed(scores: Sequence[float], *, wanted: int, bar: float) -> Look:
    """One look at the first ``wanted`` scores: passed, failed or unsure as in ``assessed``; fewer wait.

    The mean decides and not the lower bound: at 5 scores nobody near the bar could show that they are surely above it,
    and the next steps look again. Raises ValueError for scores outside 0..1."""
    if wanted < 1 or len(scores) < wanted:
        return Look(Outcome.WAIT)
    seen = scores[:wanted]
    total = math.fsum(seen)
    mean = total / wanted
    low, high = score_interval(wanted, total, math.fsum(one * one for one in seen)) or (0.0, 1.0)
    if mean >= bar:
        outcome = Outcome.PASSED
    elif high < bar:
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.UNSURE
    return Look(outcome, wanted, mean, low, high)
