"""Jobs of the outbox, as a task sees them: begin, run once, note the end. A task that fails is tried again by the
relay and quarantined, visible, after ``MOST_ATTEMPTS``."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction

from workforce.models import ClockTimestamp, Event, Job

MOST_ATTEMPTS = 5
log = logging.getLogger("crewline.outbox")


def run_job(event_id: int, rule: Callable[..., Any]) -> None:
    """Call ``rule`` with the job's arguments and note it done in the same transaction. Safe to call twice."""
    try:
        with transaction.atomic():
            job = Event.objects.select_for_update(skip_locked=True).filter(pk=event_id, done_at=None).first()
            if job is None or job.is_quarantined:
                return
            rule(**job.payload)
            Event.objects.filter(pk=event_id).update(done_at=ClockTimestamp(), error="")
    except Exception as error:
        log.exception("job %s failed", event_id)
        _note_failure(event_id, error)


def run_long_job(event_id: int, rule: Callable[..., Any]) -> None:
    """Like ``run_job`` for work in many transactions with a cursor of its own: none is held open around the whole.

    Two deliveries at once both call ``rule``, which must see by its cursor what the other has done."""
    event = Event.objects.filter(pk=event_id, done_at=None, is_quarantined=False).first()
    if event is None:
        return
    try:
        rule(**event.payload)
    except Exception as error:
        log.exception("job %s failed", event_id)
        _note_failure(event_id, error)
        _quarantine_work(event_id)
        return
    Event.objects.filter(pk=event_id).update(done_at=ClockTimestamp(), error="")


def _quarantine_work(event_id: int) -> None:
    """The job that people watch says so too, once its event is tried no more."""
    event = Event.objects.filter(pk=event_id, is_quarantined=True).first()
    if event is not None and "job_uid" in event.payload:
        live = Job.objects.filter(uid=event.payload["job_uid"], state__in=[Job.State.QUEUED, Job.State.RUNNING])
        live.update(state=Job.State.QUARANTINED, error=event.error, ended_at=ClockTimestamp())


def _note_failure(event_id: int, error: Exception) -> None:
    with transaction.atomic():
        job = Event.objects.select_for_update().get(pk=event_id)
        Event.objects.filter(pk=event_id).update(
            error=f"{type(error).__name__}: {error}"[:2000], is_quarantined=job.attempts >= MOST_ATTEMPTS
        )


def jobs_in_quarantine() -> Any:
    return Event.objects.filter(is_quarantined=True).order_by("id")
