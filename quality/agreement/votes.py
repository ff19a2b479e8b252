"""All answers of one question in one table: who chose what for which asset."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats

Indexes = NDArray[np.intp]
Counts = NDArray[np.int64]

DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Votes:
    """L answers: the k-th is `classes[label[k]]`, given by `workers[worker[k]]` for `items[item[k]]`.

    Items, workers and answers stand in the order of their names (of items "u2" before "u10"), so the order in which
    answers came has no effect.
    `classes` may hold options that nobody chose.
    """

    items: tuple[str, ...]
    workers: tuple[str, ...]
    classes: tuple[Any, ...]
    item: Indexes
    worker: Indexes
    label: Indexes

    def __len__(self) -> int:
        return len(self.label)

    def counts(self) -> Counts:
        """How often each class was chosen for each item, (items, classes)."""
        shape = (len(self.items), len(self.classes))
        cells = self.item * max(shape[1], 1) + self.label
        table: Counts = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
        return table

    def per_item(self) -> Counts:
        """Number of answers of each item, (items,)."""
        numbers: Counts = np.bincount(self.item, minlength=len(self.items))
        return numbers


def read_votes(rows: Iterable[tuple[str, str, Hashable]], *, classes: Sequence[Hashable] | None = None) -> Votes:
    """The table of (item, worker, answer). `classes` are the options in their order; without them, the sorted answers.

    Answers are texts, or numbers for the interval and ratio metrics. A worker's several answers to one item all stay:
    who wants only the last one hands over only that. Empty input gives an empty table.
    Raises ValueError for an answer that is not among `classes`, an option that stands twice, NaN, and answers that
    cannot be sorted (texts and numbers mixed).
    """
    found = list(rows)
    items = sorted({item for item, _, _ in found}, key=_natural)
    workers = sorted({worker for _, worker, _ in found})
    options = _sorted_answers({answer for _, _, answer in found}) if classes is None else list(classes)
    class_index = _index_of(options)
    if len(class_index) != len(options):
        raise ValueError("an option stands twice")
    item_index, worker_index = _index_of(items), _index_of(workers)
    try:
        table = [(item_index[item], worker_index[worker], class_index[answer]) for item, worker, answer in found]
    except KeyError as unknown:
        raise ValueError(f"{unknown.args[0]!r} is not among the options") from None
    columns = np.array(table, dtype=np.intp).reshape(len(table), 3)
    columns = columns[np.lexsort((columns[:, 2], columns[:, 1], columns[:, 0]))]
    return Votes(tuple(items), tuple(workers), tuple(options), columns[:, 0], columns[:, 1], columns[:, 2])


def numbers_of(classes: Sequence[object]) -> Floats:
    """The classes as finite numbers, (classes,). Raises ValueError for one that is none."""
    try:
        values: Floats = np.array([float(str(value)) for value in classes], dtype=np.float64)
    except ValueError:
        raise ValueError("the interval and ratio metrics need numbers") from None
    if not np.isfinite(values).all():
        raise ValueError("the interval and ratio metrics need finite numbers")
    return values


def _natural(name: str) -> tuple[list[str | int], str]:
    """Numbers inside a name count as numbers. Texts and numbers take turns, so two names can always be compared."""
    return [int(part) if place % 2 else part for place, part in enumerate(DIGITS.split(name))], name


def _sorted_answers(answers: set[Hashable]) -> list[Hashable]:
    if any(isinstance(answer, float) and math.isnan(answer) for answer in answers):
        raise ValueError("an answer is not a number")
    sortable: Any = answers
    try:
        return sorted(sortable)
    except TypeError:
        raise ValueError("answers must be all texts or all numbers") from None


def _index_of(names: Iterable[Hashable]) -> Mapping[Hashable, int]:
    return {name: index for index, name in enumerate(names)}
