"""Benchmark: the comparison of every later label of a row with a gold label."""

from django.conf import settings
from django.db import models

from labeling.models import Label, Project, ProjectRow
from workforce.models import ClockTimestamp, Identified


class Benchmark(Identified):
    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_benchmarks")
    project_row = models.OneToOneField(ProjectRow, models.CASCADE, related_name="quality_benchmark")
    gold = models.OneToOneField(Label, models.PROTECT, related_name="quality_benchmark")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    rationale = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"

    def __str__(self) -> str:
        return f"benchmark on {self.project_row_id}"
