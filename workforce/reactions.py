"""What this floor listens to, and which streams it lets people follow."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out

from workforce import live, resealing, second_factor, sessions
from workforce.models import Person, SecondFactor


def follows_own_stream(person: Person, uid: str) -> bool:
    return str(person.uid) == uid


def note_sign_in(sender: Any, request: Any, user: Person, **kwargs: Any) -> None:
    if not request.session.session_key:
        request.session.save()
    address, device = request.META.get("REMOTE_ADDR"), request.META.get("HTTP_USER_AGENT", "")
    sessions.note_sign_in(user, request.session.session_key, address=address, device=device)


def note_sign_out(sender: Any, request: Any, user: Person | None, **kwargs: Any) -> None:
    sessions.note_sign_out(request.session.session_key)


def connect() -> None:
    user_logged_in.connect(note_sign_in)
    user_logged_out.connect(note_sign_out)
    live.register_stream("person", follows_own_stream)
    resealing.register(
        SecondFactor, "sealed_secret", lambda factor: second_factor.place_of(factor.person), related=("person",)
    )
