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
    that were chosen. `units` holds the pattern of each unit.
    """

    classes: Indexes
    label: Indexes
    starts: Indexes
    ends: Indexes
    units: Indexes

    @property
    def sizes(self) -> Counts:
        """Answers of a unit of each pattern, (P,)."""
        return self.ends - self.starts

    @property
    def unit_count(self) -> int:
        return len(self.units)

    @property
    def value_count(self) -> int:
        return int(self.sizes[self.units].sum())

    def weights(self, times: Counts) -> Floats:
        """How often each pattern stands, (P,), where each unit stands `times` (units,)."""
        found: Floats = np.bincount(self.units, weights=times, minlength=len(self.ends)).astype(np.float64)
        return found


def read_patterns(votes: Votes) -> UnitPatterns:
    """The patterns of `votes`; units stand in the order of `votes.items`."""
    pairable = votes.per_item()[votes.item] >= 2
    item, label = votes.item[pairable], votes.label[pairable]
    chosen = np.unique(label)
    label = np.searchsorted(chosen, label)
    label = label[np.lexsort((label, item))]
    bounds = np.nonzero(np.diff(item))[0] + 1
    found: dict[bytes, int] = {}
    units = [found.setdefault(unit.tobytes(), len(found)) for unit in (np.split(label, bounds) if len(label) else [])]
    sizes = [len(key) // label.itemsize for key in found]
    ends = np.cumsum(sizes, dtype=np.intp)
    return UnitPatterns(
        classes=chosen,
        label=np.frombuffer(b"".join(found), dtype=label.dtype),
        starts=ends - np.array(sizes, dtype=np.intp),
        ends=ends,
        units=np.array(units, dtype=np.intp),
    )
