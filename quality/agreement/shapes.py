"""The shapes of one feature in one label, ready for comparing, and the rule for shapes without area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats

CLIPPED = "clipped to the picture"
REPAIRED = "outline crosses itself, read even-odd"
ZERO_AREA = "no area"
ZERO_LENGTH = "no length"

VertexSet = frozenset[tuple[float, ...]]


@dataclass(frozen=True)
class ShapeSet:
    """n shapes of one kind.

    `geometry` has n rows whose meaning the kind's module knows. `is_degenerate` (n,) marks shapes without area or
    length, `vertex_sets` holds the distinct raw vertices of those (None for others), `notes` what was done to each.
    """

    geometry: NDArray[Any]
    is_degenerate: NDArray[np.bool_]
    vertex_sets: tuple[VertexSet | None, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.notes)

    def take(self, indexes: Sequence[int]) -> ShapeSet:
        """The shapes at `indexes`, in that order."""
        return ShapeSet(
            geometry=self.geometry[list(indexes)],
            is_degenerate=self.is_degenerate[list(indexes)],
            vertex_sets=tuple(self.vertex_sets[index] for index in indexes),
            notes=tuple(self.notes[index] for index in indexes),
        )


def join_shapes(sets: Sequence[ShapeSet]) -> ShapeSet:
    """All shapes of `sets` (at least one set, all of one kind) in the order given."""
    return ShapeSet(
        geometry=np.concatenate([shapes.geometry for shapes in sets]),
        is_degenerate=np.concatenate([shapes.is_degenerate for shapes in sets]),
        vertex_sets=tuple(vertices for shapes in sets for vertices in shapes.vertex_sets),
        notes=tuple(note for shapes in sets for note in shapes.notes),
    )


def apply_degenerate_rule(similarity: Floats, a: ShapeSet, b: ShapeSet) -> Floats:
    """`similarity` (n, m) with the product's rule for shapes without area or length.

    Such a shape has similarity 0 with everything, and 1 with one whose set of raw vertices is the same.
    """
    if not (a.is_degenerate.any() and b.is_degenerate.any()):
        return similarity
    ruled = similarity.copy()
    ruled[a.is_degenerate, :] = 0.0
    ruled[:, b.is_degenerate] = 0.0
    columns: dict[VertexSet, list[int]] = {}
    for column, vertices in enumerate(b.vertex_sets):
        if vertices is not None:
            columns.setdefault(vertices, []).append(column)
    for row, vertices in enumerate(a.vertex_sets):
        if vertices is not None:
            ruled[row, columns.get(vertices, [])] = 1.0
    return ruled


def joined_notes(*notes: str) -> str:
    """The notes that are not empty, each once, in one line."""
    return "; ".join(dict.fromkeys(note for note in notes if note))
