"""The lines of a file of labels: each one label, the first perhaps the ontology and the settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quality.agreement.coordinates import Size, read_number, read_size

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Fault:
    """A line that was left out, and why: the text begins with the path of the value where there is one."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


@dataclass(frozen=True)
class LabelLine:
    """One person's answer for one asset; `label` still has to be read against the ontology."""

    line: int
    asset: str
    labeler: str
    is_benchmark: bool
    size: Size | None
    seconds: float | None
    label: Mapping[str, Any]


@dataclass(frozen=True)
class Lines:
    """What stands in a file: the first line if it describes the questions, the labels, and the faults."""

    head: Mapping[str, Any] | None
    head_line: int
    labels: tuple[LabelLine, ...]
    faults: tuple[Fault, ...]


def read_lines(lines: Iterable[bytes]) -> Lines:
    """Every line of a JSON Lines file that can be read as a label; empty lines are nothing. Raises nothing."""
    head: Mapping[str, Any] | None = None
    labels: list[LabelLine] = []
    faults: list[Fault] = []
    first = 0
    for number, raw in enumerate(lines, start=1):
        text = raw.removeprefix(BYTE_ORDER_MARK).strip() if number == 1 else raw.strip()
        if not text:
            continue
        first = first or number
        try:
            value = _parsed(text)
            if not isinstance(value, Mapping):
                raise ValueError("needs a JSON object")
            if "ontology" in value or "settings" in value:
                if number != first:
                    raise ValueError("ontology and settings stand on the first line")
                head = value
            else:
                labels.append(_label_line(number, value))
        except ValueError as error:
            faults.append(Fault(number, str(error)))
    return Lines(head, first, tuple(labels), tuple(faults))


def _parsed(text: bytes) -> object:
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON: {error}") from error


def _label_line(number: int, value: Mapping[str, Any]) -> LabelLine:
    seconds = value.get("seconds")
    if seconds is not None and read_number(seconds, "seconds") < 0:
        raise ValueError("seconds: must be at least 0")
    if "features" not in value and "skipped" not in value:
        raise ValueError("features: a label needs a list of features, or skipped")
    is_benchmark = value.get("is_benchmark", False)
    if not isinstance(is_benchmark, bool):
        raise ValueError("is_benchmark: is true or false")
    return LabelLine(
        line=number,
        asset=_name(value.get("asset"), "asset"),
        labeler=_name(value.get("labeler"), "labeler"),
        is_benchmark=is_benchmark,
        size=_size(value),
        seconds=None if seconds is None else float(seconds),
        label={key: value[key] for key in ("features", "relations", "skipped") if key in value},
    )


def _name(value: object, path: str) -> str:
    """A name as text: a number in one file and its digits in another are the same asset."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError(f"{path}: needs a name")
    return str(value)


def _size(value: Mapping[str, Any]) -> Size | None:
    sides = [value.get("width"), value.get("height")]
    if sides == [None, None]:
        return None
    width, height = (read_number(side, key) for side, key in zip(sides, ("width", "height"), strict=True))
    return read_size((width, height))
