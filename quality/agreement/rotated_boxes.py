"""Rotated boxes: IoU of their areas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats, Size, read_coordinates
from quality.agreement.polygons import cut_to_picture
from quality.agreement.shapes import CLIPPED, ZERO_AREA, ShapeSet, joined_notes

RotatedBox = tuple[float, ...]

ROUNDING = 1e-9
"""Share of the picture's longer side within which a corner counts as on its edge."""

_CORNERS = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])


def read_rotated_box(value: object, path: str) -> RotatedBox:
    """`[center_x, center_y, width, height, degrees]`, pixels, turned clockwise about the centre (y points down).

    Given back in one form for all ways to write the same rectangle: width >= height, 0 <= degrees < 180.
    Raises ValueError naming the path: not five finite numbers, or a negative width or height. Zero width or height is
    let through: it is a degenerate box, not a malformed one.
    """
    x, y, width, height, degrees = read_coordinates(value, 5, path)
    if width < 0 or height < 0:
        raise ValueError(f"{path}: width and height must be at least 0, not {width} x {height}")
    if height > width:
        width, height, degrees = height, width, degrees + 90
    # Without a length there is no direction.
    return (x, y, width, height, degrees % 180 if width else 0.0)


def corners(boxes: Floats) -> Floats:
    """The four corners (n, 4, 2) of rotated boxes (n, 5), in pixels."""
    turned = np.radians(boxes[:, 4])
    cos, sin = np.cos(turned)[:, None], np.sin(turned)[:, None]
    along = _CORNERS[None, :, 0] * boxes[:, None, 2]
    across = _CORNERS[None, :, 1] * boxes[:, None, 3]
    found: Floats = np.stack(
        [boxes[:, None, 0] + along * cos - across * sin, boxes[:, None, 1] + along * sin + across * cos], axis=2
    )
    return found


def prepare_rotated_boxes(boxes: Sequence[RotatedBox], size: Size | None) -> ShapeSet:
    """Rotated boxes as read, clipped to `size` (width, height) if known. `geometry` is (n,) shapely areas.

    Compared by `polygons.polygon_iou`: a square turned by 45 degrees on itself is 1/√2.
    """
    raw: Floats = np.array(boxes, dtype=np.float64).reshape(len(boxes), 5)
    drawn = corners(raw)
    areas = shapely.polygons(drawn)
    is_clipped: NDArray[np.bool_] = np.zeros(len(boxes), dtype=np.bool_)
    if size is not None:
        # A corner on the picture's edge may come out of the turn a rounding outside of it.
        slack = ROUNDING * max(size)
        is_outside = (drawn < -slack) | (drawn > np.array(size) + slack)
        is_clipped = np.asarray(is_outside.any(axis=(1, 2)), dtype=np.bool_)
    cut_to_picture(areas, is_clipped, size)
    is_degenerate = (raw[:, 2] <= 0) | (raw[:, 3] <= 0) | (shapely.area(areas) <= 0)
    areas[is_degenerate] = shapely.Polygon()
    flags = is_degenerate.tolist()
    return ShapeSet(
        geometry=areas,
        is_degenerate=is_degenerate,
        vertex_sets=tuple(frozenset([box]) if flag else None for box, flag in zip(boxes, flags, strict=True)),
        notes=tuple(
            joined_notes(CLIPPED if cut else "", ZERO_AREA if flag else "")
            for cut, flag in zip(is_clipped.tolist(), flags, strict=True)
        ),
    )
