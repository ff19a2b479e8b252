"""All opinions of one row: every pair, each opinion's own mean, the consensus of the row and its winner."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

from quality.agreement.ambiguity import Weights, row_ambiguity, vote_share, votes_of
from quality.agreement.coordinates import Size
from quality.agreement.labels import LabelAgreement, compare_opinions
from quality.agreement.object_scores import DEFAULT_OBJECT_SCORE
from quality.agreement.opinions import Opinion, read_opinion
from quality.agreement.schema import FeatureSchema

NEEDS_ANOTHER = "needs another label"
NO_SCORE = "no pair of labels could be scored"
SAME = 1e-9
"""Means closer than this are a tie: the difference is rounding."""

Pair = tuple[str, str]
Status = Literal["decided", "tie", "undecided"]
Lead = tuple[tuple[str, ...], str | None, Status]


@dataclass(frozen=True)
class PairAgreement:
    """Two opinions, `a` before `b` in the alphabet, and their score; `agreement` is None if only the score is known."""

    a: str
    b: str
    score: float | None
    agreement: LabelAgreement | None = None


@dataclass(frozen=True)
class RowAgreement:
    """What the opinions of one row say together.

    `consensus` is the mean of all pair scores, None with the reason. `means` holds each opinion's mean over its own
    pairs (None without one). `leaders` are the opinions with the highest mean. `winner` is the leader, `status`
    "decided"; leaders that all agree fully with each other gave one answer, and the first of them by name stands for
    it. Other leaders are a "tie" and there is no winner. Without a consensus the status is "undecided".
    `ambiguity` and `vote_shares` (uid of a radio or an ordinal -> share of the plurality) need the labels:
    `row_from_pairs` leaves them empty.
    """

    opinion_count: int
    consensus: float | None
    why_null: str
    pairs: tuple[PairAgreement, ...]
    means: Mapping[str, float | None]
    leaders: tuple[str, ...]
    winner: str | None
    status: Status
    ambiguity: float | None = None
    vote_shares: Mapping[str, float] = field(default_factory=dict)


def score_row(
    schema: Sequence[FeatureSchema],
    opinions: Mapping[str, Mapping[str, object]],
    *,
    size: Size | None,
    weights: Weights | None = None,
    object_score: str = DEFAULT_OBJECT_SCORE,
) -> RowAgreement:
    """Mean pairwise agreement of n labels of one asset, n(n - 1)/2 pairs scored by `labels.score_labels`.

    `opinions` is name -> label; `weights` (name -> skill of the labeler, 1 by default) touch the ambiguity only;
    `object_score` is that of `labels.score_labels`. Range 0..1. Under two opinions the consensus is None, "needs
    another label". For one radio question the consensus equals Fleiss' P_i (Fleiss 1971). The order of opinions has
    no effect.
    Raises ValueError whose message begins with the name of the opinion and the path of the value.
    """
    read = {key: read_opinion(schema, opinions[key], size=size, path=key) for key in sorted(opinions)}
    return compare_row(schema, read, weights=weights, object_score=object_score)


def compare_row(
    schema: Sequence[FeatureSchema],
    read: Mapping[str, Opinion],
    *,
    weights: Weights | None = None,
    object_score: str = DEFAULT_OBJECT_SCORE,
) -> RowAgreement:
    """`score_row` for labels already read by `read_opinion` with one schema and size."""
    read = {key: read[key] for key in sorted(read)}
    agreements = {
        (a, b): compare_opinions(schema, read[a], read[b], object_score=object_score) for a, b in combinations(read, 2)
    }
    row = _fold({pair: agreement.score for pair, agreement in agreements.items()}, read)
    return replace(
        row,
        pairs=tuple(replace(pair, agreement=agreements[pair.a, pair.b]) for pair in row.pairs),
        ambiguity=row_ambiguity(schema, read, scores_by_feature(agreements), weights=weights),
        vote_shares=_vote_shares(schema, read),
    )


def row_from_pairs(
    pairs: Mapping[frozenset[str] | Pair, float | None], *, opinions: Iterable[str] = ()
) -> RowAgreement:
    """The row's consensus, means and winner from pair scores that are already known.

    So that one new label costs n - 1 new pairs: score these and fold the stored ones in. A key is two opinions, in any
    order; a score is in 0..1, or None for a pair that could not be scored (left out of the means). `opinions` names
    those that may stand in no pair: the only one of a row. No pairs: consensus None, "needs another label".
    Raises ValueError for a pair that is missing or stands twice, of an opinion with itself, or a score outside 0..1.
    """
    scores: dict[Pair, float | None] = {}
    for key, score in pairs.items():
        names = sorted(key)
        if len(names) != 2 or names[0] == names[1]:
            raise ValueError(f"{names}: a pair needs two different opinions")
        pair = names[0], names[1]
        if pair in scores:
            raise ValueError(f"{names}: the pair stands twice")
        if score is not None and not 0.0 <= score <= 1.0:
            raise ValueError(f"{names}: a score lies in 0..1, not {score}")
        scores[pair] = score
    names = sorted({name for pair in scores for name in pair}.union(opinions))
    missing = [pair for pair in combinations(names, 2) if pair not in scores]
    if missing:
        raise ValueError(f"{len(missing)} pairs are missing, the first is {list(missing[0])}")
    return _fold(scores, names)


def scores_by_feature(agreements: Mapping[Pair, LabelAgreement]) -> dict[str, dict[Pair, float]]:
    """Feature uid -> pair -> score, of those pairs in which the feature has a score: what `row_ambiguity` takes."""
    found: dict[str, dict[Pair, float]] = {}
    for pair, agreement in agreements.items():
        for feature in agreement.features:
            if feature.score is not None:
                found.setdefault(feature.feature, {})[pair] = feature.score
    return found


def _fold(scores: Mapping[Pair, float | None], names: Collection[str]) -> RowAgreement:
    own: dict[str, list[float]] = {name: [] for name in sorted(names)}
    for (a, b), score in scores.items():
        if score is not None:
            own[a].append(score)
            own[b].append(score)
    means = {name: _mean(values) for name, values in own.items()}
    consensus = _mean([score for score in scores.values() if score is not None])
    leaders, winner, status = leader_of(means, scores)
    return RowAgreement(
        opinion_count=len(own),
        consensus=consensus,
        why_null="" if consensus is not None else NO_SCORE if len(own) > 1 else NEEDS_ANOTHER,
        pairs=tuple(PairAgreement(a, b, scores[a, b]) for a, b in sorted(scores)),
        means=means,
        leaders=leaders,
        winner=winner,
        status=status,
    )


def leader_of(means: Mapping[str, float | None], scores: Mapping[Pair, float | None]) -> Lead:
    """The opinions with the highest of `means`, the winner among them and the status, as `RowAgreement` says them."""
    known = {name: mean for name, mean in means.items() if mean is not None}
    if not known:
        return (), None, "undecided"
    highest = max(known.values())
    leaders = tuple(sorted(name for name, mean in known.items() if mean >= highest - SAME))
    between = [scores[pair] for pair in combinations(leaders, 2)]
    if all(score is not None and score >= 1.0 - SAME for score in between):
        return leaders, leaders[0], "decided"
    return leaders, None, "tie"


def _vote_shares(schema: Sequence[FeatureSchema], opinions: Mapping[str, Opinion]) -> dict[str, float]:
    shares = {}
    for feature in schema:
        if feature.kind in ("radio", "ordinal"):
            share = vote_share(list(votes_of(feature.uid, opinions).values()))
            if share is not None:
                shares[feature.uid] = share
    return shares


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
