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
from quality.agreement.object_scores import DEFAULT_OBJECT_SCORE, ObjectScore, object_score_named
from quality.agreement.objects import Confusion, Confusions, FeatureMatch, find_confusions, match_feature
from quality.agreement.opinions import ObjectSet, Opinion, read_opinion
from quality.agreement.relations import OTHER_DIRECTION, Edge, EdgeMatch, NamedEdge, Partners, match_edges
from quality.agreement.schema import QUESTION_KINDS, RELATION, FeatureSchema
from quality.agreement.shapes import joined_notes

LOOSE_BELOW = 0.8

Difference = Literal["", "missing", "extra", "wrong_class", "loose", "wrong_answer", "degenerate"]


@dataclass(frozen=True)
class ObjectAgreement:
    """One matched pair of objects or of relations, one without a partner, or one question.

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
    counts once. `skipped` tells who skipped the asset: both (score 1), or one of them (score 0); then no feature is
    compared.
    """

    score: float | None
    why_null: str
    is_empty: bool
    object_weighted: float | None
    features: tuple[FeatureAgreement, ...]
    skipped: Literal["", "both", "a", "b"] = ""


def score_labels(
    schema: Sequence[FeatureSchema],
    a: Mapping[str, object],
    b: Mapping[str, object],
    *,
    size: Size | None,
    object_score: str = DEFAULT_OBJECT_SCORE,
) -> LabelAgreement:
    """How much two labels `{"features": [...]}` of one asset agree: union mean per feature, mean over features.

    Range 0..1, symmetric but for the names "missing" and "extra" (with gold as `b` they say what they mean). Objects
    are matched one to one (Hungarian) within their feature: score = sum of matched similarity / (nA + nB - matches),
    or another of `object_scores.OBJECT_SCORES` by its name. Relations are compared by the objects that they join.
    A feature empty in both labels is not applicable and left out; two wholly empty labels score 1, flagged `is_empty`;
    two skips score 1, a skip and a label 0; a point or polyline without `size` (width, height in pixels) and without
    sigma or tolerance scores None with the reason. Ties are settled as in `matching.match_objects`: the order of
    objects, features and options has no effect.
    Raises ValueError naming the path for NaN, infinite or malformed values and for masks of different size, never a NaN
    score. Source: Labelbox's documented consensus rule, with the matching of Kuhn (1955).
    """
    return compare_opinions(
        schema,
        read_opinion(schema, a, size=size, path="a"),
        read_opinion(schema, b, size=size, path="b"),
        object_score=object_score,
    )


def compare_opinions(
    schema: Sequence[FeatureSchema], a: Opinion, b: Opinion, *, object_score: str = DEFAULT_OBJECT_SCORE
) -> LabelAgreement:
    """`score_labels` for labels already read by `read_opinion` with one schema and size: for rows of many labels."""
    scored_by = object_score_named(object_score)
    if a.is_skipped or b.is_skipped:
        return _of_skips(a, b)
    if a.is_empty and b.is_empty:
        return LabelAgreement(score=1.0, why_null="", is_empty=True, object_weighted=1.0, features=())
    if a.raster and b.raster and a.raster[0] != b.raster[0]:
        raise ValueError(f"{b.raster[1]}: masks of different size cannot be compared")
    found: dict[str, FeatureAgreement] = {}
    matches: dict[str, FeatureMatch] = {}
    for feature in schema:
        one = _compare_feature(feature, a, b, scored_by.gate)
        if isinstance(one, FeatureMatch):
            matches[feature.uid] = one
        elif one is not None:
            found[feature.uid] = one
    confusions = find_confusions(list(matches.values()))
    found.update((uid, _objects(match, confusions, scored_by)) for uid, match in matches.items())
    if a.edges or b.edges:
        found.update(_relations(schema, a, b, found, matches))
    return summary_of([found[feature.uid] for feature in schema if feature.uid in found])


def _compare_feature(
    feature: FeatureSchema, a: Opinion, b: Opinion, gate: float
) -> FeatureAgreement | FeatureMatch | None:
    """The score of a question, the matching of objects, or None for a feature that neither label uses."""
    uid = feature.uid
    if feature.kind in QUESTION_KINDS:
        return _question(feature, a.answers.get(uid, NO_ANSWER), b.answers.get(uid, NO_ANSWER))
    if uid in a.unmeasured or uid in b.unmeasured:
        reason = f"no measure for the kind {feature.kind}"
        return _null(feature, a.unmeasured.get(uid, 0), b.unmeasured.get(uid, 0), reason)
    own, other = a.objects.get(uid), b.objects.get(uid)
    if own is None and other is None:
        return None
    scale = MEASURES[feature.kind].scale(feature, a.size)
    if isinstance(scale, str):
        return _null(feature, len(own or ()), len(other or ()), scale)
    return match_feature(feature, own, other, scale, gate=gate)


