"""Who has which role on a project: grant, change, revoke, for a person or a team. One grant each; *no access* of a
person stands before every grant of a team. Nobody gives a role above their own."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.contrib.auth.models import Permission as DjangoPermission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet

from labeling import work_time
from labeling.models import Project, ProjectPersonGrant, ProjectRow, ProjectTeamGrant, Slot
from workforce import access, audit
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.events import access_changed, announce, stream_of_person
from workforce.models import ClockTimestamp, Membership, Person, Team
from workforce.roles import (
    ORGANIZATION_ROLES,
    PROJECT_ROLE_NAMES,
    ROLE_PERMISSIONS,
    Permission,
    Role,
    Scope,
    roles_with,
)

Grant = ProjectPersonGrant | ProjectTeamGrant
# How long people and teams of another company keep a role when nobody says otherwise.
VENDOR_DAYS = 90


class Ends(Enum):
    """Instead of a time: as long as the house says – a vendor's for ``VENDOR_DAYS``, our own without end."""

    BY_DEFAULT = "by default"


MOST_DAYS = 3650
# Labeling and reviewing are work, not power: whoever manages access may hand them out without holding them.
WORK = frozenset({Permission.LABEL, Permission.REVIEW})


@transaction.atomic
def grant_role(
    actor: Person,
    project: Project,
    receiver: Person | Team,
    *,
    role: str,
    expires_at: datetime | Ends | None = Ends.BY_DEFAULT,
) -> Grant:
    """Give ``receiver`` exactly this role on the project; an earlier grant is replaced. None: without end."""
    project = Project.objects.select_for_update().get(pk=project.pk)
    access.require(actor, Permission.MANAGE_ACCESS, project)
    _refuse_role(actor, project, role)
    _refuse_stranger(project, receiver)
    _refuse_power_of_vendor(project, receiver, role)
    if isinstance(expires_at, Ends):
        expires_at = default_end(project, receiver, role)
    if expires_at is not None and expires_at <= work_time.clock():
        raise InvalidInput("ends_in_the_past", "A role ends later than now, or not by itself.", path="expires_at")
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
    before = _facts(earlier) if earlier else {}
    after = {"receiver": str(receiver.uid), **_facts(grant)}
    audit.record(actor, "access.granted", project, before=before, after=after)
    _tell(project, receiver)
    return grant


def make_first_lead(actor: Person, project: Project) -> Grant:
    """Who created the project leads it. Called in the transaction that creates it, by nobody else."""
    permission = _permission(Role.PROJECT_LEAD)
    grant = ProjectPersonGrant.objects.create(
        content_object=project, user=actor, permission=permission, granted_by=actor
    )
    audit.record(actor, "access.granted", project, after={"receiver": str(actor.uid), **_facts(grant)})
    _tell(project, actor)
    return grant


@transaction.atomic
def revoke_role(actor: Person, project: Project, receiver: Person | Team) -> None:
    project = Project.objects.select_for_update().get(pk=project.pk)
    access.require(actor, Permission.MANAGE_ACCESS, project)
    grant = grant_of(project, receiver)
    if grant is None:
        raise NotFound
    _refuse_role(actor, project, grant.role)
    before = {"receiver": str(receiver.uid), **_facts(grant)}
    grant.delete()
    audit.record(actor, "access.revoked", project, before=before)
    _tell(project, receiver)


