"""The socket: follow from a number on, in order, once; refused and closed where a right is missing."""

import asyncio
import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.db import connections
from django.test import Client

from labeling import project_access
from labeling.events import stream_of_project
from tests.flush import owners_connection
from tests.line import Line
from tests.sockets import Socket
from workforce import live, relay
from workforce.consumers import CHECK_SECONDS, desk
from workforce.events import announce
from workforce.models import Event, Membership, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)
MOST_SECONDS = 5


def socket_of(person: Person | None, origin: str = "http://127.0.0.1") -> tuple[Socket, Client]:
    from config.asgi import application

    client = Client()
    headers = [(b"origin", origin.encode()), (b"host", b"127.0.0.1")]
    if person is not None:
        client.force_login(person)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
    return Socket(application, "/ws/live/", headers), client


def say(line: Line, *texts: str) -> None:
    for text in texts:
        announce(line.cast.home.pk, stream_of_project(line.project.uid), "said", {"text": text})
    while relay.relay_once():
        continue


async def follow(socket: Socket, stream: str, since: int | None = None) -> dict[str, Any]:
    await socket.send_json_to({"follow": stream, "since": since})
    return await socket.receive_json_from(timeout=3)


async def texts(socket: Socket, count: int) -> list[str]:
    frames = [await socket.receive_json_from(timeout=3) for _ in range(count)]
    return [frame["payload"]["text"] for frame in frames]


async def closed_with(socket: Socket) -> tuple[int, float]:
    started = time.monotonic()
    while True:
        message = await socket.receive_output(timeout=MOST_SECONDS + 2)
        if message["type"] == "websocket.close":
            return message["code"], time.monotonic() - started


def test_events_come_in_order_and_once(line: Line) -> None:
    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(line.cast.max)
        await socket.connect()
        stream = stream_of_project(line.project.uid)
        assert "following" in await follow(socket, stream)
        await sync_to_async(say)(line, "a", "b", "c")
        assert await texts(socket, 3) == ["a", "b", "c"]
        assert await socket.receive_nothing(timeout=0.3)
        await socket.disconnect()

    scene()


def test_a_reconnect_gets_what_was_missed(line: Line) -> None:
    say(line, "a", "b", "c")
    stream = stream_of_project(line.project.uid)
    second = Event.objects.filter(kind="said").order_by("seq")[1]

    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(line.cast.max)
        await socket.connect()
        await follow(socket, stream, since=second.seq)
        assert await texts(socket, 1) == ["c"]
        await socket.disconnect()

    scene()


def test_a_socket_lives_through_a_quiet_time(line: Line) -> None:
    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(line.cast.max)
        await socket.connect()
        await follow(socket, stream_of_project(line.project.uid))
        await asyncio.sleep(6)
        await sync_to_async(say)(line, "still here")
        assert await texts(socket, 1) == ["still here"]
        await socket.disconnect()

    scene()


def test_a_lost_hint_is_harmless(line: Line) -> None:
    """The layer carries hints only: an event whose hint never came arrives by itself."""

    def say_without_hint() -> None:
        announce(line.cast.home.pk, stream_of_project(line.project.uid), "said", {"text": "quiet"})
        relay.number_events()

    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(line.cast.max)
        await socket.connect()
        await follow(socket, stream_of_project(line.project.uid))
        await sync_to_async(say_without_hint)()
        frame = await socket.receive_json_from(timeout=MOST_SECONDS)
        assert frame["payload"]["text"] == "quiet"
        await socket.disconnect()

    scene()


def test_a_hint_is_read_once_for_all_who_follow(line: Line) -> None:
    """One answer of the database goes to all pages that have seen the same; who hears of more reads anew."""
    stream = stream_of_project(line.project.uid)
    say(line, "one", "two")

    @async_to_sync
    async def answers() -> list[live.Backlog]:
        hints = [(0, 2)] * 30 + [(1, 2), (0, 3)]
        return list(await asyncio.gather(*(desk().read(stream, seen, seq) for seen, seq in hints)))

    found = answers()
    assert len({id(one) for one in found}) == 3 and len({id(one) for one in found[:30]}) == 1
    assert [len(one.events) for one in found[29:]] == [2, 1, 2]
    assert answers()[0] is not found[0], "kept for nobody who comes later"


def test_a_change_of_access_is_looked_at_at_once(line: Line) -> None:
    """Not only with the next look, seconds later: nothing more is told to who has lost the right."""

    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(line.cast.pia)
        await socket.connect()
        await follow(socket, stream_of_project(line.project.uid))
        await sync_to_async(project_access.grant_role)(line.cast.ada, line.project, line.cast.pia, role=Role.LABELER)
        await sync_to_async(relay.relay_once)()
        code, seconds = await closed_with(socket)
        assert code == 4403 and seconds < CHECK_SECONDS / 2

    scene()


