"""One label of an asset, read once and ready to be compared with any number of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

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
from quality.agreement.masks import Mask, Raster
from quality.agreement.measures import MEASURES
from quality.agreement.relations import Edges, Place, read_edges
from quality.agreement.schema import QUESTION_KINDS, RELATION, FeatureSchema
from quality.agreement.shapes import ShapeSet


@dataclass(frozen=True)
class ObjectSet:
    """The objects of one feature in one label, in an order that depends on what they are, not on how they came.

    `rasters` are the sizes of masks, each with its path.
    """

    ids: tuple[str, ...]
    shapes: ShapeSet
    answers: tuple[Answers, ...]
    answer_keys: tuple[str, ...]
    rasters: tuple[tuple[Raster, str], ...] = ()

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Opinion:
    """A label as read: sets of objects and answers by feature uid, and kinds that have no measure (uid -> count).

    `edges` are its relations. `is_skipped`: the whole asset was skipped, an answer of its own that holds nothing else.
    `raster` is the size of its masks with the path of one of them, None without masks.
    """

    objects: Mapping[str, ObjectSet]
    answers: Mapping[str, Answer]
    unmeasured: Mapping[str, int]
    size: Size | None
    edges: Edges = field(default_factory=dict)
    is_skipped: bool = False
    raster: tuple[Raster, str] | None = None

    @cached_property
    def is_empty(self) -> bool:
        """No object, no answer and no skip: a label that says there is nothing."""
        if self.is_skipped or self.objects or self.unmeasured:
            return False
        return not any(answer.is_given for answer in self.answers.values())


def read_opinion(
    schema: Sequence[FeatureSchema], label: Mapping[str, object], *, size: Size | None, path: str = "label"
) -> Opinion:
    """The label `{"features": [...], "relations": [...]}`, or `{"skipped": true}`, read against the ontology.

    Shapes are clipped to `size` when it is known. Features are found by uid; those gone from the ontology are left out,
    and so are relations of a type that it does not have.
    Raises ValueError naming the path of the value (`label.features[2].value[1]`): NaN, infinite or malformed values, a
    kind that is not the feature's, a question answered twice, masks that are not of one size or not of the picture's,
    a relation to no object, a skipped label that holds features, a uid twice in the ontology.
    """
    size = read_size(size)
    features = {feature.uid: feature for feature in schema}
    if len(features) != len(schema):
        raise ValueError("the same uid stands twice in the ontology")
    items = read_items(label.get("features"), f"{path}.features")
    if _read_skipped(label, items, path):
        return Opinion({}, {}, {}, size, is_skipped=True)
    answers: dict[str, Answer] = {}
    unmeasured: dict[str, int] = {}
    drafts: dict[str, list[tuple[Mapping[str, object], str]]] = {}
    for uid, item, place in items:
        feature = features.get(uid)
        if feature is None:
            continue
        if feature.kind in MEASURES:
            drafts.setdefault(uid, []).append((item, place))
        elif feature.kind == RELATION:
            raise ValueError(f"{place}.feature: {uid} is a relation, which stands under relations")
        elif feature.kind not in QUESTION_KINDS:
            unmeasured[uid] = unmeasured.get(uid, 0) + 1
        elif uid in answers:
            raise ValueError(f"{place}: {uid} is answered twice")
        else:
            answers[uid] = read_answer(feature, item, place)
    objects = {uid: _read_objects(features[uid], found, size) for uid, found in drafts.items()}
    relations = {uid: feature for uid, feature in features.items() if feature.kind == RELATION}
    return Opinion(
        objects=objects,
        answers=answers,
        unmeasured=unmeasured,
        size=size,
        edges=read_edges(relations, label.get("relations"), _places(objects, items), f"{path}.relations"),
        raster=_raster(objects, size),
    )


def _read_skipped(label: Mapping[str, object], items: Sequence[object], path: str) -> bool:
    is_skipped = label.get("skipped", False)
    if not isinstance(is_skipped, bool):
        raise ValueError(f"{path}.skipped: is true or false")
    if is_skipped and (items or label.get("relations")):
        raise ValueError(f"{path}.skipped: a skipped label holds no features and no relations")
    return is_skipped


def _places(
    objects: Mapping[str, ObjectSet], items: Sequence[tuple[str, Mapping[str, object], str]]
) -> dict[str, list[Place]]:
    """The objects by their id; those that are not compared have no place."""
    places: dict[str, list[Place]] = {str(item["id"]): [] for _, item, _ in items if item.get("id") is not None}
    for uid, found in objects.items():
        for index, name in enumerate(found.ids):
            places.setdefault(name, []).append((uid, index))
    return places


def _raster(objects: Mapping[str, ObjectSet], size: Size | None) -> tuple[Raster, str] | None:
    """The one size of all masks. Raises ValueError naming the path of the first that is not of it."""
    found = sorted((raster for shapes in objects.values() for raster in shapes.rasters), key=lambda one: one[1])
    if not found:
        return None
    wanted = found[0][0] if size is None else (size[1], size[0])
    for raster, place in found:
        if raster != wanted:
            raise ValueError(f"{place}: {_sides(raster)} pixels, where the picture has {_sides(wanted)}")
    return found[0]


def _sides(raster: tuple[float, float]) -> str:
    return f"{raster[0]:g} x {raster[1]:g}"


def _read_objects(
    feature: FeatureSchema, items: Sequence[tuple[Mapping[str, object], str]], size: Size | None
) -> ObjectSet:
    measure = MEASURES[feature.kind]
    found = []
    for item, place in items:
        read_item_kind(item, feature, place)
        shape = measure.read(item, place)
        nested = read_answers(feature.questions, item.get("nested"), f"{place}.nested")
        identifier = item.get("id")
        name = place.split(".", 1)[-1] if identifier is None else str(identifier)
        found.append((shape, answers_key(nested) if nested else "", name, nested, place))
    found.sort(key=lambda entry: entry[:3])
    return ObjectSet(
        ids=tuple(entry[2] for entry in found),
        shapes=measure.prepare([entry[0] for entry in found], size),
        answers=tuple(entry[3] for entry in found),
        answer_keys=tuple(entry[1] for entry in found),
        rasters=tuple((entry[0].raster, f"{entry[4]}.value.size") for entry in found if isinstance(entry[0], Mask)),
    )
