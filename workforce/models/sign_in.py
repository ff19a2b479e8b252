"""What is kept about signing in: tries, so that guessing ends; and where each person is signed in."""

from django.conf import settings
from django.db import models

from workforce.models.uids import ClockTimestamp, Identified


class SignInTry(models.Model):
    """One try of a password, a code or a reset. The account is a digest: who mistypes writes no secret here."""

    class Kind(models.TextChoices):
        PASSWORD = "password", "password"
        CODE = "code", "code"
        RESET = "reset", "reset"

    kind = models.CharField(max_length=10, choices=Kind)
    account = models.CharField(max_length=64)
    network = models.CharField(max_length=43)
    tried_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    # Not known while the password is being hashed.
    is_wrong = models.BooleanField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "account", "tried_at"], name="tries_of_account"),
            models.Index(fields=["kind", "network", "tried_at"], name="tries_of_network"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.tried_at}"


class BrowserSession(Identified):
    """Where a person is signed in. The key is the session's own and is shown nowhere; the uid stands for it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=100)
    address = models.GenericIPAddressField(null=True)
    signed_in_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    last_seen_at = models.DateTimeField(db_default=ClockTimestamp())

    def __str__(self) -> str:
        return f"{self.device} at {self.address}"
