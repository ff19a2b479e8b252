"""What an import reads, item by item, in an order that is the same at every run: a folder's pictures, a COCO file, data
rows or labels in JSON Lines. An item is a row, an opinion on it, or a record that was refused as it was read.

A line of a problems report is read as the record it holds, so that a mended report can be sent as it is."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labeling.formats import data_rows_jsonl, labels_jsonl
from labeling.formats.coco import CocoFile, read_coco
from labeling.formats.data_rows_jsonl import read_data_rows
from labeling.formats.labels_jsonl import LabelRecord, QuestionsLine, read_labels
from labeling.formats.problems import Problem
from labeling.import_files import bounded_lines, count_lines
from workforce.errors import InvalidInput
from workforce.jobs import Refused
from workforce.json_gate import JsonFault, load_json

FOLDER, COCO, DATA_ROWS, LABELS = SOURCES = ("folder", "coco", "data_rows", "labels")
MOST_DOCUMENT_BYTES = 256 * 1024**2
MOST_RECORD_BYTES = 1_000_000
REPORT_MARK = b'"refused"'
JSON_DEPTH = labels_jsonl.MAX_JSON_DEPTH


@dataclass(frozen=True)
class RowToTake:
    """``file`` is a path below the import root; a row that ``needs_picture`` is refused without one."""

    external_id: str
    file: str = ""
    global_key: str | None = None
    size: tuple[int, int] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    needs_picture: bool = False


@dataclass(frozen=True)
class OpinionToTake:
    author: str
    features: tuple[Mapping[str, object], ...] = ()
    seconds: float | None = None
    is_gold: bool = False
    is_skipped: bool = False


@dataclass(frozen=True)
class Item:
    """``raw`` is the record as it can be sent again; it stands in the report when the item is refused."""

    position: int
    raw: bytes = b""
    row: RowToTake | None = None
    opinion: OpinionToTake | None = None
    problem: Problem | None = None

    def refused(self, code: str, message: str, path: str = "") -> Refused:
        name = self.row.external_id if self.row else ""
        return Refused(self.position, code, message, path=path, name=name, record=record_of(self.raw))


@dataclass(frozen=True)
class Source:
    total: int
    items: Iterator[Item]


def open_source(path: Path, settings: Mapping[str, Any]) -> Source:
    """The items of a job's own copy of its source."""
    kind = settings["source"]
    if kind == COCO:
        return _coco(path, settings)
    readers = {FOLDER: _folder_items, DATA_ROWS: _data_row_items, LABELS: _label_items}
    return Source(count_lines(path), readers[kind](path, settings))


class _Tape:
    """The lines of a file, remembering the one that was read last."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.lines = lines
        self.last = b""

    def __iter__(self) -> Iterator[bytes]:
        for line in self.lines:
            self.last = _unwrapped(line)
            yield self.last


def _unwrapped(line: bytes) -> bytes:
    """The record in a line of a problems report; any other line as it is."""
    if REPORT_MARK not in line[:64]:
        return line
    try:
        found = load_json(line, max_bytes=len(line), max_depth=JSON_DEPTH + 1)
    except JsonFault:
        return line
    if not isinstance(found, dict) or set(found) != {"refused", "record"} or found["record"] is None:
        return line
    record = found["record"]
    return record.encode() if isinstance(record, str) else json.dumps(record, ensure_ascii=False).encode()


def _data_row_items(path: Path, settings: Mapping[str, Any]) -> Iterator[Item]:
    with path.open("rb") as content:
        tape = _Tape(bounded_lines(content, data_rows_jsonl.MAX_LINE_BYTES))
        for found in read_data_rows(tape):
            if isinstance(found, Problem):
                yield Item(found.position, tape.last, problem=found)
                continue
            row = RowToTake(found.external_id, found.file, found.global_key, None, found.metadata)
            yield Item(found.line, tape.last, row=row)


def _label_items(path: Path, settings: Mapping[str, Any]) -> Iterator[Item]:
    with path.open("rb") as content:
        tape = _Tape(bounded_lines(content, labels_jsonl.MAX_LINE_BYTES))
        for found in read_labels(tape):
            if isinstance(found, Problem):
                yield Item(found.position, tape.last, problem=found)
            elif not isinstance(found, QuestionsLine):
                yield Item(found.line, tape.last, row=_row_of(found), opinion=_opinion_of(found))


def _row_of(record: LabelRecord) -> RowToTake:
    size = (record.width, record.height) if record.width and record.height else None
    return RowToTake(record.asset, size=size)


def _opinion_of(record: LabelRecord) -> OpinionToTake:
    return OpinionToTake(
        record.labeler, record.features, record.seconds, is_gold=record.is_benchmark, is_skipped=record.is_skipped
    )


def _folder_items(path: Path, settings: Mapping[str, Any]) -> Iterator[Item]:
    with path.open("rb") as names:
        for position, line in enumerate(names, start=1):
            name = json.loads(line)
            row = RowToTake(name, _joined(settings["folder"], name), needs_picture=True)
            yield Item(position, _row_record(row), row=row)


def _coco(path: Path, settings: Mapping[str, Any]) -> Source:
    """Pictures in the order of the file, then what was refused; annotations only where they are asked for."""
    try:
        if path.stat().st_size > MOST_DOCUMENT_BYTES:
            raise JsonFault("too_large", f"A COCO file has at most {MOST_DOCUMENT_BYTES // 1024**2} MB.")
        document = load_json(path.read_bytes(), max_bytes=MOST_DOCUMENT_BYTES)
    except JsonFault as fault:
        raise InvalidInput(fault.code, fault.message, path=fault.position) from fault
    if not isinstance(document, dict):
        raise InvalidInput("bad_shape", "A COCO file holds one JSON object.")
    file = read_coco(document, use_segmentation=settings.get("use_segmentation", False))
    wants = settings.get("with_annotations", False)
    problems = [problem for problem in file.problems if wants or not problem.path.startswith("annotations")]
    return Source(len(file.images) + len(problems), _coco_items(document, file, problems, settings))


def _coco_items(
    document: dict[str, Any], file: CocoFile, problems: list[Problem], settings: Mapping[str, Any]
) -> Iterator[Item]:
    folder, wants = settings.get("folder"), settings.get("with_annotations", False)
    for position, image in enumerate(file.images, start=1):
        name = "" if folder is None else _joined(folder, image.file_name)
        row = RowToTake(image.file_name, name, size=image.size, needs_picture=True)
        opinion = OpinionToTake(settings["author"], image.features) if wants else None
        yield Item(position, _row_record(row), row=row, opinion=opinion)
    for position, problem in enumerate(problems, start=len(file.images) + 1):
        yield Item(position, _coco_record(document, problem), problem=problem)


def _coco_record(document: dict[str, Any], problem: Problem) -> bytes:
    records = document.get(problem.path.partition("[")[0])
    if not isinstance(records, list) or problem.position >= len(records):
        return b""
    return json.dumps(records[problem.position], ensure_ascii=False).encode()


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _row_record(row: RowToTake) -> bytes:
    """A picture as a line of data rows: mended, it can be sent as such."""
    return json.dumps({"external_id": row.external_id, "file": row.file}).encode()


def record_of(raw: bytes) -> Any:
    """The record for the report: as JSON where it can be read, else as text; none when it is too long to repeat."""
    if not raw.strip() or len(raw) > MOST_RECORD_BYTES:
        return None
    try:
        return load_json(raw, max_bytes=MOST_RECORD_BYTES, max_depth=JSON_DEPTH)
    except JsonFault:
        return raw.decode("utf-8", "replace").replace("\x00", "�").rstrip("\r\n")
