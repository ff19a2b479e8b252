import math

import numpy as np
import pytest

from quality.agreement.points import default_sigma, point_similarity, prepare_points, read_point


def test_gaussian_of_the_distance():
    places = np.array([[0.0, 0], [3, 4]])
    expected = [[1, math.exp(-25 / 50)], [math.exp(-25 / 50), 1]]
    assert point_similarity(places, places, 5.0) == pytest.approx(np.array(expected))


def test_default_sigma_is_one_percent_of_the_diagonal():
    assert default_sigma((640, 480)) == pytest.approx(8)
    one = np.array([[0.0, 0]])
    assert point_similarity(one, np.array([[16.0, 0]]), default_sigma((640, 480)))[0, 0] == pytest.approx(math.exp(-2))


def test_a_point_outside_is_moved_to_the_edge():
    shapes = prepare_points([(650, 100), (10, 10)], (640, 480))
    assert shapes.geometry.tolist() == [[640, 100], [10, 10]]
    assert shapes.notes == ("clipped to the picture", "")


def test_empty_side():
    assert point_similarity(np.zeros((0, 2)), np.zeros((3, 2)), 1.0).shape == (0, 3)


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan])
def test_sigma_must_be_positive(sigma):
    with pytest.raises(ValueError, match="sigma"):
        point_similarity(np.zeros((1, 2)), np.zeros((1, 2)), sigma)


@pytest.mark.parametrize(
    "value", [[1], [1, 2, 1], [math.inf, 1], [1, None], {"x": 1, "y": 2}, [10**400, 1], [1e300, 1]]
)
def test_malformed_points_are_refused(value):
    with pytest.raises(ValueError, match=r"^here"):
        read_point(value, "here")
