"""Tasks of this floor."""

from celery import shared_task

from workforce import idempotency, invitations
from workforce.outbox import run_job


@shared_task
def forget_old_records() -> None:
    idempotency.forget_old_answers()


@shared_task
def send_invitation(event_id: int) -> None:
    run_job(event_id, invitations.deliver)
