"""Which objects of several labels are the same one: average-link clustering, one object per label in a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats
from quality.agreement.votes import Indexes

THRESHOLD = 0.3

DIGITS = 12
"""Similarities are rounded to so many digits, so that equal ones tie whatever the order of the sum."""


def cluster_objects(similarity: Floats, owners: Sequence[int], *, threshold: float = THRESHOLD) -> list[list[int]]:
    """Objects 0..n-1 in clusters, each sorted, in the order of their first object.

    Average link (Sokal & Michener 1958) over the symmetric `similarity` (n, n) in 0..1: the two clusters with the
    greatest mean similarity between their objects are joined as long as that is `threshold` or more, above 0, and no
    label (`owners`, n) would have two objects in one cluster. Ties go to the clusters with the earliest objects, so
    hand over objects in an order that depends on what they are. Cubic only in the size of a group of objects that
    touch. Empty input gives no clusters. Raises ValueError unless the matrix is n by n and in 0..1.
    """
    n = len(owners)
    if similarity.shape != (n, n):
        raise ValueError(f"needs a matrix of {n} by {n}, not {similarity.shape}")
    if n and not (similarity.min() >= 0.0 and similarity.max() <= 1.0):
        raise ValueError("similarities must be numbers from 0 to 1")
    clusters = []
    for group in _touching(similarity >= max(threshold, np.finfo(float).tiny)):
        clusters.extend(_cluster_group(similarity, group, owners, threshold))
    return sorted(clusters)


def _touching(is_near: NDArray[np.bool_]) -> list[Indexes]:
    """Groups of objects that are joined by a chain of near pairs: a cluster never reaches over them."""
    waiting = np.ones(len(is_near), dtype=np.bool_)
    groups = []
    for first in range(len(is_near)):
        if not waiting[first]:
            continue
        members, edge = np.zeros(len(is_near), dtype=np.bool_), np.array([first])
        while len(edge):
            members[edge] = True
            edge = np.nonzero(is_near[edge].any(axis=0) & ~members)[0]
        waiting &= ~members
        groups.append(np.nonzero(members)[0])
    return groups


def _cluster_group(similarity: Floats, group: Indexes, owners: Sequence[int], threshold: float) -> list[list[int]]:
    clusters = [[int(index)] for index in group]
    own = np.array([owners[index] for index in group])
    sums = similarity[np.ix_(group, group)].copy()
    # Which labels a cluster has: two clusters that share one may never be joined.
    labels = own[:, None] == np.unique(own)[None, :]
    sizes = np.ones(len(group))
    while len(clusters) > 1:
        means = np.round(sums / np.outer(sizes, sizes), DIGITS)
        means[(labels.astype(np.intp) @ labels.T.astype(np.intp)) > 0] = -1.0
        a, b = divmod(int(means.argmax()), len(clusters))
        if means[a, b] < threshold or means[a, b] <= 0:
            break
        # The matrix is symmetric, so the first maximum has a < b and the earlier cluster takes in the later one.
        clusters[a] = sorted(clusters[a] + clusters.pop(b))
        labels[a] |= labels[b]
        sizes[a] += sizes[b]
        sums[a] += sums[b]
        sums[:, a] = sums[a]
        sums, labels, sizes = _without(sums, b, 2), _without(labels, b, 1), _without(sizes, b, 1)
    return clusters


def _without(table: NDArray[Any], index: int, axes: int) -> NDArray[Any]:
    for axis in range(axes):
        table = np.delete(table, index, axis=axis)
    return table
