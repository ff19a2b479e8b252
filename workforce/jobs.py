"""Long work with a row that people can watch: start, progress, problems, end.

A job's work is done in chunks with a cursor, so that a restart goes on where it stopped and doing a chunk twice
changes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from workforce import access
from workforce.events import announce, enqueue, stream_of_person
from workforce.models import ClockTimestamp, Job, JobProblem, Organization, Person
from workforce.roles import Permission


@dataclass(frozen=True)
class Refused:
    """One refused record: where it stands, the path inside it, a code and a sentence, and the record itself."""

    position: int
    code: str
    message: str
    path: str = ""
    name: str = ""
    record: Any = None


def start_job(actor: Person, organization: Organization, *, kind: str, task: str, settings: dict[str, Any]) -> Job:
    """A queued job and its outbox row; call inside the transaction of the request."""
    job = Job.objects.create(organization=organization, kind=kind, started_by=actor, settings=settings)
    enqueue(organization.pk, task, {"job_uid": str(job.uid)}, queue="bulk")
    return job


def begin(job_uid: str) -> Job | None:
    """The job, now running; none when it has ended already (a second delivery of the task)."""
    Job.objects.filter(uid=job_uid, state=Job.State.QUEUED).update(state=Job.State.RUNNING, started_at=ClockTimestamp())
    return Job.objects.select_related("organization", "started_by").filter(uid=job_uid, state=Job.State.RUNNING).first()


@transaction.atomic
def note_chunk(job: Job, *, cursor: int, done: int, refused: Iterable[Refused]) -> bool:
    """Move the cursor from where ``job`` stands to ``cursor``; false when another worker did this chunk first."""
    problems = list(refused)
    moved = Job.objects.filter(pk=job.pk, cursor=job.cursor, state=Job.State.RUNNING).update(
        cursor=cursor,
        done_count=F("done_count") + done,
        refused_count=F("refused_count") + len({problem.position for problem in problems}),
    )
    if not moved:
        return False
    JobProblem.objects.bulk_create(
        [
            JobProblem(
                job=job,
                position=problem.position,
                name=problem.name[:300],
                path=problem.path[:300],
                code=problem.code,
                message=problem.message,
                record=problem.record,
            )
            for problem in problems
        ],
        ignore_conflicts=True,
    )
    job.refresh_from_db()
    _tell(job)
    return True


def set_total(job: Job, total: int) -> None:
    Job.objects.filter(pk=job.pk).update(total_count=total)
    job.total_count = total


def end(job: Job, *, state: str = Job.State.DONE, error: str = "") -> None:
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(state=state, error=error, ended_at=ClockTimestamp())
    job.refresh_from_db()
    _tell(job)


def jobs_of(person: Person) -> QuerySet[Job]:
    """Jobs the person started or, as a manager, may see."""
    everyone = access.visible_to(person, Job.objects.all(), Permission.VIEW_JOB)
    own = Job.objects.filter(started_by=person, organization__in=access.organizations_of(person))
    return (everyone | own).select_related("started_by").order_by("-id")


def _tell(job: Job) -> None:
    facts = {
        "job": str(job.uid),
        "state": job.state,
        "total": job.total_count,
        "done": job.done_count,
        "refused": job.refused_count,
    }
    announce(job.organization_id, stream_of_person(job.started_by.uid), "job_moved", facts)
