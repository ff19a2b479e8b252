"""Teams, and vendors: a vendor is a team of another company. Each team owns one Django group for its grants."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from workforce.models.organizations import Organization
from workforce.models.uids import Identified


class Team(Identified):
    class Kind(models.TextChoices):
        INTERNAL = "internal", "internal team"
        VENDOR = "vendor", "vendor"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="teams")
    name = models.CharField(max_length=150)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.INTERNAL)
    # People belong to the group; a change of team members needs no regranting.
    group = models.OneToOneField(Group, models.PROTECT, related_name="team", editable=False)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="led_teams")

    access_root = "organization"
    # People of another company belong to exactly this team; nobody belongs so to an internal one.
    access_vendor = "pk"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="team_name_once")]

    def __str__(self) -> str:
        return self.name
