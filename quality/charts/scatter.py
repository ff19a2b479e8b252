"""Speed against quality: one mark a person, its 95 % interval, medians that make four quadrants, and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from quality.charts.scales import Scale, place, round_ticks
from quality.charts.words import decimal, percent, whole

WIDTH, HEIGHT = 712.0, 392.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 664.0, 16.0, 346.0
NAMES_UP_TO = 15
LETTER, LINE = 6.4, 15.0

Standing = Literal["above", "below", "open"]


@dataclass(frozen=True)
class Point:
    """One person: speed per active hour, share with its interval, and whether they are told apart from the median."""

    name: str
    speed: float
    share: float
    lo: float
    hi: float
    n: int
    standing: Standing = "open"
    href: str = ""


@dataclass(frozen=True)
class Text:
    x: float
    y: float
    anchor: str
    words: str


@dataclass(frozen=True)
class Mark:
    name: str
    x: float
    y: float
    top: float
    bottom: float
    standing: Standing
    diamond: str
    title: str
    href: str
    label: Text | None


@dataclass(frozen=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True)
class Quadrant:
    x: float
    y: float
    anchor: str
    name: str
    remedy: str


@dataclass(frozen=True)
class Scatter:
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    median_x: float
    median_y: float
    median_speed: str
    median_share: str
    median_share_text: Text
    quadrants: tuple[Quadrant, ...]
    marks: tuple[Mark, ...]


Box = tuple[float, float, float, float]


def median_of(values: Sequence[float | None]) -> float | None:
    """The median of the values that are known; None without any."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def standing_of(lo: float, hi: float, middle: float, n: int, *, judged_from: int = 0) -> Standing:
    """Surely above or below only when the whole interval lies on that side of the median and n is enough."""
    if n < judged_from:
        return "open"
    if lo > middle:
        return "above"
    return "below" if hi < middle else "open"


def speed_quality_scatter(points: Sequence[Point]) -> Scatter | None:
    """The geometry of the picture; None without people.

    Both axes may be cut. Names stand at every mark up to 15 people, then only at those told apart; a name takes the
    first of twelve places around its mark that touches no other name or mark, and no interval where that can be had;
    else the title says it.
    """
    if not points:
        return None
    x_ticks = round_ticks(min(one.speed for one in points) * 0.96, max(one.speed for one in points) * 1.04, most=5)
    lowest = min(one.lo for one in points) * 100 - 4
    y_ticks = round_ticks(max(0.0, lowest), min(100.0, max(one.hi for one in points) * 100 + 2), most=8)
    across = Scale(x_ticks[0], x_ticks[-1], LEFT, RIGHT)
    up = Scale(y_ticks[0], min(100.0, y_ticks[-1]), BOTTOM, TOP)
    middle_speed, middle_share = median(one.speed for one in points), median(one.share for one in points)
    median_x, median_y = across.at(middle_speed), up.at(middle_share * 100)
    quadrants = _quadrants()
    # The word of the median stands inside the plot at its right end, over the line.
    share_text = Text(RIGHT - 4, median_y + 13, "end", f"median {decimal(middle_share * 100)}")
    places = [
        (across.at(one.speed), up.at(one.share * 100), up.at(one.hi * 100), up.at(one.lo * 100)) for one in points
    ]
    labels = _place_names(points, places, [*map(_box_of_quadrant, quadrants), _box(share_text)])
    marks = tuple(
        Mark(
            name=one.name,
            x=x,
            y=y,
            top=top,
            bottom=bottom,
            standing=one.standing,
            diamond=f"{x} {place(y - 6)} {place(x + 6)} {y} {x} {place(y + 6)} {place(x - 6)} {y}",
            title=f"{one.name}: {decimal(one.speed)} an active hour, {percent(one.share)} approved at first review, "
            f"95\u202f% interval {decimal(one.lo * 100)} to {decimal(one.hi * 100)}, n {whole(one.n)}",
            href=one.href,
            label=label,
        )
        for one, (x, y, top, bottom), label in zip(points, places, labels, strict=True)
    )
    return Scatter(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=RIGHT,
        top=TOP,
        bottom=BOTTOM,
        x_ticks=tuple(Tick(across.at(value), decimal(value, 0 if value == round(value) else 1)) for value in x_ticks),
        y_ticks=tuple(Tick(up.at(value), decimal(value, 0 if value == round(value) else 1)) for value in y_ticks),
        median_x=median_x,
        median_y=median_y,
        median_speed=f"median {decimal(middle_speed)}",
        median_share=f"median {decimal(middle_share * 100)}",
        median_share_text=share_text,
        quadrants=quadrants,
        marks=marks,
    )


