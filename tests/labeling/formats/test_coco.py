"""Reading COCO files: real ones to the last object, broken ones record by record."""

import json
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from labeling.annotations.named_features import with_uids
from labeling.annotations.ontology import complete_ontology, parse_ontology
from labeling.annotations.payload import check_payload
from labeling.annotations.polygons import parse_polygon
from labeling.formats.coco import CocoFile, read_coco


def coco(*annotations: Any, **lists: Any) -> dict[str, Any]:
    return {
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}],
        "images": [{"id": 7, "file_name": "a/b.jpg", "width": 100, "height": 50}],
        "annotations": list(annotations),
        **lists,
    }


def annotation(number: Any = 1, **more: Any) -> dict[str, Any]:
    return {"id": number, "image_id": 7, "category_id": 1, "bbox": [10, 20, 30, 5], "iscrowd": 0, **more}


def problems(found: CocoFile) -> list[tuple[int, str, str]]:
    return [(problem.position, problem.path, problem.code) for problem in found.problems]


def values(found: CocoFile) -> list[Any]:
    return [feature["value"] for image in found.images for feature in image.features]


def test_a_box_is_turned_into_corners() -> None:
    found = read_coco(coco(annotation()))
    assert found.problems == ()
    assert found.images[0].features == (
        {"feature": "car", "kind": "box", "id": "1", "value": [10, 20, 40, 25], "nested": []},
    )
    assert (found.images[0].key, found.images[0].file_name, found.images[0].size) == ("7", "a/b.jpg", (100, 50))
    assert found.ontology == {"features": [{"name": "car", "kind": "box"}, {"name": "bus", "kind": "box"}]}


def test_ids_join_as_text_or_number() -> None:
    found = read_coco(coco(annotation("x", image_id="7", category_id="1"), annotation(2.0, image_id=7.0)))
    assert found.problems == ()
    assert [feature["id"] for feature in found.images[0].features] == ["x", "2"]


@pytest.mark.parametrize(
    ("record", "path", "code"),
    [
        (annotation(image_id=8), "annotations[0].image_id", "dangling_id"),
        (annotation(image_id=None), "annotations[0].image_id", "dangling_id"),
        (annotation(category_id=9), "annotations[0].category_id", "dangling_id"),
        (annotation(category_id=True), "annotations[0].category_id", "dangling_id"),
        (annotation(None), "annotations[0].id", "bad_id"),
        (annotation(1.5), "annotations[0].id", "bad_id"),
        (annotation(bbox=[10, 20, -30, 5]), "annotations[0].bbox[2]", "negative_size"),
        (annotation(bbox=[10, 20, 30, 0]), "annotations[0].bbox[3]", "empty_box"),
        (annotation(bbox=[10, float("nan"), 30, 5]), "annotations[0].bbox[1]", "not_finite"),
        (annotation(bbox=[10, "20", 30, 5]), "annotations[0].bbox[1]", "not_a_number"),
        (annotation(bbox=[90, 20, 30, 5]), "annotations[0].bbox", "out_of_bounds"),
        (annotation(bbox=[1e308, 20, 1e308, 5]), "annotations[0].bbox", "limit_exceeded"),
        (annotation(bbox=[10, 20, 30]), "annotations[0].bbox", "bad_shape"),
        ({"id": 1, "image_id": 7, "category_id": 1}, "annotations[0].bbox", "bad_shape"),
        (annotation(iscrowd=1), "annotations[0].iscrowd", "crowd_region"),
        ("text", "annotations[0]", "bad_shape"),
    ],
)
def test_a_bad_annotation_is_told_and_the_next_one_is_read(record: Any, path: str, code: str) -> None:
    found = read_coco(coco(record, annotation(99)))
    assert problems(found) == [(0, path, code)]
    assert values(found) == [[10, 20, 40, 25]]


def test_a_duplicate_annotation_id_is_refused_the_second_time_also_across_types() -> None:
    found = read_coco(coco(annotation(1), annotation(1), annotation("1"), annotation(2)))
    assert problems(found) == [(1, "annotations[1].id", "duplicate_id"), (2, "annotations[2].id", "duplicate_id")]
    assert len(values(found)) == 2


