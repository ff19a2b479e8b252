"""The measures against values that independent libraries computed for real data."""

import json

import numpy as np
import pytest

from quality.agreement.boxes import box_iou, read_box
from quality.agreement.classifications import checklist_score
from quality.agreement.intervals import jeffreys_interval, shrunken_lower_bound, shrunken_rate, wilson_interval
from quality.agreement.labels import score_labels
from quality.agreement.matching import match_objects
from quality.agreement.object_scores import OBJECT_SCORES
from quality.agreement.points import default_sigma, point_similarity
from quality.agreement.polygons import area_of_rings, polygon_iou, read_polygon
from quality.agreement.polylines import polyline_f1, prepare_polylines, read_polyline
from quality.agreement.rotated_boxes import prepare_rotated_boxes, read_rotated_box
from quality.agreement.rows import score_row
from quality.agreement.spans import read_span, span_iou
from quality.agreement.texts import comparable_text, text_score
from tests.quality.agreement.shorthand import boxes, feature, item, label, radio

pytestmark = pytest.mark.reference_data

CAR = feature("car", "box")
NODULE = feature("nodule", "polygon")


@pytest.fixture
def expected(reference_data):
    return json.loads((reference_data / "expected.json").read_text())


@pytest.fixture
def pairs(expected):
    return expected["geometry_pairs"]


def close(value):
    """Expected values are written with six digits."""
    return pytest.approx(value, abs=1e-6)


def product_score(schema, a, b):
    """The score under the product's rules of one shape against one."""
    labels = (label(item(schema.uid, schema.kind, value)) for value in (a, b))
    return score_labels([schema], *labels, size=None).score


def test_boxes(pairs):
    for pair in pairs["boxes_xyxy"]:
        a, b = (np.array([read_box(pair[side], side)]) for side in "ab")
        assert box_iou(a, b)[0, 0] == close(pair["reference"]), pair["note"]
        is_identical_without_area = pair["note"] == "zero width, identical"
        assert product_score(CAR, pair["a"], pair["b"]) == close(1 if is_identical_without_area else pair["reference"])


def test_inclusive_pixels_are_converted_on_import_not_here(pairs):
    case = pairs["boxes_inclusive_pixel_convention"]
    assert product_score(CAR, case["a"], case["b"]) == close(case["coco_continuous"])


def test_polygons(pairs):
    points = pairs["polygon_points"]
    assert len(pairs["polygons"]) == 12
    for pair in pairs["polygons"]:
        a, b = points[pair["a"]], points[pair["b"]]
        areas = (area_of_rings([read_polygon(value, "here")])[0] for value in (a, b))
        assert polygon_iou(*areas)[0, 0] == close(pair["iou"] or 0), pair
        is_null = pair["iou"] is None
        assert product_score(NODULE, a, b) == close(float(pair["a"] == pair["b"]) if is_null else pair["iou"]), pair


def test_polylines(pairs):
    for pair in pairs["polylines"]:
        a, b = (prepare_polylines([read_polyline(pair[side], side)], None).geometry for side in "ab")
        assert polyline_f1(a, b, pair["tol"])[0, 0] == close(pair["length_f"]), pair["note"]


def test_points(pairs):
    for pair in pairs["points"]:
        sigma = default_sigma(tuple(pair["image"]))
        assert sigma == close(pair["sigma"])
        a, b = np.array([[0.0, 0.0]]), np.array([[pair["distance_px"], 0.0]])
        assert point_similarity(a, b, sigma)[0, 0] == close(pair["similarity"])


@pytest.mark.parametrize("name", OBJECT_SCORES)
def test_matching(pairs, name):
    for case in pairs["matching"]:
        if case["name"] == "both_empty":
            assert OBJECT_SCORES[name].of([], 0, 0) is case[name]
        elif case["name"] == "one_empty":
            assert OBJECT_SCORES[name].of([], 0, 2) == case[name]
        else:
            similarity = np.array(case["similarity"])
            assert similarity[match_objects(similarity)].sum() == close(case["total_hungarian"])
            matched = similarity[match_objects(similarity, gate=OBJECT_SCORES[name].gate)]
            assert OBJECT_SCORES[name].of(matched.tolist(), *similarity.shape) == close(case[name]), case["name"]


