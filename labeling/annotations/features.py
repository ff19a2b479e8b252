"""The values an ontology is made of: features, the options of a choice, and how to find one by its uid."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labeling.annotations.kinds import Kind


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a radio or checklist. `value` is its stable id; `questions` are asked when it is chosen."""

    value: str
    label: str
    hotkey: str = ""
    definition: str = ""
    questions: tuple["Feature", ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """A tool or a question.

    `minimum` and `maximum` count objects in a label (tools), chosen options (checklist), code points (text), or bound
    the value itself (number). `tolerance` is in pixels (point, polyline) or in the unit of the number.
    """

    uid: str
    name: str
    kind: Kind
    color: str = ""
    hotkey: str = ""
    definition: str = ""
    is_required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    tolerance: float | None = None
    options: tuple[Option, ...] = ()
    questions: tuple["Feature", ...] = ()


@dataclass(frozen=True, slots=True)
class Ontology:
    """What is asked of a picture: tools and whole-picture questions, in the order they are shown."""

    features: tuple[Feature, ...] = ()


def every_feature(features: Iterable[Feature]) -> Iterator[Feature]:
    """These features and all questions below them, depth first, in the order they are shown."""
    for feature in features:
        yield feature
        yield from every_feature(feature.questions)
        for option in feature.options:
            yield from every_feature(option.questions)


def feature_by_uid(ontology: Ontology, uid: str) -> Feature | None:
    """The feature with this uid at any depth, or None."""
    return next((feature for feature in every_feature(ontology.features) if feature.uid == uid), None)


def option_by_value(feature: Feature, value: str) -> Option | None:
    """The option with this value, or None."""
    return next((option for option in feature.options if option.value == value), None)
