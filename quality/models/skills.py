"""What people are good at: words of an organization, values from 0 to 100 with their evidence, and what a project or
a batch asks for. Values are only ever added; the newest of a person and word is in force."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower

from labeling.models import Batch, Project
from workforce.models import ClockTimestamp, Identified, Organization

LEAST, MOST = 0, 100


class SkillName(Identified):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="quality_skill_names")
    name = models.CharField(max_length=60)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "organization"

    class Meta:
        constraints = [models.UniqueConstraint("organization", Lower("name"), name="skill_name_once")]

    def __str__(self) -> str:
        return self.name


class Skill(Identified):
    class Source(models.TextChoices):
        HAND = "hand", "by hand"
        IMPORT = "import", "import"
        RULE = "rule", "by a rule"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="quality_skills")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="quality_skills")
    skill_name = models.ForeignKey(SkillName, models.PROTECT, related_name="skills")
    value = models.PositiveSmallIntegerField(validators=[MaxValueValidator(MOST)])
    evidence = models.TextField()
    noted_on = models.DateField()
    source = models.CharField(max_length=6, choices=Source, default=Source.HAND)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "organization"
    access_owner = "person"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(value__lte=MOST), name="skill_is_at_most_a_hundred"),
        ]
        indexes = [models.Index(fields=["person", "skill_name", "-id"], name="skill_in_force")]

    def __str__(self) -> str:
        return f"{self.skill_name} {self.value}"


class MinimumSkill(Identified):
    """Who has less in this word gets no new row to label of the project, or of the batch when one is named."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="quality_minimum_skills")
    batch = models.ForeignKey(Batch, models.CASCADE, null=True, blank=True, related_name="quality_minimum_skills")
    skill_name = models.ForeignKey(SkillName, models.PROTECT, related_name="minimums")
    value = models.PositiveSmallIntegerField(validators=[MinValueValidator(LEAST + 1), MaxValueValidator(MOST)])
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "skill_name"], condition=models.Q(batch=None), name="one_minimum_per_project"
            ),
            models.UniqueConstraint(fields=["batch", "skill_name"], name="one_minimum_per_batch"),
            models.CheckConstraint(
                condition=models.Q(value__gt=LEAST, value__lte=MOST), name="minimum_skill_is_one_to_a_hundred"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.skill_name} {self.value} or more"
