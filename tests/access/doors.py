"""Every door that there is: routes, actions of the admin, streams, frames of sockets, and the places where the
code hands out bytes or makes a signature or a random key.

``missing(doors, said)`` gives the lines that ``matrix.csv`` lacks, ready to paste, and ``gone`` those whose door is no
more. What the running program tells is asked of it; the rest is read from the source as text."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from config.urls import websocket_urlpatterns
from tests.access.table import GUARDED_ELSEWHERE, METHODS
from workforce import live

ROOT = Path(__file__).resolve().parent.parent.parent
FLOORS = ("workforce", "labeling", "quality", "config")
# Calls that hand bytes to a client, or name where bytes are kept.
HANDS_OUT = {"stream_answer", "show_file", "FileResponse", "StreamingHttpResponse", "ContentFile", "default_storage"}
HANDS_OUT_WORDS = {"Content-Disposition"}
KEEPS = {"MEDIA_ROOT"}
# Calls that make something whose holder is let in, or that nobody shall guess.
MINTS = {
    "Signer",
    "TimestampSigner",
    "signing.dumps",
    "signing.loads",
    "make_token",
    "check_token",
    "PasswordResetTokenGenerator",
    "set_signed_cookie",
    "token_urlsafe",
    "token_hex",
    "token_bytes",
    "get_random_string",
    "salted_hmac",
    "URLSafeTimedSerializer",
    "URLSafeSerializer",
}
Door = tuple[str, str]


# --- What the running program tells -----------------------------------------------------------------------------
def routes(patterns: list[Any] | None = None) -> dict[str, set[str]]:
    """Route name → the methods that its view says it answers; a function may say none. Two of one name are one."""
    found: dict[str, set[str]] = {}
    for name, methods in _walk(get_resolver().url_patterns if patterns is None else patterns, ""):
        found.setdefault(name, set()).update(methods)
    return found


def _walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[tuple[str, set[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name or pattern.pattern}", _methods(pattern)


def named_things(patterns: list[Any] | None = None, namespace: str = "", before: str = "") -> dict[str, int]:
    """Route name → how many things its address names by uid."""
    found: dict[str, int] = {}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= named_things(pattern.url_patterns, inner, address)
        else:
            found[f"{namespace}{pattern.name or pattern.pattern}"] = address.count("<uuid:")
    return found


def _methods(pattern: URLPattern) -> set[str]:
    view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
    if view is not None and issubclass(view, APIView):
        return {method for method in METHODS if hasattr(view, method.lower())}
    return _methods_of_function(pattern.callback)


def _methods_of_function(view: Any) -> set[str]:
    """What ``require_http_methods`` and its kin were given, all that are wrapped around each other together."""
    found = list(_lists_of_methods(view))
    return set.intersection(*found) if found else set()


def _lists_of_methods(view: Any) -> Iterator[set[str]]:
    cells = [cell.cell_contents for cell in getattr(view, "__closure__", None) or ()]
    for inner in cells:
        if isinstance(inner, list | tuple | set) and inner and all(isinstance(one, str) for one in inner):
            said = {str(one) for one in inner} & set(METHODS)
            if said:
                yield said
    for inner in [*cells, getattr(view, "__func__", None)]:
        if callable(inner) and inner is not view and getattr(inner, "__closure__", None):
            yield from _lists_of_methods(inner)


def actions(site: Any = admin.site) -> set[str]:
    """The actions of every model that the admin shows; each is a door of its own behind one address."""
    request = HttpRequest()
    request.GET = {}  # type: ignore[assignment]  # asked for pop-ups, of which this is none
    found = set()
    for model, shown in site._registry.items():
        names = {name for _, name, _ in shown._get_base_actions()}
        found |= {f"action:{model._meta.label_lower} {name}" for name in names}
    return found


def streams() -> set[str]:
    return {f"stream:{kind}" for kind in live._streams}


def frames(patterns: Iterable[Any] | None = None) -> set[str]:
    """What each socket takes in, by the table that its consumer goes by."""
    found = set()
    for pattern in websocket_urlpatterns if patterns is None else patterns:
        consumer = getattr(pattern.callback, "consumer_class", None)
        words = getattr(consumer, "frames", None)
        found |= {f"frame:{pattern.pattern} {word}" for word in (["<no table of frames>"] if words is None else words)}
    return found


# --- What the source tells --------------------------------------------------------------------------------------
def sites(root: Path = ROOT) -> set[str]:
    """``file:`` and ``secret:`` doors of a tree, each named by module and function."""
    found = set()
    for floor in FLOORS:
        for path in sorted((root / floor).rglob("*.py")):
            module = path.relative_to(root)
            if (
                "migrations" not in module.parts
                and "demo" not in module.parts
                and not module.name.startswith("embedded")
            ):
                found |= set(_sites_of(module.as_posix(), ast.parse(path.read_text()), ""))
    return found


def _sites_of(module: str, node: ast.AST, inside: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _sites_of(module, child, f"{inside}.{child.name}".lstrip("."))
            continue
        name = _name_of(child)
        if isinstance(child, ast.Call) and (name in HANDS_OUT or name.rpartition(".")[2] in HANDS_OUT):
            yield f"file:{module} {inside}"
        if isinstance(child, ast.Subscript) and getattr(child.slice, "value", None) in HANDS_OUT_WORDS:
            yield f"file:{module} {inside}"
        if isinstance(child, ast.Attribute) and child.attr in KEEPS:
            yield f"file:{module} {inside}"
        if isinstance(child, ast.Call) and (name in MINTS or name.rpartition(".")[2] in MINTS):
            yield f"secret:{module} {inside}"
        yield from _sites_of(module, child, inside)


def _name_of(node: ast.AST) -> str:
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute):
        return f"{getattr(called.value, 'id', '')}.{called.attr}"
    return getattr(called, "id", "")


# --- What is missing, what is gone ------------------------------------------------------------------------------
def doors_of_the_program() -> dict[str, set[str]]:
    """Door → its methods; a door without a method has one line under any word."""
    plain = actions() | streams() | frames() | sites()
    return {**routes(), **{door: set() for door in plain}}


def missing(doors: dict[str, set[str]], said: Iterable[Door]) -> list[str]:
    """The lines that are wanted, as they stand in the file."""
    lines, known = set(said), {route for route, _ in said}
    wanted = []
    for door in sorted(doors):
        if not doors[door] and door not in known:
            wanted.append(_line(door, _method_of(door)))
        wanted += [_line(door, method) for method in sorted(doors[door]) if (door, method) not in lines]
    return wanted


def gone(doors: dict[str, set[str]], said: Iterable[Door]) -> list[str]:
    """Lines of doors, or of methods, that are no more. A view that names no methods is believed."""
    return [
        f"{door},{method}"
        for door, method in sorted(said)
        if door not in doors or (doors[door] and method not in doors[door])
    ]


def _method_of(door: str) -> str:
    return {"stream": "FOLLOW", "frame": "FRAME", "action": "POST", "file": "SEND", "secret": "MAKE"}.get(
        door.partition(":")[0], "GET"
    )


def _line(door: str, method: str) -> str:
    if door.startswith(GUARDED_ELSEWHERE):
        return f"{door},{method},door=?,"
    anonymous = "unauth" if door.startswith("api-") else "login"
    return f"{door},{method},*=? anonymous={anonymous} deactivated={anonymous} stranger=hide,"
