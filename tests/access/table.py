"""The access table: who may do what at every address.

``matrix.csv`` has one line per (route, method) with one cell per actor: allow, deny (403), hide (404, byte-equal to a
random uid), login (sent to sign in), unauth (401), refuse
(the right is there, but a rule of the work says no: 409 or 422). ``*`` names the value for every actor not named."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

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
}
EXPECTED = {"allow", "deny", "hide", "login", "unauth", "refuse"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Cell:
    route: str
    method: str
    actor: str
    expect: str


def read_cells() -> list[Cell]:
    """Every cell of the file, wildcards expanded. Raises ValueError for an unknown word or a cell said twice."""
    found: dict[tuple[str, str, str], Cell] = {}
    with FILE.open(newline="") as source:
        for line in csv.DictReader(source):
            values = dict(part.split("=") for part in line["cells"].split())
            unknown = set(values) - set(ACTORS) - {"*"} | set(values.values()) - EXPECTED
            if unknown:
                raise ValueError(f"{line['route']} {line['method']}: unknown {sorted(unknown)}")
            for actor in ACTORS:
                expect = values.get(actor, values.get("*"))
                key = (line["route"], line["method"], actor)
                if expect is None:
                    continue
                if key in found:
                    raise ValueError(f"{key} stands twice")
                found[key] = Cell(*key, expect)
    return list(found.values())


def routes() -> dict[str, set[str]]:
    """Route name → methods that its view answers, as far as the view says; functions say GET and what they take."""
    return dict(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[tuple[str, set[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name or pattern.pattern}", _methods(pattern)


def _methods(pattern: URLPattern) -> set[str]:
    view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
    if view is not None and issubclass(view, APIView):
        return {method for method in METHODS if hasattr(view, method.lower())}
    return set()
