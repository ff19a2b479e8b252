"""The answer that is most like all others: for texts, lines and whole labels, which cannot be averaged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from quality.agreement.texts import comparable_text, text_score

SAME = 1e-9


@dataclass(frozen=True)
class Medoid:
    """`value` with its mean score with the others 0..1, or None and "tie"; `leaders` are the labelers in front.

    "undecided" without any answer; one answer alone stands, with `mean` None.
    """

    value: Any | None
    mean: float | None
    leaders: tuple[str, ...]
    status: Literal["decided", "tie", "undecided"]


def medoid(
    answers: Mapping[str, Any],
    score: Callable[[Any, Any], float | None],
    *,
    weights: Mapping[str, float] | None = None,
) -> Medoid:
    """The answer of labeler -> answer with the greatest mean score with the others (Kaufman & Rousseeuw 1987).

    `score` is symmetric in 0..1, None counts 0. `weights` (labeler -> skill above 0, 1 where missing) weigh the others
    in the mean. Leaders within 1e-9 that agree fully with each other (score 1) gave one answer: it wins. Other leaders
    are a tie, which neither the alphabet nor chance decides, so two different answers always tie. The order and the
    names of labelers have no effect on the value. Raises ValueError for a weight that is not above 0.
    """
    names = sorted(answers)
    skill = {name: 1.0 if weights is None else weights.get(name, 1.0) for name in names}
    if not all(0 < value < float("inf") for value in skill.values()):
        raise ValueError("weights of labelers must be finite and above 0")
    if len(names) < 2:
        return (
            Medoid(answers[names[0]], None, tuple(names), "decided") if names else Medoid(None, None, (), "undecided")
        )
    scores = {pair: score(answers[pair[0]], answers[pair[1]]) or 0.0 for pair in combinations(names, 2)}
    total = sum(skill.values())
    sums = dict.fromkeys(names, 0.0)
    for (a, b), value in scores.items():
        sums[a] += skill[b] * value
        sums[b] += skill[a] * value
    means = {name: sums[name] / (total - skill[name]) for name in names}
    best = max(means.values())
    leaders = tuple(name for name in names if means[name] >= best - SAME)
    is_one = all(scores[pair] >= 1 - SAME for pair in combinations(leaders, 2))
    return Medoid(answers[leaders[0]] if is_one else None, best, leaders, "decided" if is_one else "tie")


def medoid_text(answers: Mapping[str, str], *, weights: Mapping[str, float] | None = None) -> Medoid:
    """`medoid` of texts under `texts.text_score`; texts are made comparable first, and the value is such a text.

    Empty texts are no answers. Raises ValueError for a weight that is not above 0.
    """
    given = {name: comparable_text(text) for name, text in answers.items()}
    return medoid({name: text for name, text in given.items() if text}, text_score, weights=weights)
