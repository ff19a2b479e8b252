"""Rules: two answers that the crew does not keep apart, and rules that are cited far more often than others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from quality.agreement.findings.chances import binomial_tail, discoveries
from quality.agreement.findings.kinds import Camp, CitedFinding, RuleFinding
from quality.agreement.findings.tables import Fit
from quality.agreement.intervals import jeffreys_interval

READS_BAR = 0.25
"""Whoever surely gives the other answer more often than this reads the class otherwise: it is no slip."""
SEVERAL = 3
FIFTH = 0.2
FEWEST_OF_CLASS = 6
MOST_ROWS = 8
FEWEST_CITED = 5


def divided_rules(fits: Sequence[Fit]) -> list[RuleFinding]:
    """Pairs of answers that several people read otherwise than the rest, or that nobody keeps apart.

    A person gives `instead` for `asked` *surely* when the 95 % interval (Jeffreys) of how often lies over 0.25, and
    surely not when it lies under. Three people or more, and a fifth of those with at least 6 such items, are a reading
    and no slip: one person who does it is a person's finding. With at least two who surely do not, the rule divides
    the crew; else it is unclear to all.
    """
    found: list[RuleFinding] = []
    for fit in fits:
        size = len(fit.votes.classes)
        ways = [_one_way(fit, t, given) for t in range(size) for given in range(size) if t != given]
        by_pair: dict[frozenset[str], RuleFinding] = {}
        for one in ways:
            if one is None:
                continue
            pair = frozenset((one.asked, one.instead))
            # Both ways are one finding: the one that more people take, then the more frequent.
            if pair not in by_pair or (len(one.does), one.value) > (len(by_pair[pair].does), by_pair[pair].value):
                by_pair[pair] = one
        found.extend(sorted(by_pair.values(), key=lambda one: (one.asked, one.instead)))
    return found


def _one_way(fit: Fit, asked: int, given: int) -> RuleFinding | None:
    counts = fit.counts
    n = counts[:, asked].sum(axis=1)
    camps = []
    for worker in np.flatnonzero(n >= FEWEST_OF_CLASS).tolist():
        k = float(min(n[worker], counts[worker, asked, given]))
        low, high = jeffreys_interval(k, float(n[worker]))
        camps.append(Camp(fit.votes.workers[worker], k, float(n[worker]), low, high))
    does = tuple(sorted((one for one in camps if one.low > READS_BAR), key=lambda one: (-one.k / one.n, one.person)))
    if len(does) < SEVERAL or len(does) < FIFTH * len(camps):
        return None
    does_not = tuple(
        sorted((one for one in camps if one.high < READS_BAR), key=lambda one: (one.k / one.n, one.person))
    )
    k, whole = float(counts[:, asked, given].sum()), float(n.sum())
    low, high = jeffreys_interval(min(k, whole), whole)
    classes = fit.votes.classes
    return RuleFinding(
        kind="divided" if len(does_not) >= 2 else "unclear",
        question=fit.table.question,
        asked=classes[asked],
        instead=classes[given],
        value=k / whole,
        low=low,
        high=high,
        n=round(whole),
        bar=READS_BAR,
        does=does,
        does_not=does_not,
        rows=_in_dispute(fit, asked, given),
    )


def _in_dispute(fit: Fit, a: int, b: int) -> tuple[str, ...]:
    """Rows that got both answers, those that are divided most evenly first."""
    counts = fit.votes.counts()
    least = np.minimum(counts[:, a], counts[:, b])
    order = np.argsort(-least, kind="stable")
    items = [fit.votes.items[at] for at in order[least[order] > 0].tolist()]
    return tuple(dict.fromkeys(fit.table.row_of[item] for item in items))[:MOST_ROWS]


def against_gold(fits: Sequence[Fit]) -> list[RuleFinding]:
    """Classes that the whole crew reads otherwise than gold: at least three golds, and surely more than half of those
    with the answer, on which three answers or more surely say the same other thing. One such gold is a wrong gold;
    several with one answer are a rule that the crew does not know, or that the golds were made without."""
    found = []
    for fit in fits:
        said: dict[str, list[tuple[str, str]]] = {}
        counts = fit.votes.counts()
        for at, item in enumerate(fit.votes.items):
            gold = fit.table.gold.get(item)
            if gold is None or counts[at].sum() < SEVERAL:
                continue
            top = int(counts[at].argmax())
            says = fit.votes.classes[top] if counts[at, top] > 0.5 * counts[at].sum() else ""
            said.setdefault(gold, []).append((says, fit.table.row_of[item]))
        for asked, answers in sorted(said.items()):
            for instead in sorted({says for says, _ in answers} - {asked, ""}):
                rows = tuple(row for says, row in answers if says == instead)
                low, high = jeffreys_interval(len(rows), len(answers))
                if len(rows) >= SEVERAL and low > READS_BAR:
                    share = len(rows) / len(answers)
                    found.append(
                        RuleFinding(
                            "against_gold",
                            fit.table.question,
                            asked,
                            instead,
                            share,
                            low=low,
                            high=high,
                            n=len(answers),
                            bar=READS_BAR,
                            rows=rows[:MOST_ROWS],
                        )
                    )
    return found


def cited_rules(citations: Iterable[tuple[str, str]], *, rules: int) -> list[CitedFinding]:
    """Rules cited far above the others, from (rule, whose work it was) of each rejection and issue; `rules` is how many
    there are.

    Five citations of the work of three people or more, over twice the even share 1 ÷ `rules` by a binomial test, false
    names held at 5 %. A rule that half of the work falls under is cited more often for that alone: a lead, no verdict.
    """
    given = list(citations)
    by_rule: dict[str, list[str]] = {}
    for rule, person in given:
        by_rule.setdefault(rule, []).append(person)
    rate = min(0.5, 2 / max(2, rules, len(by_rule)))
    found = []
    for rule, people in sorted(by_rule.items()):
        low, high = jeffreys_interval(len(people), len(given))
        chance = binomial_tail(len(people), len(given), rate)
        found.append(
            CitedFinding(rule, len(people) / len(given), low, high, len(given), len(people), len(set(people)), chance)
        )
    stand = discoveries([one.chance for one in found])
    return [
        one
        for one, is_named in zip(found, stand, strict=True)
        if is_named and one.cited >= FEWEST_CITED and one.people >= SEVERAL
    ]
