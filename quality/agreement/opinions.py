"""One label of an asset, read once and ready to be compared with any number of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quality.agreement.answers import (
    Answer,
    Answers,
    answers_key,
    read_answer,
    read_answers,
    read_item_kind,
    read_items,
)
from quality.agreement.coordinates import Size, read_size
from quality.agreement.measures import MEASURES
from quality.agreement.schema import QUESTION_KINDS, FeatureSchema
from quality.agreement.shapes import ShapeSet


@dataclass(frozen=True)
class ObjectSet:
    """The objects of one feature in one label, in an order that depends on what they are, not on how they came."""

    ids: tuple[str, ...]
    shapes: ShapeSet
    answers: tuple[Answers, ...]
    answer_keys: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Opinion:
    """A label as read: sets of objects and answers by feature uid, and kinds that have no measure (uid -> count)."""

    objects: Mapping[str, ObjectSet]
    answers: Mapping[str, Answer]
    unmeasured: Mapping[str, int]
    size: Size | None

    @property
    def is_empty(self) -> bool:
        """No object and no answer at all."""
        return not self.objects and not self.unmeasured and not any(a.is_given for a in self.answers.values())


def read_opinion(
    schema: Sequence[FeatureSchema], label: Mapping[str, object], *, size: Size | None, path: str = "label"
) -> Opinion:
    """The label `{"features": [...]}` read against the ontology; shapes are clipped to `size` when it is known.

    Features are found by uid; those gone from the ontology are left out. `relations` are not looked at.
    Raises ValueError naming the path of the value (`label.features[2].value[1]`): NaN, infinite or malformed values, a
    kind that is not the feature's, a question answered twice, a uid twice in the ontology.
    """
    size = read_size(size)
    features = {feature.uid: feature for feature in schema}
    if len(features) != len(schema):
        raise ValueError("the same uid stands twice in the ontology")
    answers: dict[str, Answer] = {}
    unmeasured: dict[str, int] = {}
    drafts: dict[str, list[tuple[Mapping[str, object], str]]] = {}
    for uid, item, place in read_items(label.get("features"), f"{path}.features"):
        feature = features.get(uid)
        if feature is None:
            continue
        if feature.kind in MEASURES:
            drafts.setdefault(uid, []).append((item, place))
        elif feature.kind not in QUESTION_KINDS:
            unmeasured[uid] = unmeasured.get(uid, 0) + 1
        elif uid in answers:
            raise ValueError(f"{place}: {uid} is answered twice")
        else:
            answers[uid] = read_answer(feature, item, place)
    objects = {uid: _read_objects(features[uid], items, size) for uid, items in drafts.items()}
    return Opinion(objects=objects, answers=answers, unmeasured=unmeasured, size=size)


def _read_objects(
    feature: FeatureSchema, items: Sequence[tuple[Mapping[str, object], str]], size: Size | None
) -> ObjectSet:
    measure = MEASURES[feature.kind]
    found = []
    for item, place in items:
        read_item_kind(item, feature, place)
        shape = measure.read(item.get("value"), f"{place}.value")
        nested = read_answers(feature.questions, item.get("nested"), f"{place}.nested")
        identifier = item.get("id")
        name = place.split(".", 1)[-1] if identifier is None else str(identifier)
        found.append((shape, answers_key(nested) if nested else "", name, nested))
    found.sort(key=lambda entry: entry[:3])
    return ObjectSet(
        ids=tuple(entry[2] for entry in found),
        shapes=measure.prepare([entry[0] for entry in found], size),
        answers=tuple(entry[3] for entry in found),
        answer_keys=tuple(entry[1] for entry in found),
    )
