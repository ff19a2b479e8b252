"""What an organization's admins should look at, and the networks that people usually come from."""

from django.conf import settings
from django.db import models

from workforce.models.organizations import Organization
from workforce.models.uids import ClockTimestamp, Identified


class Alert(Identified):
    class Kind(models.TextChoices):
        NEW_ADDRESS = "new_address", "new address"
        MANY_DENIALS = "many_denials", "many refusals"
        BULK_DOWNLOAD = "bulk_download", "bulk download"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=20, choices=Kind)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="alerts")
    # What makes it another alert than the last one of its kind, such as the network.
    fact = models.CharField(max_length=100, blank=True)
    facts = models.JSONField(default=dict)
    raised_on = models.DateField()
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    access_root = "organization"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "person", "fact", "raised_on"], name="one_alert_of_a_fact_a_day"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="alerts_of_organization")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id}"


class KnownNetwork(models.Model):
    """Where a person has signed in from before."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="known_networks")
    network = models.CharField(max_length=43)
    first_seen_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    last_seen_at = models.DateTimeField(db_default=ClockTimestamp())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "network"], name="one_network_of_a_person")]

    def __str__(self) -> str:
        return self.network
