"""The formats by name: what can be read and what can be written, for forms, the API and the command line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from labeling.formats.coco import read_coco
from labeling.formats.data_rows_jsonl import read_data_rows
from labeling.formats.labels_jsonl import read_labels
from labeling.formats.ndjson_export import write_rows


@dataclass(frozen=True, slots=True)
class Reader:
    """A format that can be read. `takes` says whether `read` wants one parsed document or the lines of a file."""

    name: str
    title: str
    takes: str
    read: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Writer:
    """A format that can be written, piece by piece."""

    name: str
    title: str
    media_type: str
    extension: str
    write: Callable[..., Iterator[bytes]]


READERS: Final = {
    reader.name: reader
    for reader in (
        Reader("coco", "COCO instances", "document", read_coco),
        Reader("data_rows_jsonl", "Data rows, JSON Lines", "lines", read_data_rows),
        Reader("labels_jsonl", "Labels, JSON Lines", "lines", read_labels),
    )
}
WRITERS: Final = {
    writer.name: writer
    for writer in (Writer("ndjson", "Export rows, JSON Lines", "application/x-ndjson", "ndjson", write_rows),)
}


def reader_named(name: str) -> Reader:
    """The reader of this name; KeyError for a name that is none."""
    return READERS[name]


def writer_named(name: str) -> Writer:
    """The writer of this name; KeyError for a name that is none."""
    return WRITERS[name]
