"""Saved views: the filters of a list of issues under a name. Which filters there are, ``issue_filters`` says."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Project
from workforce.models import ClockTimestamp, Identified


class IssueView(Identified):
    """A person's own, or shared with everybody on the project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_issue_views")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="issue_views")
    name = models.CharField(max_length=60)
    # Name of a filter → its value, as in the address.
    filters = models.JSONField(default=dict)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "owner", "name"], condition=Q(is_shared=False), name="own_view_name_once"
            ),
            models.UniqueConstraint(fields=["project", "name"], condition=Q(is_shared=True), name="shared_view_once"),
        ]

    def __str__(self) -> str:
        return self.name


class DefaultIssueView(models.Model):
    """What a person's list of a project's issues opens with."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    view = models.ForeignKey(IssueView, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="one_default_view")]

    def __str__(self) -> str:
        return f"{self.person} opens {self.view}"
