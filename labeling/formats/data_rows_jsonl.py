"""Reading data rows from JSON Lines: `{"external_id": …, "file": …, "global_key": …, "metadata": {…}}` a line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from labeling.annotations.faults import member_path, quoted
from labeling.annotations.texts import text_problem
from labeling.formats.file_names import file_name_problem
from labeling.formats.json_lines import read_objects
from labeling.formats.problems import Problem

MAX_LINE_BYTES: Final = 1_000_000
MAX_KEY_LENGTH: Final = 200
_KEYS = frozenset({"external_id", "file", "global_key", "metadata"})


@dataclass(frozen=True, slots=True)
class DataRowRecord:
    """One data row as the file tells it. `file` is "" when the row names none, `global_key` None when it has none."""

    line: int
    external_id: str
    file: str = ""
    global_key: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)


def read_data_rows(lines: Iterable[bytes | str]) -> Iterator[DataRowRecord | Problem]:
    """Records and problems in the order of the file; a bad line is one problem, the first of its faults.

    An `external_id` or `global_key` that stands twice in the file is refused the second time. Keys of another case or
    Unicode form are other keys here; the database decides about those.
    """
    external_ids: set[str] = set()
    global_keys: set[str] = set()
    for found in read_objects(lines, max_line_bytes=MAX_LINE_BYTES):
        if isinstance(found, Problem):
            yield found
            continue
        line, row = found
        problem = _row_problem(line, row) or _twin_problem(line, row, external_ids, global_keys)
        if problem is not None:
            yield problem
            continue
        record = _record(line, row)
        external_ids.add(record.external_id)
        if record.global_key is not None:
            global_keys.add(record.global_key)
        yield record


def _record(line: int, row: Mapping[str, object]) -> DataRowRecord:
    global_key, metadata = row.get("global_key"), row.get("metadata")
    return DataRowRecord(
        line,
        str(row["external_id"]),
        str(row.get("file") or ""),
        global_key if isinstance(global_key, str) and global_key else None,
        metadata if isinstance(metadata, dict) else {},
    )


def _row_problem(line: int, row: Mapping[str, object]) -> Problem | None:
    for key in row:
        if key not in _KEYS:
            return Problem(line, member_path("", key), "unknown_key", f"The key {quoted(key)} is not known here.")
    if "external_id" not in row:
        return Problem(line, "external_id", "missing_key", "Every data row needs an external_id.")
    for name in ("external_id", "global_key"):
        problem = _key_problem(line, name, row.get(name))
        if problem is not None:
            return problem
    return _content_problem(line, row)


def _content_problem(line: int, row: Mapping[str, object]) -> Problem | None:
    file = row.get("file")
    if file is not None and not isinstance(file, str):
        return Problem(line, "file", "bad_shape", "A file is named by a text.")
    found = file_name_problem(file) if file else None
    if found is not None:
        return Problem(line, "file", *found)
    metadata = row.get("metadata")
    if metadata is not None and not isinstance(metadata, Mapping):
        return Problem(line, "metadata", "bad_shape", "Metadata is an object.")
    return None


def _key_problem(line: int, name: str, value: object) -> Problem | None:
    if name == "global_key" and value in (None, ""):
        return None
    if not isinstance(value, str):
        return Problem(line, name, "bad_shape", f"{name} is a text, not {quoted(value)}.")
    if not value.strip():
        return Problem(line, name, "empty_key", f"{name} is empty.")
    if value != value.strip():
        return Problem(line, name, "outer_blanks", f"{name} starts or ends with blanks.")
    if len(value) > MAX_KEY_LENGTH:
        message = f"{name} has at most {MAX_KEY_LENGTH} characters (limit max_key_length)."
        return Problem(line, name, "limit_exceeded", message)
    problem = text_problem(value)
    return Problem(line, name, *problem) if problem is not None else None


def _twin_problem(
    line: int, row: Mapping[str, object], external_ids: set[str], global_keys: set[str]
) -> Problem | None:
    for name, taken in (("external_id", external_ids), ("global_key", global_keys)):
        if row.get(name) in taken:
            return Problem(line, name, "duplicate_id", f"{name} {quoted(row[name])} stands twice in the file.")
    return None
