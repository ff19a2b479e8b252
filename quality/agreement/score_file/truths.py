"""One answer out of many: what the labels of a file say about each asset, question by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quality.agreement.schema import QUESTION_KINDS, FeatureSchema
from quality.agreement.score_file.assets import Asset, ReadLine
from quality.agreement.score_file.settings import Settings
from quality.agreement.score_file.tables import CHOICES, every_vote, options_with
from quality.agreement.truth.checklists import ChecklistTruth, infer_checklists
from quality.agreement.truth.default import infer_truth
from quality.agreement.truth.medoid import medoid_text
from quality.agreement.truth.numbers import merge_numbers

Found = dict[str, Any]
ByAsset = dict[str, Found]


def answers_by_asset(
    schema: Sequence[FeatureSchema], assets: Mapping[str, Asset], settings: Settings
) -> tuple[dict[str, Found], dict[str, str]]:
    """Asset -> question -> answer, and question -> the method that decided it.

    Questions with options count every label; a number is the mean, and a text the medoid, of each labeler's last one.
    """
    found: dict[str, Found] = {name: {} for name in assets}
    methods: dict[str, str] = {}
    for feature in schema:
        if feature.kind not in QUESTION_KINDS:
            continue
        answers, methods[feature.uid] = _answers(feature, assets, settings)
        for name, answer in answers.items():
            found[name][feature.uid] = answer
    return found, methods


def _answers(feature: FeatureSchema, assets: Mapping[str, Asset], settings: Settings) -> tuple[ByAsset, str]:
    if feature.kind in CHOICES:
        return _choices(feature, assets, settings)
    if feature.kind == "checklist":
        return _checklists(feature, assets, settings), f"{settings.truth}, option by option"
    if feature.kind == "number":
        return _numbers(feature, assets), "mean"
    return _texts(feature, assets), "medoid"


def _choices(feature: FeatureSchema, assets: Mapping[str, Asset], settings: Settings) -> tuple[ByAsset, str]:
    truth = infer_truth(every_vote(feature, assets), settings.truth)
    found = {
        name: {
            "value": answer.value,
            "posterior": answer.posterior,
            "posteriors": dict(answer.posteriors),
            "status": answer.status,
        }
        for name, answer in truth.answers().items()
    }
    return found, truth.method


def _checklists(feature: FeatureSchema, assets: Mapping[str, Asset], settings: Settings) -> ByAsset:
    rows = []
    for name, asset in assets.items():
        for one in asset.every:
            chosen = _value(feature, one)
            is_answered = bool(chosen) or (feature.is_required and not one.opinion.is_skipped)
            if is_answered:
                rows.append((name, one.line.labeler, chosen if isinstance(chosen, frozenset) else frozenset[str]()))
    options = options_with(feature, {option for _, _, chosen in rows for option in chosen})
    found = infer_checklists(rows, options=options, method=settings.truth)
    return {name: _checklist(truth) for name, truth in found.items()}


def _checklist(truth: ChecklistTruth) -> Found:
    sure = [max(posterior, 1 - posterior) for posterior in truth.posteriors.values()]
    return {
        "value": sorted(truth.chosen) if truth.status == "decided" else None,
        "posterior": min(sure, default=1.0),
        "posteriors": dict(truth.posteriors),
        "status": truth.status,
    }


def _numbers(feature: FeatureSchema, assets: Mapping[str, Asset]) -> ByAsset:
    found = {}
    for name, asset in assets.items():
        values = {who: value for who, one in asset.opinions.items() if isinstance(value := _value(feature, one), float)}
        if values:
            truth = merge_numbers(values)
            found[name] = {
                "value": truth.value,
                "of": truth.of,
                "outliers": list(truth.outliers),
                "status": "decided",
            }
    return found


def _texts(feature: FeatureSchema, assets: Mapping[str, Asset]) -> ByAsset:
    found = {}
    for name, asset in assets.items():
        texts = {who: text for who, one in asset.opinions.items() if isinstance(text := _value(feature, one), str)}
        truth = medoid_text(texts)
        if truth.status != "undecided":
            found[name] = {"value": truth.value, "mean": truth.mean, "status": truth.status}
    return found


def _value(feature: FeatureSchema, one: ReadLine) -> object:
    answer = one.opinion.answers.get(feature.uid)
    return None if answer is None else answer.value
