"""Reading coordinates that came from outside: every refusal is a ValueError that begins with the path of the value."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Size = tuple[float, float]

LARGEST_COORDINATE = 1e9
"""Pixels. Far over any picture, and small enough that areas and squares can neither overflow nor become NaN."""


def read_number(value: object, path: str) -> float:
    """`value` as a finite float. Raises ValueError for NaN, infinities, bools, strings and anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{path}: needs a number, not {_shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{path}: the number is too large") from None
    if not math.isfinite(number):
        raise ValueError(f"{path}: needs a finite number, not {number}")
    return number


def read_coordinates(value: object, count: int, path: str) -> tuple[float, ...]:
    """Exactly `count` finite pixel coordinates. Raises ValueError naming the first bad one."""
    if not isinstance(value, list | tuple) or len(value) != count:
        raise ValueError(f"{path}: needs {count} numbers, not {_shown(value)}")
    numbers = tuple(read_number(item, f"{path}[{index}]") for index, item in enumerate(value))
    for index, number in enumerate(numbers):
        if abs(number) > LARGEST_COORDINATE:
            raise ValueError(f"{path}[{index}]: {number} pixels is beyond any picture")
    return numbers


def read_vertices(value: object, path: str) -> tuple[tuple[float, float], ...]:
    """At least one (x, y) in pixels. Raises ValueError for an empty list and naming the first bad coordinate."""
    if not isinstance(value, list | tuple) or len(value) == 0:
        raise ValueError(f"{path}: needs a list of [x, y], not {_shown(value)}")
    vertices = []
    for index, vertex in enumerate(value):
        x, y = read_coordinates(vertex, 2, f"{path}[{index}]")
        vertices.append((x, y))
    return tuple(vertices)


def read_size(size: Size | None) -> Size | None:
    """(width, height) in pixels, or None when unknown. Raises ValueError unless both are finite and above 0."""
    if size is None:
        return None
    width, height = read_coordinates(size, 2, "size")
    if width <= 0 or height <= 0:
        raise ValueError(f"size: width and height must be above 0, not {width} x {height}")
    return width, height


def diagonal(size: Size) -> float:
    """Length of the picture's diagonal in pixels: sqrt(width² + height²)."""
    return math.hypot(*size)


def lies_inside(points: Floats, size: Size | None) -> bool:
    """Whether all points (n, 2) lie in the closed picture; True without a size and for no points."""
    return size is None or bool(((points >= 0) & (points <= np.array(size))).all())


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
