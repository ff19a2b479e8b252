"""Every door, every actor, every relation: what the table says is what happens."""

import os
from fnmatch import fnmatch
from itertools import chain, groupby

import pytest

from tests.access.judge import problems_at
from tests.access.stages import World
from tests.access.table import ACTORS, Cell, one_of_each_column, read_cells, related_cells

CELLS = read_cells()
BY_ROUTE: dict[tuple[str, str, str], list[Cell]] = {}
RELATED = sorted(related_cells(CELLS), key=lambda cell: cell.relation)
ASKED = [list(cells) for _, cells in groupby(RELATED, key=lambda cell: cell.relation)]
for one in chain(one_of_each_column(CELLS), *(one_of_each_column(cells, at_home=CELLS) for cells in ASKED)):
    BY_ROUTE.setdefault((one.route, one.method, one.relation), []).append(one)
# While working on one route: ROUTES="api-slot-*" leaves the others out.
ORDER = sorted(key for key in BY_ROUTE if fnmatch(key[0], os.environ.get("ROUTES", "*")))
# One world serves many routes; groups of them can run side by side.
GROUPS = 24


@pytest.mark.parametrize("group", range(GROUPS))
def test_cells(group: int, world: World) -> None:
    wrong: list[str] = []
    for key in ORDER[group::GROUPS]:
        for _, problems in problems_at(BY_ROUTE[key], world):
            wrong += problems
    assert not wrong, "\n".join(wrong)


def test_no_two_roles_have_the_same_column() -> None:
    columns: dict[tuple[str, ...], str] = {}
    # The role of other_labeler, with things of the stage that are the labeler's own; who stands in for another; and
    # who was deactivated, removed or is a superuser is meant to be as good as nobody.
    same = {"labeler", "vendor_labeler", "deactivated", "removed", "superuser", "dead_token"}
    order = sorted({key[:2] for key in ORDER if not key[0].startswith("stream:")})
    for actor in ACTORS:
        if actor in same:
            continue
        cells = {(cell.route, cell.method): cell.expect for cell in CELLS if cell.actor == actor}
        column = tuple(cells.get(key, "login") for key in order)
        assert column not in columns, f"{actor} and {columns[column]} may do exactly the same"
        columns[column] = actor
