"""Would the table notice? Each view answers once with all its guards off, and each guard is off once by itself, for all
the views that pass it: every time a cell has to turn red."""

from collections import defaultdict

import pytest
from django.db import DatabaseError, transaction

from tests.access.judge import fingerprint, problems_of, rolled_back, send
from tests.access.mutants import Guards, Site
from tests.access.requests_of_routes import requests_of
from tests.access.stages import World
from tests.access.table import TOKENS, Cell, read_cells, related_cells
from workforce import live

Door = tuple[str, str]
# What everybody may open, what stands behind Django's own sign-in alone, and what nobody gets at all.
NO_GUARD = {"healthz", "login", "logout", "my-issues", "admin:login"}
TURNABLE = ("deny", "hide", "unauth", "empty", "refuse")
# A door is tried by one cell of each kind, and by these actors besides.
ALWAYS = ("organization_admin", "project_lead", "team_lead", "labeler")
MOST_ALONE, MOST_BEHIND, MOST_HELD = 10, 6, 4
# Questions whose answer no door could show to be always yes, each with the reason. A new one that survives stands for
# a line that the table lacks.
HIDES = "a yes hides more; tests/labeling/test_blindness.py holds it"
OFFERS = "only offers a form or a name; the rule behind it asks again"
INSIDE = "narrows what hangs below a thing that the page has asked for by a right that holds this one too"
OWN = "the person's own things, of projects that they may still see; the tests of the list hold it"
ABOVE = "who manages access holds every role of a project; test_staff.py tries the roles above"
STATE = "tells the next state of an issue that is open to the one who asks"
SILENT: dict[tuple[str, str, str], str] = {
    ("labeling/admin/batches.py", "_create", "visible_to"): INSIDE,
    ("labeling/admin/datasets.py", "dataset", "visible_to"): INSIDE,
    ("labeling/admin/datasets.py", "dataset", "can"): OFFERS,
    ("labeling/admin/ontologies.py", "ontology", "can"): OFFERS,
    ("labeling/admin/project_tabs.py", "show_in_project", "permissions_of"): OFFERS,
    ("labeling/blindness.py", "labels_shown_to", "can"): HIDES,
    ("labeling/blindness.py", "refuse_unsubmitted", "can"): HIDES,
    ("labeling/blindness.py", "hide_unsubmitted", "visible_to"): HIDES,
    ("labeling/blindness.py", "hide_unsubmitted_rows", "can"): HIDES,
    ("labeling/kept_drafts.py", "drafts_of", "visible_to"): OWN,
    ("labeling/kept_drafts.py", "kept_drafts.<locals>.<dictcomp>", "visible_to"): OWN,
    ("labeling/project_access.py", "roles_to_grant", "permissions_of"): OFFERS,
    ("labeling/project_access.py", "_refuse_role", "permissions_of"): ABOVE,
    ("quality/admin/project_quality.py", "_rows", "visible_to"): INSIDE,
    ("quality/admin/row.py", "row", "visible_to"): INSIDE,
    ("quality/admin/row.py", "_opinions", "visible_to"): INSIDE,
    ("quality/admin/row.py", "_benchmark", "can"): INSIDE,
    ("quality/admin/row.py", "_history", "visible_to"): INSIDE,
    ("quality/flow.py", "_alerts", "visible_to"): INSIDE,
    ("quality/flow_rows.py", "rows_behind", "visible_to"): INSIDE,
    ("quality/issues.py", "comment", "can"): STATE,
    ("quality/issues.py", "issues_to_answer", "visible_to"): OWN,
    ("quality/issues.py", "acts_open_to.<locals>.<dictcomp>", "visible_to"): OFFERS,
    ("quality/performance.py", "performance_of", "can"): "what is shown is narrowed again person by person",
    ("quality/performance.py", "performance_of", "require"): INSIDE,
    ("quality/review.py", "rows_that_came_back", "visible_to"): OWN,
    ("workforce/admin/pages.py", "_read", "organizations_of"): OFFERS,
    ("workforce/admin/people.py", "person", "can"): OFFERS,
    ("workforce/admin/teams.py", "team", "can"): OFFERS,
    ("workforce/jobs.py", "jobs_of", "organizations_of"): OWN,
}


