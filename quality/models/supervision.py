"""Supervision: the steps by which the shares of reviewed and shared rows fall, where it stands, and each move."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from labeling.models import Project
from workforce.models import ClockTimestamp, Identified


class Supervision(models.Model):
    class Measure(models.TextChoices):
        APPROVAL = "approval", "approval at first review"
        BENCHMARK = "benchmark", "score against gold"

    project = models.OneToOneField(Project, models.CASCADE, related_name="quality_supervision")
    # [{"review_share": per cent, "consensus_share": per cent}], the closest first.
    steps = models.JSONField()
    measure = models.CharField(max_length=10, choices=Measure)
    bar = models.FloatField(validators=[MinValueValidator(0), MaxValueValidator(1)])
    # The last so many results of the project count; it looks after each further ``least``.
    window = models.PositiveSmallIntegerField(validators=[MinValueValidator(20), MaxValueValidator(1000)])
    least = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(1000)])
    step = models.PositiveSmallIntegerField(default=0)
    # Results up to this one were looked at.
    seen_upto = models.BigIntegerField(default=0)
    # It moves by the rights of whoever started it.
    on_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    on_since = models.DateTimeField(null=True)

    access_root = "project"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(least__lte=models.F("window")), name="a_look_fits_the_window"),
            models.CheckConstraint(
                condition=Q(on_since=None) | Q(on_by__isnull=False), name="somebody_started_supervision"
            ),
        ]

    def __str__(self) -> str:
        return f"supervision of {self.project_id}, step {self.step}"


class SupervisionMove(Identified):
    """One move, with what was measured then. Only ever added."""

    class Kind(models.TextChoices):
        STARTED = "started", "started"
        FELL = "fell", "fell"
        ROSE = "rose", "rose"
        REFUSED = "refused", "refused"
        STOPPED = "stopped", "stopped"

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_supervision_moves")
    kind = models.CharField(max_length=8, choices=Kind)
    step = models.PositiveSmallIntegerField()
    review_share = models.PositiveSmallIntegerField()
    consensus_share = models.PositiveSmallIntegerField()
    # Mean, interval and number of results; null where nothing was measured.
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n = models.PositiveIntegerField(default=0)
    bar = models.FloatField()
    # Why it was refused.
    said = models.TextField(blank=True)
    # Null: the measure moved it.
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    moved_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="moves_newest_first")]

    def __str__(self) -> str:
        return f"{self.kind} to step {self.step}"
