"""The tenant, and who belongs to it in which role."""

from django.conf import settings
from django.db import models

from workforce.models.uids import ClockTimestamp, Identified


class Organization(Identified):
    name = models.CharField(max_length=150)
    time_zone = models.CharField(max_length=64, default="UTC")
    requires_second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "self"

    def __str__(self) -> str:
        return self.name


class Membership(Identified):
    class Role(models.TextChoices):
        ORGANIZATION_ADMIN = "organization_admin", "organization admin"
        WORKFORCE_MANAGER = "workforce_manager", "workforce manager"
        VENDOR_MANAGER = "vendor_manager", "vendor manager"
        VIEWER = "viewer", "viewer"
        # Belongs to the organization; what the person may do comes from grants on projects.
        MEMBER = "member", "member"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)
    is_active = models.BooleanField(default=True)
    # Set for people of another company: they reach a project only where their team has a grant on it.
    vendor = models.ForeignKey("workforce.Team", models.PROTECT, null=True, blank=True, related_name="vendor_people")
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    # Set when the person left by themselves; who was deactivated did not.
    left_at = models.DateTimeField(null=True, blank=True, editable=False)

    access_root = "organization"
    access_vendor = "vendor"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "person"], name="one_membership_per_person"),
            models.CheckConstraint(
                condition=models.Q(vendor=None) | models.Q(role__in=["member", "vendor_manager"]),
                name="vendor_people_hold_no_inner_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.organization}"
