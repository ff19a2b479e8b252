"""What a merge gives back, and how many labels an object needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Member = tuple[str, int]
"""A labeler and the place of the object in that labeler's label."""

QUORUM_SHARE = 3
"""One label in three is enough: people overlook objects far more often than they invent them."""


@dataclass(frozen=True)
class MergedObject:
    """One object of the merged label.

    `value` is in the kind's own form, `support` of `of` labels have it, by `members`. `is_uncertain`: under half do.
    """

    value: Any
    support: int
    of: int
    members: tuple[Member, ...]

    @property
    def is_uncertain(self) -> bool:
        return 2 * self.support < self.of


def quorum_of(labels: int) -> int:
    """Labels that must have an object for it to stand: ceil(m / 3) of m, at least 1."""
    return max(1, -(-labels // QUORUM_SHARE))
