"""What may be said about a data row. Versions are immutable; a feature keeps its uid through versions and renames."""

from django.conf import settings
from django.db import models

from workforce.models import ClockTimestamp, Identified, Organization


class Ontology(Identified):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="labeling_ontologies")
    name = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "organization"

    class Meta:
        verbose_name_plural = "ontologies"
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="ontology_name_once")]

    def __str__(self) -> str:
        return self.name


class OntologyVersion(Identified):
    ontology = models.ForeignKey(Ontology, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    # Shape: labeling.annotations.ontology.
    document = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "ontology__organization"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ontology", "number"], name="ontology_version_once")]

    def __str__(self) -> str:
        return f"{self.ontology} v{self.number}"
