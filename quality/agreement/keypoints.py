"""Sets of keypoints: COCO's object keypoint similarity, made symmetric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats, Size, read_coordinates, read_number
from quality.agreement.shapes import CLIPPED, ShapeSet, joined_notes

NO_POINT = "no point is labelled"

COCO_NAMES = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow"),
    *("right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle"),
    "right_ankle",
)
COCO_SIGMAS = (
    *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062),
    *(0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
)
"""How far people scatter at each point of COCO's person, as a share of the object's scale (Ronchi & Perona 2017)."""

DEFAULT_SIGMA = 0.05

LARGEST_AREA = 1e18


@dataclass(frozen=True, order=True)
class Keypoints:
    """`points` are (x, y, visibility) in the skeleton's order; `area` that of the object in square pixels, if given."""

    points: tuple[tuple[float, ...], ...]
    area: float

    @property
    def scale(self) -> float:
        """The area given, else that of the box around the labelled points; 0 when there is none."""
        seen = [point for point in self.points if point[2] > 0]
        if self.area or not seen:
            return self.area
        xs, ys = [point[0] for point in seen], [point[1] for point in seen]
        return (max(xs) - min(xs)) * (max(ys) - min(ys))


def read_keypoints(item: Mapping[str, object], path: str) -> Keypoints:
    """`[[x, y, visibility], …]` under "value", and optionally the object's "area" in square pixels beside it.

    Visibility as in COCO: 0 not labelled (its x and y mean nothing), 1 labelled but hidden, 2 visible. Raises
    ValueError naming the path: no list, no point, numbers that are not finite, another visibility, an area of 0 or
    less.
    """
    value, area = item.get("value"), item.get("area")
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"{path}.value: needs a list of [x, y, visibility]")
    points = []
    for index, one in enumerate(value):
        point = read_coordinates(one, 3, f"{path}.value[{index}]")
        if point[2] not in (0, 1, 2):
            raise ValueError(f"{path}.value[{index}][2]: visibility is 0, 1 or 2, not {point[2]}")
        points.append(point if point[2] else (0.0, 0.0, 0.0))
    if area is None:
        return Keypoints(tuple(points), 0.0)
    number = read_number(area, f"{path}.area")
    if not 0 < number <= LARGEST_AREA:
        raise ValueError(f"{path}.area: an area is above 0 and within any picture, not {number}")
    return Keypoints(tuple(points), number)


def prepare_keypoints(sets: Sequence[Keypoints], size: Size | None) -> ShapeSet:
    """Sets as read, their points moved to the picture's edge when outside a known `size`.

    `geometry` is (n,) of `Keypoints`; a set without any labelled point is degenerate.
    """
    geometry: NDArray[Any] = np.empty(len(sets), dtype=object)
    geometry[:] = [_moved_inside(one, size) for one in sets]
    flags = [not any(point[2] for point in one.points) for one in sets]
    return ShapeSet(
        geometry=geometry,
        is_degenerate=np.array(flags, dtype=np.bool_),
        vertex_sets=tuple(frozenset() if flag else None for flag in flags),
        notes=tuple(
            joined_notes(CLIPPED if moved != one else "", NO_POINT if flag else "")
            for moved, one, flag in zip(geometry, sets, flags, strict=True)
        ),
    )


def keypoint_similarity(a: NDArray[Any], b: NDArray[Any], sigma: float | None) -> Floats:
    """Object keypoint similarity of every set of `a` (n,) with every one of `b` (m,), shape (n, m), range 0..1.

    Mean of exp(-d² / (2 A (2σ)²)) over the points that either labelled, a point that only one labelled counting 0; d is
    the distance in pixels, A the mean of both objects' areas (`Keypoints.scale`), σ that of the point: `sigma`, or by
    default COCO's for 17 points and 0.05 for any other skeleton. A skeleton's missing points are not labelled. Where
    neither object has an area only points in the same place agree. Empty input gives an empty matrix.
    Source: COCO's keypoint evaluation (Lin et al. 2014; Ronchi & Perona 2017), which knows one side's points and area.
    """
    if not len(a) or not len(b):
        return np.zeros((len(a), len(b)))
    count = max(len(one.points) for one in (*a, *b))
    sigmas = _sigmas(count, sigma)
    places_a, seen_a = _stacked(a, count)
    places_b, seen_b = _stacked(b, count)
    areas = (np.array([one.scale for one in a])[:, None] + np.array([one.scale for one in b])[None, :]) / 2
    likeness: Floats = np.zeros(areas.shape)
    # One point of the skeleton at a time: (n, m) matrices instead of one of all points.
    for index in range(count):
        offsets = places_a[:, None, index] - places_b[None, :, index]
        squared = np.square(offsets).sum(axis=2)
        spread = 2 * areas * (2 * sigmas[index]) ** 2
        apart = np.where(squared > 0, np.inf, 0.0)
        exponent = np.divide(squared, spread, out=apart, where=spread > 0)
        likeness += np.where(seen_a[:, None, index] & seen_b[None, :, index], np.exp(-exponent), 0.0)
    either = (seen_a[:, None, :] | seen_b[None, :, :]).sum(axis=2)
    similarity: Floats = np.divide(likeness, either, out=np.zeros_like(likeness), where=either > 0)
    return np.minimum(similarity, 1.0, out=similarity)


def sigma_of_skeleton(names: Sequence[str], sigma: float | None) -> float | None:
    """The σ of all points: as given, 0.05 for a skeleton whose names are not COCO's, None to go by the count."""
    if sigma is not None:
        return sigma
    return DEFAULT_SIGMA if names and tuple(names) != COCO_NAMES else None


def _sigmas(count: int, sigma: float | None) -> tuple[float, ...]:
    if sigma is None and count == len(COCO_SIGMAS):
        return COCO_SIGMAS
    return (DEFAULT_SIGMA if sigma is None else sigma,) * count


def _stacked(sets: NDArray[Any], count: int) -> tuple[Floats, NDArray[np.bool_]]:
    padded = np.zeros((len(sets), count, 3))
    for index, one in enumerate(sets):
        padded[index, : len(one.points)] = one.points
    return padded[..., :2], padded[..., 2] > 0


def _moved_inside(one: Keypoints, size: Size | None) -> Keypoints:
    if size is None:
        return one
    width, height = size
    moved = [(min(max(x, 0.0), width), min(max(y, 0.0), height), seen) for x, y, seen in one.points]
    return Keypoints(tuple(moved), one.area) if tuple(moved) != one.points else one
