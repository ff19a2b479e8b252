"""An invitation: an address that may become a member once, until its time runs out."""

from django.conf import settings
from django.db import models

from workforce.models.organizations import Membership, Organization
from workforce.models.teams import Team
from workforce.models.uids import ClockTimestamp, Identified


class Invitation(Identified):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Membership.Role, default=Membership.Role.MEMBER)
    vendor = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="vendor_invitations")
    teams = models.ManyToManyField(Team, blank=True, related_name="invitations")
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    # The link is signed over uid and round and stored nowhere; a new round ends the link of the one before.
    round = models.PositiveIntegerField(default=1)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    # Why the last try to accept it was refused, for those who can mend it.
    refused_because = models.CharField(max_length=300, blank=True)

    access_root = "organization"
    access_vendor = "vendor"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email", "vendor"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                nulls_distinct=False,
                name="one_open_invitation_per_address",
            ),
            models.CheckConstraint(
                condition=models.Q(vendor=None) | models.Q(role__in=["member", "vendor_manager"]),
                name="invited_vendor_people_hold_no_inner_role",
            ),
        ]
        indexes = [models.Index(fields=["invited_by", "created_at"], name="invitations_of_a_day")]

    def __str__(self) -> str:
        return f"{self.role} of {self.organization}"
