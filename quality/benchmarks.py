"""Benchmarks: a row's gold label, and what of it is right. One per row, in versions.

Gold is a label of its own: never an opinion, never in consensus. Every change is a new version with its author, why,
the other answers it accepts and how near is near enough; scores name the version they were made with and follow in the
same transaction (``gold_scores``). ``live`` tells those who may see them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from labeling.annotations.payload import canonical
from labeling.annotations.payload_check import check_payload
from labeling.faults import refuse_faults
from labeling.kept_apart import refuse_kept_apart
from labeling.labels import add_version, last_versions
from labeling.models import Label, LabelVersion, OntologyVersion, Project, ProjectRow
from labeling.ontologies import parsed
from labeling.queue import newest_version
from labeling.rows import lock_row
from labeling.texts import checked_text
from quality import gold_scores
from quality.models import Benchmark, GoldVersion
from workforce import access, audit
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

MOST_ALTERNATIVES = 10
LONGEST_RATIONALE = 2000


@dataclass(frozen=True)
class Accepted:
    """What a version of gold accepts beside its payload, and why it is right. None: as in the version before."""

    rationale: str = ""
    alternatives: Sequence[Mapping[str, Any]] | None = None
    tolerances: Mapping[str, float] | None = None


_NOTHING_MORE = Accepted()


@dataclass(frozen=True)
class _Answer:
    payload: Any
    ontology_version: OntologyVersion
    origin: str
    made_from: Label | None


@transaction.atomic
def make_benchmark_from(
    actor: Person, label: Label, *, rationale: str = "", accepted: Accepted = _NOTHING_MORE
) -> Benchmark:
    """The gold star: the label's last version, whoever wrote it, becomes the gold of its row.

    Raises ``not_an_opinion``, ``benchmark_exists``, ``row_kept_apart``."""
    row = lock_row(label.project_row_id)
    access.require(actor, Permission.MAKE_BENCHMARK, row)
    version = _version_of_opinion(label)
    accepted = replace(accepted, rationale=rationale or accepted.rationale)
    return _make(actor, row, _Answer(version.payload, version.ontology_version, version.origin, label), accepted)


@transaction.atomic
def make_benchmark(
    actor: Person, project_row: ProjectRow, *, payload: Any, rationale: str = "", accepted: Accepted = _NOTHING_MORE
) -> Benchmark:
    """Gold that ``actor`` drew, under the newest version of the ontology.

    Raises InvalidInput ``label_invalid`` with the places, RuleViolation ``benchmark_exists``."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.MAKE_BENCHMARK, row)
    version = newest_version(row.project)
    _refuse_invalid(row, version, payload)
    accepted = replace(accepted, rationale=rationale or accepted.rationale)
    return _make(actor, row, _Answer(payload, version, LabelVersion.Origin.HUMAN, None), accepted)


