"""Reviews: a person's decision about one version of a label. Append-only; the first decision on a version wins."""

from django.conf import settings
from django.db import models

from labeling.models import Label, Project, Slot
from workforce.models import ClockTimestamp, Identified


class Review(Identified):
    class Decision(models.TextChoices):
        APPROVE = "approve", "approved"
        FIX = "fix", "fixed and approved"
        REJECT = "reject", "sent back"

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_reviews")
    label = models.ForeignKey(Label, models.CASCADE, related_name="quality_reviews")
    version = models.PositiveIntegerField()
    slot = models.OneToOneField(Slot, models.PROTECT, related_name="quality_review")
    step = models.PositiveSmallIntegerField(default=1)
    # Counts the reviews of this label from 1; rates look at the first.
    ordinal = models.PositiveSmallIntegerField(default=1)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_reviews")
    # Who made the label, set by a trigger: what is known of a maker is asked for at every submit.
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False, db_index=False
    )
    decision = models.CharField(max_length=7, choices=Decision)
    # [{"code", "text", "object": object id or "", "pin": {"x", "y"} or null, "rule": uid or "",
    # "rule_title": its number and title then}], at least one on reject.
    reasons = models.JSONField(default=list)
    comment = models.TextField(blank=True)
    # The size of a fix: objects added, removed, moved, reclassified, reanswered.
    fix_size = models.JSONField(default=dict)
    active_seconds = models.FloatField(null=True)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"
    access_owner = "label__labeler"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["label", "version", "step"], name="first_decision_wins"),
            models.UniqueConstraint(fields=["label", "ordinal"], name="review_ordinal_once"),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="reviews_newest_first"),
            models.Index(
                fields=["project", "maker", "-id"], condition=models.Q(ordinal=1), name="first_looks_of_maker"
            ),
            models.Index(fields=["project", "step", "made_at"], name="reviews_by_step"),
        ]

    def __str__(self) -> str:
        return f"{self.decision} on {self.label_id} v{self.version}"


class ReviewRemark(models.Model):
    """What a reviewer had to say about a version that somebody else decided about first: kept beside that decision."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="remarks")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_remarks")
    # What they would have decided; reasons and comment as in a review.
    decision = models.CharField(max_length=7, choices=Review.Decision)
    reasons = models.JSONField(default=list)
    comment = models.TextField(blank=True)
    made_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "review__project"
    access_owner = "review__label__labeler"

    def __str__(self) -> str:
        return f"{self.decision} after {self.review}"