@transaction.atomic
def give_up_role(person: Person, project: Project) -> None:
    """A person's own role ends by their own wish; roles through a team stay. Nothing happens where there is none."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    grant = grant_of(project, person)
    if grant is None:
        return
    before = {"receiver": str(person.uid), **_facts(grant)}
    grant.delete()
    audit.record(person, "access.given_up", project, before=before)
    _tell(project, person)


@transaction.atomic
def keep_grant(actor: Person, grant: Grant, *, days: int = VENDOR_DAYS) -> Grant:
    """Somebody looked again: the grant stays, and one that ends goes on for so many days from now."""
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput("days_invalid", f"A grant goes on for 1 to {MOST_DAYS} days.", path="days")
    project = Project.objects.select_for_update().get(pk=grant.content_object_id)
    access.require(actor, Permission.MANAGE_ACCESS, project)
    found = type(grant)._default_manager.select_related("permission").filter(pk=grant.pk).first()
    if found is None:
        raise NotFound
    _refuse_role(actor, project, found.role)
    _refuse_power_of_vendor(project, receiver_of(found), found.role)
    before = _facts(found)
    found.kept_by, found.kept_at = actor, work_time.clock()
    if found.expires_at is not None:
        found.expires_at = max(found.expires_at, found.kept_at + timedelta(days=days))
    found.save(update_fields=["kept_by", "kept_at", "expires_at"])
    receiver = {"receiver": str(receiver_of(found).uid)}
    audit.record(actor, "access.kept", project, before={**receiver, **before}, after={**receiver, **_facts(found)})
    return found


def default_end(project: Project, receiver: Person | Team, role: str) -> datetime | None:
    """People of another company are looked at again; taking access away lasts until somebody gives it back."""
    if role == Role.NO_ACCESS or not _is_of_vendor(project, receiver):
        return None
    return work_time.clock() + timedelta(days=VENDOR_DAYS)


def receiver_of(grant: Grant) -> Person | Team:
    return grant.group.team if isinstance(grant, ProjectTeamGrant) else grant.user


def grant_of(project: Project, receiver: Person | Team) -> Grant | None:
    if isinstance(receiver, Team):
        return (
            ProjectTeamGrant.objects.select_related("permission")
            .filter(content_object=project, group=receiver.group_id)
            .first()
        )
    return ProjectPersonGrant.objects.select_related("permission").filter(content_object=project, user=receiver).first()


def person_grants(project: Project) -> QuerySet[ProjectPersonGrant]:
    return ProjectPersonGrant.objects.filter(content_object=project).select_related("user", "permission", "granted_by")


def team_grants(project: Project) -> QuerySet[ProjectTeamGrant]:
    related = "group__team", "permission", "granted_by"
    return ProjectTeamGrant.objects.filter(content_object=project).select_related(*related)


def projects_shared_with(team: Team) -> QuerySet[Project]:
    """The projects on which ``team`` has a live role, with ``shared_role`` and ``shared_until`` of its grant."""
    grants = ProjectTeamGrant.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=ClockTimestamp()), group=team.group_id
    ).exclude(permission__codename=Role.NO_ACCESS)
    shared = Project.objects.filter(team_grants__in=grants).select_related("organization", "ontology")
    return shared.annotate(
        shared_role=F("team_grants__permission__codename"), shared_until=F("team_grants__expires_at")
    )


def projects_barred_to(person: Person) -> QuerySet[Any, Any]:
    """Where *no access* in the person's own name stands before everything else."""
    live = Q(expires_at=None) | Q(expires_at__gt=ClockTimestamp())
    barred = ProjectPersonGrant.objects.filter(live, user=person, permission__codename=Role.NO_ACCESS)
    return barred.values("content_object")


def labelers_left_for(row: ProjectRow) -> QuerySet[Person]:
    """Active people with a live role that labels in the row's project, who have neither labeled nor skipped the row.

    Whether each may at this moment the claim decides; a row that asks nobody of these waits for ever."""
    live = Q(content_object=row.project_id) & (Q(expires_at=None) | Q(expires_at__gt=ClockTimestamp()))
    labels = Q(permission__codename__in=roles_with(Permission.LABEL, Scope.ANY))
    own = ProjectPersonGrant.objects.filter(live, labels).values("user")
    of_teams = ProjectTeamGrant.objects.filter(live, labels).values("group__user")
    barred = ProjectPersonGrant.objects.filter(live, permission__codename=Role.NO_ACCESS).values("user")
    slots = Slot.objects.filter(project_row=row, kind=Slot.Kind.LABEL, labeler__isnull=False)
    had = slots.exclude(state__in=[Slot.State.OPEN, Slot.State.REVOKED]).values("labeler")
    members = Membership.objects.filter(organization=row.project.organization_id, is_active=True).values("person")
    people = Person.objects.filter(Q(pk__in=own) | Q(pk__in=of_teams), pk__in=members, is_active=True)
    return people.exclude(pk__in=barred).exclude(pk__in=had)


@dataclass(frozen=True)
class Access:
    """What one member may be on a project: roles with where each comes from; without a role, ``note`` says why."""

    member: Membership
    roles: tuple[tuple[str, str], ...]
    note: str = ""
    # The grant in the person's own name, also one that ran out.
    grant: ProjectPersonGrant | None = None


def members_of(project: Project) -> QuerySet[Membership]:
    """Everyone who could have a role here: the active members of the organization."""
    members = Membership.objects.filter(organization=project.organization_id, is_active=True, person__is_active=True)
    return members.select_related("person", "vendor")


def people_granted(project: Project, roles: Iterable[str]) -> QuerySet[Person]:
    """Whom a live grant names for one of ``roles``, in person or through a team. What counts of it ``access`` says."""
    live = Q(content_object=project) & (Q(expires_at=None) | Q(expires_at__gt=ClockTimestamp()))
    live &= Q(permission__codename__in=list(roles))
    own = ProjectPersonGrant.objects.filter(live).values("user")
    return Person.objects.filter(Q(pk__in=own) | Q(pk__in=ProjectTeamGrant.objects.filter(live).values("group__user")))


def access_list(project: Project, members: Sequence[Membership]) -> list[Access]:
    """What each of these members may be here, in four queries for any number; says what ``access.roles_on`` says."""
    now = work_time.clock()
    people = [member.person_id for member in members]
    owned = {grant.user_id: grant for grant in person_grants(project).filter(user__in=people)}
    teams = {grant.group_id: grant for grant in team_grants(project) if is_live(grant, now)}
    inside: defaultdict[int, list[ProjectTeamGrant]] = defaultdict(list)
    belong = Person.groups.through.objects.filter(group__in=teams, person__in=people).order_by("group")
    for person_id, group_id in belong.values_list("person_id", "group_id"):
        inside[person_id].append(teams[group_id])
    found = []
    for member in members:
        own = owned.get(member.person_id)
        live = own if own is not None and is_live(own, now) else None
        found.append(_access_of(member, live, inside[member.person_id], teams, own))
    return found


