"""Skills computed from results against gold: from what, and what came out. They stand beside values by hand."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from quality.models.skills import MOST, SkillName
from workforce.models import ClockTimestamp, Organization


class SkillSource(models.Model):
    """Which results a word of the organization is computed from: of a kind of data, of a class or of whole labels."""

    class Media(models.TextChoices):
        ANY = "", "any data"
        IMAGE = "image", "images"
        TEXT = "text", "texts"

    skill_name = models.OneToOneField(SkillName, models.CASCADE, related_name="source")
    media = models.CharField(max_length=10, choices=Media, default=Media.ANY, blank=True)
    # The uid of a class or question, through versions and ontologies; none: the score of the whole label.
    feature = models.CharField(max_length=64, blank=True)
    feature_title = models.CharField(max_length=200, blank=True)
    # After so many days a result weighs half.
    half_life_days = models.PositiveSmallIntegerField(
        default=90, validators=[MinValueValidator(7), MaxValueValidator(1000)]
    )
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    access_root = "skill_name__organization"

    def __str__(self) -> str:
        return f"{self.skill_name} from {self.feature_title or 'whole labels'}"


class ComputedSkill(models.Model):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="quality_computed_skills")
    skill_name = models.ForeignKey(SkillName, models.CASCADE, related_name="computed")
    # 100 × the 5 % bound of the shrunken mean, rounded down: surely this much.
    value = models.PositiveSmallIntegerField(validators=[MaxValueValidator(MOST)])
    mean = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    n = models.PositiveIntegerField()
    # What n still weighs after decay.
    weight = models.FloatField()
    # Project → results of it that count.
    evidence = models.JSONField(default=dict)
    last_result_at = models.DateTimeField()
    computed_at = models.DateTimeField(db_default=ClockTimestamp())

    access_root = "organization"
    access_owner = "person"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "skill_name"], name="one_computed_skill_per_person")]

    def __str__(self) -> str:
        return f"{self.skill_name} {self.value}"
