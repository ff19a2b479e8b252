"""From matched objects to the score of their feature: the union mean, and what may be asked for instead of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from quality.agreement import METHOD
from quality.agreement.matching import union_mean

ROUNDING = 1e-9
"""A similarity this little under a threshold is at it: scaling the picture must not move a score."""


@dataclass(frozen=True)
class ObjectScore:
    """`of` takes the similarities of the matched objects and how many each side has; pairs of shapes less similar than
    `gate` are not matched for it. `method` is its name in words.
    """

    method: str
    of: Callable[[Sequence[float], int, int], float | None]
    gate: float = 0.0


def soft_f(matched: Sequence[float], count_a: int, count_b: int) -> float | None:
    """2 · sum of matched similarities / (count_a + count_b), range 0..1; both sides empty None (not applicable).

    The Dice coefficient (Dice 1945) with similarities for hits. Raises ValueError for more matches than objects.
    """
    if len(matched) > min(count_a, count_b):
        raise ValueError("more matches than objects")
    return 2 * math.fsum(matched) / (count_a + count_b) if count_a + count_b else None


def panoptic_quality(matched: Sequence[float], count_a: int, count_b: int) -> float | None:
    """`soft_f` over the matches from 0.5 on; the others count as unmatched. Range 0..1, both sides empty None.

    Panoptic quality (Kirillov et al. 2019): segmentation quality times recognition quality.
    """
    return soft_f(_from(0.5, matched), count_a, count_b)


def f1_score(threshold: float, matched: Sequence[float], count_a: int, count_b: int) -> float | None:
    """2 · number of matches from `threshold` on / (count_a + count_b), range 0..1; both sides empty None.

    The F1 of two sets of objects as agreement (Hripcsak & Rothschild 2005).
    """
    return soft_f([1.0] * len(_from(threshold, matched)), count_a, count_b)


OBJECT_SCORES: Mapping[str, ObjectScore] = {
    "union_mean": ObjectScore(METHOD, union_mean),
    "pq": ObjectScore("panoptic quality", panoptic_quality, gate=0.5 - ROUNDING),
    "f1_50": ObjectScore("F1 at 0.5", partial(f1_score, 0.5), gate=0.5 - ROUNDING),
    "f1_75": ObjectScore("F1 at 0.75", partial(f1_score, 0.75), gate=0.75 - ROUNDING),
    "soft_f": ObjectScore("soft F", soft_f),
}

DEFAULT_OBJECT_SCORE = "union_mean"


def object_score_named(name: str) -> ObjectScore:
    """The score of this name. Raises ValueError for another name."""
    found = OBJECT_SCORES.get(name)
    if found is None:
        raise ValueError(f"object_score: one of {', '.join(OBJECT_SCORES)}, not {name!r}")
    return found


def _from(threshold: float, matched: Sequence[float]) -> list[float]:
    return [similarity for similarity in matched if similarity >= threshold - ROUNDING]
