"""Merging polygons: cluster by IoU, then the area that most of a cluster's polygons cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from quality.agreement.coordinates import Floats
from quality.agreement.merging.clusters import THRESHOLD
from quality.agreement.merging.pooled import merge_by_cluster
from quality.agreement.merging.result import MergedObject
from quality.agreement.polygons import Rings, area_of_rings, polygon_iou
from quality.agreement.repairs import polygonal


def merge_polygons(
    labels: Mapping[str, Sequence[Rings]], *, threshold: float = THRESHOLD, quorum: int | None = None
) -> list[MergedObject]:
    """The merged polygons in pixels, as `polygons.read_polygon` gives them, of labeler -> polygons of one feature.

    Clusters and quorum as in `boxes.merge_boxes`. A merged polygon is the area that at least half of the cluster's
    polygons cover (`majority_area`), as rings under the even-odd rule. Outlines without area, and clusters without a
    common area, are left out. The order and the names of labels and polygons have no effect. Raises nothing for what
    `read_polygon` let through.
    """
    merged = merge_by_cluster(
        {name: list(area_of_rings(list(polygons))[0]) for name, polygons in labels.items()},
        key=_place_of,
        similarity=_iou,
        fuse=lambda areas, _: majority_area(areas),
        threshold=threshold,
        quorum=quorum,
        weights=None,
    )
    return [replace(found, value=rings_of(found.value)) for found in merged if found.value.area > 0]


def majority_area(areas: Sequence[Any]) -> Any:
    """The area that at least half of `areas` (n valid shapely areas) cover, a valid area, maybe empty.

    The majority in the arrangement of the areas, exact and without pixels: L_k, the area covered k times, grows by each
    polygon P as L_k ∪ (L_{k−1} ∩ P). At most n²/2 overlays; no areas give an empty one.
    """
    needed = -(-len(areas) // 2)
    levels = [shapely.Polygon()] * needed
    for area in areas:
        for k in range(needed - 1, 0, -1):
            levels[k] = polygonal(shapely.union(levels[k], polygonal(shapely.intersection(levels[k - 1], area))))
        if needed:
            levels[0] = polygonal(shapely.union(levels[0], area))
    return levels[-1] if levels else shapely.Polygon()


def rings_of(area: Any) -> Rings:
    """The outer and inner rings of a valid area, without the closing point; read even-odd they give the area again."""
    rings = []
    for part in shapely.get_parts(area):
        for ring in () if part.is_empty else (part.exterior, *part.interiors):
            rings.append(tuple((float(x), float(y)) for x, y in shapely.get_coordinates(ring)[:-1]))
    return tuple(rings)


def _place_of(area: Any) -> tuple[tuple[float, ...], bytes]:
    return () if area.is_empty else area.bounds, shapely.to_wkb(shapely.normalize(area))


def _iou(areas: Sequence[Any]) -> Floats:
    array = np.array(areas, dtype=object)
    return polygon_iou(array, array)
