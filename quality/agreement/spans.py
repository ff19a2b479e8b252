"""Spans of text: intersection over union of half-open ranges of characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quality.agreement.coordinates import Floats, Size, read_coordinates
from quality.agreement.shapes import ZERO_LENGTH, ShapeSet

Span = tuple[float, ...]


def read_span(value: object, path: str) -> Span:
    """`[start, end]`, half-open, in Unicode code points.

    Raises ValueError naming the path: not two whole numbers, a negative start, or an end before the start. An empty
    span is let through: it is degenerate, not malformed.
    """
    span = read_coordinates(value, 2, path)
    for index, place in enumerate(span):
        if place != int(place):
            raise ValueError(f"{path}[{index}]: a place in a text is a whole number, not {place}")
    if span[0] < 0 or span[1] < span[0]:
        raise ValueError(f"{path}: a span needs 0 <= start <= end, not {list(span)}")
    return span


def prepare_spans(spans: Sequence[Span], size: Size | None) -> ShapeSet:
    """Spans as read; a picture's size says nothing about a text. `geometry` is (n, 2): start, end."""
    ends: Floats = np.array(spans, dtype=np.float64).reshape(len(spans), 2)
    is_degenerate = ends[:, 1] <= ends[:, 0]
    flags = is_degenerate.tolist()
    return ShapeSet(
        geometry=ends,
        is_degenerate=is_degenerate,
        vertex_sets=tuple(frozenset([span]) if flag else None for span, flag in zip(spans, flags, strict=True)),
        notes=tuple(ZERO_LENGTH if flag else "" for flag in flags),
    )


def span_iou(a: Floats, b: Floats) -> Floats:
    """Shared characters / characters of either, of every span of `a` (n, 2) with every one of `b` (m, 2).

    Range 0..1, shape (n, m): [0, 5) and [0, 4) give 0.8. Spans that only touch give 0, an empty span gives 0 with
    everything, empty input an empty matrix. The index is Jaccard's (1912).
    """
    shared = np.minimum(a[:, None, 1], b[None, :, 1]) - np.maximum(a[:, None, 0], b[None, :, 0])
    shared = np.clip(shared, 0.0, None)
    union = (a[:, 1] - a[:, 0])[:, None] + (b[:, 1] - b[:, 0])[None, :] - shared
    iou: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)
    return iou
