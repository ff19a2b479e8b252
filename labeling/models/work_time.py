"""Time at work, from heartbeats. A session is a person's time on one slot; an interval a stretch without a hole."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.projects import Project
from labeling.models.queue import Slot


class WorkSession(models.Model):
    class Stage(models.TextChoices):
        LABELING = "labeling", "labeling"
        REVIEW = "review", "review"
        REWORK = "rework", "rework"

    class Outcome(models.TextChoices):
        OPEN = "open", "open"
        SUBMITTED = "submitted", "submitted"
        SKIPPED = "skipped", "skipped"
        ABANDONED = "abandoned", "abandoned"

    project = models.ForeignKey(Project, models.CASCADE, related_name="work_sessions")
    slot = models.ForeignKey(Slot, models.CASCADE, related_name="work_sessions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="labeling_work_sessions")
    stage = models.CharField(max_length=8, choices=Stage)
    lease_token = models.BigIntegerField()
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.OPEN)
    first_beat_at = models.DateTimeField()
    last_beat_at = models.DateTimeField()
    # The day of submit or skip in the project's time zone.
    credited_on = models.DateField(null=True)
    active_seconds = models.FloatField(default=0)
    idle_seconds = models.FloatField(default=0)

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slot", "lease_token"], name="one_session_per_lease")]
        indexes = [
            models.Index(fields=["project", "person", "credited_on"], name="sessions_of_person"),
            models.Index(fields=["project", "-last_beat_at"], name="sessions_by_presence"),
            # The sweep looks for those whose lease is gone.
            models.Index(fields=["slot"], condition=Q(outcome="open"), name="sessions_open"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} of {self.person_id}"


class WorkInterval(models.Model):
    session = models.ForeignKey(WorkSession, models.CASCADE, related_name="intervals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    last_input_at = models.DateTimeField()
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(is_open=True), name="one_open_interval_per_person"),
            models.CheckConstraint(condition=Q(ended_at__gte=models.F("started_at")), name="interval_runs_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.started_at} to {self.ended_at}"
