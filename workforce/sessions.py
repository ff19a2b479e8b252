"""Browser sessions as a rule sees them: who a session belongs to at this moment."""

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare

from workforce import second_factor
from workforce.models import Person


def person_of_session(session: Any) -> Person | None:
    """The active person signed in with ``session``, read anew; none after logout, deactivation or a new password."""
    key = getattr(session, "session_key", None)
    if not key or BACKEND_SESSION_KEY not in session:
        return None
    if not Session.objects.filter(session_key=key, expire_date__gt=Now()).exists():
        return None
    person = second_factor.with_standing(Person.objects.filter(pk=session[SESSION_KEY], is_active=True)).first()
    if person is None or not constant_time_compare(session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash()):
        return None
    return person


def person_between_steps(uid: str, session_hash: str) -> Person | None:
    """Who has given the right password and owes a code; nobody after a deactivation or a new password."""
    person = Person.objects.filter(uid=uid, is_active=True).first()
    if person is None or not constant_time_compare(session_hash, person.get_session_auth_hash()):
        return None
    return person
