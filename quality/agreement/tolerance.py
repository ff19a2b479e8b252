"""How near is near enough: a score against gold whose author said what counts as right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from quality.agreement.labels import LOOSE_BELOW, FeatureAgreement, LabelAgreement, ObjectAgreement, summary_of
from quality.agreement.matching import union_mean
from quality.agreement.schema import QUESTION_KINDS, RELATION

ROUNDING = 1e-9


def with_tolerance(agreement: LabelAgreement, limits: Mapping[str, float]) -> LabelAgreement:
    """`agreement` of a label (a) with gold (b) where `limits` is feature uid → similarity, above 0 and up to 1, from
    which a matched shape, or the answer to a question, is wholly right.

    From the limit on a shape or answer counts as 1, nested answers as before: (1 + mean of nested) / 2. Under it the
    similarity stays and the object is "loose", also above 0.8. A feature without a limit stays as it is; matching is
    not done again. Features keep their union mean, the label the mean over features. Range 0..1; no limits and two
    empty labels give `agreement` back. Raises ValueError for a limit outside 0..1.
    """
    for uid, limit in limits.items():
        if not (math.isfinite(limit) and 0 < limit <= 1):
            raise ValueError(f"{uid}: a limit lies above 0 and up to 1, not {limit}")
    if not agreement.features or not limits.keys() & {feature.feature for feature in agreement.features}:
        return agreement
    return summary_of([_feature(feature, limits.get(feature.feature)) for feature in agreement.features])


def _feature(feature: FeatureAgreement, limit: float | None) -> FeatureAgreement:
    if limit is None or feature.score is None or feature.kind == RELATION:
        return feature
    objects = tuple(_object(one, limit, feature.kind in QUESTION_KINDS) for one in feature.objects)
    if feature.kind in QUESTION_KINDS:
        return replace(feature, score=objects[0].similarity, objects=objects)
    matched = [one.similarity for one in objects if _is_matched(one)]
    return replace(feature, score=union_mean(matched, feature.count_a, feature.count_b), objects=objects)


def _object(one: ObjectAgreement, limit: float, is_question: bool) -> ObjectAgreement:
    if not _is_matched(one) or one.error == "degenerate":
        return one
    if one.geometry < limit - ROUNDING:
        return replace(one, error=one.error or "loose") if limit > LOOSE_BELOW and not is_question else one
    similarity = 1.0 if one.nested is None else (1.0 + one.nested) / 2
    still_wrong = one.nested is not None and one.nested < 1.0
    return replace(one, similarity=similarity, error="wrong_answer" if still_wrong else "")


def _is_matched(one: ObjectAgreement) -> bool:
    return one.a_id is not None and one.b_id is not None
