"""One label out of all labels of a row: merged objects, and the likeliest answer to every question."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quality.agreement.boxes import read_box
from quality.agreement.certainty import CHOICES, choice_posteriors
from quality.agreement.coordinates import Size
from quality.agreement.measures import MEASURES
from quality.agreement.merging.boxes import merge_boxes
from quality.agreement.merging.points import merge_points
from quality.agreement.merging.polygons import merge_polygons
from quality.agreement.merging.polylines import merge_polylines
from quality.agreement.merging.result import MergedObject
from quality.agreement.merging.spans import merge_spans
from quality.agreement.points import read_point
from quality.agreement.polygons import Rings, read_polygon
from quality.agreement.polylines import read_polyline
from quality.agreement.schema import QUESTION_KINDS, FeatureSchema
from quality.agreement.spans import read_span
from quality.agreement.truth.medoid import medoid_text
from quality.agreement.truth.numbers import merge_numbers
from quality.agreement.truth.result import SAME

READERS: Mapping[str, Callable[[object, str], Any]] = {
    "box": read_box,
    "polygon": read_polygon,
    "polyline": read_polyline,
    "point": read_point,
    "span": read_span,
}
"""The kinds of objects that can be merged."""

NAMES = uuid.UUID("6f0f6d4e-7f0c-4a53-9d0a-9a6a3e1d7c55")
"""Ids of merged objects and answers are made from this and from what they were merged of, so they stay the same."""

Entry = Mapping[str, Any]
Label = Mapping[str, Any]
Weights = Mapping[str, float]


@dataclass(frozen=True)
class MergedLabel:
    """`payload` in the form of a label; `support` is the id of a merged object -> (labels that have it, of how many).

    `undecided` are the uids of questions whose best answers tie: they are left open.
    """

    payload: dict[str, Any]
    support: Mapping[str, tuple[int, int]]
    undecided: tuple[str, ...]


def merge_labels(
    schema: Sequence[FeatureSchema],
    labels: Mapping[str, Label],
    *,
    size: Size | None,
    accuracies: Weights | None = None,
) -> MergedLabel:
    """The merged label of name -> label (`{"features": […]}`), all read with `schema`; `accuracies` as in `certainty`.

    Objects of each class go through `merge_feature`; the questions of a merged object are answered by its members. A
    choice is the option with the greatest posterior, a checklist the options over one half, a number the mean, a text
    the medoid; ties stay open. Kinds that cannot be merged, and relations, are left out. The order has no effect.
    """
    support: dict[str, tuple[int, int]] = {}
    undecided: list[str] = []
    merging = _Merging(labels, size, accuracies or {}, support, undecided)
    features = []
    for feature in schema:
        if feature.kind in READERS:
            features.extend(merging.objects(feature))
        elif feature.kind in QUESTION_KINDS:
            features.extend(merging.answer(feature, merging.of_feature(feature)))
    return MergedLabel({"features": features, "relations": []}, support, tuple(sorted(set(undecided))))


def merge_feature(
    feature: FeatureSchema, objects: Mapping[str, Sequence[Any]], size: Size | None
) -> list[MergedObject] | None:
    """The merged objects of name -> objects as their reader gives them; None where kind or scale allows none."""
    scale = MEASURES[feature.kind].scale(feature, size) if feature.kind in READERS else ""
    if isinstance(scale, str):
        return None
    match feature.kind:
        case "box":
            return merge_boxes(objects)
        case "polygon":
            return merge_polygons(objects)
        case "polyline":
            return merge_polylines(objects, tolerance=scale or 0.0)
        case "point":
            return merge_points(objects, sigma=scale or 0.0)
    return merge_spans({who: [(int(start), int(end)) for start, end in spans] for who, spans in objects.items()})


def written_value(kind: str, value: Any) -> object:
    """The value of a merged object as a label holds it."""
    return _rings(value) if kind == "polygon" else _as_lists(value)


@dataclass(frozen=True)
class _Merging:
    labels: Mapping[str, Label]
    size: Size | None
    accuracies: Weights
    support: dict[str, tuple[int, int]]
    undecided: list[str]

    def of_feature(self, feature: FeatureSchema) -> dict[str, list[Entry]]:
        """Name -> what the label holds of the feature; nothing of it is an answer too."""
        return {
            name: [entry for entry in self.labels[name]["features"] if entry["feature"] == feature.uid]
            for name in sorted(self.labels)
        }

    def objects(self, feature: FeatureSchema) -> list[dict[str, Any]]:
        found = self.of_feature(feature)
        read = READERS[feature.kind]
        values = {name: [read(entry.get("value"), "value") for entry in own] for name, own in found.items()}
        merged = []
        for one in merge_feature(feature, values, self.size) or ():
            members = {name: [found[name][place]] for name, place in one.members}
            name = _name(feature, [str(entries[0]["id"]) for entries in members.values()])
            self.support[name] = (one.support, one.of)
            nested = [answer for question in feature.questions for answer in self.nested(question, members)]
            value = written_value(feature.kind, one.value)
            merged.append({"feature": feature.uid, "kind": feature.kind, "id": name, "value": value, "nested": nested})
        return merged

    def nested(self, question: FeatureSchema, parents: Mapping[str, Sequence[Entry]]) -> list[dict[str, Any]]:
        own = {
            name: [
                entry for parent in entries for entry in parent.get("nested") or () if entry["feature"] == question.uid
            ]
            for name, entries in parents.items()
        }
        return self.answer(question, own)

    def answer(self, feature: FeatureSchema, entries: Mapping[str, Sequence[Entry]]) -> list[dict[str, Any]]:
        """The answer of those whose entries these are, as one entry; none where nobody answered or the best tie."""
        given = {name: own[0]["value"] if own else None for name, own in entries.items()}
        if all(value is None for value in given.values()):
            return []
        value = self.value(feature, given)
        if value is None:
            return []
        chosen = {name: own for name, own in entries.items() if own and own[0]["value"] == value}
        below = [
            answer
            for question in feature.questions
            if question.parent_option in ("", value)
            for answer in self.nested(question, chosen)
        ]
        name = _name(feature, [str(entry["id"]) for own in entries.values() for entry in own])
        return [{"feature": feature.uid, "kind": feature.kind, "id": name, "value": value, "nested": below}]

    def value(self, feature: FeatureSchema, given: Mapping[str, Any]) -> Any:
        if feature.kind in CHOICES:
            return self.choice(feature, given)
        if feature.kind == "checklist":
            return self.checklist(feature, given)
        if feature.kind == "number":
            return merge_numbers({name: float(value) for name, value in given.items() if value is not None}).value
        return medoid_text({name: value for name, value in given.items() if value is not None}).value

    def choice(self, feature: FeatureSchema, given: Mapping[str, Any]) -> Any:
        options = len(feature.options) + (1 if None in given.values() else 0)
        posteriors = choice_posteriors(given, self.accuracies, option_count=options)
        highest = max(posteriors.values())
        best = [option for option, posterior in posteriors.items() if posterior >= highest - SAME]
        if len(best) > 1:
            self.undecided.append(feature.uid)
        return best[0] if len(best) == 1 else None

    def checklist(self, feature: FeatureSchema, given: Mapping[str, Any]) -> list[str] | None:
        chosen = []
        for option in sorted({option for value in given.values() for option in value or ()}):
            votes = {name: option in (value or ()) for name, value in given.items()}
            yes = choice_posteriors(votes, self.accuracies, option_count=2).get(True, 0.0)
            if abs(yes - 0.5) <= SAME:
                self.undecided.append(feature.uid)
                return None
            if yes > 0.5:
                chosen.append(option)
        return chosen


def _name(feature: FeatureSchema, of: Sequence[str]) -> str:
    return str(uuid.uuid5(NAMES, "/".join([feature.uid, *sorted(of)])))


def _rings(rings: Rings) -> object:
    return _as_lists(rings[0]) if len(rings) == 1 else {"rings": _as_lists(rings)}


def _as_lists(value: object) -> object:
    return [_as_lists(part) for part in value] if isinstance(value, tuple | list) else value
