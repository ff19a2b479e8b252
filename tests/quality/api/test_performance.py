"""Performance over HTTP: the rule's figures, in the caller's scope."""

from typing import Any

import pytest
from django.test import Client

from tests.labeling.test_labels import submit
from tests.labeling.test_queue import lease
from tests.line import Line

pytestmark = pytest.mark.django_db


def figures(line: Line, name: str, query: str = "") -> Any:
    client = Client()
    client.force_login(getattr(line.cast, name))
    return client.get(f"/api/v1/projects/{line.project.uid}/performance/{query}")


def test_a_manager_sees_everybody_and_a_labeler_only_the_own_figures(line: Line) -> None:
    for name in ("lena", "leo"):
        submit(getattr(line.cast, name), lease(getattr(line.cast, name), line), key=name)
    everybody = figures(line, "max").json()
    assert {one["name"] for one in everybody["people"]} == {"Lena Lund", "Leo Lang"}
    assert everybody["total"]["rows"] == 2
    assert [one["name"] for one in figures(line, "leo").json()["people"]] == ["Leo Lang"]
    assert figures(line, "otto").status_code == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?since=yesterday", "date_invalid"),
        ("?unit=hours", "unknown_unit"),
        ("?since=2026-02-02&until=2026-01-01", "period_reversed"),
        ("?person__password=x", "unknown_filter"),
    ],
)
def test_wrong_values_are_named(line: Line, query: str, code: str) -> None:
    answer = figures(line, "max", query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
