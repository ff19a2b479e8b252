"""Reading labels from JSON Lines in the score format: one line is one person's label of one asset.

Features and options are named as the file names them; `named_features.with_uids` makes a payload of a record.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from labeling.annotations.boxes import check_box
from labeling.annotations.classifications import check_checklist, check_number_answer, check_radio, check_text
from labeling.annotations.faults import Fault, member_path, quoted
from labeling.annotations.kinds import Kind, kind_named
from labeling.annotations.limits import MAX_DEPTH, MAX_NAME_LENGTH
from labeling.annotations.points import Size, check_number, check_point, is_number
from labeling.annotations.polygons import check_polygon
from labeling.annotations.polylines import check_polyline
from labeling.annotations.texts import text_problem
from labeling.formats.json_lines import read_objects
from labeling.formats.problems import Problem, problem_of

MAX_LINE_BYTES: Final = 10_000_000
# Each level of answers costs two of JSON, an array and an object.
MAX_JSON_DEPTH: Final = 2 * MAX_DEPTH + 4
_KEYS = frozenset(
    {"asset", "labeler", "is_benchmark", "width", "height", "features", "relations", "seconds", "skipped"}
)
_FEATURE_KEYS = frozenset({"feature", "kind", "id", "value", "nested", "area"})
# Kinds of the score format that the line does not label yet: scored from files, but not imported.
_SCORED_ONLY = frozenset({"rotated_box", "mask", "keypoints", "ordinal", "span"})
_CHECKS: Final[dict[Kind, Callable[[object, str, Size | None], Iterator[Fault]]]] = {
    Kind.BOX: check_box,
    Kind.POLYGON: check_polygon,
    Kind.POLYLINE: check_polyline,
    Kind.POINT: check_point,
    Kind.RADIO: lambda value, path, size: check_radio(value, path, None),
    Kind.CHECKLIST: lambda value, path, size: check_checklist(value, path, None),
    Kind.TEXT: lambda value, path, size: check_text(value, path),
    Kind.NUMBER: lambda value, path, size: check_number_answer(value, path),
}


@dataclass(frozen=True, slots=True)
class QuestionsLine:
    """The first line of a file that describes its questions, as it stands there; the score command knows it."""

    line: int
    ontology: tuple[Mapping[str, object], ...]
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """One label of a file. `features` are those of the score format, checked in shape only; `seconds` is time spent."""

    line: int
    asset: str
    labeler: str
    is_benchmark: bool = False
    is_skipped: bool = False
    width: int | None = None
    height: int | None = None
    features: tuple[Mapping[str, object], ...] = ()
    seconds: float | None = None


def read_labels(lines: Iterable[bytes | str]) -> Iterator[QuestionsLine | LabelRecord | Problem]:
    """Records and problems in the order of the file; a bad line is one problem, the first of its faults."""
    is_first = True
    for found in read_objects(lines, max_line_bytes=MAX_LINE_BYTES, max_depth=MAX_JSON_DEPTH):
        if isinstance(found, Problem):
            yield found
        elif is_first and "asset" not in found[1] and ("ontology" in found[1] or "settings" in found[1]):
            yield _questions(*found)
        else:
            line, row = found
            fault = next(_row_faults(row), None)
            yield problem_of(fault, line) if fault is not None else _record(line, row)
        is_first = False


def _questions(line: int, row: Mapping[str, object]) -> QuestionsLine | Problem:
    ontology, settings = row.get("ontology", []), row.get("settings", {})
    if not isinstance(ontology, list) or not all(isinstance(question, dict) for question in ontology):
        return Problem(line, "ontology", "bad_shape", "The ontology line holds a list of objects.")
    if not isinstance(settings, dict):
        return Problem(line, "settings", "bad_shape", "Settings are an object.")
    return QuestionsLine(line, tuple(ontology), settings)


def _record(line: int, row: Mapping[str, object]) -> LabelRecord:
    width, height, seconds, features = (row.get(key) for key in ("width", "height", "seconds", "features"))
    return LabelRecord(
        line=line,
        asset=str(row["asset"]),
        labeler=str(row["labeler"]),
        is_benchmark=row.get("is_benchmark") is True,
        is_skipped=row.get("skipped") is True,
        width=width if isinstance(width, int) else None,
        height=height if isinstance(height, int) else None,
        features=tuple(features) if isinstance(features, list) else (),
        seconds=float(seconds) if is_number(seconds) else None,
    )


def _row_faults(row: Mapping[str, object]) -> Iterator[Fault]:
    for key in row:
        if key not in _KEYS:
            yield Fault(member_path("", key), "unknown_key", f"The key {quoted(key)} is not known here.")
    for key in ("asset", "labeler"):
        yield from _name_faults(row.get(key), key)
    for key in ("is_benchmark", "skipped"):
        if not isinstance(row.get(key, False), bool):
            yield Fault(key, "bad_shape", f"{key} is true or false.")
    yield from _seconds_faults(row.get("seconds"))
    yield from _size_faults(row)
    yield from _content_faults(row)


def _seconds_faults(value: object) -> Iterator[Fault]:
    if value is None:
        return
    fault = check_number(value, "seconds")
    if fault is not None:
        yield fault
    elif is_number(value) and value < 0:
        yield Fault("seconds", "negative", "Time spent cannot be negative.")


def _content_faults(row: Mapping[str, object]) -> Iterator[Fault]:
    features = row.get("features")
    if row.get("skipped") is True:
        if features:
            yield Fault("features", "skipped_with_features", "A skipped row has no features.")
        return
    if not isinstance(features, list):
        yield Fault("features", "missing_key", "A label has a list of features, or is skipped.")
        return
    for index, feature in enumerate(features):
        yield from _feature_faults(feature, f"features[{index}]", _size_of(row), depth=1)


def _size_of(row: Mapping[str, object]) -> Size | None:
    width, height = row.get("width"), row.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _name_faults(value: object, path: str) -> Iterator[Fault]:
    if not isinstance(value, str) or not value.strip():
        yield Fault(path, "missing_key", f"{path} is a text that is not empty.")
    elif len(value) > MAX_NAME_LENGTH:
        message = f"{path} has at most {MAX_NAME_LENGTH} characters (limit max_length)."
        yield Fault(path, "limit_exceeded", message)
    elif (problem := text_problem(value)) is not None:
        yield Fault(path, *problem)


def _size_faults(row: Mapping[str, object]) -> Iterator[Fault]:
    for key, other in (("width", "height"), ("height", "width")):
        side = row.get(key)
        if side is None:
            if row.get(other) is not None:
                yield Fault(key, "missing_key", "Width and height stand together.")
        elif isinstance(side, bool) or not isinstance(side, int) or side < 1:
            yield Fault(key, "bad_size", "A side is a whole number of pixels, at least 1.")


def _feature_faults(feature: object, path: str, size: Size | None, depth: int) -> Iterator[Fault]:
    if not isinstance(feature, dict):
        yield Fault(path, "bad_shape", "A feature is an object.")
        return
    for key in feature:
        if key not in _FEATURE_KEYS:
            yield Fault(member_path(path, key), "unknown_key", f"The key {quoted(key)} is not known here.")
    if not isinstance(feature.get("feature"), str) or not feature["feature"].strip():
        yield Fault(f"{path}.feature", "missing_key", "A feature is named by a text that is not empty.")
    name = feature.get("kind")
    kind = kind_named(name)
    if kind is None:
        is_known = isinstance(name, str) and name in _SCORED_ONLY
        code = "kind_not_supported" if is_known else "unknown_kind"
        yield Fault(f"{path}.kind", code, f"{quoted(name)} cannot be read as a kind of feature.")
        return
    yield from _CHECKS[kind](feature.get("value"), f"{path}.value", size)
    nested = feature.get("nested", [])
    if not isinstance(nested, list):
        yield Fault(f"{path}.nested", "bad_shape", "A list of nested answers is wanted.")
    elif nested and depth >= MAX_DEPTH:
        yield Fault(f"{path}.nested", "limit_exceeded", f"Answers nest at most {MAX_DEPTH} deep (limit max_depth).")
    else:
        for index, answer in enumerate(nested):
            yield from _feature_faults(answer, f"{path}.nested[{index}]", size, depth + 1)
