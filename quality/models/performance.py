"""Roll-ups of people's work by day. Rules insert deltas; the relay folds them, so that no two requests share a row."""

from django.conf import settings
from django.db import models

from labeling.models import Project

MEASURES = (
    # name → what one unit is
    ("rows", "rows submitted for the first time"),
    ("objects", "objects in them"),
    ("labeling_seconds", "active seconds of labeling"),
    ("rework_seconds", "active seconds of rework"),
    ("review_seconds", "active seconds of review"),
    ("abandoned_seconds", "active seconds of leases without a submit"),
    ("idle_seconds", "idle seconds, not counted as work"),
    ("skips", "rows skipped"),
    ("reviewed", "labels of the person with a first review"),
    ("approved", "of these, approved or fixed and approved"),
    ("untouched", "of these, approved without an edit"),
    ("accepted", "labels of the person that were finished"),
    ("reviews_made", "decisions the person made"),
    ("consensus_n", "rows with at least two opinions"),
    ("consensus_sum", "sum of the person's mean pair scores on them"),
    ("consensus_squares", "sum of their squares"),
    ("benchmark_n", "labels scored against gold"),
    ("benchmark_sum", "sum of these scores"),
    ("benchmark_squares", "sum of their squares"),
)


class FigureDelta(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    day = models.DateField()
    measure = models.CharField(max_length=20)
    amount = models.FloatField()

    access_root = "project"
    access_owner = "person"

    def __str__(self) -> str:
        return f"{self.measure} {self.amount:+}"


class DayFigure(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_day_figures")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_day_figures")
    day = models.DateField()
    measure = models.CharField(max_length=20)
    value = models.FloatField()

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "day", "person", "measure"], name="one_figure_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} on {self.day}: {self.value}"
