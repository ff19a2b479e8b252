"""What this floor listens to, and what the relay folds for it."""

from typing import Any

from rest_framework import serializers

from labeling import check_slots, editor, exports, kept_apart, labels_list, queue
from labeling.api import queue_shapes
from labeling.events import (
    gold_imported,
    guidelines_acknowledged,
    label_submitted,
    opinion_withdrawn,
    opinions_imported,
    project_created,
    row_returned,
    rows_complete,
    session_ended,
)
from labeling.models import Label, LabelVersion, Project, ProjectRow, WorkSession
from quality import (
    benchmarks,
    checks,
    consensus,
    contests,
    facts,
    figures,
    gold_scores,
    gold_serving,
    issue_categories,
    issues,
    leaks,
    overlap,
    practice,
    questions_at_submit,
    review,
    skills,
    vetting_queue,
    vetting_steps,
)
from quality.api.issues import IssueShape, issues_for_editor
from quality.api.review import ReviewReason, reasons_for_editor, urls_for_editor
from quality.events import practice_answered, quiz_taken, row_scored
from workforce import live, relay
from workforce.models import Person


def note_submitted_work(sender: Any, label: Label, version: LabelVersion, **_: Any) -> None:
    figures.note_submit(label, version)


def note_open_questions(sender: Any, label: Label, version: LabelVersion, actor: Person, **_: Any) -> None:
    questions_at_submit.note_submit(label, version, actor)


def note_ended_session(sender: Any, session: WorkSession, **_: Any) -> None:
    figures.note_session(session)


def score_after_withdrawal(sender: Any, project_row: ProjectRow, **_: Any) -> None:
    if consensus.needs_scoring(project_row):
        consensus.ask_for_score(project_row)


def go_on_with_row(sender: Any, project_row: ProjectRow, **_: Any) -> None:
    """Several opinions, or gold: settled once the scores are there, which a job brings. A single one is settled now."""
    if consensus.needs_scoring(project_row):
        consensus.ask_for_score(project_row)
    else:
        review.settle_row(project_row)


def go_on_after_submit(sender: Any, label: Label, actor: Person, **_: Any) -> None:
    if checks.is_drawn_gold(label):
        checks.keep_drawn_gold(actor, label)
    elif consensus.needs_scoring(label.project_row) or checks.is_check(label):
        # Asked in this order, so that a submit of a check asks the database what any other does.
        consensus.ask_for_score(label.project_row)
    else:
        review.settle_row(label.project_row)


def _look_at_gold(row: ProjectRow) -> None:
    benchmark = benchmarks.benchmark_of(row)
    if benchmark is not None:
        scores = gold_scores.rows_scores(row)
        contests.look_at(benchmark, row, scores)
        leaks.look_at(benchmark, row, scores)


def settle_scored_row(sender: Any, project_row: ProjectRow, **_: Any) -> None:
    """Another opinion while the row is unsure, else what its labels wait for."""
    checks.finish_checks(project_row)
    _look_at_gold(project_row)
    if consensus.waits_for_settling(project_row) and not overlap.ask_if_unsure(project_row):
        review.settle_row(project_row)


def keep_imported_gold(sender: Any, project_row: ProjectRow, payload: Any, actor: Person, **_: Any) -> None:
    benchmarks.make_benchmark(actor, project_row, payload=payload, rationale="Imported as gold.")


def score_imported_opinions(sender: Any, project: Project, project_row_ids: list[int], **_: Any) -> None:
    consensus.ask_for_scores(project, project_row_ids)


def settle_complete_rows(sender: Any, project: Project, project_row_ids: list[int], **_: Any) -> None:
    consensus.ask_for_scores(project, project_row_ids)


def go_on_after_guidelines(sender: Any, person: Person, project: Project, **_: Any) -> None:
    vetting_steps.note_guidelines(person, project)


def go_on_after_quiz(sender: Any, attempt: Any, **_: Any) -> None:
    is_passed, share = attempt.is_passed, attempt.share
    vetting_steps.note_quiz(attempt.person, attempt.project, is_passed=is_passed, share=share, uid=attempt.uid)


def go_on_after_practice(sender: Any, answer: Any, **_: Any) -> None:
    vetting_steps.note_practice(answer.person, answer.project, score=answer.score, uid=answer.uid)


def start_issues(sender: Any, project: Project, **_: Any) -> None:
    issue_categories.start_categories(project)


def connect() -> None:
    guidelines_acknowledged.connect(go_on_after_guidelines)
    quiz_taken.connect(go_on_after_quiz)
    practice_answered.connect(go_on_after_practice)
    queue.register_cap(vetting_queue.cap)
    label_submitted.connect(note_submitted_work)
    label_submitted.connect(go_on_after_submit)
    opinion_withdrawn.connect(score_after_withdrawal)
    session_ended.connect(note_ended_session)
    gold_imported.connect(keep_imported_gold)
    opinions_imported.connect(score_imported_opinions)
    queue.register_batch_gate(skills.batches_are_closed)
    check_slots.register_chooser(gold_serving.rows_to_check)
    kept_apart.register_kept_apart(practice.kept_apart)
    exports.register_export_addition("quality", facts.facts_for_export)
    labels_list.register_column("consensus", facts.consensus_of_labels)
    labels_list.register_column("asked_at_submit", questions_at_submit.questions_of)
    labels_list.register_status("in_doubt", "Submitted in doubt", questions_at_submit.submitted_in_doubt)
    labels_list.register_status("reviewed", "First reviewed", facts.reviewed_first)
    labels_list.register_status("sent_back", "Sent back at first review", facts.sent_back_at_first_review)
    rows_complete.connect(settle_complete_rows)
    row_returned.connect(go_on_with_row)
    row_scored.connect(settle_scored_row)
    relay.register_fold(figures.fold)
    live.register_stream("issue", issues.follows_issue, issues.as_read_by)
    editor.register_addition("issues", issues_for_editor)
    label_submitted.connect(note_open_questions)
    editor.register_addition("asked_at_submit", questions_at_submit.questions_beside)
    editor.register_addition("reasons", reasons_for_editor)
    editor.register_addition("urls", urls_for_editor)
    queue_shapes.describe_addition("issues", lambda: IssueShape(many=True))
    queue_shapes.describe_addition("asked_at_submit", lambda: serializers.ListField(child=serializers.IntegerField()))
    queue_shapes.describe_addition("reasons", lambda: ReviewReason(many=True))
    project_created.connect(start_issues)
    editor.register_choices("issue_categories", issue_categories.offered_in)
    editor.register_choices("reject_reasons", review.REJECT_REASONS)
