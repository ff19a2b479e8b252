"""The house mark for "value with 95 % interval": a track, a band from lo to hi, a dot, a tick for the target."""

from __future__ import annotations

from dataclasses import dataclass

from quality.charts.scales import Scale, place
from quality.charts.words import interval, percent, score, whole

WIDTH, HEIGHT, EDGE = 112.0, 16.0, 5.0
SHOWN_FROM = 10


@dataclass(frozen=True)
class RangeBar:
    """Places in pixels. `band` is (x1, x2) or None; `dot` and `tick` are x or None; `text` says the same in words."""

    width: float
    height: float
    middle: float
    track: tuple[float, float]
    band: tuple[float, float] | None
    dot: float | None
    tick: float | None
    is_bad: bool
    text: str


def range_bar(
    value: float | None,
    lo: float | None,
    hi: float | None,
    n: int,
    *,
    scale_lo: float = 0.0,
    scale_hi: float = 1.0,
    target: float | None = None,
    less_is_better: bool = False,
    judged_from: int = SHOWN_FROM,
    unit: str = "percent",
    width: float = WIDTH,
) -> RangeBar:
    """Value, band and target on the scale; all of them in the same unit as the scale.

    Bad only when the whole interval lies on the bad side of the target and n reaches `judged_from`. Under 10 there is
    no band and the text says "too few"; without a value there is no dot. The scale may be cut: what lies outside stands
    at its edge.
    """
    scale = Scale(scale_lo, scale_hi, EDGE, width - EDGE)
    known = value is not None and n > 0
    has_band = known and n >= SHOWN_FROM and lo is not None and hi is not None
    is_bad = has_band and n >= judged_from and is_surely_bad(lo, hi, target, less_is_better=less_is_better)
    return RangeBar(
        width=place(width),
        height=HEIGHT,
        middle=HEIGHT / 2,
        track=(EDGE, place(width - EDGE)),
        band=(scale.at(lo), scale.at(hi)) if has_band and lo is not None and hi is not None else None,
        dot=scale.at(value) if known and value is not None else None,
        tick=None if target is None else scale.at(target),
        is_bad=is_bad,
        text=_in_words(value if known else None, lo, hi, n, unit=unit),
    )


def is_surely_bad(lo: float | None, hi: float | None, target: float | None, *, less_is_better: bool = False) -> bool:
    """Whether the whole interval lies on the bad side of the target; never without one of the three."""
    if lo is None or hi is None or target is None:
        return False
    return lo > target if less_is_better else hi < target


def _in_words(value: float | None, lo: float | None, hi: float | None, n: int, *, unit: str) -> str:
    if value is None:
        return f"n {whole(n)}, no value yet"
    if n < SHOWN_FROM:
        return f"n {whole(n)}, too few"
    shown = percent(value) if unit == "percent" else score(value)
    if lo is None or hi is None:
        return f"{shown}, n {whole(n)}"
    return f"{shown}, 95\u202f% interval {interval(lo, hi, unit=unit)}, n {whole(n)}"
