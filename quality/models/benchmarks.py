"""Benchmark: the comparison of every later label of a row with a gold label, and what each version of it accepts."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Label, LabelVersion, Project, ProjectRow
from workforce.models import ClockTimestamp, Identified


class Benchmark(Identified):
    class State(models.TextChoices):
        ACTIVE = "active", "in use"
        SUSPENDED = "suspended", "suspended"

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_benchmarks")
    project_row = models.OneToOneField(ProjectRow, models.CASCADE, related_name="quality_benchmark")
    gold = models.OneToOneField(Label, models.PROTECT, related_name="quality_benchmark")
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    # Why it is suspended: the trusted people who disagree with it in the same way, and what they say instead.
    contest = models.JSONField(default=dict)
    # So many disagreed when an expert last decided that the gold is right: it takes more to contest it again.
    kept_against = models.PositiveSmallIntegerField(default=0)
    # Signs that its answer is known: which, and what shows it; none while there is no sign.
    leak = models.JSONField(default=dict)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    rationale = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"

    def __str__(self) -> str:
        return f"benchmark on {self.project_row_id}"


class GoldVersion(models.Model):
    """What a version of a gold label carries beside its payload; its author is the version's. Never changed."""

    version = models.OneToOneField(LabelVersion, models.CASCADE, related_name="quality_gold")
    rationale = models.TextField(blank=True)
    # Other answers that are right as well: payload, and the uid of the label it was taken from, if it was.
    alternatives = models.JSONField(default=list)
    # Feature uid → similarity from which a shape or an answer is wholly right.
    tolerances = models.JSONField(default=dict)

    access_root = "version__label__project"

    def __str__(self) -> str:
        return f"gold {self.version_id}"


class BenchmarkPolicy(models.Model):
    """How often people meet gold on a project; without one the defaults of ``gold_policy`` hold."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="quality_benchmark_policy")
    first_rows = models.PositiveSmallIntegerField()
    base_rate = models.PositiveSmallIntegerField()
    least_rate = models.PositiveSmallIntegerField()
    most_rate = models.PositiveSmallIntegerField()
    bar = models.FloatField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    access_root = "project"

    def __str__(self) -> str:
        return f"{self.first_rows} rows, then {self.base_rate} %"


class GoldFeatureScore(models.Model):
    """One class or question of a label, compared with gold: what of it was right and what went wrong how."""

    label = models.ForeignKey(Label, models.CASCADE, related_name="quality_gold_features")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    feature = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    score = models.FloatField(null=True)
    # Objects of either side, matched ones once; a question counts one.
    object_count = models.PositiveIntegerField()
    right_count = models.PositiveIntegerField()
    # Kind of error → how many.
    errors = models.JSONField(default=dict)
    # Held with its label's score while the gold is suspended.
    is_held = models.BooleanField(default=False)

    access_root = "project"
    access_owner = "labeler"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["label", "feature"], name="one_gold_score_per_feature"),
            models.CheckConstraint(
                condition=Q(right_count__lte=models.F("object_count")), name="no_more_right_than_there_are"
            ),
        ]
        indexes = [models.Index(fields=["project", "labeler", "feature"], name="gold_scores_by_class")]

    def __str__(self) -> str:
        return f"{self.label_id} {self.feature}: {self.right_count} of {self.object_count}"


class GoldDecision(Identified):
    """What an expert decided about a contested gold, on which evidence, and what it moved. Only ever added."""

    class Decision(models.TextChoices):
        KEEP = "keep", "kept"
        AMEND = "amend", "amended"
        RETIRE = "retire", "retired"

    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="quality_gold_decisions")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    decision = models.CharField(max_length=6, choices=Decision)
    reason = models.TextField()
    evidence = models.JSONField()
    report = models.JSONField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"

    def __str__(self) -> str:
        return f"{self.decision} on {self.project_row_id}"
