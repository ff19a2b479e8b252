"""Relations: edges between objects, alike when they join the same things in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quality.agreement.schema import FeatureSchema

Place = tuple[str, int]
"""An object of a label: its feature's uid and its index among that feature's objects."""


@dataclass(frozen=True, order=True)
class Edge:
    """One relation of a label; the ends of a symmetric one stand in a fixed order."""

    start: Place
    end: Place
    start_id: str
    end_id: str

    @property
    def name(self) -> str:
        return f"{self.start_id} → {self.end_id}"

    @property
    def ends(self) -> tuple[Place, Place]:
        return self.start, self.end


Edges = Mapping[str, tuple[Edge, ...]]
"""The edges of a label by the uid of their feature, each once."""

Partners = Mapping[Place, Place]
"""Object of a -> the object of b that it was matched with."""

OTHER_DIRECTION = "the other direction"


@dataclass(frozen=True)
class EdgeMatch:
    """What became of the edges of one relation; an edge that is left may have a counterpart under another name.

    `confusions` is edge -> (uid of the other relation, its edge): the same two objects joined by another relation, or
    by this one in the other direction.
    """

    feature: FeatureSchema
    pairs: tuple[tuple[Edge, Edge], ...]
    left_a: tuple[Edge, ...]
    left_b: tuple[Edge, ...]
    confusions_a: Mapping[Edge, tuple[str, Edge]]
    confusions_b: Mapping[Edge, tuple[str, Edge]]


def read_edges(
    features: Mapping[str, FeatureSchema], items: object, places: Mapping[str, Sequence[Place]], path: str
) -> Edges:
    """The edges of a label `[{"type", "from", "to"}, …]` whose type is one of the relation `features`.

    `places` holds the objects by their id, an empty list for those that are not compared (their feature is gone).
    Types that the ontology does not have are left out, and so are edges of objects that are not compared; edges that
    stand twice count once. Raises ValueError naming the path: malformed, or an end that is no object, or more than
    one, of the label.
    """
    if items is None or not features:
        return {}
    if not isinstance(items, list | tuple):
        raise ValueError(f"{path}: needs a list, not {type(items).__name__}")
    found: dict[str, dict[tuple[Place, Place], Edge]] = {}
    for index, item in enumerate(items):
        place = f"{path}[{index}]"
        if not isinstance(item, Mapping):
            raise ValueError(f"{place}: needs an object, not {type(item).__name__}")
        uid = item.get("type")
        if not isinstance(uid, str):
            raise ValueError(f"{place}.type: needs the uid of a relation")
        if uid not in features:
            continue
        start_id, end_id = (_end(item.get(key), places, f"{place}.{key}") for key in ("from", "to"))
        if not (places[start_id] and places[end_id]):
            continue
        start, end = places[start_id][0], places[end_id][0]
        if features[uid].is_symmetric and end < start:
            start, start_id, end, end_id = end, end_id, start, start_id
        edge = Edge(start, end, start_id, end_id)
        found.setdefault(uid, {}).setdefault(edge.ends, edge)
    return {uid: tuple(sorted(edges.values())) for uid, edges in found.items()}


def match_edges(features: Sequence[FeatureSchema], a: Edges, b: Edges, partners: Partners) -> list[EdgeMatch]:
    """The edges of each of `features` that either label has, matched.

    An edge of a is alike one of b when both its ends are matched with the ends of that one, in the same direction
    unless the relation is symmetric. The score is the Jaccard index of the two sets (Jaccard 1912): pairs /
    (edges of a + edges of b - pairs). What is left over is looked up without regard to type and direction, for
    diagnosis only.
    """
    found, left_a, left_b = [], [], []
    for feature in features:
        own, other = a.get(feature.uid, ()), {edge.ends: edge for edge in b.get(feature.uid, ())}
        pairs, rest = [], []
        for edge in own:
            ends = _translated(feature, edge, partners)
            match = other.pop(ends, None) if ends else None
            if match is None:
                rest.append(edge)
            else:
                pairs.append((edge, match))
        if own or feature.uid in b:
            found.append((feature, tuple(pairs), tuple(rest), tuple(other.values())))
            left_a += [(feature.uid, edge) for edge in rest]
            left_b += [(feature.uid, edge) for edge in other.values()]
    confusions_a, confusions_b = _confusions(left_a, left_b, partners)
    return [EdgeMatch(*one, confusions_a.get(one[0].uid, {}), confusions_b.get(one[0].uid, {})) for one in found]


NamedEdge = tuple[str, Edge]
Confused = dict[str, dict[Edge, NamedEdge]]


def _confusions(
    left_a: Sequence[NamedEdge], left_b: Sequence[NamedEdge], partners: Partners
) -> tuple[Confused, Confused]:
    """Left-over edges that join the same two objects: each of a with the first free one of b, in a fixed order."""
    free: dict[frozenset[Place], list[NamedEdge]] = {}
    for uid, edge in sorted(left_b):
        free.setdefault(frozenset(edge.ends), []).append((uid, edge))
    found_a: Confused = {}
    found_b: Confused = {}
    for uid, edge in sorted(left_a):
        ends = frozenset(partners[end] for end in edge.ends if end in partners)
        others = free.get(ends, [])
        if others and len(ends) == len(set(edge.ends)):
            other_uid, other = others.pop(0)
            found_a.setdefault(uid, {})[edge] = other_uid, other
            found_b.setdefault(other_uid, {})[other] = uid, edge
    return found_a, found_b


def _translated(feature: FeatureSchema, edge: Edge, partners: Partners) -> tuple[Place, Place] | None:
    """The ends of an edge of a as objects of b; None unless both have a partner."""
    if edge.start not in partners or edge.end not in partners:
        return None
    start, end = partners[edge.start], partners[edge.end]
    return (end, start) if feature.is_symmetric and end < start else (start, end)


def _end(value: object, places: Mapping[str, Sequence[Place]], path: str) -> str:
    identifier = "" if value is None else str(value)
    if identifier not in places:
        raise ValueError(f"{path}: no object of this label has the id {identifier!r}")
    if len(places[identifier]) > 1:
        raise ValueError(f"{path}: more than one object of this label has the id {identifier!r}")
    return identifier
