"""Objects of two labels that lie on each other to the pixel, and how unlikely so many of them are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from scipy.special import betainc

from quality.agreement.schema import OBJECT_KINDS


def identical_objects(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[int, int]:
    """(objects with the same class and the same whole pixels in both labels, objects of the smaller label).

    Each object of one label meets one of the other at most. Order and answers have no effect. No objects: (0, 0).
    """
    own, other = _drawn(a), _drawn(b)
    return sum((own & other).values()), min(own.total(), other.total())


def chance_of_as_many(identical: int, objects: int, rate: float) -> float:
    """P(X ≥ `identical`) for X ~ Binomial(`objects`, `rate`), 0..1: small where so many cannot be chance.

    The upper tail is the regularised incomplete beta function I_rate(k, n − k + 1); k = 0 gives 1. Raises ValueError
    unless 0 <= identical <= objects and 0 <= rate <= 1.
    """
    if not (0 <= identical <= objects and 0 <= rate <= 1):
        raise ValueError("needs 0 <= identical <= objects and a rate in 0..1")
    return 1.0 if identical == 0 else float(betainc(identical, objects - identical + 1, rate))


def _drawn(label: Mapping[str, Any]) -> Counter[str]:
    return Counter(
        json.dumps([entry["feature"], _whole(entry.get("value"))], sort_keys=True)
        for entry in label.get("features") or ()
        if entry.get("kind") in OBJECT_KINDS
    )


def _whole(value: object) -> object:
    """Numbers as whole pixels, at any depth."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | float):
        return round(value)
    if isinstance(value, Mapping):
        return {str(key): _whole(child) for key, child in value.items()}
    return [_whole(child) for child in value] if isinstance(value, Sequence) else str(value)
