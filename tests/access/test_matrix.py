"""Every address, every actor: what the table says is what happens."""

import re
import uuid
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tests.access.requests_of_routes import RequestOf, requests_of
from tests.access.table import ACTORS, Cell, read_cells, routes
from tests.line import Line, make_line

CELLS = read_cells()
BY_ROUTE: dict[tuple[str, str], list[Cell]] = {}
for one in CELLS:
    BY_ROUTE.setdefault((one.route, one.method), []).append(one)
# Rows that a refused request may write all the same.
MAY_GROW = {"workforce_auditevent", "django_session", "labeling_draft"}


def test_every_route_has_its_rows_and_every_row_its_route() -> None:
    known = routes()
    said = {route for route, _ in BY_ROUTE}
    missing = [
        f"{route},{method or 'GET'},*=?" for route in sorted(set(known) - said) for method in known[route] or [""]
    ]
    assert not missing, "routes without a row:\n" + "\n".join(missing)
    assert not sorted(said - set(known)), "rows whose route is gone"
    unsaid = [
        f"{route},{method}" for route, methods in known.items() for method in methods if (route, method) not in BY_ROUTE
    ]
    assert not unsaid, "methods without a row:\n" + "\n".join(sorted(unsaid))


def test_every_row_names_every_actor() -> None:
    short = [f"{route} {method}" for (route, method), cells in BY_ROUTE.items() if len(cells) != len(ACTORS)]
    assert short == []


@pytest.fixture
def stage(cast: Any, quick_hashes: None) -> Line:
    return make_line(cast, rows=6, review_share=0)


def fingerprint() -> dict[str, str]:
    """A checksum of every table, to see that a refusal changed nothing."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table in MAY_GROW:
                continue
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t")
            found[table] = cursor.fetchone()[0]
    return found


def client_of(cell: Cell, stage: Line) -> Client:
    client = Client(raise_request_exception=False)
    name = ACTORS[cell.actor]
    if name:
        client.force_login(getattr(stage.cast, name))
    return client


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


def judge(cell: Cell, response: Any) -> str | None:
    """What is wrong with the answer, or nothing."""
    status = response.status_code
    to_login = status == 302 and "/login/" in response.headers.get("Location", "")
    right = {
        # Without workers in the test /healthz rightly says that it is not ready.
        "allow": (200 <= status < 300 or status in (302, 303) or cell.route == "healthz") and not to_login,
        "deny": status == 403,
        "hide": status == 404,
        "login": to_login,
        "unauth": status == 401,
        "refuse": status in (409, 422),
    }[cell.expect]
    return None if right else f"{cell.method} {cell.route} as {cell.actor}: wanted {cell.expect}, got {status}"


# One stage serves many routes; groups of them can run side by side.
GROUPS = 8
ORDER = sorted(BY_ROUTE)


@pytest.mark.django_db
@pytest.mark.parametrize("group", range(GROUPS))
def test_cells(group: int, stage: Line) -> None:
    wrong: list[str] = []
    for key in ORDER[group::GROUPS]:
        for cell in BY_ROUTE[key]:
            with rolled_back():
                wrong += problems_of(cell, stage)
    assert not wrong, "\n".join(wrong)


def problems_of(cell: Cell, stage: Line) -> list[str]:
    # What earlier cells were refused is counted there and would raise an alert in the middle of this one.
    cache.clear()
    request, client = requests_of(stage, cell), client_of(cell, stage)
    # A read that is refused has its checksum taken once per route, by the first such actor.
    before = fingerprint() if is_checked(cell) else {}
    response = send(client, cell, request)
    # A stream is not read here: an export opens a snapshot of its own, which no test's transaction can hold.
    body = b"" if response.streaming else response.content
    problem = judge(cell, response)
    found = [f"{problem} {body[:200]!r}"] if problem else []
    if before:
        changed = [table for table, digest in fingerprint().items() if digest != before[table]]
        if changed:
            found.append(f"{cell.method} {cell.route} as {cell.actor}: refused, but changed {changed}")
    if cell.expect == "hide" and request.kwargs.get("uid"):
        request.kwargs["uid"] = uuid.uuid4()
        random = send(client, cell, request)
        if strip(random.content) != strip(body):
            found.append(f"{cell.method} {cell.route} as {cell.actor}: a random uid is answered differently")
    return found


def is_checked(cell: Cell) -> bool:
    """Whether the tables are compared: for every refused write, once per kind of refusal of a route."""
    if cell.expect not in ("deny", "hide", "unauth") or cell.method == "GET":
        return False
    alike = [other for other in BY_ROUTE[cell.route, cell.method] if other.expect == cell.expect]
    return alike[0] == cell


def strip(body: bytes) -> bytes:
    """Without what differs from answer to answer: the CSRF token of a page."""
    return re.sub(rb'(csrf[^>]*?(?:value|content)=")[^"]*', rb"\1", body)


class rolled_back:
    def __enter__(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def __exit__(self, *error: object) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)


def test_no_two_roles_have_the_same_column() -> None:
    columns: dict[tuple[str, ...], str] = {}
    order = sorted(BY_ROUTE)
    for actor in ACTORS:
        if actor in ("labeler", "vendor_labeler", "deactivated"):
            # The role of other_labeler, with things of the stage that are the labeler's own; and who was deactivated
            # is meant to be as good as anonymous.
            continue
        column = tuple(next(c.expect for c in BY_ROUTE[key] if c.actor == actor) for key in order)
        assert column not in columns, f"{actor} and {columns[column]} may do exactly the same"
        columns[column] = actor
