"""The ontology document: read strictly with all its faults at once, and written back in one normal form.

`parse_ontology` is the only way to an `Ontology`, so whoever holds one may rely on unique uids, unique names among
siblings, tools only at the top, and limits kept.
"""

from collections.abc import Mapping
from typing import TypeAlias

from labeling.annotations.faults import Fault, capped
from labeling.annotations.features import Feature, Ontology, Option, every_feature, feature_by_uid, option_by_value
from labeling.annotations.kinds import CHOICES, TOOLS
from labeling.annotations.ontology_completion import CLASS_COLORS, complete_ontology
from labeling.annotations.ontology_reading import OntologyReader

__all__ = [
    "CLASS_COLORS",
    "Feature",
    "InvalidOntology",
    "Ontology",
    "OntologyFault",
    "Option",
    "complete_ontology",
    "every_feature",
    "feature_by_uid",
    "option_by_value",
    "parse_ontology",
    "to_document",
]

OntologyFault: TypeAlias = Fault


class InvalidOntology(ValueError):
    """An ontology document that is refused; `faults` holds everything wrong with it, in the order of the document."""

    def __init__(self, faults: tuple[OntologyFault, ...]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults[:5]))
        self.faults = faults


def parse_ontology(document: object) -> Ontology:
    """The ontology of a document (dicts, lists and scalars of JSON); `InvalidOntology` with all faults otherwise."""
    reader = OntologyReader()
    features: tuple[Feature, ...] = ()
    if not isinstance(document, Mapping):
        reader.refuse("", "bad_shape", "An ontology is an object with the key “features”.")
    else:
        reader.refuse_unknown_keys(document, frozenset({"features"}), "")
        features = reader.features(document.get("features", []), "features", depth=1)
    if reader.faults:
        raise InvalidOntology(capped(reader.faults))
    return Ontology(features)


def to_document(ontology: Ontology) -> dict[str, object]:
    """The normal document: every key that the kind knows, in one order. `parse_ontology` reads it back unchanged."""
    return {"features": [_feature_document(feature) for feature in ontology.features]}


def _feature_document(feature: Feature) -> dict[str, object]:
    document: dict[str, object] = {"uid": feature.uid, "name": feature.name, "kind": feature.kind.value}
    if feature.kind in TOOLS:
        document["color"] = feature.color
    document |= {
        "hotkey": feature.hotkey,
        "definition": feature.definition,
        "is_required": feature.is_required,
        "min": feature.minimum,
        "max": feature.maximum,
        "tolerance": feature.tolerance,
    }
    if feature.kind in CHOICES:
        document["options"] = [_option_document(option) for option in feature.options]
    if feature.kind in TOOLS:
        document["questions"] = [_feature_document(question) for question in feature.questions]
    return document


def _option_document(option: Option) -> dict[str, object]:
    return {
        "value": option.value,
        "label": option.label,
        "hotkey": option.hotkey,
        "definition": option.definition,
        "questions": [_feature_document(question) for question in option.questions],
    }
