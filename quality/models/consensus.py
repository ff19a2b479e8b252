"""Agreement of opinions, stored so that a new opinion costs only its own pairs."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from labeling.models import Label, LabelVersion, OntologyVersion, Project, ProjectRow
from workforce.models import ClockTimestamp, Job


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
    # Objects of the two that lie on each other to the pixel, out of the smaller number of objects.
    identical_count = models.PositiveIntegerField(default=0)
    object_count = models.PositiveIntegerField(default=0)
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

    class Asked(models.TextChoices):
        """Why another opinion was asked for or not, when all opinions were in. Blank: the settings never ask."""

        ASKED = "asked", "asked for another opinion"
        SURE = "sure", "sure enough"
        MOST = "most", "no more opinions are allowed"
        HOURS = "hours", "the hours for more opinions are used up"
        NOBODY = "nobody", "everybody who may label the row has done so"
        CHOSEN = "chosen", "a person chose"

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
    # How the winner was found, by which version of the settings, and how sure the row was against which threshold:
    # posterior of the least sure answer, agreement of everything else.
    strategy = models.CharField(max_length=10, choices=Project.Strategy, default=Project.Strategy.AGREEMENT)
    settings_version = models.PositiveIntegerField(default=0)
    machine_weight = models.FloatField(default=0.0)
    posterior = models.FloatField(null=True)
    agreement = models.FloatField(null=True)
    threshold = models.FloatField(null=True)
    asked = models.CharField(max_length=6, choices=Asked, blank=True)
    # A person says that the row itself is unclear: it leaves the list of rows that nobody has decided about.
    ambiguous_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ambiguous_reason = models.TextField(blank=True)
    ambiguous_at = models.DateTimeField(null=True)
    method = models.CharField(max_length=40, blank=True)
    method_version = models.PositiveSmallIntegerField(default=0)
    computed_at = models.DateTimeField(db_default=ClockTimestamp())

    access_root = "project"

    class Meta:
        indexes = [models.Index(fields=["project", "score"], name="rows_by_consensus")]

    def __str__(self) -> str:
        return f"{self.project_row_id}: {self.score}"


class ExtraOpinion(models.Model):
    """One more opinion that was asked for: what was known then, and by whom; null: by the rule. Append-only."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_extra_opinions")
    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="quality_extra_opinions")
    # Counts those of the row from 1.
    number = models.PositiveSmallIntegerField()
    opinion_count = models.PositiveSmallIntegerField()
    posterior = models.FloatField(null=True)
    agreement = models.FloatField(null=True)
    threshold = models.FloatField()
    settings_version = models.PositiveIntegerField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    asked_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project_row", "number"], name="extra_opinion_asked_once")]

    def __str__(self) -> str:
        return f"{self.project_row_id}: extra opinion {self.number}"


class MergedLabel(models.Model):
    """One label made of all opinions of a row. It is nobody's opinion and stands beside them."""

    project_row = models.OneToOneField(ProjectRow, models.CASCADE, related_name="quality_merged_label")
    ontology_version = models.ForeignKey(OntologyVersion, models.PROTECT, related_name="+")
    payload = models.JSONField()
    # Object id → [labels that have it, of how many]; questions that are left open.
    support = models.JSONField(default=dict)
    undecided = models.JSONField(default=list)
    # Label uid → the version that went in.
    made_of = models.JSONField(default=dict)
    method_version = models.PositiveSmallIntegerField()
    computed_at = models.DateTimeField(db_default=ClockTimestamp())

    access_root = "project_row__project"

    def __str__(self) -> str:
        return f"merged label of {self.project_row_id}"


class MovedScore(models.Model):
    """A row that a recomputation changed: what it scored and who stood for it before and after."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="quality_moved_scores")
    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="quality_moved_scores")
    score_before = models.FloatField(null=True)
    score_after = models.FloatField(null=True)
    winner_before = models.ForeignKey(Label, models.SET_NULL, null=True, related_name="+")
    winner_after = models.ForeignKey(Label, models.SET_NULL, null=True, related_name="+")

    access_root = "project_row__project"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "project_row"], name="row_moved_once_by_a_job")]

    def __str__(self) -> str:
        return f"{self.project_row_id}: {self.score_before} to {self.score_after}"


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
