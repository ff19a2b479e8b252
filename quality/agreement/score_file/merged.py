"""The objects of an asset's labels, merged into one label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quality.agreement.boxes import read_box
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
from quality.agreement.schema import FeatureSchema
from quality.agreement.score_file.assets import Asset
from quality.agreement.spans import read_span

READERS: Mapping[str, Callable[[object, str], Any]] = {
    "box": read_box,
    "polygon": read_polygon,
    "polyline": read_polyline,
    "point": read_point,
    "span": read_span,
}
"""The kinds that can be merged."""


def merged_objects(schema: Sequence[FeatureSchema], asset: Asset) -> dict[str, list[dict[str, Any]]]:
    """Feature -> merged objects of the labelers' last labels, as they were drawn; a skip is no label."""
    labels = {who: one.line.label for who, one in asset.opinions.items() if not one.opinion.is_skipped}
    size = next((one.opinion.size for one in asset.opinions.values()), None)
    found = {}
    for feature in schema:
        if feature.kind not in READERS or not any(
            feature.uid in one.opinion.objects for one in asset.opinions.values()
        ):
            continue
        scale = MEASURES[feature.kind].scale(feature, size)
        if isinstance(scale, str):
            continue
        objects = {who: _objects(feature, label) for who, label in labels.items()}
        merged = _merge(feature.kind, objects, scale or 0.0)
        found[feature.uid] = [_written(feature.kind, one) for one in merged]
    return found


def _objects(feature: FeatureSchema, label: Mapping[str, Any]) -> list[Any]:
    read = READERS[feature.kind]
    return [read(item.get("value"), "value") for item in label["features"] if item["feature"] == feature.uid]


def _merge(kind: str, objects: Mapping[str, Sequence[Any]], scale: float) -> list[MergedObject]:
    match kind:
        case "box":
            return merge_boxes(objects)
        case "polygon":
            return merge_polygons(objects)
        case "polyline":
            return merge_polylines(objects, tolerance=scale)
        case "point":
            return merge_points(objects, sigma=scale)
    return merge_spans({who: [(int(start), int(end)) for start, end in spans] for who, spans in objects.items()})


def _written(kind: str, one: MergedObject) -> dict[str, Any]:
    value = _rings(one.value) if kind == "polygon" else _as_lists(one.value)
    return {"value": value, "support": one.support, "of": one.of, "uncertain": one.is_uncertain}


def _rings(rings: Rings) -> object:
    return _as_lists(rings[0]) if len(rings) == 1 else {"rings": _as_lists(rings)}


def _as_lists(value: object) -> object:
    return [_as_lists(part) for part in value] if isinstance(value, tuple | list) else value
