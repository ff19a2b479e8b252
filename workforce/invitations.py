"""Invitations: an e-mail address becomes a member once, within its time, in the role that was meant.

The link is signed over the row's uid and round with the server's key and kept nowhere: no row, job, audit line or log
holds it. Accepting locks the row and asks again whether the inviter may still give that role. Announces
``access_changed`` through the membership that it makes."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse

from workforce import access, audit, bulk, mail, tries
from workforce.errors import Gone, InvalidInput, NotFound, Refusal, RuleViolation
from workforce.events import enqueue
from workforce.models import ClockTimestamp, Invitation, Membership, Organization, Person, Team
from workforce.organizations import refuse_to_take_in, take_in
from workforce.people import register_person
from workforce.roles import Permission

DAYS_OPEN = 14
MOST_AT_ONCE = 100
MOST_A_DAY = 500
AGAIN_AFTER = timedelta(minutes=5)
_signer = Signer(salt="crewline.invitation")
_ROWS = Invitation.objects.select_related("organization", "vendor__group", "invited_by").annotate(
    is_expired=LessThanOrEqual(F("expires_at"), ClockTimestamp())
)


# --- Those who invite -------------------------------------------------------------------------------------------
def invitations_visible_to(person: Person) -> QuerySet[Invitation]:
    """Those that nobody has accepted or taken back, run out or not, with ``is_expired``."""
    waiting = _ROWS.filter(accepted_at=None, revoked_at=None)
    return access.visible_to(person, waiting, Permission.MANAGE_PEOPLE)


@transaction.atomic
def invite_person(
    actor: Person,
    organization: Organization,
    *,
    email: str,
    role: str,
    vendor: Team | None = None,
    teams: Sequence[Team] = (),
) -> Invitation:
    """Whether the address has a login already is not said. One that ran out gives way to a new one."""
    email = email.strip().lower()
    refuse_to_take_in(actor, organization, role=role, vendor=vendor)
    _refuse_bad_address(email)
    _refuse_teams(actor, organization, vendor, teams)
    _refuse_flood(actor)
    # Two invitations of one address at a time wait for each other here.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    _refuse_known(actor, organization, email, vendor)
    invitation = Invitation.objects.create(
        organization=organization,
        email=email,
        role=role,
        vendor=vendor,
        invited_by=actor,
        expires_at=ClockTimestamp() + timedelta(days=DAYS_OPEN),
    )
    invitation.teams.set(teams)
    audit.record(actor, "invitation.made", invitation, after=_facts(invitation))
    _send(invitation)
    return invitation


def invite_people(actor: Person, organization: Organization, emails: Iterable[str], **values: Any) -> bulk.Outcome:
    """Each address by itself: one that is refused does not stop the others."""
    wanted = list(dict.fromkeys(email.strip().lower() for email in emails if email.strip()))
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise InvalidInput("addresses_wanted", f"Write 1 to {MOST_AT_ONCE} e-mail addresses.")
    return bulk.each(wanted, lambda email: invite_person(actor, organization, email=email, **values), str)


@transaction.atomic
def revoke_invitation(actor: Person, invitation: Invitation) -> None:
    """Its link opens nothing from now on. Revoking twice is harmless."""
    invitation = _lock(invitation.pk)
    access.require(actor, Permission.MANAGE_PEOPLE, invitation)
    if invitation.accepted_at is not None:
        raise RuleViolation("invitation_used", "It was accepted already; the membership can be ended instead.")
    if invitation.revoked_at is None:
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=ClockTimestamp(), round=F("round") + 1)
        audit.record(actor, "invitation.revoked", invitation, before=_facts(invitation))


@transaction.atomic
def send_again(actor: Person, invitation: Invitation) -> Invitation:
    """A new link with its whole time; the old one ends. Who sends it stands for it from now on."""
    invitation = _lock(invitation.pk)
    refuse_to_take_in(actor, invitation.organization, role=invitation.role, vendor=invitation.vendor)
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise RuleViolation("invitation_over", "It was accepted or taken back already.")
    _refuse_flood(actor)
    too_soon = Invitation.objects.filter(pk=invitation.pk, sent_at__gt=ClockTimestamp() - AGAIN_AFTER)
    if too_soon.exists() and not invitation.refused_because:
        raise RuleViolation("again_too_soon", "It was sent a few minutes ago.")
    Invitation.objects.filter(pk=invitation.pk).update(
        round=F("round") + 1,
        invited_by=actor,
        refused_because="",
        expires_at=ClockTimestamp() + timedelta(days=DAYS_OPEN),
    )
    invitation = _ROWS.get(pk=invitation.pk)
    audit.record(actor, "invitation.sent_again", invitation, after=_facts(invitation))
    _send(invitation)
    return invitation


def _refuse_bad_address(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput("email_invalid", "That is no e-mail address.") from None


def _refuse_teams(actor: Person, organization: Organization, vendor: Team | None, teams: Sequence[Team]) -> None:
    """People of a vendor come in with its team and stand in no other."""
    for team in teams:
        access.require(actor, Permission.MANAGE_PEOPLE, team)
        if team.organization_id != organization.pk or team.kind == Team.Kind.VENDOR or vendor is not None:
            raise RuleViolation("other_side", "Teams of the organization are for its own people.")


def _refuse_flood(actor: Person) -> None:
    lately = Invitation.objects.filter(invited_by=actor, created_at__gt=ClockTimestamp() - timedelta(days=1))
    if lately.count() >= MOST_A_DAY:
        raise RuleViolation("too_many_invitations", f"At most {MOST_A_DAY} invitations a day.")


def _refuse_known(actor: Person, organization: Organization, email: str, vendor: Team | None) -> None:
    member = Membership.objects.filter(organization=organization, person__email=email, is_active=True).first()
    # A vendor's manager does not learn who else works here; accepting says it to the one it concerns.
    if member is not None and access.can(actor, Permission.VIEW_PEOPLE, member):
        raise RuleViolation("already_a_member", "There is a member with this address already.")
    waiting = Invitation.objects.filter(
        organization=organization, email=email, vendor=vendor, accepted_at=None, revoked_at=None
    )
    if waiting.filter(expires_at__gt=ClockTimestamp()).exists():
        raise RuleViolation("invited_already", "This address is invited already; send that invitation again.")
    waiting.update(revoked_at=ClockTimestamp())


def _facts(invitation: Invitation) -> dict[str, Any]:
    """For the audit log, which is kept for ever: no address, that stands in the invitation."""
    vendor = str(invitation.vendor.uid) if invitation.vendor else None
    teams = sorted(str(team.uid) for team in invitation.teams.all())
    return {"role": invitation.role, "vendor": vendor, "teams": teams, "round": invitation.round}


# --- The message ------------------------------------------------------------------------------------------------
def _send(invitation: Invitation) -> None:
    """A job that names the row and its round; whoever reads jobs finds no link in them."""
    arguments = {"invitation_uid": str(invitation.uid), "of_round": invitation.round}
    enqueue(invitation.organization_id, "workforce.tasks.send_invitation", arguments)


def deliver(invitation_uid: str, of_round: int) -> None:
    """Send the message of that round, unless the invitation has gone on since."""
    invitation = _ROWS.filter(uid=invitation_uid, round=of_round, accepted_at=None, revoked_at=None).first()
    if invitation is None:
        return
    place = " ".join(invitation.organization.name.split())
    link = mail.link_to(reverse("invitation", args=[signed_link(invitation)]))
    values: dict[str, Any] = {"invitation": invitation, "place": place, "link": link}
    mail.send_letter(invitation.email, f"Invitation to {place}", "workforce/mail/invitation.txt", **values)
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=ClockTimestamp())


def signed_link(invitation: Invitation) -> str:
    return _signer.sign(f"{invitation.uid.hex}-{invitation.round}")


# --- Those who are invited --------------------------------------------------------------------------------------
def invitation_behind(signed: str) -> Invitation:
    """The open invitation of a link. Raises NotFound for no link of ours, Gone with the reason for one that is over,
    TooMany for an address that tries links on and on."""
    return _behind(signed, _ROWS)


def has_login(invitation: Invitation) -> bool:
    return Person.objects.filter(email=invitation.email).exists()


def is_meant_for(invitation: Invitation, person: Person) -> bool:
    return (person.email or "").lower() == invitation.email


def accept_invitation(signed: str, *, person: Person | None = None, name: str = "", password: str = "") -> Membership:
    """By ``person``, signed in under the invited address, or by a new login made of ``name`` and ``password``.

    Where the inviter lost the right to give the role, that is noted for the admins and the invitation stays."""
    seen = invitation_behind(signed)
    tries.refuse_too_many("accept invitation", seen.uid)
    try:
        with transaction.atomic():
            invitation = _behind(signed, _ROWS.select_for_update(of=("self",)))
            problem = _why_inviter_may_not(invitation)
            if problem:
                _note_refusal(invitation, problem)
            else:
                membership = _take_in(invitation, person, name, password)
    except InvalidInput:
        tries.note_failure("accept invitation", seen.uid)
        raise
    if problem:
        place = seen.organization.name
        raise RuleViolation(
            "inviter_lost_right", f"Who invited you may no longer give this role. The admins of {place} see why."
        )
    return membership


def _behind(signed: str, rows: QuerySet[Invitation]) -> Invitation:
    address = audit.address_of_request.get()
    tries.refuse_too_many("invitation link", address)
    try:
        uid, _, round_ = _signer.unsign(signed).partition("-")
    except BadSignature:
        tries.note_failure("invitation link", address)
        raise NotFound from None
    invitation = rows.filter(uid=uid).first()
    if invitation is None:
        raise NotFound
    if invitation.accepted_at is not None:
        raise Gone("invitation_used", "This invitation was accepted already. It works once.")
    if invitation.revoked_at is not None:
        raise Gone("invitation_revoked", "This invitation was taken back.")
    if str(invitation.round) != round_:
        raise Gone("invitation_replaced", "A newer invitation was sent to you. Use the link of the newest message.")
    if invitation.is_expired:  # type: ignore[attr-defined]  # annotated by _ROWS
        raise Gone("invitation_expired", "This invitation has run out. Ask who invited you to send it again.")
    return invitation


def _why_inviter_may_not(invitation: Invitation) -> str:
    try:
        refuse_to_take_in(
            invitation.invited_by, invitation.organization, role=invitation.role, vendor=invitation.vendor
        )
    except Refusal:
        return f"{invitation.invited_by.name} may no longer give the role {invitation.get_role_display()}."
    return ""


def _note_refusal(invitation: Invitation, problem: str) -> None:
    changed = Invitation.objects.filter(pk=invitation.pk).exclude(refused_because=problem)
    if changed.update(refused_because=problem):
        audit.record(None, "invitation.refused", invitation, after={"because": "inviter_lost_right"})


def _take_in(invitation: Invitation, person: Person | None, name: str, password: str) -> Membership:
    if person is None:
        if has_login(invitation):
            raise RuleViolation("sign_in_first", "This address has a login. Sign in with it, then open the link again.")
        person = register_person(email=invitation.email, name=name.strip(), password=password)
    elif not is_meant_for(invitation, person):
        raise RuleViolation("other_address", "This invitation is for another e-mail address than the one you use.")
    membership = take_in(
        invitation.invited_by, invitation.organization, person, role=invitation.role, vendor=invitation.vendor
    )
    # A team that has changed sides or gone since is left out.
    fitting = invitation.teams.filter(kind=Team.Kind.INTERNAL, organization=invitation.organization_id)
    if invitation.vendor is None:
        person.groups.add(*fitting.values_list("group", flat=True))
    Invitation.objects.filter(pk=invitation.pk).update(
        accepted_at=ClockTimestamp(), accepted_by=person, refused_because=""
    )
    by = {"invited_by": str(invitation.invited_by.uid), "person": str(person.uid)}
    audit.record(person, "invitation.accepted", invitation, after={**_facts(invitation), **by})
    return membership


def _lock(pk: int) -> Invitation:
    return _ROWS.select_for_update(of=("self",)).get(pk=pk)
