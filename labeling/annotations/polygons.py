"""A polygon: `[[x, y], …]`, one ring, or `{"rings": [ring, …]}`.

Even-odd: a place is inside when an odd number of rings hold it. Rings close by themselves; a last vertex that repeats
the first is allowed and adds nothing. Self-intersection is allowed (people draw it).
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from labeling.annotations.faults import Fault
from labeling.annotations.limits import MAX_SHAPE_VERTICES
from labeling.annotations.points import Bounds, Size, rounded
from labeling.annotations.polylines import bounds_around, check_positions
from labeling.annotations.regions import Position, even_odd_area

Ring = tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Polygon:
    """One or more rings in pixels, filled by the even-odd rule."""

    rings: tuple[Ring, ...]

    @property
    def area(self) -> float:
        """Even-odd area in square pixels, ≥ 0: holes are left out, a crossed ring counts each lobe.

        Exact for one ring that does not cross itself, else to about a thousandth (see `even_odd_area`).
        """
        return even_odd_area(self.rings)

    @property
    def bounds(self) -> Bounds:
        """The smallest `(x_min, y_min, x_max, y_max)` around all rings."""
        return bounds_around([position for ring in self.rings for position in ring])

    @property
    def perimeter(self) -> float:
        """Sum of the lengths of the closed rings, in pixels."""
        return math.fsum(
            math.dist(ring[index - 1], position) for ring in self.rings for index, position in enumerate(ring)
        )


def signed_area(ring: Sequence[Position]) -> float:
    """Shoelace formula in square pixels; the sign is the sense of turning, 0 also for a bow tie of equal lobes."""
    # Measured from the first vertex: far from the origin the products would eat the digits of a small shape.
    left, top = ring[0]
    shifted = [(x - left, y - top) for x, y in ring]
    doubled = math.fsum(shifted[index - 1][0] * y - x * shifted[index - 1][1] for index, (x, y) in enumerate(shifted))
    return doubled / 2.0


def is_flat(ring: Sequence[Position]) -> bool:
    """Whether all vertices, kept to a millionth of a pixel, lie on one straight line: nothing is enclosed.

    On that grid a triangle that is not flat spans at least 5e-7 square pixels, which bounds the rounding error below.
    """
    if abs(signed_area(ring)) > 2.5e-7:
        return False
    left, top = ring[0]
    far_x, far_y = max(ring, key=lambda position: math.dist(ring[0], position))
    return all(abs((far_x - left) * (y - top) - (far_y - top) * (x - left)) <= 5e-7 for x, y in ring)


def rings_of(value: object) -> Sequence[object] | None:
    """The rings of a polygon value in either notation, unchecked, or None when it is neither."""
    if isinstance(value, list | tuple):
        return [value]
    if isinstance(value, Mapping) and set(value) == {"rings"} and isinstance(value["rings"], list | tuple):
        rings: Sequence[object] = value["rings"]
        return rings
    return None


def check_polygon(value: object, path: str, size: Size | None = None) -> Iterator[Fault]:
    """Faults of one polygon value; `size` is (width, height) in pixels, None when unknown."""
    rings = rings_of(value)
    if not rings:
        yield Fault(path, "bad_shape", 'A polygon is a list of positions [x, y], or {"rings": [such lists]}.')
        return
    count = sum(len(ring) for ring in rings if isinstance(ring, list | tuple))
    if count > MAX_SHAPE_VERTICES:
        message = f"{count} vertices: a shape has at most {MAX_SHAPE_VERTICES} (limit max_shape_vertices)."
        yield Fault(path, "limit_exceeded", message)
        return
    is_sound = True
    for index, ring in enumerate(rings):
        ring_path = f"{path}.rings[{index}]" if isinstance(value, Mapping) else path
        for fault in _check_ring(ring, ring_path, size):
            is_sound = False
            yield fault
    if is_sound and len(rings) > 1 and _take_each_other_away(cast(Sequence[Sequence[Position]], rings)):
        yield Fault(path, "no_area", "The polygon has no area: its rings take each other away.")


def _check_ring(ring: object, path: str, size: Size | None) -> Iterator[Fault]:
    if not isinstance(ring, list | tuple):
        yield Fault(path, "bad_shape", "A ring is a list of positions [x, y].")
        return
    faults, positions = check_positions(ring, path, size)
    yield from faults
    if positions is None:
        return
    if len(set(positions)) < 3:
        yield Fault(path, "too_few_vertices", "A polygon needs at least three different vertices.")
    elif is_flat(positions):
        yield Fault(path, "no_area", "The polygon has no area: its vertices lie on one line.")


def _take_each_other_away(rings: Sequence[Sequence[Position]]) -> bool:
    """Whether every ring stands an even number of times, from whichever vertex and in whichever sense it was drawn."""
    counts = Counter(_normal_ring(ring) for ring in rings)
    return all(count % 2 == 0 for count in counts.values())


def _normal_ring(ring: Sequence[Position]) -> Ring:
    kept = [(rounded(x), rounded(y)) for x, y in ring]
    if kept[0] == kept[-1]:
        kept.pop()
    start = kept.index(min(kept))
    onward = (*kept[start:], *kept[:start])
    return min(onward, (onward[0], *reversed(onward[1:])))


def parse_polygon(value: object) -> Polygon:
    """The polygon of a value in either notation; ValueError with the first fault when it is none."""
    for fault in check_polygon(value, "value"):
        raise ValueError(f"{fault.path}: {fault.message}")
    rings = cast(Sequence[Sequence[Sequence[float]]], rings_of(value))
    return Polygon(tuple(tuple((float(x), float(y)) for x, y in ring) for ring in rings))
