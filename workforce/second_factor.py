"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes for the day it is lost.

An organization may require one. Who belongs to it and has none gets to the page that sets it up, and nowhere else;
their tokens of that organization rest until then. The secret and the codes are shown once. Each code works once, and
wrong ones run into the same limits as wrong passwords."""

import secrets
import time
from hashlib import sha256

import pyotp
from django.db import transaction

from workforce import access, audit, sealed, sessions, sign_in_limits
from workforce.errors import RuleViolation, SecondFactorRequired
from workforce.models import ClockTimestamp, Membership, Organization, Person, SecondFactor, SignInTry
from workforce.roles import Permission

ISSUER = "Crewline"
STEP_SECONDS = 30
# Clocks of telephones go wrong by a little.
STEPS_EITHER_SIDE = 1
RECOVERY_CODES = 10
REQUIRED = "Your organization asks for a second factor. Set it up, then go on."


# --- Who lacks one ----------------------------------------------------------------------------------------------
def require_for_token(person: Person, organization_id: int) -> None:
    """A token works for an organization that asks for a second factor only while its owner has one."""
    asking = Organization.objects.filter(pk=organization_id, requires_second_factor=True)
    if person.kind == Person.Kind.HUMAN and asking.exists() and not is_set_up(person):
        raise SecondFactorRequired(REQUIRED)


def is_set_up(person: Person) -> bool:
    return SecondFactor.objects.filter(person=person, confirmed_at__isnull=False).exists()


def is_required(person: Person) -> bool:
    return access.active_memberships(person).filter(organization__requires_second_factor=True).exists()


def factor_of(person: Person) -> SecondFactor | None:
    return SecondFactor.objects.filter(person=person, confirmed_at__isnull=False).first()


def people_without(organization: Organization) -> int:
    members = Membership.objects.filter(organization=organization, is_active=True, person__is_active=True)
    return members.exclude(person__second_factor__confirmed_at__isnull=False).count()


@transaction.atomic
def require_second_factor(actor: Person, organization: Organization, *, is_required: bool) -> None:
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    access.require(actor, Permission.MANAGE_ORGANIZATION, organization)
    if is_required and not is_set_up(actor):
        raise RuleViolation("set_up_your_own_first", "Set up your own second factor first.")
    if organization.requires_second_factor == is_required:
        return
    Organization.objects.filter(pk=organization.pk).update(requires_second_factor=is_required)
    facts = {"requires_second_factor": is_required}
    audit.record(
        actor,
        "organization.second_factor",
        organization,
        before={"requires_second_factor": not is_required},
        after=facts,
    )


# --- Set up, renew, remove --------------------------------------------------------------------------------------
def begin_set_up(person: Person, *, password: str, address: str | None) -> tuple[str, str]:
    """A fresh secret and its address for a QR code, both shown once. Beginning again makes another."""
    sign_in_limits.prove_password(person, password, address)
    secret = pyotp.random_base32()
    with transaction.atomic():
        _refuse_second(person)
        values = {"sealed_secret": sealed.seal(secret, place_of(person)), "confirmed_at": None, "last_step": 0}
        SecondFactor.objects.update_or_create(person=person, defaults=values)
    return secret, pyotp.TOTP(secret).provisioning_uri(name=person.email or "", issuer_name=ISSUER)


def confirm_set_up(person: Person, *, code: str, address: str | None, session_key: str | None = None) -> list[str]:
    """The first code proves that the app has the secret. Returns the recovery codes, which are shown once.

    Sessions that a password alone opened end, but for the one with ``session_key``."""
    begun = SecondFactor.objects.filter(person=person).first()
    if begun is None:
        raise RuleViolation("set_up_not_begun", "Begin with the picture for your app.")
    _refuse_second(person)
    _prove(begun, code, address)
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().get(pk=begun.pk)
        codes = _fresh_codes(factor)
        SecondFactor.objects.filter(pk=factor.pk).update(confirmed_at=ClockTimestamp())
        sessions.end_others(person, keep=session_key)
        audit.record_own(person, "second_factor.set_up")
    return codes


def renew_recovery_codes(person: Person, *, code: str, address: str | None) -> list[str]:
    prove_code(person, code, address)
    with transaction.atomic():
        codes = _fresh_codes(SecondFactor.objects.select_for_update().get(person=person))
        audit.record_own(person, "second_factor.codes_renewed")
    return codes


def remove(person: Person, *, password: str, code: str, address: str | None) -> None:
    if is_required(person):
        raise RuleViolation("second_factor_is_required", "Your organization asks for a second factor.")
    sign_in_limits.prove_password(person, password, address)
    prove_code(person, code, address)
    remove_lost(person)


@transaction.atomic
def remove_lost(person: Person) -> None:
    """Without proof: the operator's command calls this for someone whose app and codes are gone."""
    if SecondFactor.objects.filter(person=person).delete()[0]:
        audit.record_own(person, "second_factor.removed")


# --- Codes ------------------------------------------------------------------------------------------------------
def prove_code(person: Person, code: str, address: str | None) -> None:
    """Raises unless ``code`` is a fresh one of the app or an unused recovery code; it is spent by that."""
    factor = factor_of(person)
    if factor is None:
        raise RuleViolation("no_second_factor", "No second factor is set up.")
    _prove(factor, code, address)


def _prove(factor: SecondFactor, code: str, address: str | None) -> None:
    taken = sign_in_limits.take_try(SignInTry.Kind.CODE, str(factor.person_id), address)
    typed = "".join(code.split()).replace("-", "").upper()
    if not (_spend_app_code(factor, typed) or _spend_recovery_code(factor, typed)):
        sign_in_limits.note_wrong(taken)
        raise RuleViolation("wrong_code", "That code is not right, or was used. Wait for the next one of your app.")
    sign_in_limits.note_right(taken)


def _spend_app_code(factor: SecondFactor, typed: str) -> bool:
    totp = pyotp.TOTP(sealed.open_sealed(bytes(factor.sealed_secret), place_of(factor.person)))
    now = int(time.time()) // STEP_SECONDS
    for step in range(now - STEPS_EITHER_SIDE, now + STEPS_EITHER_SIDE + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            return bool(SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step).update(last_step=step))
    return False


@transaction.atomic
def _spend_recovery_code(factor: SecondFactor, typed: str) -> bool:
    locked = SecondFactor.objects.select_for_update().get(pk=factor.pk)
    digest = _digest(typed)
    if digest not in locked.recovery_digests:
        return False
    left = [one for one in locked.recovery_digests if one != digest]
    SecondFactor.objects.filter(pk=factor.pk).update(recovery_digests=left)
    audit.record_own(locked.person, "second_factor.recovery_code_used", after={"codes_left": len(left)})
    return True


def _fresh_codes(factor: SecondFactor) -> list[str]:
    codes = [pyotp.random_base32()[:16] for _ in range(RECOVERY_CODES)]
    SecondFactor.objects.filter(pk=factor.pk).update(recovery_digests=[_digest(code) for code in codes])
    return ["-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in codes]


def _digest(code: str) -> str:
    """80 random bits need no slow hash."""
    return sha256(code.encode(errors="replace")).hexdigest()


def _refuse_second(person: Person) -> None:
    if is_set_up(person):
        raise RuleViolation("second_factor_is_set_up", "A second factor is set up already. Remove it first.")


def place_of(person: Person) -> str:
    return f"second factor:{person.uid}"
