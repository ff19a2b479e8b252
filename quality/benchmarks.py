"""Benchmarks: a row's gold label, and how near every opinion comes to it. One per row.

Gold is a label of its own: never an opinion, never in consensus. Whoever made it, and the maker of the label that it
was copied from, are not scored against it. An opinion is scored by its maker's last version, so a reviewer's fix
neither helps nor hurts. Scores follow in the same transaction; ``live`` tells those who may see them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction

from labeling.annotations.payload_check import check_payload
from labeling.faults import refuse_faults
from labeling.labels import add_version, last_versions
from labeling.models import Label, LabelVersion, OntologyVersion, ProjectRow
from labeling.ontologies import parsed
from labeling.queue import newest_version
from labeling.rows import lock_row
from quality import figures, live
from quality.agreement.labels import score_labels
from quality.models import Benchmark, LabelScore
from quality.scoring_schema import newest_ontology, opinions_given, schema_of
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

WRITTEN = ["benchmark", "benchmark_explanation", "benchmark_version", "computed_at"]


@transaction.atomic
def make_benchmark_from(actor: Person, label: Label, *, rationale: str = "") -> Benchmark:
    """The gold star: the label's last version, whoever wrote it, becomes the gold of its row.

    Raises ``not_an_opinion``, ``benchmark_exists``."""
    row = lock_row(label.project_row_id)
    access.require(actor, Permission.MAKE_BENCHMARK, row)
    version = last_versions(Label.objects.filter(pk=label.pk)).select_related("ontology_version").first()
    if label.kind != Label.Kind.OPINION or version is None:
        raise InvalidInput("not_an_opinion", "Only a submitted label of this row can become its benchmark.")
    return _make(
        actor, row, version.payload, version.ontology_version, made_from=label, origin=version.origin, why=rationale
    )


@transaction.atomic
def make_benchmark(actor: Person, project_row: ProjectRow, *, payload: Any, rationale: str = "") -> Benchmark:
    """Gold that ``actor`` drew, under the newest version of the ontology.

    Raises InvalidInput ``label_invalid`` with the places, RuleViolation ``benchmark_exists``."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.MAKE_BENCHMARK, row)
    version = newest_version(row.project)
    refuse_faults(check_payload(parsed(version), payload, size=row.data_row.size), "No benchmark was made.")
    return _make(actor, row, payload, version, made_from=None, origin=LabelVersion.Origin.HUMAN, why=rationale)


@transaction.atomic
def remove_benchmark(actor: Person, project_row: ProjectRow) -> None:
    """Take the gold away, and every score that came from it. Raises ``no_benchmark``."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.MAKE_BENCHMARK, row)
    benchmark = benchmark_of(row)
    if benchmark is None:
        raise RuleViolation("no_benchmark", "This row has no benchmark.")
    gold = benchmark.gold
    audit.record(actor, "benchmark.removed", row, before=_facts(benchmark))
    benchmark.delete()
    # Its versions stay on record; it is gold no more.
    Label.objects.filter(pk=gold.pk).update(retired_at=ClockTimestamp())
    score_against_gold(row)


def benchmark_of(project_row: ProjectRow) -> Benchmark | None:
    return Benchmark.objects.select_related("gold__made_from", "made_by").filter(project_row=project_row).first()


def gold_version(project_row: ProjectRow) -> LabelVersion | None:
    """What opinions of the row are compared with; only those who hold VIEW_BENCHMARK may see it."""
    gold = Label.objects.filter(quality_benchmark__project_row=project_row)
    return last_versions(gold).select_related("label", "ontology_version").first()


@transaction.atomic
def score_against_gold(project_row: ProjectRow, opinions: Sequence[LabelVersion] | None = None) -> list[LabelScore]:
    """Score the opinions whose version was not scored yet; drop scores whose opinion or gold is gone.

    ``opinions`` are those that count, when a caller who holds the row's lock has them. Returns what changed."""
    if opinions is None:
        project_row = lock_row(project_row.pk)
        opinions = opinions_given(project_row)
    kept = {score.label_id: score for score in _scores_of(project_row)}
    benchmark = benchmark_of(project_row)
    scored = _scored_opinions(benchmark, opinions) if benchmark else []
    changed = [
        LabelScore(label=label, project_id=label.project_id, labeler_id=label.labeler_id)
        for label in (score.label for score in kept.values() if score.benchmark_version is not None)
        if label.pk not in {version.label_id for version in scored}
    ]
    new = [version for version in scored if _is_unscored(version, kept.get(version.label_id))]
    if benchmark and new:
        changed += _compared_with(benchmark, new)
    _keep(project_row, changed, kept)
    return changed


