"""What an hour or an accepted unit of a person or of a vendor's people costs, and from when until when."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from workforce.models.organizations import Organization
from workforce.models.teams import Team
from workforce.models.uids import ClockTimestamp, Identified


class Rate(Identified):
    class Per(models.TextChoices):
        HOUR = "hour", "per hour"
        UNIT = "unit", "per accepted unit"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="rates")
    # One of the two: the person's own rate, or that of everybody of a vendor who has none.
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="rates")
    vendor = models.ForeignKey(Team, models.PROTECT, null=True, related_name="rates")
    amount = models.DecimalField(max_digits=12, decimal_places=4, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3)
    per = models.CharField(max_length=4, choices=Per, default=Per.HOUR)
    valid_from = models.DateField()
    # The last day on which it holds; none while no end is known.
    valid_until = models.DateField(null=True, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    access_root = "organization"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, vendor__isnull=False) | Q(person__isnull=False, vendor=None),
                name="rate_has_one_receiver",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="rate_is_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="rate_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["organization", "person", "vendor", "per", "valid_from"],
                nulls_distinct=False,
                name="one_rate_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price} {self.get_per_display()}"

    @property
    def price(self) -> str:
        """Two decimals, and more only where there are any."""
        cents = self.amount.quantize(Decimal("0.01"))
        return f"{cents if cents == self.amount else self.amount.normalize():,f} {self.currency}"
