import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.polylines import default_tolerance, polyline_f1, prepare_polylines, read_polyline

FLAT = [[0, 0], [100, 0]]


def f1(a, b, tolerance=5.0, size=None):
    one, other = (prepare_polylines([read_polyline(line, "here")], size).geometry for line in (a, b))
    return polyline_f1(one, other, tolerance)[0, 0]


def test_the_share_of_length_within_the_tolerance():
    # Round the end (50, 3) the line y = 0 stays within 5 for another √(5² - 3²) = 4: 54 of 100, and all of the other.
    assert f1(FLAT, [[0, 3], [50, 3]]) == pytest.approx(2 * 0.54 / 1.54)
    # A cross: each is within 5 of the other for 10 of its 100.
    assert f1(FLAT, [[50, -50], [50, 50]]) == pytest.approx(0.1)
    # A crossing at 45 degrees: within 5 for 5√2 to either side, of 100 and of 100√2.
    share, slanted = 10 * math.sqrt(2) / 100, 10 * math.sqrt(2) / (100 * math.sqrt(2))
    assert f1(FLAT, [[0, -50], [100, 50]]) == pytest.approx(2 * share * slanted / (share + slanted))


@pytest.mark.parametrize(("distance", "expected"), [(0, 1), (3, 1), (5, 1), (5.001, 0), (6, 0)])
def test_parallel_lines(distance, expected):
    assert f1(FLAT, [[0, distance], [100, distance]]) == expected


def test_direction_and_number_of_vertices_have_no_effect():
    bent = [[0, 0], [60, 0], [60, 40]]
    dense = [[x, 0] for x in range(0, 61)] + [[60, y] for y in range(0, 41)]
    other = [[0, 4], [30, 4], [64, 38]]
    assert f1(bent, bent[::-1]) == 1
    assert f1(bent, dense) == pytest.approx(1)
    assert f1(dense[::-1], other) == pytest.approx(f1(bent, other), abs=1e-9)
    assert 0 < f1(bent, other) < 1


def test_length_reached_from_two_segments_counts_once():
    zigzag = [[0, 1], [50, 1], [0, -1]]
    assert f1(zigzag, FLAT, tolerance=2) == pytest.approx(
        2 * (50 + math.sqrt(3)) / 100 / (1 + (50 + math.sqrt(3)) / 100)
    )


def test_all_pairs_at_once():
    lines = [read_polyline(line, "here") for line in (FLAT, [[0, 50], [100, 50]], [[0, 51], [100, 51]])]
    geometry = prepare_polylines(lines, None).geometry
    assert polyline_f1(geometry, geometry[:2], 5.0).tolist() == [[1, 0], [0, 1], [0, 1]]
    assert polyline_f1(geometry[:0], geometry, 5.0).shape == (0, 3)


def test_default_tolerance_follows_the_picture():
    assert default_tolerance((640, 480)) == pytest.approx(6)


def test_clipping_cuts_the_line():
    assert f1([[-50, 10], [50, 10]], [[0, 10], [50, 10]], size=(100, 100)) == pytest.approx(1)
    assert f1([[-50, 10], [50, 10]], [[0, 10], [50, 10]]) == pytest.approx(2 * 0.55 / 1.55)
    shapes = prepare_polylines([read_polyline(line, "x") for line in ([[-9, 9], [9, 9]], [[-9, -9], [-5, 5]])], (9, 9))
    assert shapes.notes == ("clipped to the picture", "clipped to the picture; no length")


def test_a_line_without_length():
    shapes = prepare_polylines([read_polyline([[3, 3], [3, 3]], "here"), read_polyline(FLAT, "here")], None)
    assert shapes.is_degenerate.tolist() == [True, False]
    assert polyline_f1(shapes.geometry, shapes.geometry, 5.0).tolist() == [[0, 0], [0, 1]]


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ValueError, match="tolerance"):
        f1(FLAT, FLAT, tolerance=-1.0)


coordinate = st.integers(0, 60)
polylines = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=5).filter(lambda line: len(set(line)) > 1)


def sampled_share(line, other, tolerance):
    """Share of the length by sampling 4 000 places: another way to the same number."""
    vertices, targets = np.array(line, float), np.array(other, float)
    lengths = np.hypot(*np.diff(vertices, axis=0).T)
    at = (np.arange(4000) + 0.5) / 4000 * lengths.sum()
    along = np.concatenate([[0], np.cumsum(lengths)])
    places = np.stack([np.interp(at, along, vertices[:, axis]) for axis in (0, 1)], axis=1)
    nearest = np.full(len(places), np.inf)
    for start, end in pairwise(targets):
        step = end - start
        share = np.clip(((places - start) @ step) / max(step @ step, 1e-12), 0, 1)
        nearest = np.minimum(nearest, np.hypot(*(places - start - share[:, None] * step).T))
    return (nearest <= tolerance).mean()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(a=polylines, b=polylines, tolerance=st.sampled_from([1.7, 4.3, 11.1]))
def test_closed_form_equals_sampling(a, b, tolerance):
    precision, recall = sampled_share(a, b, tolerance), sampled_share(b, a, tolerance)
    expected = 2 * precision * recall / (precision + recall) if precision + recall else 0
    assert f1(a, b, tolerance) == pytest.approx(expected, abs=0.01)
