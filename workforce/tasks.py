"""Tasks of this floor."""

from celery import shared_task

from workforce import idempotency


@shared_task
def forget_old_records() -> None:
    idempotency.forget_old_answers()
