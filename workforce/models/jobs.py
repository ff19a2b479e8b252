"""Long work that people watch, and the record that makes a repeated request harmless."""

from django.conf import settings
from django.db import models

from workforce.models.organizations import Organization
from workforce.models.uids import ClockTimestamp, Identified


class Job(Identified):
    class Kind(models.TextChoices):
        IMPORT = "import", "import"
        EXPORT = "export", "export"
        RECOMPUTE = "recompute", "recompute"

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"
        QUARANTINED = "quarantined", "quarantined"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="started_jobs")
    settings = models.JSONField(default=dict)
    # How far it is: rows looked at, taken in, refused; the cursor is where a restart goes on.
    total_count = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    cursor = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    access_root = "organization"
    access_owner = "started_by"

    class Meta:
        indexes = [models.Index(fields=["organization", "-id"], name="jobs_newest_first")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class JobProblem(models.Model):
    """One row of a job's report: which line or record was refused, where in it, and why."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="problems")
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=300, blank=True)
    path = models.CharField(max_length=300, blank=True)
    code = models.CharField(max_length=60)
    message = models.TextField()
    record = models.JSONField(null=True)

    access_root = "job__organization"
    access_owner = "job__started_by"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "position", "path", "code"], name="problem_reported_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.code}"


class IdempotencyRecord(models.Model):
    """The first answer to a request that carries a key. Kept seven days."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="idempotency_records")
    key = models.CharField(max_length=100)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return self.key
