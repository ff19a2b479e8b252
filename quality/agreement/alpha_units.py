"""Units as patterns of answers: units with the same answers are counted once, which makes resampling cheap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quality.agreement.coordinates import Floats
from quality.agreement.votes import Counts, Indexes, Votes


@dataclass(frozen=True)
class UnitPatterns:
    """P patterns of the units with two answers or more.

    The answers of pattern p are `label[starts[p]:ends[p]]`, places in `classes`, which holds the indexes of the classes
    that were chosen; `repeats` (P,) units show it.
    """

    classes: Indexes
    label: Indexes
    starts: Indexes
    ends: Indexes
    repeats: Counts

    @property
    def sizes(self) -> Counts:
        """Answers of a unit of each pattern, (P,)."""
        return self.ends - self.starts

    @property
    def unit_count(self) -> int:
        return int(self.repeats.sum())

    @property
    def value_count(self) -> int:
        return int((self.repeats * self.sizes).sum())


def read_patterns(votes: Votes, *, is_ordered: bool) -> UnitPatterns:
    """The patterns of `votes`, in an order that does not depend on the names of units and workers.

    Unless the classes are ordered they are numbered by what was done with them and not by name, so that renaming them
    leaves the draws of a bootstrap as they were (classes used in exactly the same way may still swap).
    """
    pairable = votes.per_item()[votes.item] >= 2
    item, label = votes.item[pairable], votes.label[pairable]
    chosen = np.unique(label)
    if not is_ordered:
        chosen = chosen[np.lexsort(_use_of(item, label, len(votes.items), len(votes.classes))[:, chosen])]
    place = np.zeros(len(votes.classes), dtype=np.intp)
    place[chosen] = np.arange(len(chosen))
    label = place[label]
    label = label[np.lexsort((label, item))]
    bounds = np.nonzero(np.diff(item))[0] + 1
    repeats: dict[bytes, int] = {}
    for unit in np.split(label.astype(">u4"), bounds) if len(label) else []:
        key = unit.tobytes()
        repeats[key] = repeats.get(key, 0) + 1
    patterns = sorted(repeats, key=lambda key: (len(key), key))
    ends = np.cumsum([len(key) // 4 for key in patterns], dtype=np.intp)
    return UnitPatterns(
        classes=chosen,
        label=np.frombuffer(b"".join(patterns), dtype=">u4").astype(np.intp),
        starts=np.concatenate([np.zeros(min(1, len(ends)), dtype=np.intp), ends[:-1]]),
        ends=ends,
        repeats=np.array([repeats[key] for key in patterns], dtype=np.int64),
    )


def _use_of(item: Indexes, label: Indexes, items: int, classes: int) -> Floats:
    """Four figures of each class, (4, classes): how often it was chosen, and how it stands among others."""
    size = np.bincount(item, minlength=items)[item].astype(np.float64)
    cells, times = np.unique(item * classes + label, return_counts=True)
    unit_size = np.bincount(item, minlength=items)[cells // classes]
    use = [
        np.bincount(label, weights=1 / size, minlength=classes),
        np.bincount(label, weights=np.square(size), minlength=classes),
        np.bincount(cells % classes, weights=np.square(times) / unit_size, minlength=classes),
        np.bincount(label, minlength=classes).astype(np.float64),
    ]
    rounded: Floats = np.array(use, dtype=np.float64).round(6)
    return rounded
