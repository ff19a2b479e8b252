import math

import numpy as np
import pytest

from quality.agreement.keypoints import COCO_NAMES, COCO_SIGMAS, keypoint_similarity, prepare_keypoints, read_keypoints
from quality.agreement.labels import score_labels
from tests.quality.agreement.shorthand import feature, item, label

HAND = feature("hand", "keypoints")


def prepared(*values, area=None, size=None):
    found = [read_keypoints({"value": value, "area": area}, "here") for value in values]
    return prepare_keypoints(found, size)


def oks(a, b, *, area=None, sigma=None):
    return keypoint_similarity(prepared(a, area=area).geometry, prepared(b, area=area).geometry, sigma)[0, 0]


def hand(*points, **more):
    return item("hand", "keypoints", [list(point) for point in points], id="hand0") | more


def test_by_hand():
    # d = 3 for one of two points, area 100, sigma 0.05: exp(-9 / (2 · 100 · 0.01)) and 1.
    a, b = [[0, 0, 2], [10, 10, 2]], [[3, 0, 2], [10, 10, 2]]
    assert oks(a, b, area=100) == pytest.approx((math.exp(-4.5) + 1) / 2)
    assert oks(a, b, area=100, sigma=0.1) == pytest.approx((math.exp(-9 / 8) + 1) / 2)


def test_without_an_area_that_of_the_box_around_the_points_stands():
    a, b = [[0, 0, 2], [10, 10, 1], [500, 500, 0]], [[0, 0, 2], [13, 10, 1], [0, 0, 0]]
    # Areas 100 and 130, mean 115.
    assert oks(a, b) == pytest.approx((1 + math.exp(-9 / (2 * 115 * 0.01))) / 2)


def test_a_point_that_one_side_only_labelled_counts_0():
    assert oks([[0, 0, 2], [9, 9, 2]], [[0, 0, 2], [9, 9, 0]], area=100) == pytest.approx(0.5)
    assert oks([[0, 0, 2], [9, 9, 0]], [[0, 0, 2], [7, 7, 0]], area=100) == 1
    assert oks([[0, 0, 2]], [[0, 0, 2], [9, 9, 2]], area=100) == pytest.approx(0.5)


def test_sigmas_of_coco_for_its_skeleton():
    a = [[10 * index, 0, 2] for index in range(17)]
    b = [[x + 2, 0, 2] for x, _, _ in a]
    by_coco = np.mean([math.exp(-4 / (2 * 400 * (2 * sigma) ** 2)) for sigma in COCO_SIGMAS])
    assert oks(a, b, area=400) == pytest.approx(by_coco)
    person = feature("hand", "keypoints", options=COCO_NAMES)
    other = feature("hand", "keypoints", options=tuple(f"p{index}" for index in range(17)))
    one, two = label(hand(*a, area=400)), label(hand(*b, area=400))
    assert score_labels([person], one, two, size=None).score == pytest.approx(by_coco)
    assert score_labels([other], one, two, size=None).score == pytest.approx(math.exp(-4 / 8))
    given = feature("hand", "keypoints", options=COCO_NAMES, sigma=0.1)
    assert score_labels([given], one, two, size=None).score == pytest.approx(math.exp(-4 / 32))


def test_where_there_is_no_area_only_the_same_place_agrees():
    assert oks([[5, 5, 2]], [[5, 5, 1]]) == 1
    assert oks([[5, 5, 2]], [[5, 6, 2]]) == 0


def test_a_set_without_a_labelled_point_agrees_only_with_its_like():
    nothing, other = label(hand([1, 1, 0])), label(hand([2, 3, 0]))
    found = score_labels([HAND], nothing, other, size=None)
    assert (found.score, found.features[0].objects[0].error) == (1, "degenerate")
    assert score_labels([HAND], nothing, label(hand([1, 1, 2])), size=None).score == 0


def test_far_apart_is_missing_and_extra():
    a, b = label(hand([0, 0, 2], [9, 9, 2])), label(hand([90, 90, 2], [99, 99, 2]))
    found = score_labels([HAND], a, b, size=None)
    assert (found.score, [o.error for o in found.features[0].objects]) == (0, ["extra", "missing"])


def test_points_move_to_the_edge_of_the_picture():
    shapes = prepared([[-3, 5, 2], [4, 4, 2], [-9, -9, 0]], size=(10, 10))
    assert shapes.geometry[0].points == ((0, 5, 2), (4, 4, 2), (0, 0, 0))
    assert shapes.notes == ("clipped to the picture",)
    assert prepared([[-9, -9, 0], [1, 1, 1]], size=(10, 10)).notes == ("",)


def test_empty_sides():
    assert keypoint_similarity(prepared().geometry, prepared([[1, 1, 2]]).geometry, None).shape == (0, 1)


@pytest.mark.parametrize(
    ("found", "path"),
    [
        ({"value": []}, "here.value"),
        ({"value": None}, "here.value"),
        ({"value": [[1, 1]]}, r"here.value\[0\]"),
        ({"value": [[1, 1, 3]]}, r"here.value\[0\]\[2\]"),
        ({"value": [[1, math.nan, 2]]}, r"here.value\[0\]\[1\]"),
        ({"value": [[1, 1, 2]], "area": 0}, "here.area"),
        ({"value": [[1, 1, 2]], "area": -4}, "here.area"),
        ({"value": [[1, 1, 2]], "area": math.nan}, "here.area"),
        ({"value": [[1, 1, 2]], "area": "9"}, "here.area"),
    ],
)
def test_malformed_sets_are_refused_with_their_path(found, path):
    with pytest.raises(ValueError, match=f"^{path}:"):
        read_keypoints(found, "here")
