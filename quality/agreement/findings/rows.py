"""Rows that are ambiguous themselves, and golds that are wrong: what no person and no rule explains."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from quality.agreement.coordinates import Floats
from quality.agreement.findings.kinds import GoldFinding, RowFinding
from quality.agreement.findings.people import Explained
from quality.agreement.findings.tables import Fit
from quality.agreement.votes import Indexes

PSEUDO_LABELS = 20.0
"""Answers of the crowd's mix that each row of a person's confusion matrix gets, so that few answers prove little."""
SLIP = 0.02
LEANINGS = (0.3, 0.5, 0.7)
FIRST_SHARE, MOST_SHARE = 0.02, 0.2
SURE = 0.5
FALSE_SHARE = 0.15
SKILLED = 0.7
EACH_SIDE = 2
FEWEST_ANSWERS = 4
WRONG_GOLD = 0.02
GOLD_SURE = 0.9
SEVERAL = 3


@dataclass(frozen=True)
class Likelihoods:
    """Logarithms of how likely the answers to each item are: under each truth (I, K), and if it is ambiguous
    between a and b, for each pair (I, P)."""

    under: Floats
    ambiguous: Floats
    pairs: tuple[tuple[int, int], ...]


def ambiguous_rows(fits: Sequence[Fit], explained: Explained, distrusted: Collection[str]) -> list[RowFinding]:
    """Rows on which people who know their work differ: two groups, clear and ambiguous (Efron 2008).

    Clear: there is one truth t and each person answers by their own row θ_w[t] of the confusion matrix, so the dissent
    of somebody who answers at random, mixes these two answers up, or reads a rule otherwise costs nothing. Ambiguous:
    each sees one of two answers, a with 0.3, 0.5 or 0.7 and b else, and answers by θ_w. The share of ambiguous items is
    found by EM. An item is named with a posterior of one half or more as long as at most 15 % of all named are expected
    to be clear, with four answers or more, two skilled people (right at 0.7 or more) on each side, and unless a rule
    that divides the crew explains this pair of answers. A row is named once, for its surest item.
    """
    found: list[RowFinding] = []
    for fit in fits:
        found.extend(_of_table(fit, explained, distrusted))
    found.sort(key=lambda one: (-one.value, one.row, one.question, one.item))
    best: dict[str, RowFinding] = {}
    doubt = 0.0
    for one in found:
        if one.row in best:
            continue
        doubt += 1 - one.value
        if doubt > FALSE_SHARE * (len(best) + 1):
            break
        best[one.row] = one
    return list(best.values())


def wrong_golds(fits: Sequence[Fit], explained: Explained, distrusted: Collection[str]) -> list[GoldFinding]:
    """Golds that skilled people surely contradict in the same way.

    Three hypotheses: gold is right, gold is wrong (one in fifty before anything is seen), or the item is ambiguous with
    gold's answer for one side.
    Named with a posterior of 0.9 or more that it is wrong, three skilled people or more who say the same instead, and
    more of these than agree with it. `explained` are the pairs of answers in which the crew reads several golds
    otherwise: that is a rule.
    """
    found = []
    for fit in fits:
        table, votes = fit.table, fit.votes
        if not table.gold:
            continue
        likely = likelihoods(fit, distrusted)
        share = _share_of_ambiguous(likely, fit)
        skilled = _skilled(fit, distrusted)
        for at, item in enumerate(votes.items):
            gold = table.gold.get(item)
            if gold is None or gold not in votes.classes:
                continue
            g = votes.classes.index(gold)
            others = np.log(np.maximum(fit.shares, 1e-9)) + likely.under[at]
            others[g] = -np.inf
            instead = int(others.argmax())
            if frozenset((gold, votes.classes[instead])) in explained.get(table.question, ()):
                continue
            wrong = np.logaddexp.reduce(others) - np.log(max(1e-9, 1 - float(fit.shares[g])))
            with_gold = np.array([g in pair for pair in likely.pairs])
            mixed = float(np.logaddexp.reduce(likely.ambiguous[at, with_gold]) - np.log(len(likely.pairs)))
            posterior = _wrong_posterior(float(likely.under[at, g]), float(wrong), mixed, share)
            against, agree = _who(fit, at, instead, skilled), _who(fit, at, g, skilled)
            if posterior >= GOLD_SURE and len(against) >= SEVERAL and len(against) > len(agree):
                n = int((votes.item == at).sum())
                found.append(
                    GoldFinding(
                        table.row_of[item],
                        table.question,
                        item,
                        gold,
                        votes.classes[instead],
                        posterior,
                        n,
                        against,
                        agree,
                    )
                )
    return sorted(found, key=lambda one: (-one.value, one.row, one.question, one.item))


def likelihoods(fit: Fit, distrusted: Collection[str]) -> Likelihoods:
    """Of all items; the answers of `distrusted` people do not count."""
    votes = fit.votes
    size, items = len(votes.classes), len(votes.items)
    said = _said(fit)
    said[np.array([name in distrusted for name in votes.workers], dtype=bool)[votes.worker]] = 1.0
    under = _summed(np.log(said), votes.item, items)
    pairs = tuple((a, b) for a in range(size) for b in range(a + 1, size))
    ambiguous = np.empty((items, len(pairs)))
    for at, (a, b) in enumerate(pairs):
        leaning = [
            _summed(np.log(u * said[:, a] + (1 - u) * said[:, b])[:, None], votes.item, items)[:, 0] for u in LEANINGS
        ]
        ambiguous[:, at] = np.logaddexp.reduce(leaning, axis=0) - np.log(len(LEANINGS))
    return Likelihoods(under, ambiguous, pairs)


def _said(fit: Fit) -> Floats:
    """(L, K) how likely each answer is under each truth, by its person's confusion matrix without this very answer:
    else each slip would explain itself."""
    votes = fit.votes
    size = len(votes.classes)
    pooled = fit.counts.sum(axis=0) + 0.01
    pooled = PSEUDO_LABELS * pooled / pooled.sum(axis=1, keepdims=True)
    itself = np.where(fit.is_shared[:, None], fit.own, 0.0)
    k = fit.counts[votes.worker, :, votes.label] - itself + pooled[:, votes.label].T
    n = fit.counts.sum(axis=2)[votes.worker] - itself + PSEUDO_LABELS
    found: Floats = (1 - SLIP) * np.maximum(k, 0.0) / n + SLIP / size
    return found


def _of_table(fit: Fit, explained: Explained, distrusted: Collection[str]) -> list[RowFinding]:
    votes = fit.votes
    likely = likelihoods(fit, distrusted)
    share = _share_of_ambiguous(likely, fit)
    posteriors = _ambiguous_posteriors(likely, fit, share)
    skilled = _skilled(fit, distrusted)
    found = []
    for at in np.flatnonzero(posteriors >= SURE).tolist():
        a, b = likely.pairs[int(likely.ambiguous[at].argmax())]
        answers = int((votes.item == at).sum())
        if answers < FEWEST_ANSWERS or frozenset((votes.classes[a], votes.classes[b])) in explained.get(
            fit.table.question, ()
        ):
            continue
        if min(len(_who(fit, at, a, skilled)), len(_who(fit, at, b, skilled))) < EACH_SIDE:
            continue
        item = votes.items[at]
        found.append(
            RowFinding(
                fit.table.row_of[item], fit.table.question, item, float(posteriors[at]), answers, _sides(fit, at)
            )
        )
    return found


def _share_of_ambiguous(likely: Likelihoods, fit: Fit) -> float:
    share = FIRST_SHARE
    many = fit.votes.per_item() >= FEWEST_ANSWERS
    if not many.any():
        return share
    for _ in range(50):
        moved = float(np.clip(_ambiguous_posteriors(likely, fit, share)[many].mean(), 1e-3, MOST_SHARE))
        if abs(moved - share) < 1e-6:
            break
        share = moved
    return share


def _ambiguous_posteriors(likely: Likelihoods, fit: Fit, share: float) -> Floats:
    clear = np.logaddexp.reduce(likely.under + np.log(np.maximum(fit.shares, 1e-9))[None], axis=1)
    mixed = np.logaddexp.reduce(likely.ambiguous, axis=1) - np.log(len(likely.pairs))
    odds = np.log(share) - np.log1p(-share) + mixed - clear
    found: Floats = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    return found


def _wrong_posterior(right: float, wrong: float, ambiguous: float, share: float) -> float:
    share = max(share, FIRST_SHARE)
    logs = np.array(
        [
            np.log((1 - WRONG_GOLD) * (1 - share)) + right,
            np.log(WRONG_GOLD * (1 - share)) + wrong,
            np.log(share) + ambiguous,
        ]
    )
    return float(np.exp(logs[1] - np.logaddexp.reduce(logs)))


def _skilled(fit: Fit, distrusted: Collection[str]) -> set[int]:
    """Who is right at 0.7 or more, shrunk to the crowd by four answers."""
    right = np.trace(fit.counts, axis1=1, axis2=2)
    n = fit.counts.sum(axis=(1, 2))
    mean = right.sum() / n.sum() if n.sum() else 0.0
    accuracy = (right + PSEUDO_LABELS * mean) / (n + PSEUDO_LABELS)
    names = fit.votes.workers
    return {at for at in range(len(names)) if accuracy[at] >= SKILLED and names[at] not in distrusted}


def _who(fit: Fit, item: int, answer: int, among: set[int]) -> tuple[str, ...]:
    votes = fit.votes
    at = np.flatnonzero((votes.item == item) & (votes.label == answer))
    return tuple(votes.workers[worker] for worker in dict.fromkeys(votes.worker[at].tolist()) if worker in among)


def _sides(fit: Fit, item: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
    votes = fit.votes
    at = np.flatnonzero(votes.item == item)
    by_answer: dict[str, list[str]] = {}
    for worker, label in zip(votes.worker[at].tolist(), votes.label[at].tolist(), strict=True):
        by_answer.setdefault(votes.classes[label], []).append(votes.workers[worker])
    return tuple(
        (answer, tuple(who)) for answer, who in sorted(by_answer.items(), key=lambda one: (-len(one[1]), one[0]))
    )


def _summed(values: Floats, item: Indexes, items: int) -> Floats:
    found = np.zeros((items, values.shape[1]))
    np.add.at(found, item, values)
    return found
