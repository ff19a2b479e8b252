"""What this floor announces, and the writer of outbox rows that all floors share."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.dispatch import Signal

from workforce.models import Event

# person, organization: what the person may do changed (role, grant, membership, activity); sockets look again.
access_changed = Signal()
# person, organization: someone left by themselves; what they were given there ends.
member_left = Signal()


def announce(organization_id: int, stream: str, kind: str, payload: dict[str, Any] | None = None) -> None:
    """A live message of ``stream``, written in the transaction of the act. Small facts and uids only."""
    Event.objects.create(organization_id=organization_id, stream=stream, kind=kind, payload=payload or {})


def announce_on(organization_id: int, streams: Sequence[str], kind: str, payload: dict[str, Any]) -> None:
    """The same message on several streams, in one statement."""
    Event.objects.bulk_create(
        [Event(organization_id=organization_id, stream=stream, kind=kind, payload=payload) for stream in streams]
    )


def enqueue(organization_id: int, task: str, arguments: dict[str, Any], *, queue: str = "live") -> Event:
    """A job that must happen: the relay hands it to Celery after commit and again until the task notes it done."""
    return Event.objects.create(organization_id=organization_id, kind="job", task=task, queue=queue, payload=arguments)


def stream_of_person(person_uid: object) -> str:
    return f"person:{person_uid}"


def events_of_stream(stream: str, kinds: Sequence[str], most: int) -> list[Event]:
    """The first ``most`` messages of a stream of these kinds, oldest first; those that have no number yet too."""
    told = Event.objects.filter(stream=stream, kind__in=kinds)
    numbered = told.filter(seq__isnull=False).order_by("seq")[:most]
    waiting = told.filter(~Q(stream=""), seq=None).order_by("pk")[:most]
    return [*numbered, *waiting][:most]
