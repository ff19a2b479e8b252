"""When people work: hours per weekday of a person or a team's default, and days off."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from workforce.models.organizations import Membership, Organization
from workforce.models.teams import Team
from workforce.models.uids import Identified


class WorkingHours(Identified):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="working_hours")
    # One of the two: a person's own hours, or what holds for people of a team who have none.
    membership = models.OneToOneField(Membership, models.CASCADE, null=True, related_name="working_hours")
    team = models.OneToOneField(Team, models.CASCADE, null=True, related_name="working_hours")
    # Monday first.
    hours = ArrayField(models.DecimalField(max_digits=4, decimal_places=2), size=7)

    access_root = "organization"

    class Meta:
        verbose_name_plural = "working hours"
        constraints = [
            models.CheckConstraint(
                condition=Q(membership=None, team__isnull=False) | Q(membership__isnull=False, team=None),
                name="working_hours_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{sum(self.hours)} h a week"


class DaysOff(Identified):
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="days_off")
    first_on = models.DateField()
    last_on = models.DateField()
    note = models.CharField(max_length=100, blank=True)

    access_root = "membership__organization"
    access_vendor = "membership__vendor"

    class Meta:
        verbose_name_plural = "days off"
        constraints = [models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="days_off_end_in_order")]
        indexes = [models.Index(fields=["membership", "last_on"], name="days_off_of_a_person")]

    def __str__(self) -> str:
        return f"{self.first_on} to {self.last_on}"
