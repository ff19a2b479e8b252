"""One bar a working day, from zero. The day that is not finished has the second colour and is labeled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from quality.charts.scales import Scale, place
from quality.charts.words import day, whole

WIDTH, HEIGHT = 344.0, 132.0
TOP, BOTTOM, GAP, WIDEST, LABEL_EVERY = 18.0, 20.0, 4.0, 40.0, 26.0


@dataclass(frozen=True)
class DayValue:
    day: date
    value: float
    is_finished: bool = True
    href: str = ""


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    centre: float
    hit_x: float
    hit_width: float
    axis: str
    label: str
    label_y: float
    title: str
    is_finished: bool
    href: str


@dataclass(frozen=True)
class DayBars:
    width: float
    height: float
    base: float
    axis_y: float
    bars: tuple[Bar, ...]


def day_bars(values: Sequence[DayValue], *, width: float = WIDTH, height: float = HEIGHT, unit: str = "") -> DayBars:
    """Bars of the days that have work, in the given order; the largest and the last carry their number.

    Heights are value ÷ largest value. Days without work are left out. No days give no bars.
    """
    worked = [one for one in values if one.value > 0]
    base = height - BOTTOM
    if not worked:
        return DayBars(width, height, base, height - 6, ())
    largest = max(one.value for one in worked)
    scale = Scale(0, largest, base, TOP)
    step = min(WIDEST, width / len(worked))
    thin = max(1, round(LABEL_EVERY / step)) if step < LABEL_EVERY - 2 else 1
    tallest = max(range(len(worked)), key=lambda index: worked[index].value)
    last = len(worked) - 1
    # Two numbers side by side need room; the last day's is the one that changes.
    keeps_tallest = tallest == last or (last - tallest) * step >= 34
    bars = []
    for index, one in enumerate(worked):
        top = scale.at(one.value)
        gap = min(GAP, step / 4)
        is_labeled = index == last or (index == tallest and keeps_tallest)
        bars.append(
            Bar(
                x=place(index * step + gap / 2),
                y=top,
                width=place(step - gap),
                height=place(base - top),
                centre=place((index + 0.5) * step),
                hit_x=place(index * step),
                hit_width=place(step),
                axis=str(one.day.day) if (last - index) % thin == 0 else "",
                label=whole(one.value) if is_labeled else "",
                label_y=place(top - 5),
                title=f"{day(one.day)}: {whole(one.value)}{' ' + unit if unit else ''}"
                + ("" if one.is_finished else ", day not finished"),
                is_finished=one.is_finished,
                href=one.href,
            )
        )
    return DayBars(width, height, base, height - 6, tuple(bars))
