import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.repairs import MANY_VERTICES, even_odd_areas

scribbles = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).random((MANY_VERTICES + 5, 2)) * 100)


def area_of(vertices):
    return even_odd_areas(np.array([shapely.polygons(vertices)]))[0]


@settings(derandomize=True, max_examples=15, deadline=None)
@given(vertices=scribbles)
def test_a_long_scribble_has_the_area_that_make_valid_finds(vertices):
    expected, found = shapely.make_valid(shapely.polygons(vertices), method="linework"), area_of(vertices)
    assert found.is_valid
    assert shapely.symmetric_difference(expected, found).area == pytest.approx(0, abs=1e-6)


def test_a_long_outline_that_runs_over_its_own_edge_is_repaired_as_a_short_one_is():
    # A circle that crosses itself once, with a spike: there and back again.
    turns = np.linspace(0, 2 * math.pi, MANY_VERTICES + 20, endpoint=False)
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1) * 10
    circle[[3, 4]] = circle[[4, 3]]
    spiked = np.vstack([circle, [[20, 0], [10, 0]]])
    expected = shapely.make_valid(shapely.polygons(spiked), method="linework")
    assert area_of(spiked).area == pytest.approx(expected.area)


def test_hundreds_of_vertices_do_not_take_minutes():
    # make_valid needs about 70 s for this one.
    area = area_of(np.random.default_rng(1).random((400, 2)) * 100)
    assert area.is_valid
    assert 0 < area.area < 10_000


def test_many_crossings_on_a_grid_are_read_strictly_even_odd():
    # 200 edges, many of them over one another: inside is where a ray meets an odd number of them.
    vertices = np.random.default_rng(2).integers(0, 40, (200, 2)).astype(float)
    area = area_of(vertices)
    places = np.random.default_rng(3).random((100, 2)) * 39
    closed = np.vstack([vertices, vertices[:1]])
    for x, y in places:
        edges = pairwise(closed)
        crossings = [x0 + (y - y0) * (x1 - x0) / (y1 - y0) for (x0, y0), (x1, y1) in edges if (y0 > y) != (y1 > y)]
        assert shapely.contains_xy(area, x, y) == (sum(x < crossing for crossing in crossings) % 2 == 1)


def test_a_long_line_without_area():
    assert area_of(np.array([[index % 7, index % 7] for index in range(60)], dtype=float)).is_empty
