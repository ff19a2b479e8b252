"""How one cell is run and judged: the request is sent as the actor, and the answer held to what the table says."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tests.access.requests_of_routes import RequestOf, is_the_same_for_all, requests_of
from tests.access.stages import CANARY, World
from tests.access.table import TOKENS, Cell
from workforce import live

UID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
REFUSED = ("deny", "hide", "unauth", "login")
# Rows that a refused request may write all the same.
MAY_GROW = {"workforce_auditevent", "workforce_auditunsealed", "workforce_auditunsealed_id_seq", "django_session"}
# Answers about nothing that is stored here: signing in, a letter, and what a session shows.
CHANGES_NOTHING = {"login", "logout", "admin:logout", "password-reset", "organization-choose"}
CHANGES_NOTHING |= {"api-project-consensus-preview", "api-project-review-steps-preview"}
ENDS_AT_SIGN_IN = {"logout", "admin:logout", "password-reset-confirm", "account-sign-out-everywhere"}
# Which tables an allowed act changes is for its own tests to say.
SOMETHING = "something"
# An export opens a snapshot of its own, which no test's transaction can hold; its content is tested beside it.
NOT_READ = {"api-project-export"}


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@cache
def watched_tables() -> dict[str, int]:
    """The tables that a refused request must leave as they are → their number in the catalogue."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, relid FROM pg_stat_user_tables")
        return {name: oid for name, oid in cursor.fetchall() if name not in MAY_GROW}