def test_rotated_boxes(pairs):
    assert len(pairs["rotated"]) == 4
    for pair in pairs["rotated"]:
        boxes_ = (read_rotated_box(value, "here") for value in (pair["a_cx_cy_w_h_deg"], pair["b"]))
        a, b = (prepare_rotated_boxes([one], None).geometry for one in boxes_)
        assert polygon_iou(a, b)[0, 0] == close(pair["iou"])
        assert product_score(feature("ship", "rotated_box"), pair["a_cx_cy_w_h_deg"], pair["b"]) == close(pair["iou"])


def test_spans(pairs):
    for pair in pairs["spans"]:
        a, b = (np.array([read_span(pair[side], side)]) for side in "ab")
        assert span_iou(a, b)[0, 0] == close(pair["half_open_char_iou"])
        assert product_score(feature("drug", "span"), pair["a"], pair["b"]) == close(pair["half_open_char_iou"])


def test_texts_and_checklists(pairs):
    for case in pairs["texts"]:
        found = text_score(comparable_text(case["a"]), comparable_text(case["b"]))
        # The product's rule on top of the bare formula: both empty is not applicable.
        assert found == (close(case["after_nfc_trim_collapse"]) if case["a"] or case["b"] else None)
    for case in pairs["checklist"]:
        assert checklist_score(set(case["a"]), set(case["b"]), is_required=True) == close(case["jaccard"])


def test_classification_of_an_asset(pairs):
    for case in pairs["classification_asset_scores"]:
        opinions = {str(index): radio(option) for index, option in enumerate(case["labels"])}
        row = score_row([feature("weather", "radio")], opinions, size=None)
        assert row.consensus == close(case["mean_pairwise"])
        assert row.vote_shares["weather"] == close(case["vote_share"])


def test_intervals_of_labelers(expected):
    for case in expected["labeler_accuracy"]["grid"]:
        k, n = case["k"], case["n"]
        assert jeffreys_interval(k, n) == close(case["jeffreys_ci95"])
        assert shrunken_rate(k, n, prior=(0.5, 0.5)) == close(case["jeffreys_mean"])
        assert shrunken_rate(k, n) == close(case["uniform_prior_mean"])
        assert shrunken_lower_bound(k, n) == close(case["uniform_prior_lower05"])
        if n:
            assert wilson_interval(k, n) == close(case["wilson95"])


@pytest.fixture
def crowd(reference_data):
    """Image -> annotator -> label, and image -> gold, of the crowd's real boxes."""
    folder = reference_data / "crowd_boxes"
    opinions = {}
    for row in json.loads((folder / "labels.json").read_text()):
        opinions.setdefault(row["item"], {})[row["annotator"]] = boxes(*row["boxes_xyxy"])
    gold = {name: boxes(*values) for name, values in json.loads((folder / "gold.json").read_text()).items()}
    return opinions, gold


@pytest.mark.parametrize("name", ["union_mean", "soft_f", "f1_50", "pq"])
def test_consensus_of_sixty_images_of_real_boxes(expected, crowd, name):
    assets = expected["crowd_boxes"]["assets"]
    assert len(assets) == 60
    for image, asset in assets.items():
        row = score_row([CAR], crowd[0][image], size=None, object_score=name)
        assert row.opinion_count == asset["n_labels"]
        assert row.consensus == close(asset["consensus"][name]), image


def test_benchmark_of_sixty_images_of_real_boxes(expected, crowd):
    for name, asset in expected["crowd_boxes"]["assets"].items():
        scores = [score_labels([CAR], one, crowd[1][name], size=None).score for one in crowd[0][name].values()]
        assert sum(scores) / len(scores) == close(asset["benchmark_union_mean"]), name


def test_outlines_of_four_radiologists(reference_data, expected):
    assets = {asset["nodule"]: asset for asset in expected["lidc_polygons"]["assets"]}
    nodules = json.loads((reference_data / "lidc_polygons" / "polygons.json").read_text())
    assert len(nodules) == len(assets) == 60
    for nodule in nodules:
        opinions = {
            reader: label(item("nodule", "polygon", {"rings": drawn["polygons"]}))
            for reader, drawn in nodule["readers"].items()
        }
        row = score_row([NODULE], opinions, size=None)
        asset = assets[nodule["nodule"]]
        assert {pair.a + pair.b: pair.score for pair in row.pairs} == close(asset["iou"])
        assert row.consensus == close(asset["mean"])
