"""The one gate for JSON from outside: API, forms, sockets, imports and tasks all read through `load_json`. Pure.

Python's own reader takes NaN, keeps the last of two equal keys, passes half surrogates and NUL on to the database, and
runs out of stack on deep nesting. The gate refuses all of that with a code, before anything is done with the document.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Final, NoReturn

MAX_DEPTH: Final = 32
# Strings are matched whole, closed or not, so that brackets inside them do not count; possessive, so linear in time.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)
_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Whole numbers fit 64 bits; longer digits are refused before Python spends quadratic time on them.
_MAX_WHOLE: Final = 2**63
_MAX_DIGITS: Final = 20


class JsonFault(ValueError):
    """Why a JSON text is refused: `code` for machines, `message` for people, `position` as a path or line and column.

    `column` (from 1) is known where the text itself is broken.
    """

    def __init__(self, code: str, message: str, position: str = "", column: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.position = position
        self.column = column


def printable(text: str) -> str:
    """The text with every control character and lone surrogate shown as �, so that any answer can carry it."""
    return "".join(char if char.isprintable() else "�" for char in text)


def quoted(value: object, length: int = 60) -> str:
    """The value as short printable text in quotes, for a message."""
    text = value if isinstance(value, str) else repr(value)
    return f"“{printable(text[:length])}…”" if len(text) > length else f"“{printable(text)}”"


def text_problem(text: str) -> tuple[str, str] | None:
    """The code and sentence for a character that cannot be kept (PostgreSQL keeps neither), or None."""
    if "\x00" in text:
        return "nul_character", "The text holds a NUL character."
    if _SURROGATE.search(text):
        return "lone_surrogate", "The text holds half of a surrogate pair."
    return None


def load_json(raw: bytes | str, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> object:
    """Parse one JSON text, or raise `JsonFault`.

    `max_bytes` counts UTF-8 bytes; `max_depth` counts open brackets (a bare number has depth 0, `[[]]` depth 2).
    Codes: too_large, bad_encoding, nul_character, lone_surrogate, too_deep, bad_json, duplicate_key, not_finite,
    number_out_of_range. Numbers beyond a float or 64 bits are refused; -0 is kept as it stands.
    """
    text = _decoded(raw, max_bytes)
    _refuse_depth(text, max_depth)
    try:
        document: object = json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_bounded_int,
        )
    except json.JSONDecodeError as error:
        position = f"line {error.lineno} column {error.colno}"
        raise JsonFault("bad_json", f"Not JSON: {error.msg}.", position, error.colno) from None
    if _SUSPICIOUS_ESCAPE.search(text):
        _refuse_bad_text(document)
    return document


def _decoded(raw: bytes | str, max_bytes: int) -> str:
    # A text of n code points has at least n bytes, so a huge one is refused before it is encoded.
    if len(raw) > max_bytes or (isinstance(raw, str) and len(raw.encode("utf-8", "surrogatepass")) > max_bytes):
        raise JsonFault("too_large", f"The JSON is larger than {max_bytes} bytes (limit max_bytes).")
    if isinstance(raw, str):
        text = raw
    else:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise JsonFault("bad_encoding", "The text is not UTF-8.", f"byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise JsonFault("bad_encoding", "The text starts with a byte order mark.", "byte 0", 1)
    if "\x00" in text:
        _refuse_character(text, text.index("\x00"), "nul_character", "The text holds a NUL character.")
    surrogate = _SURROGATE.search(text)
    if surrogate is not None:
        message = "The text holds half of a surrogate pair."
        _refuse_character(text, surrogate.start(), "lone_surrogate", message)
    return text


def _refuse_character(text: str, index: int, code: str, message: str) -> NoReturn:
    line = text.count("\n", 0, index) + 1
    column = index - text.rfind("\n", 0, index)
    raise JsonFault(code, message, f"line {line} column {column}", column)


def _refuse_depth(text: str, max_depth: int) -> None:
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        first = token.group()[0]
        if first in "[{":
            depth += 1
            if depth > max_depth:
                message = f"Nested deeper than {max_depth} levels (limit max_depth)."
                _refuse_character(text, token.start(), "too_deep", message)
        elif first != '"':
            depth -= 1


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise JsonFault("duplicate_key", f"The key {quoted(key)} stands twice in one object.", quoted(key))
            seen.add(key)
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise JsonFault("not_finite", f"{name} is not allowed.", name)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise JsonFault("number_out_of_range", f"The number {quoted(digits)} is too large.", quoted(digits))
    return value


def _bounded_int(digits: str) -> int:
    if len(digits) <= _MAX_DIGITS:
        value = int(digits)
        if -_MAX_WHOLE <= value < _MAX_WHOLE:
            return value
    raise JsonFault("number_out_of_range", f"The number {quoted(digits)} does not fit 64 bits.", quoted(digits))


def _refuse_bad_text(document: object) -> None:
    for path, text in _texts(document):
        problem = text_problem(text)
        if problem is not None:
            raise JsonFault(*problem, printable(path))


def _texts(document: object) -> Iterator[tuple[str, str]]:
    """Every key and string with its path, in the order of the document, without recursion."""
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, str):
            yield path, node
        elif isinstance(node, dict):
            for key in node:
                yield path, key
            members = [(f"{path}.{key}" if path else key, child) for key, child in node.items()]
            waiting.extend(reversed(members))
        elif isinstance(node, list):
            waiting.extend((f"{path}[{index}]", node[index]) for index in reversed(range(len(node))))
