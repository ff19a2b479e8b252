"""Cumulative flow: rows that are in, labeled and done, day by day, as three bands with their names at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quality.charts.scales import Scale, place, round_ticks
from quality.charts.words import decimal, whole

WIDTH, HEIGHT = 708.0, 320.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 572.0, 24.0, 296.0
CLOSEST_LABELS = 34.0


@dataclass(frozen=True)
class FlowDay:
    """Totals at the end of a day (or now): rows that entered, that left labeling, that are done."""

    label: str
    entered: int
    labeled: int
    done: int


@dataclass(frozen=True)
class BandLabel:
    y: float
    name: str
    value: str


@dataclass(frozen=True)
class Step:
    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Arrow:
    """From now back to when as many rows were labeled as are done now."""

    x1: float
    x2: float
    y: float
    head: str
    text_x: float
    text_y: float
    words: str


@dataclass(frozen=True)
class Place:
    at: float
    words: str


@dataclass(frozen=True)
class CumulativeFlow:
    width: float
    height: float
    left: float
    right: float
    bottom: float
    queue_area: str
    review_area: str
    done_area: str
    queue_line: str
    review_line: str
    done_line: str
    x_places: tuple[Place, ...]
    y_ticks: tuple[Place, ...]
    labels: tuple[BandLabel, ...]
    label_x: float
    steps: tuple[Step, ...]
    arrow: Arrow | None
    middle_is_warned: bool


def cumulative_flow(days: Sequence[FlowDay], *, middle_is_warned: bool = False) -> CumulativeFlow | None:
    """The geometry; None under two days.

    Rows enter in steps (a batch comes at once), labeled and done are joined by straight lines. The height of the
    queue's band is entered − labeled, of the middle one labeled − done. Raises ValueError unless done <= labeled <=
    entered on each day.
    """
    for one in days:
        if not 0 <= one.done <= one.labeled <= one.entered:
            raise ValueError(f"{one.label}: needs 0 <= done <= labeled <= entered")
    if len(days) < 2:
        return None
    ticks = round_ticks(0, max(1, *(one.entered for one in days)), most=4)
    up = Scale(0, ticks[-1], BOTTOM, TOP)
    across = Scale(0, len(days) - 1, LEFT, RIGHT)
    xs = [across.at(index) for index in range(len(days))]
    done = [(x, up.at(one.done)) for x, one in zip(xs, days, strict=True)]
    labeled = [(x, up.at(one.labeled)) for x, one in zip(xs, days, strict=True)]
    entered = _stepped([(x, up.at(one.entered)) for x, one in zip(xs, days, strict=True)])
    ground = [(xs[0], BOTTOM), (xs[-1], BOTTOM)]
    last = days[-1]
    return CumulativeFlow(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=RIGHT,
        bottom=BOTTOM,
        queue_area=_path([*entered, *reversed(labeled)], is_closed=True),
        review_area=_path([*labeled, *reversed(done)], is_closed=True),
        done_area=_path([*done, *reversed(ground)], is_closed=True),
        queue_line=_path(entered),
        review_line=_path(labeled),
        done_line=_path(done),
        x_places=_x_places(xs, days),
        y_ticks=tuple(Place(up.at(value), whole(value)) for value in ticks),
        labels=_spread(
            [
                BandLabel(
                    (entered[-1][1] + labeled[-1][1]) / 2, "Queue and labeling", whole(last.entered - last.labeled)
                ),
                BandLabel((labeled[-1][1] + done[-1][1]) / 2, "Review and rework", whole(last.labeled - last.done)),
                BandLabel((done[-1][1] + BOTTOM) / 2, "Done", whole(last.done)),
            ]
        ),
        label_x=RIGHT + 10,
        steps=_steps(days, xs, up),
        arrow=_arrow(days, across, up),
        middle_is_warned=middle_is_warned,
    )


def days_from_label_to_done(days: Sequence[FlowDay]) -> float | None:
    """Working days since as many rows were labeled as are done now; None before the first day, or with none done."""
    target = days[-1].done if days else 0
    if target == 0 or days[0].labeled > target:
        return None
    for index in range(len(days) - 1, 0, -1):
        before, after = days[index - 1].labeled, days[index].labeled
        if before <= target:
            share = 1.0 if after == before else min(1.0, (target - before) / (after - before))
            return len(days) - 1 - (index - 1 + share)
    return None


def _arrow(days: Sequence[FlowDay], across: Scale, up: Scale) -> Arrow | None:
    lead = days_from_label_to_done(days)
    if lead is None or lead < 0.25:
        return None
    start = across.at(len(days) - 1 - lead)
    y = up.at(days[-1].done)
    half = 100.0
    text_x = min(max(start, LEFT + half), RIGHT - half)
    head = f"{place(start + 6)} {place(y - 4)}L{start} {y}L{place(start + 6)} {place(y + 4)}"
    words = f"{decimal(lead)} working days from label to done"
    return Arrow(RIGHT, start, y, head, place(text_x), place(max(TOP + 12, y - 62)), words)


def _stepped(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    found = points[:1]
    for x, y in points[1:]:
        if y != found[-1][1]:
            found.append((x, found[-1][1]))
        found.append((x, y))
    return found


def _steps(days: Sequence[FlowDay], xs: Sequence[float], up: Scale) -> tuple[Step, ...]:
    """The days on which many rows came in: at least 5 % of what is in, named at the step."""
    least = days[-1].entered * 0.05
    return tuple(
        Step(xs[index], up.at(days[index].entered), f"+{whole(days[index].entered - days[index - 1].entered)}")
        for index in range(1, len(days))
        if days[index].entered - days[index - 1].entered >= max(1, least)
    )


def _x_places(xs: Sequence[float], days: Sequence[FlowDay]) -> tuple[Place, ...]:
    every = max(1, -(-len(days) // 12))
    last = len(days) - 1
    return tuple(
        Place(x, one.label) for index, (x, one) in enumerate(zip(xs, days, strict=True)) if (last - index) % every == 0
    )


def _spread(labels: list[BandLabel]) -> tuple[BandLabel, ...]:
    """Names at the right end keep their order and never lie on each other."""
    found: list[BandLabel] = []
    for one in labels:
        y = one.y if not found else max(one.y, found[-1].y + CLOSEST_LABELS)
        found.append(BandLabel(place(y), one.name, one.value))
    lowest = BOTTOM - 16
    for index in range(len(found) - 1, -1, -1):
        if found[index].y > lowest:
            found[index] = BandLabel(place(lowest), found[index].name, found[index].value)
        lowest = found[index].y - CLOSEST_LABELS
    return tuple(found)


def _path(points: Sequence[tuple[float, float]], *, is_closed: bool = False) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points) + ("Z" if is_closed else "")
