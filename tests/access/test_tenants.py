"""Another tenant's uid, wherever one can be named, is answered as one that nobody has: in every key of a body, every
field of a form, every filter and cursor, every record of an import. (In addresses and on sockets the table itself tries
it, by the relation *foreign*, and every answer of its run is searched for the other tenant's canary.)"""

import ast
import io
import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.messages import get_messages
from django.urls import get_resolver
from rest_framework import serializers

from labeling import imports
from labeling.imports import ImportOrder
from labeling.models import DataRow, Label, ProjectRow, Slot
from tests.access import doors
from tests.access.judge import body_of, fingerprint, rolled_back, send, strip
from tests.access.requests_of_routes import (
    RequestOf,
    candidacy_of_lena,
    grant_of_leo,
    issue_of_lena,
    no_minimum,
    notice_of_lena,
    pause_of_lena,
    requests_of,
    shared_view,
    word,
)
from tests.access.stages import CANARY, World
from tests.access.table import Cell, read_cells
from tests.line import Line
from workforce.api.shapes import PAGING, Body
from workforce.models import JobProblem

ROOT = Path(__file__).resolve().parent.parent.parent
Named = Callable[[Line], Any]
# Numbers of leases, moments and ages: two answers about the same rows differ in them.
AGE = r"\b\d+ (?:s|min)\b|\bnow\b|\b(?:a|\d+)\s(?:second|minute)s?\sago"
MOVING = re.compile(rf'"lease_token":\d+|\d{{4}}-\d\d-\d\dT[\d:.]+|{AGE}')


def row_of(stage: Line) -> ProjectRow:
    return ProjectRow.objects.filter(project=stage.project).order_by("pk").first()  # type: ignore[return-value]


# A key that names a thing → the uid of that thing on a stage. Lists hold a list.
THINGS: dict[str, Named] = {
    "organization": lambda stage: stage.cast.home.uid,
    "ontology": lambda stage: stage.ontology.ontology.uid,
    "dataset": lambda stage: stage.dataset.uid,
    "project": lambda stage: stage.project.uid,
    "wanted": lambda stage: Slot.objects.filter(project=stage.project).order_by("pk")[0].uid,
    "have": lambda stage: [Slot.objects.filter(project=stage.project).order_by("pk")[0].uid],
    "vendor": lambda stage: stage.cast.vendor.uid,
    "receiver": lambda stage: f"person:{stage.cast.lena.uid}",
    "people": lambda stage: [stage.cast.lena.uid],
    "lead": lambda stage: stage.cast.lena.uid,
    "person": lambda stage: stage.cast.lena.uid,
    "labeler": lambda stage: stage.cast.lena.uid,
    "row": lambda stage: row_of(stage).uid,
    "slot": lambda stage: Slot.objects.filter(project=stage.project).order_by("pk")[0].uid,
    "timed": lambda stage: Slot.objects.filter(project=stage.project).order_by("pk")[0].uid,
    "label": lambda stage: Label.objects.filter(project=stage.project)[0].uid,
    "batch": lambda stage: row_of(stage).batch.uid,
    "cursor": lambda stage: stage.project.uid,
    "after": lambda stage: stage.project.uid,
    "before": lambda stage: stage.project.uid,
    "external_ids": lambda stage: [row_of(stage).data_row.external_id],
    "external_id": lambda stage: row_of(stage).data_row.external_id,
    "team": lambda stage: stage.cast.team.name,
    "of_team": lambda stage: stage.cast.team.uid,
    "thing": lambda stage: stage.project.uid,
    "key": lambda stage: uuid.uuid4(),
    "skill": lambda stage: word(stage).uid,
    "uid": lambda stage: no_minimum(stage).kwargs["uid"],
    "grant": lambda stage: grant_of_leo(stage).uid,
    "grants": lambda stage: [grant_of_leo(stage).uid],
    "candidacy": lambda stage: candidacy_of_lena(stage).uid,
    "pause": lambda stage: pause_of_lena(stage).uid,
    "issue": lambda stage: issue_of_lena(stage).uid,
    "newest": lambda stage: notice_of_lena(stage).uid,
    "view": lambda stage: shared_view(stage).uid,
    "teams": lambda stage: [stage.cast.team.uid],
    "back": lambda stage: stage.cast.lena.uid,
    "addresses": lambda stage: stage.cast.lena.email,
    "emails": lambda stage: stage.cast.lena.email,
    "rows": lambda stage: [row_of(stage).uid],
    "a": lambda stage: stage.cast.lena.uid,
    "b": lambda stage: stage.cast.vera.uid,
}
# Keys that name nothing of anybody's.
# fmt: off
PLAIN = {
    "name", "description", "brief", "document", "kind", "role", "is_active", "email", "scopes", "days",
    "priority", "due_on", "expires_on", "state", "text", "reason", "comment", "category", "pin", "object_id",
    "code", "object", "rule", "lease_token", "base_revision", "draft_revision", "payload", "tab", "version",
    "ontology_version", "interactions", "decision", "reasons", "due_at", "folder", "path", "file", "pictures",
    "with_annotations", "use_segmentation", "allow_incomplete", "author", "author_source",
    "consensus_share", "consensus_labels", "consensus_threshold", "review_share", "review_of",
    "lease_idle_minutes", "action", "list", "next", "s", "show", "names", "keeps_other", "page_size", "since",
    "until", "unit", "status", "from", "to", "username", "password", "act", "again", "amount", "currency",
    "current", "ends_at", "ends_on", "evidence", "expires_at", "first_on", "guidelines_rules",
    "guidelines_text", "has_no_end", "is_required", "last_on", "new", "note", "noted_on", "of", "per",
    "project_q", "q", "rules", "counts_from", "percent", "team_role",
    "alternatives", "bar", "base_rate", "first_rows", "least_rate", "most_rate", "rationale", "tolerances",
    "collector", "condition", "consensus_extra_hours", "consensus_machine_weight", "consensus_most_extra",
    "consensus_strategy", "feature", "half_life_days", "is_on", "kind_of_data", "least", "media", "on", "question",
    "skill_value", "stop", "window", "at_step", "labels", "measure", "steps", "time_zone",
    "answers", "asks_again", "explanation", "is_right", "most_tries", "number", "options", "pass_bar", "questions",
    "wait_minutes",
    "choice", "group", "hour", "then", "title", "told", "valid_from", "valid_until", "value",
    "severity", "mentions", "assignee", "words", "is_retired", "order", "mention",
    "asks_quiz", "assessment_bar", "assessment_count", "experience", "gold_share", "is_open", "needs_interview",
    "conditions", "classes", "decided_by", "instructions", "looks_at", "low_consensus", "machine", "method", "most",
    "newcomer", "open_issue", "share", "target",
    "filters", "is_shared", "is_default", "shared", "default",
    "expert_hours", "items", "most_open", "open", "pins", "sort", "step",
    "pause_days", "practice_bar", "practice_count", "ramp_bar", "ramp_caps", "ramp_count", "seen", "why",
}
# fmt: on
# Keys that a request of the stage leaves out, and where they belong.
OPTIONAL = [
    ("api-claim", "POST", "have"),
    ("api-claim", "POST", "wanted"),
    ("api-claim-review", "POST", "wanted"),
    ("api-project-batches", "POST", "external_ids"),
    ("admin:people", "POST", "vendor"),
    ("admin:team", "POST", "lead"),
]


