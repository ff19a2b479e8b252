"""Regions of the plane under the even-odd rule; the one module of this package that speaks to shapely."""

from collections.abc import Sequence
from typing import Any, Final

import shapely as _untyped_shapely

Position = tuple[float, float]

# Shapely ships no types: named once as Any, so that the rest of the module is checked.
_shapely: Final[Any] = _untyped_shapely


def even_odd_area(rings: Sequence[Sequence[Position]]) -> float:
    """The area in square pixels of what an odd number of rings hold; a ring that crosses itself counts each lobe.

    Rings need three vertices or more and close by themselves. Crossings inside one ring follow GEOS `make_valid`.
    """
    region = _shapely.Polygon()
    for ring in rings:
        region = region.symmetric_difference(_region(ring))
    return float(region.area)


def united(rings: Sequence[Sequence[Position]]) -> list[list[Position]]:
    """Rings whose even-odd region is the union of the given ones; the same rings when none overlap."""
    parts = [_region(ring) for ring in rings]
    union = _shapely.unary_union(parts)
    if abs(union.area - sum(part.area for part in parts)) <= 1e-6 * max(union.area, 1.0):
        return [list(ring) for ring in rings]
    shapes = [shape for shape in getattr(union, "geoms", [union]) if shape.geom_type == "Polygon"]
    boundaries = [boundary for shape in shapes for boundary in (shape.exterior, *shape.interiors)]
    return [[(float(x), float(y)) for x, y in boundary.coords[:-1]] for boundary in boundaries]


def _region(ring: Sequence[Position]) -> Any:
    polygon = _shapely.Polygon(ring)
    return polygon if polygon.is_valid else _shapely.make_valid(polygon)
