"""Optimal one-to-one matching of two sets of objects, and the union mean of what was matched."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats

COUNT_WEIGHT = 1e-9
TIE_WEIGHT = 1e-10
DENSE_LIMIT = 10_000
"""Cells up to which the whole matrix is solved at once; above, each connected component by itself."""

Indexes = NDArray[np.intp]


def match_objects(similarity: Floats, *, gate: float = 0.0, tie_score: Floats | None = None) -> tuple[Indexes, Indexes]:
    """Rows and columns of the one-to-one matching with the greatest total similarity, ordered by row.

    Method: linear sum assignment (Kuhn 1955; Crouse 2016 in scipy). `similarity` is (n, m) in 0..1. A pair with
    similarity 0 or under `gate` is never a match. Among matchings whose totals tie (within 1e-9) the one with more
    pairs wins, then the one with the greater total of `tie_score` (n, m, in 0..1); what still ties has the same score,
    whatever the order of rows and columns. Empty input gives no pairs.
    Raises ValueError when a similarity is NaN or outside 0..1, or when the shapes differ.
    """
    if similarity.ndim != 2 or (tie_score is not None and tie_score.shape != similarity.shape):
        raise ValueError("similarity and tie_score must be matrices of one shape")
    if similarity.size == 0:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    if not (similarity.min() >= 0.0 and similarity.max() <= 1.0):
        raise ValueError("similarities must be numbers from 0 to 1")
    is_allowed = (similarity > 0) & (similarity >= gate)
    gain = similarity + COUNT_WEIGHT
    if tie_score is not None:
        gain += TIE_WEIGHT * tie_score
    gain = np.where(is_allowed, gain, 0.0)
    rows, columns = _assign(gain) if gain.size <= DENSE_LIMIT else _assign_by_component(gain)
    is_match = is_allowed[rows, columns]
    return rows[is_match], columns[is_match]


def union_mean(matched: Sequence[float], count_a: int, count_b: int) -> float | None:
    """Sum of matched similarities / (count_a + count_b - number of matches): unmatched objects count 0.

    The rule Labelbox documents for its agreement score. Range 0..1; one side empty gives 0; both empty gives None (not
    applicable). The order of `matched` has no effect on the result, not even in the last bit.
    Raises ValueError when there are more matches than objects on a side.
    """
    if len(matched) > min(count_a, count_b):
        raise ValueError("more matches than objects")
    union = count_a + count_b - len(matched)
    return math.fsum(matched) / union if union else None


def _assign(gain: Floats) -> tuple[Indexes, Indexes]:
    # Imported here: scipy.optimize takes 0.3 s and would be paid by every start of the web process and of manage.py.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    rows, columns = linear_sum_assignment(gain, maximize=True)
    return rows, columns


def _assign_by_component(gain: Floats) -> tuple[Indexes, Indexes]:
    """The same matching, solved within each group of objects that touch: cubic only in the size of a group."""
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    height, width = gain.shape
    rows, columns = np.nonzero(gain)
    graph = coo_array((np.ones(len(rows)), (rows, columns + height)), shape=(height + width, height + width))
    _, component = connected_components(graph, directed=False)
    order = np.argsort(component, kind="stable")
    bounds = np.nonzero(np.diff(component[order]))[0] + 1
    found: list[tuple[Indexes, Indexes]] = []
    for members in np.split(order, bounds):
        own_rows, own_columns = members[members < height], members[members >= height] - height
        if len(own_rows) and len(own_columns):
            picked_rows, picked_columns = _assign(gain[np.ix_(own_rows, own_columns)])
            found.append((own_rows[picked_rows], own_columns[picked_columns]))
    if not found:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    all_rows = np.concatenate([pair[0] for pair in found])
    all_columns = np.concatenate([pair[1] for pair in found])
    by_row = np.argsort(all_rows, kind="stable")
    return all_rows[by_row], all_columns[by_row]
