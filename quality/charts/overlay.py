"""Opinions drawn over the picture: one path a shape, in the picture's pixels, with the colour and line of its maker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from quality.charts.scales import place

# Colour of the class palette, then the line: people are told apart by both together.
STYLES = ("2-solid", "4-dashed", "12-dotted", "6-solid", "10-dashed", "1-dotted")
SHOWN_WIDTH = 424.0

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Shape:
    """An object of an opinion as it was drawn; `value` is that of the payload."""

    id: str
    kind: str
    value: Any
    name: str
    style: str


@dataclass(frozen=True)
class Outline:
    path: str
    style: str
    is_filled: bool
    title: str


@dataclass(frozen=True)
class Badge:
    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Overlay:
    """`unit` is one shown pixel in pixels of the picture, so that numbers keep their size."""

    width: float
    height: float
    unit: float
    radius: float
    font_size: float
    outlines: tuple[Outline, ...]
    badges: tuple[Badge, ...]


def style_of(index: int) -> str:
    """The style of the n-th opinion; from the seventh on they repeat."""
    return STYLES[index % len(STYLES)]


def overlay(
    shapes: Iterable[Shape],
    size: tuple[int, int],
    *,
    numbers: Mapping[str, str] | None = None,
    shown_width: float = SHOWN_WIDTH,
) -> Overlay:
    """Outlines of the shapes and, where `numbers` (object id → number) says so, one badge a number at its top left."""
    shapes = list(shapes)
    width, height = size
    unit = width / shown_width
    outlines = tuple(
        Outline(outline(shape.kind, shape.value, 4 * unit), shape.style, shape.kind in ("box", "polygon"), shape.name)
        for shape in shapes
    )
    corners: dict[str, Bounds] = {}
    for shape in shapes:
        number = (numbers or {}).get(shape.id)
        if number is not None:
            own = bounds(shape.kind, shape.value)
            corners[number] = _around(corners[number], own) if number in corners else own
    radius = 9 * unit
    badges = tuple(
        Badge(
            place(min(max(corner[0] + radius * 0.4, radius), width - radius)),
            place(min(max(corner[1] - radius * 1.2, radius), height - radius)),
            number,
        )
        for number, corner in corners.items()
    )
    return Overlay(width, height, round(unit, 4), place(radius), place(11 * unit), outlines, badges)


def outline(kind: str, value: Any, reach: float) -> str:
    """The path of a shape: a box and each ring of a polygon closed, a point as a cross of `reach` to each side.

    Raises ValueError for a kind that has no shape.
    """
    if kind == "box":
        x1, y1, x2, y2 = map(place, value)
        return f"M{x1} {y1}L{x2} {y1}L{x2} {y2}L{x1} {y2}Z"
    if kind == "polygon":
        return "".join(_line(ring) + "Z" for ring in _rings(value))
    if kind == "polyline":
        return _line(value)
    if kind == "point":
        x, y = map(place, value)
        low, high = place(x - reach), place(x + reach)
        return f"M{low} {y}L{high} {y}M{x} {place(y - reach)}L{x} {place(y + reach)}"
    raise ValueError(f"{kind} has no shape")


def bounds(kind: str, value: Any) -> Bounds:
    """(x_min, y_min, x_max, y_max) of a shape."""
    if kind == "box":
        return cast(Bounds, tuple(float(number) for number in value))
    points = (
        [value] if kind == "point" else value if kind == "polyline" else [p for ring in _rings(value) for p in ring]
    )
    xs, ys = [float(point[0]) for point in points], [float(point[1]) for point in points]
    return min(xs), min(ys), max(xs), max(ys)


def _rings(value: Any) -> Sequence[Any]:
    return cast(Sequence[Any], value["rings"]) if isinstance(value, Mapping) else [value]


def _line(points: Iterable[Any]) -> str:
    return "M" + "L".join(f"{place(float(x))} {place(float(y))}" for x, y in points)


def _around(a: Bounds, b: Bounds) -> Bounds:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
