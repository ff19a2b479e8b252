"""Reading labels in the score format."""

import json
from pathlib import Path
from typing import Any

import pytest

from labeling.formats.labels_jsonl import LabelRecord, QuestionsLine, read_labels
from labeling.formats.problems import Problem

BOX = {"feature": "car", "kind": "box", "id": "o1", "value": [1, 2, 3, 4]}
ROW: dict[str, Any] = {"asset": "img-1", "labeler": "ada", "features": [BOX]}


def read(*rows: Any) -> list[Any]:
    return list(read_labels(json.dumps(row) for row in rows))


def test_the_example_of_the_format_is_read() -> None:
    nested = {**BOX, "nested": [{"feature": "colour", "kind": "radio", "value": "red"}]}
    questions = {"ontology": [{"feature": "car", "kind": "box"}], "settings": {"object_score": "pq"}}
    full = {"asset": "a", "width": 640, "height": 480, "labeler": "ada", "features": [nested], "seconds": 31.5,
            "relations": [{"type": "behind", "from": "o1", "to": "o2"}]}  # fmt: skip
    gold = {"asset": "a", "labeler": "gold", "is_benchmark": True, "features": []}
    skip = {"asset": "a", "labeler": "leo", "skipped": True}
    assert read(questions, full, gold, skip) == [
        QuestionsLine(1, ({"feature": "car", "kind": "box"},), {"object_score": "pq"}),
        LabelRecord(2, "a", "ada", width=640, height=480, features=(nested,), seconds=31.5),
        LabelRecord(3, "a", "gold", is_benchmark=True),
        LabelRecord(4, "a", "leo", is_skipped=True),
    ]


@pytest.mark.parametrize(
    ("more", "path", "code"),
    [
        ({"asset": ""}, "asset", "missing_key"),
        ({"labeler": None}, "labeler", "missing_key"),
        ({"labeler": "x" * 201}, "labeler", "limit_exceeded"),
        ({"is_benchmark": 1}, "is_benchmark", "bad_shape"),
        ({"seconds": -1}, "seconds", "negative"),
        ({"seconds": True}, "seconds", "not_a_number"),
        ({"width": 5}, "height", "missing_key"),
        ({"width": -640, "height": 480}, "width", "bad_size"),
        ({"width": 640, "height": 48.5}, "height", "bad_size"),
        ({"width": 3, "height": 3}, "features[0].value[3]", "out_of_bounds"),
        ({"features": None}, "features", "missing_key"),
        ({"skipped": True}, "features", "skipped_with_features"),
        ({"features": ["car"]}, "features[0]", "bad_shape"),
        ({"features": [{**BOX, "feature": ""}]}, "features[0].feature", "missing_key"),
        ({"features": [{**BOX, "kind": "cuboid"}]}, "features[0].kind", "unknown_kind"),
        ({"features": [{**BOX, "kind": "mask"}]}, "features[0].kind", "kind_not_supported"),
        ({"features": [{**BOX, "value": [3, 0, 1, 1]}]}, "features[0].value[2]", "empty_box"),
        ({"features": [{**BOX, "nested": {}}]}, "features[0].nested", "bad_shape"),
        ({"features": [{**BOX, "nested": [{"feature": "n", "kind": "number", "value": "3"}]}]},
         "features[0].nested[0].value", "not_a_number"),
        ({"features": [{**BOX, "colour": 3}]}, "features[0].colour", "unknown_key"),
        ({"person": "ada"}, "person", "unknown_key"),
    ],
)  # fmt: skip
def test_a_bad_line_is_told_and_the_next_one_is_read(more: dict[str, Any], path: str, code: str) -> None:
    found = read({**ROW, **more}, ROW)
    assert isinstance(found[0], Problem)
    assert (found[0].position, found[0].path, found[0].code) == (1, path, code)
    assert found[1] == LabelRecord(2, "img-1", "ada", features=(BOX,))


def test_not_a_number_in_a_value_is_refused_by_the_gate() -> None:
    line = '{"asset": "a", "labeler": "b", "features": [{"feature": "x", "kind": "number", "value": NaN}]}'
    found = list(read_labels([line]))
    assert [one.code for one in found if isinstance(one, Problem)] == ["not_finite"]


@pytest.mark.parametrize("first", [{"ontology": {}}, {"ontology": ["car"]}, {"settings": 3}])
def test_a_malformed_questions_line_is_told(first: Any) -> None:
    assert [one.code for one in read(first) if isinstance(one, Problem)] == ["bad_shape"]


def test_a_questions_line_stands_first_or_is_no_label() -> None:
    assert isinstance(read(ROW, {"ontology": []})[1], Problem)


@pytest.mark.reference_data
def test_the_real_boxes_of_a_crowd_are_read(reference_data: Path) -> None:
    labels = json.loads((reference_data / "crowd_boxes" / "labels.json").read_text())
    rows = [
        {
            "asset": label["item"],
            "labeler": label["annotator"],
            "features": [{"feature": "object", "kind": "box", "value": box} for box in label["boxes_xyxy"]],
        }
        for label in labels
    ]
    found = read(*rows)
    kept = [one for one in found if isinstance(one, LabelRecord)]
    bad = [one for one in found if isinstance(one, Problem)]
    # Real workers also drew boxes without area; each such label is told, none stops the file.
    flat = [
        row
        for row in rows
        if any(f["value"][0] >= f["value"][2] or f["value"][1] >= f["value"][3] for f in row["features"])
    ]
    assert {one.code for one in bad} <= {"empty_box"}
    assert (len(kept), len(bad)) == (len(rows) - len(flat), len(flat))
