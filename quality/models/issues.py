"""Issues: one place of record for a question about a row. Comments are append-only."""

from django.conf import settings
from django.db import models

from labeling.models import Label, Project, ProjectRow
from workforce.models import ClockTimestamp, Identified


class Issue(Identified):
    class State(models.TextChoices):
        OPEN = "open", "open"
        ANSWERED = "answered", "answered"
        RESOLVED = "resolved", "resolved"

    class Category(models.TextChoices):
        UNCLEAR_RULE = "unclear_rule", "Unclear rule"
        MISSING_CLASS = "missing_class", "Missing class"
        EDGE_CASE = "edge_case", "Edge case"
        MISTAKE = "mistake", "Mistake"
        BAD_PICTURE = "bad_picture", "Bad picture"
        WRONG_DATA = "wrong_data", "Wrong data"
        TOOL_PROBLEM = "tool_problem", "Tool problem"
        SUGGESTION = "suggestion", "Suggestion"
        OTHER = "other", "Other"

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_issues")
    number = models.PositiveIntegerField()
    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="quality_issues")
    label = models.ForeignKey(Label, models.SET_NULL, null=True, blank=True, related_name="quality_issues")
    category = models.CharField(max_length=20, choices=Category)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    # Picture pixels: {"x", "y"}; null for the whole row. object_id: the object's id in the label, when pinned to one.
    pin = models.JSONField(null=True)
    object_id = models.CharField(max_length=64, blank=True)
    # The rule of the guidelines that it cites, with number and title as they were then.
    rule = models.UUIDField(null=True, blank=True)
    rule_title = models.CharField(max_length=250, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_opened_issues")
    opened_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    access_root = "project"
    # Who asked, and who made the label that it is about.
    access_owner = ("opened_by", "label__labeler")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="issue_number_once")]
        indexes = [models.Index(fields=["project", "state", "-id"], name="issues_newest_first")]

    def __str__(self) -> str:
        return f"Issue {self.number}"


class IssueComment(Identified):
    """The first comment is the question itself."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_comments")
    text = models.TextField()
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "issue__project"
    access_owner = ("issue__opened_by", "issue__label__labeler")

    def __str__(self) -> str:
        return self.text[:60]
