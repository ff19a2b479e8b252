"""What this floor listens to, and which streams it lets people follow."""

from workforce import live
from workforce.models import Person


def follows_own_stream(person: Person, uid: str) -> bool:
    return str(person.uid) == uid


def connect() -> None:
    live.register_stream("person", follows_own_stream)
