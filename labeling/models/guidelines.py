"""Guidelines of a project: text and rules in versions that never change, and who has read which."""

from django.conf import settings
from django.db import models

from labeling.models.projects import Project
from workforce.models import ClockTimestamp, Identified


class Guideline(Identified):
    project = models.OneToOneField(Project, models.CASCADE, related_name="guideline")
    last_version = models.PositiveIntegerField(default=0)
    # Numbers of rules are given once and never again, so that "rule 3" always means the same rule.
    last_rule = models.PositiveIntegerField(default=0)

    access_root = "project"

    def __str__(self) -> str:
        return f"guidelines of {self.project_id}"


class GuidelineVersion(Identified):
    guideline = models.ForeignKey(Guideline, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # Markdown.
    text = models.TextField()
    # [{"uid", "number", "title", "text"}]; uid and number stay through versions.
    rules = models.JSONField(default=list)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "guideline__project"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guideline", "number"], name="guideline_version_once")]

    def __str__(self) -> str:
        return f"{self.guideline} v{self.number}"


class GuidelineReading(models.Model):
    """A person says that they have read this version."""

    version = models.ForeignKey(GuidelineVersion, models.CASCADE, related_name="readings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "version__guideline__project"
    access_owner = "person"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "person"], name="guidelines_read_once")]

    def __str__(self) -> str:
        return f"{self.person_id} read {self.version_id}"
