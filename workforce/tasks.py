"""Tasks of this floor."""

from celery import shared_task

from workforce import alerts, idempotency, invitations, notice_letters, notices, passwords, sessions, sign_in_limits
from workforce.outbox import run_job


@shared_task
def forget_old_records() -> None:
    idempotency.forget_old_answers()
    sign_in_limits.forget_old_tries()
    sessions.forget_ended()
    alerts.forget_old_networks()
    notices.forget_old_notices()


@shared_task
def send_reset_letter(event_id: int) -> None:
    run_job(event_id, passwords.send_reset_letter)


@shared_task
def send_alert_letters(event_id: int) -> None:
    run_job(event_id, alerts.send_alert_letters)


@shared_task
def send_invitation(event_id: int) -> None:
    run_job(event_id, invitations.deliver)


@shared_task
def ask_for_notice_letters() -> None:
    notice_letters.ask_for_letters()


@shared_task
def send_notice_letter(event_id: int) -> None:
    run_job(event_id, notice_letters.send_notice_letter)
