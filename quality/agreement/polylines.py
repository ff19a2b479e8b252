"""Polylines: length F1 within a tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats, Size, diagonal, lies_inside, read_vertices
from quality.agreement.shapes import CLIPPED, ZERO_LENGTH, ShapeSet, joined_notes

TOLERANCE_SHARE = 0.0075
"""Default tolerance as a share of the picture's diagonal, as in the boundary F of DAVIS (Perazzi et al. 2016)."""

ROUNDING = 1e-9
"""Relative slack of the tolerance: a line at exactly the tolerance is within it, whatever the scale of the picture."""

Polyline = tuple[tuple[float, float], ...]
Segments = Floats
Intervals = tuple[Floats, Floats]


def read_polyline(value: object, path: str) -> Polyline:
    """`[[x, y], …]` in pixels. Raises ValueError naming the path unless it is a list of finite [x, y], not empty."""
    return read_vertices(value, path)


def default_tolerance(size: Size) -> float:
    """0.75 % of the picture's diagonal, in pixels: 6 for 640 x 480."""
    return TOLERANCE_SHARE * diagonal(size)


def prepare_polylines(polylines: Sequence[Polyline], size: Size | None) -> ShapeSet:
    """Polylines as read, clipped to `size` (width, height) if known.

    `geometry` is (n,) of segment arrays (k, 4): x0, y0, x1, y1 in pixels, none of length 0.
    """
    geometry: NDArray[Any] = np.empty(len(polylines), dtype=object)
    notes, vertex_sets = [], []
    for index, polyline in enumerate(polylines):
        vertices = np.array(polyline)
        is_clipped = not lies_inside(vertices, size)
        segments = np.hstack([vertices[:-1], vertices[1:]])
        if is_clipped and size is not None:
            segments = _clip_segments(segments, size)
        geometry[index] = segments[_lengths(segments) > 0]
        is_flat = len(geometry[index]) == 0
        vertex_sets.append(frozenset(polyline) if is_flat else None)
        notes.append(joined_notes(CLIPPED if is_clipped else "", ZERO_LENGTH if is_flat else ""))
    is_degenerate = np.array([vertices is not None for vertices in vertex_sets], dtype=np.bool_)
    return ShapeSet(geometry, is_degenerate, tuple(vertex_sets), tuple(notes))


def polyline_f1(a: NDArray[Any], b: NDArray[Any], tolerance: float) -> Floats:
    """Harmonic mean of two shares of length, for every line of `a` (n,) with every one of `b` (m,), shape (n, m).

    Precision is the share of a's length that lies within `tolerance` pixels of b, recall the share of b's within it of
    a; F1 = 2PR / (P + R), range 0..1 (boundary F: Martin, Fowlkes & Malik 2004; Perazzi et al. 2016). Computed in
    closed form, segment against segment, so it depends neither on direction nor on the number of vertices. Takes the
    `geometry` of `prepare_polylines`; a line without length gives 0; empty input gives an empty matrix.
    Raises ValueError when the tolerance is negative or not a number.
    """
    if not tolerance >= 0:
        raise ValueError(f"tolerance: must be at least 0, not {tolerance}")
    precision = _covered_share(a, b, tolerance)
    recall = _covered_share(b, a, tolerance).T
    total = precision + recall
    f1: Floats = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return np.minimum(f1, 1.0, out=f1)


def _covered_share(lines: NDArray[Any], others: NDArray[Any], tolerance: float) -> Floats:
    """Share (n, m) of the length of each line that lies within `tolerance` of each other line."""
    shares: Floats = np.zeros((len(lines), len(others)))
    segments, owner = _joined_segments(lines)
    other_segments, other_owner = _joined_segments(others)
    if not len(segments) or not len(other_segments):
        return shares
    reach = tolerance * (1 + ROUNDING)
    tree = shapely.STRtree(_as_linestrings(other_segments))
    own, near = tree.query(_as_linestrings(segments), predicate="dwithin", distance=reach * (1 + ROUNDING))
    start, end = _interval_within(segments[own], other_segments[near], reach)
    is_covered = end > start
    own, near = own[is_covered], near[is_covered]
    group = own * len(others) + other_owner[near]
    groups, covered = _union_lengths(group, start[is_covered], end[is_covered])
    segment = groups // len(others)
    lengths = _lengths(segments)
    cell = owner[segment] * len(others) + groups % len(others)
    reached = np.bincount(cell, weights=covered * lengths[segment], minlength=shares.size).reshape(shares.shape)
    totals = np.bincount(owner, weights=lengths, minlength=len(lines))[:, None]
    return np.divide(reached, totals, out=shares, where=totals > 0)


