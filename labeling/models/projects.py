"""Project: the line's settings. Its grants live beside it: one row per role of a person or of a team's group."""

import secrets
from collections.abc import Sequence
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from labeling.models.ontologies import Ontology
from workforce.models import ClockTimestamp, Identified, Organization
from workforce.roles import PROJECT_ROLE_NAMES


def new_seed() -> str:
    return secrets.token_hex(16)


PERCENT = [MinValueValidator(0), MaxValueValidator(100)]
SHARE = [MinValueValidator(0), MaxValueValidator(1)]
MOST_EXTRA = 20


class Project(Identified):
    class State(models.TextChoices):
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"
        ARCHIVED = "archived", "archived"

    class ReviewOf(models.TextChoices):
        WINNER = "winner", "the winning label"
        EVERY = "every", "every label"

    class Strategy(models.TextChoices):
        AGREEMENT = "agreement", "highest mean agreement"
        SKILL = "skill", "weighted by skill"
        MERGED = "merged", "nearest to the merged label"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="labeling_projects")
    name = models.CharField(max_length=150)
    brief = models.TextField(help_text="What the data is for; labelers read it.")
    ontology = models.ForeignKey(Ontology, models.PROTECT, related_name="projects")
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    # Consensus: this share of rows is labeled by this many people.
    consensus_share = models.PositiveSmallIntegerField(default=0, validators=PERCENT)
    consensus_labels = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(2), MaxValueValidator(50)]
    )
    consensus_threshold = models.FloatField(default=0.75, validators=SHARE)
    # While a row is unsure, so many more are asked, one at a time; hours of such work, null without a limit.
    consensus_most_extra = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(MOST_EXTRA)])
    consensus_extra_hours = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0)])
    consensus_strategy = models.CharField(max_length=10, choices=Strategy, default=Strategy.AGREEMENT)
    # What the opinion of a machine counts beside a person's 1.
    consensus_machine_weight = models.FloatField(default=0.0, validators=SHARE)
    # Counts the changes of these settings, those of the batches too.
    consensus_version = models.PositiveIntegerField(default=1, editable=False)
    # Review: this share of finished rows is looked at.
    review_share = models.PositiveSmallIntegerField(default=100, validators=PERCENT)
    review_of = models.CharField(max_length=10, choices=ReviewOf, default=ReviewOf.WINNER)
    # Whether people are vetted before they get rows as everybody does; what that takes, the floor above says. Kept here
    # so that where nobody is, the claim asks nothing more.
    is_vetted = models.BooleanField(default=False, editable=False)
    # Draws are hashes of this, so that they are the same when asked again and cannot be guessed.
    seed = models.CharField(max_length=32, default=new_seed, editable=False)

    lease_idle_minutes = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(5), MaxValueValidator(240)]
    )
    gap_limit_seconds = models.PositiveSmallIntegerField(default=60)
    pause_limit_seconds = models.PositiveSmallIntegerField(default=300)
    last_issue_number = models.PositiveIntegerField(default=0, editable=False)

    access_root = "self"
    # Who leads one of these is a lead in the organization too.
    access_running: ClassVar[dict[str, object]] = {"state__in": ["active", "paused"]}

    class Meta:
        # The codename of a grant is the role; workforce.roles says what a role may do.
        default_permissions = ()
        permissions = [(role, name) for role, name in PROJECT_ROLE_NAMES.items()]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="project_name_once")]

    def __str__(self) -> str:
        return self.name


# When somebody last said that a grant shall be; recertification lists by it, the longest ago first.
LAST_LOOK = Coalesce("kept_at", "granted_at")


class Grant(Identified):
    """What a grant carries beside guardian's columns."""

    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Somebody looked at it again and said that it stays.
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    kept_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.role

    @property
    def role(self) -> str:
        return str(self.permission.codename)  # type: ignore[attr-defined]  # guardian's column


class ProjectPersonGrant(Grant, UserObjectPermissionBase):
    content_object = models.ForeignKey(Project, models.CASCADE, related_name="person_grants")

    access_root = "content_object"

    class Meta(UserObjectPermissionBase.Meta):
        unique_together: ClassVar[list[Sequence[str]]] = []
        constraints = [models.UniqueConstraint(fields=["user", "content_object"], name="one_grant_per_person")]
        indexes = [models.Index(LAST_LOOK, "id", name="person_grants_by_last_look")]


class ProjectTeamGrant(Grant, GroupObjectPermissionBase):
    content_object = models.ForeignKey(Project, models.CASCADE, related_name="team_grants")

    access_root = "content_object"

    class Meta(GroupObjectPermissionBase.Meta):
        unique_together: ClassVar[list[Sequence[str]]] = []
        constraints = [models.UniqueConstraint(fields=["group", "content_object"], name="one_grant_per_team")]
        indexes = [models.Index(LAST_LOOK, "id", name="team_grants_by_last_look")]
