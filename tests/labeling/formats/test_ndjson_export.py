"""The export to the byte: shape of every kind, order of nothing but the rows, a trailer that proves the rest."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.annotations.ontology import parse_ontology
from labeling.formats.export_annotations import export_annotations
from labeling.formats.export_rows import (
    ExportAgreement,
    ExportComment,
    ExportConsensus,
    ExportDataRow,
    ExportDecision,
    ExportIssue,
    ExportLabel,
    ExportMedia,
    ExportMerged,
    ExportMetadata,
    ExportOrigin,
    ExportProject,
    ExportRow,
    ExportStep,
    ExportTime,
)
from labeling.formats.ndjson_export import SCHEMA_VERSION, write_rows

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def tool(uid: str, name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"uid": uid, "name": name, "kind": kind, "color": "#3388FF", **more}


COLOUR = {
    "uid": "f-colour",
    "name": "Colour",
    "kind": "radio",
    "options": [
        {"value": "o-red", "label": "Dark red", "questions": [{"uid": "f-why", "name": "Why", "kind": "text"}]}
    ],
}
ONTOLOGY = parse_ontology(
    {
        "features": [
            tool("f-car", "Blue Car", "box", questions=[COLOUR]),
            tool("f-roof", "Roof", "polygon"),
            tool("f-lane", "Lane", "polyline"),
            tool("f-lamp", "Lamp", "point"),
            {
                "uid": "f-tags",
                "name": "Tags",
                "kind": "checklist",
                "options": [{"value": "o-a", "label": "A"}, {"value": "o-b", "label": "B"}],
            },
            {"uid": "f-note", "name": "Note", "kind": "text"},
            {"uid": "f-age", "name": "Age", "kind": "number"},
        ]
    }
)


def entry(feature: str, kind: str, value: Any, *nested: Any) -> dict[str, Any]:
    return {"feature": feature, "kind": kind, "id": f"id of {feature}", "value": value, "nested": list(nested)}


WHY = entry("f-why", "text", "shade")
CAR = entry("f-car", "box", [10, 20, 110.5, 80], entry("f-colour", "radio", "o-red", WHY))


def heading(uid: str, name: str, value: str) -> dict[str, Any]:
    return {"feature_id": f"id of {uid}", "feature_schema_id": uid, "name": name, "value": value}


def exported(*features: Any) -> dict[str, Any]:
    return export_annotations(ONTOLOGY, {"features": list(features), "relations": []})


def test_a_box_with_its_answers() -> None:
    why = {**heading("f-why", "Why", "why"), "text_answer": {"content": "shade"}}
    radio = {"feature_schema_id": "o-red", "name": "Dark red", "value": "dark_red", "classifications": [why]}
    assert exported(CAR) == {
        "objects": [
            {
                **heading("f-car", "Blue Car", "blue_car"),
                "annotation_kind": "ImageBoundingBox",
                "bounding_box": {"top": 20, "left": 10, "height": 60, "width": 100.5},
                "classifications": [{**heading("f-colour", "Colour", "colour"), "radio_answer": radio}],
            }
        ],
        "classifications": [],
        "relationships": [],
    }


@pytest.mark.parametrize(
    ("feature", "kind", "geometry"),
    [
        (
            entry("f-roof", "polygon", [[0, 0], [1, 0], [1, 1]]),
            "ImagePolygon",
            {"polygon": [{"x": 0, "y": 0}, {"x": 1, "y": 0}, {"x": 1, "y": 1}]},
        ),
        (
            entry("f-roof", "polygon", {"rings": [[[0, 0]], [[5, 5]]]}),
            "ImagePolygon",
            {"polygon": [{"x": 0, "y": 0}], "rings": [[{"x": 0, "y": 0}], [{"x": 5, "y": 5}]]},
        ),
        (
            entry("f-lane", "polyline", [[0, 0], [1, 2]]),
            "ImagePolyline",
            {"line": [{"x": 0, "y": 0}, {"x": 1, "y": 2}]},
        ),
        (entry("f-lamp", "point", [3, 4]), "ImagePoint", {"point": {"x": 3, "y": 4}}),
    ],
)
def test_the_other_shapes(feature: Any, kind: str, geometry: dict[str, Any]) -> None:
    found = exported(feature)["objects"][0]
    assert found["annotation_kind"] == kind
    assert {key: found[key] for key in geometry} == geometry


def test_the_other_answers() -> None:
    features = [
        entry("f-tags", "checklist", ["o-b", "o-a"]),
        entry("f-note", "text", "ü"),
        entry("f-age", "number", 3.5),
    ]
    tags, note, age = exported(*features)["classifications"]
    assert [answer["name"] for answer in tags["checklist_answers"]] == ["A", "B"]
    assert note["text_answer"] == {"content": "ü"}
    assert (age["text_answer"], age["number_answer"]) == ({"content": "3.5"}, {"value": 3.5})


def test_a_feature_of_another_ontology_is_refused() -> None:
    with pytest.raises(KeyError):
        exported(entry("f-else", "text", "x"))


LABEL = ExportLabel(
    id="l1",
    version=2,
    ontology=ONTOLOGY,
    payload={"features": [CAR], "relations": []},
    created_at=NOON,
    updated_at=NOON,
    created_by="person-7",
    content_last_updated_at=NOON,
    ontology_version=3,
    guideline_version=4,
    origin=ExportOrigin("human", parent_label="l0"),
    seconds_to_create=31.5,
    benchmark_score=1 / 3,
    consensus_score=1.0,
    ambiguity=0.1 + 0.2,
    agreement=ExportAgreement(0.75, "union_mean", 3, {"f-car": 0.75, "f-age": None}),
    times=(ExportTime("label", 31.5, 40.0, 8.5),),
    issues=(
        ExportIssue(
            19, "Mistake", "open", "look", NOON, "person-8", comments=(ExportComment(NOON, "person-7", "yes"),)
        ),
    ),
    decisions=(ExportDecision("approve", NOON, "person-8", ("ok",), ("rule-2",)),),
)
ROW = ExportRow(
    ExportDataRow("d1", "ext-1", None, "s3://bucket/a.jpg", "ds", "Street", NOON, NOON, NOON, "person-1", "sha256:00"),
    ExportMedia(640, 480, "image/jpeg"),
    (ExportMetadata("m1", "split", "text", "train"),),
    (
        ExportProject(
            "p1", "Cars", "o1", "b1", "Batch 1", "done", 5, 3, "l1", 1, (LABEL,), (ExportStep("move", NOON, "x"),)
        ),
    ),
)


def written(*rows: ExportRow) -> list[bytes]:
    return list(write_rows(rows))


def test_a_row_has_every_part_of_the_shape_and_our_additions() -> None:
    document = json.loads(written(ROW)[0])
    assert set(document) == {"schema_version", "data_row", "media_attributes", "metadata_fields", "projects"}
    assert document["schema_version"] == SCHEMA_VERSION
    assert document["data_row"]["checksum"] == "sha256:00"
    assert document["data_row"]["details"]["created_at"] == "2026-01-02T12:00:00.000000Z"
    project = document["projects"]["p1"]
    assert project["project_details"]["selected_label_id"] == "l1"
    assert project["project_details"]["consensus"] is None
    merged = ExportMerged(LABEL.ontology, LABEL.payload, {"o": [2, 3]}, {"l1": 1})
    told = ExportConsensus("decided", "merged", "l1", "union mean", 1, 4, 3, posterior=0.8, merged=merged)
    judged = replace(ROW, projects=(replace(ROW.projects[0], consensus=told),))
    found = json.loads(written(judged)[0])["projects"]["p1"]["project_details"]["consensus"]
    assert (found["winner"], found["strategy"], found["settings_version"], found["posterior"]) == (
        "l1",
        "merged",
        4,
        0.8,
    )
    assert found["merged"]["annotations"] == project["labels"][0]["annotations"]
    assert (found["merged"]["support"], found["merged"]["made_of"]) == ({"o": [2, 3]}, {"l1": 1})
    label = project["labels"][0]
    assert set(label) == {
        "id",
        "version",
        "label_kind",
        "label_details",
        "performance_details",
        "annotations",
        "ontology_version",
        "guideline_version",
        "origin",
        "times",
        "agreement",
        "ambiguity",
        "issues",
        "decisions",
    }
    assert label["times"] == {"label": {"active_s": 31.5, "wall_s": 40, "idle_s": 8.5}}
    assert label["agreement"]["per_feature"] == {"f-car": 0.75, "f-age": None}
    assert label["issues"][0]["comments"][0]["content"] == "yes"
    assert label["label_details"]["reviews"][0]["reviewed_by"] == "person-8"


def test_numbers_have_one_form() -> None:
    line = written(ROW)[0].decode()
    assert '"ambiguity":0.3,' in line
    assert '"benchmark_score":0.333333' in line
    assert '"consensus_score":1,' in line


def test_the_same_rows_give_the_same_bytes() -> None:
    label = replace(LABEL, agreement=ExportAgreement(0.75, "union_mean", 3, {"f-age": None, "f-car": 0.75}))
    again = replace(ROW, projects=(replace(ROW.projects[0], labels=(label,)),))
    assert b"".join(written(ROW)) == b"".join(written(again))


def test_the_same_moment_in_another_zone_is_the_same_text() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    other = replace(ROW, data_row=replace(ROW.data_row, created_at=elsewhere))
    assert written(other) == written(ROW)


def test_the_trailer_counts_the_rows_and_covers_every_byte_before_it() -> None:
    *lines, trailer = written(ROW, ROW)
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    assert json.loads(trailer) == {"trailer": {"rows": 2, "sha256": digest}}
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in (*lines, trailer))


def test_an_export_of_nothing_is_a_trailer() -> None:
    assert [json.loads(line)["trailer"]["rows"] for line in written()] == [0]


def test_a_skipped_label_and_a_gold_one_are_told() -> None:
    skipped = replace(LABEL, payload={"features": []}, is_skipped=True, is_gold=True, agreement=None)
    row = replace(ROW, projects=(replace(ROW.projects[0], labels=(skipped,)),))
    label = json.loads(written(row)[0])["projects"]["p1"]["labels"][0]
    assert (label["label_kind"], label["performance_details"]["skipped"], label["agreement"]) == ("Gold", True, None)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_not_a_number_never_reaches_a_file(bad: float) -> None:
    row = replace(ROW, metadata=(ExportMetadata("m", "m", "number", bad),))
    with pytest.raises(ValueError, match="NaN"):
        written(row)


def test_a_time_without_zone_never_reaches_a_file() -> None:
    row = replace(ROW, data_row=replace(ROW.data_row, created_at=NOON.replace(tzinfo=None)))
    with pytest.raises(ValueError, match="zone"):
        written(row)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(-1e6, 1e6)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(VALUES)
def test_any_metadata_makes_one_line_that_reads_back_the_same_way_twice(value: Any) -> None:
    line = written(replace(ROW, metadata=(ExportMetadata("m", "m", "any", value),)))[0]
    assert line.count(b"\n") == 1
    back = json.loads(line)["metadata_fields"][0]["value"]
    again = written(replace(ROW, metadata=(ExportMetadata("m", "m", "any", back),)))[0]
    assert again == line