@transaction.atomic
def change_benchmark(
    actor: Person, project_row: ProjectRow, *, payload: Any = None, accepted: Accepted
) -> dict[str, Any]:
    """A new version of the row's gold: another payload, or other things that are right too. Returns what it moved.

    Raises ``no_benchmark``, ``label_invalid``, ``tolerance_invalid``."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.MAKE_BENCHMARK, row)
    benchmark = _benchmark_in_use(row)
    gold = gold_scores.gold_of(benchmark)
    version = gold.version.ontology_version
    if payload is not None:
        version = newest_version(row.project)
        _refuse_invalid(row, version, payload)
    before = gold_scores.counted_scores(row)
    added = add_version(
        benchmark.gold,
        author=actor,
        payload=gold.version.payload if payload is None else payload,
        ontology_version=version,
        origin=gold.version.origin if payload is None else LabelVersion.Origin.HUMAN,
    )
    kept = _keep_accepted(
        added,
        row,
        Accepted(
            rationale=accepted.rationale,
            alternatives=gold.alternatives if accepted.alternatives is None else accepted.alternatives,
            tolerances=gold.tolerances if accepted.tolerances is None else accepted.tolerances,
        ),
    )
    gold_scores.score_against_gold(row)
    report = gold_scores.report_of(before, row)
    facts = {**_facts(benchmark), **_said(kept), "version": added.number}
    told = {name: value for name, value in report.items() if name != "labels"}
    audit.record(actor, "benchmark.changed", row, before={"version": gold.version.number}, after={**facts, **told})
    return report


@transaction.atomic
def accept_answer(actor: Person, label: Label, *, rationale: str = "") -> dict[str, Any]:
    """Another label of the row is right too: its last version becomes one more answer that the gold accepts."""
    row = lock_row(label.project_row_id)
    access.require(actor, Permission.MAKE_BENCHMARK, row)
    gold = gold_scores.gold_of(_benchmark_in_use(row))
    one = {"payload": _version_of_opinion(label).payload, "label": str(label.uid)}
    if any(known.get("label") == one["label"] for known in gold.alternatives):
        raise RuleViolation("accepted_already", "The gold accepts this label's answer already.")
    accepted = Accepted(rationale, alternatives=[*gold.alternatives, one])
    return change_benchmark(actor, row, accepted=accepted)


@transaction.atomic
def remove_benchmark(actor: Person, project_row: ProjectRow) -> None:
    """Take the gold away, and every score that came from it. Raises ``no_benchmark``."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.MAKE_BENCHMARK, row)
    benchmark = _benchmark_in_use(row)
    gold = benchmark.gold
    audit.record(actor, "benchmark.removed", row, before=_facts(benchmark))
    benchmark.delete()
    # Its versions stay on record; it is gold no more.
    Label.objects.filter(pk=gold.pk).update(retired_at=ClockTimestamp())
    gold_scores.score_against_gold(row)


def benchmark_of(project_row: ProjectRow) -> Benchmark | None:
    related = "gold__made_from", "made_by", "project"
    return Benchmark.objects.select_related(*related).filter(project_row=project_row).first()


def benchmarks_visible_to(person: Person, project: Project) -> QuerySet[Benchmark]:
    """Every benchmark of a project, for those who may know which rows have gold."""
    access.require(person, Permission.VIEW_BENCHMARK, project)
    related = "project_row__data_row", "made_by", "gold__made_from__labeler"
    return Benchmark.objects.filter(project=project).select_related(*related)


def row_for_gold(person: Person, row_uid: object) -> ProjectRow:
    """The row, for one who may make its gold; raises NotFound or NotAllowed for others."""
    rows = ProjectRow.objects.select_related("project__organization", "data_row")
    return access.access(person, rows, str(row_uid), Permission.MAKE_BENCHMARK)


def row_named(person: Person, project_uid: object, external_id: str) -> ProjectRow:
    """A row of the project by its external id, for one who may make its gold. Raises ``no_such_row``."""
    project = access.access(person, Project.objects.all(), str(project_uid), Permission.MAKE_BENCHMARK)
    rows = ProjectRow.objects.select_related("project__organization", "data_row").filter(project=project)
    found = rows.filter(data_row__external_id=external_id.strip()).first() if "\x00" not in external_id else None
    if found is None:
        raise RuleViolation("no_such_row", "There is no row with this external id in the project.")
    return found


def label_to_star(person: Person, row: ProjectRow, uid: str) -> Label:
    """A label of the row that may become gold, for one who makes gold: an expert sees no other's in lists."""
    access.require(person, Permission.MAKE_BENCHMARK, row)
    found = Label.objects.select_related("labeler").filter(project_row=row, uid=uid).first()
    if found is None:
        raise NotFound
    return found


def gold_version(project_row: ProjectRow) -> LabelVersion | None:
    """What opinions of the row are compared with; only those who hold VIEW_BENCHMARK may see it."""
    gold = Label.objects.filter(quality_benchmark__project_row=project_row)
    return last_versions(gold).select_related("label", "ontology_version").first()


