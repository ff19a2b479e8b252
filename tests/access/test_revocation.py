"""Who loses a right is refused within five seconds, at every door at once: page, API by session and by token, socket,
the download of an export, a picture and its thumbnail."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.test import Client
from django.urls import reverse

from labeling import project_access
from labeling.events import stream_of_project
from labeling.models import ProjectPersonGrant, ProjectRow
from tests.line import Line
from tests.sockets import Socket
from workforce import organizations, people, teams, tokens
from workforce.models import ClockTimestamp, Membership, Person, Team, Token
from workforce.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)
MOST_SECONDS = 5.0
SIGNED_OUT, NO_RIGHT = 4401, 4403
SESSION, TOKEN = "session", "token"


@dataclass
class Holder:
    """One person with everything open, and how they lose it."""

    way: str
    person: Person
    lose: Callable[["Holder"], None]
    code: int
    loses: tuple[str, ...] = (SESSION, TOKEN)
    client: Client = field(default_factory=Client)
    token_client: Client | None = None
    socket: Socket | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def deactivate_person(holder: Holder, line: Line) -> None:
    people.deactivate_person(line.cast.ada, holder.person, line.cast.home)


def change_membership(holder: Holder, line: Line, **change: Any) -> None:
    member = Membership.objects.get(person=holder.person, organization=line.cast.home)
    values = {"role": member.role, "is_active": True, **change}
    organizations.change_membership(line.cast.ada, member, **values)


def new_password(holder: Holder, line: Line) -> None:
    holder.person.set_password("another long word to enter")
    holder.person.save()


def end_token(holder: Holder, line: Line) -> None:
    tokens.revoke_token(line.cast.ada, Token.objects.get(user=holder.person))


def let_token_expire(holder: Holder, line: Line) -> None:
    Token.objects.filter(user=holder.person).update(expiry=ClockTimestamp())


def revoke_grant(holder: Holder, line: Line) -> None:
    project_access.revoke_role(line.cast.ada, line.project, holder.person)


def let_grant_expire(holder: Holder, line: Line) -> None:
    ProjectPersonGrant.objects.filter(user=holder.person).update(
        expires_at=ClockTimestamp() + timedelta(milliseconds=50)
    )


def bar(holder: Holder, line: Line) -> None:
    project_access.grant_role(line.cast.ada, line.project, holder.person, role=Role.NO_ACCESS)


def leave_team(holder: Holder, line: Line) -> None:
    team = Team.objects.get(name="Leads")
    teams.set_team_people(line.cast.ada, team, [])


MANAGER, LEAD, IN_TEAM = "workforce manager", "project lead", "project lead by a team"
WAYS: list[tuple[str, str, Callable[[Holder, Line], None], int, tuple[str, ...]]] = [
    ("person deactivated", MANAGER, deactivate_person, SIGNED_OUT, (SESSION, TOKEN)),
    ("removed", MANAGER, lambda h, line: change_membership(h, line, is_active=False), NO_RIGHT, (SESSION, TOKEN)),
    ("role changed", MANAGER, lambda h, line: change_membership(h, line, role="member"), NO_RIGHT, (SESSION, TOKEN)),
    ("signed out", MANAGER, lambda h, line: h.client.post(reverse("logout")) and None, SIGNED_OUT, (SESSION,)),
    ("password changed", MANAGER, new_password, SIGNED_OUT, (SESSION,)),
    ("token revoked", MANAGER, end_token, 0, (TOKEN,)),
    ("token expired", MANAGER, let_token_expire, 0, (TOKEN,)),
    ("grant revoked", LEAD, revoke_grant, NO_RIGHT, (SESSION,)),
    ("grant expired", LEAD, let_grant_expire, NO_RIGHT, (SESSION,)),
    ("no access", LEAD, bar, NO_RIGHT, (SESSION,)),
    ("left the team", IN_TEAM, leave_team, NO_RIGHT, (SESSION,)),
]


def holder_of(line: Line, number: int) -> Holder:
    way, kind, lose, code, loses = WAYS[number]
    cast = line.cast
    person = Person.objects.create(email=f"holder{number}@elsewhere.example.net", name=f"Holder {number}", password="!")
    role = Membership.Role.WORKFORCE_MANAGER if kind == MANAGER else Membership.Role.MEMBER
    organizations.add_member(cast.ada, cast.home, person, role=role)
    if kind == LEAD:
        project_access.grant_role(cast.ada, line.project, person, role=Role.PROJECT_LEAD)
    elif kind == IN_TEAM:
        team = teams.create_team(cast.ada, cast.home, name="Leads")
        teams.set_team_people(cast.ada, team, [person])
        project_access.grant_role(cast.ada, line.project, team, role=Role.PROJECT_LEAD)
    holder = Holder(way, person, lambda held: lose(held, line), code, loses)
    holder.client.force_login(person)
    if kind == MANAGER:
        _, clear = tokens.issue_token(person, cast.home, name="t", scopes=["read", "export"])
        holder.token_client = Client(headers={"Authorization": f"Token {clear}"})
    return holder


def doors_of(holder: Holder, line: Line) -> dict[str, Callable[[], int]]:
    """Name → a look through the door: the status, and every byte read."""
    row = ProjectRow.objects.filter(project=line.project).order_by("pk").first()
    assert row is not None
    project, of_row = [line.project.uid], [row.uid]
    by_session = {
        "page": reverse("admin:project", args=project),
        "API": reverse("api-project", args=project),
        "export": reverse("api-project-export", args=project),
        "picture": reverse("asset", args=of_row),
        "thumbnail": reverse("thumbnail", args=of_row),
    }
    by_token = {
        "API by token": reverse("api-project", args=project),
        "export by token": reverse("api-project-export", args=project),
        "picture by token": reverse("api-row-picture", args=of_row),
    }
    found = {}
    if SESSION in holder.loses:
        found |= {name: look(holder.client, address) for name, address in by_session.items()}
    if TOKEN in holder.loses and holder.token_client is not None:
        found |= {name: look(holder.token_client, address) for name, address in by_token.items()}
    return found


def look(client: Client, address: str) -> Callable[[], int]:
    def ask() -> int:
        answer = client.get(address)
        if answer.streaming:
            assert b"".join(answer.streaming_content)
        return answer.status_code

    return ask


def measure_doors(holder: Holder, line: Line) -> None:
    """Look until refused, from the moment of the loss on."""
    started = time.monotonic()
    for name, ask in doors_of(holder, line).items():
        while ask() not in (302, 401, 403, 404):
            assert time.monotonic() - started < MOST_SECONDS, f"{holder.way}: the {name} is still open"
        holder.seconds[name] = time.monotonic() - started


async def open_socket(holder: Holder, stream: str) -> None:
    from config.asgi import application

    cookie = holder.client.cookies[settings.SESSION_COOKIE_NAME].value
    headers = [
        (b"origin", b"http://127.0.0.1"),
        (b"host", b"127.0.0.1"),
        (b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()),
    ]
    holder.socket = Socket(application, "/ws/live/", headers)
    assert await holder.socket.connect()
    await holder.socket.send_json_to({"follow": stream})
    assert "following" in await holder.socket.receive_json_from(timeout=MOST_SECONDS)


async def wait_for_close(holder: Holder, started: float) -> None:
    assert holder.socket is not None
    while True:
        message = await holder.socket.receive_output(timeout=MOST_SECONDS * 3)
        if message["type"] == "websocket.close":
            break
    holder.seconds["socket"] = time.monotonic() - started
    assert message["code"] == holder.code, holder.way


def test_every_loss_closes_every_door_within_five_seconds(line: Line) -> None:
    """Each door is open before; each way is one person's, so that all of them are measured side by side."""
    holders = [holder_of(line, number) for number in range(len(WAYS))]
    for holder in holders:
        for name, ask in doors_of(holder, line).items():
            assert ask() == 200, f"{holder.way}: the {name} was never open"
    stream = stream_of_project(line.project.uid)

    def lose_and_measure(holder: Holder) -> float:
        holder.lose(holder)
        lost = time.monotonic()
        measure_doors(holder, line)
        return lost

    @async_to_sync
    async def scene() -> None:
        with_socket = [holder for holder in holders if holder.code]
        for holder in with_socket:
            await open_socket(holder, stream)
        closing = []
        for holder in holders:
            lost = await sync_to_async(lose_and_measure)(holder)
            if holder.code:
                closing.append(asyncio.create_task(wait_for_close(holder, lost)))
        await asyncio.gather(*closing)

    scene()
    slow = [
        f"{holder.way}: {name} after {seconds:.1f} s"
        for holder in holders
        for name, seconds in holder.seconds.items()
        if seconds > MOST_SECONDS
    ]
    assert not slow, "\n".join(slow)
    assert sum(len(holder.seconds) for holder in holders) > 50
