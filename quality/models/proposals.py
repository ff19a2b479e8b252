"""What people vote about in an issue: a label version as gold, or a rule for the guidelines; and the rules that issues
became."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import GuidelineVersion, LabelVersion
from quality.models.issues import Issue
from workforce.models import ClockTimestamp, Identified


class Proposal(Identified):
    class Kind(models.TextChoices):
        GOLD = "gold", "gold"
        RULE = "rule", "rule"

    class State(models.TextChoices):
        OPEN = "open", "open"
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "declined"

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="proposals")
    kind = models.CharField(max_length=4, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    # Gold: the version as it is, whatever is written later.
    label_version = models.ForeignKey(LabelVersion, models.PROTECT, null=True, related_name="quality_proposals")
    title = models.CharField(max_length=200, blank=True)
    # Of a rule its text, of gold why it is right.
    text = models.TextField(blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closing_words = models.TextField(blank=True)
    # As they stood when it was closed.
    yes_count = models.PositiveIntegerField(null=True)
    no_count = models.PositiveIntegerField(null=True)

    access_root = "issue__project"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue"], condition=Q(state="open"), name="one_open_proposal_of_an_issue"),
            models.CheckConstraint(
                name="gold_names_a_version",
                condition=Q(kind="gold", label_version__isnull=False) | Q(kind="rule", label_version=None),
            ),
            models.CheckConstraint(
                name="closed_by_somebody",
                condition=Q(state="open", closed_by=None) | (~Q(state="open") & Q(closed_by__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} proposed in {self.issue}"


class ProposalVote(models.Model):
    """Only ever added: the last of a person counts."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="votes")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    is_yes = models.BooleanField()
    reason = models.TextField(blank=True)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "voter", "number"], name="vote_version_once")]

    def __str__(self) -> str:
        return f"{'yes' if self.is_yes else 'no'} of {self.voter_id}"


class Promotion(Identified):
    """The rule that an issue became. The rule keeps its uid and number through versions of the guidelines."""

    issue = models.OneToOneField(Issue, models.CASCADE, related_name="promotion")
    version = models.ForeignKey(GuidelineVersion, models.PROTECT, related_name="quality_promotions")
    rule = models.UUIDField(db_index=True)
    rule_number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    promoted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    promoted_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "issue__project"
    access_owner = ("issue__opened_by", "issue__label__labeler")

    def __str__(self) -> str:
        return f"rule {self.rule_number} from {self.issue}"