def versions_of(benchmark: Benchmark) -> QuerySet[LabelVersion]:
    """Every version of the gold, newest first, each with ``quality_gold`` where something was said beside it."""
    found = LabelVersion.objects.filter(label=benchmark.gold_id).select_related("author", "quality_gold")
    return found.order_by("-number")


def _make(actor: Person, row: ProjectRow, answer: _Answer, accepted: Accepted) -> Benchmark:
    if Benchmark.objects.filter(project_row=row).exists():
        raise RuleViolation("benchmark_exists", "This row has a benchmark already. Remove it before you make another.")
    refuse_kept_apart(row)
    gold = Label.objects.create(
        project=row.project, project_row=row, kind=Label.Kind.GOLD, labeler=actor, made_from=answer.made_from
    )
    version = add_version(
        gold,
        author=actor,
        payload=answer.payload,
        ontology_version=answer.ontology_version,
        origin=answer.origin,
    )
    kept = _keep_accepted(version, row, accepted)
    benchmark = Benchmark.objects.create(
        project=row.project, project_row=row, gold=gold, made_by=actor, rationale=kept.rationale
    )
    audit.record(actor, "benchmark.made", row, after={**_facts(benchmark), **_said(kept)})
    gold_scores.score_against_gold(row)
    return benchmark


def _keep_accepted(version: LabelVersion, row: ProjectRow, accepted: Accepted) -> GoldVersion:
    rationale = checked_text(accepted.rationale, "rationale", longest=LONGEST_RATIONALE, least=0)
    alternatives = list(accepted.alternatives or ())
    if len(alternatives) > MOST_ALTERNATIVES:
        raise InvalidInput("too_many_alternatives", f"Gold accepts at most {MOST_ALTERNATIVES} other answers.")
    for one in alternatives:
        _refuse_invalid(row, version.ontology_version, one.get("payload"))
    return GoldVersion.objects.create(
        version=version,
        rationale=rationale,
        alternatives=[{"payload": canonical(one["payload"]), "label": one.get("label", "")} for one in alternatives],
        tolerances=_checked_tolerances(version.ontology_version, accepted.tolerances or {}),
    )


def _checked_tolerances(version: OntologyVersion, tolerances: Mapping[str, Any]) -> dict[str, float]:
    known = {feature.uid for feature in parsed(version).features}
    for uid, limit in tolerances.items():
        is_number = isinstance(limit, int | float) and not isinstance(limit, bool) and math.isfinite(limit)
        if uid not in known or not is_number or not 0 < limit <= 1:
            message = "A tolerance names a class or question, and says above 0 and up to 1 how alike is right."
            raise InvalidInput("tolerance_invalid", message, path=f"tolerances.{uid}")
    return {uid: float(limit) for uid, limit in tolerances.items()}


def _refuse_invalid(row: ProjectRow, version: OntologyVersion, payload: Any) -> None:
    refuse_faults(check_payload(parsed(version), payload, size=row.data_row.size), "No benchmark was made.")


def _benchmark_in_use(row: ProjectRow) -> Benchmark:
    benchmark = benchmark_of(row)
    if benchmark is None:
        raise RuleViolation("no_benchmark", "This row has no benchmark.")
    return benchmark


def _version_of_opinion(label: Label) -> LabelVersion:
    version = last_versions(Label.objects.filter(pk=label.pk)).select_related("ontology_version").first()
    if label.kind != Label.Kind.OPINION or version is None:
        raise InvalidInput("not_an_opinion", "Only a submitted label of this row can become its benchmark.")
    return version


def _facts(benchmark: Benchmark) -> dict[str, Any]:
    made_from = benchmark.gold.made_from
    return {
        "benchmark": str(benchmark.uid),
        "gold": str(benchmark.gold.uid),
        "made_from": str(made_from.uid) if made_from else "",
        "rationale": benchmark.rationale,
    }


def _said(kept: GoldVersion) -> dict[str, Any]:
    return {
        "rationale": kept.rationale,
        "alternatives": len(kept.alternatives),
        "tolerances": kept.tolerances,
    }
