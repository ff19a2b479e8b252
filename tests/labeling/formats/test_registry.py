"""The formats by name."""

import pytest

from labeling.formats.coco import read_coco
from labeling.formats.ndjson_export import write_rows
from labeling.formats.registry import READERS, WRITERS, reader_named, writer_named


def test_every_format_stands_under_its_own_name() -> None:
    assert set(READERS) == {"coco", "data_rows_jsonl", "labels_jsonl"}
    assert set(WRITERS) == {"ndjson"}
    assert reader_named("coco").read is read_coco
    assert writer_named("ndjson").write is write_rows


def test_an_unknown_name_is_refused() -> None:
    for find in (reader_named, writer_named):
        with pytest.raises(KeyError):
            find("zip")
