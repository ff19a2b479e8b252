"""Person: one human (or machine, service, external author), one login, any number of memberships."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

from workforce.models.uids import ClockTimestamp, Identified


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """A superuser has no rights of its own here; ``make_administrator`` makes a person who has."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "Person":
        return self.get(email__iexact=email)


class Person(Identified, AbstractBaseUser, PermissionsMixin):
    class Kind(models.TextChoices):
        HUMAN = "human", "human"
        MACHINE = "machine", "machine"
        SERVICE = "service", "service"
        EXTERNAL = "external", "external"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.HUMAN)
    name = models.CharField(max_length=150)
    # Empty for machines, services and authors named in an imported file: they have no login.
    email = models.EmailField(unique=True, null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    source_organization = models.ForeignKey(
        "workforce.Organization", models.PROTECT, null=True, blank=True, related_name="external_people"
    )
    source = models.CharField(max_length=200, blank=True)

    # Set by second_factor.with_standing where a session's person is read.
    lacks_second_factor: bool = False

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = PersonManager()

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(
                fields=["source_organization", "source", "name"],
                condition=models.Q(kind="external"),
                name="external_author_once_per_source",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="external") | models.Q(email=None, source_organization__isnull=False),
                name="external_author_has_no_login",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="human") | models.Q(email__isnull=False), name="human_has_an_email"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        words = [word for word in self.name.split() if word[0].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