def shared_with(project: Project) -> list[ProjectTeamGrant]:
    """Live grants of teams that let their people in, vendors last."""
    now = work_time.clock()
    given = team_grants(project).exclude(permission__codename=Role.NO_ACCESS).order_by("group__team__kind", "pk")
    return [grant for grant in given if is_live(grant, now)]


def _access_of(
    member: Membership,
    own: ProjectPersonGrant | None,
    inside: list[ProjectTeamGrant],
    teams: dict[int, ProjectTeamGrant],
    written: ProjectPersonGrant | None,
) -> Access:
    roles: list[tuple[str, str]] = []
    by_vendor = teams.get(member.vendor.group_id) if member.vendor else None
    is_gated = member.vendor is not None and (by_vendor is None or by_vendor.role == Role.NO_ACCESS)
    if own is not None and not is_gated:
        roles.append((own.role, "own grant"))
    elif not is_gated:
        roles += [(grant.role, f"through {grant.group.team.name}") for grant in inside]
    is_barred = any(role == Role.NO_ACCESS for role, _ in roles)
    holds_inner = member.role in ORGANIZATION_ROLES and not is_gated
    if holds_inner and (not is_barred or member.role == Role.ORGANIZATION_ADMIN):
        roles.append((member.role, "organization"))
    note = ""
    if is_gated and member.vendor is not None:
        note = f"{member.vendor.name} has no role here, so its people have none"
    return Access(member, tuple(roles), note, written)


def teams_for(project: Project) -> QuerySet[Team]:
    return Team.objects.filter(organization=project.organization_id).order_by("kind", "name")


def receiver_named(project: Project, kind: str, uid: str) -> Person | Team | None:
    """The ``person`` or ``team`` of the project's organization with this uid; a former member may still be revoked."""
    try:
        if kind == "team":
            return Team.objects.filter(organization=project.organization_id, uid=uid).first()
        return Person.objects.filter(memberships__organization=project.organization_id, uid=uid).first()
    except (ValidationError, ValueError):
        return None


def member_named(project: Project, uid: str) -> Membership | None:
    """The membership of the person with this uid in the project's organization, an ended one too."""
    members = Membership.objects.filter(organization=project.organization_id)
    try:
        return members.select_related("person", "vendor").filter(person__uid=uid).first()
    except (ValidationError, ValueError):
        return None


def roles_to_grant(actor: Person, project: Project) -> list[tuple[str, str]]:
    """The roles that ``actor`` may give here, with their names."""
    held = access.permissions_of(actor, project) | WORK
    return [(role, name) for role, name in PROJECT_ROLE_NAMES.items() if set(ROLE_PERMISSIONS[Role(role)]) <= held]


def is_live(grant: Grant, now: datetime) -> bool:
    """Whether the grant gives anything at this moment of the database's clock."""
    return grant.expires_at is None or grant.expires_at > now


def _refuse_role(actor: Person, project: Project, role: str) -> None:
    if role not in PROJECT_ROLE_NAMES:
        raise InvalidInput("unknown_role", f"Roles on a project are {', '.join(PROJECT_ROLE_NAMES.values())}.")
    missing = set(ROLE_PERMISSIONS[Role(role)]) - access.permissions_of(actor, project) - WORK
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


def _refuse_power_of_vendor(project: Project, receiver: Person | Team, role: str) -> None:
    """People of another company work here; they do not run the project or read what is not theirs."""
    if role not in (Role.PROJECT_LEAD, Role.VIEWER):
        return
    if _is_of_vendor(project, receiver):
        raise RuleViolation("not_for_a_vendor", "A vendor's people label, review and lead their own team, no more.")


def _is_of_vendor(project: Project, receiver: Person | Team) -> bool:
    if isinstance(receiver, Team):
        return receiver.kind == Team.Kind.VENDOR
    members = Membership.objects.filter(person=receiver, organization=project.organization_id, is_active=True)
    return members.exclude(vendor=None).exists()


def _facts(grant: Grant) -> dict[str, Any]:
    return {"role": grant.role, "expires_at": grant.expires_at and grant.expires_at.isoformat()}


def _permission(role: str) -> DjangoPermission:
    permissions = DjangoPermission.objects.filter(content_type__app_label="labeling", content_type__model="project")
    return permissions.get(codename=role)


def _tell(project: Project, receiver: Person | Team) -> None:
    people = receiver.group.user_set.all() if isinstance(receiver, Team) else [receiver]
    for person in people:
        announce(project.organization_id, stream_of_person(person.uid), "access_changed")
        access_changed.send(sender=Project, person=person, organization=project.organization)
