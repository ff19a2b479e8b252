"""Consensus: what the opinions of a row say together.

``score_row`` is the whole of it: it may run at any time, twice, or beside itself, and the scores that it leaves depend
only on the opinions that are in. A pair is computed when it is new or one of its versions is; everything else is folded
from stored pairs. A winner that a person chose stays until that label is gone. Announces ``row_scored`` every time, and
live messages when something changed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any
from uuid import UUID

from django.db import transaction

from labeling.models import Label, LabelVersion, Project, ProjectRow
from labeling.rows import is_complete, lock_row, opinions_in
from quality import benchmarks, figures, gold_scores, live, verdicts
from quality.agreement import METHOD, METHOD_VERSION
from quality.agreement.ambiguity import row_ambiguity, votes_of
from quality.agreement.identical import identical_objects
from quality.agreement.labels import compare_opinions
from quality.agreement.opinions import Opinion, read_opinion
from quality.agreement.rows import Pair, RowAgreement, row_from_pairs
from quality.events import row_scored
from quality.models import Benchmark, LabelScore, PairScore, RowConsensus
from quality.scoring_schema import Schema, answers_given, is_opinion, newest_ontology, opinions_given, schema_of
from quality.verdicts import Case, Verdict
from workforce import access, audit
from workforce.errors import InvalidInput
from workforce.events import enqueue
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

SCORE_TASK = "quality.tasks.score_row"
SCORE_MANY_TASK = "quality.tasks.score_rows"
PAIR_FIELDS = (
    "version_a",
    "version_b",
    "score",
    "is_empty",
    "features",
    "explanation",
    "identical_count",
    "object_count",
    "method",
    "method_version",
    "computed_at",
)
ROW_FIELDS = (
    "opinion_count",
    "score",
    "why_null",
    "ambiguity",
    "status",
    "winner_id",
    "strategy",
    "settings_version",
    "posterior",
    "agreement",
    "threshold",
    "method",
    "method_version",
)
_STATUS = {
    "decided": RowConsensus.Status.DECIDED,
    "tie": RowConsensus.Status.TIE,
    "undecided": RowConsensus.Status.WAITING,
}


@dataclass(frozen=True)
class _Given:
    """The opinions of a row, read once: label primary key → version and opinion, oldest label first."""

    versions: dict[int, LabelVersion]
    read: dict[int, Opinion]
    schema: Schema
    method: str

    @property
    def names(self) -> dict[int, str]:
        """What stands for an opinion in the fold: its maker, so that the order of submits changes nothing."""
        return {pk: str(version.label.labeler.uid) for pk, version in self.versions.items()}


@dataclass(frozen=True)
class OpinionShown:
    """One opinion as the row's page shows it; ``score`` is the mean of its pairs, ``benchmark`` against gold."""

    label: Label
    version: LabelVersion
    score: float | None
    benchmark: float | None
    benchmark_explanation: list[dict[str, Any]]
    is_winner: bool


@dataclass(frozen=True)
class ConsensusShown:
    """Everything about a row's agreement. ``pairs`` explain themselves object by object (``PairScore.explanation``);
    ``votes`` is radio uid → option (or none) → how many. ``consensus`` is none while the row was never scored."""

    project_row: ProjectRow
    consensus: RowConsensus | None
    opinions: tuple[OpinionShown, ...]
    pairs: tuple[PairScore, ...]
    schema: Schema
    votes: dict[str, dict[str | None, int]]
    gold: LabelVersion | None

    def pair(self, a: Label, b: Label) -> PairScore | None:
        """The cell of the matrix, whichever of the two is older."""
        key = {a.pk, b.pk}
        return next((pair for pair in self.pairs if {pair.label_a_id, pair.label_b_id} == key), None)


