"""Jobs of the outbox, as a task sees them: begin, run once, note the end. A task that fails is tried again by the
relay and quarantined, visible, after ``MOST_FAILURES``; ``try_again`` releases it once its cause is mended."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from workforce import access, audit
from workforce.models import ClockTimestamp, Event, Job, Organization, Person
from workforce.roles import Permission

MOST_FAILURES = 5
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
        failures = job.failures + 1
        Event.objects.filter(pk=event_id).update(
            error=f"{type(error).__name__}: {error}"[:2000],
            failures=failures,
            is_quarantined=failures >= MOST_FAILURES,
        )


def jobs_in_quarantine() -> QuerySet[Event]:
    return Event.objects.filter(is_quarantined=True).order_by("id")


def quarantined_by_organization(organizations: Sequence[Organization]) -> list[tuple[Organization, int, str]]:
    """Each organization that has any, with how many and what the last one said."""
    found = []
    for organization in organizations:
        errors = jobs_in_quarantine().filter(organization=organization).values_list("error", flat=True)
        if errors:
            found.append((organization, len(errors), errors[len(errors) - 1]))
    return found


@transaction.atomic
def try_again(actor: Person, organization: Organization) -> int:
    """Hand the organization's quarantined jobs over once more. Returns how many there were."""
    access.require(actor, Permission.MANAGE_JOBS, organization)
    quarantined = jobs_in_quarantine().filter(organization=organization).select_for_update()
    released = {job.pk: job.payload for job in quarantined}
    Event.objects.filter(pk__in=released).update(is_quarantined=False, failures=0, handed_at=None)
    watched = [payload["job_uid"] for payload in released.values() if "job_uid" in payload]
    Job.objects.filter(uid__in=watched, state=Job.State.QUARANTINED).update(
        state=Job.State.QUEUED, error="", ended_at=None
    )
    if released:
        audit.record(actor, "jobs.tried_again", organization, after={"count": len(released)})
    return len(released)
