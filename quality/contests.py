"""Gold that may be wrong. When several trusted people disagree with it in the same way it is suspended: nobody meets it
any more and its scores are held, until an expert keeps, amends or retires it; then its scores are made anew.

Trusted: ``ENOUGH`` results on other golds of the project, their mean at the project's bar or above. The same way: their
labels agree with each other at ``ALIKE`` or above and disagree with every answer that the gold accepts. It takes
``SEVERAL`` of them, and more than there are trusted people who agree with the gold."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Avg, Count

from labeling.labels import makers_versions
from labeling.models import Label, LabelVersion, Project, ProjectRow
from labeling.rows import lock_row
from labeling.texts import checked_text
from quality import benchmarks, gold_policy, gold_scores
from quality.agreement.labels import score_labels
from quality.benchmarks import Accepted
from quality.models import Benchmark, GoldDecision, LabelScore
from quality.scoring_schema import newest_ontology, schema_of
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import Person
from workforce.roles import Permission

SEVERAL = 3
ENOUGH = 5
ALIKE = 0.9
LONGEST_REASON = 2000


def look_at(benchmark: Benchmark, project_row: ProjectRow, scores: Sequence[LabelScore]) -> bool:
    """Suspend the row's gold if it is contested; the caller holds the row's lock. Returns whether it was."""
    if benchmark.state == Benchmark.State.SUSPENDED:
        return False
    if sum(1 for score in scores if _disagrees(score)) < SEVERAL + benchmark.kept_against:
        return False
    trusted = _trusted(benchmark, [score.labeler_id for score in scores])
    against = [score for score in scores if score.labeler_id in trusted and _disagrees(score)]
    for_gold = sum(1 for score in scores if score.labeler_id in trusted and not _disagrees(score))
    together = _largest_group(project_row, against)
    if len(together) < SEVERAL + benchmark.kept_against or len(together) <= for_gold:
        return False
    _suspend(benchmark, project_row, together, for_gold)
    return True


@transaction.atomic
def decide(actor: Person, project_row: ProjectRow, *, decision: str, reason: str, payload: Any = None) -> GoldDecision:
    """End a suspension. ``amend`` takes ``payload``, or what those who disagree say, as the gold's next version.

    Raises ``not_suspended``, ``unknown_decision``, ``text_length``."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.MAKE_BENCHMARK, row)
    if decision not in GoldDecision.Decision.values:
        raise InvalidInput("unknown_decision", f"Decisions are {', '.join(GoldDecision.Decision.values)}.")
    reason = checked_text(reason, "reason", longest=LONGEST_REASON)
    benchmark = benchmarks.benchmark_of(row)
    if benchmark is None or benchmark.state != Benchmark.State.SUSPENDED:
        raise RuleViolation("not_suspended", "This gold is not suspended: somebody has decided, or nobody contests it.")
    evidence = benchmark.contest
    before = gold_scores.held_scores(row)
    Benchmark.objects.filter(pk=benchmark.pk).update(
        state=Benchmark.State.ACTIVE,
        contest={},
        kept_against=len(evidence["labels"]) if decision == GoldDecision.Decision.KEEP else 0,
    )
    if decision == GoldDecision.Decision.AMEND:
        payload = payload if payload is not None else _payload_of(evidence)
        benchmarks.change_benchmark(actor, row, payload=payload, accepted=Accepted(reason))
    elif decision == GoldDecision.Decision.RETIRE:
        benchmarks.remove_benchmark(actor, row)
    gold_scores.score_against_gold(row)
    report = gold_scores.report_of(before, row)
    made = GoldDecision.objects.create(
        project=row.project,
        project_row=row,
        decision=decision,
        reason=reason,
        evidence=evidence,
        report=report,
        decided_by=actor,
    )
    told = {name: value for name, value in report.items() if name != "labels"}
    audit.record(actor, "benchmark.decided", row, before=evidence, after={"decision": decision, "why": reason, **told})
    return made


def decisions_on(project_row: ProjectRow) -> list[GoldDecision]:
    found = GoldDecision.objects.filter(project_row=project_row).select_related("decided_by")
    return list(found.order_by("-pk"))


def waiting_for(person: Person) -> list[Benchmark]:
    """Contested golds that ``person`` may decide about, the oldest first."""
    found = Benchmark.objects.filter(state=Benchmark.State.SUSPENDED)
    related = "project", "project_row__data_row", "made_by"
    return list(access.visible_to(person, found, Permission.MAKE_BENCHMARK).select_related(*related).order_by("pk"))


def projects_with_gold_of(person: Person) -> list[Project]:
    """Where ``person`` may draw gold in the editor: the right to make it and to label."""
    running = Project.objects.filter(state=Project.State.ACTIVE)
    may_make = access.visible_to(person, running, Permission.MAKE_BENCHMARK)
    return list(access.visible_to(person, may_make, Permission.LABEL).order_by("name"))


def people_against(benchmark: Benchmark) -> list[Label]:
    """The labels that contest a suspended gold."""
    found = Label.objects.filter(uid__in=benchmark.contest.get("labels", []))
    return list(found.select_related("labeler").order_by("pk"))


def _disagrees(score: LabelScore) -> bool:
    return score.benchmark is not None and score.benchmark < ALIKE


def _trusted(benchmark: Benchmark, people: Sequence[int]) -> set[int]:
    bar = gold_policy.policy_of(benchmark.project).bar
    elsewhere = LabelScore.objects.filter(
        project=benchmark.project_id, labeler__in=people, benchmark__isnull=False, is_held=False
    ).exclude(label__project_row=benchmark.project_row_id)
    means = elsewhere.values("labeler").annotate(n=Count("pk"), mean=Avg("benchmark")).order_by()
    return {one["labeler"] for one in means if one["n"] >= ENOUGH and one["mean"] >= bar}


def _largest_group(row: ProjectRow, against: Sequence[LabelScore]) -> list[LabelVersion]:
    """The most labels that agree with one of them, that one first."""
    versions = list(
        makers_versions(Label.objects.filter(pk__in=[score.label_id for score in against]))
        .select_related("label__labeler", "ontology_version")
        .order_by("label_id")
    )
    best: list[LabelVersion] = []
    for middle in versions:
        alike = [other for other in versions if other is not middle and _are_alike(row, middle, other)]
        if len(alike) + 1 > len(best):
            best = [middle, *alike]
    return best


def _are_alike(row: ProjectRow, a: LabelVersion, b: LabelVersion) -> bool:
    schema = schema_of(newest_ontology([a, b]))
    score = score_labels(schema, a.payload, b.payload, size=row.data_row.size).score
    return score is not None and score >= ALIKE


def _suspend(benchmark: Benchmark, row: ProjectRow, together: Sequence[LabelVersion], for_gold: int) -> None:
    contest = {
        "labels": [str(version.label.uid) for version in together],
        "instead": {"label": str(together[0].label.uid), "version": together[0].number},
        "trusted_for_gold": for_gold,
    }
    Benchmark.objects.filter(pk=benchmark.pk).update(state=Benchmark.State.SUSPENDED, contest=contest)
    gold_scores.score_against_gold(row)
    audit.record(None, "benchmark.suspended", row, after={"benchmark": str(benchmark.uid), **contest})


def _payload_of(evidence: dict[str, Any]) -> Any:
    named = evidence["instead"]
    return LabelVersion.objects.get(label__uid=named["label"], number=named["version"]).payload
