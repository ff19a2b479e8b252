"""How much a row divides its labelers: votes of questions, and the ambiguity of a row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from quality.agreement.opinions import Opinion
from quality.agreement.schema import FeatureSchema

PairScores = Mapping[tuple[str, str], float]
Weights = Mapping[str, float]


def vote_share(votes: Sequence[str | None]) -> float | None:
    """Votes of the most frequent option / all votes, range 0..1; None (unanswered) counts below the line only.

    (cat, cat, dog) is 2/3. A tie has the share of either. None when nobody answered, or there are no votes.
    """
    counts: dict[str, int] = {}
    for vote in votes:
        if vote is not None:
            counts[vote] = counts.get(vote, 0) + 1
    return max(counts.values()) / len(votes) if counts else None


def vote_entropy(weights: Sequence[float], option_count: int) -> float:
    """Entropy of the shares of the votes, divided by the logarithm of the number of options (Shannon 1948).

    `weights` holds the (weighted) number of votes of each option; `option_count` is raised to the number of options
    that have votes. Range 0..1: 0 when all votes agree, there is one option or no vote, 1 when all options have the
    same. The order has no effect. Raises ValueError for a negative or infinite weight.
    """
    if any(not (math.isfinite(weight) and weight >= 0) for weight in weights):
        raise ValueError("weights of votes must be finite and not negative")
    total = math.fsum(weights)
    shares = [weight / total for weight in weights if weight > 0] if total > 0 else []
    if len(shares) < 2:
        return 0.0
    entropy = -math.fsum(share * math.log(share) for share in shares)
    return min(1.0, entropy / math.log(max(option_count, len(shares))))


def row_ambiguity(
    schema: Sequence[FeatureSchema],
    opinions: Mapping[str, Opinion],
    pair_scores: Mapping[str, PairScores],
    *,
    weights: Weights | None = None,
) -> float | None:
    """Mean over the applicable features of how much the opinions differ, range 0..1; None under two opinions.

    Radio: `vote_entropy` of the vote, in which "unanswered" is an option once somebody answered. Checklist: the mean of
    `vote_entropy` (chosen or not) over the options that anybody chose. Every other feature: 1 - weighted mean of its
    pair scores. `pair_scores` is feature uid -> pair of opinions -> score (pairs it does not apply to left out);
    `weights` is the skill of each opinion's labeler (1 each by default), a pair weighs the product of its two.
    Opinions that are all empty, or all skips, agree: 0; where some skipped the asset, the `vote_entropy` of skip or not
    is one of the features. None also when no feature could be scored.
    Raises ValueError for a negative or infinite weight.
    """
    if len(opinions) < 2:
        return None
    if all(opinion.is_empty for opinion in opinions.values()) or all(o.is_skipped for o in opinions.values()):
        return 0.0
    skills = {key: 1.0 if weights is None else weights.get(key, 1.0) for key in opinions}
    found = []
    if any(opinion.is_skipped for opinion in opinions.values()):
        found.append(_skip_ambiguity(opinions, skills))
    for feature in schema:
        if feature.kind == "radio":
            value = _radio_ambiguity(feature, opinions, skills)
        elif feature.kind == "checklist":
            value = _checklist_ambiguity(feature, opinions, skills)
        else:
            value = _pair_ambiguity(pair_scores.get(feature.uid, {}), skills)
        if value is not None:
            found.append(value)
    return math.fsum(found) / len(found) if found else None


def votes_of(uid: str, opinions: Mapping[str, Opinion]) -> dict[str, str | None]:
    """What each opinion chose at a radio question; None where it is unanswered."""
    votes: dict[str, str | None] = {}
    for key, opinion in opinions.items():
        value = opinion.answers[uid].value if uid in opinion.answers else None
        votes[key] = value if isinstance(value, str) else None
    return votes


def _skip_ambiguity(opinions: Mapping[str, Opinion], skills: Weights) -> float:
    skips = math.fsum(skills[key] for key, opinion in opinions.items() if opinion.is_skipped)
    labels = math.fsum(skills[key] for key, opinion in opinions.items() if not opinion.is_skipped)
    return vote_entropy([skips, labels], 2)


def _radio_ambiguity(feature: FeatureSchema, opinions: Mapping[str, Opinion], skills: Weights) -> float | None:
    votes = votes_of(feature.uid, opinions)
    if all(vote is None for vote in votes.values()):
        return None
    counts: dict[str | None, list[float]] = {}
    for key, vote in votes.items():
        counts.setdefault(vote, []).append(skills[key])
    options = len(feature.options) + (1 if None in counts else 0)
    return vote_entropy([math.fsum(weights) for weights in counts.values()], options)


def _checklist_ambiguity(feature: FeatureSchema, opinions: Mapping[str, Opinion], skills: Weights) -> float | None:
    chosen: dict[str, frozenset[str]] = {}
    for key, opinion in opinions.items():
        value = opinion.answers[feature.uid].value if feature.uid in opinion.answers else None
        chosen[key] = value if isinstance(value, frozenset) else frozenset()
    options = frozenset().union(*chosen.values())
    if not options:
        return 0.0 if feature.is_required else None
    entropies = []
    for option in options:
        yes = math.fsum(skills[key] for key, values in chosen.items() if option in values)
        no = math.fsum(skills[key] for key, values in chosen.items() if option not in values)
        entropies.append(vote_entropy([yes, no], 2))
    return math.fsum(entropies) / len(entropies)


def _pair_ambiguity(scores: PairScores, skills: Weights) -> float | None:
    weighed = [(skills[a] * skills[b], score) for (a, b), score in scores.items()]
    if any(not (math.isfinite(weight) and weight >= 0) for weight, _ in weighed):
        raise ValueError("weights of opinions must be finite and not negative")
    total = math.fsum(weight for weight, _ in weighed)
    if total <= 0:
        return None
    return max(0.0, 1.0 - math.fsum(weight * score for weight, score in weighed) / total)
