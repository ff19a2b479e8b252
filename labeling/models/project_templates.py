"""A project to start from: ontology, quality settings, guidelines, and who gets which role."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.ontologies import Ontology
from workforce.models import ClockTimestamp, Identified, Organization


class ProjectTemplate(Identified):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="labeling_project_templates")
    name = models.CharField(max_length=150)
    ontology = models.ForeignKey(Ontology, models.PROTECT, related_name="project_templates")
    # The fields of labeling.projects.ProjectSettings.
    quality = models.JSONField(default=dict)
    # [{"kind": "person" or "team", "uid", "role", "days": whole number or null for no end}]
    grants = models.JSONField(default=list)
    guidelines_text = models.TextField(blank=True)
    # [{"title", "text"}]
    guidelines_rules = models.JSONField(default=list)
    # Name of a part that an upper floor registered → what it keeps.
    parts = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    retired_at = models.DateTimeField(null=True)

    access_root = "organization"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], condition=Q(retired_at=None), name="project_template_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
