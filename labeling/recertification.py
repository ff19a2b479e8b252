"""Recertification: grants that nobody looked at for a while, or that end soon, are kept or revoked on purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from labeling import project_access
from labeling.models import Project, ProjectPersonGrant, ProjectTeamGrant
from labeling.project_access import Grant
from workforce import access
from workforce.errors import Refusal
from workforce.models import ClockTimestamp, Organization, Person
from workforce.roles import Permission

LOOK_AGAIN_DAYS, SOON_DAYS, MOST_AT_ONCE = 90, 30, 500


@dataclass(frozen=True)
class Outcome:
    """What became of grants that were kept or revoked in bulk: how many, and (name, project, why not)."""

    done: int
    refused: tuple[tuple[str, str, str], ...]


def grants_to_manage(actor: Person, *, of_teams: bool) -> QuerySet[Any]:
    """Grants on projects of which ``actor`` manages the access."""
    if of_teams:
        teams = ProjectTeamGrant.objects.select_related("group__team", "permission", "granted_by", "kept_by")
        return access.visible_to(actor, teams.select_related("content_object"), Permission.MANAGE_ACCESS)
    people = ProjectPersonGrant.objects.select_related("user", "permission", "granted_by", "kept_by")
    return access.visible_to(actor, people.select_related("content_object"), Permission.MANAGE_ACCESS)


def grants_due(
    actor: Person, organization: Organization, *, of_teams: bool, days: int = LOOK_AGAIN_DAYS
) -> QuerySet[Any]:
    """Live grants of running projects that nobody looked at for ``days``, or that end within ``SOON_DAYS``. Each has
    ``looked_at``: when it was given or kept last."""
    found = grants_to_manage(actor, of_teams=of_teams).filter(content_object__organization=organization)
    running = found.exclude(content_object__state=Project.State.ARCHIVED)
    live = running.filter(Q(expires_at=None) | Q(expires_at__gt=ClockTimestamp()))
    looked = live.annotate(looked_at=Coalesce(F("kept_at"), F("granted_at")))
    is_old = Q(looked_at__lt=ClockTimestamp() - timedelta(days=days))
    due: QuerySet[Any] = looked.filter(is_old | Q(expires_at__lt=ClockTimestamp() + timedelta(days=SOON_DAYS)))
    return due


def keep_grants(actor: Person, grants: Sequence[Grant], *, days: int) -> Outcome:
    """Each stays; those that end go on for ``days`` from now. One that is refused leaves the others alone."""
    return _each(grants, lambda grant: project_access.keep_grant(actor, grant, days=days))


def revoke_grants(actor: Person, grants: Sequence[Grant]) -> Outcome:
    return _each(
        grants,
        lambda grant: project_access.revoke_role(actor, grant.content_object, project_access.receiver_of(grant)),
    )


def _each(grants: Sequence[Grant], act: Any) -> Outcome:
    done, refused = 0, []
    for grant in grants[:MOST_AT_ONCE]:
        try:
            act(grant)
        except Refusal as refusal:
            name = project_access.receiver_of(grant).name
            refused.append((name, grant.content_object.name, refusal.message))
        else:
            done += 1
    return Outcome(done, tuple(refused))
