"""One value of each kind: what is refused, and the measures of what is not."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.annotations.boxes import check_box, parse_box
from labeling.annotations.classifications import check_checklist, check_number_answer, check_radio, check_text
from labeling.annotations.points import check_point, parse_point
from labeling.annotations.polygons import check_polygon, parse_polygon, signed_area
from labeling.annotations.polylines import check_polyline, parse_polyline
from labeling.annotations.regions import even_odd_area

NAN, INFINITY = float("nan"), float("inf")


def codes(faults: Any) -> list[tuple[str, str]]:
    return [(fault.path, fault.code) for fault in faults]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([0, 0, 10, 10], []),
        ([-0.5, -0.5, 100.5, 50.5], []),
        ([-0.51, 0, 10, 10], [("v[0]", "out_of_bounds")]),
        ([0, 0, 10, 50.6], [("v[3]", "out_of_bounds")]),
        ([200, 0, 100, 10], [("v[0]", "out_of_bounds"), ("v[2]", "empty_box")]),
        ([10, 0, 10, 10], [("v[2]", "empty_box")]),
        ([10, 10, 0, 0], [("v[2]", "empty_box"), ("v[3]", "empty_box")]),
        ([0, 0, 0.0000004, 10], [("v[2]", "empty_box")]),
        ([0.0, -0.0, 0.001, 1], []),
        ([0, 0, 10], [("v", "bad_shape")]),
        ({"x": 1}, [("v", "bad_shape")]),
        (None, [("v", "bad_shape")]),
        ([0, 0, NAN, 10], [("v[2]", "not_finite")]),
        ([0, 0, INFINITY, 10], [("v[2]", "not_finite")]),
        ([0, 0, 10**400, 10], [("v[2]", "not_finite")]),
        ([0, 0, 1e308, 10], [("v[2]", "limit_exceeded")]),
        ([0, 0, True, 10], [("v[2]", "not_a_number")]),
        ([0, 0, "10", None], [("v[2]", "not_a_number"), ("v[3]", "not_a_number")]),
    ],
)
def test_boxes(value: Any, expected: list[tuple[str, str]]) -> None:
    assert codes(check_box(value, "v", (100, 50))) == expected


def test_without_a_size_nothing_is_out_of_bounds() -> None:
    assert codes(check_box([-500, -500, 90_000, 90_000], "v")) == []


def test_the_measures_of_a_box() -> None:
    box = parse_box([1, 2, 4, 6.5])
    assert (box.width, box.height, box.area, box.bounds) == (3, 4.5, 13.5, (1, 2, 4, 6.5))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([[0, 0], [10, 0], [10, 10]], []),
        ([[0, 0], [10, 0], [10, 10], [0, 0]], []),
        ([[0, 0], [10, 10], [10, 0], [0, 10]], []),  # a bow tie: crossed, but it has an area
        ({"rings": [[[0, 0], [9, 0], [9, 9]], [[1, 0.5], [3, 0.5], [3, 2]]]}, []),
        ([[0, 0], [10, 0]], [("v", "too_few_vertices")]),
        ([[0, 0], [10, 0], [0, 0], [10, 0]], [("v", "too_few_vertices")]),
        ([[0, 0], [5, 5], [10, 10]], [("v", "no_area")]),
        ([[0, 0], [10, 0], [5, 0], [2, 0]], [("v", "no_area")]),
        ([[0, 0], [10, 0], [10, NAN]], [("v[2][1]", "not_finite")]),
        ([[0, 0], [10, 0], [10, 1e308]], [("v[2][1]", "limit_exceeded")]),
        ([[0, 0], [10, 0], [10]], [("v[2]", "bad_shape")]),
        ([[0, 0], [10, 0], [10, 51]], [("v[2][1]", "out_of_bounds")]),
        ([], [("v", "too_few_vertices")]),
        ("M 0 0", [("v", "bad_shape")]),
        ({"rings": []}, [("v", "bad_shape")]),
        ({"rings": [[[0, 0], [9, 0], [9, 9]], 7]}, [("v.rings[1]", "bad_shape")]),
        ({"rings": [[[0, 0], [9, 0], [9, 9]], [[0, 0], [1, 1], [2, 2]]]}, [("v.rings[1]", "no_area")]),
        ({"rings": [[[0, 0], [9, 0], [9, 9]]] * 2}, [("v", "no_area")]),
        ({"rings": [[[0, 0], [9, 0], [9, 9]], [[9, 9], [9, 0], [0, 0], [9, 9]]]}, [("v", "no_area")]),
        ({"rings": [[[0, 0], [9, 0], [9, 9]]] * 3}, []),
        ({"rings": [[[0, 0], [9, 0], [9, 9]]], "holes": []}, [("v", "bad_shape")]),
    ],
)
def test_polygons(value: Any, expected: list[tuple[str, str]]) -> None:
    assert codes(check_polygon(value, "v", (100, 50))) == expected


def circle(count: int) -> list[list[float]]:
    angles = [2 * math.pi * index / count for index in range(count)]
    return [[500 + 400 * math.cos(angle), 500 + 400 * math.sin(angle)] for angle in angles]


def test_twenty_thousand_vertices_are_allowed_and_one_more_is_refused_without_looking() -> None:
    assert codes(check_polygon(circle(20_000), "v", (1000, 1000))) == []
    assert codes(check_polygon([*circle(20_000), [NAN, 0]], "v")) == [("v", "limit_exceeded")]
    assert codes(check_polygon({"rings": [circle(10_001)] * 2}, "v")) == [("v", "limit_exceeded")]
    assert "max_shape_vertices" in next(iter(check_polygon([[0, 0]] * 1_000_000, "v"))).message


def test_the_measures_of_a_polygon_leave_holes_out() -> None:
    polygon = parse_polygon({"rings": [[[0, 0], [10, 0], [10, 10], [0, 10]], [[2, 2], [4, 2], [4, 4], [2, 4]]]})
    assert polygon.area == pytest.approx(96, rel=1e-3)
    assert (polygon.bounds, polygon.perimeter) == ((0, 0, 10, 10), 48)


def test_a_bow_tie_has_the_area_of_its_two_lobes() -> None:
    assert signed_area([(0, 0), (10, 10), (10, 0), (0, 10)]) == 0
    assert parse_polygon([[0, 0], [10, 10], [10, 0], [0, 10]]).area == pytest.approx(50, rel=1e-3)


def test_a_long_scribble_is_checked_and_measured() -> None:
    places = random.Random(1)
    scribble = [[places.uniform(0, 1000), places.uniform(0, 1000)] for _ in range(20_000)]
    assert codes(check_polygon({"rings": [scribble[:10_000], scribble[10_000:]]}, "v")) == []
    # Crossed this often, every place is inside with even chance.
    assert parse_polygon(scribble).area == pytest.approx(500_000, rel=0.1)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=6, unique=True))
def test_the_scanned_area_is_the_exact_one_where_both_are_known(ring: list[tuple[int, int]]) -> None:
    hull = shapely.MultiPoint(ring).convex_hull
    if isinstance(hull, shapely.Polygon):
        outline = list(hull.exterior.coords[:-1])
        twice = [outline, [(x + 50, y) for x, y in outline]]
        assert even_odd_area(twice) == pytest.approx(2 * hull.area, rel=2e-3)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([[0, 0], [10, 0]], []),
        ([[0, 0]], [("v", "too_few_vertices")]),
        ([], [("v", "too_few_vertices")]),
        ([[3, 3], [3, 3.0000002]], [("v", "too_few_vertices")]),
        ([[0, 0], [10, "0"]], [("v[1][1]", "not_a_number")]),
        ([[0, 0], 3], [("v[1]", "bad_shape")]),
        ({"line": []}, [("v", "bad_shape")]),
        ([[0, 0]] * 20_001, [("v", "limit_exceeded")]),
    ],
)
def test_polylines(value: Any, expected: list[tuple[str, str]]) -> None:
    assert codes(check_polyline(value, "v", (100, 50))) == expected


def test_the_measures_of_a_polyline() -> None:
    line = parse_polyline([[0, 0], [3, 4], [3, 10]])
    assert (line.length, line.bounds) == (11, (0, 0, 3, 10))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([100.5, 50.5], []),
        ([100.6, 51], [("v[0]", "out_of_bounds"), ("v[1]", "out_of_bounds")]),
        ([1], [("v", "bad_shape")]),
        ("12", [("v", "bad_shape")]),
        ([1, False], [("v[1]", "not_a_number")]),
    ],
)
def test_points(value: Any, expected: list[tuple[str, str]]) -> None:
    assert codes(check_point(value, "v", (100, 50))) == expected


def test_a_point_knows_its_bounds_and_a_bad_one_is_not_parsed() -> None:
    assert parse_point([3, 4]).bounds == (3, 4, 3, 4)
    for parse in (parse_point, parse_box, parse_polygon, parse_polyline):
        with pytest.raises(ValueError, match="value"):
            parse([[1]])


def test_answers() -> None:
    options = frozenset({"a", "b"})
    assert codes(check_radio("a", "v", options)) == []
    assert codes(check_radio("c", "v", options)) == [("v", "unknown_option")]
    assert codes(check_radio(["a"], "v", options)) == [("v", "bad_shape")]
    assert codes(check_checklist(["a", "c", "a"], "v", options)) == [
        ("v[1]", "unknown_option"),
        ("v[2]", "chosen_twice"),
    ]
    assert codes(check_checklist("ab", "v", options)) == [("v", "bad_shape")]
    assert codes(check_text("a\x00", "v")) == [("v", "nul_character")]
    assert codes(check_text("\udfff", "v")) == [("v", "lone_surrogate")]
    assert codes(check_text(3, "v")) == [("v", "bad_shape")]
    assert codes(check_number_answer(True, "v")) == [("v", "not_a_number")]
    assert codes(check_number_answer(-INFINITY, "v")) == [("v", "not_finite")]


COORDINATES = st.floats(0, 1000, allow_nan=False)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(COORDINATES, COORDINATES), min_size=3, max_size=3), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)
)
def test_moving_a_triangle_does_not_change_its_area(ring: list[tuple[float, float]], dx: float, dy: float) -> None:
    moved = [(x + dx, y + dy) for x, y in ring]
    assert signed_area(moved) == pytest.approx(signed_area(ring), abs=1e-6)
    assert signed_area(ring[::-1]) == pytest.approx(-signed_area(ring), abs=1e-6)


@pytest.mark.reference_data
def test_the_outlines_of_four_radiologists_are_read_and_degenerate_ones_refused(reference_data: Path) -> None:
    nodules = json.loads((reference_data / "lidc_polygons" / "polygons.json").read_text())
    outlines = [ring for nodule in nodules for reader in nodule["readers"].values() for ring in reader["polygons"]]
    refused = [ring for ring in outlines if codes(check_polygon(ring, "v"))]
    for ring in outlines:
        if ring not in refused:
            assert 0 < parse_polygon(ring).area <= (max(x for x, _ in ring) - min(x for x, _ in ring)) ** 2 * 100
    assert len(outlines) > len(refused)
    assert all(len({tuple(place) for place in ring}) < 3 or signed_area(ring) == 0 for ring in refused)
