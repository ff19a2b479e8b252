"""One bar for where the time went: a part for each stage, as wide as its share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quality.charts.scales import place
from quality.charts.words import hours, percent

WIDTH, HEIGHT, GAP = 344.0, 10.0, 2.0


@dataclass(frozen=True)
class TimePart:
    """`tone` is the name of a colour: series-1, series-2, series-3, warn, track."""

    name: str
    seconds: float
    tone: str


@dataclass(frozen=True)
class Segment:
    name: str
    tone: str
    x: float
    width: float
    share: float
    seconds: float
    title: str


@dataclass(frozen=True)
class TimeBar:
    width: float
    height: float
    total: float
    segments: tuple[Segment, ...]


def stacked_time_bar(parts: Sequence[TimePart], *, width: float = WIDTH) -> TimeBar:
    """Segments side by side with a gap of 2 px; shares are seconds ÷ all seconds. No time gives no segments."""
    some = [part for part in parts if part.seconds > 0]
    total = sum(part.seconds for part in some)
    room = width - GAP * max(0, len(some) - 1)
    segments, x = [], 0.0
    for part in some:
        share = part.seconds / total
        segments.append(
            Segment(
                part.name,
                part.tone,
                place(x),
                place(room * share),
                share,
                part.seconds,
                f"{part.name}: {hours(part.seconds)} h, {percent(share)}",
            )
        )
        x += room * share + GAP
    return TimeBar(width, HEIGHT, total, tuple(segments))