def _make(
    actor: Person,
    row: ProjectRow,
    payload: Any,
    ontology_version: OntologyVersion,
    *,
    made_from: Label | None,
    origin: str,
    why: str,
) -> Benchmark:
    if Benchmark.objects.filter(project_row=row).exists():
        raise RuleViolation("benchmark_exists", "This row has a benchmark already. Remove it before you make another.")
    gold = Label.objects.create(
        project=row.project, project_row=row, kind=Label.Kind.GOLD, labeler=actor, made_from=made_from
    )
    add_version(gold, author=actor, payload=payload, ontology_version=ontology_version, origin=origin)
    benchmark = Benchmark.objects.create(
        project=row.project, project_row=row, gold=gold, made_by=actor, rationale=why.strip()
    )
    audit.record(actor, "benchmark.made", row, after=_facts(benchmark))
    score_against_gold(row)
    return benchmark


def _facts(benchmark: Benchmark) -> dict[str, Any]:
    made_from = benchmark.gold.made_from
    return {
        "benchmark": str(benchmark.uid),
        "gold": str(benchmark.gold.uid),
        "made_from": str(made_from.uid) if made_from else "",
        "rationale": benchmark.rationale,
    }


def _scores_of(row: ProjectRow) -> Iterable[LabelScore]:
    scores = LabelScore.objects.filter(label__project_row=row).select_related("label")
    return scores.defer("benchmark_explanation")


def _scored_opinions(benchmark: Benchmark, opinions: Sequence[LabelVersion]) -> list[LabelVersion]:
    made_from = benchmark.gold.made_from
    authors = {benchmark.gold.labeler_id, made_from.labeler_id if made_from else None}
    return [version for version in opinions if version.label.labeler_id not in authors]


def _is_unscored(version: LabelVersion, kept: LabelScore | None) -> bool:
    return kept is None or kept.benchmark_version != version.number


def _compared_with(benchmark: Benchmark, opinions: Sequence[LabelVersion]) -> list[LabelScore]:
    """The scores of these opinions as a, with gold as b, so that "missing" and "extra" say what they mean."""
    gold = gold_version(benchmark.project_row)
    assert gold is not None
    size = opinions[0].label.project_row.data_row.size
    scores = []
    for version in opinions:
        schema = schema_of(newest_ontology([version, gold]))
        agreement = score_labels(schema, version.payload, gold.payload, size=size)
        scores.append(
            LabelScore(
                label=version.label,
                project_id=version.label.project_id,
                labeler_id=version.label.labeler_id,
                benchmark=agreement.score,
                benchmark_explanation=[asdict(feature) for feature in agreement.features],
                benchmark_version=version.number,
            )
        )
    return scores


def _keep(row: ProjectRow, changed: list[LabelScore], kept: dict[int, LabelScore]) -> None:
    if not changed:
        return
    for score in changed:
        score.computed_at = ClockTimestamp()
        score.label.project = row.project
    LabelScore.objects.bulk_create(changed, update_conflicts=True, unique_fields=["label"], update_fields=WRITTEN)
    figures.note_all(
        (
            score.project_id,
            score.labeler_id,
            figures.day_of(score.label),
            figures.score_change("benchmark", _benchmark_in(kept.get(score.label_id)), score.benchmark),
        )
        for score in changed
    )
    live.tell_benchmark_scored(row, changed)


def _benchmark_in(score: LabelScore | None) -> float | None:
    return score.benchmark if score else None
