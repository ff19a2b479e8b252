"""Points: a Gaussian of the distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quality.agreement.coordinates import Floats, Size, diagonal, read_coordinates
from quality.agreement.shapes import CLIPPED, ShapeSet

SIGMA_SHARE = 0.01
"""Default sigma as a share of the picture's diagonal."""

MATCH_GATE = 0.1
"""Points less similar than this are never a match (about 2.1 sigma apart)."""

Point = tuple[float, ...]


def read_point(value: object, path: str) -> Point:
    """`[x, y]` in pixels. Raises ValueError naming the path unless it is two finite numbers."""
    return read_coordinates(value, 2, path)


def prepare_points(points: Sequence[Point], size: Size | None) -> ShapeSet:
    """Points as read, moved to the picture's edge when outside a known `size`. `geometry` is (n, 2) in pixels."""
    raw: Floats = np.array(points, dtype=np.float64).reshape(len(points), 2)
    inside: Floats = raw if size is None else np.clip(raw, 0.0, np.array(size))
    is_clipped = (inside != raw).any(axis=1).tolist()
    return ShapeSet(
        geometry=inside,
        is_degenerate=np.zeros(len(points), dtype=np.bool_),
        vertex_sets=(None,) * len(points),
        notes=tuple(CLIPPED if cut else "" for cut in is_clipped),
    )


def default_sigma(size: Size) -> float:
    """1 % of the picture's diagonal, in pixels: 8 for 640 x 480."""
    return SIGMA_SHARE * diagonal(size)


def point_similarity(a: Floats, b: Floats, sigma: float) -> Floats:
    """exp(-distance² / (2 sigma²)) of every point of `a` (n, 2) with every one of `b` (m, 2), shape (n, m).

    Distances and `sigma` in pixels, range 0..1, the same point gives 1, empty input an empty matrix. The form is the
    one of COCO's object keypoint similarity (Ronchi & Perona 2017) with a scale taken from the picture.
    Raises ValueError unless sigma is above 0.
    """
    if not sigma > 0:
        raise ValueError(f"sigma: must be above 0, not {sigma}")
    offsets = (a[:, None, :] - b[None, :, :]) / sigma
    similarity: Floats = np.exp(-0.5 * np.square(offsets).sum(axis=2))
    return similarity
