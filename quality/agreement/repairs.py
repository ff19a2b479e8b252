"""Outlines that cross themselves, made valid under the even-odd rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats

Geometries = NDArray[Any]

MANY_VERTICES = 40
"""Rings from here on are taken apart into faces: `make_valid` needs 70 s for a scribble of 400 vertices, faces 2 s."""

MANY_PIECES = 1_000
"""Pieces between crossings from which on even a ring that runs over its own edges is taken apart."""

FACES_AT_ONCE = 2_048
ROUNDING = 1e-12


def even_odd_areas(polygons: Geometries) -> Geometries:
    """The areas (n,) inside the single outlines of `polygons` (n,), which need not be valid, by the even-odd rule.

    By `make_valid` with method "linework", which equals COCO's rasters, or, the same area and much sooner for an
    outline with many crossings, from the faces that its lines cut out of the plane: a face is inside when a ray from
    it meets the outline an odd number of times. An outline that runs over its own edges is left to `make_valid`
    unless that would take minutes: where edges are doubled, "linework" keeps some faces that the strict rule leaves
    out. Outlines without area become empty polygons.
    """
    found: Geometries = np.empty(len(polygons), dtype=object)
    is_long = shapely.get_num_coordinates(polygons) > MANY_VERTICES
    mended = shapely.make_valid(polygons[~is_long], method="linework")
    found[~is_long] = [polygonal(geometry) for geometry in mended]
    outlines = shapely.get_exterior_ring(polygons[is_long])
    found[is_long] = [_area_of_outline(outline) for outline in outlines]
    return found


def polygonal(geometry: Any) -> Any:
    """The parts with area only: repairs and cuts may leave lines and points behind, which have none."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])


def _area_of_outline(outline: Any) -> Any:
    pieces = shapely.union_all([outline])
    is_doubled = outline.length - pieces.length > ROUNDING * outline.length
    if is_doubled and shapely.get_num_geometries(pieces) < MANY_PIECES:
        return polygonal(shapely.make_valid(shapely.polygons(outline), method="linework"))
    faces = shapely.get_parts(shapely.polygonize([pieces]))
    inside = _is_inside(shapely.get_coordinates(outline), shapely.get_coordinates(shapely.point_on_surface(faces)))
    return polygonal(shapely.coverage_union_all(faces[inside])) if inside.any() else shapely.Polygon()


def _is_inside(outline: Floats, points: Floats) -> NDArray[np.bool_]:
    """Whether a ray to the right from each of `points` (k, 2) meets the closed `outline` (n, 2) an odd number of times.

    An edge counts with its lower end and without its upper one, so a vertex on the ray counts once.
    """
    inside = np.zeros(len(points), dtype=np.bool_)
    is_level = outline[:-1, 1] == outline[1:, 1]
    (x0, y0), (x1, y1) = outline[:-1][~is_level].T, outline[1:][~is_level].T
    slope = (x1 - x0) / (y1 - y0)
    for first in range(0, len(points), FACES_AT_ONCE):
        x, y = points[first : first + FACES_AT_ONCE].T[:, :, None]
        is_met = ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * slope)
        inside[first : first + FACES_AT_ONCE] = is_met.sum(axis=1) % 2 == 1
    return inside
