"""The objects of an asset's labels, merged into one label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quality.agreement.merging.labels import READERS, merge_feature, written_value
from quality.agreement.schema import FeatureSchema
from quality.agreement.score_file.assets import Asset


def merged_objects(schema: Sequence[FeatureSchema], asset: Asset) -> dict[str, list[dict[str, Any]]]:
    """Feature -> merged objects of the labelers' last labels, as they were drawn; a skip is no label."""
    labels = {who: one.line.label for who, one in asset.opinions.items() if not one.opinion.is_skipped}
    size = next((one.opinion.size for one in asset.opinions.values()), None)
    found = {}
    for feature in schema:
        is_drawn = any(feature.uid in one.opinion.objects for one in asset.opinions.values())
        if feature.kind not in READERS or not is_drawn:
            continue
        merged = merge_feature(feature, {who: _objects(feature, label) for who, label in labels.items()}, size)
        if merged is not None:
            found[feature.uid] = [
                {
                    "value": written_value(feature.kind, one.value),
                    "support": one.support,
                    "of": one.of,
                    "uncertain": one.is_uncertain,
                }
                for one in merged
            ]
    return found


def _objects(feature: FeatureSchema, label: Mapping[str, Any]) -> list[Any]:
    read = READERS[feature.kind]
    return [read(item.get("value"), "value") for item in label["features"] if item["feature"] == feature.uid]
