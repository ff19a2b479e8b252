"""The access table: who may do what at every door.

``matrix.csv`` has one line per door and method. A door is a route's name, ``stream:<kind>`` (a socket's stream),
``frame:<socket> <word>`` (what a socket takes in), ``action:…`` (an action of the admin), ``file:…`` (where bytes are
handed out) or ``secret:…`` (where a signature or a random key is made). The cells of the last three and of a frame
name the ``door`` that guards it. Elsewhere each cell is one actor: allow (and the thing is shown or changed), empty (a
list that shows nothing of the stage), deny (403), hide (404, byte-equal to a random uid), login (sent to sign in),
unauth (401), refuse (the right is there, but a rule of the work says no: 409 or 422, or a page's
way back with the reason and nothing changed). ``*`` is everybody not named.

An actor that a line does not name stands in for another first (``STAND_INS``), so that most lines name few. What the
table says of a thing of the stage, ``RELATIONS`` carries over to the same thing of somebody else."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

FILE = Path(__file__).parent / "matrix.csv"
ACTORS = {
    "organization_admin": "ada",
    "workforce_manager": "max",
    "project_lead": "pia",
    "team_lead": "tom",
    "reviewer": "rita",
    "expert": "eva",
    "labeler": "lena",
    "other_labeler": "leo",
    "vendor_labeler": "vera",
    "vendor_manager": "vito",
    "viewer": "wim",
    "member": "nora",
    "deactivated": "dora",
    "stranger": "otto",
    "anonymous": "",
    # A viewer of this one project; a viewer of the organization who is barred here though the own team labels here;
    # a former member whose session and grant are left; a superuser, who is nothing.
    "project_viewer": "val",
    "no_access": "nina",
    "removed": "remo",
    "superuser": "sue",
    # Tokens of one scope each, all of a workforce manager who labels and reviews here too: the scope is the limit.
    "token_read": "zoe",
    "token_import": "zoe",
    "token_label": "zoe",
    "token_review": "zoe",
    "token_export": "zoe",
    "token_manage": "zoe",
    "token_people": "zoe",
    "vendor_token": "vito",
    "dead_token": "zeno",
}
TOKENS = {actor for actor in ACTORS if "token" in actor}
EXPECTED = {"allow", "empty", "deny", "hide", "login", "unauth", "refuse"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DOOR = "door"
FACES = ("admin:", "api-", "stream:")
GUARDED_ELSEWHERE = ("frame:", "action:", "file:", "secret:")
# Actor, route, method → the actor whose cell it takes, or a value. The first that fits counts.
STAND_INS = [
    ("project_viewer", "*", "*", "viewer"),
    ("no_access", "*", "*", "member"),
    ("removed", "admin:*", "*", "member"),
    ("removed", "*", "*", "stranger"),
    ("superuser", "*", "*", "removed"),
    ("vendor_token", "api-*", "*", "vendor_manager"),
    ("dead_token", "api-*", "*", "deactivated"),
    ("token_read", "api-*", "GET", "workforce_manager"),
    ("token_manage", "api-*", "P*", "workforce_manager"),
    ("token_manage", "api-*", "DELETE", "workforce_manager"),
    ("token_*", "api-*", "*", "=deny"),
    ("*token*", "*", "*", "anonymous"),
]
# To a page, a stream and the admin a token is nothing: one stands for all.
ONE_TOKEN = "token_read"


@dataclass(frozen=True)
class Cell:
    route: str
    method: str
    actor: str
    expect: str
    relation: str = ""

    def __str__(self) -> str:
        of = f" ({self.relation})" if self.relation else ""
        return f"{self.method} {self.route} as {self.actor}{of}"


def read_lines(file: Path = FILE) -> list[dict[str, str]]:
    with file.open(newline="") as source:
        return list(csv.DictReader(source))


def read_cells(file: Path = FILE) -> list[Cell]:
    """Every cell of the file, wildcards expanded. Raises ValueError for an unknown word or a cell said twice."""
    found: dict[tuple[str, str, str], Cell] = {}
    for line in read_lines(file):
        route, method = line["route"], line["method"]
        if route.startswith(GUARDED_ELSEWHERE):
            continue
        values = dict(part.split("=") for part in line["cells"].split())
        unknown = set(values) - set(ACTORS) - {"*"} | set(values.values()) - EXPECTED
        if unknown:
            raise ValueError(f"{route} {method}: unknown {sorted(unknown)}")
        for actor in ACTORS:
            if actor in TOKENS and actor != ONE_TOKEN and not route.startswith("api-"):
                continue
            expect = _value(values, route, method, actor)
            key = (route, method, actor)
            if expect is None:
                continue
            if key in found:
                raise ValueError(f"{key} stands twice")
            found[key] = Cell(*key, expect)
    return list(found.values())


def read_doors(file: Path = FILE) -> dict[str, str]:
    """Frames, actions, files and secrets → the door that guards each."""
    found = {}
    for line in read_lines(file):
        if line["route"].startswith(GUARDED_ELSEWHERE):
            name, _, door = line["cells"].partition("=")
            if name != DOOR or not door:
                raise ValueError(f"{line['route']}: say door=<route>, or door=none and why in the note")
            found[line["route"]] = door
    return found


def _value(values: dict[str, str], route: str, method: str, actor: str) -> str | None:
    if actor in values:
        return values[actor]
    for who, where, how, like in STAND_INS:
        if fnmatch(actor, who) and fnmatch(route, where) and fnmatch(method, how):
            return like[1:] if like.startswith("=") else _value(values, route, method, like)
    return values.get("*")


# --- Relations --------------------------------------------------------------------------------------------------
# Actors whose columns are equal in a relation are run once: who reaches nothing there is the same whatever the role.
RELATED_ACTORS = (
    "organization_admin",
    "workforce_manager",
    "project_lead",
    "labeler",
    "vendor_labeler",
    "vendor_manager",
    "viewer",
    "member",
    "token_read",
    "token_manage",
    "token_label",
)
# Roles on the project alone: in another project of the same organization they are plain members.
BY_GRANT = {"project_lead", "team_lead", "expert", "labeler", "vendor_labeler", "project_viewer", "reviewer"}
# relation, route, method, what differs from the line in matrix.csv. A relation is run for the routes that it names.
OF_A_PROJECT = (
    "label",
    "review",
    "review-grid",
    "api-review-grid*",
    "row-history",
    "my-issue-*",
    "my-appeal",
    "my-appeal-*",
    "my-issue",
    "issue-propose",
    "proposal-*",
    "api-proposal-*",
    "issues",
    "issues-bulk",
    "issue-view-*",
    "my-team-*",
    "asset",
    "thumbnail",
    "api-claim*",
    "api-slot-*",
    "api-project",
    "api-project-*",
    "api-row-*",
    "api-batch*",
    "api-issue*",
    "api-accuracy",
    "api-appeal*",
    "api-benchmark*",
    "api-quality-rule*",
    "api-rule-acts",
    "admin:rule-*",
    "my-gold-*",
    "vetting",
    "api-vetting",
    "api-vetting-settings",
    "api-vetting-switch",
    "api-vetting-invite",
    "api-candidacy*",
    "admin:candidacy*",
    "admin:label-gold",
    "admin:project",
    "admin:project-[!n]*",
    "admin:row*",
    "admin:batch*",
    "api-grant*",
    "api-minimum-skill*",
    "api-pause-resume",
    "guidelines",
    "quiz",
    "api-quiz*",
    "practice",
    "practice-picture",
    "api-practice*",
    "admin:practice-*",
    "admin:issue*",
    "stream:project",
    "stream:row",
    "stream:issue",
)
OF_AN_ORGANIZATION = (
    "api-projects",
    "api-ontolog*",
    "api-dataset*",
    "api-token*",
    "api-job*",
    "admin:person*",
    "admin:team",
    "admin:dataset",
    "admin:ontology",
    "admin:job",
    "admin:jobs-again",
    "admin:token-revoke",
    "stream:person",
    "vetting-*",
    "api-vetting-apply",
    "api-vetting-withdraw",
    "account-session-end",
    "notice-read",
    "api-notice-read",
    "account-token-revoke",
    "organization-leave",
    "api-invitation",
    "api-person*",
    "api-computed-skills",
    "api-skill-source",
    "api-vendor-*",
    "vendor*",
    "admin:alert-seen",
    "admin:days-off-remove",
    "admin:invitation-*",
    "admin:organization-change",
    "admin:organization-second-factor",
    "admin:rate-*",
    "admin:team-*",
)
OF_A_VENDOR = ("vendor", "vendor-[!s]*", "api-vendor-*")
# These look like a project's and hang at the organization.
NOT_OF_A_PROJECT = {
    "api-grants-due",
    "api-project-template",
    "api-project-template-projects",
    "admin:project-template",
    "admin:project-template-retire",
}
# Addresses that carry their own right.
BY_LINK = {"password-reset-confirm"}
LISTS = {
    "api-project-templates GET",
    "admin:project-templates GET",
    "admin:project-templates POST",
    "vendor-start GET",
    "admin:issues GET",
    "api-projects GET",
    "api-ontologies GET",
    "api-datasets GET",
    "api-tokens GET",
}
FORMS = ("admin:people", "admin:teams", "admin:tokens", "admin:datasets", "admin:ontologies", "admin:project-new")
# In another project: the token's owner labels at home by a grant and manages everywhere; who has a grant is told to
# nobody else.
DIFFERS: dict[str, dict[str, str]] = {
    "api-claim*": {"token_label": "deny"},
    "api-slot-*": {"token_label": "deny"},
    "api-row-benchmark-draw": {"token_label": "deny"},
    "api-practice-next": {"token_label": "deny"},
    "api-practice-answer": {"token_label": "deny"},
    "api-quiz": {"token_read": "deny"},
    "api-quiz-attempts": {"token_label": "deny"},
    "api-grant*": dict.fromkeys(BY_GRANT, "hide"),
}
RELATIONS: list[tuple[str, str, str, dict[str, str]]] = [
    *(("other_project", route, "*", {}) for route in OF_A_PROJECT),
    *(("foreign", route, "*", {}) for route in (*OF_A_PROJECT, *OF_AN_ORGANIZATION)),
    # Another vendor of the organization is none of the manager's.
    *(("other_project", route, "*", {"vendor_manager": "deny"}) for route in OF_A_VENDOR),
    # What a form offers does not hold another tenant's things, so the form is shown again with its fault.
    *(("foreign", route, "POST", {"*": "refuse"}) for route in FORMS),
]


def related_cells(cells: list[Cell]) -> Iterator[Cell]:
    """The cells of the relations: another project of the organization, and another organization."""
    for cell in cells:
        if cell.actor not in RELATED_ACTORS or cell.expect in ("login", "unauth"):
            continue
        for relation, expect in _relations_of(cell):
            yield replace(cell, expect=expect, relation=relation)


def _relations_of(cell: Cell) -> Iterator[tuple[str, str]]:
    if f"{cell.route} {cell.method}" in LISTS:
        return
    for relation, route, method, differs in RELATIONS:
        if relation == "other_project" and cell.route in NOT_OF_A_PROJECT:
            continue
        if fnmatch(cell.route, route) and fnmatch(cell.method, method):
            at_the_door = cell.expect == "deny" and (cell.route.startswith("admin:") or cell.actor in TOKENS)
            if at_the_door:
                continue
            said = differs.get(cell.actor, differs.get("*"))
            if said is None and relation == "other_project":
                said = next((who.get(cell.actor) for door, who in DIFFERS.items() if fnmatch(cell.route, door)), None)
            if said is None and relation == "other_project":
                said = "deny" if cell.actor in BY_GRANT else cell.expect
            if said is None and relation == "foreign":
                said = "hide"
            yield relation, said or cell.expect


# --- What is run ------------------------------------------------------------------------------------------------
def one_of_each_column(cells: list[Cell], at_home: Iterable[Cell] = ()) -> list[Cell]:
    """Actors for whom every door of a face (pages, admin, API, streams) has the same answer take turns there: at each
    door one of them asks. Cells of a relation: the same answer in it and ``at_home``."""
    home: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for cell in at_home:
        home.setdefault((_face_of(cell), cell.actor), []).append((cell.route, cell.method, cell.expect))
    faces: dict[str, dict[tuple[str, str], dict[str, Cell]]] = {}
    for cell in cells:
        faces.setdefault(_face_of(cell), {}).setdefault((cell.route, cell.method), {})[cell.actor] = cell
    found = []
    for face, doors in faces.items():
        columns: dict[tuple[object, ...], list[str]] = {}
        for actor in ACTORS:
            here = tuple(door[actor].expect if actor in door else None for door in doors.values())
            columns.setdefault((here, tuple(sorted(home.get((face, actor), [])))), []).append(actor)
        for turn, door in enumerate(doors.values()):
            asking = {actors[turn % len(actors)] for actors in columns.values()}
            found += [cell for actor, cell in door.items() if actor in asking]
    return found


def _face_of(cell: Cell) -> str:
    return next((start for start in FACES if cell.route.startswith(start)), "")