@pytest.mark.parametrize(
    ("more", "path", "code"),
    [
        ({"file_name": "/etc/passwd"}, "images[1].file_name", "absolute_file_name"),
        ({"file_name": "C:\\a.jpg"}, "images[1].file_name", "absolute_file_name"),
        ({"file_name": "\\\\host\\a.jpg"}, "images[1].file_name", "absolute_file_name"),
        ({"file_name": "a/../../b.jpg"}, "images[1].file_name", "unsafe_file_name"),
        ({"file_name": "a\\..\\b.jpg"}, "images[1].file_name", "unsafe_file_name"),
        ({"file_name": "a\nb.jpg"}, "images[1].file_name", "unsafe_file_name"),
        ({"file_name": "a\x00.jpg"}, "images[1].file_name", "nul_character"),
        ({"file_name": " "}, "images[1].file_name", "empty_file_name"),
        ({"file_name": None}, "images[1].file_name", "empty_file_name"),
        ({"file_name": "a/b.jpg"}, "images[1].file_name", "duplicate_file_name"),
        ({"width": 0}, "images[1].width", "bad_size"),
        ({"height": "50"}, "images[1].height", "bad_size"),
        ({"id": "7"}, "images[1].id", "duplicate_id"),
        ({"id": []}, "images[1].id", "bad_id"),
    ],
)
def test_a_bad_image_is_told_and_the_others_are_read(more: Any, path: str, code: str) -> None:
    images = [*coco()["images"], {"id": 8, "file_name": "c.jpg", "width": 9, "height": 9, **more}]
    found = read_coco(coco(annotation(), images=images))
    assert problems(found) == [(1, path, code)]
    assert [image.key for image in found.images] == ["7"]
    assert len(values(found)) == 1


def test_an_image_without_size_is_read_and_bounds_nothing() -> None:
    found = read_coco(coco(annotation(bbox=[0, 0, 9999, 9999]), images=[{"id": 7, "file_name": "a.jpg"}]))
    assert (found.images[0].size, found.problems) == (None, ())


def test_bad_categories_are_told_and_their_annotations_dangle() -> None:
    categories = [
        {"id": 1, "name": "car"},
        {"id": 2, "name": "Car "},
        {"id": 1, "name": "bus"},
        {"id": 3},
        {"id": 4, "name": "\ud800"},
    ]
    found = read_coco(coco(annotation(), annotation(2, category_id=2), categories=categories))
    assert problems(found) == [
        (1, "categories[1].name", "duplicate_name"),
        (2, "categories[2].id", "duplicate_id"),
        (3, "categories[3].name", "empty_name"),
        (4, "categories[4].name", "lone_surrogate"),
        (1, "annotations[1].category_id", "dangling_id"),
    ]  # fmt: skip


def test_a_cycle_of_supercategories_plays_no_part() -> None:
    categories = [{"id": 1, "name": "car", "supercategory": "bus"}, {"id": 2, "name": "bus", "supercategory": "car"}]
    assert read_coco(coco(categories=categories)).problems == ()


@pytest.mark.parametrize("document", [{}, {"images": {}, "annotations": 3, "categories": None}])
def test_missing_lists_are_told(document: Any) -> None:
    assert [problem.path for problem in read_coco(document).problems] == ["categories", "images", "annotations"]


SQUARE = [0, 0, 10, 0, 10, 10, 0, 10]


