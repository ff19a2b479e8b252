"""Bounding boxes: IoU of continuous boxes (no +1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quality.agreement.coordinates import Floats, Size, read_coordinates
from quality.agreement.shapes import CLIPPED, ZERO_AREA, ShapeSet, joined_notes

Box = tuple[float, ...]


def read_box(value: object, path: str) -> Box:
    """`[x_min, y_min, x_max, y_max]` in pixels.

    Raises ValueError naming the path: not four finite numbers, or a negative width or height. Zero width or height is
    let through: it is a degenerate box, not a malformed one.
    """
    box = read_coordinates(value, 4, path)
    if box[2] < box[0] or box[3] < box[1]:
        raise ValueError(f"{path}: a box needs x_min <= x_max and y_min <= y_max, not {list(box)}")
    return box


def clip_boxes(boxes: Floats, size: Size | None) -> Floats:
    """Boxes (n, 4) cut to the picture 0..width, 0..height; wholly outside leaves area 0. Unchanged without a size."""
    if size is None:
        return boxes
    width, height = size
    clipped: Floats = np.clip(boxes, 0.0, np.array([width, height, width, height]))
    return clipped


def prepare_boxes(boxes: Sequence[Box], size: Size | None) -> ShapeSet:
    """Boxes as read, clipped to `size` (width, height) if known. `geometry` is (n, 4) in pixels."""
    raw: Floats = np.array(boxes, dtype=np.float64).reshape(len(boxes), 4)
    clipped = clip_boxes(raw, size)
    is_clipped = (clipped != raw).any(axis=1).tolist() if size is not None else [False] * len(boxes)
    is_degenerate = (clipped[:, 2] <= clipped[:, 0]) | (clipped[:, 3] <= clipped[:, 1])
    flags = is_degenerate.tolist()
    return ShapeSet(
        geometry=clipped,
        is_degenerate=is_degenerate,
        vertex_sets=tuple(frozenset([box]) if flag else None for box, flag in zip(boxes, flags, strict=True)),
        notes=tuple(
            joined_notes(CLIPPED if cut else "", ZERO_AREA if flag else "") if cut or flag else ""
            for cut, flag in zip(is_clipped, flags, strict=True)
        ),
    )


def box_iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of every box of `a` (n, 4) with every box of `b` (m, 4), shape (n, m), range 0..1.

    Continuous coordinates: width = x_max - x_min, no +1 (COCO, Lin et al. 2014). Touching edges give 0. A box without
    area gives 0 with everything, itself included: the rule for identical ones is `shapes.apply_degenerate_rule`.
    Empty input gives an empty matrix. Raises nothing for boxes that `read_box` let through.
    """
    # One axis at a time: arrays whose last side is 2 long take three times as long.
    shared = _shared_sides(a[:, 0], a[:, 2], b[:, 0], b[:, 2]) * _shared_sides(a[:, 1], a[:, 3], b[:, 1], b[:, 3])
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    union = area_a[:, None] + area_b[None, :] - shared
    iou: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=(shared > 0) & (union > 0))
    return np.minimum(iou, 1.0, out=iou)


def _shared_sides(low_a: Floats, high_a: Floats, low_b: Floats, high_b: Floats) -> Floats:
    sides = np.minimum.outer(high_a, high_b)
    sides -= np.maximum.outer(low_a, low_b)
    return np.maximum(sides, 0.0, out=sides)