# --- Score ------------------------------------------------------------------------------------------------------
@transaction.atomic
def score_row(row: UUID | str | int, *, by_new_settings: bool = False) -> RowConsensus | None:
    """Bring every score of a row (uid, or primary key) up to date. None when it is gone or has one opinion only.

    A finished row keeps the settings it was finished by, unless ``by_new_settings``."""
    found = ProjectRow.objects.filter(pk=row) if isinstance(row, int) else ProjectRow.objects.filter(uid=row)
    pk = found.values_list("pk", flat=True).first()
    if pk is None:
        return None
    project_row = lock_row(pk)
    answers = answers_given(project_row)
    opinions = [version for version in answers if is_opinion(version)]
    given = _read(project_row, opinions)
    pairs, fresh, is_less = _pairs_up_to_date(project_row, given)
    case = _case(given, pairs)
    agreement = _fold(given, case)
    kept = RowConsensus.objects.select_related("winner").filter(project_row=project_row).first()
    settings = verdicts.settings_for(project_row, None if by_new_settings else kept)
    verdict = verdicts.judge(project_row, case, agreement, settings)
    changed = _keep_label_scores(project_row, given, agreement)
    consensus, is_news = _keep_row(project_row, kept, given, agreement, verdict)
    verdicts.keep_merged(project_row, verdict, opinions)
    if consensus is not None and (fresh or is_less or changed or is_news):
        scores = {str(given.versions[label].label.uid): agreement.means[name] for label, name in given.names.items()}
        live.tell_row_scored(project_row, consensus, scores, fresh)
    gold_scores.score_against_gold(project_row, answers)
    row_scored.send(sender=ProjectRow, project_row=project_row)
    return consensus


def score_rows(rows: Sequence[str]) -> None:
    """Each row in a transaction of its own; what is scored already changes nothing."""
    for uid in rows:
        score_row(uid)


def needs_scoring(project_row: ProjectRow) -> bool:
    """Whether anything can be compared: several opinions, or gold. A single opinion is settled without a job.

    Where some rows of the project have gold every row waits for the job: a submit of one takes no other time."""
    if project_row.labels_wanted > 1:
        return True
    return Benchmark.objects.filter(project=project_row.project_id).exists() or opinions_in(project_row) > 1


def ask_for_score(project_row: ProjectRow) -> None:
    """A job for the queue *live*, in the transaction of the act that changed an opinion."""
    enqueue(project_row.project.organization_id, SCORE_TASK, {"row": str(project_row.uid)}, queue="live")


def ask_for_scores(project: Project, project_row_ids: Sequence[int]) -> None:
    """One job for many rows, such as those that an import brought opinions to: they must not stand before the
    rows that people have just submitted."""
    uids = ProjectRow.objects.filter(pk__in=project_row_ids).order_by("pk").values_list("uid", flat=True)
    enqueue(project.organization_id, SCORE_MANY_TASK, {"rows": [str(uid) for uid in uids]}, queue="bulk")


def waits_for_settling(project_row: ProjectRow) -> bool:
    """Whether every opinion of a locked row is in and nobody has said yet what happens next."""
    return project_row.state == ProjectRow.State.IN_WORK and is_complete(project_row)


def _read(row: ProjectRow, opinions: Sequence[LabelVersion]) -> _Given:
    versions = {version.label_id: version for version in opinions}
    if not versions:
        return _Given({}, {}, (), METHOD)
    ontology = newest_ontology(opinions)
    schema, size = schema_of(ontology), row.data_row.size
    read = {
        version.label_id: read_opinion(schema, version.payload, size=size, path=str(version.label.uid))
        for version in opinions
    }
    # The questions are part of the method: a newer ontology among the opinions makes every pair of the row anew.
    return _Given(versions, read, schema, f"{METHOD}, ontology {ontology.number}")


def _pairs_up_to_date(row: ProjectRow, given: _Given) -> tuple[list[PairScore], list[PairScore], bool]:
    """All pairs of the row, those of them that were computed now, and whether stored pairs went away."""
    stored = {
        (pair.label_a_id, pair.label_b_id): pair
        for pair in PairScore.objects.filter(project_row=row).defer("explanation")
    }
    wanted = list(combinations(given.versions, 2))
    gone = [pair.pk for key, pair in stored.items() if key not in set(wanted)]
    if gone:
        PairScore.objects.filter(pk__in=gone).delete()
    fresh = {key: _compare(row, given, *key) for key in wanted if not _is_current(stored.get(key), given)}
    if fresh:
        PairScore.objects.bulk_create(
            fresh.values(), update_conflicts=True, unique_fields=["label_a", "label_b"], update_fields=PAIR_FIELDS
        )
    return [fresh.get(key) or stored[key] for key in wanted], list(fresh.values()), bool(gone)


def _is_current(pair: PairScore | None, given: _Given) -> bool:
    return pair is not None and (pair.version_a, pair.version_b, pair.method, pair.method_version) == (
        given.versions[pair.label_a_id].number,
        given.versions[pair.label_b_id].number,
        given.method,
        METHOD_VERSION,
    )


