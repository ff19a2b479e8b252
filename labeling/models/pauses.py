"""A person who gets no new row of a project for a while, or only so many a day."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from labeling.models.projects import Project
from workforce.models import ClockTimestamp, Identified


class Pause(Identified):
    project = models.ForeignKey(Project, models.CASCADE, related_name="pauses")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="labeling_pauses")
    # For those who run the project; the person reads only what they are told.
    reason = models.TextField()
    told = models.TextField()
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    paused_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    # When it ends by itself; none: until somebody ends it.
    ends_at = models.DateTimeField(null=True, blank=True)
    resumed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    resumed_at = models.DateTimeField(null=True)

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "person"], condition=Q(resumed_at=None), name="one_pause_per_person_and_project"
            )
        ]

    def __str__(self) -> str:
        return f"pause of {self.person_id} in {self.project_id}"


class DayLimit(models.Model):
    """How many rows a person may do in a project on one day."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="day_limits")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="labeling_day_limits")
    rows = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    # Set by the manager of the person's vendor; the project's own limit stands beside it, and the lower one counts.
    is_vendors = models.BooleanField(default=False)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "person", "is_vendors"], name="one_day_limit_per_person_and_project"
            ),
            models.CheckConstraint(condition=Q(rows__gte=1), name="day_limit_is_a_row_at_least"),
        ]

    def __str__(self) -> str:
        return f"{self.rows} rows a day"
