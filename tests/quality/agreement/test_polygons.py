import math

import numpy as np
import pytest

from quality.agreement.polygons import area_of_rings, polygon_iou, prepare_polygons, read_polygon

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]]
BOWTIE = [[0, 0], [10, 10], [10, 0], [0, 10]]


def iou(a, b):
    return polygon_iou(area_of_rings([read_polygon(a, "a")])[0], area_of_rings([read_polygon(b, "b")])[0])[0, 0]


def prepared(value, size=None):
    return prepare_polygons([read_polygon(value, "here")], size)


def test_iou_of_areas():
    assert iou(SQUARE, [[5, 0], [15, 0], [15, 10], [5, 10]]) == pytest.approx(1 / 3)
    # A square turned by 45 degrees about its centre: 2 (√2 - 1) shared of a unit square, so 1/√2.
    half, reach = 0.5, math.sqrt(0.5)
    unit = [[-half, -half], [half, -half], [half, half], [-half, half]]
    assert iou(unit, [[reach, 0], [0, reach], [-reach, 0], [0, -reach]]) == pytest.approx(math.sqrt(0.5), abs=1e-9)


@pytest.mark.parametrize(
    "same",
    [
        [[10, 10], [0, 10], [0, 0], [10, 0]],
        SQUARE[::-1],
        [*SQUARE, SQUARE[0]],
        [[0, 0], [0, 0], [10, 0], [10, 10], [10, 10], [0, 10]],
        [[0, 0], [5, 0], [10, 0], [10, 10], [0, 10]],
        [[0, 0], [10, 0], [10, 10], [10, 30], [10, 10], [0, 10]],
    ],
    ids=["other start", "reversed", "closed", "repeated vertices", "vertex on an edge", "spike"],
)
def test_ways_to_draw_the_same_square(same):
    assert iou(SQUARE, same) == pytest.approx(1)


def test_a_bow_tie_keeps_both_lobes_and_is_said_to_be_repaired():
    assert iou(SQUARE, BOWTIE) == pytest.approx(0.5)
    assert iou(BOWTIE, BOWTIE) == pytest.approx(1)
    assert prepared(BOWTIE).notes == ("outline crosses itself, read even-odd",)
    assert prepared(SQUARE).notes == ("",)


def test_a_ring_in_a_ring_is_a_hole_and_one_in_that_an_island():
    hole, island = [[3, 3], [7, 3], [7, 7], [3, 7]], [[4, 4], [6, 4], [6, 6], [4, 6]]
    assert iou(SQUARE, {"rings": [SQUARE, hole]}) == pytest.approx(0.84)
    assert iou(SQUARE, {"rings": [island, SQUARE, hole]}) == pytest.approx(0.88)


def test_a_ring_drawn_over_itself_counts_even_odd():
    # Two 10 x 10 squares in one stroke that share 5 x 5: covered twice is outside, 75 + 75 remain.
    stroke = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0], [5, 5], [15, 5], [15, 15], [5, 15], [5, 5]]
    areas, is_repaired = area_of_rings([read_polygon(stroke, "here")])
    assert areas[0].area == pytest.approx(150)
    assert is_repaired.tolist() == [True]


def test_several_parts_are_one_polygon():
    parts = {"rings": [SQUARE, [[20, 0], [30, 0], [30, 10], [20, 10]]]}
    assert iou(SQUARE, parts) == pytest.approx(0.5)


@pytest.mark.parametrize("flat", [[[0, 0], [5, 5], [10, 10]], [[0, 0], [10, 0]], [[4, 4]], [[4, 4]] * 5])
def test_outlines_without_area_are_let_through_and_overlap_nothing(flat):
    assert iou(SQUARE, flat) == 0
    assert iou(flat, flat) == 0
    assert prepared(flat).is_degenerate.tolist() == [True]


def test_a_line_drawn_in_fractions_has_no_area_either():
    flat = prepared([[0.1, 0.3], [0.2, 0.6], [0.7, 2.1], [0.3, 0.9]])
    assert flat.is_degenerate.tolist() == [True]
    assert polygon_iou(flat.geometry, prepared(SQUARE).geometry).tolist() == [[0]]


def test_clipping():
    shapes = prepare_polygons([read_polygon(v, "here") for v in ([[-5, 0], [5, 0], [5, 8], [-5, 8]], SQUARE)], (9, 8))
    assert [geometry.area for geometry in shapes.geometry] == pytest.approx([40, 72])
    assert shapes.notes == ("clipped to the picture",) * 2
    assert prepared([[20, 20], [30, 20], [30, 30]], (9, 8)).is_degenerate.tolist() == [True]


def test_empty_sides():
    none = np.empty(0, dtype=object)
    assert polygon_iou(none, none).shape == (0, 0)
    assert prepare_polygons([], None).notes == ()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], "here"),
        ({"rings": []}, "here.rings"),
        ({"rings": [SQUARE, []]}, r"here.rings\[1\]"),
        ([[0, 0], [1, math.nan]], r"here\[1\]\[1\]"),
        ([[0, 0], ["1", 2]], r"here\[1\]\[0\]"),
        ([[0, 0], [1, 2, 3]], r"here\[1\]"),
        ([[0, 0], [True, 2]], r"here\[1\]\[0\]"),
        ("square", "here"),
    ],
)
def test_malformed_polygons_are_refused_with_their_path(value, path):
    with pytest.raises(ValueError, match=f"^{path}:"):
        read_polygon(value, "here")
