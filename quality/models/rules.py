"""Quality rules: what is collected over which window, when it acts and how; what they did. Acts are only ever added."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from labeling.models import Project
from quality.models.skills import SkillName
from workforce.models import ClockTimestamp, Identified


class QualityRule(Identified):
    class Collector(models.TextChoices):
        BENCHMARK = "benchmark", "score against gold"
        APPROVAL = "approval", "approval at first review"
        CONSENSUS = "consensus", "agreement with others"

    class Condition(models.TextChoices):
        SURELY_BELOW = "surely_below", "surely below"
        BELOW = "below", "below"
        SURELY_ABOVE = "surely_above", "surely from"

    class Action(models.TextChoices):
        PAUSE = "pause", "pause the person"
        RAISE_REVIEW = "raise_review", "review more of their labels"
        SET_SKILL = "set_skill", "set a skill"
        NOTIFY = "notify", "tell only"

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_rules")
    name = models.CharField(max_length=100)
    collector = models.CharField(max_length=10, choices=Collector)
    # The last so many results of a person count; fewer than the least say nothing.
    window = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(200)])
    least = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(200)])
    condition = models.CharField(max_length=12, choices=Condition)
    bar = models.FloatField(validators=[MinValueValidator(0), MaxValueValidator(1)])
    action = models.CharField(max_length=12, choices=Action)
    # A pause, and a raised review rate, end after so many days; none: until somebody ends it.
    days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    review_share = models.PositiveSmallIntegerField(default=100, validators=[MaxValueValidator(100)])
    skill_name = models.ForeignKey(SkillName, models.PROTECT, null=True, related_name="+")
    skill_value = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    # What the person reads.
    told = models.TextField(max_length=1000)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    # When its newest form was tried over history; it cannot be on before.
    tried_at = models.DateTimeField(null=True)
    # Whoever switched it on; it acts by their rights, as these are then.
    on_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    on_since = models.DateTimeField(null=True)
    # Who had no result since then is not looked at again.
    looked_at = models.DateTimeField(null=True)
    # Taken away; what it did stays on record.
    retired_at = models.DateTimeField(null=True)

    access_root = "project"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], condition=Q(retired_at=None), name="rule_name_once"),
            models.CheckConstraint(condition=Q(retired_at=None) | Q(on_since=None), name="a_retired_rule_is_off"),
            models.CheckConstraint(condition=Q(least__lte=models.F("window")), name="least_results_fit_the_window"),
            models.CheckConstraint(
                condition=Q(on_since=None) | Q(tried_at__isnull=False, on_by__isnull=False),
                name="a_rule_is_tried_before_it_is_on",
            ),
            models.CheckConstraint(
                condition=~Q(action="pause") | Q(condition="surely_below"), name="a_pause_is_for_the_surely_below"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RuleAct(Identified):
    """One act of a rule, with its evidence. The results behind it never act again."""

    class Outcome(models.TextChoices):
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    rule = models.ForeignKey(QualityRule, models.CASCADE, related_name="acts")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_rule_acts")
    # The last result that counted; with rule and person it is the act, so that it happens once.
    upto = models.BigIntegerField()
    action = models.CharField(max_length=12)
    outcome = models.CharField(max_length=7, choices=Outcome, default=Outcome.DONE)
    said = models.TextField(blank=True)
    told = models.TextField(blank=True)
    # Value, interval, n, and the rows behind them.
    evidence = models.JSONField()
    acted_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "person", "upto"], name="the_same_results_act_once"),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.person_id}"


class RaisedReview(models.Model):
    """More of a person's labels are reviewed in a project than its share says, for a while."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_raised_reviews")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    share = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    ends_at = models.DateTimeField(null=True)
    act = models.ForeignKey(RuleAct, models.CASCADE, related_name="+")

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="one_raised_review_per_person")]

    def __str__(self) -> str:
        return f"{self.share} % of {self.person_id}"
