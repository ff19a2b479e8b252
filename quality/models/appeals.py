"""Appeals: the maker of a label that was sent back asks somebody else to decide anew. One per review, decided once."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When

from labeling.models import Project, Slot
from quality.models.review import Review
from workforce.models import ClockTimestamp, Identified


class Appeal(Identified):
    class State(models.TextChoices):
        OPEN = "open", "waits for a decision"
        UPHELD = "upheld", "upheld"
        OVERTURNED = "overturned", "overturned"
        FIXED = "fixed", "overturned with a fix"
        WITHDRAWN = "withdrawn", "withdrawn"

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_appeals")
    # The sending back that is appealed. It stays as it was made.
    review = models.OneToOneField(Review, models.CASCADE, related_name="appeal")
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_appeals")
    words = models.TextField()
    # [{"x", "y"}] on the picture; a rule as it was cited: its uid, and its number and title then.
    pins = models.JSONField(default=list)
    rule = models.CharField(max_length=36, blank=True)
    rule_title = models.TextField(blank=True)
    # The review slot on which it is decided, and the decision.
    slot = models.OneToOneField(Slot, models.PROTECT, related_name="quality_appeal")
    decision = models.OneToOneField(Review, models.PROTECT, null=True, related_name="decides_appeal")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    ended_at = models.DateTimeField(null=True)

    access_root = "project"
    access_owner = "maker"

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="appeals_newest_first"),
            models.Index(fields=["maker", "project"], condition=Q(state="open"), name="open_appeals_of_person"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="an_open_appeal_has_no_end",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "withdrawn"], decision=None)
                | Q(state__in=["upheld", "overturned", "fixed"], decision__isnull=False),
                name="a_decided_appeal_names_its_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"appeal of {self.review_id}: {self.state}"


WON = (Appeal.State.OVERTURNED, Appeal.State.FIXED)
# Of a review: what was decided, or what an appeal made of it.
DECISION_IN_FORCE = Case(
    When(appeal__state=Appeal.State.OVERTURNED, then=Value(Review.Decision.APPROVE)),
    When(appeal__state=Appeal.State.FIXED, then=Value(Review.Decision.FIX)),
    default=F("decision"),
    output_field=models.CharField(),
)


class AppealPolicy(models.Model):
    """How many appeals one person may have open; without one the defaults of ``appeal_policy`` hold."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="quality_appeal_policy")
    most_open = models.PositiveSmallIntegerField(validators=[MinValueValidator(0), MaxValueValidator(100)])
    # So long only experts get an appeal.
    expert_hours = models.PositiveSmallIntegerField(validators=[MinValueValidator(0), MaxValueValidator(720)])
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"

    def __str__(self) -> str:
        return f"appeals in {self.project_id}: up to {self.most_open} open"
