"""Polygons: IoU of areas under the even-odd rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats, Size, lies_inside, read_vertices
from quality.agreement.repairs import even_odd_areas, polygonal
from quality.agreement.shapes import CLIPPED, REPAIRED, ZERO_AREA, ShapeSet, VertexSet, joined_notes

Ring = tuple[tuple[float, float], ...]
Rings = tuple[Ring, ...]
Geometries = NDArray[Any]

NO_AREA_SHARE = 1e-12
"""Areas under this share of the squared extent are rounding, not area (a collinear outline in floats)."""


def read_polygon(value: object, path: str) -> Rings:
    """`[[x, y], …]` (one ring) or `{"rings": [[[x, y], …], …]}` in pixels.

    Raises ValueError naming the path unless there is a ring and every ring has a vertex of two finite numbers. One or
    two vertices are let through: a degenerate polygon, not a malformed one.
    """
    if not isinstance(value, Mapping):
        return (read_vertices(value, path),)
    rings = value.get("rings")
    if not isinstance(rings, list | tuple) or len(rings) == 0:
        raise ValueError(f"{path}.rings: needs a list of rings")
    return tuple(read_vertices(ring, f"{path}.rings[{index}]") for index, ring in enumerate(rings))


def area_of_rings(polygons: Sequence[Rings]) -> tuple[Geometries, NDArray[np.bool_]]:
    """Valid areas (n,) of polygons given as rings, and (n,) whether the outline had to be repaired.

    Even-odd rule: a place is inside when an odd number of rings' windings cover it. Each ring is repaired by
    `repairs.even_odd_areas` (never `buffer(0)`, which drops a lobe of a bow-tie), and several rings are joined by
    symmetric difference, so that a ring inside another is a hole. Vertex order, direction, closing point, repeated
    vertices and spikes have no effect. Outlines without area become empty polygons.
    """
    rings = [ring for polygon in polygons for ring in polygon]
    owners = np.repeat(np.arange(len(polygons)), [len(polygon) for polygon in polygons])
    areas, is_repaired = _areas_of_single_rings(rings)
    if len(rings) == len(polygons):
        return areas, is_repaired
    joined: Geometries = np.empty(len(polygons), dtype=object)
    for index in range(len(polygons)):
        joined[index] = polygonal(reduce(shapely.symmetric_difference, areas[owners == index]))
    return joined, np.bincount(owners, weights=is_repaired, minlength=len(polygons)) > 0


def prepare_polygons(polygons: Sequence[Rings], size: Size | None) -> ShapeSet:
    """Polygons as read, repaired, clipped to `size` (width, height) if known. `geometry` is (n,) shapely areas."""
    areas, is_repaired = area_of_rings(polygons)
    vertex_sets = [_vertex_set(polygon) for polygon in polygons]
    is_flat = shapely.area(areas) <= NO_AREA_SHARE * np.array([_squared_extent(v) for v in vertex_sets])
    is_clipped = np.array([not lies_inside(np.array(list(v)), size) for v in vertex_sets], dtype=np.bool_)
    cut_to_picture(areas, is_clipped, size)
    is_degenerate = is_flat | (shapely.area(areas) <= 0)
    areas[is_degenerate] = shapely.Polygon()
    return ShapeSet(
        geometry=areas,
        is_degenerate=is_degenerate,
        vertex_sets=tuple(v if flat else None for v, flat in zip(vertex_sets, is_degenerate.tolist(), strict=True)),
        notes=tuple(
            joined_notes(CLIPPED if cut else "", ZERO_AREA if flat else REPAIRED if mended else "")
            for cut, flat, mended in zip(is_clipped, is_degenerate.tolist(), is_repaired.tolist(), strict=True)
        ),
    )


def cut_to_picture(areas: Geometries, is_outside: NDArray[np.bool_], size: Size | None) -> None:
    """Cuts, in place, the areas marked as reaching outside to 0..width, 0..height. Nothing happens without a size."""
    if size is not None and is_outside.any():
        cut = shapely.intersection(areas[is_outside], shapely.box(0, 0, *size))
        areas[is_outside] = [polygonal(geometry) for geometry in cut]


def polygon_iou(a: Geometries, b: Geometries) -> Floats:
    """Intersection over union of every area of `a` (n,) with every one of `b` (m,), shape (n, m), range 0..1.

    Takes what `area_of_rings` gives. Areas that only touch give 0, an empty area gives 0 with everything, empty input
    an empty matrix. Equals COCO's rasters in the limit of fine pixels. The index is Jaccard's (1912).
    """
    iou: Floats = np.zeros((len(a), len(b)))
    if not len(a) or not len(b):
        return iou
    box_a, box_b = shapely.bounds(a), shapely.bounds(b)
    low = np.maximum(box_a[:, None, :2], box_b[None, :, :2])
    high = np.minimum(box_a[:, None, 2:], box_b[None, :, 2:])
    rows, columns = np.nonzero((low < high).all(axis=2))
    shared = shapely.area(shapely.intersection(a[rows], b[columns]))
    union = shapely.area(a)[rows] + shapely.area(b)[columns] - shared
    iou[rows, columns] = np.clip(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0), 0.0, 1.0)
    return iou


def _areas_of_single_rings(rings: Sequence[Ring]) -> tuple[Geometries, NDArray[np.bool_]]:
    areas: Geometries = np.full(len(rings), shapely.Polygon(), dtype=object)
    is_repaired = np.zeros(len(rings), dtype=np.bool_)
    full = [index for index, ring in enumerate(rings) if len(ring) >= 3]
    if not full:
        return areas, is_repaired
    vertices = np.array([vertex for index in full for vertex in rings[index]])
    owners = np.repeat(np.arange(len(full)), [len(rings[index]) for index in full])
    drawn = shapely.polygons(shapely.linearrings(vertices, indices=owners))
    crossed = ~shapely.is_valid(drawn)
    drawn[crossed] = even_odd_areas(drawn[crossed])
    areas[full] = drawn
    is_repaired[full] = crossed
    return areas, is_repaired


def _vertex_set(polygon: Rings) -> VertexSet:
    return frozenset(vertex for ring in polygon for vertex in ring)


def _squared_extent(vertices: VertexSet) -> float:
    xs, ys = [vertex[0] for vertex in vertices], [vertex[1] for vertex in vertices]
    return (max(xs) - min(xs)) ** 2 + (max(ys) - min(ys)) ** 2
