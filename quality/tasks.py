"""Tasks of this floor: each is a job of the outbox, safe to run twice."""

from celery import shared_task

from quality import checks, computed_skills, consensus, recompute, rule_acts, sampling, supervision, vetting_steps
from workforce import outbox


@shared_task
def score_row(event_id: int) -> None:
    outbox.run_job(event_id, consensus.score_row)


@shared_task
def act_by_rules() -> None:
    rule_acts.act_on_results()


@shared_task
def move_supervision() -> None:
    supervision.look_at_all()


@shared_task
def look_at_candidates() -> None:
    vetting_steps.look_at_results()


@shared_task
def finish_checks() -> None:
    checks.finish_waiting_checks()


@shared_task
def compute_skills() -> None:
    computed_skills.recompute_all()


@shared_task
def score_rows(event_id: int) -> None:
    outbox.run_long_job(event_id, consensus.score_rows)


@shared_task
def recompute_scores(event_id: int) -> None:
    outbox.run_long_job(event_id, recompute.run_recompute)


@shared_task
def leave_review_step(event_id: int) -> None:
    outbox.run_long_job(event_id, sampling.leave_step)
