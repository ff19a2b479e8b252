"""Organizations and their people: found one, add a member, change a role, end a membership.

Nobody raises anyone above themselves, and the last organization admin stays."""

from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models import Q, QuerySet

from workforce import access, audit
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.events import access_changed, announce, member_left, stream_of_person
from workforce.models import ClockTimestamp, Membership, Organization, Person, Team
from workforce.roles import Permission, Role, reaches_as_far

LONGEST_NAME = 150


@transaction.atomic
def found_organization(name: str, admin: Person, *, time_zone: str = "UTC") -> Organization:
    """A new tenant with its first organization admin; called by the operator's command and the demo."""
    organization = Organization.objects.create(name=name, time_zone=time_zone)
    Membership.objects.create(organization=organization, person=admin, role=Membership.Role.ORGANIZATION_ADMIN)
    audit.record(None, "organization.founded", organization, after={"name": name, "admin": str(admin.uid)})
    return organization


@transaction.atomic
def change_organization(actor: Person, organization: Organization, *, name: str, time_zone: str) -> Organization:
    """Its name, and where its days begin: figures and daily limits of days that are over stay as they were counted."""
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    access.require(actor, Permission.MANAGE_ORGANIZATION, organization)
    kept = " ".join(name.split())
    if not 0 < len(kept) <= LONGEST_NAME:
        raise InvalidInput("name_invalid", f"A name has 1 to {LONGEST_NAME} characters.", path="name")
    if time_zone not in available_timezones():
        raise InvalidInput("time_zone_invalid", "Time zones are named like Europe/Berlin.", path="time_zone")
    before = {"name": organization.name, "time_zone": organization.time_zone}
    after = {"name": kept, "time_zone": time_zone}
    if after != before:
        organization.name, organization.time_zone = kept, time_zone
        organization.save(update_fields=["name", "time_zone"])
        audit.record(actor, "organization.changed", organization, before=before, after=after)
    return organization


@transaction.atomic
def add_member(
    actor: Person, organization: Organization, person: Person, *, role: str, vendor: Team | None = None
) -> Membership:
    refuse_to_take_in(actor, organization, role=role, vendor=vendor)
    membership, is_new = Membership.objects.get_or_create(
        organization=organization, person=person, defaults={"role": role, "vendor": vendor}
    )
    if not is_new:
        raise RuleViolation("already_a_member", f"{person.name} is a member of this organization already.")
    _join_vendor(membership)
    audit.record(actor, "membership.added", membership, after=_membership_facts(membership))
    _tell(membership)
    return membership


def take_in(
    inviter: Person, organization: Organization, person: Person, *, role: str, vendor: Team | None
) -> Membership:
    """The membership of an accepted invitation, which has asked ``refuse_to_take_in`` and writes the audit row. Who
    was a member before comes back where ``inviter`` may decide about that."""
    membership, is_new = Membership.objects.get_or_create(
        organization=organization, person=person, defaults={"role": role, "vendor": vendor}
    )
    if not is_new:
        membership = Membership.objects.select_for_update().get(pk=membership.pk)
        may = access.can(inviter, Permission.MANAGE_PEOPLE, membership)
        if membership.is_active or membership.vendor != vendor or not may:
            raise RuleViolation("already_a_member", "You are a member of this organization already, or were before.")
        _refuse_above_own(inviter, organization, membership.role)
        Membership.objects.filter(pk=membership.pk).update(role=role, is_active=True, left_at=None)
        membership.role, membership.is_active = role, True
    _join_vendor(membership)
    _tell(membership)
    return membership


def _join_vendor(membership: Membership) -> None:
    """A vendor's people work by the team's grants; its manager manages and holds none of them."""
    if membership.vendor is not None and membership.role == Membership.Role.MEMBER:
        membership.person.groups.add(membership.vendor.group)


def refuse_to_take_in(actor: Person, organization: Organization, *, role: str, vendor: Team | None) -> None:
    """Raises unless ``actor`` may give ``role`` to a new member, on the organization's side or the vendor's."""
    is_theirs = vendor is not None and vendor.organization_id == organization.pk and vendor.kind == Team.Kind.VENDOR
    access.require(actor, Permission.MANAGE_PEOPLE, vendor if vendor is not None and is_theirs else organization)
    _refuse_above_own(actor, organization, role)
    _refuse_inner_role(vendor, role)
    if vendor is not None and not is_theirs:
        raise RuleViolation("not_a_vendor", "That team is not a vendor of this organization.")


