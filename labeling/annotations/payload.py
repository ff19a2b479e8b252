"""The payload of a label: objects and answers by feature uid, in one normal form with one hash.

`{"features": [{"feature": uid, "kind": …, "id": uuid, "value": …, "nested": […]}, …], "relations": []}`
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from labeling.annotations.kinds import Kind, is_tool
from labeling.annotations.payload_check import check_payload
from labeling.annotations.points import is_number, rounded

__all__ = [
    "canonical",
    "canonical_value",
    "check_payload",
    "count_answers",
    "count_objects",
    "every_entry",
    "payload_hash",
]

Entry = Mapping[str, object]
# Whole numbers up to here are the same number as float and as int; JavaScript writes them without a point.
_EXACT_WHOLE = 2**53


def canonical(payload: Mapping[str, object]) -> dict[str, object]:
    """The normal form of a payload that `check_payload` accepts.

    Keys in one order, `nested` and `relations` always there, coordinates to a millionth of a pixel, whole numbers
    without a point, chosen options sorted. Objects and answers keep their order: it is what the labeler sees. Doing it
    twice changes nothing.
    """
    return {
        "features": [_canonical_entry(entry) for entry in _entries(payload, "features")],
        "relations": [dict(sorted(relation.items())) for relation in _entries(payload, "relations")],
    }


def canonical_value(kind: object, value: object) -> object:
    """The value of one object or answer as it is kept; two values are the same when these are equal."""
    if is_tool(kind):
        return _kept_coordinates(value)
    if kind == Kind.CHECKLIST and isinstance(value, list | tuple):
        return sorted(value)
    if kind == Kind.NUMBER and is_number(value):
        return _plain_number(value)
    return value


def payload_hash(payload: Mapping[str, object]) -> str:
    """SHA-256, in hex, of the canonical payload as JSON with sorted keys, no blanks, UTF-8."""
    text = json.dumps(canonical(payload), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def every_entry(payload: Mapping[str, object]) -> Iterator[Entry]:
    """All objects and answers with their nested answers, depth first, in order."""
    yield from _below(_entries(payload, "features"))


def count_objects(payload: Mapping[str, object]) -> int:
    """How many boxes, polygons, polylines and points the label holds."""
    return sum(is_tool(entry.get("kind")) for entry in _entries(payload, "features"))


def count_answers(payload: Mapping[str, object]) -> int:
    """How many questions are answered, of the whole picture and nested at any depth."""
    return sum(not is_tool(entry.get("kind")) for entry in every_entry(payload))


def _entries(holder: Mapping[str, object], key: str) -> Sequence[Entry]:
    return cast(Sequence[Entry], holder.get(key) or ())


def _below(entries: Sequence[Entry]) -> Iterator[Entry]:
    for entry in entries:
        yield entry
        yield from _below(_entries(entry, "nested"))


def _canonical_entry(entry: Entry) -> dict[str, object]:
    return {
        "feature": entry["feature"],
        "kind": str(entry["kind"]),
        "id": entry["id"],
        "value": canonical_value(entry["kind"], entry["value"]),
        "nested": [_canonical_entry(answer) for answer in _entries(entry, "nested")],
    }


def _kept_coordinates(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _kept_coordinates(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_kept_coordinates(child) for child in value]
    return _plain_number(rounded(value)) if is_number(value) else value


def _plain_number(value: int | float) -> int | float:
    if abs(value) <= _EXACT_WHOLE and value == int(value):
        return int(value)
    # Beyond 2**53 an int and the float next to it are one number to every reader in a browser.
    return float(value)