def _compare(row: ProjectRow, given: _Given, a: int, b: int) -> PairScore:
    agreement = compare_opinions(given.schema, given.read[a], given.read[b])
    identical, objects = identical_objects(given.versions[a].payload, given.versions[b].payload)
    return PairScore(
        project_row=row,
        label_a=given.versions[a].label,
        label_b=given.versions[b].label,
        version_a=given.versions[a].number,
        version_b=given.versions[b].number,
        score=agreement.score,
        is_empty=agreement.is_empty,
        features={feature.feature: feature.score for feature in agreement.features},
        explanation=[asdict(feature) for feature in agreement.features],
        identical_count=identical,
        object_count=objects,
        method=given.method,
        method_version=METHOD_VERSION,
        computed_at=ClockTimestamp(),
    )


def _case(given: _Given, pairs: Sequence[PairScore]) -> Case:
    names = given.names
    by_name: dict[Pair, PairScore] = {}
    for pair in pairs:
        first, second = sorted((names[pair.label_a_id], names[pair.label_b_id]))
        by_name[first, second] = pair
    features: dict[str, dict[Pair, float]] = {}
    for key, pair in by_name.items():
        for uid, score in pair.features.items():
            if score is not None:
                features.setdefault(uid, {})[key] = score
    return Case(
        schema=given.schema,
        versions={names[pk]: version for pk, version in given.versions.items()},
        read={names[pk]: opinion for pk, opinion in given.read.items()},
        scores={key: pair.score for key, pair in by_name.items()},
        features=features,
    )


def _fold(given: _Given, case: Case) -> RowAgreement:
    scores = case.scores.items()
    agreement = row_from_pairs({pair: score for pair, score in scores}, opinions=given.names.values())
    return replace(agreement, ambiguity=row_ambiguity(given.schema, case.read, case.features))


# --- Keep what was found ----------------------------------------------------------------------------------------
def _keep_label_scores(row: ProjectRow, given: _Given, agreement: RowAgreement) -> bool:
    """Write the means that changed, and their difference into the figures of their makers."""
    stored = LabelScore.objects.filter(label__project_row=row).select_related("label")
    kept = {score.label_id: score for score in stored.defer("benchmark_explanation")}
    # The given ones last: they know their project.
    labels = {pk: score.label for pk, score in kept.items()}
    labels |= {pk: version.label for pk, version in given.versions.items()}
    names = given.names
    changed, entries = [], []
    for pk, label in sorted(labels.items()):
        name = names.get(pk, "")
        mean = agreement.means.get(name)
        count = sum(pair.score is not None for pair in agreement.pairs if name in (pair.a, pair.b))
        before = kept[pk].consensus if pk in kept else None
        if mean == before and (kept[pk].pair_count if pk in kept else 0) == count:
            continue
        label.project = row.project
        changed.append(_label_score(label, mean, count))
        amounts = figures.score_change("consensus", before, mean)
        entries.append((label.project_id, label.labeler_id, figures.day_of(label), amounts))
    if changed:
        LabelScore.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["label"],
            update_fields=["consensus", "pair_count", "computed_at"],
        )
    figures.note_all(entries)
    return bool(changed)


def _label_score(label: Label, mean: float | None, pair_count: int) -> LabelScore:
    return LabelScore(
        label=label,
        project_id=label.project_id,
        labeler_id=label.labeler_id,
        consensus=mean,
        pair_count=pair_count,
        computed_at=ClockTimestamp(),
    )


def _keep_row(
    row: ProjectRow, kept: RowConsensus | None, given: _Given, agreement: RowAgreement, verdict: Verdict
) -> tuple[RowConsensus | None, bool]:
    """The row's consensus, and whether it changed. None for a row that has one opinion and wants no other."""
    if kept is None and row.labels_wanted < 2 and len(given.versions) < 2:
        return None, False
    consensus = kept or RowConsensus(project_row=row, project=row.project)
    before = [getattr(consensus, name) for name in ROW_FIELDS] if kept else None
    earlier = consensus.score
    consensus.opinion_count = agreement.opinion_count
    verdicts.write_verdict(consensus, verdict)
    consensus.ambiguity = agreement.ambiguity
    consensus.method, consensus.method_version = given.method, METHOD_VERSION
    if not (consensus.status == RowConsensus.Status.CHOSEN and consensus.winner_id in given.versions):
        makers = {name: given.versions[label].label for label, name in given.names.items()}
        consensus.status = _STATUS[verdict.status]
        consensus.winner = makers[verdict.winner] if verdict.winner else None
        consensus.chosen_by, consensus.chosen_reason = None, ""
    is_news = before != [getattr(consensus, name) for name in ROW_FIELDS]
    if is_news:
        if kept and earlier != consensus.score:
            consensus.previous_score = earlier
        consensus.computed_at = ClockTimestamp()
        consensus.save()
        consensus.refresh_from_db(fields=["computed_at"])
    return consensus, is_news


