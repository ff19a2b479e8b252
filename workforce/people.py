"""People: register someone who can sign in, or name an author or service that cannot."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from workforce import audit
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.events import access_changed, announce, stream_of_person
from workforce.models import Membership, Organization, Person


@transaction.atomic
def register_person(*, email: str, name: str, password: str, is_simulated: bool = False) -> Person:
    """A human with a login and no membership yet. Sign-up is closed: commands, invitations and the demo call this."""
    email = email.strip().lower()
    if Person.objects.filter(email=email).exists():
        raise RuleViolation("email_taken", "Someone with this e-mail address is registered already.")
    person = Person(email=email, name=name, is_simulated=is_simulated)
    try:
        validate_password(password, person)
        person.set_password(password)
        person.full_clean()
    except ValidationError as error:
        raise InvalidInput("invalid_person", " ".join(error.messages)) from error
    person.save()
    return person


@transaction.atomic
def rename(person: Person, name: str) -> None:
    """People name themselves; the name is the same in every organization."""
    name = " ".join(name.split())
    before = Person.objects.select_for_update().get(pk=person.pk).name
    if not name:
        raise InvalidInput("no_name", "Say what people call you.")
    if name == before:
        return
    Person.objects.filter(pk=person.pk).update(name=name)
    person.name = name
    audit.record_own(person, "person.renamed", before={"name": before}, after={"name": name})


def person_with_email(email: str) -> Person:
    """For operator's commands; no page says who is registered."""
    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise NotFound
    return person


def external_authors(organization: Organization, source: str, names: list[str]) -> dict[str, Person]:
    """The people named in an imported file, made where they are new: no e-mail, no login. Name → person."""
    wanted = sorted(set(names))
    Person.objects.bulk_create(
        [
            Person(kind=Person.Kind.EXTERNAL, name=name, source=source, source_organization=organization)
            for name in wanted
        ],
        ignore_conflicts=True,
    )
    found = Person.objects.filter(
        kind=Person.Kind.EXTERNAL, source_organization=organization, source=source, name__in=wanted
    )
    return {person.name: person for person in found}


@transaction.atomic
def deactivate_person(actor: Person | None, person: Person, organization: Organization) -> None:
    """Nobody with this login gets in anywhere; sessions, sockets and tokens end within seconds."""
    Person.objects.filter(pk=person.pk).update(is_active=False)
    audit.record(actor, "person.deactivated", organization, after={"person": str(person.uid)})
    for membership in Membership.objects.filter(person=person, is_active=True).select_related("organization"):
        announce(membership.organization_id, stream_of_person(person.uid), "access_changed")
        access_changed.send(sender=Person, person=person, organization=membership.organization)
