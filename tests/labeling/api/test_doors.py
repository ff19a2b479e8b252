"""What holds at every endpoint of this floor: strangers, bad input, scopes, pages, the number of queries."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling import ontologies
from labeling.data_rows import NewRow, add_rows
from labeling.models import Dataset, Project
from tests.cast import Cast
from tests.labeling.api.hands import ALL_SCOPES, RANDOM, body_of, signed_in, with_token
from tests.labeling.test_imports import label_line, run_labels
from tests.line import DOCUMENT, Line
from workforce.models import Job, Token
from workforce.tokens import issue_token

pytestmark = pytest.mark.django_db
LISTS = ["api-projects", "api-ontologies", "api-datasets", "api-tokens"]
# Endpoint, method, body; the uid is that of the thing the name says.
BY_UID = [
    ("api-project", "get", None),
    ("api-project", "patch", {"name": "x"}),
    ("api-project-batches", "post", {"name": "b", "dataset": RANDOM}),
    ("api-project-labels", "get", None),
    ("api-project-export", "get", None),
    ("api-project-imports", "post", {"kind": "labels", "dataset": RANDOM}),
    ("api-ontology", "get", None),
    ("api-ontology-versions", "post", {"document": DOCUMENT}),
    ("api-dataset", "get", None),
    ("api-dataset-data-rows", "get", None),
    ("api-dataset-data-rows", "post", {"rows": [{"external_id": "x"}]}),
    ("api-dataset-pictures", "post", {}),
    ("api-dataset-imports", "post", {"kind": "folder"}),
    ("api-job", "get", None),
    ("api-job-problems", "get", None),
    ("api-token", "delete", None),
]


def uid_for(name: str, line: Line) -> str:
    kind = name.split("-")[1]
    if kind == "job":
        return str(Job.objects.create(organization=line.cast.home, kind="import", started_by=line.cast.max).uid)
    if kind == "token":
        return str(issue_token(line.cast.max, line.cast.home, name="t", scopes=["read"])[0].uid)
    return str({"project": line.project, "ontology": line.ontology.ontology, "dataset": line.dataset}[kind].uid)


def ask(client: Any, method: str, path: str, body: Any) -> Any:
    options = {"format": "multipart"} if path.endswith("/pictures/") else {}
    return getattr(client, method)(path, body, **options)


@pytest.mark.parametrize("name", LISTS)
def test_the_stranger_sees_nothing_in_any_list(line: Line, name: str) -> None:
    uid_for("api-token", line)
    found = signed_in(line.cast.otto).get(reverse(name))
    assert found.status_code == 200 and found.json() == {"results": [], "next_cursor": None}
    assert signed_in(line.cast.ada).get(reverse(name)).json()["results"]


@pytest.mark.parametrize(("name", "method", "body"), BY_UID)
def test_another_tenants_uid_answers_like_a_random_one(line: Line, name: str, method: str, body: Any) -> None:
    stranger = signed_in(line.cast.otto)
    theirs = ask(stranger, method, reverse(name, args=[uid_for(name, line)]), body)
    nobodys = ask(stranger, method, reverse(name, args=[RANDOM]), body)
    assert theirs.status_code == nobodys.status_code == 404
    assert body_of(theirs) == body_of(nobodys)
    assert {k: v for k, v in theirs.items() if k != "Date"} == {k: v for k, v in nobodys.items() if k != "Date"}


@pytest.mark.parametrize(("name", "method", "body"), BY_UID)
def test_who_is_not_signed_in_is_told_so(line: Line, client: Any, name: str, method: str, body: Any) -> None:
    answer = ask(client, method, reverse(name, args=[uid_for(name, line)]), {})
    assert answer.status_code == 401 and answer.json()["code"] == "not_signed_in"


@pytest.mark.parametrize(("name", "method", "body"), [one for one in BY_UID if one[0] != "api-token"])
def test_a_token_of_another_organization_sees_nothing_of_this_one(
    line: Line, name: str, method: str, body: Any
) -> None:
    """Ada belongs to both; the token speaks only for the one it was issued in."""
    from workforce import organizations

    organizations.add_member(line.cast.otto, line.cast.away, line.cast.ada, role="organization_admin")
    away = with_token(line.cast.ada, line.cast.away)
    assert ask(away, method, reverse(name, args=[uid_for(name, line)]), body).status_code == 404
    assert [away.get(reverse(one)).json()["results"] for one in LISTS[:3]] == [[], [], []]


@pytest.mark.parametrize(("name", "method", "body"), [one for one in BY_UID if one[1] != "get"])
def test_a_token_that_may_read_writes_nothing(line: Line, name: str, method: str, body: Any) -> None:
    answer = ask(
        with_token(line.cast.ada, line.cast.home, "read"), method, reverse(name, args=[uid_for(name, line)]), body
    )
    assert answer.status_code == 403 and answer.json()["code"] == "not_allowed"


@pytest.mark.parametrize("name", LISTS)
def test_a_token_that_may_read_makes_nothing(line: Line, name: str) -> None:
    assert with_token(line.cast.ada, line.cast.home, "read").post(reverse(name), {}).status_code == 403


@pytest.mark.parametrize(
    ("name", "scope", "method"),
    [
        ("api-projects", "manage", "post"),
        ("api-ontologies", "manage", "post"),
        ("api-datasets", "manage", "post"),
        ("api-project", "manage", "patch"),
        ("api-project-batches", "manage", "post"),
        ("api-ontology-versions", "manage", "post"),
        ("api-dataset-data-rows", "import", "post"),
        ("api-dataset-pictures", "import", "post"),
        ("api-dataset-imports", "import", "post"),
        ("api-project-imports", "import", "post"),
        ("api-project-export", "export", "get"),
    ],
)
def test_each_write_has_its_own_scope(line: Line, name: str, scope: str, method: str) -> None:
    path = reverse(name, args=[] if name in LISTS else [uid_for(name, line)])
    others = [one for one in ALL_SCOPES if one != scope]
    assert ask(with_token(line.cast.ada, line.cast.home, *others), method, path, {}).status_code == 403
    assert ask(with_token(line.cast.ada, line.cast.home, scope), method, path, {}).status_code in (200, 422)


@pytest.mark.parametrize("change", [{"revoked_at": "2020-01-01T00:00Z"}, {"expiry": "2020-01-01T00:00Z"}])
def test_a_dead_token_opens_nothing(line: Line, change: dict[str, str]) -> None:
    client = with_token(line.cast.ada, line.cast.home)
    assert client.get(reverse("api-projects")).status_code == 200
    Token.objects.update(**change)
    assert client.get(reverse("api-projects")).status_code == 401


@pytest.mark.parametrize(("name", "method", "body"), [one for one in BY_UID if one[1] == "get"])
def test_a_filter_that_is_none_is_refused(line: Line, name: str, method: str, body: Any) -> None:
    path = reverse(name, args=[uid_for(name, line)])
    for query in ("organization__id=1", "password=x", "name__startswith=a", "ordering=pk"):
        answer = signed_in(line.cast.ada).get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_filter")


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("x=1", "unknown_filter"),
        ("cursor=x", "cursor_invalid"),
        ("cursor=%00", "filter_invalid"),
        (f"cursor={RANDOM}", "cursor_invalid"),
        ("page_size=0", "page_size_invalid"),
        ("page_size=501", "page_size_invalid"),
        ("page_size=-1", "page_size_invalid"),
        ("page_size=5&page_size=6", "filter_invalid"),
    ],
)
def test_bad_pages_and_filters_are_refused(line: Line, name: str, query: str, code: str) -> None:
    answer = signed_in(line.cast.ada).get(f"{reverse(name)}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b'{"name": "\\u0000"}', 422, "nul_character"),
        (b'{"name": NaN}', 422, "not_finite"),
        (b"[" * 40 + b"]" * 40, 422, "too_deep"),
        (b'{"name": 1, "name": 2}', 422, "duplicate_key"),
        (b"{", 422, "bad_json"),
        (b"\xff", 422, "bad_encoding"),
        (b'"' + b"x" * (11 * 1024 * 1024) + b'"', 413, "too_large"),
        (b"[]", 422, "invalid_input"),
        (b"null", 422, "invalid_input"),
        (b'"text"', 422, "invalid_input"),
        (b"{}", 422, "invalid_input"),
        (b'{"surprise": 1}', 422, "invalid_input"),
    ],
)
@pytest.mark.parametrize("name", [*LISTS, "api-project-batches", "api-dataset-data-rows", "api-dataset-imports"])
def test_bad_bodies_change_nothing(line: Line, name: str, raw: bytes, status: int, code: str) -> None:
    path = reverse(name, args=[] if name in LISTS else [uid_for(name, line)])
    answer = signed_in(line.cast.ada).generic("POST", path, raw, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def make_many(cast: Cast, line: Line, count: int) -> None:
    for number in range(count):
        version = ontologies.create_ontology(cast.ada, cast.home, name=f"o{number}", document=DOCUMENT)
        Project.objects.create(
            organization=cast.home, name=f"p{number}", brief="x", ontology=version.ontology, created_by=cast.ada
        )
        Dataset.objects.create(organization=cast.home, name=f"d{number}", created_by=cast.ada)
        issue_token(cast.ada, cast.home, name=f"t{number}", scopes=["read"])
    add_rows(cast.ada, line.dataset, [NewRow(f"more-{number}") for number in range(count)])
    run_labels(line, *[label_line(f"more-{number}", f"author {number}") for number in range(count)])


@pytest.mark.parametrize("name", [*LISTS, "api-dataset-data-rows", "api-project-labels"])
@pytest.mark.parametrize("person", ["ada", "max"])
def test_a_list_asks_as_many_questions_for_thirty_as_for_three(line: Line, name: str, person: str) -> None:
    path = reverse(name, args=[] if name in LISTS else [uid_for(name, line)])
    client, found = signed_in(getattr(line.cast, person)), []
    make_many(line.cast, line, 30)
    for size in (3, 30):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"{path}?page_size={size}")
        assert answer.status_code == 200
        assert len(answer.json()["results"]) == size or (person == "max" and name == "api-tokens")
        found.append(len(queries))
    assert found[0] == found[1] <= 12, found


@pytest.mark.parametrize("name", ["api-projects", "api-dataset-data-rows"])
def test_pages_follow_one_another_without_gap_or_repeat(line: Line, name: str) -> None:
    make_many(line.cast, line, 12)
    path = reverse(name, args=[] if name in LISTS else [uid_for(name, line)])
    client, seen, cursor = signed_in(line.cast.ada), [], ""
    while cursor is not None:
        page = client.get(path, {"page_size": 5, **({"cursor": cursor} if cursor else {})}).json()
        seen += [one["uid"] for one in page["results"]]
        cursor = page["next_cursor"]
    everything = [one["uid"] for one in client.get(path, {"page_size": 500}).json()["results"]]
    assert seen == everything and len(seen) == len(set(seen)) >= 13
    assert all(uuid.UUID(one) for one in seen)


def test_the_schema_is_for_signed_in_people_and_names_every_endpoint(line: Line, client: Any) -> None:
    path = reverse("api-schema")
    assert client.get(path).status_code == 401
    answer = signed_in(line.cast.lena).get(path)
    assert answer.status_code == 200
    text = answer.content.decode()
    for name in ("/api/v1/projects/{uid}/export/", "/api/v1/tokens/", "/api/v1/jobs/{uid}/problems/"):
        assert name in text
    as_json = signed_in(line.cast.lena).get(path, headers={"Accept": "application/json"})
    assert as_json.headers["Content-Type"] == "application/json"
    assert all(f"  {address}:" in text for address in as_json.json()["paths"])
