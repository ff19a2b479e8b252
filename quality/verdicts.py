"""What the opinions of a row say together by the settings in force: its score, who stands for it, and how sure that is.

Machines count what the settings give them, also nothing; nothing of theirs is thrown away. Under the strategy "merged"
one label is made of all opinions and kept beside them; the opinion nearest to it stands for the row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labeling.models import LabelVersion, Project, ProjectRow
from labeling.overlap import Overlap, overlap_of
from quality.agreement import METHOD_VERSION
from quality.agreement.certainty import Certainty, row_certainty
from quality.agreement.labels import compare_opinions
from quality.agreement.merging.labels import MergedLabel as Merged
from quality.agreement.merging.labels import merge_labels
from quality.agreement.opinions import Opinion, read_opinion
from quality.agreement.rows import NEEDS_ANOTHER, Pair, RowAgreement, leader_of
from quality.agreement.strategies import mean_agreement, skill_support, weighted_consensus
from quality.models import MergedLabel, RowConsensus
from quality.scoring_schema import Schema, newest_ontology
from quality.skill_weights import accuracies_in
from workforce.models import ClockTimestamp, Person

FINISHED = (ProjectRow.State.DONE, ProjectRow.State.IN_REVIEW)


@dataclass(frozen=True)
class Verdict:
    """``winner`` is the name of an opinion, as in the agreement that it was made of."""

    settings: Overlap
    score: float | None
    why_null: str
    winner: str | None
    status: str
    certainty: Certainty
    merged: Merged | None = None


@dataclass(frozen=True)
class Case:
    """What a verdict is made of: by the name of each opinion, its version and what it says; pair and feature scores."""

    schema: Schema
    versions: Mapping[str, LabelVersion]
    read: Mapping[str, Opinion]
    scores: Mapping[Pair, float | None]
    features: Mapping[str, Mapping[Pair, float]]


def settings_for(row: ProjectRow, kept: RowConsensus | None) -> Overlap:
    """The settings in force; a finished row keeps those that it was finished by."""
    settings = overlap_of(row.project, row.batch)
    if kept is None or not kept.settings_version or row.state not in FINISHED:
        return settings
    threshold = settings.threshold if kept.threshold is None else kept.threshold
    return replace(
        settings,
        strategy=kept.strategy,
        machine_weight=kept.machine_weight,
        threshold=threshold,
        version=kept.settings_version,
    )


def judge(row: ProjectRow, case: Case, agreement: RowAgreement, settings: Overlap) -> Verdict:
    weights = {name: _weight(version, settings) for name, version in case.versions.items()}
    voters = [name for name, weight in weights.items() if weight > 0]
    if len(case.versions) < 2:
        return _plain(settings, agreement.winner, agreement.status, agreement.consensus, agreement.why_null)
    if len(voters) < 2:
        # What does not count is nobody's rival: the one opinion that counts stands.
        winner = voters[0] if voters else None
        return _plain(settings, winner, "decided" if winner else "undecided", None, NEEDS_ANOTHER)
    people = {name: version.label.labeler_id for name, version in case.versions.items()}
    known = accuracies_in(row.project, set(people.values()))
    accuracies = {name: known[pk] for name, pk in people.items()}
    certainty = row_certainty(case.schema, case.read, case.features, accuracies=accuracies, weights=weights)
    score, why = agreement.consensus, agreement.why_null
    if min(weights.values()) < 1:
        score = weighted_consensus(case.scores, weights)
        why = "" if score is not None else why or NEEDS_ANOTHER
    merged = None
    if settings.strategy == Project.Strategy.MERGED:
        merged = _merged(case, voters, accuracies, row.data_row.size)
        means = _likeness(case, merged, voters, row.data_row.size)
    elif settings.strategy == Project.Strategy.SKILL:
        means = skill_support(case.scores, {name: weights[name] * accuracies[name] for name in weights})
    else:
        means = mean_agreement(case.scores, weights)
    _, winner, status = leader_of(means, case.scores)
    return Verdict(settings, score, why, winner, status, certainty, merged)


def _plain(settings: Overlap, winner: str | None, status: str, score: float | None, why: str) -> Verdict:
    return Verdict(settings, score, why, winner, status, Certainty(None, None))


def keep_merged(row: ProjectRow, verdict: Verdict, versions: Sequence[LabelVersion]) -> None:
    """Write the merged label, or take it away where the settings make none now. The caller holds the row's lock."""
    if verdict.merged is None:
        if row.project.consensus_version > 1:
            MergedLabel.objects.filter(project_row=row).delete()
        return
    values: dict[str, Any] = {
        "ontology_version": newest_ontology(versions),
        "payload": verdict.merged.payload,
        "support": {name: list(found) for name, found in verdict.merged.support.items()},
        "undecided": list(verdict.merged.undecided),
        "made_of": {str(version.label.uid): version.number for version in versions},
        "method_version": METHOD_VERSION,
    }
    kept = MergedLabel.objects.filter(project_row=row).first()
    if kept is None or any(getattr(kept, name) != value for name, value in values.items()):
        values["computed_at"] = ClockTimestamp()
        MergedLabel.objects.update_or_create(project_row=row, defaults=values)


def write_verdict(consensus: RowConsensus, verdict: Verdict) -> None:
    """The verdict's own columns, unsaved."""
    consensus.score, consensus.why_null = verdict.score, verdict.why_null
    consensus.strategy, consensus.settings_version = verdict.settings.strategy, verdict.settings.version
    consensus.posterior, consensus.agreement = verdict.certainty.posterior, verdict.certainty.agreement
    consensus.threshold, consensus.machine_weight = verdict.settings.threshold, verdict.settings.machine_weight


def _weight(version: LabelVersion, settings: Overlap) -> float:
    is_machine = version.label.labeler.kind == Person.Kind.MACHINE or version.origin == LabelVersion.Origin.MODEL
    return settings.machine_weight if is_machine else 1.0


def _merged(case: Case, voters: Sequence[str], accuracies: Mapping[str, float], size: Any) -> Merged:
    labels = {name: case.versions[name].payload for name in voters}
    return merge_labels(case.schema, labels, size=size, accuracies=accuracies)


def _likeness(case: Case, merged: Merged, voters: Sequence[str], size: Any) -> dict[str, float | None]:
    """Opinion → its score against the merged label."""
    target = read_opinion(case.schema, merged.payload, size=size, path="merged")
    return {name: compare_opinions(case.schema, case.read[name], target).score for name in voters}