# --- Every key is known -----------------------------------------------------------------------------------------
def subclasses(kind: type) -> Iterator[type]:
    for inner in kind.__subclasses__():
        yield inner
        yield from subclasses(inner)


def is_ours(kind: type) -> bool:
    return kind.__module__.startswith(("workforce.", "labeling.", "quality."))


def keys_of_bodies() -> set[str]:
    assert get_resolver().url_patterns
    bodies = [kind for kind in subclasses(Body) if is_ours(kind)]
    return {name for kind in bodies for name in kind().fields}


def keys_that_hold_uids() -> set[str]:
    found = set()
    for kind in subclasses(Body):
        for name, field in kind().fields.items() if is_ours(kind) else ():
            inner = getattr(field, "child", field)
            if isinstance(inner, serializers.UUIDField):
                found.add(name)
    return found


def keys_of_forms() -> set[str]:
    return {name for kind in subclasses(forms.Form) if is_ours(kind) for name in kind.base_fields}  # type: ignore[attr-defined]


def keys_read_from_requests() -> set[str]:
    """``request.GET.get("x")``, ``request.POST["x"]``, ``filters_of(request, "x")`` and the menus of lists, as text."""
    found = set(PAGING)
    for floor in ("workforce", "labeling", "quality"):
        for file in (ROOT / floor).rglob("*.py"):
            text = file.read_text()
            found |= set(re.findall(r"request\.(?:GET|POST)(?:\.get|\.getlist)?[(\[]\"([a-z_]+)\"", text))
            found |= set(_names_given_to(ast.parse(text)))
    return found


