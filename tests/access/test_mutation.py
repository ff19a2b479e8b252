"""Would the table notice? Each view answers once with all its guards off, and a cell has to turn red."""

from collections import defaultdict

import pytest
from django.db import DatabaseError, transaction

from tests.access.judge import problems_of, rolled_back
from tests.access.mutants import Guards
from tests.access.stages import World
from tests.access.table import Cell, read_cells, related_cells
from workforce import live

Door = tuple[str, str]
# What everybody may open, what stands behind Django's own sign-in alone, and what nobody gets at all.
NO_GUARD = {"healthz", "login", "logout", "my-issues", "my-appeals", "admin:login"}
# Asked of the caller's own rows, or of a link, and not of ``access``: no right to take away.
NO_GUARD |= {"invitation", "account-session-end", "organizations", "organization-choose", "organization-leave"}
# One's own notices.
NO_GUARD |= {"notices", "notice-read", "notices-read-all"}
# One's own tokens, and the teams that name the caller as their lead.
NO_GUARD |= {"account-token-revoke", "my-team"}
TURNABLE = ("deny", "hide", "unauth", "empty", "refuse")


def cells_by_door() -> dict[Door, list[Cell]]:
    found: defaultdict[Door, list[Cell]] = defaultdict(list)
    every = read_cells()
    for cell in [*every, *related_cells(every)]:
        if cell.actor not in ("anonymous", "dead_token"):
            found[cell.route, cell.method].append(cell)
    return found


BY_DOOR = cells_by_door()


@pytest.fixture(autouse=True)
def _answers_are_as_described() -> None:
    """Not here: without its guards a view may well fall over, which is a red cell and no broken promise."""


def is_red(cell: Cell, world: World, *, in_short: bool = True) -> bool:
    """Whether the cell is not what the table says; a fault of the server is red too."""
    with rolled_back():
        try:
            with transaction.atomic():
                return bool(problems_of(cell, world, in_short=in_short))
        except (AssertionError, DatabaseError, AttributeError, LookupError, StopIteration, TypeError, ValueError):
            return True


def test_every_view_without_its_guards_turns_a_cell_red(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guards = Guards(monkeypatch)
    survivors, tried = [], 0
    for door, cells in sorted(BY_DOOR.items()):
        turnable = sorted((cell for cell in cells if cell.expect in TURNABLE), key=lambda cell: cell.expect == "refuse")
        if door[0] in NO_GUARD or not turnable:
            continue
        tried += 1
        if door[0].startswith("stream:"):
            # One question stands for all that its rule asks: where one right excludes another, all of them refuse.
            monkeypatch.setitem(live._streams, door[0].partition(":")[2], lambda person, uid: True)
        with guards.off():
            if not any(is_red(cell, world) for cell in turnable) and not any(
                is_red(cell, world, in_short=False) for cell in turnable
            ):
                survivors.append(f"{door[1]} {door[0]}")
    print(f"views without their guards: {tried}, survivors: {len(survivors)}")
    assert not survivors, "no cell would notice:\n" + "\n".join(survivors)
