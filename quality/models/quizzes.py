"""The quiz of a project: questions in versions that never change, and what people answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Project
from workforce.models import ClockTimestamp, Identified


class Quiz(Identified):
    project = models.OneToOneField(Project, models.CASCADE, related_name="quality_quiz")
    last_version = models.PositiveIntegerField(default=0)
    # A pass of this version or a later one counts: the newest version that asked everybody again.
    passes_from = models.PositiveIntegerField(default=1)
    # Nobody is asked any more, until the next version is published.
    retired_at = models.DateTimeField(null=True)

    access_root = "project"

    def __str__(self) -> str:
        return f"quiz of {self.project_id}"


class QuizVersion(Identified):
    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # [{"uid", "text", "explanation", "rule", "rule_title", "options": [{"uid", "text", "is_right"}]}]
    questions = models.JSONField()
    # The share of questions, up to 1, from which it is passed.
    pass_bar = models.FloatField()
    # Of one person at this version; 0: as many as they like.
    most_tries = models.PositiveSmallIntegerField()
    wait_minutes = models.PositiveIntegerField()
    asks_again = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "quiz__project"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quiz", "number"], name="quiz_version_once"),
            models.CheckConstraint(condition=Q(pass_bar__gt=0, pass_bar__lte=1), name="quiz_bar_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.quiz} v{self.number}"


class QuizAttempt(Identified):
    """One person's answers to one version, marked when they came. Only ever added."""

    # Repeats the version's, so that lists and the right to see them need no way around.
    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_quiz_attempts")
    version = models.ForeignKey(QuizVersion, models.CASCADE, related_name="attempts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # The person's first, second … in the project, over all versions: it decides the order of questions and options.
    number = models.PositiveIntegerField()
    # Question uid → uids of the chosen options, sorted.
    answers = models.JSONField()
    # Question uid → whether exactly the right options were chosen.
    marks = models.JSONField()
    share = models.FloatField()
    is_passed = models.BooleanField()
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "person", "number"], name="quiz_attempt_once"),
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="quiz_share_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.version}: {self.share:.0%}"
