"""Passwords: changed by their owner, or by a link sent to the own address. Every other session ends with the old one.

The link holds a signature over the old password and the last sign-in: it runs out, and its first use ends it. Nobody
learns here whether an address is registered."""

from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from workforce import access, audit, mail, sessions, sign_in_limits
from workforce.errors import InvalidInput, RuleViolation
from workforce.events import enqueue
from workforce.models import Person, SignInTry

RESET_TASK = "workforce.tasks.send_reset_letter"


def change_password(
    person: Person, *, current: str, new: str, address: str | None, session_key: str | None = None
) -> None:
    """``session_key`` is the session that goes on; the face renews its key and hash."""
    sign_in_limits.prove_password(person, current, address)
    with transaction.atomic():
        _set_password(Person.objects.select_for_update().get(pk=person.pk), new, "password.changed", keep=session_key)
    person.refresh_from_db()


def request_reset(email: str, address: str | None) -> None:
    """Send the link, if there is someone to send it to. The caller cannot see the difference."""
    sign_in_limits.note_wrong(sign_in_limits.take_try(SignInTry.Kind.RESET, email, address))
    person = Person.objects.filter(email=email.strip().lower(), is_active=True, kind=Person.Kind.HUMAN).first()
    if person is None or not person.has_usable_password():
        return
    membership = access.active_memberships(person).order_by("pk").first()
    if membership is not None:
        enqueue(membership.organization_id, RESET_TASK, {"person_uid": str(person.uid)})


def send_reset_letter(*, person_uid: str) -> None:
    """The job's part: the link is made now and stands in the letter alone."""
    person = Person.objects.filter(uid=person_uid, is_active=True).first()
    if person is None or not person.email:
        return
    token = default_token_generator.make_token(person)
    link = mail.link_to(reverse("password-reset-confirm", args=[person.uid, token]))
    mail.send_letter(person.email, "Choose a new password", "workforce/mail/reset.txt", person=person, link=link)


def person_of_link(uid: UUID, token: str, *, lock: bool = False) -> Person:
    """Whom the link was sent to. Unknown, used and run out are one refusal."""
    people = Person.objects.select_for_update() if lock else Person.objects.all()
    person = people.filter(uid=uid, is_active=True).first()
    if person is None or not default_token_generator.check_token(person, token):
        raise RuleViolation("reset_link_ended", "This link was used or has run out. Ask for a new one.")
    return person


@transaction.atomic
def reset_password(uid: UUID, token: str, *, new: str) -> None:
    """The second of two clicks waits for the lock and finds the link used."""
    _set_password(person_of_link(uid, token, lock=True), new, "password.reset", keep=None)


def _set_password(person: Person, new: str, action: str, *, keep: str | None) -> None:
    try:
        validate_password(new, person)
    except ValidationError as error:
        raise InvalidInput("weak_password", " ".join(error.messages)) from error
    person.set_password(new)
    person.save(update_fields=["password"])
    sessions.end_others(person, keep=keep)
    audit.record_own(person, action)