@transaction.atomic
def change_membership(
    actor: Person, membership: Membership, *, role: str | None = None, is_active: bool | None = None
) -> Membership:
    """Change a role, deactivate or activate again; takes effect on every door within seconds. What is not named stays
    as it is at this moment; where nothing changes, nothing is noted."""
    membership = _lock(membership)
    access.require(actor, Permission.MANAGE_PEOPLE, membership)
    before = _membership_facts(membership)
    role = membership.role if role is None else role
    is_active = membership.is_active if is_active is None else is_active
    _refuse_above_own(actor, membership.organization, role)
    _refuse_above_own(actor, membership.organization, membership.role)
    _refuse_inner_role(membership.vendor, role)
    _refuse_without_admin(membership, role == Role.ORGANIZATION_ADMIN and is_active)
    if (role, is_active) == (membership.role, membership.is_active):
        return membership
    membership.role, membership.is_active = role, is_active
    membership.left_at = None if is_active else membership.left_at
    membership.save(update_fields=["role", "is_active", "left_at"])
    audit.record(actor, "membership.changed", membership, before=before, after=_membership_facts(membership))
    _tell(membership)
    return membership


@transaction.atomic
def leave_organization(person: Person, organization: Organization) -> None:
    """End the own membership: teams and grants end with it, leases go back to the queue, the work stays."""
    found = Membership.objects.filter(person=person, organization=organization, is_active=True).first()
    if found is None:
        raise NotFound
    membership = _lock(found)
    if not membership.is_active:
        raise NotFound
    _refuse_without_admin(membership, stays_admin=False)
    before = _membership_facts(membership)
    # Written while the membership still counts, so that it names the role in which they left.
    audit.record(person, "membership.left", membership, before=before)
    member_left.send(sender=Membership, person=person, organization=organization)
    Membership.objects.filter(pk=membership.pk).update(is_active=False, left_at=ClockTimestamp())
    teams = Team.objects.filter(organization=organization)
    teams.filter(lead=person).update(lead=None)
    person.groups.remove(*teams.filter(group__user=person).values_list("group", flat=True))
    _tell(membership)


def organizations_to_choose(person: Person) -> list[Organization]:
    """Every organization that the person is an active member of, whichever one the pages show."""
    held = Membership.objects.filter(person=person, is_active=True)
    return list(Organization.objects.filter(pk__in=held.values("organization")).order_by("name", "pk"))


def memberships_of(person: Person) -> QuerySet[Membership]:
    held = Membership.objects.filter(person=person, is_active=True)
    return held.select_related("organization", "vendor").order_by("organization__name", "pk")


def _lock(membership: Membership) -> Membership:
    """The membership, locked together with the admins of its organization, so that two of them who go at once go one
    after the other. Only these rows: whoever writes work of the organization does not wait."""
    admins = Q(organization=membership.organization_id, role=Role.ORGANIZATION_ADMIN)
    rows = Membership.objects.filter(Q(pk=membership.pk) | admins).order_by("pk")
    found = rows.select_for_update(of=("self",)).select_related("person", "organization", "vendor")
    return next(one for one in found if one.pk == membership.pk)


def _refuse_inner_role(vendor: Team | None, role: str) -> None:
    """Someone of another company never runs the organization, and who manages a vendor works for one."""
    if vendor is None and role == Membership.Role.VENDOR_MANAGER:
        raise RuleViolation("vendor_wanted", "A vendor manager works for a vendor: say for which.")
    if vendor is not None and role not in (Membership.Role.MEMBER, Membership.Role.VENDOR_MANAGER):
        raise RuleViolation(
            "vendor_people_hold_no_inner_role", f"A person of {vendor.name} is member or vendor manager."
        )


def _refuse_above_own(actor: Person, organization: Organization, role: str) -> None:
    """A role may be given only by one who holds every permission of it, as far as it reaches."""
    if role == Membership.Role.MEMBER:
        return
    if not reaches_as_far(access.roles_on(actor, organization), Role(role)):
        raise NotAllowed("You cannot give or change a role above your own.", needs=role)


def _refuse_without_admin(membership: Membership, stays_admin: bool) -> None:
    if membership.role != Role.ORGANIZATION_ADMIN or not membership.is_active or stays_admin:
        return
    others = Membership.objects.filter(
        organization=membership.organization, role=Role.ORGANIZATION_ADMIN, is_active=True, person__is_active=True
    )
    if not others.exclude(pk=membership.pk).exists():
        raise RuleViolation("last_admin", "An organization keeps at least one active admin.")


def _membership_facts(membership: Membership) -> dict[str, Any]:
    return {"person": str(membership.person.uid), "role": membership.role, "is_active": membership.is_active}


def _tell(membership: Membership) -> None:
    stream = stream_of_person(membership.person.uid)
    announce(membership.organization_id, stream, "access_changed")
    access_changed.send(sender=Membership, person=membership.person, organization=membership.organization)
