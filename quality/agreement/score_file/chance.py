"""Agreement beyond chance of each feature, and of whole labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from quality.agreement.alpha import Alpha, Metric, krippendorff_alpha
from quality.agreement.bootstrap import FEW_UNITS, FEWEST_UNITS
from quality.agreement.coefficients.brennan_prediger import brennan_prediger
from quality.agreement.coefficients.cohen import cohen_kappa
from quality.agreement.coefficients.conger import conger_kappa
from quality.agreement.coefficients.fleiss import fleiss_kappa
from quality.agreement.coefficients.gwet import gwet_ac1
from quality.agreement.coefficients.icc import icc_2_1
from quality.agreement.coefficients.result import Coefficient
from quality.agreement.distance_alpha import DistanceAlpha, distance_alpha
from quality.agreement.labels import LabelAgreement, compare_opinions
from quality.agreement.opinions import Opinion
from quality.agreement.schema import RELATION, FeatureSchema
from quality.agreement.score_file.assets import Asset
from quality.agreement.score_file.settings import Settings
from quality.agreement.score_file.tables import last_votes
from quality.agreement.votes import Votes

METRICS: Mapping[str, Metric] = {"radio": "nominal", "ordinal": "ordinal", "number": "interval"}
"""Kinds whose answers stand in one table; every other kind has a distance, 1 - its score."""

DISTANCE = "1 - score"

COEFFICIENTS: Mapping[str, Callable[[Votes], Coefficient]] = {
    "fleiss": fleiss_kappa,
    "cohen": cohen_kappa,
    "cohen_linear": partial(cohen_kappa, weights="linear"),
    "cohen_quadratic": partial(cohen_kappa, weights="quadratic"),
    "gwet": gwet_ac1,
    "conger": conger_kappa,
    "brennan_prediger": brennan_prediger,
    "icc": icc_2_1,
}

Found = dict[str, Any]


class PairScores:
    """Scores of any two labels of a file; those of one asset are known already."""

    def __init__(
        self,
        schema: Sequence[FeatureSchema],
        known: Iterable[tuple[Opinion, Opinion, LabelAgreement]],
        settings: Settings,
    ) -> None:
        self.schema = schema
        self.settings = settings
        self._known = {frozenset((id(a), id(b))): agreement for a, b, agreement in known}

    def of_labels(self, a: Opinion, b: Opinion) -> float | None:
        agreement = self._compared(a, b, self.schema)
        return agreement.score if agreement else None

    def of_feature(self, feature: FeatureSchema) -> Callable[[Opinion, Opinion], float | None]:
        # A relation is compared by the objects that it joins, so it needs them all.
        schema = self.schema if feature.kind == RELATION else [feature]

        def score(a: Opinion, b: Opinion) -> float | None:
            agreement = self._compared(a, b, schema)
            found = (one.score for one in (agreement.features if agreement else ()) if one.feature == feature.uid)
            return next(found, None)

        return score

    def _compared(self, a: Opinion, b: Opinion, schema: Sequence[FeatureSchema]) -> LabelAgreement | None:
        known = self._known.get(frozenset((id(a), id(b))))
        if known is not None:
            return known
        if a.raster and b.raster and a.raster[0] != b.raster[0]:
            return None  # masks of two pictures have two sizes: nothing to compare
        return compare_opinions(schema, a, b, object_score=self.settings.object_score)


def beyond_chance(feature: FeatureSchema, assets: Mapping[str, Asset], scores: PairScores) -> Found:
    """Alpha with its interval and metric, AC1 for questions with options, and the coefficients that were asked for.

    Radio nominal, ordinal ordinal, number interval; every other kind under the distance 1 - score, with sigma and KS.
    """
    settings = scores.settings
    if feature.kind not in METRICS:
        return _by_distance(_opinions_with(feature, assets), scores.of_feature(feature), settings)
    votes = last_votes(feature, assets)
    metric = METRICS[feature.kind]
    found = _alpha(krippendorff_alpha(votes, metric, draws=settings.draws, seed=settings.seed)) | {"metric": metric}
    if feature.kind != "number":
        ac1 = gwet_ac1(votes)
        found |= {"ac1": ac1.value} | ({"why_no_ac1": ac1.why_null} if ac1.value is None else {})
    return found | _coefficients(votes, settings.coefficients)


def project_alpha(assets: Mapping[str, Asset], scores: PairScores) -> Found:
    """Alpha of whole labels under the distance 1 - pair score; null under 10 assets with two labels."""
    units = {name: _opinions(asset) for name, asset in assets.items()}
    shared = sum(len(opinions) >= 2 for opinions in units.values())
    if shared < FEWEST_UNITS:
        return few_units({"alpha_units": shared})
    return _by_distance(units, scores.of_labels, scores.settings)


def few_units(found: Found) -> Found:
    """The alpha of a project as found, or, under 10 units, null with the reason."""
    if found["alpha_units"] >= FEWEST_UNITS:
        return found
    return _alpha(Alpha(None, FEW_UNITS, unit_count=found["alpha_units"]))


def _by_distance(
    units: Mapping[str, Mapping[str, Opinion]], score: Callable[[Opinion, Opinion], float | None], settings: Settings
) -> Found:
    alpha = distance_alpha(units, score, draws=settings.draws, seed=settings.seed)
    return _alpha(alpha) | {"metric": DISTANCE, "sigma": alpha.sigma, "ks": alpha.ks}


def _alpha(alpha: Alpha | DistanceAlpha) -> Found:
    found: Found = {
        "alpha": alpha.value,
        "alpha_low": alpha.low,
        "alpha_high": alpha.high,
        "alpha_units": alpha.unit_count,
    }
    if alpha.value is None:
        found["why_no_alpha"] = alpha.why_null
    elif alpha.low is None:
        found["why_no_interval"] = alpha.why_no_interval
    if alpha.chance_above:
        found["alpha_above"] = {str(bar): share for bar, share in alpha.chance_above.items()}
    return found


def _coefficients(votes: Votes, names: Sequence[str]) -> Found:
    values: Found = {}
    errors: Found = {}
    reasons: Found = {}
    for name in names:
        try:
            coefficient = COEFFICIENTS[name](votes)
        except ValueError as error:
            coefficient = Coefficient(None, str(error))
        values[name], errors[name] = coefficient.value, coefficient.standard_error
        if coefficient.value is None:
            reasons[name] = coefficient.why_null
    found: Found = {"coefficients": values, "coefficient_errors": errors} if values else {}
    return found | ({"why_no_coefficient": reasons} if reasons else {})


def _opinions(asset: Asset) -> dict[str, Opinion]:
    return {labeler: one.opinion for labeler, one in asset.opinions.items()}


def _opinions_with(feature: FeatureSchema, assets: Mapping[str, Asset]) -> dict[str, dict[str, Opinion]]:
    """The labels of those assets on which anybody used the feature; a skip says nothing about it."""
    found = {}
    for name, asset in assets.items():
        opinions = {labeler: one for labeler, one in _opinions(asset).items() if not one.is_skipped}
        if any(_uses(feature, one) for one in opinions.values()):
            found[name] = opinions
    return found


def _uses(feature: FeatureSchema, opinion: Opinion) -> bool:
    uid = feature.uid
    is_answered = uid in opinion.answers and opinion.answers[uid].is_given
    return is_answered or uid in opinion.objects or uid in opinion.edges
