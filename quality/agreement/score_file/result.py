"""The labels of a file, scored: one object with assets, labelers, features, project and method."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quality.agreement import METHOD_VERSION
from quality.agreement.intervals import score_interval
from quality.agreement.labels import LabelAgreement, compare_opinions
from quality.agreement.object_scores import object_score_named
from quality.agreement.opinions import Opinion
from quality.agreement.rows import PairAgreement, RowAgreement, compare_row, scores_by_feature
from quality.agreement.schema import FeatureSchema
from quality.agreement.score_file.assets import Asset, read_assets
from quality.agreement.score_file.chance import PairScores, beyond_chance, few_units, project_alpha
from quality.agreement.score_file.lines import Fault, read_lines
from quality.agreement.score_file.merged import merged_objects
from quality.agreement.score_file.questions import completed, read_ontology
from quality.agreement.score_file.settings import Settings, read_settings
from quality.agreement.score_file.truths import answers_by_asset

NO_GOLD = "no gold label to compare with"
NO_PAIR = "no two labels of an asset use it"
NO_SCORES = "under two scores"
NO_SECONDS = "no seconds given"

PROJECT_KEYS = frozenset(
    {
        *("alpha", "alpha_low", "alpha_high", "alpha_units", "alpha_above", "metric", "sigma", "ks"),
        *("why_no_alpha", "why_no_interval"),
    }
)
"""What a feature and the project say of agreement beyond chance."""

Found = dict[str, Any]


@dataclass(frozen=True)
class ScoredAsset:
    """An asset's labels with all their scores; `benchmark` is labeler -> score against gold."""

    asset: Asset
    row: RowAgreement
    benchmark: Mapping[str, float | None]

    def pairs(self) -> Iterator[tuple[Opinion, Opinion, LabelAgreement]]:
        """The two opinions of each pair with their agreement."""
        opinions = self.asset.opinions
        for pair in self.row.pairs:
            if pair.agreement is not None:
                yield opinions[pair.a].opinion, opinions[pair.b].opinion, pair.agreement


def score_lines(lines: Iterable[bytes]) -> tuple[Found, list[Fault]]:
    """The result object of a file's lines, and the lines that were left out, in their order.

    The result depends on the labels alone: not on the order of lines, labelers, assets or options, but for a labeler's
    several lines on one asset, of which the last counts. Nothing in it is NaN or infinite. Raises nothing.
    """
    read = read_lines(lines)
    faults = list(read.faults)
    head_schema: tuple[FeatureSchema, ...] = ()
    settings = Settings()
    if read.head is not None:
        try:
            head_schema = read_ontology(read.head.get("ontology", []))
            settings = read_settings(read.head.get("settings", {}))
        except ValueError as error:
            faults.append(Fault(read.head_line, str(error)))
            head_schema, settings = (), Settings()
    schema = completed(head_schema, read.labels)
    assets, more = read_assets(schema, read.labels)
    faults = sorted([*faults, *more], key=lambda fault: fault.line)
    scored = {name: score_asset(schema, asset, settings) for name, asset in assets.items()}
    return _result(schema, assets, scored, settings, len({fault.line for fault in faults})), faults


def score_asset(schema: Sequence[FeatureSchema], asset: Asset, settings: Settings) -> ScoredAsset:
    """Every pair of opinions, and each opinion against each gold label that is not its own maker's."""
    opinions = {labeler: one.opinion for labeler, one in asset.opinions.items()}
    row = compare_row(schema, opinions, object_score=settings.object_score)
    benchmark: dict[str, float | None] = {}
    for labeler in sorted(opinions):
        golds = [gold.opinion for maker, gold in sorted(asset.golds.items()) if maker != labeler]
        scores = [
            compare_opinions(schema, opinions[labeler], gold, object_score=settings.object_score).score
            for gold in golds
        ]
        if golds:
            benchmark[labeler] = _mean(scores)
    return ScoredAsset(asset, row, benchmark)


def _result(
    schema: Sequence[FeatureSchema],
    assets: Mapping[str, Asset],
    scored: Mapping[str, ScoredAsset],
    settings: Settings,
    left_out: int,
) -> Found:
    answers, truths = answers_by_asset(schema, assets, settings)
    pairs = PairScores(schema, (known for one in scored.values() for known in one.pairs()), settings)
    features = _features(schema, scored)
    for feature in schema:
        found = features[feature.uid]
        found |= beyond_chance(feature, assets, pairs)
        if feature.uid in truths:
            found["truth"] = truths[feature.uid]
    return {
        "assets": {
            name: _asset(one) | {"answers": answers[name], "merged": merged_objects(schema, one.asset)}
            for name, one in scored.items()
        },
        "labelers": _labelers(scored),
        "features": features,
        "project": _project(scored, left_out, _project_alpha(assets, features, pairs)),
        "method": {
            "name": object_score_named(settings.object_score).method,
            "version": METHOD_VERSION,
            "settings": settings.as_written(),
        },
    }


