"""One label out of many for boxes, polygons, spans, points and polylines."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.merging.boxes import merge_boxes
from quality.agreement.merging.clusters import cluster_objects
from quality.agreement.merging.points import geometric_median, merge_points
from quality.agreement.merging.polygons import majority_area, merge_polygons, rings_of
from quality.agreement.merging.polylines import merge_polylines
from quality.agreement.merging.pooled import weighted_median
from quality.agreement.merging.result import quorum_of
from quality.agreement.merging.spans import merge_spans
from quality.agreement.polygons import area_of_rings

checked = settings(derandomize=True, max_examples=80, deadline=None)


def square(x, y, side=10.0):
    return (((x, y), (x + side, y), (x + side, y + side), (x, y + side)),)


def values(merged):
    return [found.value for found in merged]


def test_the_quorum_is_a_third():
    assert [quorum_of(m) for m in range(1, 10)] == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_average_link_joins_no_two_objects_of_one_label():
    similarity = np.array([[1, 0.9, 0.8], [0.9, 1, 0.7], [0.8, 0.7, 1]])
    assert cluster_objects(similarity, [0, 0, 1]) == [[0, 2], [1]]
    assert cluster_objects(similarity, [0, 1, 2]) == [[0, 1, 2]]
    assert cluster_objects(similarity, [0, 1, 2], threshold=0.76) == [[0, 1], [2]]
    chain = np.array([[1, 0.5, 0], [0.5, 1, 0.4], [0, 0.4, 1]])
    assert cluster_objects(chain, [0, 1, 2]) == [[0, 1], [2]]
    assert cluster_objects(np.zeros((2, 2)), [0, 1], threshold=0) == [[0], [1]]
    assert cluster_objects(np.zeros((0, 0)), []) == []
    with pytest.raises(ValueError, match="matrix of 2 by 2"):
        cluster_objects(similarity, [0, 1])
    with pytest.raises(ValueError, match="0 to 1"):
        cluster_objects(np.full((1, 1), np.nan), [0])


def test_boxes_become_the_median_of_their_sides():
    labels = {"a": [(0, 0, 10, 10)], "b": [(1, 0, 11, 10)], "c": [(4, 0, 14, 12), (50, 50, 60, 60)]}
    merged = merge_boxes(labels)
    assert values(merged) == [(1, 0, 11, 10), (50, 50, 60, 60)]
    assert [(found.support, found.of, found.is_uncertain) for found in merged] == [(3, 3, False), (1, 3, True)]
    assert merged[0].members == (("a", 0), ("b", 0), ("c", 0))
    assert values(merge_boxes(labels, quorum=2)) == [(1, 0, 11, 10)]
    assert values(merge_boxes(labels, weights={"c": 5.0}))[0] == (4, 0, 14, 12)


def test_labels_without_objects_count_for_the_quorum():
    labels = {"a": [(0, 0, 10, 10)], "b": [], "c": [], "d": []}
    assert merge_boxes(labels) == []
    assert len(merge_boxes({"a": [(0, 0, 10, 10)], "b": [], "c": []})) == 1
    assert merge_boxes({}) == []
    assert merge_boxes({"a": [], "b": []}) == []
    assert merge_boxes({"a": [(0, 0, 10, 10)], "b": []})[0].is_uncertain is False


def test_two_boxes_of_one_label_stay_apart():
    merged = merge_boxes({"a": [(0, 0, 10, 10), (1, 0, 11, 10)], "b": [(0, 0, 10, 10), (1, 0, 11, 10)]})
    assert values(merged) == [(0, 0, 10, 10), (1, 0, 11, 10)]
    assert [found.support for found in merged] == [2, 2]


def test_boxes_without_area_stand_alone():
    assert len(merge_boxes({"a": [(5, 5, 5, 9)], "b": [(5, 5, 5, 9)]})) == 2


def test_weights_must_be_above_0():
    with pytest.raises(ValueError, match="above 0"):
        merge_boxes({"a": [(0, 0, 1, 1)]}, weights={"a": 0.0})


def test_the_weighted_median():
    columns = np.array([[1.0, 5.0], [2.0, 4.0], [9.0, 3.0], [10.0, 0.0]])
    assert weighted_median(columns, np.ones(4)).tolist() == [5.5, 3.5]
    assert weighted_median(columns, np.array([1.0, 1, 1, 4])).tolist() == [10, 0]
    assert weighted_median(columns[:3], np.full(3, 0.1)).tolist() == [2, 4]


def test_polygons_become_the_area_that_most_cover():
    merged = merge_polygons({"a": [square(0, 0)], "b": [square(2, 0)], "c": [square(4, 0)]})
    assert len(merged) == 1
    area = area_of_rings([merged[0].value])[0][0]
    assert area.equals(shapely.box(2, 0, 12, 10))
    assert merged[0].support == 3


def test_a_hole_that_most_drew_stays():
    ring = (square(0, 0, 12)[0], square(4, 4, 4)[0])
    merged = merge_polygons({"a": [ring], "b": [ring], "c": [square(0, 0, 12)]})
    area = area_of_rings([merged[0].value])[0][0]
    assert area.area == pytest.approx(144 - 16)


def test_outlines_without_area_are_left_out():
    assert merge_polygons({"a": [(((0.0, 0.0), (5.0, 5.0)),)], "b": [(((0.0, 0.0), (5.0, 5.0)),)]}) == []
    assert majority_area([]).is_empty
    assert rings_of(shapely.Polygon()) == ()


def test_polygons_that_only_touch_give_no_lines():
    areas = [shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2), shapely.box(4, 0, 6, 2)]
    assert majority_area(areas).is_empty


def test_spans_by_a_vote_on_every_character():
    labels = {"a": [(0, 10), (20, 30)], "b": [(2, 12)], "c": [(0, 9), (5, 8)], "d": [], "e": [(20, 24)]}
    merged = merge_spans(labels)
    assert values(merged) == [(0, 10), (20, 24)]
    assert [(found.support, found.of, found.is_uncertain) for found in merged] == [(3, 5, False), (2, 5, True)]
    assert merged[0].members == (("a", 0), ("b", 0), ("c", 0), ("c", 1))
    assert values(merge_spans(labels, threshold=0.6)) == [(2, 9)]
    assert merge_spans({}) == []
    assert merge_spans({"a": [(3, 3)]}) == []
    assert values(merge_spans({"a": [(0, 5), (5, 9)]})) == [(0, 9)]
    with pytest.raises(ValueError, match="ends before"):
        merge_spans({"a": [(5, 3)]})
    with pytest.raises(ValueError, match="threshold"):
        merge_spans(labels, threshold=0)


def test_points_become_their_geometric_median():
    labels = {"a": [(0.0, 0.0)], "b": [(1.0, 0.0), (90.0, 90.0)], "c": [(0.0, 1.0)], "d": [(90.0, 91.0)]}
    merged = merge_points(labels, sigma=4)
    assert [found.support for found in merged] == [3, 2]
    # Fermat's point of a right triangle with legs 1: (3 − √3) / 6 from both.
    assert merged[0].value == pytest.approx(((3 - 3**0.5) / 6,) * 2, abs=1e-6)
    assert merged[1].value == pytest.approx((90, 90.5))
    with pytest.raises(ValueError, match="sigma"):
        merge_points(labels, sigma=0)


def test_the_geometric_median_may_be_one_of_the_points():
    points = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [3.0, 1.0]])
    assert geometric_median(points, np.ones(4)).tolist() == pytest.approx([0, 0], abs=1e-6)
    assert geometric_median(points[:1], np.ones(1)).tolist() == [0, 0]
    cross = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0], [2.0, 2.0]])
    assert geometric_median(cross, np.ones(5)).tolist() == pytest.approx([2, 2], abs=1e-9)


def test_polylines_become_the_one_most_like_the_others():
    straight = ((0.0, 0.0), (100.0, 0.0))
    labels = {"a": [straight], "b": [((0.0, 1.0), (100.0, 1.0))], "c": [((0.0, 2.5), (60.0, 2.5), (60.0, 40.0))]}
    merged = merge_polylines(labels, tolerance=2)
    assert [(found.value, found.support) for found in merged] == [(((0.0, 1.0), (100.0, 1.0)), 3)]
    assert merge_polylines({"a": [], "b": []}, tolerance=2) == []


crowded = st.dictionaries(
    st.sampled_from("abcde"),
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 9), st.integers(0, 9)).map(
            lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3])
        ),
        max_size=4,
    ),
)


@checked
@given(labels=crowded, data=st.data())
def test_order_and_names_have_no_effect(labels, data):
    name = dict(zip("abcde", data.draw(st.permutations("abcde")), strict=True))
    renamed = {name[labeler]: data.draw(st.permutations(labels[labeler])) for labeler in reversed(list(labels))}
    found, other = merge_boxes(labels), merge_boxes(renamed)
    assert sorted(values(other)) == sorted(values(found))
    assert sorted(one.support for one in other) == sorted(one.support for one in found)


@checked
@given(labels=crowded)
def test_a_merge_supports_what_it_says(labels):
    for found in merge_boxes(labels):
        assert found.of == len(labels)
        assert quorum_of(found.of) <= found.support == len(found.members)
        assert len({labeler for labeler, _ in found.members}) == found.support
        sides = np.array([labels[labeler][place] for labeler, place in found.members])
        assert (sides.min(axis=0) <= found.value).all()
        assert (found.value <= sides.max(axis=0)).all()


@checked
@given(labels=crowded, factor=st.sampled_from([0.25, 8.0]))
def test_scaling_the_picture_scales_the_merge(labels, factor):
    scaled = {name: [tuple(side * factor for side in box) for box in own] for name, own in labels.items()}
    expected = [tuple(side * factor for side in box) for box in values(merge_boxes(labels))]
    assert values(merge_boxes(scaled)) == expected


@checked
@given(labels=crowded)
def test_one_label_alone_is_its_own_merge(labels):
    for boxes in labels.values():
        assert sorted(values(merge_boxes({"a": boxes}))) == sorted(boxes)


@checked
@given(
    labels=st.dictionaries(
        st.sampled_from("abcde"),
        st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)).map(lambda v: (v[0], v[0] + v[1])), max_size=4),
        min_size=1,
    )
)
def test_the_vote_on_spans_is_that_on_characters(labels):
    covered = {c for found in merge_spans(labels) for c in range(*found.value)}
    for character in range(31):
        votes = sum(any(s <= character < e for s, e in spans) for spans in labels.values())
        assert (character in covered) == (votes >= 0.4 * len(labels) - 1e-9 and votes > 0)
