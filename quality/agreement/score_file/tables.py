"""The answers of a file to one question, as the table that coefficients and truth inference take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from quality.agreement.schema import FeatureSchema
from quality.agreement.score_file.assets import Asset, ReadLine
from quality.agreement.votes import Votes, read_votes

CHOICES = frozenset({"radio", "ordinal"})
"""Questions whose answer is one of some options."""


def last_votes(feature: FeatureSchema, assets: Mapping[str, Asset]) -> Votes:
    """The last answer of each labeler to each asset; who did not answer has no row."""
    return _votes(feature, {name: asset.opinions.values() for name, asset in assets.items()})


def every_vote(feature: FeatureSchema, assets: Mapping[str, Asset]) -> Votes:
    """All answers, also those that a labeler gave earlier."""
    return _votes(feature, {name: asset.every for name, asset in assets.items()})


def _votes(feature: FeatureSchema, labels: Mapping[str, Iterable[ReadLine]]) -> Votes:
    rows = [
        (asset, one.line.labeler, answer.value)
        for asset, lines in labels.items()
        for one in lines
        if (answer := one.opinion.answers.get(feature.uid)) is not None and isinstance(answer.value, str | float)
    ]
    if feature.kind not in CHOICES:
        return read_votes(rows)
    return read_votes(rows, classes=options_with(feature, {value for _, _, value in rows if isinstance(value, str)}))


def options_with(feature: FeatureSchema, chosen: Set[str]) -> list[str]:
    """The options of the question, and after them those that were chosen without being among them."""
    return [*feature.options, *sorted(chosen - set(feature.options))]
