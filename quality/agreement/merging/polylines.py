"""Merging polylines: cluster by length F1, then the one that is most like the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from quality.agreement.coordinates import Floats
from quality.agreement.merging.clusters import THRESHOLD
from quality.agreement.merging.pooled import Weights, merge_by_cluster
from quality.agreement.merging.result import MergedObject
from quality.agreement.polylines import Polyline, polyline_f1, prepare_polylines


def merge_polylines(
    labels: Mapping[str, Sequence[Polyline]],
    *,
    tolerance: float,
    weights: Weights | None = None,
    threshold: float = THRESHOLD,
    quorum: int | None = None,
) -> list[MergedObject]:
    """The merged polylines in pixels of labeler -> polylines of one feature.

    Clusters of at least `threshold` mean F1 under `polylines.polyline_f1` with `tolerance` pixels, quorum and
    `weights` as in `boxes.merge_boxes`. Lines cannot be averaged vertex by vertex, so each cluster becomes its medoid:
    the member with the greatest weighted mean F1 with the others, the first by its coordinates among equals.
    Lines without length are like nothing. Raises ValueError for a negative tolerance or a weight that is not above 0.
    """

    def similarity(lines: Sequence[Polyline]) -> Floats:
        geometry = prepare_polylines(lines, None).geometry
        found = polyline_f1(geometry, geometry, tolerance)
        # Rounding may differ by direction; clustering needs one value for a pair.
        symmetric: Floats = (found + found.T) / 2
        return symmetric

    def medoid(lines: Sequence[Polyline], skills: Floats) -> Polyline:
        closeness = similarity(lines)
        np.fill_diagonal(closeness, 0.0)
        return lines[int(np.round(closeness @ skills, 12).argmax())]

    return merge_by_cluster(
        labels,
        key=lambda line: line,
        similarity=similarity,
        fuse=medoid,
        threshold=threshold,
        quorum=quorum,
        weights=weights,
    )
