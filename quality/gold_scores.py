"""Scores against gold: how near every answer to a row comes to its gold label, by the last version of its maker.

What is right is the gold's payload or any other answer that its newest version accepts; the best one counts. A shape
within the tolerance of its class is wholly right. Whoever wrote the gold, or a label that it took an answer from, is
not scored. While the gold is suspended scores are held: kept, and counted nowhere. The caller holds the row's lock."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from labeling.annotations.kinds import is_tool
from labeling.labels import last_versions
from labeling.models import Label, LabelVersion, ProjectRow
from labeling.rows import lock_row
from quality import figures, live
from quality.agreement.labels import LabelAgreement, score_labels
from quality.agreement.tolerance import with_tolerance
from quality.models import Benchmark, GoldFeatureScore, GoldVersion, LabelScore
from quality.scoring_schema import answers_given, newest_ontology, schema_of
from workforce.models import ClockTimestamp

WRITTEN = [
    "benchmark",
    "benchmark_explanation",
    "benchmark_version",
    "gold_version",
    "gold_answer",
    "is_copy_of_gold",
    "is_held",
    "computed_at",
]
LINES_IN_A_REPORT = 100


@dataclass(frozen=True)
class Gold:
    """The newest version of a row's gold, with everything that it accepts."""

    benchmark: Benchmark
    version: LabelVersion
    alternatives: tuple[Mapping[str, Any], ...]
    tolerances: Mapping[str, float]
    authors: frozenset[int]

    @property
    def payloads(self) -> list[Any]:
        return [self.version.payload, *(one["payload"] for one in self.alternatives)]


def gold_of(benchmark: Benchmark) -> Gold:
    version = last_versions(Label.objects.filter(pk=benchmark.gold_id)).select_related("label", "ontology_version")
    newest = version.get()
    kept = GoldVersion.objects.filter(version=newest).first()
    alternatives = tuple(kept.alternatives) if kept else ()
    makers = Label.objects.filter(uid__in=[one["label"] for one in alternatives if one.get("label")])
    authors = set(LabelVersion.objects.filter(label=benchmark.gold_id).values_list("author", flat=True))
    authors |= set(makers.values_list("labeler", flat=True)) | {benchmark.gold.labeler_id}
    if benchmark.gold.made_from is not None:
        authors.add(benchmark.gold.made_from.labeler_id)
    return Gold(benchmark, newest, alternatives, kept.tolerances if kept else {}, frozenset(authors))


@transaction.atomic
def score_against_gold(project_row: ProjectRow, answers: Sequence[LabelVersion] | None = None) -> list[LabelScore]:
    """Score the answers whose version was not scored against this gold yet; drop scores whose answer or gold is gone.

    ``answers`` are those that count, when a caller who holds the row's lock has them. Returns what changed."""
    if answers is None:
        project_row = lock_row(project_row.pk)
        answers = answers_given(project_row)
    related = "gold__made_from", "made_by", "project"
    benchmark = Benchmark.objects.select_related(*related).filter(project_row=project_row).first()
    kept = {score.label_id: score for score in _scores_of(project_row)}
    gold = gold_of(benchmark) if benchmark else None
    scored = [one for one in answers if one.label.labeler_id not in gold.authors] if gold else []
    named = {version.label_id for version in scored}
    changed = [
        LabelScore(label=label, project_id=label.project_id, labeler_id=label.labeler_id)
        for label in (score.label for score in kept.values() if score.benchmark_version is not None)
        if label.pk not in named
    ]
    features: list[GoldFeatureScore] = []
    if gold is not None:
        for version in scored:
            if not _is_current(version, kept.get(version.label_id), gold):
                score, parts = _compared(gold, version, project_row)
                changed.append(score)
                features += parts
    _keep(project_row, changed, features, kept)
    return changed


def rows_scores(row: ProjectRow) -> list[LabelScore]:
    """The scores against the row's gold, the first answer's first."""
    return [score for score in _scores_of(row).order_by("label_id") if score.benchmark is not None]


def report_of(before: Mapping[str, float | None], row: ProjectRow) -> dict[str, Any]:
    """What a recompute moved: label uid → score as it counted before, against what counts now."""
    after = counted_scores(row)
    moved = [uid for uid in sorted({*before, *after}) if before.get(uid) != after.get(uid)]
    return {
        "scored": len(after),
        "moved": len(moved),
        "mean_before": _mean(before.values()),
        "mean_after": _mean(after.values()),
        "labels": [
            {"label": uid, "before": before.get(uid), "after": after.get(uid)} for uid in moved[:LINES_IN_A_REPORT]
        ],
    }


def counted_scores(row: ProjectRow) -> dict[str, float | None]:
    found = LabelScore.objects.filter(label__project_row=row, benchmark__isnull=False).select_related("label")
    return {str(score.label.uid): score.counted_benchmark for score in found.defer("benchmark_explanation")}


def held_scores(row: ProjectRow) -> dict[str, float | None]:
    """The scores against a suspended gold: as they were before they were held."""
    return {str(score.label.uid): score.benchmark for score in rows_scores(row)}


