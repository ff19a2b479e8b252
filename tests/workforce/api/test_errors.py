"""Errors have one shape, whoever found them: each wrong place by path, code and sentence."""

from typing import Any

import pytest
from django.urls import reverse
from rest_framework.exceptions import ErrorDetail, ValidationError

from tests.labeling.api.hands import signed_in
from tests.line import Line
from workforce.api.errors import answer_with_code

MISSING = ErrorDetail("Missing.", code="required")


@pytest.mark.parametrize(
    ("detail", "paths"),
    [
        ({"name": [MISSING]}, ["name"]),
        ({"rows": {0: [MISSING], 3: {"file": [MISSING]}}}, ["rows[0]", "rows[3].file"]),
        ({"reasons": [{}, {"code": [MISSING]}]}, ["reasons[1].code"]),
        ({"non_field_errors": [MISSING]}, [""]),
        ({"reasons": {"non_field_errors": [MISSING]}}, ["reasons"]),
        ({str(number): [MISSING] for number in range(200)}, [str(number) for number in range(100)]),
    ],
)
def test_wrong_values_are_a_list_of_places(detail: Any, paths: list[str]) -> None:
    answer = answer_with_code(ValidationError(detail), {})
    assert answer is not None and answer.status_code == 422
    assert [fault["path"] for fault in answer.data["faults"]] == paths
    assert {(fault["code"], fault["message"]) for fault in answer.data["faults"]} == {("required", "Missing.")}


@pytest.mark.django_db
def test_a_body_of_another_kind_is_wrong_as_a_whole(line: Line) -> None:
    client = signed_in(line.cast.lena)
    path = reverse("api-claim", args=[line.project.uid])
    assert [one["path"] for one in client.post(path, []).json()["faults"]] == [""]
    found = client.post(path, {"have": ["x"], "wanted": "1"}).json()["faults"]
    assert [one["path"] for one in found] == ["have[0]", "wanted"]
