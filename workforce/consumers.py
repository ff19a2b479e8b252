"""One socket for everything live: follow a stream from a number on, get what was missed, then what comes.

Frames in: ``{"follow": "<stream>", "since": 12}``, ``{"leave": "<stream>"}``. Frames out: events with stream and
number, ``{"following": …}``, ``{"reset": …}``, ``{"refused": …}``. Rights are asked again every ``CHECK_SECONDS`` and
as soon as something happens to the person's access; nothing is sent on rights older than ``STALE_SECONDS``. Whoever
lost them is closed with 4403, whoever lost the session with 4401, and who lacks a second factor that their organization
requires is told ``{"code": "second_factor_required"}`` and closed with 4403. A frame goes through the gate for JSON;
one that does not pass is answered ``{"refused_frame": <code>}`` and changes nothing."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakKeyDictionary, WeakSet

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from workforce import live, second_factor, sessions
from workforce.errors import SecondFactorRequired
from workforce.events import stream_of_person
from workforce.json_gate import JsonFault, load_json
from workforce.models import Person

CHECK_SECONDS = 3
# A look that comes late must not stretch the five seconds in which a loss of rights works.
STALE_SECONDS = 4
# Those of the page, and the person's own, which the bell in its header listens to.
MOST_STREAMS = 21
# A frame names one stream and one number.
MOST_FRAME_BYTES, MOST_FRAME_DEPTH = 1024, 4
SIGNED_OUT, NO_RIGHT, BROKEN = 4401, 4403, 1011
log = logging.getLogger("crewline.live")
Obey = Callable[[Any, dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Look:
    """What one look at the database says of all open sockets: whose session each is, how far each stream has come."""

    people: dict["LiveConsumer", Person | None]
    heads: dict[str, int]


class Desk:
    """What the sockets of one process read together, so that two hundred cost little more than one."""

    def __init__(self) -> None:
        self.sockets: WeakSet[LiveConsumer] = WeakSet()
        self.looking: asyncio.Task[Look] | None = None
        self.reads: dict[tuple[str, int, int], asyncio.Task[live.Backlog]] = {}
        # One check of rights at a time, so that a read for a hint never stands behind two hundred of them.
        self.checking = asyncio.Semaphore(1)

    async def look(self) -> Look:
        """A look that began by itself or for another socket a moment ago is shared."""
        if self.looking is None:
            self.looking = asyncio.create_task(self._look())
            self.looking.add_done_callback(self._looked)
        return await asyncio.shield(self.looking)

    def _looked(self, _: object) -> None:
        self.looking = None

    async def _look(self) -> Look:
        sockets = list(self.sockets)
        streams = {stream for one in sockets for stream in one.seen}
        found = await database_sync_to_async(sessions.people_of_sessions)([one.scope.get("session") for one in sockets])
        return Look(dict(zip(sockets, found, strict=True)), await database_sync_to_async(live.heads_of)(streams))

    async def read(self, stream: str, seen: int, seq: int) -> live.Backlog:
        """What followers of ``stream`` who have seen the same number have missed when ``seq`` is hinted at.

        One read for all of them; one that began for an earlier hint may not know of this one."""
        key = stream, seen, seq
        if key not in self.reads:
            self.reads[key] = asyncio.create_task(database_sync_to_async(live.events_after)(stream, seen))
            self.reads[key].add_done_callback(lambda _: self.reads.pop(key, None))
        return await asyncio.shield(self.reads[key])


_desks: WeakKeyDictionary[asyncio.AbstractEventLoop, Desk] = WeakKeyDictionary()


def desk() -> Desk:
    return _desks.setdefault(asyncio.get_running_loop(), Desk())


class LiveConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        self.seen: dict[str, int] = {}
        # Stream → when the right to follow it was last found to be there, by the process's own clock.
        self.asked_at: dict[str, float] = {}
        self.own_group = ""
        self.sending = asyncio.Lock()
        await self.accept()
        if not await self._may_stay(await self._person()):
            return
        desk().sockets.add(self)
        self.own_group = live.group_of(stream_of_person(self.scope["user"].uid))
        await self.channel_layer.group_add(self.own_group, self.channel_name)
        self.watch = asyncio.create_task(self._watch_rights())

    async def disconnect(self, code: int) -> None:
        desk().sockets.discard(self)
        watch = getattr(self, "watch", None)
        if watch is not None:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
        for stream in list(self.seen):
            await self._leave(stream)
        if self.own_group:
            await self.channel_layer.group_discard(self.own_group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        frame = text_data if text_data is not None else bytes_data or b""
        try:
            content = load_json(frame, max_bytes=MOST_FRAME_BYTES, max_depth=MOST_FRAME_DEPTH)
        except JsonFault as fault:
            await self.send_json({"refused_frame": fault.code})
            return
        if isinstance(content, dict):
            await self._obey(content)

    async def _obey(self, content: dict[str, Any]) -> None:
        for word, act in self.frames.items():
            if isinstance(content.get(word), str):
                await act(self, content)
                return

    async def _follow_as_asked(self, content: dict[str, Any]) -> None:
        await self._follow(content["follow"], content.get("since"))

    async def _leave_as_asked(self, content: dict[str, Any]) -> None:
        await self._leave(content["leave"])

    # All that a client may send: the word that a frame carries → what is done. The access table has a row for each.
    frames: ClassVar[dict[str, Obey]] = {"follow": _follow_as_asked, "leave": _leave_as_asked}

    async def look_again(self, message: dict[str, Any]) -> None:
        """A hint from the relay: read what is new, if the right is still there. One on the person's own stream may mean
        that their access changed, so every right is asked again."""
        stream = message["stream"]
        if live.group_of(stream) == self.own_group and not await self._may_follow_all(await self._person()):
            return
        if self.seen.get(stream, message["seq"]) >= message["seq"]:
            return
        is_fresh = time.monotonic() - self.asked_at[stream] < STALE_SECONDS
        if is_fresh or await self._still_may(stream):
            await self._send_new(stream, hinted=message["seq"])

    async def _follow(self, stream: str, since: Any) -> None:
        began = time.monotonic()
        has_place = stream in self.seen or len(self.seen) < MOST_STREAMS
        may = has_place and await database_sync_to_async(live.may_follow)(self.scope["user"], stream)
        if not may:
            await self.send_json({"refused": stream})
            return
        await self.channel_layer.group_add(live.group_of(stream), self.channel_name)
        # Without a number the page has just been made: it wants only what comes from now on.
        is_number = isinstance(since, int) and not isinstance(since, bool)
        start = since if is_number and since >= 0 else None
        if start is None:
            start = (await database_sync_to_async(live.events_after)(stream, 2**62)).last
        # Nothing of the stream goes out before the answer: the page would take it for all that there is.
        async with self.sending:
            self.seen[stream], self.asked_at[stream] = start, began
            await self.send_json({"following": stream, "since": start})
        await self._send_new(stream)

    async def _leave(self, stream: str) -> None:
        if self.seen.pop(stream, None) is not None and live.group_of(stream) != self.own_group:
            await self.channel_layer.group_discard(live.group_of(stream), self.channel_name)

    async def _send_new(self, stream: str, hinted: int | None = None) -> None:
        async with self.sending:
            if stream not in self.seen:
                return
            if hinted is not None and not live.has_readings(stream):
                backlog = await desk().read(stream, self.seen[stream], hinted)
            else:
                read = database_sync_to_async(live.events_after)
                backlog = await read(stream, self.seen[stream], self.scope["user"])
            if backlog.is_reset:
                await self.send_json({"reset": stream, "seq": backlog.last})
            for event in backlog.events:
                await self.send_json(event)
            self.seen[stream] = max(self.seen[stream], backlog.last)

    async def _still_may(self, stream: str) -> bool:
        async with desk().checking:
            began = time.monotonic()
            may = await database_sync_to_async(live.may_follow)(self.scope["user"], stream)
        if not may:
            await self.close(NO_RIGHT)
            return False
        self.asked_at[stream] = began
        return True

    async def _person(self) -> Person | None:
        """Whose session this is at this moment."""
        found: list[Person | None] = await database_sync_to_async(sessions.people_of_sessions)(
            [self.scope.get("session")]
        )
        return found[0]

    async def _may_follow_all(self, person: Person | None) -> bool:
        """Whether ``person``, whose session this is now, may be here and follow all that they follow; closes the socket
        where not."""
        if not await self._may_stay(person):
            return False
        for stream in list(self.seen):
            if not await self._still_may(stream):
                return False
        return True

    async def _may_stay(self, person: Person | None) -> bool:
        if person is None:
            await self.close(SIGNED_OUT)
            return False
        if person.lacks_second_factor:
            await self.send_json(SecondFactorRequired(second_factor.REQUIRED).as_answer())
            await self.close(NO_RIGHT)
            return False
        self.scope["user"] = person
        return True

    async def _watch_rights(self) -> None:
        try:
            while await self._look_by_itself():
                continue
        except OSError:
            # A page that has just gone cannot be told; its end is on the way to us.
            return
        except Exception:
            # Nobody would ask for rights any more: the page connects anew and is asked then.
            log.exception("The watch over a socket failed")
            with contextlib.suppress(Exception):
                await self.close(BROKEN)

    async def _look_by_itself(self) -> bool:
        """One round of the watch; whether the socket stays."""
        # All sockets of the process wake together, so that one look does for them.
        await asyncio.sleep(CHECK_SECONDS - time.monotonic() % CHECK_SECONDS)
        look = await desk().look()
        if self in look.people and not await self._may_follow_all(look.people[self]):
            return False
        for stream in list(self.seen):
            # A hint may have been dropped on its way; looking by ourselves makes that harmless.
            if look.heads.get(stream, 0) > self.seen.get(stream, 0):
                await self._send_new(stream)
        return True
