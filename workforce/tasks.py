"""Tasks of this floor."""

from celery import shared_task

from workforce import idempotency, sign_in_limits


@shared_task
def forget_old_records() -> None:
    idempotency.forget_old_answers()
    sign_in_limits.forget_old_tries()
