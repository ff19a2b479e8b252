"""What truth inference gives back for a question with options, and when two options tie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from quality.agreement.coordinates import Floats
from quality.agreement.votes import Indexes, Votes

SAME = 1e-9
"""Posteriors closer than this are a tie: the difference is rounding."""

NOBODY = -1
"""Winner of an item whose leading options tie."""


@dataclass(frozen=True)
class Answer:
    """The answer of one item: `value` and its `posterior`, or None and "tie"; `posteriors` is option -> 0..1."""

    value: Any | None
    posterior: float
    posteriors: Mapping[Any, float]
    status: Literal["decided", "tie"]


@dataclass(frozen=True)
class Truth:
    """The answers of all items of one question.

    `posteriors` (items, classes) sum to 1 in each row; `winner` (items,) is the class of the greatest, `NOBODY` (-1)
    where the greatest tie. `class_shares` (classes,) and `confusion` (workers, classes true, classes given) are what
    Dawid–Skene found about classes and workers, None for votes.
    """

    method: str
    votes: Votes
    posteriors: Floats
    winner: Indexes
    class_shares: Floats | None = None
    confusion: Floats | None = None
    iterations: int = 0
    has_converged: bool = True

    def answers(self) -> dict[str, Answer]:
        """Item -> answer."""
        classes = self.votes.classes
        found = {}
        for name, row, winner in zip(self.votes.items, self.posteriors.tolist(), self.winner.tolist(), strict=True):
            is_tie = winner == NOBODY
            found[name] = Answer(
                None if is_tie else classes[winner],
                max(row),
                dict(zip(classes, row, strict=True)),
                "tie" if is_tie else "decided",
            )
        return found


def winners_of(posteriors: Floats) -> Indexes:
    """The class with the greatest posterior of each row, `NOBODY` where the two greatest differ by 1e-9 or less."""
    if not posteriors.size:
        return np.zeros(len(posteriors), dtype=np.intp)
    best = posteriors.argmax(axis=1)
    tied = (posteriors >= posteriors.max(axis=1, keepdims=True) - SAME).sum(axis=1) > 1
    winner: Indexes = np.where(tied, NOBODY, best)
    return winner
