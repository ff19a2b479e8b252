"""``GET /healthz``: 200 with the state of each part once all are ready, 503 before."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from workforce.alive import parts_alive

PARTS = ("live", "bulk", "relay", "scheduler")
_seen: set[str] = set()


def database_state() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok" if is_migrated() else "migrations are missing"
    except DatabaseError:
        return "away"


def is_migrated() -> bool:
    """Whether nothing waits to be migrated; looked up until it is so, then remembered by the process."""
    if "migrated" not in _seen:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _seen.add("migrated")
    return True


def states() -> dict[str, str]:
    """The state of each part by name; ``ok`` is the only good one."""
    alive = parts_alive(PARTS)
    found = {"web": "ok", "database": database_state(), "valkey": "away" if alive is None else "ok"}
    for part in PARTS:
        found[part] = "ok" if alive and part in alive else "not seen"
    return found


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    found = states()
    is_ready = all(state == "ok" for state in found.values())
    response = JsonResponse({"ready": is_ready, "parts": found}, status=200 if is_ready else 503)
    # While the parts come up a 503 every moment is the expected answer, not an error to log.
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark
    return response
