"""How sure the opinions of one row make an answer, while the line runs: what decides whether one more is asked."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from quality.agreement.ambiguity import votes_of
from quality.agreement.opinions import Opinion
from quality.agreement.schema import FeatureSchema

USUAL_ACCURACY = 0.8
"""Of a person of whom nothing is known: between a guess and the 0.7 to 0.95 of real crowds."""

HIGHEST_ACCURACY = 0.99
"""Nobody is infallible: one vote must never settle a row by itself."""

CHOICES = frozenset({"radio", "ordinal"})
QUESTIONS = CHOICES | {"checklist"}

Weights = Mapping[str, float]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Certainty:
    """`posterior` of the least sure answer, `agreement` of everything else (shapes, numbers, texts); each 0..1.

    None where nothing of that kind was answered or drawn, and under two opinions that count.
    """

    posterior: float | None
    agreement: float | None

    @property
    def least(self) -> float | None:
        """The lower of the two."""
        return min((value for value in (self.posterior, self.agreement) if value is not None), default=None)

    def is_sure(self, threshold: float) -> bool:
        """Whether neither lies under `threshold`. Opinions that all say nothing at all are sure of it."""
        return self.least is None or self.least >= threshold


def row_certainty(
    schema: Sequence[FeatureSchema],
    opinions: Mapping[str, Opinion],
    features: Mapping[str, Mapping[Pair, float]],
    *,
    accuracies: Weights | None = None,
    weights: Weights | None = None,
) -> Certainty:
    """The certainty of the row of `opinions` (name -> label read with `schema`).

    `features` is feature uid -> pair of names -> score; `accuracies` is name -> accuracy 0..1 of its labeler (0.8 where
    none is known), `weights` name -> what the opinion counts, 0..1 (1): with 0 it does not count at all. A pair weighs
    the product of its two. The order of opinions has no effect. Raises ValueError for a weight outside 0..1.
    """
    counted = {name: 1.0 if weights is None else weights.get(name, 1.0) for name in opinions}
    if not all(0 <= weight <= 1 for weight in counted.values()):
        raise ValueError("the weight of an opinion lies in 0..1")
    voting = {name: opinion for name, opinion in opinions.items() if counted[name] > 0}
    if len(voting) < 2:
        return Certainty(None, None)
    skills = {name: (accuracies or {}).get(name, USUAL_ACCURACY) for name in voting}
    found = [_surest(feature, voting, skills, counted) for feature in schema if feature.kind in QUESTIONS]
    answered = [posterior for posterior in found if posterior is not None]
    rest = [uid for uid in (feature.uid for feature in schema if feature.kind not in QUESTIONS) if uid in features]
    return Certainty(min(answered, default=None), _agreement([features[uid] for uid in rest], counted))


def choice_posteriors(
    votes: Mapping[str, Hashable], accuracies: Weights, *, option_count: int, weights: Weights | None = None
) -> dict[Hashable, float]:
    """Option -> posterior, for the options that somebody chose, when each labeler is right with a known probability.

    P(z = t) ∝ Π_w P(l_w | t)^v_w over labelers w with answer l_w and weight v_w, where P(l | t) is the accuracy a_w for
    l = t and (1 − a_w) / (K − 1) else, K options, each as likely before (Nitzan & Paroush 1982, "one-coin"). Accuracies
    are kept in 1/K..0.99: who is worse than chance is ignored, not turned round. The posteriors of options nobody chose
    are in the sum. No votes give nothing. The order has no effect.
    """
    chosen = sorted(set(votes.values()), key=str)
    count = max(option_count, len(chosen), 2)
    logs = dict.fromkeys(chosen, 0.0)
    nobody = 0.0
    for name in sorted(votes):
        accuracy = min(max(accuracies.get(name, USUAL_ACCURACY), 1 / count), HIGHEST_ACCURACY)
        weight = 1.0 if weights is None else weights.get(name, 1.0)
        right, wrong = weight * math.log(accuracy), weight * math.log((1 - accuracy) / (count - 1))
        nobody += wrong
        for option in chosen:
            logs[option] += right if votes[name] == option else wrong
    if not logs:
        return {}
    highest = max(logs.values())
    shares = {option: math.exp(value - highest) for option, value in logs.items()}
    total = math.fsum(shares.values()) + (count - len(chosen)) * math.exp(nobody - highest)
    return {option: share / total for option, share in shares.items()}


def _surest(feature: FeatureSchema, opinions: Mapping[str, Opinion], skills: Weights, weights: Weights) -> float | None:
    if feature.kind == "checklist":
        return _of_checklist(feature, opinions, skills, weights)
    votes = votes_of(feature.uid, opinions)
    if all(vote is None for vote in votes.values()):
        return None
    options = len(feature.options) + (1 if None in votes.values() else 0)
    return max(choice_posteriors(votes, skills, option_count=options, weights=weights).values())


def _of_checklist(
    feature: FeatureSchema, opinions: Mapping[str, Opinion], skills: Weights, weights: Weights
) -> float | None:
    """The least sure of the options that anybody chose; each is a question of yes or no."""
    chosen: dict[str, frozenset[str]] = {}
    for name, opinion in opinions.items():
        value = opinion.answers[feature.uid].value if feature.uid in opinion.answers else None
        chosen[name] = value if isinstance(value, frozenset) else frozenset()
    options = frozenset().union(*chosen.values())
    found = [
        max(
            choice_posteriors(
                {name: option in own for name, own in chosen.items()}, skills, option_count=2, weights=weights
            ).values()
        )
        for option in sorted(options)
    ]
    return min(found, default=None)


def _agreement(features: Sequence[Mapping[Pair, float]], weights: Weights) -> float | None:
    """Mean over pairs, by their weight, of the mean over the features in which the pair has a score."""
    by_pair: dict[Pair, list[float]] = {}
    for scores in features:
        for pair, score in scores.items():
            by_pair.setdefault(pair, []).append(score)
    weighed = [
        (weights.get(a, 1.0) * weights.get(b, 1.0), math.fsum(own) / len(own)) for (a, b), own in by_pair.items()
    ]
    total = math.fsum(weight for weight, _ in weighed)
    return math.fsum(weight * score for weight, score in weighed) / total if total > 0 else None
