"""A point: `[x, y]` in pixels, continuous, origin at the upper left corner of the picture."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard, cast

from labeling.annotations.faults import Fault, quoted
from labeling.annotations.limits import BORDER_TOLERANCE, COORDINATE_DECIMALS, MAX_COORDINATE

Size = tuple[int, int]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the picture, in pixels."""

    x: float
    y: float

    @property
    def bounds(self) -> Bounds:
        """`(x, y, x, y)`: a point has no extent."""
        return (self.x, self.y, self.x, self.y)


def is_number(value: object) -> TypeGuard[int | float]:
    """A real number of JSON: True and False are none, though Python counts with them."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def rounded(value: float) -> float:
    """The coordinate as it is kept: to a millionth of a pixel, and never -0.0."""
    return round(float(value), COORDINATE_DECIMALS) + 0.0


def check_number(value: object, path: str) -> Fault | None:
    """Refuse what is no finite number: text, null, booleans, NaN, infinities, whole numbers beyond a float."""
    if not is_number(value):
        return Fault(path, "not_a_number", f"A number is wanted, not {quoted(value)}.")
    try:
        is_finite = math.isfinite(value)
    except OverflowError:
        is_finite = False
    return None if is_finite else Fault(path, "not_finite", "NaN and infinite numbers are not allowed.")


def check_coordinate(value: object, path: str, extent: int | None) -> Fault | None:
    """Refuse a coordinate that is no finite number or lies more than half a pixel outside `0 … extent`."""
    fault = check_number(value, path)
    if fault is not None or not is_number(value):
        return fault
    if abs(value) > MAX_COORDINATE:
        return Fault(path, "limit_exceeded", f"A coordinate is at most {MAX_COORDINATE:.0f} (limit max_coordinate).")
    if extent is not None and not -BORDER_TOLERANCE <= value <= extent + BORDER_TOLERANCE:
        return Fault(path, "out_of_bounds", f"{value:g} lies outside the picture (0 to {extent}).")
    return None


def check_point(value: object, path: str, size: Size | None = None) -> Iterator[Fault]:
    """Faults of one `[x, y]`; `size` is (width, height) in pixels, None when unknown: nothing is out of bounds."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        yield Fault(path, "bad_shape", "A position is a list of two numbers, x and y.")
        return
    for index, number in enumerate(value):
        fault = check_coordinate(number, f"{path}[{index}]", size[index] if size else None)
        if fault is not None:
            yield fault


def parse_point(value: object) -> Point:
    """The point of a value; ValueError with the first fault when it is none."""
    for fault in check_point(value, "value"):
        raise ValueError(f"{fault.path}: {fault.message}")
    x, y = cast(Sequence[float], value)
    return Point(float(x), float(y))
