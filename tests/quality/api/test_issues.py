"""Issues over HTTP: ask, read, list by pages, answer, resolve, reopen."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.models import ProjectRow
from quality import issues
from quality.models import Issue
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.api import test_review
from tests.quality.test_issues import ask, row_of
from workforce import tokens
from workforce.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(cast: Cast) -> Line:
    return make_line(cast)


def get(person: Person, path: str) -> Any:
    client = Client()
    client.force_login(person)
    return client.get(path)


def post(person: Person | None, path: str, body: Any, **how: Any) -> Any:
    return test_review.post(person, path, body, **{"key": uuid.uuid4().hex, **how})


def ask_over_http(person: Person, row: ProjectRow, **values: Any) -> Any:
    body = {"category": "edge_case", "text": "Which one?", "pin": {"x": 1, "y": 2}, **values}
    return post(person, reverse("api-row-issues", args=[row.uid]), body)


def test_an_issue_from_question_to_reopening(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    answer = ask_over_http(line.cast.lena, row)
    assert answer.status_code == 201
    issue = answer.json()
    assert {name: value for name, value in issue.items() if name not in ("question", "urls")} == {
        "uid": str(Issue.objects.get().uid),
        "number": 1,
        "row": str(row.uid),
        "external_id": row.data_row.external_id,
        "category": "edge_case",
        "category_name": "Edge case",
        "severity": "normal",
        "state": "open",
        "pin": {"x": 1.0, "y": 2.0},
        "object_id": "",
        "rule": None,
        "assignee": None,
        "due_at": None,
        "duplicate_of": None,
        "first_answered_at": None,
        "reopened_count": 0,
        "text": "Which one?",
        "author": {"name": "Lena Lund", "initials": "LL"},
        "opened_at": Issue.objects.get().opened_at.isoformat(),
        "comments": [],
    }
    doors = {"comment": "comments", **{name: name for name in ("resolve", "reopen", "change", "mentionable")}}
    base = f"/api/v1/issues/{issue['uid']}/"
    assert issue["urls"] == {"read": base, "duplicate": None, **{door: f"{base}{end}/" for door, end in doors.items()}}
    said = post(line.cast.rita, issue["urls"]["comment"], {"text": "The left one."})
    assert said.status_code == 201
    assert said.json()["state"] == "answered"
    assert [one["text"] for one in said.json()["comments"]] == ["The left one."]
    assert post(line.cast.lena, issue["urls"]["resolve"], {}).json()["state"] == "resolved"
    assert post(line.cast.lena, issue["urls"]["reopen"], {}).json()["state"] == "reopened"
    assert get(line.cast.lena, reverse("api-issue", args=[issue["uid"]])).json()["state"] == "reopened"


def test_a_key_that_nobody_knows_is_named_and_nothing_is_said(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    refused = ask_over_http(line.cast.lena, row, titel="x")
    assert (refused.status_code, refused.json()["faults"][0]["path"]) == (422, "titel")
    issue = ask_over_http(line.cast.lena, row).json()
    for act, body in (("comment", {"text": "x", "state": "resolved"}), ("resolve", {"reason": "x"})):
        assert post(line.cast.rita, issue["urls"][act], body).status_code == 422
    assert get(line.cast.rita, issue["urls"]["read"] + "?with=labels").json()["code"] == "unknown_filter"
    assert (Issue.objects.get().state, Issue.objects.get().comments.count()) == ("open", 1)


def test_asking_twice_under_one_key_opens_one_issue_and_says_one_thing(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    where, body = reverse("api-row-issues", args=[row.uid]), {"category": "edge_case", "text": "Which one?"}
    first, again = (post(line.cast.lena, where, body, key="one") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    said = [post(line.cast.rita, first.json()["urls"]["comment"], {"text": "Left."}, key="two") for _ in range(2)]
    assert [answer.status_code for answer in said] == [201, 200]
    assert Issue.objects.get().comments.count() == 2
    other = post(line.cast.rita, first.json()["urls"]["comment"], {"text": "Right."}, key="two")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert post(line.cast.lena, where, body, key=None).json()["code"] == "key_invalid"
    assert Issue.objects.get().comments.count() == 2


def test_the_list_comes_in_pages_newest_first(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    for _ in range(5):
        ask(line.cast.lena, row)
    path = reverse("api-project-issues", args=[line.project.uid])
    numbers, cursor = [], ""
    while cursor is not None:
        page = get(line.cast.rita, f"{path}?page_size=2{cursor and '&cursor=' + cursor}").json()
        numbers += [issue["number"] for issue in page["results"]]
        cursor = page["next_cursor"]
    assert numbers == [5, 4, 3, 2, 1]
    issues.resolve_issue(line.cast.rita, Issue.objects.get(number=3))
    resolved = get(line.cast.rita, f"{path}?state=resolved").json()
    assert [issue["number"] for issue in resolved["results"]] == [3]
    assert [one["number"] for one in get(line.cast.leo, path).json()["results"]] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("state=x", "unknown_state"),
        ("opened_by__password=x", "unknown_filter"),
        ("cursor=x", "cursor_invalid"),
        ("page_size=0", "page_size_invalid"),
    ],
)
def test_filters_are_an_allow_list(line: Line, query: str, code: str) -> None:
    answer = get(line.cast.rita, f"{reverse('api-project-issues', args=[line.project.uid])}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("unknown_category", {"category": "rant"}),
        ("text_length", {"text": ""}),
        ("text_length", {"text": "x" * 5001}),
        ("pin_invalid", {"pin": {"x": 999, "y": 1}}),
        ("pin_invalid", {"pin": "here"}),
        ("invalid_input", {"text": None}),
        ("text_length", {"object_id": "x" * 65}),
        ("nul_character", {"text": "a\x00"}),
    ],
)
def test_wrong_values_are_refused_whole(line: Line, code: str, values: dict[str, Any]) -> None:
    answer = ask_over_http(line.cast.lena, row_of(line.cast.lena, line), **values)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Issue.objects.exists()


def test_doors_answer_404_to_a_stranger_and_403_without_the_right(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    issue = ask(line.cast.lena, row)
    doors: dict[str, Any] = {
        "ask": lambda person: ask_over_http(person, row),
        "list": lambda person: get(person, reverse("api-project-issues", args=[line.project.uid])),
        "read": lambda person: get(person, reverse("api-issue", args=[issue.uid])),
        "comment": lambda person: post(person, reverse("api-issue-comment", args=[issue.uid]), {"text": "x"}),
        "resolve": lambda person: post(person, reverse("api-issue-resolve", args=[issue.uid]), {}),
        "reopen": lambda person: post(person, reverse("api-issue-reopen", args=[issue.uid]), {}),
    }
    found = {
        name: [door(getattr(line.cast, name)).status_code for door in doors.values()]
        for name in ("otto", "nora", "leo", "wim")
    }
    assert found == {
        "otto": [404] * 6,
        "nora": [403] * 6,
        "leo": [403, 200, 403, 403, 403, 403],
        "wim": [403, 200, 200, 403, 403, 403],
    }
    assert (Issue.objects.count(), issue.comments.count()) == (1, 1)


def test_a_token_to_read_writes_nothing(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    issue = ask(line.cast.lena, row)
    _, clear = tokens.issue_token(line.cast.ada, line.cast.home, name="reader", scopes=["read"])
    headers = {"Authorization": f"Token {clear}"}
    assert Client().get(reverse("api-issue", args=[issue.uid]), headers=headers).status_code == 200
    path = reverse("api-issue-comment", args=[issue.uid])
    answer = Client().post(path, {"text": "x"}, content_type="application/json", headers=headers)
    assert answer.status_code == 403


def test_the_list_costs_the_same_for_three_and_for_thirty(line: Line) -> None:
    row = row_of(line.cast.lena, line)
    counts = []
    for wanted in (3, 30):
        while Issue.objects.count() < wanted:
            issues.comment(line.cast.rita, ask(line.cast.lena, row), "Yes.")
        client = Client()
        client.force_login(line.cast.rita)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse("api-project-issues", args=[line.project.uid]))
        assert len(answer.json()["results"]) == wanted
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
