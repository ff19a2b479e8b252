"""When a rule over a person's newest results acts: a window that slides over them and starts anew after each act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quality.agreement.intervals import score_interval, wilson_interval

SURELY_BELOW, BELOW, SURELY_ABOVE = "surely_below", "below", "surely_above"


@dataclass(frozen=True)
class Moment:
    """The results `start` up to and including `at` on which the condition holds; value and 95 % interval of them."""

    start: int
    at: int
    value: float
    low: float
    high: float

    @property
    def n(self) -> int:
        return self.at - self.start + 1


def moments(
    results: Sequence[float],
    *,
    window: int,
    least: int,
    condition: str,
    bar: float,
    are_rates: bool,
    since: int = 0,
) -> list[Moment]:
    """The moments at which a rule acts on `results` (0..1, oldest first).

    After each result the last `window` of those that came since the last act are looked at, if they are `least` or
    more: their mean is "below" under `bar`, "surely_below" if the upper bound of its interval is, "surely_above" if
    the lower bound is `bar` or more. `are_rates`: results are 0 or 1 and the interval is Wilson's, else that of
    `score_interval` (Student's; 0..1 where there is none). Results before `since` fill the window, and nothing acts
    on them. Empty in, empty out.
    Raises ValueError for another condition.
    """
    if condition not in (SURELY_BELOW, BELOW, SURELY_ABOVE):
        raise ValueError(f"condition: one of surely_below, below, surely_above, not {condition!r}")
    found: list[Moment] = []
    fresh = 0
    for at in range(since, len(results)):
        start = max(fresh, at + 1 - window)
        if at + 1 - start < least:
            continue
        moment = _look(results, start, at, are_rates)
        if _holds(moment, condition, bar):
            found.append(moment)
            fresh = at + 1
    return found


def _look(results: Sequence[float], start: int, at: int, are_rates: bool) -> Moment:
    part = results[start : at + 1]
    n, total = len(part), sum(part)
    if are_rates:
        low, high = wilson_interval(total, n)
    else:
        low, high = score_interval(n, total, sum(one * one for one in part)) or (0.0, 1.0)
    return Moment(start, at, total / n, low, high)


def _holds(moment: Moment, condition: str, bar: float) -> bool:
    if condition == SURELY_BELOW:
        return moment.high < bar
    if condition == SURELY_ABOVE:
        return moment.low >= bar
    return moment.value < bar