@pytest.mark.parametrize(
    ("segmentation", "path", "code"),
    [
        ([[0, 0, 10, 0, 10]], "annotations[0].segmentation[0]", "odd_length"),
        ([[0, 0, 10, 0]], "annotations[0].segmentation[0]", "too_few_vertices"),
        ([[0, 0, 5, 5, 9, 9]], "annotations[0].segmentation[0]", "no_area"),
        ([SQUARE, [0, 0, 1, 0, float("nan"), 1]], "annotations[0].segmentation[1]", "not_finite"),
        ([0, 0, 10, 0, 10, 10], "annotations[0].segmentation[0]", "bad_shape"),
        ([[0, 0, 10, 0, 10, 90]], "annotations[0].segmentation[0]", "out_of_bounds"),
        ([], "annotations[0].segmentation", "no_polygon"),
        ({"size": [50, 100], "counts": [-1, 9]}, "annotations[0].segmentation", "no_polygon"),
        (None, "annotations[0].segmentation", "no_polygon"),
    ],
)
def test_a_bad_segmentation_is_told_and_the_next_one_is_read(segmentation: Any, path: str, code: str) -> None:
    record = annotation(segmentation=segmentation)
    found = read_coco(coco(record, annotation(2, segmentation=[SQUARE])), use_segmentation=True)
    assert problems(found) == [(0, path, code)]
    assert values(found) == [[[0, 0], [10, 0], [10, 10], [0, 10]]]


def test_a_category_without_any_polygon_stays_a_box() -> None:
    found = read_coco(coco(annotation(1, segmentation=[SQUARE]), annotation(2, category_id=2)), use_segmentation=True)
    assert [feature["kind"] for feature in found.ontology["features"]] == ["polygon", "box"]  # type: ignore[attr-defined]
    assert values(found)[1] == [10, 20, 40, 25]


def test_parts_of_one_object_are_their_union_also_where_they_overlap() -> None:
    apart = annotation(1, segmentation=[SQUARE, [20, 0, 30, 0, 30, 10, 20, 10]])
    overlapping = annotation(2, segmentation=[SQUARE, [5, 0, 15, 0, 15, 10, 5, 10]])
    areas = [parse_polygon(value).area for value in values(read_coco(coco(apart, overlapping), use_segmentation=True))]
    assert areas == pytest.approx([200, 150], rel=1e-3)


def test_overlapping_parts_that_cannot_be_merged_are_told() -> None:
    bow_tie = [0, 0, 10, 10, 10, 0, 0, 10]
    many = [number for index in range(600) for number in (index / 10, 10 + index % 2)]
    for parts in ([bow_tie, SQUARE], [[*many, 30, 40], [*many, 30, 45]]):
        found = read_coco(coco(annotation(segmentation=parts)), use_segmentation=True)
        assert problems(found) == [(0, "annotations[0].segmentation", "parts_overlap")]


def expected_of(reference_data: Path, name: str) -> Any:
    return json.loads((reference_data / "expected.json").read_text())["formats"][name]


@pytest.mark.reference_data
def test_a_hundred_real_photographs_are_read_to_the_last_box(reference_data: Path) -> None:
    path = reference_data / "formats_voc100" / "gts" / "coco_format_v1" / "instances_default.json"
    found = read_coco(json.loads(path.read_text()))
    expected = expected_of(reference_data, "voc100")
    assert found.problems == ()
    assert (len(found.images), len(values(found))) == (expected["images"], expected["objects"])
    assert Counter(feature["feature"] for image in found.images for feature in image.features) == expected["classes"]
    example = next(image for image in found.images if image.file_name == "2007_000032.jpg")
    assert list(example.size or ()) == expected["example_2007_000032"]["size"]
    boxes = sorted([feature["feature"], *feature["value"]] for feature in example.features)  # type: ignore[misc]
    assert boxes == sorted(expected["example_2007_000032"]["boxes"])


@pytest.mark.reference_data
@pytest.mark.parametrize("use_segmentation", [False, True])
def test_real_photographs_with_polygons_become_labels_that_pass(reference_data: Path, use_segmentation: bool) -> None:
    document = json.loads((reference_data / "coco_eval" / "instances_val2014_100.json").read_text())
    found = read_coco(document, use_segmentation=use_segmentation)
    assert Counter(problem.code for problem in found.problems) == {"crowd_region": 9}
    assert len(values(found)) == len(document["annotations"]) - 9
    numbers = count()
    uuids = (f"00000000-0000-4000-8000-{number:012x}" for number in numbers)
    ontology = parse_ontology(complete_ontology(found.ontology, lambda: f"u{next(numbers)}"))
    for image in found.images:
        payload, faults = with_uids(ontology, image.features, new_id=lambda: next(uuids))
        assert faults == ()
        assert check_payload(ontology, payload, size=image.size) == ()
