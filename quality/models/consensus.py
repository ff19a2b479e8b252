"""Agreement of opinions, stored so that a new opinion costs only its own pairs."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from labeling.models import Label, LabelVersion, Project, ProjectRow
from workforce.models import ClockTimestamp


class PairScore(models.Model):
    """The score of two opinions of one row, each by the last version that its maker wrote. a is the older label."""

    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="quality_pair_scores")
    label_a = models.ForeignKey(Label, models.CASCADE, related_name="quality_pairs_as_a")
    label_b = models.ForeignKey(Label, models.CASCADE, related_name="quality_pairs_as_b")
    version_a = models.PositiveIntegerField()
    version_b = models.PositiveIntegerField()
    # Null where no feature applies; is_empty where both labels are wholly empty (then the score is 1).
    score = models.FloatField(null=True)
    is_empty = models.BooleanField(default=False)
    # Feature uid → score, and per object why it matched or not.
    features = models.JSONField(default=dict)
    explanation = models.JSONField(default=list)
    method = models.CharField(max_length=40)
    method_version = models.PositiveSmallIntegerField()
    computed_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project_row__project"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["label_a", "label_b"], name="one_score_per_pair"),
            models.CheckConstraint(condition=Q(label_a__lt=F("label_b")), name="older_label_is_a"),
        ]

    def __str__(self) -> str:
        return f"{self.label_a_id} × {self.label_b_id}: {self.score}"


class RowConsensus(models.Model):
    """What the opinions of a row say together."""

    class Status(models.TextChoices):
        WAITING = "waiting", "needs another label"
        DECIDED = "decided", "decided by rule"
        TIE = "tie", "tie"
        CHOSEN = "chosen", "chosen by a person"

    project_row = models.OneToOneField(ProjectRow, models.CASCADE, related_name="quality_consensus")
    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_row_consensus")
    opinion_count = models.PositiveSmallIntegerField(default=0)
    score = models.FloatField(null=True)
    why_null = models.CharField(max_length=100, blank=True)
    ambiguity = models.FloatField(null=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    winner = models.ForeignKey(Label, models.SET_NULL, null=True, related_name="quality_won_rows")
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    chosen_reason = models.TextField(blank=True)
    previous_score = models.FloatField(null=True)
    method = models.CharField(max_length=40, blank=True)
    method_version = models.PositiveSmallIntegerField(default=0)
    computed_at = models.DateTimeField(db_default=ClockTimestamp())

    access_root = "project"

    class Meta:
        indexes = [models.Index(fields=["project", "score"], name="rows_by_consensus")]

    def __str__(self) -> str:
        return f"{self.project_row_id}: {self.score}"


class LabelScore(models.Model):
    """One label's scores: the mean of its own pairs, and against the gold of its row."""

    label = models.OneToOneField(Label, models.CASCADE, related_name="quality_score")
    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_label_scores")
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_label_scores")
    consensus = models.FloatField(null=True)
    pair_count = models.PositiveSmallIntegerField(default=0)
    benchmark = models.FloatField(null=True)
    benchmark_explanation = models.JSONField(default=list)
    benchmark_version = models.PositiveIntegerField(null=True)
    # The version of the gold that was compared with; which of its answers was met: 0 its own, n the n-th other one.
    gold_version = models.ForeignKey(LabelVersion, models.SET_NULL, null=True, related_name="quality_scored_against")
    gold_answer = models.PositiveSmallIntegerField(default=0)
    # Every shape is the gold's to the pixel.
    is_copy_of_gold = models.BooleanField(default=False)
    # The gold is suspended: the score is kept, and counts nowhere.
    is_held = models.BooleanField(default=False)
    computed_at = models.DateTimeField(db_default=ClockTimestamp())

    access_root = "project"
    access_owner = "labeler"

    class Meta:
        indexes = [models.Index(fields=["project", "labeler"], name="scores_of_person")]

    def __str__(self) -> str:
        return f"{self.label_id}: {self.consensus} / {self.benchmark}"

    @property
    def counted_benchmark(self) -> float | None:
        """The score against gold as figures count it: not while it is held."""
        return None if self.is_held else self.benchmark