def _mean(scores: Iterable[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return math.fsum(known) / len(known) if known else None


def _scores_of(row: ProjectRow) -> QuerySet[LabelScore]:
    scores = LabelScore.objects.filter(label__project_row=row).select_related("label")
    return scores.defer("benchmark_explanation")


def _is_current(version: LabelVersion, kept: LabelScore | None, gold: Gold) -> bool:
    is_held = gold.benchmark.state == Benchmark.State.SUSPENDED
    return kept is not None and (kept.benchmark_version, kept.gold_version_id, kept.is_held) == (
        version.number,
        gold.version.pk,
        is_held,
    )


def best_answer(gold: Gold, version: LabelVersion, row: ProjectRow) -> tuple[int, LabelAgreement]:
    """Which of the gold's answers the label comes nearest to, and how near; the gold's own where two are as near.

    The label is a and gold is b, so that "missing" and "extra" say what they mean."""
    schema, size = schema_of(newest_ontology([version, gold.version])), row.data_row.size
    found = [
        with_tolerance(score_labels(schema, version.payload, payload, size=size), gold.tolerances)
        for payload in gold.payloads
    ]
    best = max(range(len(found)), key=lambda at: (found[at].score if found[at].score is not None else -1.0, -at))
    return best, found[best]


def _compared(gold: Gold, version: LabelVersion, row: ProjectRow) -> tuple[LabelScore, list[GoldFeatureScore]]:
    at, agreement = best_answer(gold, version, row)
    is_held = gold.benchmark.state == Benchmark.State.SUSPENDED
    who: dict[str, Any] = {
        "label": version.label,
        "project_id": version.label.project_id,
        "labeler_id": version.label.labeler_id,
        "is_held": is_held,
    }
    score = LabelScore(
        **who,
        benchmark=agreement.score,
        benchmark_explanation=[asdict(feature) for feature in agreement.features],
        benchmark_version=version.number,
        gold_version=gold.version,
        gold_answer=at,
        is_copy_of_gold=_shapes_in(version.payload) == _shapes_in(gold.payloads[at]) != Counter(),
    )
    parts = []
    for feature in agreement.features:
        errors = Counter(one.error for one in feature.objects)
        right = errors.pop("", 0)
        numbers = {"object_count": len(feature.objects), "right_count": right, "errors": dict(errors)}
        parts.append(
            GoldFeatureScore(**who, feature=feature.feature, kind=feature.kind, score=feature.score, **numbers)
        )
    return score, parts


def _shapes_in(payload: Any) -> Counter[str]:
    """The drawn objects to the pixel, whatever their order."""
    return Counter(
        f"{entry['feature']} {_rounded(entry['value'])}" for entry in payload["features"] if is_tool(entry["kind"])
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _rounded(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value) if isinstance(value, float) else value


def _keep(
    row: ProjectRow, changed: list[LabelScore], features: list[GoldFeatureScore], kept: dict[int, LabelScore]
) -> None:
    if not changed:
        return
    for score in changed:
        score.computed_at = ClockTimestamp()
        score.label.project = row.project
    LabelScore.objects.bulk_create(changed, update_conflicts=True, unique_fields=["label"], update_fields=WRITTEN)
    GoldFeatureScore.objects.filter(label__in=[score.label_id for score in changed]).delete()
    GoldFeatureScore.objects.bulk_create(features)
    figures.note_all(
        (
            score.project_id,
            score.labeler_id,
            figures.day_of(score.label),
            figures.score_change("benchmark", _counted(kept.get(score.label_id)), score.counted_benchmark),
        )
        for score in changed
    )
    live.tell_benchmark_scored(row, changed)


def _counted(score: LabelScore | None) -> float | None:
    return score.counted_benchmark if score else None


@dataclass(frozen=True)
class Comparison:
    """A label as it was scored, and the answer of the gold that it was scored against."""

    score: LabelScore
    version: LabelVersion
    gold_payload: Any
    gold_version: LabelVersion


def comparison_of(label: Label) -> Comparison | None:
    """None for a label that was never scored against gold, or whose gold is gone."""
    related = "label__labeler", "gold_version__quality_gold"
    score = LabelScore.objects.select_related(*related).filter(label=label, benchmark__isnull=False).first()
    if score is None or score.gold_version is None or score.benchmark_version is None:
        return None
    version = LabelVersion.objects.select_related("ontology_version").get(label=label, number=score.benchmark_version)
    said = getattr(score.gold_version, "quality_gold", None)
    payloads = [score.gold_version.payload, *(one["payload"] for one in (said.alternatives if said else []))]
    return Comparison(score, version, payloads[score.gold_answer], score.gold_version)


def answers_to(row: ProjectRow) -> list[LabelScore]:
    """Every label that was scored against the row's gold, the best first."""
    found = LabelScore.objects.filter(label__project_row=row, benchmark__isnull=False)
    related = "label__labeler", "label__slot", "gold_version"
    return list(found.select_related(*related).defer("benchmark_explanation").order_by("-benchmark", "label_id"))
