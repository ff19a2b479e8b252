"""The steps of review of a project, and what was decided, for each version of a label, about looking at it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from labeling.models import Label, Project
from workforce.models import ClockTimestamp, Identified

PERCENT = [MaxValueValidator(100)]


class ReviewPlan(models.Model):
    """A project that has set up its steps; without one it has the step 1 of ``quality/review_steps.py``."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="quality_review_plan")
    # Counts the changes of the steps.
    version = models.PositiveIntegerField(default=1)

    access_root = "project"

    def __str__(self) -> str:
        return f"review of {self.project_id}, version {self.version}"


class ReviewStep(Identified):
    class DecidedBy(models.TextChoices):
        REVIEWERS = "reviewers", "every reviewer"
        EXPERTS = "experts", "experts, and leads who review"

    class Method(models.TextChoices):
        FIXED = "fixed", "a fixed share"
        RULE = "rule", "by rule"
        ADAPTIVE = "adaptive", "as its maker's errors ask for"

    class LooksAt(models.TextChoices):
        EVERY = "every", "every label"
        REVIEWED = "reviewed", "labels that were reviewed before"

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_review_steps")
    # Stays with the step wherever it stands, and is never given again: slots and reviews name it.
    number = models.PositiveSmallIntegerField()
    # The order in which a label comes to them. Step 1 is the first.
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    instructions = models.TextField(blank=True)
    decided_by = models.CharField(max_length=9, choices=DecidedBy, default=DecidedBy.REVIEWERS)
    looks_at = models.CharField(max_length=8, choices=LooksAt, default=LooksAt.EVERY)
    method = models.CharField(max_length=8, choices=Method, default=Method.FIXED)
    # Per cent of the labels, by rule of those that no condition sends, adaptive at least. That of step 1 is the
    # project's ``review_share``.
    share = models.PositiveSmallIntegerField(null=True, validators=PERCENT)
    # By rule: [{"code", "value"}], as ``quality/review_conditions.py`` knows them.
    conditions = models.JSONField(default=list)
    # Adaptive: at most so many per cent, so that at most ``target`` per cent are faulty and let through.
    most = models.PositiveSmallIntegerField(default=100, validators=PERCENT)
    target = models.FloatField(default=5.0, validators=[MinValueValidator(0.1), MaxValueValidator(50)])
    # Taken away: reviews of it keep its name.
    retired_at = models.DateTimeField(null=True)

    access_root = "project"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="review_step_number_once"),
            models.CheckConstraint(
                condition=Q(number=1, share=None) | Q(number__gt=1, share__isnull=False),
                name="the_share_of_step_1_is_the_projects",
            ),
            models.CheckConstraint(
                condition=~Q(number=1) | Q(place=1, retired_at=None, looks_at="every"), name="step_1_is_the_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.name}"


class ReviewDraw(models.Model):
    """Whether a version of a label was to be looked at, at one step, and why. Only ever added: a share that changes
    later decides about nothing again."""

    class Why(models.TextChoices):
        SHARE = "share", "the share of the step"
        ADAPTIVE = "adaptive", "the share that its maker's errors ask for"
        VETTING = "vetting", "every label of people who are tried out is reviewed"
        RAISED = "raised", "a rule asks for more reviews of its maker's labels"
        CAME_BACK = "came_back", "work that comes back is always looked at again"
        UNREVIEWED = "unreviewed", "the step looks at labels that were reviewed before, and this one was not"
        RULE = "rule", "a condition of the step"

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_review_draws")
    label = models.ForeignKey(Label, models.CASCADE, related_name="quality_review_draws")
    version = models.PositiveIntegerField()
    step = models.PositiveSmallIntegerField()
    # 0 to 1; taken when the drawn value lies under the share.
    share = models.FloatField()
    value = models.FloatField()
    is_taken = models.BooleanField()
    why = models.CharField(max_length=10, choices=Why)
    # Of a condition: its sentence as it was then.
    said = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"
    access_owner = "label__labeler"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label", "version", "step"], name="drawn_once")]

    def __str__(self) -> str:
        return f"step {self.step} of {self.label_id} v{self.version}: {self.is_taken}"
