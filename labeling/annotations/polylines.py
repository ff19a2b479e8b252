"""A polyline: `[[x, y], …]` in pixels, at least two different positions, open."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

from labeling.annotations.faults import Fault
from labeling.annotations.limits import MAX_SHAPE_VERTICES
from labeling.annotations.points import Bounds, Size, check_point, rounded
from labeling.annotations.regions import Position


@dataclass(frozen=True, slots=True)
class Polyline:
    """An open line through two or more positions, in pixels."""

    positions: tuple[Position, ...]

    @property
    def length(self) -> float:
        """Sum of the Euclidean lengths of its pieces, in pixels, > 0."""
        return math.fsum(math.dist(start, end) for start, end in pairwise(self.positions))

    @property
    def bounds(self) -> Bounds:
        """The smallest `(x_min, y_min, x_max, y_max)` around it."""
        return bounds_around(self.positions)


def bounds_around(positions: Sequence[Position]) -> Bounds:
    """The smallest `(x_min, y_min, x_max, y_max)` around one or more positions; ValueError for none."""
    xs = [x for x, _ in positions]
    ys = [y for _, y in positions]
    return (min(xs), min(ys), max(xs), max(ys))


def check_positions(value: Sequence[object], path: str, size: Size | None) -> tuple[list[Fault], list[Position] | None]:
    """Faults of a run of positions, and the positions as they are kept (to 1e-6 pixel), or None when one is malformed.

    A run over the vertex limit gets one fault and is not looked at further.
    """
    if len(value) > MAX_SHAPE_VERTICES:
        message = f"{len(value)} vertices: a shape has at most {MAX_SHAPE_VERTICES} (limit max_shape_vertices)."
        return [Fault(path, "limit_exceeded", message)], None
    faults: list[Fault] = []
    for index, position in enumerate(value):
        faults.extend(check_point(position, f"{path}[{index}]", size))
    if any(fault.code != "out_of_bounds" for fault in faults):
        return faults, None
    pairs = cast(Sequence[Sequence[float]], value)
    return faults, [(rounded(x), rounded(y)) for x, y in pairs]


def check_polyline(value: object, path: str, size: Size | None = None) -> Iterator[Fault]:
    """Faults of one polyline value; `size` is (width, height) in pixels, None when unknown."""
    if not isinstance(value, list | tuple):
        yield Fault(path, "bad_shape", "A polyline is a list of positions [x, y].")
        return
    faults, positions = check_positions(value, path, size)
    yield from faults
    if positions is not None and len(set(positions)) < 2:
        yield Fault(path, "too_few_vertices", "A polyline needs at least two different positions.")


def parse_polyline(value: object) -> Polyline:
    """The polyline of a value; ValueError with the first fault when it is none."""
    for fault in check_polyline(value, "value"):
        raise ValueError(f"{fault.path}: {fault.message}")
    return Polyline(tuple((float(x), float(y)) for x, y in cast(Sequence[Sequence[float]], value)))
