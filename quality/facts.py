"""What this floor knows of labels and rows, for the lists and exports of the floor below, many at a time."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from labeling.exports import RowFacts
from labeling.formats.export_rows import (
    ExportAgreement,
    ExportComment,
    ExportConsensus,
    ExportDecision,
    ExportIssue,
    ExportMerged,
)
from labeling.labels_list import Between
from labeling.models import Label
from labeling.ontologies import parsed
from quality.agreement import METHOD
from quality.models import Benchmark, Issue, IssueComment, LabelScore, MergedLabel, Review, RowConsensus
from workforce.models import Person

Naming = Callable[[Person], str]


def consensus_of_labels(label_ids: Sequence[int]) -> Mapping[int, float]:
    """Label → the consensus of its row, where one was computed."""
    rows = Label.objects.filter(pk__in=label_ids).values_list("pk", "project_row__quality_consensus__score")
    return {pk: score for pk, score in rows if score is not None}


def facts_for_export(row_ids: Sequence[int], name_of: Naming) -> dict[int, RowFacts]:
    """Winner, agreement, benchmark, decisions and issues of each row; the same queries for one row or many."""
    by_label: dict[int, dict[int, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    related = "winner", "chosen_by", "project_row__quality_merged_label__ontology_version"
    rows = RowConsensus.objects.filter(project_row__in=row_ids).select_related(*related)
    consensus = {found.project_row_id: found for found in rows}
    gold = dict(Benchmark.objects.filter(project_row__in=row_ids).values_list("project_row", "gold__uid"))
    for score in LabelScore.objects.filter(label__project_row__in=row_ids).select_related("label"):
        row = score.label.project_row_id
        by_label[row][score.label_id] |= _scores(score, consensus.get(row), gold.get(row))
    for row, label, decisions in _decisions(row_ids, name_of):
        by_label[row][label] |= {"decisions": decisions}
    for row, label, found in _issues(row_ids, name_of):
        by_label[row][label] |= {"issues": found}
    return {
        row: RowFacts(
            project=_selected(consensus[row], name_of) if row in consensus else {},
            labels={label: dict(fields) for label, fields in by_label[row].items()},
        )
        for row in row_ids
    }


def _selected(found: RowConsensus, name_of: Naming) -> dict[str, Any]:
    """Which label stands for the row, how it was found, and the label merged of all of them where one was made."""
    merged = getattr(found.project_row, "quality_merged_label", None)
    winner = str(found.winner.uid) if found.winner else None
    told = ExportConsensus(
        status=found.status,
        strategy=found.strategy,
        winner=winner,
        method=found.method,
        method_version=found.method_version,
        settings_version=found.settings_version,
        opinions=found.opinion_count,
        score=found.score,
        posterior=found.posterior,
        agreement=found.agreement,
        threshold=found.threshold,
        asked=found.asked,
        chosen_by=name_of(found.chosen_by) if found.chosen_by else None,
        chosen_reason=found.chosen_reason,
        merged=_merged(merged) if merged else None,
    )
    return {"consensus": told, **({"selected_label_id": winner} if winner else {})}


def _merged(merged: MergedLabel) -> ExportMerged:
    ontology = parsed(merged.ontology_version)
    return ExportMerged(ontology, merged.payload, merged.support, merged.made_of, tuple(merged.undecided))


def _scores(score: LabelScore, row: RowConsensus | None, gold: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if score.counted_benchmark is not None:
        fields |= {"benchmark_score": score.counted_benchmark, "benchmark_reference_label": str(gold) if gold else None}
    if row is not None and row.score is not None:
        fields |= {"consensus_score": row.score, "ambiguity": row.ambiguity}
    if score.pair_count:
        fields["agreement"] = ExportAgreement(score=score.consensus, method=METHOD, n=score.pair_count)
    return fields


def _decisions(row_ids: Sequence[int], name_of: Naming) -> list[tuple[int, int, tuple[ExportDecision, ...]]]:
    found: dict[tuple[int, int], list[ExportDecision]] = defaultdict(list)
    reviews = Review.objects.filter(label__project_row__in=row_ids).select_related("label", "reviewer")
    for review in reviews.order_by("pk"):
        decision = ExportDecision(
            action=review.decision,
            at=review.made_at,
            by=name_of(review.reviewer),
            reason_codes=tuple(reason["code"] for reason in review.reasons),
            rule_ids=tuple(reason["rule"] for reason in review.reasons if reason.get("rule")),
            rule_titles=tuple(reason.get("rule_title", "") for reason in review.reasons if reason.get("rule")),
            note=review.comment,
        )
        found[review.label.project_row_id, review.label_id].append(decision)
    return [(row, label, tuple(made)) for (row, label), made in found.items()]


def _issues(row_ids: Sequence[int], name_of: Naming) -> list[tuple[int, int, tuple[ExportIssue, ...]]]:
    """Issues stand at the label they were opened on."""
    said: dict[int, list[IssueComment]] = defaultdict(list)
    comments = IssueComment.objects.filter(issue__project_row__in=row_ids).select_related("author").order_by("pk")
    for comment in comments:
        said[comment.issue_id].append(comment)
    found: dict[tuple[int, int], list[ExportIssue]] = defaultdict(list)
    issues = Issue.objects.filter(project_row__in=row_ids, label__isnull=False).select_related("opened_by", "category")
    for issue in issues.order_by("number"):
        assert issue.label_id is not None
        question, *replies = said[issue.pk]
        found[issue.project_row_id, issue.label_id].append(
            ExportIssue(
                number=issue.number,
                category=issue.category.code,
                status=issue.state,
                content=_words(question),
                created_at=issue.opened_at,
                created_by=name_of(issue.opened_by),
                object_id=issue.object_id or None,
                rule_id=str(issue.rule) if issue.rule else None,
                rule_title=issue.rule_title,
                pin=issue.pin,
                comments=tuple(
                    ExportComment(at=reply.made_at, by=name_of(reply.author), content=_words(reply))
                    for reply in replies
                ),
            )
        )
    return [(row, label, tuple(made)) for (row, label), made in found.items()]


def _words(said: IssueComment) -> str:
    """Nothing of what its author withdrew."""
    return "" if said.withdrawn_at else said.text


def sent_back_at_first_review(labels: QuerySet[Label], between: Between) -> QuerySet[Label]:
    """What stands behind a figure of rejected labels: the day is that of the review, as in the figure."""
    rejected = Review.Decision.REJECT
    return labels.filter(
        between("quality_reviews__made_at"), quality_reviews__ordinal=1, quality_reviews__decision=rejected
    )


def reviewed_first(labels: QuerySet[Label], between: Between) -> QuerySet[Label]:
    """What stands behind the n of approval and first-pass yield."""
    return labels.filter(between("quality_reviews__made_at"), quality_reviews__ordinal=1)
