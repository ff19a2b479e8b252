"""The window of a rule: known moments by hand."""

import pytest

from quality.agreement.intervals import wilson_interval
from quality.agreement.windows import moments


def at(results: list[float], **values: object) -> list[tuple[int, int]]:
    asked = {"window": 10, "least": 5, "condition": "below", "bar": 0.5, "are_rates": True, **values}
    return [(one.start, one.at) for one in moments(results, **asked)]  # type: ignore[arg-type]  # named above


def test_it_acts_when_enough_came_and_then_starts_anew() -> None:
    assert at([0, 0, 0, 0]) == []
    assert at([0, 0, 0, 0, 0]) == [(0, 4)]
    assert at([0] * 12) == [(0, 4), (5, 9)]


def test_only_the_window_counts() -> None:
    assert at([1] * 20 + [0] * 6) == [(16, 25)]


def test_surely_below_needs_the_whole_interval_under_the_bar() -> None:
    assert at([0, 0, 1, 0, 0, 0, 0], condition="surely_below", bar=0.5) == []
    assert wilson_interval(1, 8)[1] < 0.5 <= wilson_interval(1, 7)[1]
    assert at([0, 0, 1, 0, 0, 0, 0, 0], condition="surely_below", bar=0.5) == [(0, 7)]


def test_surely_above_needs_the_lower_bound_at_the_bar() -> None:
    assert wilson_interval(7, 7)[0] < 0.65 <= wilson_interval(8, 8)[0]
    assert at([1] * 8, condition="surely_above", bar=0.65) == [(0, 7)]


def test_means_have_their_own_interval() -> None:
    found = moments([0.2, 0.3, 0.2, 0.3, 0.2], window=5, least=5, condition="surely_below", bar=0.5, are_rates=False)
    assert [(one.n, round(one.value, 2)) for one in found] == [(5, 0.24)] and found[0].high < 0.5


def test_nothing_and_nonsense() -> None:
    assert at([]) == []
    with pytest.raises(ValueError, match="condition"):
        at([1.0], condition="odd")
