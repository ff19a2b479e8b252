"""Regions of the plane under the even-odd rule; the one module of this package that speaks to shapely.

Rings come from outside, so nothing here may take quadratic time in their crossings: GEOS `make_valid` needs minutes
for a scribble of a few hundred vertices and is not used.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely as _untyped_shapely
from numpy.typing import NDArray

Position = tuple[float, float]

MAX_MERGED_VERTICES: Final = 1_000
_SCANLINES: Final = 2_000
_LINES_AT_ONCE: Final = 50

# Shapely ships no types: named once as Any, so that the rest of the module is checked.
_shapely: Final[Any] = _untyped_shapely


class UnmergeableRings(ValueError):
    """Rings whose union is not computed: one crosses itself, or they are too large."""


def even_odd_area(rings: Sequence[Sequence[Position]]) -> float:
    """The area in square pixels, ≥ 0, of what an odd number of rings hold; a ring that crosses itself counts each lobe.

    Exact for one ring that does not cross itself; else measured along 2,000 horizontal lines (midpoint rule), whose
    error is of the order of the outline's length times a 2,000th of the height at worst. Rings need three vertices
    or more and close by themselves.
    """
    if len(rings) == 1:
        polygon = _shapely.Polygon(rings[0])
        if polygon.is_valid:
            return float(polygon.area)
    return _scanned_area(rings)


def united(rings: Sequence[Sequence[Position]]) -> list[list[Position]]:
    """Rings whose even-odd region is the union of the given ones; the same rings when none overlap.

    Raises `UnmergeableRings` where rings may overlap and one crosses itself or all together have more than
    `MAX_MERGED_VERTICES` vertices.
    """
    parts = [_shapely.Polygon(ring) for ring in rings]
    if not _may_overlap([part.envelope for part in parts]):
        return [list(ring) for ring in rings]
    if sum(len(ring) for ring in rings) > MAX_MERGED_VERTICES or not all(part.is_valid for part in parts):
        raise UnmergeableRings("The parts may overlap and cannot be merged: too many vertices, or crossed.")
    union = _shapely.unary_union(parts)
    if abs(union.area - sum(part.area for part in parts)) <= 1e-6 * max(union.area, 1.0):
        return [list(ring) for ring in rings]
    shapes = [shape for shape in getattr(union, "geoms", [union]) if shape.geom_type == "Polygon"]
    boundaries = [boundary for shape in shapes for boundary in (shape.exterior, *shape.interiors)]
    return [[(float(x), float(y)) for x, y in boundary.coords[:-1]] for boundary in boundaries]


def _may_overlap(envelopes: Sequence[Any]) -> bool:
    """Whether the bounding boxes of any two parts meet; more than a few hundred parts are not compared."""
    if len(envelopes) > MAX_MERGED_VERTICES:
        return True
    return any(one.intersects(other) for index, one in enumerate(envelopes) for other in envelopes[index + 1 :])


def _scanned_area(rings: Sequence[Sequence[Position]]) -> float:
    starts = np.concatenate([np.asarray(ring, dtype=float) for ring in rings])
    ends = np.concatenate([np.roll(np.asarray(ring, dtype=float), -1, axis=0) for ring in rings])
    low, high = float(starts[:, 1].min()), float(starts[:, 1].max())
    step = (high - low) / _SCANLINES
    if step <= 0.0:
        return 0.0
    heights = low + step * (np.arange(_SCANLINES) + 0.5)
    # In pieces: all lines times all edges at once would be hundreds of megabytes for the largest shape.
    pieces = np.array_split(heights, _SCANLINES // _LINES_AT_ONCE)
    return step * sum(_width_inside(starts, ends, piece) for piece in pieces)


def _width_inside(starts: NDArray[np.float64], ends: NDArray[np.float64], heights: NDArray[np.float64]) -> float:
    """The summed width of the even-odd inside along horizontal lines."""
    lines = heights[:, None]
    # Half-open: a line through a vertex crosses one of its two edges, not both.
    is_crossed = (starts[:, 1] <= lines) != (ends[:, 1] <= lines)
    line_index, edge_index = np.nonzero(is_crossed)
    begin, end = starts[edge_index], ends[edge_index]
    share = (heights[line_index] - begin[:, 1]) / (end[:, 1] - begin[:, 1])
    crossings = begin[:, 0] + share * (end[:, 0] - begin[:, 0])
    # Every line has an even number of crossings; sorted, the inside lies between the 1st and 2nd, 3rd and 4th, ….
    ordered = crossings[np.lexsort((crossings, line_index))]
    return float((ordered[1::2] - ordered[::2]).sum())
