"""Batches, project rows and slots. A slot is one wanted act on a project row and the only thing that is leased."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from labeling.models.datasets import DataRow
from labeling.models.projects import MOST_EXTRA, PERCENT, SHARE, Project
from workforce.models import ClockTimestamp, Identified


class Batch(Identified):
    project = models.ForeignKey(Project, models.CASCADE, related_name="batches")
    name = models.CharField(max_length=150)
    priority = models.SmallIntegerField(default=3)
    due_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    # As in the project; null: what the project says. ``labeling/overlap.py`` reads both.
    consensus_share = models.PositiveSmallIntegerField(null=True, blank=True, validators=PERCENT)
    consensus_labels = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(2), MaxValueValidator(50)]
    )
    consensus_threshold = models.FloatField(null=True, blank=True, validators=SHARE)
    consensus_most_extra = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(MOST_EXTRA)]
    )
    consensus_extra_hours = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0)])
    consensus_strategy = models.CharField(max_length=10, choices=Project.Strategy, null=True, blank=True)
    consensus_machine_weight = models.FloatField(null=True, blank=True, validators=SHARE)

    access_root = "project"

    class Meta:
        verbose_name_plural = "batches"
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="batch_name_once")]

    def __str__(self) -> str:
        return self.name


class ProjectRow(Identified):
    """A data row in a project."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        IN_WORK = "in_work", "in work"
        IN_REVIEW = "in_review", "in review"
        IN_REWORK = "in_rework", "in rework"
        DONE = "done", "done"
        SET_ASIDE = "set_aside", "set aside"

    project = models.ForeignKey(Project, models.CASCADE, related_name="rows")
    data_row = models.ForeignKey(DataRow, models.PROTECT, related_name="project_rows")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="rows")
    priority = models.SmallIntegerField(default=3)
    due_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    revision = models.PositiveIntegerField(default=1)
    labels_wanted = models.PositiveSmallIntegerField(default=1)
    # How many of these were asked for beyond the settings, by the rule or by a person.
    extra_wanted = models.PositiveSmallIntegerField(default=0)
    # The last revision whose completion was announced; row_done is said once per revision.
    announced_revision = models.PositiveIntegerField(default=0)
    entered_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    state_since = models.DateTimeField(db_default=ClockTimestamp())
    done_at = models.DateTimeField(null=True)

    access_root = "project"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "data_row"], name="data_row_once_per_project")]
        indexes = [
            models.Index(fields=["project", "state", "state_since"], name="rows_by_state"),
            models.Index(
                fields=["project", "state", "due_at"], condition=Q(due_at__isnull=False), name="rows_by_due_time"
            ),
        ]

    def __str__(self) -> str:
        return str(self.data_row)


class Slot(Identified):
    # The review of an appeal against step n has the number n + this, far beyond those of the steps.
    APPEALS_FROM = 1000

    class Kind(models.TextChoices):
        LABEL = "label", "label"
        REVIEW = "review", "review"

    class State(models.TextChoices):
        OPEN = "open", "open"
        LEASED = "leased", "leased"
        SUBMITTED = "submitted", "submitted"
        IN_REVIEW = "in_review", "in review"
        IN_REWORK = "in_rework", "in rework"
        DONE = "done", "done"
        SKIPPED = "skipped", "skipped"
        REVOKED = "revoked", "revoked"

    project = models.ForeignKey(Project, models.CASCADE, related_name="slots")
    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="slots")
    # The batch of the row, set by a trigger: the claim leaves whole batches out and must not walk over their slots.
    # A check stands in the batch in whose queue it was given.
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="slots", editable=False, db_index=False)
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.LABEL)
    step = models.PositiveSmallIntegerField(default=0)
    # Review slots point at the label they judge.
    label = models.ForeignKey("labeling.Label", models.CASCADE, null=True, blank=True, related_name="review_slots")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # Sent back at least once: only its labeler can lease it, and its time is rework.
    is_rework = models.BooleanField(default=False)
    # Given to compare the answer with a known one: its label is no opinion of the row, and nobody waits for it.
    is_check = models.BooleanField(default=False, db_default=False)
    # The review of an appeal: until then only experts get it, and nobody who decided about the label before.
    is_appeal = models.BooleanField(default=False, db_default=False)
    experts_until = models.DateTimeField(null=True)
    labeler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="labeling_slots"
    )
    lease_token = models.BigIntegerField(null=True)
    leased_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    last_input_at = models.DateTimeField(null=True)
    ontology_version = models.ForeignKey("labeling.OntologyVersion", models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=40, blank=True)
    priority = models.SmallIntegerField(default=3)
    order_key = models.BigIntegerField()
    submitted_at = models.DateTimeField(null=True)
    skip_reason = models.CharField(max_length=40, blank=True)
    skip_comment = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"
    access_owner = "labeler"

    class Meta:
        indexes = [
            # The claim walks these in order; a leased slot whose time has run out counts as open.
            models.Index(
                fields=["project", "priority", "order_key"],
                condition=Q(kind="label", state__in=["open", "leased"], is_rework=False, is_check=False),
                name="slots_to_label",
            ),
            models.Index(
                fields=["batch", "priority", "order_key"],
                condition=Q(kind="label", state__in=["open", "leased"], is_rework=False, is_check=False),
                name="slots_to_label_of_batch",
            ),
            models.Index(
                fields=["project", "priority", "order_key"],
                condition=Q(kind="review", state__in=["open", "leased"]),
                name="slots_to_review",
            ),
            # Further steps are counted by themselves; the first is the rest of the rows in review.
            models.Index(
                fields=["project", "step", "project_row"],
                condition=Q(kind="review", state__in=["open", "leased"], step__gt=1),
                name="slots_to_review_again",
            ),
            models.Index(
                fields=["labeler", "project"],
                condition=Q(state__in=["leased", "in_rework"]),
                name="slots_in_hand",
            ),
            models.Index(
                fields=["labeler", "project", "-submitted_at"],
                condition=Q(submitted_at__isnull=False),
                name="slots_of_person",
            ),
            models.Index(
                fields=["project", "-submitted_at", "-id"],
                condition=Q(kind="label", state="skipped"),
                name="slots_skipped",
            ),
            models.Index(fields=["leased_until"], condition=Q(state="leased"), name="leases_by_end"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project_row", "labeler"],
                condition=Q(kind="label") & ~Q(state__in=["open", "revoked"]),
                name="one_slot_per_row_and_labeler",
            ),
            models.UniqueConstraint(
                fields=["label", "step"],
                condition=Q(kind="review", state__in=["open", "leased"]),
                name="one_live_review_per_label_and_step",
            ),
            models.UniqueConstraint(
                fields=["lease_token"], condition=Q(lease_token__isnull=False), name="lease_token_never_repeats"
            ),
            models.CheckConstraint(
                condition=~Q(state="leased")
                | Q(labeler__isnull=False, lease_token__isnull=False, leased_until__isnull=False),
                name="leased_means_someone_holds_it",
            ),
            models.CheckConstraint(
                condition=Q(kind="label", label=None) | Q(kind="review", label__isnull=False, step__gte=1),
                name="review_slot_points_at_a_label",
            ),
            models.CheckConstraint(condition=Q(is_appeal=False) | Q(kind="review"), name="an_appeal_is_reviewed"),
        ]

    @property
    def line_step(self) -> int:
        """The step of review that this is, or that an appeal is about."""
        return self.step % self.APPEALS_FROM

    def __str__(self) -> str:
        return f"{self.kind} of {self.project_row_id}: {self.state}"
