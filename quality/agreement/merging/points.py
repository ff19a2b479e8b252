"""Merging points: cluster by distance, then the geometric median."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from quality.agreement.coordinates import Floats
from quality.agreement.merging.pooled import Weights, merge_by_cluster
from quality.agreement.merging.result import MergedObject
from quality.agreement.points import MATCH_GATE, Point, point_similarity

MOST_STEPS = 1_000
TOLERANCE = 1e-10


def merge_points(
    labels: Mapping[str, Sequence[Point]],
    *,
    sigma: float,
    weights: Weights | None = None,
    threshold: float = MATCH_GATE,
    quorum: int | None = None,
) -> list[MergedObject]:
    """The merged points `(x, y)` in pixels of labeler -> points of one feature.

    Clusters of at least `threshold` mean similarity under `points.point_similarity` with `sigma` pixels, quorum and
    `weights` as in `boxes.merge_boxes`; each cluster becomes its `geometric_median`. No points: nothing.
    Raises ValueError for a weight or a sigma that is not above 0.
    """
    return merge_by_cluster(
        labels,
        key=tuple,
        similarity=lambda points: _similarity(points, sigma),
        fuse=lambda points, skills: tuple(geometric_median(np.array(points, dtype=np.float64), skills).tolist()),
        threshold=threshold,
        quorum=quorum,
        weights=weights,
    )


def geometric_median(points: Floats, weights: Floats) -> Floats:
    """The place (2,) with the smallest weighted sum of distances to `points` (n, 2), n at least 1.

    Weiszfeld's steps from the mean, with the rule of Vardi & Zhang (2000) where a step meets one of the points. Any
    place between two points of equal weight is one: their middle is taken. Unit: that of the points.
    """
    place: Floats = np.average(points, axis=0, weights=weights)
    scale = float(np.abs(points - place).max())
    for _ in range(MOST_STEPS):
        step = _vardi_zhang(points, weights, place, scale) if scale > 0 else place
        moved = float(np.abs(step - place).max())
        place = step
        if moved <= TOLERANCE * scale:
            break
    return place


def _vardi_zhang(points: Floats, weights: Floats, place: Floats, scale: float) -> Floats:
    offsets = points - place
    distances = np.hypot(offsets[:, 0], offsets[:, 1])
    is_away = distances > TOLERANCE * scale
    if not is_away.any():
        return place
    pull = weights[is_away] / distances[is_away]
    target: Floats = pull @ points[is_away] / pull.sum()
    force = float(np.hypot(*(pull @ offsets[is_away])))
    here = float(weights[~is_away].sum())
    if here == 0:
        return target
    stay = min(1.0, here / force) if force > 0 else 1.0
    return (1 - stay) * target + stay * place


def _similarity(points: Sequence[Point], sigma: float) -> Floats:
    array = np.array(points, dtype=np.float64).reshape(len(points), 2)
    return point_similarity(array, array, sigma)
