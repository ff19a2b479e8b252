from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement import matching
from quality.agreement.matching import match_objects, union_mean

quarters = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


def matrices(rows, columns):
    return st.lists(st.lists(quarters, min_size=columns, max_size=columns), min_size=rows, max_size=rows)


def pairs(similarity, **more):
    rows, columns = match_objects(np.array(similarity, float), **more)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def test_optimal_not_greedy():
    # Greedy takes 0.8 and is left with 0.
    assert pairs([[0.8, 0.7], [0.75, 0.0]]) == [(0, 1), (1, 0)]


def test_similarity_zero_is_never_a_match():
    assert pairs([[0, 0], [0, 0]]) == []
    assert pairs([[1, 0], [0, 0]]) == [(0, 0)]


def test_under_the_gate_is_never_a_match():
    assert pairs([[0.09, 0.0], [0.0, 0.1]], gate=0.1) == [(1, 1)]


def test_of_equal_totals_the_one_with_more_pairs_wins():
    # 0.5 alone, or 0.25 + 0.25: the union mean is 0.5 / 3 or 0.5 / 2.
    assert pairs([[0.5, 0.25], [0.25, 0.0]]) == [(0, 1), (1, 0)]


def test_ties_go_to_the_tie_score():
    same = [[1.0, 1.0], [1.0, 1.0]]
    assert pairs(same, tie_score=np.array([[0.2, 0.9], [0.9, 0.2]])) == [(0, 1), (1, 0)]
    assert pairs(same, tie_score=np.array([[0.9, 0.2], [0.2, 0.9]])) == [(0, 0), (1, 1)]
    # But the shape comes first, by however little.
    assert pairs([[1.0, 0.999], [0.999, 1.0]], tie_score=np.array([[0.0, 1], [1, 0]])) == [(0, 0), (1, 1)]


def test_sides_of_different_size_and_empty_ones():
    assert pairs([[0.3, 0.9, 0.5]]) == [(0, 1)]
    assert match_objects(np.zeros((0, 3)))[0].tolist() == []
    assert match_objects(np.zeros((2, 0)))[1].tolist() == []


@pytest.mark.parametrize("bad", [[[np.nan]], [[1.5]], [[-0.1]]])
def test_similarities_outside_the_range_are_refused(bad):
    with pytest.raises(ValueError, match="0 to 1"):
        match_objects(np.array(bad))


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="one shape"):
        match_objects(np.ones((2, 2)), tie_score=np.ones((1, 2)))


def test_union_mean():
    assert union_mean([0.8, 0.7], 2, 2) == pytest.approx(0.75)
    assert union_mean([1.0], 2, 1) == pytest.approx(0.5)
    assert union_mean([], 0, 3) == 0
    assert union_mean([], 0, 0) is None
    with pytest.raises(ValueError, match="more matches"):
        union_mean([1.0, 1.0], 1, 5)


def every_matching(similarity):
    """All matchings of a small matrix: for each the total, the number of pairs and the pairs."""
    flipped = similarity.shape[0] > similarity.shape[1]
    matrix = similarity.T if flipped else similarity
    for columns in permutations(range(matrix.shape[1]), matrix.shape[0]):
        found = [(row, column) for row, column in enumerate(columns) if matrix[row, column] > 0]
        total = sum(matrix[pair] for pair in found)
        yield total, len(found), [pair[::-1] if flipped else pair for pair in found]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(data=st.data(), rows=st.integers(1, 4), columns=st.integers(1, 4))
def test_equals_trying_all(data, rows, columns):
    similarity = np.array(data.draw(matrices(rows, columns)))
    tie_score = np.array(data.draw(matrices(rows, columns)))
    best = max((t, n, sum(tie_score[p] for p in found)) for t, n, found in every_matching(similarity))
    found = pairs(similarity, tie_score=tie_score)
    assert (sum(similarity[p] for p in found), len(found), sum(tie_score[p] for p in found)) == pytest.approx(best)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(data=st.data(), rows=st.integers(1, 6), columns=st.integers(1, 6))
def test_order_has_no_effect_on_the_score(data, rows, columns):
    similarity = np.array(data.draw(matrices(rows, columns)))
    by_row = data.draw(st.permutations(range(rows)))
    by_column = data.draw(st.permutations(range(columns)))

    def score(matrix):
        return union_mean([matrix[p] for p in pairs(matrix)], *matrix.shape)

    assert score(similarity[by_row][:, by_column]) == pytest.approx(score(similarity), abs=1e-12)
    assert score(similarity.T) == pytest.approx(score(similarity), abs=1e-12)


def test_large_matrices_are_solved_by_component_with_the_same_result(monkeypatch):
    rng = np.random.default_rng(7)
    similarity = rng.uniform(size=(150, 120)) * (rng.uniform(size=(150, 120)) < 0.01)
    assert similarity.size > matching.DENSE_LIMIT
    by_component = pairs(similarity)
    monkeypatch.setattr(matching, "DENSE_LIMIT", similarity.size)
    assert by_component == pairs(similarity)
    assert len(by_component) > 50


def test_a_large_matrix_without_any_overlap():
    assert pairs(np.zeros((150, 120))) == []
