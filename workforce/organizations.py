"""Organizations and their people: found one, add a member, change a role, end a membership.

Nobody raises anyone above themselves, and the last organization admin stays."""

from typing import Any

from django.db import transaction

from workforce import access, audit
from workforce.errors import NotAllowed, RuleViolation
from workforce.events import access_changed, announce, stream_of_person
from workforce.models import Membership, Organization, Person, Team
from workforce.roles import Permission, Role, reaches_as_far


@transaction.atomic
def found_organization(name: str, admin: Person, *, time_zone: str = "UTC") -> Organization:
    """A new tenant with its first organization admin; called by the operator's command and the demo."""
    organization = Organization.objects.create(name=name, time_zone=time_zone)
    Membership.objects.create(organization=organization, person=admin, role=Membership.Role.ORGANIZATION_ADMIN)
    audit.record(None, "organization.founded", organization, after={"name": name, "admin": str(admin.uid)})
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
        Membership.objects.filter(pk=membership.pk).update(role=role, is_active=True)
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
def change_membership(actor: Person, membership: Membership, *, role: str, is_active: bool) -> Membership:
    """Change a role, deactivate or activate again; takes effect on every door within seconds."""
    membership = Membership.objects.select_for_update().select_related("person", "organization").get(pk=membership.pk)
    access.require(actor, Permission.MANAGE_PEOPLE, membership)
    _refuse_above_own(actor, membership.organization, role)
    _refuse_above_own(actor, membership.organization, membership.role)
    _refuse_inner_role(membership.vendor, role)
    stays_admin = role == Role.ORGANIZATION_ADMIN and is_active
    if membership.role == Role.ORGANIZATION_ADMIN and not stays_admin and _is_last_admin(membership):
        raise RuleViolation("last_admin", "An organization keeps at least one active admin.")
    before = _membership_facts(membership)
    Membership.objects.filter(pk=membership.pk).update(role=role, is_active=is_active)
    membership.role, membership.is_active = role, is_active
    audit.record(actor, "membership.changed", membership, before=before, after=_membership_facts(membership))
    _tell(membership)
    return membership


def _refuse_inner_role(vendor: Team | None, role: str) -> None:
    """Someone of another company never runs the organization."""
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


def _is_last_admin(membership: Membership) -> bool:
    admins = Membership.objects.select_for_update().filter(
        organization=membership.organization, role=Role.ORGANIZATION_ADMIN, is_active=True, person__is_active=True
    )
    return not any(admin.pk != membership.pk for admin in admins)


def _membership_facts(membership: Membership) -> dict[str, Any]:
    return {"person": str(membership.person.uid), "role": membership.role, "is_active": membership.is_active}


def _tell(membership: Membership) -> None:
    stream = stream_of_person(membership.person.uid)
    announce(membership.organization_id, stream, "access_changed")
    access_changed.send(sender=Membership, person=membership.person, organization=membership.organization)
