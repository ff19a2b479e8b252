"""The objects of several labels side by side, and the clusters among them that enough labels have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from quality.agreement.coordinates import Floats
from quality.agreement.merging.clusters import cluster_objects
from quality.agreement.merging.result import Member, MergedObject, quorum_of
from quality.agreement.votes import Indexes

Weights = Mapping[str, float]


def merge_by_cluster(
    labels: Mapping[str, Sequence[Any]],
    *,
    key: Callable[[Any], Any],
    similarity: Callable[[Sequence[Any]], Floats],
    fuse: Callable[[Sequence[Any], Floats], Any],
    threshold: float,
    quorum: int | None,
    weights: Weights | None,
) -> list[MergedObject]:
    """Cluster all objects, drop clusters that fewer than `quorum` labels have, fuse the others.

    `similarity` takes n objects and gives (n, n), `fuse` takes the objects of a cluster with their labelers' weights.
    Objects are laid out in the order of `key`, so that neither the order of labels nor their names matter. The result
    stands in the order of each cluster's first object. Raises ValueError for a weight that is not above 0 and finite.
    """
    pooled = sorted(
        ((key(value), name, place, value) for name, values in labels.items() for place, value in enumerate(values)),
        key=lambda entry: entry[:3],
    )
    if not pooled:
        return []
    names = sorted(labels)
    values = [entry[3] for entry in pooled]
    owners = [names.index(entry[1]) for entry in pooled]
    skills = read_weights(names, weights)
    needed = quorum_of(len(labels)) if quorum is None else quorum
    merged = []
    for cluster in cluster_objects(similarity(values), owners, threshold=threshold):
        if len(cluster) >= needed:
            members: tuple[Member, ...] = tuple(sorted((pooled[k][1], pooled[k][2]) for k in cluster))
            value = fuse([values[k] for k in cluster], skills[[owners[k] for k in cluster]])
            merged.append(MergedObject(value, len(cluster), len(labels), members))
    return merged


def read_weights(names: Sequence[str], weights: Weights | None) -> Floats:
    """The weight of each labeler, 1 where none is given. Raises ValueError for one that is not above 0 and finite."""
    found: Floats = np.array([1.0 if weights is None else weights.get(name, 1.0) for name in names], dtype=np.float64)
    if not (np.isfinite(found) & (found > 0)).all():
        raise ValueError("weights of labelers must be finite and above 0")
    return found


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """The weighted median of each column of `values` (n, k), (k,): half of the weight on either side.

    Between two values where the halves are equal (the plain median of an even number). n is at least 1.
    """
    order: Indexes = np.argsort(values, axis=0, kind="stable")
    ranked = np.take_along_axis(values, order, axis=0)
    reached = np.cumsum(weights[order], axis=0)
    half = reached[-1] / 2
    slack = 1e-12 * reached[-1]
    low = (reached < half - slack).sum(axis=0)
    high = (reached <= half + slack).sum(axis=0)
    columns = np.arange(values.shape[1])
    middle: Floats = (ranked[low, columns] + ranked[high, columns]) / 2
    return middle