def _quadrants() -> tuple[Quadrant, ...]:
    near, far = LEFT + 6, RIGHT - 6
    return (
        Quadrant(near, TOP + 8, "start", "Careful", "show shortcuts"),
        Quadrant(far, TOP + 8, "end", "Fast and right", "ask for tips"),
        Quadrant(near, BOTTOM - 20, "start", "Slow, often sent back", "train again"),
        Quadrant(far, BOTTOM - 20, "end", "Fast, often sent back", "coach today"),
    )


def _place_names(points: Sequence[Point], places: Sequence[tuple[float, ...]], taken: list[Box]) -> list[Text | None]:
    """The place of each name, the ones told apart first; None where no place is free or none is due."""
    taken = [*taken, *((x - 6, y - 6, x + 6, y + 6) for x, y, _, _ in places)]
    intervals = [(x - 2.5, top, x + 2.5, bottom) for x, _, top, bottom in places]
    found: list[Text | None] = [None] * len(points)
    order = sorted(range(len(points)), key=lambda index: (points[index].standing == "open", points[index].name))
    for index in order:
        one, (x, y, _, _) = points[index], places[index]
        if len(points) > NAMES_UP_TO and one.standing == "open":
            continue
        free = [text for text in _around(x, y, one.name) if _is_free(_box(text), taken)]
        clear = [text for text in free if _is_free(_box(text), intervals)]
        if free:
            found[index] = (clear or free)[0]
            taken.append(_box((clear or free)[0]))
    return found


def _is_free(box: Box, taken: Sequence[Box]) -> bool:
    return box[0] >= LEFT + 2 and box[2] <= RIGHT + 40 and not any(_touch(box, other) for other in taken)


def _around(x: float, y: float, name: str) -> list[Text]:
    """Right, left, then the corners, above and below, then a line further."""
    return [
        Text(place(x + 10), place(y + 4), "start", name),
        Text(place(x - 10), place(y + 4), "end", name),
        Text(place(x + 8), place(y - 8), "start", name),
        Text(place(x - 8), place(y - 8), "end", name),
        Text(place(x + 8), place(y + 16), "start", name),
        Text(place(x - 8), place(y + 16), "end", name),
        Text(place(x), place(y - 12), "middle", name),
        Text(place(x), place(y + 20), "middle", name),
        # A second line away, for crowds.
        Text(place(x - 8), place(y - 28), "end", name),
        Text(place(x + 8), place(y - 28), "start", name),
        Text(place(x - 8), place(y + 34), "end", name),
        Text(place(x + 8), place(y + 34), "start", name),
    ]


def _box(text: Text) -> Box:
    """Where a line of 12 px stands, by a usual width of letters."""
    width = len(text.words) * LETTER
    left = {"start": text.x, "end": text.x - width}.get(text.anchor, text.x - width / 2)
    return left, text.y - 11, left + width, text.y - 11 + LINE


def _box_of_quadrant(one: Quadrant) -> Box:
    longest = max(one.name, one.remedy, key=len)
    left, top, right, _ = _box(Text(one.x, one.y, one.anchor, longest))
    return left, top, right, top + 2 * LINE


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
