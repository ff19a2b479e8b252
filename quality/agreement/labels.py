"""The score of two labels of one asset, and what tells them apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from quality.agreement.answers import NO_ANSWER, Answer, score_answer
from quality.agreement.coordinates import Size
from quality.agreement.matching import union_mean
from quality.agreement.measures import MEASURES
from quality.agreement.objects import Confusion, Confusions, FeatureMatch, find_confusions, match_feature
from quality.agreement.opinions import ObjectSet, Opinion, read_opinion
from quality.agreement.schema import QUESTION_KINDS, FeatureSchema
from quality.agreement.shapes import joined_notes

LOOSE_BELOW = 0.8

Difference = Literal["", "missing", "extra", "wrong_class", "loose", "wrong_answer", "degenerate"]


@dataclass(frozen=True)
class ObjectAgreement:
    """One matched pair of objects, one object without a partner, or one question.

    `similarity` is what counts in the score, `geometry` that of the shapes (of the answer itself for a question),
    `nested` the mean of the questions under it. `error`: "missing" is in b only, "extra" in a only, "wrong_class" lies
    on an object of the other label that has the feature `confused_with` and the id `confused_id` (its `geometry` tells
    how well; it stays unmatched), "loose" is matched with a geometry under 0.8, "wrong_answer" differs in an answer,
    "degenerate" is a matched pair without area or length.
    """

    a_id: str | None
    b_id: str | None
    similarity: float
    geometry: float
    nested: float | None = None
    error: Difference = ""
    note: str = ""
    confused_with: str = ""
    confused_id: str | None = None


@dataclass(frozen=True)
class FeatureAgreement:
    """The score of one feature in 0..1, or None with the reason; counts of objects (of answers) in both labels."""

    feature: str
    kind: str
    score: float | None
    why_null: str
    count_a: int
    count_b: int
    objects: tuple[ObjectAgreement, ...] = ()


@dataclass(frozen=True)
class LabelAgreement:
    """The score of two labels in 0..1: mean over `features`, those that either label uses, in the ontology's order.

    `score` is None with the reason when no feature could be scored. `is_empty` marks two wholly empty labels (score
    1). `object_weighted` weighs features by their number of objects: every object, matched or not, and every question
    counts once.
    """

    score: float | None
    why_null: str
    is_empty: bool
    object_weighted: float | None
    features: tuple[FeatureAgreement, ...]


def score_labels(
    schema: Sequence[FeatureSchema], a: Mapping[str, object], b: Mapping[str, object], *, size: Size | None
) -> LabelAgreement:
    """How much two labels `{"features": [...]}` of one asset agree: union mean per feature, mean over features.

    Range 0..1, symmetric but for the names "missing" and "extra" (with gold as `b` they say what they mean). Objects
    are matched one to one (Hungarian) within their feature: score = sum of matched similarity / (nA + nB - matches).
    A feature empty in both labels is not applicable and left out; two wholly empty labels score 1, flagged `is_empty`;
    a point or polyline without `size` (width, height in pixels) and without sigma or tolerance scores None with the
    reason. Ties are settled as in `matching.match_objects`: the order of objects, features and options has no effect.
    Raises ValueError naming the path for NaN, infinite or malformed values, never a NaN score.
    Source: Labelbox's documented consensus rule, with the matching of Kuhn (1955).
    """
    return compare_opinions(
        schema, read_opinion(schema, a, size=size, path="a"), read_opinion(schema, b, size=size, path="b")
    )


def compare_opinions(schema: Sequence[FeatureSchema], a: Opinion, b: Opinion) -> LabelAgreement:
    """`score_labels` for labels already read by `read_opinion` with one schema and size: for rows of many labels."""
    if a.is_empty and b.is_empty:
        return LabelAgreement(score=1.0, why_null="", is_empty=True, object_weighted=1.0, features=())
    found: dict[str, FeatureAgreement] = {}
    matches: dict[str, FeatureMatch] = {}
    for feature in schema:
        if feature.kind in QUESTION_KINDS:
            question = _question(feature, a.answers.get(feature.uid, NO_ANSWER), b.answers.get(feature.uid, NO_ANSWER))
            if question is not None:
                found[feature.uid] = question
        elif feature.kind not in MEASURES:
            counts = a.unmeasured.get(feature.uid, 0), b.unmeasured.get(feature.uid, 0)
            if any(counts):
                found[feature.uid] = _null(feature, *counts, f"no measure for the kind {feature.kind}")
        elif feature.uid in a.objects or feature.uid in b.objects:
            own, other = a.objects.get(feature.uid), b.objects.get(feature.uid)
            scale = MEASURES[feature.kind].scale(feature, a.size)
            if isinstance(scale, str):
                found[feature.uid] = _null(feature, len(own or ()), len(other or ()), scale)
            else:
                matches[feature.uid] = match_feature(feature, own, other, scale)
    confusions = find_confusions(list(matches.values()))
    found.update((uid, _objects(match, confusions)) for uid, match in matches.items())
    return _summary([found[feature.uid] for feature in schema if feature.uid in found])


def _summary(features: Sequence[FeatureAgreement]) -> LabelAgreement:
    scored = [(feature.score, _weight(feature)) for feature in features if feature.score is not None]
    if not scored:
        reasons = "; ".join(f"{feature.feature}: {feature.why_null}" for feature in features)
        return LabelAgreement(None, reasons or "no feature applies", False, None, tuple(features))
    score = math.fsum(score for score, _ in scored) / len(scored)
    total = sum(weight for _, weight in scored)
    weighted = math.fsum(score * weight for score, weight in scored) / total
    return LabelAgreement(score, "", False, weighted, tuple(features))


def _weight(feature: FeatureAgreement) -> int:
    return 1 if feature.kind in QUESTION_KINDS else len(feature.objects)


def _null(feature: FeatureSchema, count_a: int, count_b: int, reason: str) -> FeatureAgreement:
    return FeatureAgreement(feature.uid, feature.kind, None, reason, count_a, count_b)


def _question(feature: FeatureSchema, a: Answer, b: Answer) -> FeatureAgreement | None:
    found = score_answer(feature, a, b)
    if found is None:
        return None
    error: Difference = "" if found.score == 1.0 else "wrong_answer"
    if a.is_given != b.is_given:
        error = "extra" if a.is_given else "missing"
    answer = ObjectAgreement(a.id, b.id, found.score, found.own, found.nested, error)
    return FeatureAgreement(feature.uid, feature.kind, found.score, "", int(a.is_given), int(b.is_given), (answer,))


def _objects(match: FeatureMatch, confusions: Confusions) -> FeatureAgreement:
    uid, a, b = match.feature.uid, match.a, match.b
    objects: list[ObjectAgreement] = []
    if a is not None and b is not None:
        objects.extend(_pairs(match, a, b))
    if a is not None:
        objects.extend(_alone(a, index, "a", confusions.get(("a", uid, index))) for index in match.left_a)
    if b is not None:
        objects.extend(_alone(b, index, "b", confusions.get(("b", uid, index))) for index in match.left_b)
    count_a, count_b = len(a or ()), len(b or ())
    score = union_mean([pair.similarity for pair in match.matches], count_a, count_b)
    return FeatureAgreement(uid, match.feature.kind, score, "", count_a, count_b, tuple(objects))


def _pairs(match: FeatureMatch, a: ObjectSet, b: ObjectSet) -> list[ObjectAgreement]:
    pairs = []
    for pair in match.matches:
        answers_differ = pair.nested is not None and pair.nested < 1.0
        note = joined_notes(a.shapes.notes[pair.i], b.shapes.notes[pair.j])
        error: Difference = "wrong_answer" if answers_differ else ""
        if a.shapes.is_degenerate[pair.i]:
            error = "degenerate"
        elif pair.geometry < LOOSE_BELOW:
            error = "loose"
        if answers_differ and error != "wrong_answer":
            note = joined_notes(note, "answers differ")
        pairs.append(
            ObjectAgreement(a.ids[pair.i], b.ids[pair.j], pair.similarity, pair.geometry, pair.nested, error, note)
        )
    return pairs


def _alone(objects: ObjectSet, index: int, side: Literal["a", "b"], confusion: Confusion | None) -> ObjectAgreement:
    error: Difference = "extra" if side == "a" else "missing"
    return ObjectAgreement(
        a_id=objects.ids[index] if side == "a" else None,
        b_id=objects.ids[index] if side == "b" else None,
        similarity=0.0,
        geometry=confusion.geometry if confusion else 0.0,
        error="wrong_class" if confusion else error,
        note=objects.shapes.notes[index],
        confused_with=confusion.feature if confusion else "",
        confused_id=confusion.id if confusion else None,
    )
