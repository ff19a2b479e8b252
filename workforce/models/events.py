"""Outbox and live messages in one append-only table. Rows are inserted in the transaction of the act, without a
number; the relay numbers them per stream after commit, hands jobs to Celery and nudges the groups."""

from django.db import models

from workforce.models.organizations import Organization
from workforce.models.uids import ClockTimestamp


class Event(models.Model):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="events")
    # "project:<uid>", "row:<uid>", "person:<uid>"; empty for a pure job.
    stream = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    seq = models.BigIntegerField(null=True)
    # A job: the Celery task's name and queue. Done is noted by the task in its own transaction.
    task = models.CharField(max_length=120, blank=True)
    queue = models.CharField(max_length=10, blank=True)
    handed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    is_quarantined = models.BooleanField(default=False)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(seq=None) & ~models.Q(stream=""), name="events_unnumbered"),
            models.Index(fields=["stream", "seq"], condition=models.Q(seq__isnull=False), name="events_of_stream"),
            models.Index(
                fields=["queue", "id"],
                condition=~models.Q(task="") & models.Q(done_at=None, is_quarantined=False),
                name="events_jobs_not_done",
            ),
            models.Index(
                fields=["organization", "id"], condition=models.Q(is_quarantined=True), name="events_in_quarantine"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "seq"], condition=models.Q(seq__isnull=False), name="one_event_per_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.stream or self.task}"


class StreamHead(models.Model):
    """The last number given in a stream. Only the relay writes here."""

    stream = models.CharField(max_length=80, primary_key=True)
    seq = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.stream} at {self.seq}"