def _interval_within(own: Segments, near: Segments, reach: float) -> Intervals:
    """Where, in shares 0..1 of its length, each segment of `own` (k, 4) lies within `reach` of its one of `near`.

    The places within `reach` of a segment form a stadium: a strip along it and a disk at either end. A stadium is
    convex, so a straight line meets it in one interval, which spans those of the three parts. Empty when end <= start.
    """
    origin, step = own[:, :2], own[:, 2:] - own[:, :2]
    length = _lengths(near)
    along = (near[:, 2:] - near[:, :2]) / length[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    offset = origin - near[:, :2]
    strip = _meet(
        _slab((offset * along).sum(axis=1), (step * along).sum(axis=1), np.zeros_like(length), length),
        _slab((offset * across).sum(axis=1), (step * across).sum(axis=1), np.full_like(length, -reach), reach),
    )
    parts = [strip, _disk(offset, step, reach), _disk(origin - near[:, 2:], step, reach)]
    start = np.min([np.where(low <= high, low, np.inf) for low, high in parts], axis=0)
    end = np.max([np.where(low <= high, high, -np.inf) for low, high in parts], axis=0)
    return np.clip(start, 0.0, 1.0), np.clip(end, 0.0, 1.0)


def _slab(start: Floats, slope: Floats, low: Floats, high: Floats | float) -> Intervals:
    """The t for which low <= start + slope·t <= high; (inf, -inf) when there is none."""
    is_level = slope == 0
    safe = np.where(is_level, 1.0, slope)
    first, second = (low - start) / safe, (high - start) / safe
    is_inside = (low <= start) & (start <= high)
    level_low, level_high = np.where(is_inside, -np.inf, np.inf), np.where(is_inside, np.inf, -np.inf)
    return (
        np.where(is_level, level_low, np.minimum(first, second)),
        np.where(is_level, level_high, np.maximum(first, second)),
    )


def _disk(offset: Floats, step: Floats, radius: float) -> Intervals:
    """The t for which |offset + t·step| <= radius; (inf, -inf) when there is none."""
    speed = np.hypot(step[:, 0], step[:, 1])
    distance = (step[:, 0] * offset[:, 1] - step[:, 1] * offset[:, 0]) / speed
    room = radius * radius - distance * distance
    half = np.sqrt(np.maximum(room, 0.0)) / speed
    centre = -(offset * step).sum(axis=1) / (speed * speed)
    return np.where(room >= 0, centre - half, np.inf), np.where(room >= 0, centre + half, -np.inf)


def _meet(one: Intervals, other: Intervals) -> Intervals:
    return np.maximum(one[0], other[0]), np.minimum(one[1], other[1])


def _union_lengths(group: NDArray[np.intp], start: Floats, end: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Length of the union of the intervals of each group: (groups present, their lengths). Intervals lie in 0..1."""
    groups, number = np.unique(group, return_inverse=True)
    order = np.lexsort((-end, start, number))
    number = number[order]
    # Groups are laid side by side, two apart, so that one running maximum serves all of them.
    low, high = start[order] + 2.0 * number, end[order] + 2.0 * number
    reached = np.concatenate([[-np.inf], np.maximum.accumulate(high)[:-1]])
    gained = np.clip(high - np.maximum(low, reached), 0.0, None)
    return groups, np.minimum(np.bincount(number, weights=gained, minlength=len(groups)), 1.0)


def _clip_segments(segments: Segments, size: Size) -> Segments:
    """The parts of the segments inside the picture, cut exactly (Liang & Barsky 1984)."""
    origin, step = segments[:, :2], segments[:, 2:] - segments[:, :2]
    zeros = np.zeros(len(segments))
    inside = _meet(_slab(origin[:, 0], step[:, 0], zeros, size[0]), _slab(origin[:, 1], step[:, 1], zeros, size[1]))
    start, end = np.clip(inside[0], 0.0, 1.0), np.clip(inside[1], 0.0, 1.0)
    is_kept = (inside[0] <= inside[1]) & (end > start)
    start, end, origin, step = start[is_kept, None], end[is_kept, None], origin[is_kept], step[is_kept]
    return np.hstack([origin + start * step, origin + end * step])


def _joined_segments(lines: NDArray[Any]) -> tuple[Segments, NDArray[np.intp]]:
    counts = [len(line) for line in lines]
    joined = np.concatenate([np.zeros((0, 4)), *lines])
    return joined, np.repeat(np.arange(len(lines)), counts)


def _as_linestrings(segments: Segments) -> NDArray[Any]:
    drawn: NDArray[Any] = shapely.linestrings(segments.reshape(-1, 2, 2))
    return drawn


def _lengths(segments: Segments) -> Floats:
    lengths: Floats = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    return lengths
