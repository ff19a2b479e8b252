"""A second factor: what an authenticator app and the sheet of recovery codes are compared with."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from workforce.models.uids import ClockTimestamp


class SecondFactor(models.Model):
    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="second_factor")
    # Readable only with the installation's key, and only in this person's row.
    sealed_secret = models.BinaryField()
    begun_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    # Empty until the person has shown one code of it: before that it opens and closes nothing.
    confirmed_at = models.DateTimeField(null=True)
    # The newest half minute whose code was used; a code that was looked over someone's shoulder is spent.
    last_step = models.BigIntegerField(default=0)
    recovery_digests = ArrayField(models.CharField(max_length=64), default=list)

    def __str__(self) -> str:
        return f"second factor of {self.person_id}"
