"""Who has which role on a project: grant, change, revoke, for a person or a team. One grant each; *no access* of a
person stands before every grant of a team. Nobody gives a role above their own."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission as DjangoPermission
from django.db import transaction
from django.db.models import QuerySet

from labeling.models import Project, ProjectPersonGrant, ProjectTeamGrant
from workforce import access, audit
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.events import access_changed, announce, stream_of_person
from workforce.models import Membership, Person, Team
from workforce.roles import PROJECT_ROLE_NAMES, ROLE_PERMISSIONS, Permission, Role

Grant = ProjectPersonGrant | ProjectTeamGrant


@transaction.atomic
def grant_role(
    actor: Person, project: Project, receiver: Person | Team, *, role: str, expires_at: datetime | None = None
) -> Grant:
    """Give ``receiver`` exactly this role on the project; an earlier grant is replaced."""
    project = Project.objects.select_for_update().get(pk=project.pk)
    access.require(actor, Permission.MANAGE_ACCESS, project)
    _refuse_role(actor, project, role)
    _refuse_stranger(project, receiver)
    values: dict[str, Any] = {
        "permission": _permission(role),
        "granted_by": actor,
        "expires_at": expires_at,
    }
    earlier = grant_of(project, receiver)
    if earlier is not None:
        _refuse_role(actor, project, earlier.role)
        earlier.delete()
    grant: Grant
    if isinstance(receiver, Team):
        grant = ProjectTeamGrant.objects.create(content_object=project, group=receiver.group, **values)
    else:
        grant = ProjectPersonGrant.objects.create(content_object=project, user=receiver, **values)
    before = {"role": earlier.role} if earlier else {}
    after = {"receiver": str(receiver.uid), "role": role, "expires_at": expires_at and expires_at.isoformat()}
    audit.record(actor, "access.granted", project, before=before, after=after)
    _tell(project, receiver)
    return grant


@transaction.atomic
def revoke_role(actor: Person, project: Project, receiver: Person | Team) -> None:
    project = Project.objects.select_for_update().get(pk=project.pk)
    access.require(actor, Permission.MANAGE_ACCESS, project)
    grant = grant_of(project, receiver)
    if grant is None:
        raise NotFound
    _refuse_role(actor, project, grant.role)
    before = {"receiver": str(receiver.uid), "role": grant.role}
    grant.delete()
    audit.record(actor, "access.revoked", project, before=before)
    _tell(project, receiver)


def grant_of(project: Project, receiver: Person | Team) -> Grant | None:
    if isinstance(receiver, Team):
        return ProjectTeamGrant.objects.select_related("permission").filter(
            content_object=project, group=receiver.group_id
        ).first()
    return ProjectPersonGrant.objects.select_related("permission").filter(
        content_object=project, user=receiver
    ).first()


def person_grants(project: Project) -> QuerySet[ProjectPersonGrant]:
    return ProjectPersonGrant.objects.filter(content_object=project).select_related("user", "permission", "granted_by")


def team_grants(project: Project) -> QuerySet[ProjectTeamGrant]:
    related = "group__team", "permission", "granted_by"
    return ProjectTeamGrant.objects.filter(content_object=project).select_related(*related)


def _refuse_role(actor: Person, project: Project, role: str) -> None:
    if role not in PROJECT_ROLE_NAMES:
        raise InvalidInput("unknown_role", f"Roles on a project are {', '.join(PROJECT_ROLE_NAMES.values())}.")
    # Labeling and reviewing are work, not power: whoever manages access may hand them out without holding them.
    work = {Permission.LABEL, Permission.REVIEW}
    missing = set(ROLE_PERMISSIONS[Role(role)]) - access.permissions_of(actor, project) - work
    if missing:
        raise NotAllowed("You cannot give or take a role above your own.", needs=role)


def _refuse_stranger(project: Project, receiver: Person | Team) -> None:
    if isinstance(receiver, Team):
        if receiver.organization_id != project.organization_id:
            raise NotFound
        return
    is_member = Membership.objects.filter(person=receiver, organization=project.organization_id, is_active=True)
    if not is_member.exists():
        raise RuleViolation("not_a_member", "Only active members of the organization can have a role here.")


def _permission(role: str) -> DjangoPermission:
    return DjangoPermission.objects.get(content_type__app_label="labeling", content_type__model="project", codename=role)


def _tell(project: Project, receiver: Person | Team) -> None:
    people = receiver.group.user_set.all() if isinstance(receiver, Team) else [receiver]
    for person in people:
        announce(project.organization_id, stream_of_person(person.uid), "access_changed")
        access_changed.send(sender=Project, person=person, organization=project.organization)
