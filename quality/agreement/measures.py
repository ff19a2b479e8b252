"""Which measure belongs to which kind of object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from quality.agreement import boxes, keypoints, masks, points, polygons, polylines, rotated_boxes, spans
from quality.agreement.coordinates import Floats, Size
from quality.agreement.schema import FeatureSchema
from quality.agreement.shapes import ShapeSet, apply_degenerate_rule

Scale = float | None
"""Pixels of a point's sigma or a polyline's tolerance, a keypoint's sigma as a share; None for kinds without."""


@dataclass(frozen=True)
class ObjectMeasure:
    """How objects of one kind are read, prepared and compared; a pair under `gate` is never a match.

    `read` takes the object's item and its path. `scale` gives the number that `similarity` needs, or a text that says
    what is missing.
    """

    read: Callable[[Mapping[str, object], str], Any]
    prepare: Callable[[list[Any], Size | None], ShapeSet]
    similarity: Callable[[ShapeSet, ShapeSet, Scale], Floats]
    scale: Callable[[FeatureSchema, Size | None], Scale | str]
    gate: float = 0.0


def compare_shapes(kind: str, a: ShapeSet, b: ShapeSet, scale: Scale) -> Floats:
    """Similarity (n, m) in 0..1 of the shapes of `a` and `b`, both of `kind`, with the rule for degenerate ones."""
    return apply_degenerate_rule(MEASURES[kind].similarity(a, b, scale), a, b)


def _no_scale(feature: FeatureSchema, size: Size | None) -> Scale | str:
    return None


def _sigma(feature: FeatureSchema, size: Size | None) -> Scale | str:
    if feature.sigma is not None:
        return feature.sigma
    return points.default_sigma(size) if size else "needs the picture's size or a sigma"


def _tolerance(feature: FeatureSchema, size: Size | None) -> Scale | str:
    if feature.tolerance is not None:
        return feature.tolerance
    return polylines.default_tolerance(size) if size else "needs the picture's size or a tolerance"


def _given_sigma(feature: FeatureSchema, size: Size | None) -> Scale | str:
    return keypoints.sigma_of_skeleton(feature.options, feature.sigma)


def _value(read: Callable[[object, str], Any]) -> Callable[[Mapping[str, object], str], Any]:
    """Reads an item whose "value" says everything."""
    return lambda item, path: read(item.get("value"), f"{path}.value")


MEASURES: dict[str, ObjectMeasure] = {
    "box": ObjectMeasure(
        _value(boxes.read_box), boxes.prepare_boxes, lambda a, b, _: boxes.box_iou(a.geometry, b.geometry), _no_scale
    ),
    "rotated_box": ObjectMeasure(
        _value(rotated_boxes.read_rotated_box),
        rotated_boxes.prepare_rotated_boxes,
        lambda a, b, _: polygons.polygon_iou(a.geometry, b.geometry),
        _no_scale,
    ),
    "polygon": ObjectMeasure(
        _value(polygons.read_polygon),
        polygons.prepare_polygons,
        lambda a, b, _: polygons.polygon_iou(a.geometry, b.geometry),
        _no_scale,
    ),
    "mask": ObjectMeasure(
        _value(masks.read_mask), masks.prepare_masks, lambda a, b, _: masks.mask_iou(a.geometry, b.geometry), _no_scale
    ),
    "polyline": ObjectMeasure(
        _value(polylines.read_polyline),
        polylines.prepare_polylines,
        lambda a, b, scale: polylines.polyline_f1(a.geometry, b.geometry, scale or 0.0),
        _tolerance,
    ),
    "point": ObjectMeasure(
        _value(points.read_point),
        points.prepare_points,
        lambda a, b, scale: points.point_similarity(a.geometry, b.geometry, scale or 0.0),
        _sigma,
        gate=points.MATCH_GATE,
    ),
    "keypoints": ObjectMeasure(
        keypoints.read_keypoints,
        keypoints.prepare_keypoints,
        lambda a, b, scale: keypoints.keypoint_similarity(a.geometry, b.geometry, scale),
        _given_sigma,
        gate=points.MATCH_GATE,
    ),
    "span": ObjectMeasure(
        _value(spans.read_span), spans.prepare_spans, lambda a, b, _: spans.span_iou(a.geometry, b.geometry), _no_scale
    ),
}
