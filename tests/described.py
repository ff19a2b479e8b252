"""Holds real answers to the API's own description: the status is named, every key is known, every value fits."""

import json
import re
from functools import cache
from typing import Any

from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker

API = "/api/v1/"
# Rules say more with some refusals; their shapes stay open.
OPEN_ENDED = "Refusal"
UNDESCRIBED = {"api-schema"}
# A method that an endpoint has not: refused at the door.
NO_SUCH_ACT: dict[str, Any] = {"401": {}, "403": {}, "405": {}}


@cache
def description() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return found


def misfit_of(method: str, path: str, response: Any) -> str:
    """What the answer has that its description has not, in words; nothing when it fits or is none of the API's."""
    try:
        match = resolve(path)
    except Resolver404:
        return ""
    if not path.startswith(API) or match.url_name in UNDESCRIBED or method in ("HEAD", "OPTIONS"):
        return ""
    operations = description()["paths"]["/" + re.sub(r"<uuid:(\w+)>", r"{\1}", match.route)]
    answers = operations[method.lower()]["responses"] if method.lower() in operations else NO_SUCH_ACT
    return _misfit(answers, f"{method} {match.route} {response.status_code}", response)


def _misfit(answers: dict[str, Any], what: str, response: Any) -> str:
    answer = answers.get(str(response.status_code))
    if answer is None:
        return f"{what}: described are {sorted(answers)}, not {response.content[:300]!r}."
    if response.streaming or "content" not in answer:
        return ""
    kind = response.headers["Content-Type"].split(";")[0]
    if kind not in answer["content"]:
        return f"{what}: {kind} is not among {sorted(answer['content'])}."
    schema = {**answer["content"][kind]["schema"], "components": closed_components()}
    faults = Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(json.loads(response.content))
    return "; ".join(f"{what}: {fault.json_path}: {fault.message}"[:400] for fault in faults)


@cache
def closed_components() -> dict[str, Any]:
    """The description's components, read strictly: a key that an answer's shape does not name is a misfit."""
    schemas = {name: _strict(schema) for name, schema in description()["components"]["schemas"].items()}
    for name, schema in schemas.items():
        if "properties" in schema and not name.endswith(OPEN_ENDED) and name != f"{OPEN_ENDED}Shape":
            schema["additionalProperties"] = False
    return {"schemas": schemas}


def _strict(schema: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _strict(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if schema.get("nullable") is True else inner
