"""Live messages. The truth is the numbered events in PostgreSQL; the channel layer carries only the hint "look again".

Upper floors say by ``register_stream`` who may follow their kind of stream."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from workforce.models import Event, Person, StreamHead

MOST_EVENTS = 500

_streams: dict[str, Callable[[Person, str], bool]] = {}
# What one of the followers may read of a message; a kind that is not here says the same to all.
Reading = Callable[[Person, dict[str, Any]], dict[str, Any]]
_readings: dict[str, Reading] = {}


@dataclass(frozen=True)
class Backlog:
    """Events after a number, or ``is_reset`` when there are too many: the page then reads its state anew."""

    last: int
    events: tuple[dict[str, Any], ...]
    is_reset: bool


def register_stream(kind: str, may_follow: Callable[[Person, str], bool], reading: Reading | None = None) -> None:
    """``may_follow(person, uid)`` decides for streams named ``<kind>:<uid>``; it asks ``access``.

    ``reading(person, payload)`` is what that person may read of a message, where it is not the same for all."""
    _streams[kind] = may_follow
    if reading is not None:
        _readings[kind] = reading


def may_follow(person: Person, stream: str) -> bool:
    kind, _, uid = stream.partition(":")
    decide = _streams.get(kind)
    return decide is not None and bool(person.is_active) and decide(person, uid)


def has_readings(stream: str) -> bool:
    """Whether followers of this stream may read different things."""
    return stream.partition(":")[0] in _readings


def group_of(stream: str) -> str:
    """The channel layer's group; its names allow no colon."""
    return f"stream.{stream.replace(':', '.')}"


def nudge(stream: str, seq: int) -> None:
    async_to_sync(get_channel_layer().group_send)(
        group_of(stream), {"type": "look.again", "stream": stream, "seq": seq}
    )


def heads_of(streams: Iterable[str]) -> dict[str, int]:
    """Stream → the number of its last event, by one statement; a stream without any is not in it."""
    return dict(StreamHead.objects.filter(stream__in=streams).values_list("stream", "seq"))


def events_after(stream: str, seq: int, reader: Person | None = None) -> Backlog:
    """What a follower who has seen ``seq`` has missed, as ``reader`` may read it."""
    last = StreamHead.objects.filter(stream=stream).values_list("seq", flat=True).first() or 0
    if last - seq > MOST_EVENTS:
        return Backlog(last, (), is_reset=True)
    rows = Event.objects.filter(stream=stream, seq__gt=seq).order_by("seq")
    events: tuple[dict[str, Any], ...] = tuple(
        {
            "stream": stream,
            "seq": row.seq,
            "kind": row.kind,
            "payload": _read_by(reader, stream, row.payload),
            "at": row.created_at.isoformat(),
        }
        for row in rows
    )
    return Backlog(events[-1]["seq"] if events else max(last, 0), events, is_reset=False)


def _read_by(reader: Person | None, stream: str, payload: dict[str, Any]) -> dict[str, Any]:
    reading = _readings.get(stream.partition(":")[0])
    return payload if reader is None or reading is None else reading(reader, payload)


def is_uid(text: str) -> bool:
    """Whether ``text`` can be a uid at all; a stream's name comes from outside."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
