"""What is kept about signing in: tries, so that guessing ends."""

from django.db import models

from workforce.models.uids import ClockTimestamp


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
