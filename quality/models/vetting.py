"""How a person comes to work on a project: what the project asks, where each person stands, and every move with its
evidence. Moves are only ever added."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from labeling.models import Project
from workforce.models import ClockTimestamp, Identified

SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]
MOST_ROWS = 200


def first_ramp() -> list[int]:
    return [20, 50, 100]


class FunnelSettings(models.Model):
    """What a project asks of a person before they get rows as everybody does; without one nothing is asked."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="quality_funnel")
    # Whoever switched it on; pauses by themselves are made by their rights, as these are then.
    on_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    on_since = models.DateTimeField(null=True)
    # Members without a role may apply.
    is_open = models.BooleanField(default=False)
    # Nobody is invited before somebody noted an interview.
    needs_interview = models.BooleanField(default=False)
    asks_quiz = models.BooleanField(default=False)
    # Rows with known answers, told at once; none: this step is left out.
    practice_count = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(MOST_ROWS)])
    practice_bar = models.FloatField(default=0.8, validators=SHARE)
    # Scored rows with hidden gold, and their share, in per cent, of the rows that a person gets meanwhile.
    assessment_count = models.PositiveSmallIntegerField(default=10, validators=[MaxValueValidator(MOST_ROWS)])
    assessment_bar = models.FloatField(default=0.8, validators=SHARE)
    gold_share = models.PositiveSmallIntegerField(default=50, validators=[MinValueValidator(1), MaxValueValidator(100)])
    # Rows a day, step by step; none: this step is left out. A step ends with so many scored rows.
    ramp_caps = models.JSONField(default=first_ramp, blank=True)
    ramp_count = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(3), MaxValueValidator(MOST_ROWS)]
    )
    ramp_bar = models.FloatField(default=0.8, validators=SHARE)
    # A pause by itself ends after so many days; none: when somebody ends it.
    pause_days = models.PositiveSmallIntegerField(
        null=True, blank=True, default=7, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    # Counts the changes.
    version = models.PositiveIntegerField(default=0)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    access_root = "project"

    def __str__(self) -> str:
        return f"funnel of {self.project_id}"


class Candidacy(Identified):
    class State(models.TextChoices):
        APPLIED = "applied", "applied"
        INTERVIEWED = "interviewed", "interviewed"
        INVITED = "invited", "invited"
        GUIDELINES = "guidelines", "guidelines"
        QUIZ = "quiz", "quiz"
        PRACTICE = "practice", "practice"
        ASSESSMENT = "assessment", "assessment"
        RAMP = "ramp", "ramp"
        PRODUCTION = "production", "production"
        DECLINED = "declined", "declined"
        WITHDRAWN = "withdrawn", "withdrawn"

    class Needs(models.TextChoices):
        """Why a manager has to look; blank while it goes on by itself."""

        NO_GOLD = "no_gold", "no gold is left for them"
        UNSURE = "unsure", "still unsure after twice the results"
        NO_TRIES = "no_tries", "no try of the quiz is left"
        NO_ROWS = "no_rows", "every row to practise on is answered"

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_candidacies")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_candidacies")
    state = models.CharField(max_length=11, choices=State)
    # Which step of the ramp, from 1; 0 elsewhere.
    step = models.PositiveSmallIntegerField(default=0)
    # Results before this moment do not count for where they are now.
    entered_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    needs = models.CharField(max_length=8, choices=Needs, blank=True)
    # The newest answers to practice rows: [{"answer": uid, "score": 0..1}].
    practice = models.JSONField(default=list)

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="one_candidacy_per_person")]
        indexes = [models.Index(fields=["project", "state", "-id"], name="candidacies_by_state")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.state}"


class FunnelEvent(Identified):
    """One move of a candidacy, or evidence that moved nobody."""

    candidacy = models.ForeignKey(Candidacy, models.CASCADE, related_name="events")
    from_state = models.CharField(max_length=11, choices=Candidacy.State, blank=True)
    to_state = models.CharField(max_length=11, choices=Candidacy.State)
    from_step = models.PositiveSmallIntegerField(default=0)
    to_step = models.PositiveSmallIntegerField(default=0)
    # Nobody: it went by itself.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    note = models.TextField(blank=True)
    # n, mean, interval and the uids behind them; names rows with gold, so it is for those who may see benchmarks.
    evidence = models.JSONField(default=dict)

    access_root = "candidacy__project"
    access_owner = "candidacy__person"

    class Meta:
        indexes: ClassVar = [models.Index(fields=["candidacy", "-id"], name="funnel_events_newest")]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"
