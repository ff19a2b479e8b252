import numpy as np
import pytest

from quality.agreement.boxes import box_iou, clip_boxes, prepare_boxes, read_box


def iou(a, b):
    return box_iou(np.array([a], float), np.array([b], float))[0, 0]


def test_iou_of_continuous_boxes_has_no_plus_one():
    assert iou([0, 0, 10, 10], [5, 0, 15, 10]) == pytest.approx(1 / 3)
    # Nine pixels wide, not ten: 4 x 9 shared of 2 x 81 - 36 (with the +1 of VOC it would be 1/3).
    assert iou([0, 0, 9, 9], [5, 0, 14, 9]) == pytest.approx(36 / 126)


def test_touching_apart_and_contained():
    assert iou([0, 0, 10, 10], [10, 0, 20, 10]) == 0
    assert iou([0, 0, 10, 10], [20, 20, 30, 30]) == 0
    assert iou([0, 0, 10, 10], [2, 2, 8, 8]) == pytest.approx(0.36)


def test_all_pairs_at_once_and_empty_sides():
    a = np.array([[0, 0, 10, 10], [0, 0, 10, 20]], float)
    b = np.array([[0, 0, 10, 10], [0, 10, 10, 20], [0, 0, 5, 10]], float)
    assert box_iou(a, b) == pytest.approx(np.array([[1, 0, 0.5], [0.5, 0.5, 0.25]]))
    assert box_iou(a, np.zeros((0, 4))).shape == (2, 0)


def test_a_box_without_area_overlaps_nothing_not_even_itself():
    assert iou([0, 0, 0, 10], [0, 0, 0, 10]) == 0
    assert iou([0, 0, 0, 10], [0, 0, 10, 10]) == 0


def test_clipping_leaves_what_is_in_the_picture():
    clipped = clip_boxes(np.array([[-5.0, -5, 5, 5], [700, 0, 800, 10]]), (640, 480))
    assert clipped.tolist() == [[0, 0, 5, 5], [640, 0, 640, 10]]


def test_what_was_done_to_a_box_is_said():
    shapes = prepare_boxes([(0, 0, 5, 5), (-5, 0, 5, 5), (700, 0, 800, 10), (3, 3, 3, 9)], (640, 480))
    assert shapes.notes == ("", "clipped to the picture", "clipped to the picture; no area", "no area")
    assert shapes.is_degenerate.tolist() == [False, False, True, True]


@pytest.mark.parametrize("value", [[10, 0, 0, 10], [0, 10, 10, 0], [0, 0, 10], "0000", None, [0, 0, "10", 10]])
def test_malformed_boxes_are_refused(value):
    with pytest.raises(ValueError, match=r"^here"):
        read_box(value, "here")
