"""The questions a label answers: the little of an ontology that a score needs to know."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

OBJECT_KINDS = frozenset({"box", "rotated_box", "polygon", "mask", "polyline", "point", "keypoints", "span"})
QUESTION_KINDS = frozenset({"radio", "checklist", "ordinal", "text", "number"})
RELATION = "relation"
"""The kind of an edge between two objects; its feature's uid is the type of the edge."""


@dataclass(frozen=True)
class FeatureSchema:
    """One feature of an ontology: an object class or a question.

    `kind` is one of `OBJECT_KINDS` or `QUESTION_KINDS`, or `RELATION`; another kind has no measure here and its score
    is null. `options` of an ordinal stand in their order, those of keypoints name the points.
    `value_range` and `tolerance` belong to numbers (in the number's unit), `tolerance` also to polylines (pixels),
    `sigma` to points (pixels) and keypoints (share of the object's scale), `is_symmetric` to relations: from and to
    may be swapped. `questions` stand under a tool (asked of every object) or under an answer; then `parent_option`
    names the option they belong to, and "" means that any chosen answer opens them.
    Raises ValueError for a range, tolerance or sigma that is not finite, is reversed, negative or (sigma) zero, and
    for an ordinal without options or with one twice.
    """

    uid: str
    name: str
    kind: str
    options: tuple[str, ...] = ()
    is_required: bool = False
    value_range: tuple[float, float] | None = None
    tolerance: float | None = None
    sigma: float | None = None
    questions: tuple[FeatureSchema, ...] = ()
    parent_option: str = ""
    is_symmetric: bool = False

    def __post_init__(self) -> None:
        if self.value_range is not None:
            low, high = self.value_range
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                raise ValueError(
                    f"{self.uid}.value_range: needs two finite numbers, lowest first, not {self.value_range}"
                )
        if self.tolerance is not None and not (math.isfinite(self.tolerance) and self.tolerance >= 0):
            raise ValueError(f"{self.uid}.tolerance: must be a finite number of at least 0, not {self.tolerance}")
        if self.sigma is not None and not (math.isfinite(self.sigma) and self.sigma > 0):
            raise ValueError(f"{self.uid}.sigma: must be a finite number above 0, not {self.sigma}")
        if self.kind == "ordinal" and (not self.options or len(set(self.options)) != len(self.options)):
            raise ValueError(f"{self.uid}.options: an ordinal needs its options in their order, each once")


def walk_features(schema: Sequence[FeatureSchema]) -> Iterator[FeatureSchema]:
    """Every feature of `schema`, each before the questions under it, depth first. Empty in, empty out."""
    for feature in schema:
        yield feature
        yield from walk_features(feature.questions)


def features_by_uid(schema: Sequence[FeatureSchema]) -> dict[str, FeatureSchema]:
    """All features of `schema`, nested ones too, by uid. Raises ValueError when a uid stands twice."""
    found: dict[str, FeatureSchema] = {}
    for feature in walk_features(schema):
        if feature.uid in found:
            raise ValueError(f"{feature.uid}: the same uid stands twice in the ontology")
        found[feature.uid] = feature
    return found


def feature_with_uid(schema: Sequence[FeatureSchema], uid: str) -> FeatureSchema | None:
    """The feature with this stable id anywhere in `schema`, or None. Names and order play no part."""
    return next((feature for feature in walk_features(schema) if feature.uid == uid), None)
