"""Labels and their versions, drafts. A version is never overwritten."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.guidelines import GuidelineVersion
from labeling.models.ontologies import OntologyVersion
from labeling.models.projects import Project
from labeling.models.queue import ProjectRow, Slot
from workforce.models import ClockTimestamp, Identified


class Label(Identified):
    class Kind(models.TextChoices):
        OPINION = "opinion", "opinion"
        GOLD = "gold", "gold"

    project = models.ForeignKey(Project, models.CASCADE, related_name="labels")
    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="labels")
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.OPINION)
    # One slot's work; gold has no slot.
    slot = models.OneToOneField(Slot, models.CASCADE, null=True, blank=True, related_name="work")
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="labeling_labels")
    last_version = models.PositiveIntegerField(default=0)
    # Gold that was taken away: what was scored against it stays explained.
    retired_at = models.DateTimeField(null=True)
    made_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="gold_copies")
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"
    access_owner = "labeler"

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="labels_newest_first"),
            models.Index(fields=["project", "labeler", "-id"], name="labels_of_person"),
            models.Index(fields=["project", "created_at"], name="labels_by_day"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="gold", slot=None) | Q(kind="opinion", slot__isnull=False),
                name="opinion_has_a_slot_gold_has_none",
            ),
            models.UniqueConstraint(
                fields=["project_row"], condition=Q(kind="gold", retired_at=None), name="one_gold_per_row"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.labeler_id} on {self.project_row_id}"


class LabelVersion(models.Model):
    class Origin(models.TextChoices):
        HUMAN = "human", "human"
        MODEL = "model", "model"
        IMPORT = "import", "import"
        SYNTHETIC = "synthetic", "simulated"
        RULE = "rule", "rule"

    label = models.ForeignKey(Label, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="labeling_versions")
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.HUMAN)
    ontology_version = models.ForeignKey(OntologyVersion, models.PROTECT, related_name="label_versions")
    # The newest that the author had read then; none where there were none, and for what a file brought.
    guideline_version = models.ForeignKey(GuidelineVersion, models.PROTECT, null=True, related_name="label_versions")
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    object_count = models.PositiveIntegerField(default=0)
    # Seconds of active work, or null where nobody measured them (imports).
    active_seconds = models.FloatField(null=True)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "label__project"
    access_owner = "author"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label", "number"], name="label_version_once")]

    def __str__(self) -> str:
        return f"{self.label} v{self.number}"


class Draft(models.Model):
    """Typed work, kept apart from the slot: it outlives the lease. A copy is work that a newer draft overtook."""

    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="drafts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="labeling_drafts")
    kind = models.CharField(max_length=6, choices=Slot.Kind, default=Slot.Kind.LABEL)
    # In a review: the label, and its version, that the work was typed over.
    label = models.ForeignKey(Label, models.CASCADE, null=True, blank=True, related_name="+")
    label_version = models.PositiveIntegerField(null=True)
    is_copy = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    tab = models.CharField(max_length=64, blank=True)
    ontology_version = models.ForeignKey(OntologyVersion, models.PROTECT, related_name="+")
    payload = models.JSONField()
    updated_at = models.DateTimeField(db_default=ClockTimestamp())

    access_root = "project_row__project"
    access_owner = "person"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project_row", "person", "kind", "label", "label_version"],
                condition=Q(is_copy=False),
                nulls_distinct=False,
                name="one_current_draft_per_person_and_row",
            ),
        ]

    def __str__(self) -> str:
        return f"draft of {self.person_id} on {self.project_row_id}"
