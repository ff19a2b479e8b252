"""A label payload in the terms of Labelbox's export v2: named objects with their geometry, named answers."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from labeling.annotations.features import Feature, Ontology, Option, every_feature, option_by_value
from labeling.annotations.kinds import Kind, is_tool

Entry = Mapping[str, object]

_ANNOTATION_KINDS: Final = {
    Kind.BOX: "ImageBoundingBox",
    Kind.POLYGON: "ImagePolygon",
    Kind.POLYLINE: "ImagePolyline",
    Kind.POINT: "ImagePoint",
}


def export_annotations(ontology: Ontology, payload: Mapping[str, object]) -> dict[str, object]:
    """`{"objects": […], "classifications": […], "relationships": []}` of a payload that fits the ontology.

    Raises KeyError for a feature the ontology does not have: a label is exported with the version it was made under.
    """
    features = {feature.uid: feature for feature in every_feature(ontology.features)}
    entries = _entries(payload, "features")
    return {
        "objects": [_object(entry, features) for entry in entries if is_tool(entry["kind"])],
        "classifications": [_classification(entry, features) for entry in entries if not is_tool(entry["kind"])],
        "relationships": [],
    }


def _entries(holder: Entry, key: str) -> Sequence[Entry]:
    return cast(Sequence[Entry], holder.get(key) or ())


def _heading(entry: Entry, feature: Feature) -> dict[str, object]:
    return {
        "feature_id": entry["id"],
        "feature_schema_id": feature.uid,
        "name": feature.name,
        "value": feature.name.lower().replace(" ", "_"),
    }


def _object(entry: Entry, features: Mapping[str, Feature]) -> dict[str, object]:
    feature = features[str(entry["feature"])]
    return {
        **_heading(entry, feature),
        "annotation_kind": _ANNOTATION_KINDS[feature.kind],
        "classifications": [_classification(answer, features) for answer in _entries(entry, "nested")],
        **_geometry(feature.kind, entry["value"]),
    }


def _geometry(kind: Kind, value: object) -> dict[str, object]:
    if kind == Kind.BOX:
        x_min, y_min, x_max, y_max = cast(Sequence[float], value)
        return {"bounding_box": {"top": y_min, "left": x_min, "height": y_max - y_min, "width": x_max - x_min}}
    if kind == Kind.POINT:
        return {"point": _place(value)}
    if kind == Kind.POLYLINE:
        return {"line": [_place(position) for position in cast(Sequence[object], value)]}
    if not isinstance(value, Mapping):
        return {"polygon": [_place(position) for position in cast(Sequence[object], value)]}
    # Labelbox knows one ring; `rings` holds all of them, so that nothing is lost.
    rings = [[_place(position) for position in ring] for ring in value["rings"]]
    return {"polygon": rings[0], "rings": rings}


def _place(position: object) -> dict[str, float]:
    x, y = cast(Sequence[float], position)
    return {"x": x, "y": y}


def _classification(entry: Entry, features: Mapping[str, Feature]) -> dict[str, object]:
    feature = features[str(entry["feature"])]
    value = entry["value"]
    heading = _heading(entry, feature)
    match feature.kind:
        case Kind.RADIO:
            return {**heading, "radio_answer": _choice(str(value), feature, entry, features)}
        case Kind.CHECKLIST:
            # In the order of the ontology, whatever the order of the clicks.
            chosen = set(cast(Sequence[str], value))
            values = [option.value for option in feature.options if option.value in chosen]
            return {**heading, "checklist_answers": [_choice(one, feature, entry, features) for one in values]}
        case Kind.NUMBER:
            return {**heading, "text_answer": {"content": f"{value}"}, "number_answer": {"value": value}}
    return {**heading, "text_answer": {"content": value}}


def _choice(value: str, feature: Feature, entry: Entry, features: Mapping[str, Feature]) -> dict[str, object]:
    """One chosen option with the answers to its own questions."""
    option: Option | None = option_by_value(feature, value)
    if option is None:
        raise KeyError(value)
    asked = {question.uid for question in option.questions}
    answers = [answer for answer in _entries(entry, "nested") if answer["feature"] in asked]
    return {
        "feature_schema_id": option.value,
        "name": option.label,
        "value": option.label.lower().replace(" ", "_"),
        "classifications": [_classification(answer, features) for answer in answers],
    }
