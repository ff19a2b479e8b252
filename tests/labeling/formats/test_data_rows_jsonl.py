"""Reading data rows from JSON Lines."""

import json
from typing import Any

import pytest

from labeling.formats.data_rows_jsonl import DataRowRecord, read_data_rows
from labeling.formats.problems import Problem


def only_problem(line: str | bytes) -> tuple[str, str, int | None]:
    good = '{"external_id": "good"}'
    found = list(read_data_rows([line, good]))
    assert found[1] == DataRowRecord(2, "good")
    assert isinstance(found[0], Problem)
    assert found[0].position == 1
    return found[0].path, found[0].code, found[0].column


def test_rows_are_read_with_and_without_what_is_optional() -> None:
    full: dict[str, Any] = {"external_id": "a", "file": "x/y.jpg", "global_key": "g", "metadata": {"site": 3}}
    bare = {"external_id": "b", "file": "", "global_key": None, "metadata": None}
    found = list(read_data_rows([json.dumps(full) + "\n", "\n", json.dumps(bare).encode()]))
    assert found == [DataRowRecord(1, "a", "x/y.jpg", "g", {"site": 3}), DataRowRecord(3, "b")]


def test_a_byte_order_mark_at_the_start_of_the_file_is_dropped() -> None:
    assert list(read_data_rows([b'\xef\xbb\xbf{"external_id": "a"}'])) == [DataRowRecord(1, "a")]


@pytest.mark.parametrize(
    ("line", "path", "code", "column"),
    [
        ('{"external_id": "a",}', "", "bad_json", 21),
        ('{"external_id": NaN}', "NaN", "not_finite", None),
        ('{"external_id": "a", "external_id": "b"}', "“external_id”", "duplicate_key", None),
        ('{"external_id": "a\\u0000"}', "external_id", "nul_character", None),
        (b'{"external_id": "\xff"}', "byte 17", "bad_encoding", None),
        ('{"external_id": "a", "metadata": {"x": "' + "y" * 5_000_000 + '"}}', "", "too_large", None),
        ('["a"]', "", "bad_shape", None),
        ("{}", "external_id", "missing_key", None),
        ('{"external_id": 7}', "external_id", "bad_shape", None),
        ('{"external_id": null}', "external_id", "bad_shape", None),
        ('{"external_id": " "}', "external_id", "empty_key", None),
        ('{"external_id": "a "}', "external_id", "outer_blanks", None),
        ('{"external_id": "' + "a" * 201 + '"}', "external_id", "limit_exceeded", None),
        ('{"external_id": "a", "global_key": 3}', "global_key", "bad_shape", None),
        ('{"external_id": "a", "file": 3}', "file", "bad_shape", None),
        ('{"external_id": "a", "file": "../b.jpg"}', "file", "unsafe_file_name", None),
        ('{"external_id": "a", "file": "/b.jpg"}', "file", "absolute_file_name", None),
        ('{"external_id": "a", "metadata": []}', "metadata", "bad_shape", None),
        ('{"external_id": "a", "labels": []}', "labels", "unknown_key", None),
    ],
)
def test_a_bad_line_is_told_and_the_next_one_is_read(
    line: str | bytes, path: str, code: str, column: int | None
) -> None:
    assert only_problem(line) == (path, code, column)


def test_keys_that_stand_twice_are_refused_the_second_time() -> None:
    rows = [{"external_id": "a", "global_key": "g"}, {"external_id": "a"}, {"external_id": "b", "global_key": "g"}]
    found = list(read_data_rows(json.dumps(row) for row in [*rows, {"external_id": "b"}]))
    codes = [(one.position, one.path, one.code) for one in found if isinstance(one, Problem)]
    assert codes == [(2, "external_id", "duplicate_id"), (3, "global_key", "duplicate_id")]
    # Line 3 was left out, so its external_id is still free.
    assert found[3] == DataRowRecord(4, "b")


def test_ten_poison_rows_among_ten_thousand_leave_exactly_the_rest() -> None:
    lines = [json.dumps({"external_id": f"row-{number}"}) for number in range(10_000)]
    for number in range(0, 10_000, 1_000):
        lines[number] = '{"external_id": '
    found = list(read_data_rows(lines))
    bad = [one.position for one in found if isinstance(one, Problem)]
    assert bad == list(range(1, 10_001, 1_000))
    assert len(found) == 10_000