def cells_by_door() -> dict[Door, list[Cell]]:
    found: defaultdict[Door, list[Cell]] = defaultdict(list)
    every = read_cells()
    for cell in [*every, *related_cells(every)]:
        if cell.actor not in ("anonymous", "dead_token"):
            found[cell.route, cell.method].append(cell)
    return found


BY_DOOR = cells_by_door()


def sample(cells: list[Cell]) -> list[Cell]:
    """One cell of each kind of answer and relation, and those of a few roles."""
    kinds = {(cell.expect, cell.relation): cell for cell in reversed(cells)}
    return [cell for cell in cells if cell in kinds.values() or (not cell.relation and cell.actor in ALWAYS)]


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
        with guards.without():
            if not any(is_red(cell, world) for cell in turnable) and not any(
                is_red(cell, world, in_short=False) for cell in turnable
            ):
                survivors.append(f"{door[1]} {door[0]}")
    print(f"views without their guards: {tried}, survivors: {len(survivors)}")
    assert not survivors, "no cell would notice:\n" + "\n".join(survivors)


def test_every_guard_alone_turns_a_cell_red(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard with another behind it turns one red together with that other, in a cell that it refuses first."""
    guards = Guards(monkeypatch)
    passed: defaultdict[Site, list[Cell]] = defaultdict(list)
    refused: defaultdict[Site, list[Cell]] = defaultdict(list)
    for cells in BY_DOOR.values():
        for cell in sample(cells):
            with guards.without(set()):
                assert not is_red(cell, world), f"{cell} is red before anything is taken away"
                for site in dict.fromkeys(guards.seen):
                    passed[site].append(cell)
                if guards.seen and cell.expect in TURNABLE:
                    refused[guards.seen[-1]].append(cell)
    survivors = [
        site
        for site in sorted(passed)
        if (site.module, site.function, site.asks) not in SILENT
        and not turns_red(site, passed[site], refused[site], guards, world)
    ]
    print(f"guards taken away one by one: {len(passed)}, survivors: {len(survivors)}")
    assert not survivors, "no cell would notice:\n" + "\n".join(map(str, survivors))
    left = set(SILENT) - {(site.module, site.function, site.asks) for site in passed}
    assert not left, f"these ask no more: {sorted(left)}"


def turns_red(site: Site, passed: list[Cell], refused: list[Cell], guards: Guards, world: World) -> bool:
    first = [*refused, *(cell for cell in passed if cell not in refused)]
    for cell in first[:MOST_ALONE]:
        with guards.without({site}):
            if is_red(cell, world):
                return True
    if any(is_red_with_those_behind(site, cell, guards, world) for cell in refused[:MOST_BEHIND]):
        return True
    for cell in first[MOST_ALONE:]:
        with guards.without({site}):
            if is_red(cell, world):
                return True
    doors = dict.fromkeys((cell.route, cell.method) for cell in passed if cell.method != "FOLLOW")
    return any(holds_alone(site, BY_DOOR[door], guards, world) for door in doors)


def holds_alone(site: Site, cells: list[Cell], guards: Guards, world: World) -> bool:
    """A guard behind others that say the same first: with all of them gone it still refuses, and without it too the
    act is done. A rule's refusal on a page is a message, so what counts is what changed."""
    for cell in [cell for cell in cells if cell.expect in ("deny", "hide") and cell.actor not in TOKENS][:MOST_HELD]:
        with guards.without(but=site):
            is_held = not is_done(cell, world) and site in guards.seen
        with guards.without():
            if is_held and is_done(cell, world):
                return True
    return False


def is_done(cell: Cell, world: World) -> bool:
    """Whether a refused act is done all the same: what it reads is shown, what it writes is written."""
    with rolled_back():
        try:
            with transaction.atomic():
                request = requests_of(world.stage(cell.relation), cell, world.person(cell.actor))
                client = world.client(cell.actor)
                before = fingerprint()
                answer = send(client, cell, request)
                is_read = cell.method == "GET" and answer.status_code == 200
                return is_read or (cell.method != "GET" and fingerprint() != before)
        except (AssertionError, DatabaseError):
            return False


def is_red_with_those_behind(site: Site, cell: Cell, guards: Guards, world: World) -> bool:
    off = {site}
    for _ in range(MOST_BEHIND):
        with guards.without(off):
            if is_red(cell, world):
                return True
            behind = set(guards.seen[-1:]) - off
        if not behind:
            return False
        off |= behind
    return False
