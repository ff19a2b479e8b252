"""The objects of two labels: matched within their feature, then, for diagnosis only, without regard to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quality.agreement.answers import mean_of_nested
from quality.agreement.coordinates import Floats
from quality.agreement.matching import Indexes, match_objects
from quality.agreement.measures import MEASURES, Scale, compare_shapes
from quality.agreement.opinions import ObjectSet
from quality.agreement.schema import FeatureSchema
from quality.agreement.shapes import join_shapes

CONFUSION_GATE = 0.5
"""From this similarity on, two left-over objects of different features are the same thing under two names."""


@dataclass(frozen=True)
class MatchedObjects:
    """The i-th object of a and the j-th of b: similarity of the shapes, mean of nested answers, and both together."""

    i: int
    j: int
    geometry: float
    nested: float | None
    similarity: float


@dataclass(frozen=True)
class FeatureMatch:
    """What became of the objects of one feature; `scale` in pixels where the kind needs one."""

    feature: FeatureSchema
    a: ObjectSet | None
    b: ObjectSet | None
    scale: Scale
    matches: tuple[MatchedObjects, ...]
    left_a: tuple[int, ...]
    left_b: tuple[int, ...]


@dataclass(frozen=True)
class Confusion:
    """A left-over object's counterpart in the other label: its feature, its id, and how alike the shapes are."""

    feature: str
    id: str
    geometry: float


Confusions = Mapping[tuple[str, str, int], Confusion]
"""By side ("a" or "b"), feature uid and index of the object."""


def match_feature(
    feature: FeatureSchema, a: ObjectSet | None, b: ObjectSet | None, scale: Scale, *, gate: float = 0.0
) -> FeatureMatch:
    """Matches the objects of one feature on their shapes, ties by nested answers.

    A matched pair's similarity is that of the shapes, or (shapes + mean of nested answers) / 2 when either side
    answered a nested question. Shapes less similar than `gate`, or than their kind's own gate, are not matched. A
    missing side is an empty set.
    """
    if a is None or b is None:
        left_a, left_b = tuple(range(len(a or ()))), tuple(range(len(b or ())))
        return FeatureMatch(feature, a, b, scale, (), left_a, left_b)
    geometry = compare_shapes(feature.kind, a.shapes, b.shapes, scale)
    nested = _nested_scores(feature, a, b, geometry)
    together = geometry if nested is None else np.where(np.isnan(nested), geometry, (geometry + nested) / 2)
    tie_score = None if nested is None else together
    rows, columns = match_objects(geometry, gate=max(gate, MEASURES[feature.kind].gate), tie_score=tie_score)
    matches = _matched(rows, columns, geometry, nested, together)
    taken_a, taken_b = set(rows.tolist()), set(columns.tolist())
    left_a = tuple(index for index in range(len(a)) if index not in taken_a)
    left_b = tuple(index for index in range(len(b)) if index not in taken_b)
    return FeatureMatch(feature, a, b, scale, matches, left_a, left_b)


def find_confusions(found: Sequence[FeatureMatch]) -> Confusions:
    """Left-over objects of different features and one kind that lie on each other ("right box, wrong class").

    A second optimal matching, blind to the feature, over what the first left, from `CONFUSION_GATE` on. For diagnosis
    only: it changes no score. Points and polylines are compared only among features with the same scale.
    """
    groups: dict[tuple[str, Scale], list[FeatureMatch]] = {}
    for match in found:
        if match.left_a or match.left_b:
            groups.setdefault((match.feature.kind, match.scale), []).append(match)
    confusions: dict[tuple[str, str, int], Confusion] = {}
    for (kind, scale), matches in groups.items():
        if len(matches) > 1:
            _confuse(kind, scale, matches, confusions)
    return confusions


def _confuse(
    kind: str, scale: Scale, found: Sequence[FeatureMatch], confusions: dict[tuple[str, str, int], Confusion]
) -> None:
    with_a = [(match.feature.uid, match.a, match.left_a) for match in found if match.a and match.left_a]
    with_b = [(match.feature.uid, match.b, match.left_b) for match in found if match.b and match.left_b]
    if not with_a or not with_b:
        return
    places_a = [(uid, objects.ids[index], index) for uid, objects, left in with_a for index in left]
    places_b = [(uid, objects.ids[index], index) for uid, objects, left in with_b for index in left]
    similarity = compare_shapes(
        kind,
        join_shapes([objects.shapes.take(left) for _, objects, left in with_a]),
        join_shapes([objects.shapes.take(left) for _, objects, left in with_b]),
        scale,
    )
    # Two left-overs of one feature are never this alike: the first matching would have taken them.
    rows, columns = match_objects(similarity, gate=CONFUSION_GATE)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        (uid_a, id_a, index_a), (uid_b, id_b, index_b) = places_a[row], places_b[column]
        geometry = float(similarity[row, column])
        confusions["a", uid_a, index_a] = Confusion(uid_b, id_b, geometry)
        confusions["b", uid_b, index_b] = Confusion(uid_a, id_a, geometry)


def _nested_scores(feature: FeatureSchema, a: ObjectSet, b: ObjectSet, geometry: Floats) -> Floats | None:
    """Mean of nested answers (n, m), NaN where neither side answered; None when nobody answered any.

    Only pairs whose shapes meet are compared, and each distinct pair of answers once.
    """
    if not feature.questions or not (any(a.answer_keys) or any(b.answer_keys)):
        return None
    scores: Floats = np.full(geometry.shape, np.nan)
    known: dict[tuple[str, str], float] = {}
    rows, columns = np.nonzero(geometry)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        key = a.answer_keys[row], b.answer_keys[column]
        if key not in known:
            mean = mean_of_nested(feature.questions, a.answers[row], b.answers[column])
            known[key] = np.nan if mean is None else mean
        scores[row, column] = known[key]
    return scores


def _matched(
    rows: Indexes, columns: Indexes, geometry: Floats, nested: Floats | None, together: Floats
) -> tuple[MatchedObjects, ...]:
    answers = [np.nan] * len(rows) if nested is None else nested[rows, columns].tolist()
    return tuple(
        MatchedObjects(i, j, shape, None if np.isnan(answer) else answer, both)
        for i, j, shape, answer, both in zip(
            rows.tolist(),
            columns.tolist(),
            geometry[rows, columns].tolist(),
            answers,
            together[rows, columns].tolist(),
            strict=True,
        )
    )