def fingerprint() -> dict[str, str]:
    """A checksum of every table, in one statement."""
    parts = [
        f"SELECT '{name}', md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM \"{name}\" t"
        for name in watched_tables()
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def rows_written() -> int:
    """How many rows were written since the transaction began, also those that were rolled back since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)"
            " + pg_stat_get_xact_tuples_deleted(oid)) FROM unnest(%s::oid[]) oid",
            [list(watched_tables().values())],
        )
        return int(cursor.fetchone()[0])


def send(client: Client, cell: Cell, request: RequestOf) -> Any:
    # The catch-all has no name to be reversed by; any path below the admin will do.
    address = request.kwargs.get("path") or reverse(cell.route, kwargs=request.kwargs)
    return client.generic(
        cell.method,
        address + request.query,
        request.encoded(),
        content_type=request.content_type,
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )


def problems_at(cells: list[Cell], world: World, *, in_short: bool = False) -> Iterator[tuple[Cell, list[str]]]:
    """The cells of one door and relation, one after the other, each with what is wrong. What the request is about is
    made once for all of them, where everybody sends the same."""
    with rolled_back():
        first = cells[0]
        ready = requests_of(world.stage(first.relation), first, None) if is_the_same_for_all(first) else None
        for cell in cells:
            with rolled_back():
                yield cell, problems_of(cell, world, in_short=in_short, ready=ready)


def problems_of(cell: Cell, world: World, *, in_short: bool = False, ready: RequestOf | None = None) -> list[str]:
    """What is wrong with the answer to one cell; nothing when all is as the table says. ``in_short`` looks at the
    answer alone and not at the tables."""
    if cell.route.startswith("stream:"):
        return _problems_of_stream(cell, world)
    stage = world.stage(cell.relation)
    request = ready or requests_of(stage, cell, world.person(cell.actor))
    # A second factor ends the sessions from before it.
    client = world.client(cell.actor, signs_in="second-factor" in cell.route)
    if in_short or cell.method == "GET":
        with transaction.atomic():
            answer, changed = send(client, cell, request), None
    else:
        answer, changed = _send_and_watch(client, cell, request)
    body = body_of(cell, answer)
    found = [
        problem for problem in (_status_problem(cell, answer), _shown_problem(cell, request, answer, body)) if problem
    ]
    if found:
        return [f"{cell}: {problem}, got {answer.status_code} {body[:200]!r}" for problem in found]
    if changed is not None:
        found += _change_problems(cell, changed)
    if CANARY.encode() in body and cell.actor != "stranger":
        found.append("shows a word of another tenant")
    if cell.expect == "hide" and not in_short:
        found += _hiding_problems(cell, client, request, answer, body)
    return [f"{cell}: {problem}" for problem in found]


def _send_and_watch(client: Client, cell: Cell, request: RequestOf) -> tuple[Any, list[str]]:
    """The answer, and the tables that it left otherwise. What wrote no row changed nothing. A refusal that wrote some,
    as one that is rolled back does, is asked again from the same state, between two checksums of all tables."""
    with transaction.atomic():
        before, cookies = transaction.savepoint(), deepcopy(client.cookies)
        so_far = rows_written()
        answer = send(client, cell, request)
        if rows_written() == so_far:
            return answer, []
        if cell.expect == "allow" and answer.status_code < 400:
            return answer, [SOMETHING]
        transaction.savepoint_rollback(before)
        client.cookies = cookies
        tables = fingerprint()
        answer = send(client, cell, request)
        return answer, sorted(table for table, digest in fingerprint().items() if digest != tables[table])


def _problems_of_stream(cell: Cell, world: World) -> list[str]:
    """Whether the actor may follow; a refusal names the stream as it was asked for and nothing else."""
    request, person = requests_of(world.stage(cell.relation), cell, world.person(cell.actor)), world.person(cell.actor)
    kind = cell.route.partition(":")[2]
    # A socket comes with a session; a token opens none.
    may = person is not None and cell.actor not in TOKENS and live.may_follow(person, f"{kind}:{request.kwargs['uid']}")
    wanted = cell.expect == "allow"
    return [] if may == wanted else [f"{cell}: wanted {cell.expect}, may follow: {may}"]


def body_of(cell: Cell, answer: Any) -> bytes:
    if not answer.streaming:
        return bytes(answer.content)
    if cell.route in NOT_READ:
        return b""
    return b"".join(answer.streaming_content)


def _status_problem(cell: Cell, answer: Any) -> str | None:
    status = answer.status_code
    to_login = status == 302 and "/login/" in answer.headers.get("Location", "")
    right = {
        # Without workers in the test /healthz rightly says that it is not ready.
        "allow": (200 <= status < 300 or status in (302, 303) or cell.route == "healthz") and not to_login,
        "empty": 200 <= status < 300,
        "deny": status == 403,
        "hide": status == 404,
        "login": to_login,
        "unauth": status == 401,
        "refuse": status in (409, 422) or (status == 302 and not to_login and cell.method != "GET"),
    }[cell.expect]
    return None if right else f"wanted {cell.expect}"


def _shown_problem(cell: Cell, request: RequestOf, answer: Any, body: bytes) -> str | None:
    """An allowed read shows its thing, an empty list does not, and neither does a refusal."""
    if cell.method != "GET" or cell.route in NOT_READ or answer.status_code in (302, 303):
        return None
    shows = [text if isinstance(text, bytes) else text.encode() for text in request.shows]
    if cell.expect == "allow" and not all(text in body for text in shows):
        return f"allowed, but does not show {shows}"
    if cell.expect == "allow" and not body:
        return "allowed, but says nothing"
    if cell.expect in ("empty", *REFUSED) and any(text in body for text in shows):
        return f"{cell.expect}, but shows {shows}"
    return None


def _change_problems(cell: Cell, changed: list[str]) -> list[str]:
    if cell.expect == "login" and cell.route in ENDS_AT_SIGN_IN:
        return []
    if cell.expect in (*REFUSED, "refuse") and changed:
        return [f"refused, but changed {changed}"]
    if cell.expect == "allow" and not changed and cell.route not in CHANGES_NOTHING:
        return ["allowed, but nothing changed"]
    return []


def _hiding_problems(cell: Cell, client: Client, request: RequestOf, answer: Any, body: bytes) -> list[str]:
    """The answer to random uids in every place of the request is the same to the byte, but for the uids."""
    if "uid" not in request.kwargs and not isinstance(request.body, dict):
        return []
    with transaction.atomic():
        random = send(client, cell, with_random_uids(request))
    if random.status_code != answer.status_code or strip(bytes(random.content)) != strip(body):
        return [f"random uids are answered differently: {random.status_code} {random.content[:200]!r}"]
    return []


def with_random_uids(request: RequestOf) -> RequestOf:
    kwargs = {name: uuid.uuid4() if name == "uid" else value for name, value in request.kwargs.items()}
    body = request.body
    if isinstance(body, dict):
        body = {key: _randomized(value) for key, value in body.items()}
    return RequestOf(kwargs, body, request.query, request.content_type)


def _randomized(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    if isinstance(value, list):
        return [_randomized(inner) for inner in value]
    if isinstance(value, str) and UID.search(value.encode()) and len(value) < 60:
        return UID.sub(lambda found: str(uuid.uuid4()).encode(), value.encode()).decode()
    return value


def strip(body: bytes) -> bytes:
    """Without what differs from answer to answer: the CSRF token of a page, and uids that were sent."""
    return UID.sub(b"<uid>", re.sub(rb'(csrf[^>]*?(?:value|content)=")[^"]*', rb"\1", body))


# --- What a route does not take ---------------------------------------------------------------------------------
EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
DENIED = {302, 401, 403, 404, 405}


def problems_of_method(route: str, taken: set[str], actor: str, world: World) -> list[str]:
    """Every method that is not ``taken``, sent with the request of one that is; ``HEAD`` goes with ``GET``."""
    found = []
    with rolled_back():
        request = requests_of(world.home, Cell(route, min(taken), actor, "deny"), world.person(actor))
        client = world.client(actor)
        so_far = rows_written()
        for method in EVERY_METHOD:
            if method in taken or (method == "HEAD" and "GET" in taken):
                continue
            cell = Cell(route, method, actor, "deny")
            status = send(client, cell, request).status_code
            if status not in DENIED and not (method == "OPTIONS" and status == 200 and not route.startswith("api-")):
                found.append(f"{cell}: wanted 405, got {status}")
        if rows_written() != so_far:
            found.append(f"{route} as {actor}: refused methods, but one of them wrote")
    return found
