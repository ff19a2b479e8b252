"""The classes that a label speaks of: a tool is one, and so is each option of a question that offers a choice."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from labeling.annotations.features import Feature, Ontology, every_feature
from labeling.annotations.kinds import CHOICES, TOOLS, Kind, is_tool
from labeling.annotations.payload import every_entry


def class_name(feature: str, option: str = "") -> str:
    """The key of a class: the feature's uid, for an option with its value behind it."""
    return f"{feature}:{option}" if option else feature


def classes_in(payload: Mapping[str, object]) -> dict[str, int]:
    """Class → how many objects or answers of the payload are of it, at any depth. Texts and numbers are no classes."""
    return dict(Counter(name for entry in every_entry(payload) for name in _classes_of(entry)))


def words_of_classes(ontology: Ontology) -> dict[str, str]:
    """Class → its name as people read it; an option with the question before it."""
    found: dict[str, str] = {}
    for feature in every_feature(ontology.features):
        found.update(_words_of(feature))
    return found


def _classes_of(entry: Mapping[str, object]) -> Iterator[str]:
    feature, kind, value = str(entry["feature"]), entry["kind"], entry["value"]
    if is_tool(kind):
        yield class_name(feature)
    elif kind == Kind.RADIO:
        yield class_name(feature, str(value))
    elif kind == Kind.CHECKLIST:
        yield from (class_name(feature, str(option)) for option in cast(Sequence[object], value))


def _words_of(feature: Feature) -> dict[str, str]:
    if feature.kind in TOOLS:
        return {class_name(feature.uid): feature.name}
    if feature.kind not in CHOICES:
        return {}
    return {class_name(feature.uid, one.value): f"{feature.name}: {one.label}" for one in feature.options}