# --- Choose, and what others ask ----------------------------------------------------------------------------------
@transaction.atomic
def choose_winner(actor: Person, project_row: ProjectRow, label: Label, *, reason: str) -> RowConsensus:
    """A person says which opinion stands for the row, and why. Saying the same again changes nothing.

    Raises ``reason_required``, ``not_an_opinion``."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.CHOOSE_WINNER, row)
    reason = reason.strip()
    if not reason:
        raise InvalidInput("reason_required", "Say why this label stands for the row; its maker may read it.")
    opinions = {version.label_id for version in opinions_given(row)}
    if label.pk not in opinions:
        raise InvalidInput("not_an_opinion", "Only a submitted label of this row can be its winner.")
    consensus, _ = RowConsensus.objects.select_related("winner").get_or_create(
        project_row=row, defaults={"project": row.project}
    )
    before = {"status": consensus.status, "winner": str(consensus.winner.uid) if consensus.winner else ""}
    is_chosen = consensus.status == RowConsensus.Status.CHOSEN and consensus.winner_id == label.pk
    if is_chosen and consensus.chosen_reason == reason:
        return consensus
    consensus.status, consensus.winner = RowConsensus.Status.CHOSEN, label
    consensus.chosen_by, consensus.chosen_reason = actor, reason
    consensus.opinion_count = len(opinions)
    consensus.save(update_fields=["status", "winner", "chosen_by", "chosen_reason", "opinion_count"])
    audit.record(actor, "winner.chosen", row, before=before, after={"winner": str(label.uid), "reason": reason})
    live.tell_winner_chosen(row, consensus)
    row_scored.send(sender=ProjectRow, project_row=row)
    return consensus


def winner_of(project_row: ProjectRow) -> Label | None:
    """The label that stands for the row: chosen or decided, or the only opinion. None in a tie and without opinions."""
    consensus = RowConsensus.objects.select_related("winner__slot").filter(project_row=project_row).first()
    if consensus is not None and (consensus.winner or consensus.opinion_count > 1):
        return consensus.winner
    opinions = opinions_given(project_row)
    return opinions[0].label if len(opinions) == 1 else None


def row_for_consensus(person: Person, row_uid: UUID | str) -> ProjectRow:
    """The row, for one who may see how its labelers agree; raises NotFound or NotAllowed for others."""
    rows = ProjectRow.objects.select_related("project__organization", "data_row")
    return access.access(person, rows, row_uid, Permission.VIEW_CONSENSUS)


def consensus_of(project_row: ProjectRow) -> ConsensusShown:
    """What the row's page shows, in the same number of queries for any number of opinions.

    The caller has checked that its reader may see it: ``row_for_consensus``."""
    given = _read(project_row, opinions_given(project_row))
    consensus = RowConsensus.objects.select_related("winner", "chosen_by").filter(project_row=project_row).first()
    pairs = PairScore.objects.filter(project_row=project_row).select_related("label_a", "label_b")
    scores = {score.label_id: score for score in LabelScore.objects.filter(label__project_row=project_row)}
    winner = consensus.winner_id if consensus else None
    opinions = tuple(
        _opinion_shown(version, scores.get(pk), is_winner=pk == winner) for pk, version in given.versions.items()
    )
    by_name = {given.names[pk]: opinion for pk, opinion in given.read.items()}
    radios = [feature.uid for feature in given.schema if feature.kind == "radio"]
    return ConsensusShown(
        project_row=project_row,
        consensus=consensus,
        opinions=opinions,
        pairs=tuple(pairs.order_by("label_a_id", "label_b_id")),
        schema=given.schema,
        votes={uid: dict(Counter(votes_of(uid, by_name).values())) for uid in radios} if by_name else {},
        gold=benchmarks.gold_version(project_row),
    )


def _opinion_shown(version: LabelVersion, score: LabelScore | None, *, is_winner: bool) -> OpinionShown:
    return OpinionShown(
        label=version.label,
        version=version,
        score=score.consensus if score else None,
        benchmark=score.benchmark if score else None,
        benchmark_explanation=score.benchmark_explanation if score else [],
        is_winner=is_winner,
    )