def _names_given_to(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if called == "filters_of":
            yield from texts
        elif called in ("menu", "day_named"):
            yield from texts[:1]


def test_every_key_that_a_request_may_carry_is_known_here() -> None:
    every = keys_of_bodies() | keys_of_forms() | keys_read_from_requests()
    unknown = sorted(every - set(THINGS) - PLAIN)
    assert not unknown, f"say in THINGS what these name, or in PLAIN that they name nothing: {unknown}"
    assert keys_that_hold_uids() <= set(THINGS)


# --- Foreign is random ------------------------------------------------------------------------------------------
def randomized(value: Any) -> Any:
    if isinstance(value, list):
        return [randomized(one) for one in value]
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    if value.startswith("person:"):
        return f"person:{uuid.uuid4()}"
    return f"{uuid.uuid4()}@example.org" if "@" in value else f"nothing of this name {uuid.uuid4()}"


def said_by(world: World, cell: Cell, request: RequestOf, echoed: list[str]) -> tuple[int, str, str, list[str], Any]:
    """All that an answer tells: status, body (without what was ``echoed``), where it leads, the message on the next
    page, and the tables after it."""
    with rolled_back():
        client = world.client(cell.actor)
        before = fingerprint()
        answer = send(client, cell, request)
        changed = sorted(table for table, digest in fingerprint().items() if digest != before[table])
        body = body_of(cell, answer)
        for text in echoed:
            body = body.replace(text.encode(), b"<uid>")
        assert CANARY.encode() not in body, f"{cell} shows a word of another tenant"
        told = [strip(str(message).encode()).decode() for message in get_messages(answer.wsgi_request)]
        leads = strip(answer.headers.get("Location", "").encode()).decode()
        said = MOVING.sub("<moving>", strip(body).decode(errors="replace"))
        return answer.status_code, said, leads, told, changed


def differences(world: World, cell: Cell, request: RequestOf, key: str) -> list[str]:
    """What a foreign value under ``key`` does that a random one does not; the tables are the same after both."""
    theirs = THINGS[key](world.foreign)
    answers = []
    for value in (theirs, randomized(theirs)):
        tried = RequestOf(request.kwargs, {**request.body, key: value}, request.query, request.content_type)
        echoed = [str(one) for one in (value if isinstance(value, list) else [value])]
        answers.append(said_by(world, cell, tried, echoed))
    if answers[0] == answers[1]:
        return []
    (status, body, *more), (other_status, other_body, *other_more) = answers
    return [f"{cell} {key}: {status} {body[:150]!r} {more} and {other_status} {other_body[:150]!r} {other_more}"]


def test_every_key_of_a_body_or_form(world: World) -> None:
    wrong: list[str] = []
    tried = 0
    optional = {
        (route, method): [key for r, m, key in OPTIONAL if (r, m) == (route, method)] for route, method, _ in OPTIONAL
    }
    writes = {(cell.route, cell.method) for cell in read_cells() if cell.method not in ("GET", "FOLLOW")}
    for route, method in sorted(writes):
        actor = (
            "token_label" if route in ("api-claim",) else "expert" if "claim-review" in route else "workforce_manager"
        )
        cell = Cell(route, method, actor, "hide")
        with rolled_back():
            request = requests_of(world.home, cell, world.person(actor))
            if not isinstance(request.body, dict):
                continue
            keys = [key for key in request.body if key in THINGS and key != "key"]
            for key in [*keys, *optional.get((route, method), [])]:
                tried += 1
                wrong += differences(world, cell, request, key)
    assert not wrong, "\n".join(wrong)
    assert tried >= 25


def test_every_pair_of_things_in_an_address(world: World) -> None:
    """One of the two is ours and the other theirs: as if the other were nobody's."""
    nested = {route for route, count in doors.named_things().items() if count > 1}
    wrong: list[str] = []
    for cell in read_cells():
        if cell.route not in nested or cell.actor != "organization_admin" or cell.expect != "allow":
            continue
        with rolled_back():
            ours = requests_of(world.home, cell, world.person(cell.actor))
            theirs = requests_of(world.foreign, cell, world.person(cell.actor))
            for name in ours.kwargs:
                answers = []
                for value in (theirs.kwargs[name], uuid.uuid4()):
                    tried = RequestOf({**ours.kwargs, name: value}, ours.body, ours.query, ours.content_type)
                    answers.append(said_by(world, cell, tried, []))
                wrong += [f"{cell} {name}: {answers}"] if answers[0] != answers[1] or answers[0][0] != 404 else []
    assert not wrong, "\n".join(wrong)


QUERY = (
    "organization",
    "project",
    "labeler",
    "batch",
    "team",
    "wanted",
    "receiver",
    "after",
    "before",
    "cursor",
    "external_id",
    "a",
    "b",
)


def test_every_filter_and_cursor(world: World) -> None:
    """The API knows its filters one by one; a page of the admin gets all of them, and ``project`` by itself."""
    wrong: list[str] = []
    for cell in read_cells():
        if cell.method != "GET" or cell.actor != "organization_admin" or cell.expect not in ("allow", "empty"):
            continue
        is_api = cell.route.startswith("api-")
        sets = [{key} for key in _filters_at(world, cell)] if is_api else [set(QUERY) - {"project"}, {"project"}]
        for keys in sets:
            wrong += _query_differences(world, cell, keys)
    assert not wrong, "\n".join(wrong)


def _filters_at(world: World, cell: Cell) -> set[str]:
    """Those that the door knows: it refuses the others by name, before it looks at any value."""
    with rolled_back():
        request = requests_of(world.home, cell, world.person(cell.actor))
        asked = RequestOf(request.kwargs, None, f"?{urlencode(dict.fromkeys(QUERY, uuid.uuid4()))}")
        answer = send(world.client(cell.actor), cell, asked)
        if answer.status_code == 422 and answer.json()["code"] == "unknown_filter":
            return set(QUERY) - set(answer.json()["unknown"])
    return set(QUERY)


def _query_differences(world: World, cell: Cell, keys: set[str]) -> list[str]:
    with rolled_back():
        request = requests_of(world.home, cell, world.person(cell.actor))
        answers = []
        for is_theirs in (True, False):
            values = {key: THINGS[key](world.foreign) for key in sorted(keys)}
            shown = values if is_theirs else {key: randomized(value) for key, value in values.items()}
            asked = RequestOf(request.kwargs, None, f"?{urlencode(shown)}")
            status, body, leads, told, _ = said_by_query(world, cell, asked, [str(value) for value in shown.values()])
            answers.append((status, body, leads, told))
    same = answers[0] == answers[1]
    return [] if same else [f"{cell} ?{sorted(keys)}: {answers[0][0]} {answers[0][1][:100]!r} and {answers[1][0]}"]


def said_by_query(
    world: World, cell: Cell, request: RequestOf, echoed: list[str]
) -> tuple[int, str, str, list[str], Any]:
    """As ``said_by``; a page says back what was asked, in links and fields."""
    with rolled_back():
        answer = send(world.client(cell.actor), cell, request)
        body = body_of(cell, answer)
        for text in sorted(echoed, key=len, reverse=True):
            for form in {text, urlencode({"": text})[1:], text.replace("-", "\\u002D")}:
                body = body.replace(form.encode(), b"<asked>")
        assert CANARY.encode() not in body, f"{cell} {request.query} shows a word of another tenant"
        return (
            answer.status_code,
            MOVING.sub("<moving>", strip(body).decode(errors="replace")).replace("<uid>", "<asked>"),
            strip(answer.headers.get("Location", "").encode()).decode(),
            [],
            None,
        )


# --- Imports ----------------------------------------------------------------------------------------------------
def problems_of_import(world: World, external_id: str) -> list[tuple[str, str]]:
    """Labels for a data row named by its external id, imported by the manager at home."""
    stage = world.home
    record = {"asset": external_id, "labeler": "someone", "features": []}
    order = ImportOrder("labels", stage.dataset, project=stage.project)
    job = imports.start_import(stage.cast.max, order, upload=io.BytesIO(json.dumps(record).encode() + b"\n"))
    imports.run_import(str(job.uid))
    found = JobProblem.objects.filter(job=job).order_by("pk").values_list("code", "message")
    return [(code, message.replace(external_id, "<id>")) for code, message in found]


def test_an_import_does_not_find_another_tenants_rows(world: World) -> None:
    theirs = DataRow.objects.filter(dataset=world.foreign.dataset).order_by("pk")[0].external_id
    with rolled_back():
        found = problems_of_import(world, theirs)
    with rolled_back():
        assert found == problems_of_import(world, "nobody has this one")
    assert found


def test_keys_of_another_tenant_are_free_here(world: World) -> None:
    """An external id or a global key is unique in its place; one that another tenant uses is as free as any."""
    DataRow.objects.filter(pk=DataRow.objects.filter(dataset=world.foreign.dataset).order_by("pk")[0].pk).update(
        global_key="theirs"
    )
    their_row = DataRow.objects.get(global_key="theirs")
    cell = Cell("api-dataset-data-rows", "POST", "workforce_manager", "allow")
    answers = []
    for record in (
        {"external_id": their_row.external_id, "global_key": "theirs"},
        {"external_id": "of nobody", "global_key": "of nobody"},
    ):
        request = RequestOf({"uid": world.home.dataset.uid}, {"rows": [record]})
        answers.append(said_by(world, cell, request, [])[:2])
    assert answers[0] == answers[1] == (201, '{"added":1,"already_there":0}')


def test_an_uid_of_another_tenant_is_no_idempotency_key(world: World) -> None:
    """A key belongs to the person who used it: the same key of somebody else is a new one."""
    stage, key = world.home, str(uuid.uuid4())
    answers = []
    for actor in ("workforce_manager", "project_lead"):
        client = world.client(actor)
        row = row_of(stage)
        answers.append(
            client.post(
                f"/api/v1/rows/{row.uid}/issues/",
                json.dumps({"category": "edge_case", "text": "What is this?"}),
                content_type="application/json",
                headers={"Idempotency-Key": key},
            )
        )
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["uid"] != answers[1].json()["uid"]
