"""What privileged people did, append-only, and the hash chain over it. Triggers refuse change and removal."""

from django.conf import settings
from django.db import models

from workforce.models.organizations import Organization
from workforce.models.uids import ClockTimestamp, Identified

# What people did with one row or label beside the work itself; the row's history asks for them by target.
ROW_ACTS = (
    "row.excluded",
    "row.returned",
    "rework.withdrawn",
    "winner.chosen",
    "opinion.asked",
    "benchmark.made",
    "benchmark.changed",
    "benchmark.removed",
)


class AuditEvent(Identified):
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="audit_events")
    # Set by a trigger, so that no writer can backdate.
    at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # The roles held at the target then, joined by "+"; "member" for none.
    actor_role = models.CharField(max_length=120, blank=True)
    action = models.CharField(max_length=80)
    target_kind = models.CharField(max_length=80)
    target_uid = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    access_root = "organization"

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="audit_newest_first"),
            models.Index(fields=["target_uid"], condition=models.Q(action__in=ROW_ACTS), name="audit_of_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_kind}"


class AuditSeal(models.Model):
    """One link of an organization's chain: hash of (previous hash, the event's canonical content)."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="audit_seals")
    seq = models.BigIntegerField()
    event = models.OneToOneField(AuditEvent, models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "seq"], name="audit_chain_has_no_fork")]

    def __str__(self) -> str:
        return f"{self.organization_id}/{self.seq}"


class AuditUnsealed(models.Model):
    """An event that waits for its seal, noted by a trigger, so that sealing reads what waits and no more."""

    event_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.event_id)
