"""The description of the API as a whole. That answers keep to it holds for every test (``tests/described.py``)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from tests.described import description
from workforce.models import Token

ASK_FOR_A_KEY = {
    "/api/v1/invitations/",
    "/api/v1/slots/{uid}/submit/",
    "/api/v1/slots/{uid}/appeal/",
    "/api/v1/reviews/{uid}/decide/",
    "/api/v1/rows/{uid}/issues/",
    "/api/v1/issues/{uid}/comments/",
    "/api/v1/people/{uid}/skills/",
}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, found in description()["paths"].items():
        for method, operation in found.items():
            yield path, method, operation


def parameters_of(operation: dict[str, Any], place: str) -> dict[str, bool]:
    found = [one for one in operation.get("parameters", []) if one["in"] == place]
    return {one["name"]: one.get("required", False) for one in found}


def test_the_description_is_made_without_a_guess() -> None:
    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(public=True)
    assert not GENERATOR_STATS, [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]


def test_every_write_takes_the_key_and_some_ask_for_it() -> None:
    headers = [(path, method, parameters_of(operation, "header")) for path, method, operation in operations()]
    assert {path for path, _, found in headers if found == {"Idempotency-Key": True}} == ASK_FOR_A_KEY
    assert all(set(found) == (set() if method == "get" else {"Idempotency-Key"}) for _, method, found in headers)


def test_every_endpoint_names_its_refusals_its_answer_and_its_scope() -> None:
    for path, method, operation in operations():
        answers = operation["responses"]
        wanted = {"401", "403", "422"} | ({"404"} if "{uid}" in path else set())
        wanted |= {"413", "415"} if "requestBody" in operation else set()
        assert wanted <= set(answers), (method, path)
        assert "scope" in operation["description"] or "signed-in people only" in operation["description"]
        for code, answer in answers.items():
            for content in answer.get("content", {}).values():
                assert "$ref" in content["schema"] or content["schema"].get("format") == "binary", (path, code)


@pytest.mark.parametrize("list_path", ["projects/{uid}/issues/", "projects/{uid}/labels/", "projects/", "tokens/"])
def test_lists_name_their_pages_and_filters(list_path: str) -> None:
    found = parameters_of(description()["paths"][f"/api/v1/{list_path}"]["get"], "query")
    assert {"cursor", "page_size"} <= set(found)
    assert "state" in found or list_path == "tokens/"


def test_the_page_for_integrators_names_addresses_and_scopes_that_are() -> None:
    words = (settings.BASE_DIR / "docs" / "api.md").read_text()
    named = {re.sub(r"\$\w+", "{uid}", path) for path in re.findall(r'"\$api(/[^"?]*)', words)}
    known = {re.sub(r"{\w+}", "{uid}", path) for path in description()["paths"]}
    assert len(named) > 40 and {f"/api/v1{path}" for path in named} <= known
    assert all(f"| `{scope}` |" in words for scope in Token.Scope.values)
