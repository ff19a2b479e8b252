"""Checking a label payload against its ontology: every fault with its path, never an exception for bad content."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from labeling.annotations.boxes import check_box
from labeling.annotations.classifications import (
    amount_of,
    check_checklist,
    check_number_answer,
    check_radio,
    check_text,
    chosen_options,
    is_blank,
)
from labeling.annotations.faults import Fault, capped, member_path, quoted
from labeling.annotations.features import Feature, Ontology, every_feature
from labeling.annotations.kinds import CHOICES, TOOLS, Kind, kind_named
from labeling.annotations.limits import MAX_DEPTH, MAX_LABEL_VERTICES
from labeling.annotations.points import Size, check_point
from labeling.annotations.polygons import check_polygon, rings_of
from labeling.annotations.polylines import check_polyline

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_ENTRY_KEYS = frozenset({"feature", "kind", "id", "value", "nested"})
_TOO_LITTLE = {
    Kind.CHECKLIST: "Choose at least {:g}.",
    Kind.TEXT: "At least {:g} characters.",
    Kind.NUMBER: "At least {:g}.",
}
_TOO_MUCH = {
    Kind.CHECKLIST: "Choose at most {:g}.",
    Kind.TEXT: "At most {:g} characters.",
    Kind.NUMBER: "At most {:g}.",
}


def check_payload(
    ontology: Ontology, payload: object, *, size: Size | None, is_draft: bool = False
) -> tuple[Fault, ...]:
    """Everything wrong with a label payload, in its order; empty when it may be kept.

    `size` is (width, height) of the picture in pixels, None when unknown: then nothing is out of bounds. A draft is
    work under way: what is required or below a minimum may still be missing, all else holds. Ids are lower-case UUIDs,
    unique in the label. The number of vertices counts 2 for a box and 1 for a point. Relations are refused until
    ontologies declare them.
    """
    if not isinstance(payload, Mapping):
        return (Fault("", "bad_shape", "A label is an object with the key “features”."),)
    check = _Check(ontology, size, is_draft)
    for key in payload:
        if key not in ("features", "relations"):
            check.refuse(member_path("", key), "unknown_key", f"The key {quoted(key)} is not known here.")
    relations = payload.get("relations", [])
    if not isinstance(relations, list | tuple):
        check.refuse("relations", "bad_shape", "A list of relations is wanted.")
    elif relations:
        check.refuse("relations[0]", "unknown_relation", "The ontology declares no relations.")
    features = payload.get("features")
    if not isinstance(features, list | tuple):
        check.refuse("features", "bad_shape", "A list of objects and answers is wanted.")
    elif check.count_vertices(features):
        check.check_siblings(features, "features", _Place(ontology.features), depth=1)
    return capped(check.faults)


@dataclass(frozen=True, slots=True)
class _Place:
    """What may stand at one level: the features offered, and those of options that were not chosen."""

    offered: tuple[Feature, ...]
    unchosen: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Check:
    ontology: Ontology
    size: Size | None
    is_draft: bool
    faults: list[Fault] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    known: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.known = frozenset(feature.uid for feature in every_feature(self.ontology.features))

    def refuse(self, path: str, code: str, message: str, feature: str = "") -> None:
        self.faults.append(Fault(path, code, message, feature))

    def extend(self, faults: Iterable[Fault], feature: str) -> None:
        self.faults.extend(Fault(fault.path, fault.code, fault.message, feature) for fault in faults)

    def count_vertices(self, entries: Iterable[object]) -> bool:
        """Whether the label is small enough to be looked at shape by shape."""
        count = sum(_vertex_count(entry) for entry in entries)
        if count > MAX_LABEL_VERTICES:
            message = f"{count} vertices: a label has at most {MAX_LABEL_VERTICES} (limit max_label_vertices)."
            self.refuse("features", "limit_exceeded", message)
            return False
        return True

    def check_siblings(self, entries: Iterable[object], path: str, place: _Place, depth: int) -> None:
        offered = {feature.uid: feature for feature in place.offered}
        counts: dict[str, int] = {}
        for index, entry in enumerate(entries):
            entry_path = f"{path}[{index}]"
            feature = self.feature_of(entry, entry_path, offered, place)
            if feature is None or not isinstance(entry, Mapping):
                continue
            counts[feature.uid] = counts.get(feature.uid, 0) + 1
            if feature.kind not in TOOLS and counts[feature.uid] > 1:
                self.refuse(entry_path, "answered_twice", f"{quoted(feature.name)} is answered twice.", feature.uid)
            self.check_entry(entry, entry_path, feature, depth)
        for feature in place.offered:
            self.check_count(feature, counts.get(feature.uid, 0), path)

    def feature_of(self, entry: object, path: str, offered: Mapping[str, Feature], place: _Place) -> Feature | None:
        if not isinstance(entry, Mapping):
            self.refuse(path, "bad_shape", "An object or answer is a JSON object.")
            return None
        uid = entry.get("feature")
        if not isinstance(uid, str) or uid not in self.known:
            self.refuse(f"{path}.feature", "unknown_feature", f"The ontology has no feature {quoted(uid)}.")
        elif uid in offered:
            return offered[uid]
        elif uid in place.unchosen:
            message = "The answer belongs to an option that was not chosen."
            self.refuse(f"{path}.feature", "option_not_chosen", message, uid)
        else:
            self.refuse(f"{path}.feature", "misplaced_feature", "The feature does not stand here in the ontology.", uid)
        return None

    def check_entry(self, entry: Mapping[object, object], path: str, feature: Feature, depth: int) -> None:
        for key in entry:
            if key not in _ENTRY_KEYS:
                self.refuse(
                    member_path(path, key), "unknown_key", f"The key {quoted(key)} is not known here.", feature.uid
                )
        self.check_id(entry.get("id"), f"{path}.id", feature)
        if kind_named(entry.get("kind")) != feature.kind:
            message = f"{quoted(feature.name)} is a {feature.kind}, not {quoted(entry.get('kind'))}."
            self.refuse(f"{path}.kind", "kind_mismatch", message, feature.uid)
            return
        value = entry.get("value")
        before = len(self.faults)
        self.extend(_value_faults(feature, value, f"{path}.value", self.size), feature.uid)
        if feature.kind not in TOOLS and len(self.faults) == before:
            self.check_amount(feature, value, f"{path}.value")
        nested = entry.get("nested", [])
        if not isinstance(nested, list | tuple):
            self.refuse(f"{path}.nested", "bad_shape", "A list of nested answers is wanted.", feature.uid)
        elif nested and depth >= MAX_DEPTH:
            message = f"Answers nest at most {MAX_DEPTH} deep (limit max_depth)."
            self.refuse(f"{path}.nested", "limit_exceeded", message, feature.uid)
        else:
            self.check_siblings(nested, f"{path}.nested", _place_below(feature, value), depth + 1)

    def check_id(self, value: object, path: str, feature: Feature) -> None:
        if not isinstance(value, str) or not _UUID.match(value):
            self.refuse(path, "bad_id", "An id is a UUID in lower case.", feature.uid)
        elif value in self.ids:
            self.refuse(path, "duplicate_id", f"The id {value} stands twice in the label.", feature.uid)
        else:
            self.ids.add(value)

    def check_amount(self, feature: Feature, value: object, path: str) -> None:
        """Bounds of one answer whose value is sound."""
        if feature.is_required and not self.is_draft and is_blank(value):
            self.refuse(path, "required", f"{quoted(feature.name)} must be answered.", feature.uid)
            return
        if feature.kind == Kind.RADIO:
            return
        amount = amount_of(feature.kind, value)
        if feature.minimum is not None and amount < feature.minimum and not self.is_draft:
            self.refuse(path, "below_min", _TOO_LITTLE[feature.kind].format(feature.minimum), feature.uid)
        if feature.maximum is not None and amount > feature.maximum:
            self.refuse(path, "above_max", _TOO_MUCH[feature.kind].format(feature.maximum), feature.uid)

    def check_count(self, feature: Feature, count: int, path: str) -> None:
        """What stands too rarely or too often at one level."""
        name = quoted(feature.name)
        if not self.is_draft and feature.is_required and count == 0:
            self.refuse(path, "required", f"{name} is required.", feature.uid)
        elif feature.kind in TOOLS and not self.is_draft and count < (feature.minimum or 0):
            self.refuse(path, "below_min", f"At least {feature.minimum:g} of {name} are wanted.", feature.uid)
        if feature.kind in TOOLS and feature.maximum is not None and count > feature.maximum:
            self.refuse(path, "above_max", f"At most {feature.maximum:g} of {name} are allowed.", feature.uid)


def _place_below(feature: Feature, value: object) -> _Place:
    """The questions an object carries, or those of the options an answer chose."""
    if feature.kind not in CHOICES:
        return _Place(feature.questions)
    chosen = chosen_options(feature.kind, value)
    # In the order of the ontology, not of the clicks: the order of faults depends on the content only.
    offered = [option for option in feature.options if option.value in chosen]
    unchosen = [option for option in feature.options if option.value not in chosen]
    return _Place(
        tuple(question for option in offered for question in option.questions),
        frozenset(question.uid for option in unchosen for question in option.questions),
    )


_SHAPE_CHECKS: Final[Mapping[Kind, Callable[[object, str, Size | None], Iterator[Fault]]]] = {
    Kind.BOX: check_box,
    Kind.POLYGON: check_polygon,
    Kind.POLYLINE: check_polyline,
    Kind.POINT: check_point,
}


def _value_faults(feature: Feature, value: object, path: str, size: Size | None) -> Iterator[Fault]:
    if feature.kind in TOOLS:
        return _SHAPE_CHECKS[feature.kind](value, path, size)
    if feature.kind == Kind.TEXT:
        return check_text(value, path)
    if feature.kind == Kind.NUMBER:
        return check_number_answer(value, path)
    options = frozenset(option.value for option in feature.options)
    return (check_radio if feature.kind == Kind.RADIO else check_checklist)(value, path, options)


def _vertex_count(entry: object) -> int:
    if not isinstance(entry, Mapping):
        return 0
    kind, value = kind_named(entry.get("kind")), entry.get("value")
    if kind in (Kind.POLYGON, Kind.POLYLINE):
        return sum(len(ring) for ring in rings_of(value) or () if isinstance(ring, list | tuple))
    return {Kind.BOX: 2, Kind.POINT: 1}.get(kind, 0) if kind else 0
