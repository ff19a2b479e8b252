import math

import numpy as np
import pytest

from quality.agreement.labels import score_labels
from quality.agreement.polygons import polygon_iou
from quality.agreement.rotated_boxes import corners, prepare_rotated_boxes, read_rotated_box
from tests.quality.agreement.shorthand import feature, item, label

SHIP = feature("ship", "rotated_box")


def prepared(*values, size=None):
    return prepare_rotated_boxes([read_rotated_box(value, "here") for value in values], size)


def iou(a, b):
    return polygon_iou(prepared(a).geometry, prepared(b).geometry)[0, 0]


def score(a, b, size=None):
    one, other = (label(item("ship", "rotated_box", value, id="ship0")) for value in (a, b))
    return score_labels([SHIP], one, other, size=size)


def test_iou_by_hand():
    assert iou([50, 50, 40, 20, 0], [50, 50, 40, 20, 90]) == pytest.approx(1 / 3)
    # A square turned by 45 degrees on itself: 2(√2 - 1) / (2 - 2(√2 - 1)) = 1/√2.
    assert iou([7, 7, 3, 3, 0], [7, 7, 3, 3, 45]) == pytest.approx(math.sqrt(0.5), abs=1e-9)


@pytest.mark.parametrize("same", [[50, 50, 20, 40, 100], [50, 50, 40, 20, 190], [50, 50, 40, 20, -350]])
def test_ways_to_write_the_same_rectangle(same):
    assert iou([50, 50, 40, 20, 10], same) == pytest.approx(1)


def test_degrees_run_clockwise_where_y_points_down():
    # The right end of a flat box goes down, to a greater y, when it is turned a little clockwise.
    turned = corners(np.array([read_rotated_box([0, 0, 10, 0, 30], "here")]))[0]
    right = turned[turned[:, 0].argmax()]
    assert right.tolist() == pytest.approx([5 * math.cos(math.pi / 6), 2.5])


def test_boxes_are_clipped_to_the_picture():
    found = score([0, 0, 20, 20, 0], [0, 0, 40, 40, 90], size=(100, 100))
    assert found.score == pytest.approx(0.25)
    assert found.features[0].objects[0].note == "clipped to the picture"
    inside = prepared([10, 10, 20, 20, 90], size=(20, 20))
    assert inside.notes == ("",)


def test_a_box_without_area_agrees_only_with_its_like():
    assert score([5, 5, 0, 8, 0], [5, 5, 8, 0, 90]).score == 1
    assert score([5, 5, 0, 8, 0], [5, 5, 0, 8, 0]).features[0].objects[0].error == "degenerate"
    assert score([5, 5, 0, 0, 10], [5, 5, 0, 0, 80]).score == 1
    assert score([5, 5, 0, 8, 0], [5, 5, 0, 9, 0]).score == 0
    assert score([5, 5, 0, 8, 0], [5, 5, 8, 8, 0]).score == 0
    assert prepared([500, 5, 4, 4, 0], size=(10, 10)).notes == ("clipped to the picture; no area",)


def test_empty_sides():
    assert prepared().notes == ()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([0, 0, -1, 1, 0], "here"),
        ([0, 0, 1, 1], "here"),
        ([0, 0, 1, math.inf, 0], r"here\[3\]"),
        ([0, 0, 1, 1, "90"], r"here\[4\]"),
        (None, "here"),
    ],
)
def test_malformed_boxes_are_refused_with_their_path(value, path):
    with pytest.raises(ValueError, match=f"^{path}:"):
        read_rotated_box(value, "here")
