"""How much of a class comes from whom, and how much may come from one person."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from labeling.models.labels import Label
from labeling.models.projects import Project
from labeling.models.queue import ProjectRow
from workforce.models import ClockTimestamp

# A feature and an option of it: two names of up to 200 characters and what stands between them.
LONGEST_CLASS = 401


class ShareLimit(models.Model):
    """At most so many percent of the labels of any class of a project come from one person."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="share_limits")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="labeling_share_limits")
    percent = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(99)])
    # A class with fewer labels than this is not asked about: of the first label everybody has made the whole.
    counts_from = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    # Set by the manager of the person's vendor; the project's own limit stands beside it.
    is_vendors = models.BooleanField(default=False)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "project"
    access_owner = "person"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "person", "is_vendors"], name="one_share_limit_per_person_and_project"
            ),
            models.CheckConstraint(condition=Q(percent__range=(1, 99)), name="share_limit_is_a_share"),
            models.CheckConstraint(condition=Q(counts_from__gte=1), name="share_counts_from_a_label"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of a class"


class ClassTally(models.Model):
    """What an opinion says of a class, by how much that grew or shrank with each version; only ever added.

    The sum over a row says what its opinions hold, the sum over a project who made how much of it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    project_row = models.ForeignKey(ProjectRow, models.CASCADE, related_name="+", db_index=False)
    label = models.ForeignKey(Label, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=LONGEST_CLASS)
    amount = models.IntegerField()
    # Whether the relay has added it to the totals.
    is_folded = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["project_row", "name"], include=["amount"], name="classes_of_row"),
            models.Index(fields=["project"], condition=Q(is_folded=False), name="class_tallies_to_fold"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.amount:+}"


class ClassTotal(models.Model):
    """How often a class was labeled in a project: by a person, and without one by everybody."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    name = models.CharField(max_length=LONGEST_CLASS)
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "person", "name"], nulls_distinct=False, name="class_total_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"
