"""Raster masks in COCO's run-length encoding: IoU of pixels, computed on the runs without drawing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats, Size
from quality.agreement.shapes import ZERO_AREA, ShapeSet

Counts = NDArray[np.int64]
Raster = tuple[int, int]
"""(height, width) in pixels."""

MOST_PIXELS = 2**40
LONGEST_NUMBER = 10
"""Characters of one compressed count: 50 bits, more than `MOST_PIXELS` needs."""


@dataclass(frozen=True, order=True)
class Mask:
    """`runs` are the (start, end) of the covered pixels, counted down the columns, in order and without gaps of 0."""

    raster: Raster
    runs: tuple[tuple[int, int], ...]


def read_mask(value: object, path: str) -> Mask:
    """`{"size": [height, width], "counts": …}`: COCO's run-length encoding, counts as a list or compressed.

    The first count is of uncovered pixels, then they take turns, column by column (Lin et al. 2014). Raises ValueError
    naming the path: no size of two whole numbers above 0, counts that are no whole numbers, negative, or do not add up
    to height times width. A mask that covers nothing is let through: it is degenerate, not malformed.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{path}: a mask is an object with size and counts, not {type(value).__name__}")
    height, width = _read_size(value.get("size"), f"{path}.size")
    counts = _read_counts(value.get("counts"), f"{path}.counts")
    # Sums of large counts may run over 64 bits, so they are taken of floats first.
    if not float(counts.sum(dtype=np.float64)) == float(height * width):
        raise ValueError(f"{path}.counts: the counts must add up to {height} x {width} pixels")
    ends = np.cumsum(counts)
    covered = np.stack([ends[:-1][::2], ends[1:][::2]], axis=1)
    covered = covered[covered[:, 1] > covered[:, 0]]
    # Runs that touch are one run, so that every way to write the same pixels is the same mask.
    is_new = np.append(True, covered[1:, 0] > covered[:-1, 1])[: len(covered)]
    starts, lasts = covered[is_new, 0], covered[np.append(is_new[1:], True)[: len(covered)], 1]
    return Mask((height, width), tuple(zip(starts.tolist(), lasts.tolist(), strict=True)))


def prepare_masks(masks: Sequence[Mask], size: Size | None) -> ShapeSet:
    """Masks as read; nothing is clipped, for a mask is as large as its picture. `geometry` is (n,) of `Mask`."""
    geometry: NDArray[Any] = np.empty(len(masks), dtype=object)
    geometry[:] = list(masks)
    flags = [not mask.runs for mask in masks]
    return ShapeSet(
        geometry=geometry,
        is_degenerate=np.array(flags, dtype=np.bool_),
        vertex_sets=tuple(frozenset() if flag else None for flag in flags),
        notes=tuple(ZERO_AREA if flag else "" for flag in flags),
    )


def mask_iou(a: NDArray[Any], b: NDArray[Any]) -> Floats:
    """Pixels of both / pixels of either, of every mask of `a` (n,) with every one of `b` (m,), shape (n, m), 0..1.

    Exact: the pixels of a mask before a place are a line that bends at the ends of its runs, read off at all ends of
    all other runs at once. A mask without pixels gives 0 with everything, empty input an empty matrix.
    Raises ValueError for masks of different size: they are not of one picture. The index is Jaccard's (1912).
    """
    shared: Floats = np.zeros((len(a), len(b)))
    rasters = {mask.raster for mask in (*a, *b)}
    if len(rasters) > 1:
        raise ValueError(f"size: masks of different size cannot be compared: {sorted(rasters)}")
    runs, owners = _joined_runs(a)
    if not len(runs) or not len(b):
        return shared
    area_a = np.bincount(owners, weights=runs[:, 1] - runs[:, 0], minlength=len(a))
    area_b: Floats = np.zeros(len(b))
    for column, mask in enumerate(b):
        places = np.array(mask.runs, dtype=np.float64).reshape(-1)
        if len(places):
            before = np.cumsum(np.where(np.arange(len(places)) % 2, np.diff(places, prepend=0.0), 0.0))
            within = np.interp(runs[:, 1], places, before) - np.interp(runs[:, 0], places, before)
            shared[:, column] = np.bincount(owners, weights=within, minlength=len(a))
            area_b[column] = before[-1]
    union = area_a[:, None] + area_b[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)


def _joined_runs(masks: NDArray[Any]) -> tuple[Floats, NDArray[np.intp]]:
    counts = [len(mask.runs) for mask in masks]
    joined = np.array([run for mask in masks for run in mask.runs], dtype=np.float64).reshape(-1, 2)
    return joined, np.repeat(np.arange(len(masks)), counts)


def _read_size(value: object, path: str) -> Raster:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"{path}: needs [height, width]")
    for index, side in enumerate(value):
        if isinstance(side, bool) or not isinstance(side, int) or side < 1:
            raise ValueError(f"{path}[{index}]: needs a whole number above 0")
    if value[0] * value[1] > MOST_PIXELS:
        raise ValueError(f"{path}: {value[0]} x {value[1]} pixels is beyond any picture")
    return value[0], value[1]


def _read_counts(value: object, path: str) -> Counts:
    if isinstance(value, str):
        return _decompressed(value, path)
    if not isinstance(value, list | tuple):
        raise ValueError(f"{path}: needs a list of counts or a compressed text")
    for index, count in enumerate(value):
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_PIXELS:
            raise ValueError(f"{path}[{index}]: a count is a whole number of pixels, at least 0")
    return np.array(value, dtype=np.int64)


def _decompressed(text: str, path: str) -> Counts:
    """The counts in COCO's compressed text: 5 bits a character from "0" on, the sixth says that more follow.

    From the fourth count on the text holds the difference to the count two before.
    """
    try:
        characters = np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64) - 48
    except UnicodeEncodeError:
        raise ValueError(f"{path}: a compressed text has characters from 0 to o only") from None
    if not len(characters):
        return np.zeros(0, dtype=np.int64)
    if characters.min() < 0 or characters.max() > 63:
        raise ValueError(f"{path}: a compressed text has characters from 0 to o only")
    is_last = (characters & 32) == 0
    starts = np.append(0, np.nonzero(is_last)[0] + 1)
    lengths = np.diff(starts)
    if not is_last[-1] or lengths.max() > LONGEST_NUMBER:
        raise ValueError(f"{path}: the compressed text is cut off")
    place = np.arange(len(characters)) - np.repeat(starts[:-1], lengths)
    counts = np.add.reduceat((characters & 31) << (5 * place), starts[:-1])
    counts = np.where(characters[is_last] & 16, counts - (1 << (5 * lengths)), counts)
    counts[1::2] = np.cumsum(counts[1::2])
    counts[2::2] = np.cumsum(counts[2::2])
    if counts.min() < 0:
        raise ValueError(f"{path}: a count is negative")
    return counts
