"""Browser sessions: who one belongs to at this moment, where a person is signed in, and ending that.

A session ends by deleting its row; pages ask at each request and sockets every few seconds. The key of a session never
leaves the server: lists and addresses name it by a uid."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare
from redis.exceptions import RedisError

from workforce import alerts, audit
from workforce.errors import NotFound
from workforce.models import BrowserSession, ClockTimestamp, Membership, Person, SecondFactor

# Noting every request would write a row for each.
SEEN_STEP_SECONDS = 60
LONGEST_DEVICE = 100
# In this order: a browser's own name stands beside those it imitates.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


# --- Who it belongs to ------------------------------------------------------------------------------------------
def with_standing(people: QuerySet[Person]) -> QuerySet[Person]:
    """``lacks_second_factor`` in the statement that reads the person anyway."""
    asked = Membership.objects.filter(person=OuterRef("pk"), is_active=True, organization__requires_second_factor=True)
    confirmed = SecondFactor.objects.filter(person=OuterRef("pk"), confirmed_at__isnull=False)
    lacks = Q(kind=Person.Kind.HUMAN) & Exists(asked) & ~Exists(confirmed)
    return people.annotate(**{"lacks_second_factor": lacks})


def people_of_sessions(sessions: Sequence[Any]) -> list[Person | None]:
    """The active person signed in with each of ``sessions``, read anew; none after logout, deactivation or a new
    password. Two statements for any number."""
    keys = {one.session_key for one in sessions if _is_signed_in(one)}
    live = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=Now()).values_list("session_key", flat=True)
    )
    signed_in = [one if _is_signed_in(one) and one.session_key in live else None for one in sessions]
    pks = {one[SESSION_KEY] for one in signed_in if one is not None}
    people = {str(one.pk): one for one in with_standing(Person.objects.filter(pk__in=pks, is_active=True))}
    return [one and _whose(one, people.get(one[SESSION_KEY])) for one in signed_in]


def _is_signed_in(session: Any) -> bool:
    return bool(getattr(session, "session_key", None)) and BACKEND_SESSION_KEY in session


def _whose(session: Any, person: Person | None) -> Person | None:
    """``person``, unless their password is another one since they signed in here."""
    if person is None or not constant_time_compare(session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash()):
        return None
    return person


def person_between_steps(uid: str, session_hash: str) -> Person | None:
    """Who has given the right password and owes a code; nobody after a deactivation or a new password."""
    person = Person.objects.filter(uid=uid, is_active=True).first()
    if person is None or not constant_time_compare(session_hash, person.get_session_auth_hash()):
        return None
    return person


# --- Where a person is signed in --------------------------------------------------------------------------------
def note_sign_in(person: Person, key: str, *, address: str | None, device: str) -> None:
    words = device_in_words(device)
    values = {"person": person, "address": address, "device": words, "last_seen_at": ClockTimestamp()}
    BrowserSession.objects.update_or_create(session_key=key, defaults=values)
    alerts.note_network(person, address, words)
    is_due(key)


def note_seen(key: str, address: str | None) -> None:
    """At most once a minute for each session; without Valkey nothing is noted and nothing stops."""
    if not is_due(key):
        return
    found = BrowserSession.objects.select_related("person").filter(session_key=key).first()
    if found is None:
        return
    BrowserSession.objects.filter(pk=found.pk).update(last_seen_at=ClockTimestamp(), address=address)
    if found.address != address:
        # A session that moves may have been stolen.
        alerts.note_network(found.person, address, found.device)


def note_new_key(old: str, new: str) -> None:
    """The same sign-in under another key, as after a change of the password."""
    BrowserSession.objects.filter(session_key=old).update(session_key=new)


def sessions_of(person: Person) -> QuerySet[BrowserSession]:
    """Those that still open something, the latest seen first."""
    live = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=Now())
    return BrowserSession.objects.filter(Exists(live), person=person).order_by("-last_seen_at", "-pk")


def device_in_words(agent: str) -> str:
    """ "Firefox on Linux": enough to know one's own again."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    known = " on ".join(filter(None, (browser, system)))
    return known or "".join(filter(str.isprintable, agent))[:LONGEST_DEVICE] or "Unknown device"


# --- Ending -----------------------------------------------------------------------------------------------------
@transaction.atomic
def end_session(person: Person, uid: str) -> None:
    """One of the person's own; another's is as unknown as one that never was."""
    found = BrowserSession.objects.select_for_update().filter(person=person, uid=uid).first()
    if found is None:
        raise NotFound
    _end([found])
    audit.record_own(person, "session.ended", after={"device": found.device, "from": found.address})


@transaction.atomic
def sign_out_everywhere(person: Person) -> int:
    """Every session of the person, this one too. Returns how many there were."""
    count = end_others(person, keep=None)
    audit.record_own(person, "session.all_ended", after={"count": count})
    return count


@transaction.atomic
def end_others(person: Person, *, keep: str | None) -> int:
    """All but the session with the key ``keep``; what was signed in by less than is now asked for must begin anew."""
    found = list(BrowserSession.objects.select_for_update().filter(person=person).order_by("pk"))
    others = [one for one in found if one.session_key != keep]
    _end(others)
    return len(others)


def note_sign_out(key: str | None) -> None:
    BrowserSession.objects.filter(session_key=key or "").delete()


def forget_ended() -> None:
    Session.objects.filter(expire_date__lt=Now()).delete()
    live = Session.objects.filter(session_key=OuterRef("session_key"))
    BrowserSession.objects.filter(~Exists(live)).delete()


def _end(ended: Sequence[BrowserSession]) -> None:
    Session.objects.filter(session_key__in=[one.session_key for one in ended]).delete()
    BrowserSession.objects.filter(pk__in=[one.pk for one in ended]).delete()


def is_due(key: str) -> bool:
    """True once a minute; the key itself does not go to Valkey."""
    try:
        return bool(cache.add(f"seen:{sha256(key.encode()).hexdigest()}", "1", SEEN_STEP_SECONDS))
    except (RedisError, OSError):
        return False