def _project_alpha(assets: Mapping[str, Asset], features: Mapping[str, Found], pairs: PairScores) -> Found:
    """Where one feature is all there is, its alpha is that of the project."""
    used = [feature for feature in features.values() if feature["n"]]
    has_skips = any(one.opinion.is_skipped for asset in assets.values() for one in asset.opinions.values())
    if len(used) == 1 and not has_skips:
        return few_units({key: value for key, value in used[0].items() if key in PROJECT_KEYS})
    return project_alpha(assets, pairs)


def _asset(scored: ScoredAsset) -> Found:
    row = scored.row
    found: Found = {
        "n": row.opinion_count,
        "consensus": row.consensus,
        "vote_share": dict(row.vote_shares),
        "benchmark": dict(scored.benchmark),
        "ambiguity": row.ambiguity,
        "winner": {"labeler": row.winner} if row.winner is not None else None,
        "status": row.status,
        "pairs": [_pair(pair) for pair in row.pairs],
    }
    return found | ({"why_null": row.why_null} if row.why_null else {})


def _pair(pair: PairAgreement) -> Found:
    agreement = pair.agreement
    assert agreement is not None
    found: Found = {
        "a": pair.a,
        "b": pair.b,
        "score": pair.score,
        "object_weighted": agreement.object_weighted,
        "features": {feature.feature: feature.score for feature in agreement.features},
    }
    if agreement.is_empty:
        found["is_empty"] = True
    if agreement.skipped:
        found["skipped"] = {"both": [pair.a, pair.b], "a": [pair.a], "b": [pair.b]}[agreement.skipped]
    reasons = [f"{feature.feature}: {feature.why_null}" for feature in agreement.features if feature.score is None]
    if reasons or pair.score is None:
        found["why_null"] = "; ".join(reasons) or agreement.why_null
    return found


def _labelers(scored: Mapping[str, ScoredAsset]) -> Found:
    names = sorted({labeler for one in scored.values() for labeler in one.asset.opinions})
    by_labeler: dict[str, list[ScoredAsset]] = {name: [] for name in names}
    for one in scored.values():
        for labeler in one.asset.opinions:
            by_labeler[labeler].append(one)
    return {name: _labeler(name, assets) for name, assets in by_labeler.items()}


def _labeler(name: str, assets: Sequence[ScoredAsset]) -> Found:
    """Every asset counts once, whatever the number of labels on it."""
    consensus = [mean for one in assets if (mean := one.row.means.get(name)) is not None]
    benchmark = [score for one in assets if (score := one.benchmark.get(name)) is not None]
    seconds = [time for one in assets if (time := one.asset.opinions[name].line.seconds) is not None]
    scores = benchmark or consensus
    interval = score_interval(len(scores), math.fsum(scores), math.fsum(score * score for score in scores))
    found: Found = {
        "n": len(assets),
        "n_consensus": len(consensus),
        "consensus": _mean(consensus),
        "n_benchmark": len(benchmark),
        "benchmark": _mean(benchmark),
        "lower": interval[0] if interval else None,
        "upper": interval[1] if interval else None,
        "seconds_median": statistics.median(seconds) if seconds else None,
    }
    reasons = {
        "consensus": "no other label to compare with",
        "benchmark": NO_GOLD,
        "lower": NO_SCORES,
        "upper": NO_SCORES,
        "seconds_median": NO_SECONDS,
    }
    return found | _why_null({key: reason for key, reason in reasons.items() if found[key] is None})


def _features(schema: Sequence[FeatureSchema], scored: Mapping[str, ScoredAsset]) -> Found:
    """Of each feature the mean over the assets of the mean of its pairs."""
    means: dict[str, list[float]] = {feature.uid: [] for feature in schema}
    reasons: dict[str, str] = {}
    for one in scored.values():
        agreements = {(pair.a, pair.b): pair.agreement for pair in one.row.pairs if pair.agreement is not None}
        for uid, scores in scores_by_feature(agreements).items():
            means[uid].append(math.fsum(scores.values()) / len(scores))
        for agreement in agreements.values():
            reasons |= {feature.feature: feature.why_null for feature in agreement.features if feature.why_null}
    found = {}
    for feature in schema:
        agreement_mean = _mean(means[feature.uid])
        found[feature.uid] = {
            "kind": feature.kind,
            "n": len(means[feature.uid]),
            "agreement": agreement_mean,
        } | ({"why_null": reasons.get(feature.uid, NO_PAIR)} if agreement_mean is None else {})
    return found


def _project(scored: Mapping[str, ScoredAsset], left_out: int, alpha: Found) -> Found:
    consensus = [one.row.consensus for one in scored.values() if one.row.consensus is not None]
    found: Found = {
        "n_assets": len(scored),
        "n_labels": sum(len(one.asset.opinions) for one in scored.values()),
        "n_scored": len(consensus),
        "n_lines_left_out": left_out,
        "consensus": _mean(consensus),
    } | alpha
    reasons = {} if consensus else {"consensus": "no asset has two labels that could be compared"}
    if alpha["alpha"] is None:
        reasons["alpha"] = found.pop("why_no_alpha")
    return found | _why_null(reasons)


def _why_null(reasons: Mapping[str, str]) -> Found:
    return {"why_null": "; ".join(f"{key}: {reason}" for key, reason in reasons.items())} if reasons else {}


def _mean(scores: Sequence[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return math.fsum(known) / len(known) if known else None