@pytest.mark.parametrize("name", ["lena", "rita", "nora", "otto"])
def test_who_may_not_see_scores_cannot_follow_the_project(line: Line, name: str) -> None:
    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(getattr(line.cast, name))
        await socket.connect()
        answer = await follow(socket, stream_of_project(line.project.uid))
        assert answer == {"refused": stream_of_project(line.project.uid)}
        await socket.disconnect()

    scene()


def test_everyone_follows_the_own_stream_and_nobody_elses(line: Line) -> None:
    assert live.may_follow(line.cast.lena, f"person:{line.cast.lena.uid}")
    assert not live.may_follow(line.cast.lena, f"person:{line.cast.leo.uid}")
    for nonsense in ("person:", "project:1", "row:x'--", "unknown:1", ""):
        assert not live.may_follow(line.cast.max, nonsense)


def test_who_is_not_signed_in_is_closed(line: Line) -> None:
    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(None)
        await socket.connect()
        assert (await closed_with(socket))[0] == 4401

    scene()


def test_another_sites_page_gets_no_socket(line: Line) -> None:
    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(line.cast.max, origin="https://evil.example")
        connected = await socket.connect()
        assert not connected

    scene()


@pytest.mark.parametrize("how", ["logout", "person", "membership", "role"])
def test_a_socket_dies_within_five_seconds(line: Line, how: str) -> None:
    person = line.cast.pia

    def lose(client: Client) -> None:
        if how == "logout":
            client.post("/logout/")
        elif how == "person":
            Person.objects.filter(pk=person.pk).update(is_active=False)
        elif how == "membership":
            Membership.objects.filter(person=person).update(is_active=False)
        else:
            project_access.grant_role(line.cast.ada, line.project, person, role=Role.LABELER)

    @async_to_sync
    async def scene() -> None:
        socket, client = await sync_to_async(socket_of)(person)
        await socket.connect()
        assert "following" in await follow(socket, stream_of_project(line.project.uid))
        await sync_to_async(lose)(client)
        code, seconds = await closed_with(socket)
        assert code == (4401 if how in ("logout", "person") else 4403)
        assert seconds <= MOST_SECONDS

    scene()


def test_the_numbers_of_a_stream_have_no_hole_under_many_writers(line: Line) -> None:
    import threading

    def write(number: int) -> None:
        for step in range(25):
            announce(line.cast.home.pk, stream_of_project(line.project.uid), "said", {"text": f"{number}-{step}"})
        connections["default"].close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    while relay.relay_once():
        continue
    numbers = Event.objects.filter(stream=stream_of_project(line.project.uid)).order_by("seq")
    assert list(numbers.values_list("seq", flat=True)) == list(range(1, numbers.count() + 1))
    assert numbers.filter(kind="said").count() == 200


def test_a_frame_that_is_no_clean_json_is_refused_and_the_socket_lives(line: Line) -> None:
    deep = '{"follow":' * 10 + '"x"' + "}" * 10
    frames = {
        "follow": "bad_json",
        '{"follow": "a", "follow": "b"}': "duplicate_key",
        '{"follow": "a", "since": NaN}': "not_finite",
        '{"follow": "a", "since": 1e999}': "number_out_of_range",
        '{"follow": "project:\\u0000"}': "nul_character",
        deep: "too_deep",
        '{"follow": "' + "x" * 5000 + '"}': "too_large",
    }

    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(line.cast.max)
        await socket.connect()
        for frame, code in frames.items():
            await socket.send_input({"type": "websocket.receive", "text": frame})
            assert await socket.receive_json_from(timeout=3) == {"refused_frame": code}, frame[:40]
        await socket.send_input({"type": "websocket.receive", "bytes": b"\xff"})
        assert await socket.receive_json_from(timeout=3) == {"refused_frame": "bad_encoding"}
        for harmless in ("[1]", "12", '{"follow": 7}'):
            await socket.send_input({"type": "websocket.receive", "text": harmless})
        stream = stream_of_project(line.project.uid)
        answer = await follow(socket, stream)
        assert answer["following"] == stream
        await socket.disconnect()

    scene()


def test_a_socket_whose_watch_failed_is_closed_and_not_left_unwatched(line: Line) -> None:
    """One failed look would end the watch over all sockets of the process: their pages connect anew instead."""

    def rename(before: str, after: str) -> None:
        with owners_connection() as owner, owner.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {before} RENAME TO {after}")

    @async_to_sync
    async def scene() -> None:
        socket, _ = await sync_to_async(socket_of)(line.cast.max)
        await socket.connect()
        await follow(socket, stream_of_project(line.project.uid))
        await sync_to_async(rename)("workforce_streamhead", "workforce_gone")
        try:
            code, seconds = await closed_with(socket)
        finally:
            await sync_to_async(rename)("workforce_gone", "workforce_streamhead")
        assert code == 1011 and seconds <= MOST_SECONDS

    scene()