def _of_skips(a: Opinion, b: Opinion) -> LabelAgreement:
    if a.is_skipped and b.is_skipped:
        return LabelAgreement(1.0, "", is_empty=False, object_weighted=1.0, features=(), skipped="both")
    return LabelAgreement(0.0, "", False, 0.0, (), skipped="a" if a.is_skipped else "b")


def summary_of(features: Sequence[FeatureAgreement]) -> LabelAgreement:
    """The agreement of two labels from that of their features: the mean of those that have a score."""
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


def _objects(match: FeatureMatch, confusions: Confusions, scored_by: ObjectScore) -> FeatureAgreement:
    uid, a, b = match.feature.uid, match.a, match.b
    objects: list[ObjectAgreement] = []
    if a is not None and b is not None:
        objects.extend(_pairs(match, a, b))
    if a is not None:
        objects.extend(_alone(a, index, "a", confusions.get(("a", uid, index))) for index in match.left_a)
    if b is not None:
        objects.extend(_alone(b, index, "b", confusions.get(("b", uid, index))) for index in match.left_b)
    count_a, count_b = len(a or ()), len(b or ())
    score = scored_by.of([pair.similarity for pair in match.matches], count_a, count_b)
    return FeatureAgreement(uid, match.feature.kind, score, "", count_a, count_b, tuple(objects))


def _pairs(match: FeatureMatch, a: ObjectSet, b: ObjectSet) -> list[ObjectAgreement]:
    pairs = []
    for pair in match.matches:
        answers_differ = pair.nested is not None and pair.nested < 1.0
        own, other = a.shapes.notes[pair.i], b.shapes.notes[pair.j]
        note = joined_notes(own, other) if own or other else ""
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


def _relations(
    schema: Sequence[FeatureSchema],
    a: Opinion,
    b: Opinion,
    found: Mapping[str, FeatureAgreement],
    matches: Mapping[str, FeatureMatch],
) -> dict[str, FeatureAgreement]:
    """The relations, compared by the matching of the objects that they join."""
    partners: Partners = {(uid, pair.i): (uid, pair.j) for uid, match in matches.items() for pair in match.matches}
    compared = {}
    features = [feature for feature in schema if feature.kind == RELATION]
    for match in match_edges(features, a.edges, b.edges, partners):
        uid = match.feature.uid
        edges = [*a.edges.get(uid, ()), *b.edges.get(uid, ())]
        unscored = sorted({end[0] for edge in edges for end in edge.ends if end[0] in found and found[end[0]].why_null})
        if unscored:
            counts = len(a.edges.get(uid, ())), len(b.edges.get(uid, ()))
            compared[uid] = _null(match.feature, *counts, f"the objects of {', '.join(unscored)} could not be matched")
        else:
            compared[uid] = _edges(match)
    return compared


def _edges(match: EdgeMatch) -> FeatureAgreement:
    uid = match.feature.uid
    objects = [ObjectAgreement(one.name, other.name, 1.0, 1.0) for one, other in match.pairs]
    objects.extend(_edge_alone(uid, edge, "a", match.confusions_a.get(edge)) for edge in match.left_a)
    objects.extend(_edge_alone(uid, edge, "b", match.confusions_b.get(edge)) for edge in match.left_b)
    count_a, count_b = len(match.pairs) + len(match.left_a), len(match.pairs) + len(match.left_b)
    score = union_mean([1.0] * len(match.pairs), count_a, count_b)
    return FeatureAgreement(uid, match.feature.kind, score, "", count_a, count_b, tuple(objects))


def _edge_alone(uid: str, edge: Edge, side: Literal["a", "b"], confusion: NamedEdge | None) -> ObjectAgreement:
    error: Difference = "extra" if side == "a" else "missing"
    return ObjectAgreement(
        a_id=edge.name if side == "a" else None,
        b_id=edge.name if side == "b" else None,
        similarity=0.0,
        geometry=0.0,
        error="wrong_class" if confusion else error,
        note=OTHER_DIRECTION if confusion and confusion[0] == uid else "",
        confused_with=confusion[0] if confusion else "",
        confused_id=confusion[1].name if confusion else None,
    )
