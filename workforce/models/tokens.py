"""API tokens: shown once, kept as a digest, with scopes and an expiry."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from knox.models import AbstractAuthToken

from workforce.models.organizations import Organization
from workforce.models.uids import Identified


class Token(Identified, AbstractAuthToken):
    class Scope(models.TextChoices):
        READ = "read", "read"
        IMPORT = "import", "import rows"
        LABEL = "label", "label"
        REVIEW = "review", "review"
        EXPORT = "export", "export labels"
        MANAGE = "manage", "change projects"
        PEOPLE = "people", "read and manage people"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="tokens")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="auth_token_set")
    name = models.CharField(max_length=100)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    access_root = "organization"
    access_owner = "user"

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"
