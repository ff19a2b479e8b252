"""Score a project anew after a change of the method or the settings, and say what moved.

Pairs of an older method are computed again, everything else is folded from what is stored. Chunks in transactions of
their own, with a cursor: a restart goes on, and a chunk done twice changes nothing."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from labeling.blindness import hide_unsubmitted_rows
from labeling.models import Project, ProjectRow
from quality import consensus
from quality.agreement import METHOD, METHOD_VERSION
from quality.models import MovedScore, RowConsensus
from workforce import access, audit, jobs
from workforce.errors import Refusal, RuleViolation
from workforce.models import Job, Person
from workforce.roles import Permission

TASK = "quality.tasks.recompute_scores"
CHUNK = 50
SAME = 1e-9
LIVE = (Job.State.QUEUED, Job.State.RUNNING)


@transaction.atomic
def start_recompute(actor: Person, project: Project) -> Job:
    """A queued job for all rows of the project that have scores. Raises ``recompute_runs``."""
    access.require(actor, Permission.CHANGE_PROJECT, project)
    # One after the other, so that two people at once start one.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if recomputes_of(project).filter(state__in=LIVE).exists():
        raise RuleViolation("recompute_runs", "These scores are being computed already.")
    settings = {"project": str(project.uid), "method": METHOD, "method_version": METHOD_VERSION}
    job = jobs.start_job(actor, project.organization, kind=Job.Kind.RECOMPUTE, task=TASK, settings=settings)
    audit.record(actor, "scores.recomputed", project, after={"job": str(job.uid), **settings})
    return job


def run_recompute(job_uid: str) -> None:
    """Do it, or what is left of it. Safe to call again and by two workers at once."""
    job = jobs.begin(job_uid)
    if job is None:
        return
    try:
        project = access.access(
            job.started_by, Project.objects.all(), job.settings["project"], Permission.CHANGE_PROJECT
        )
    except Refusal as refusal:
        jobs.end(job, state=Job.State.FAILED, error=f"{refusal.code}: {refusal.message}")
        return
    rows = RowConsensus.objects.filter(project=project).order_by("pk")
    if not job.total_count:
        jobs.set_total(job, rows.count())
    while chunk := list(rows.values_list("project_row", flat=True)[job.cursor : job.cursor + CHUNK]):
        for row in chunk:
            _score_anew(job, row)
        jobs.note_chunk(job, cursor=job.cursor + len(chunk), done=len(chunk), refused=())
        job.refresh_from_db()
        if job.state != Job.State.RUNNING:
            return
    jobs.end(job)


def recomputes_of(project: Project) -> QuerySet[Job]:
    """Newest first."""
    found = Job.objects.filter(organization=project.organization_id, kind=Job.Kind.RECOMPUTE)
    return found.filter(settings__project=str(project.uid)).select_related("started_by").order_by("-id")


def moved_by(job: Job) -> QuerySet[MovedScore]:
    related = "project_row__data_row", "winner_before__labeler", "winner_after__labeler"
    return MovedScore.objects.filter(job=job).select_related(*related).order_by("pk")


def moved_shown_to(reader: Person, project: Project, job: Job) -> QuerySet[MovedScore]:
    """The same without rows that the reader may still label."""
    rows = hide_unsubmitted_rows(reader, ProjectRow.objects.filter(project=project), project)
    return moved_by(job).filter(project_row__in=rows)


def report_of(job: Job) -> dict[str, Any]:
    """How many rows were looked at, on how many the score or the winner moved, and how far."""
    moved = list(moved_by(job).values_list("score_before", "score_after", "winner_before", "winner_after"))
    shifts = [after - before for before, after, _, _ in moved if before is not None and after is not None]
    return {
        "rows": job.cursor,
        "moved": len(moved),
        "winners": sum(before != after for _, _, before, after in moved),
        "mean_shift": sum(shifts) / len(shifts) if shifts else 0.0,
        "largest_shift": max(shifts, key=abs, default=0.0),
        "method": job.settings.get("method", ""),
        "method_version": job.settings.get("method_version", 0),
    }


@transaction.atomic
def _score_anew(job: Job, row: int) -> None:
    before = RowConsensus.objects.filter(project_row=row).values_list("score", "winner_id").first()
    after = consensus.score_row(row, by_new_settings=True)
    if before is None or after is None:
        return
    is_moved = (before[0] is None) != (after.score is None) or abs((before[0] or 0.0) - (after.score or 0.0)) > SAME
    if is_moved or before[1] != after.winner_id:
        values = {"score_before": before[0], "score_after": after.score}
        winners = {"winner_before_id": before[1], "winner_after": after.winner}
        # Whoever came first saw what it was before.
        MovedScore.objects.get_or_create(job=job, project_row_id=row, defaults={**values, **winners})
