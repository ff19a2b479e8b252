"""What a person does wrong: answers that follow no row, two answers mixed up, or simply more errors than others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from quality.agreement.coordinates import Floats
from quality.agreement.findings.chances import binomial_tail, chance_of_root, discoveries
from quality.agreement.findings.kinds import PersonFinding
from quality.agreement.findings.tables import Fit, rows_of
from quality.agreement.intervals import jeffreys_interval
from quality.agreement.votes import Indexes

FEWEST_ANSWERS = 20
FOLLOWS_BAR = 0.3
"""Under this share of answers that follow the row a person says next to nothing; a hurried one is at 0.5 and more."""
SPAMMER_SCORE = 0.15
"""Whoever mixes everything up, but always in the same way, lies far above: that is no random answer."""
ALWAYS = 0.9
FEWEST_OF_CLASS = 8
CONFUSED_BAR = 0.15
TIMES_OTHERS = 2.0
ERROR_BAR = 0.12
MOST_ROWS = 5
GRID = np.linspace(0.0, 1.0, 201)
LEVEL_LOSS = 1.9207
"""Half the 95 % point of chi square with one degree of freedom."""

Pair = frozenset[str]
Explained = Mapping[str, Collection[Pair]]
"""Question -> pairs of answers that are no person's fault, as a rule divides the crew there."""


def random_answers(fits: Sequence[Fit]) -> list[PersonFinding]:
    """People whose answers do not depend on the row, of all `fits`, at most 5 % of those named by mistake.

    Answer l to an item whose truth is t has probability p·θ̄[t, l] + (1 − p)·q[l] with θ̄ the others' pooled confusion
    and q the person's own mix of answers (the model of MACE, Hovy et al. 2013, with the truth as the others see it).
    p has a likelihood interval; named is who lies under 0.3 with it, and whose spammer score (Raykar & Yu 2012: mean
    squared distance of two rows of the confusion matrix, ÷ 2, less what chance adds) is under 0.15. Where three people
    or more, and a fifth of all, always give the same answer, that is how they read the question: left to the rules.
    """
    candidates = [found for fit in fits for found in _followers(fit)]
    named = discoveries([found.chance for found in candidates])
    kept = [one for one, is_named in zip(candidates, named, strict=True) if is_named and one.high < FOLLOWS_BAR]
    return [one for one in kept if not _is_reading(one, kept, fits)]


def _followers(fit: Fit) -> list[PersonFinding]:
    found = []
    pooled = _rows_to_one(fit.others + 0.01)
    votes = fit.votes
    for worker, name in enumerate(votes.workers):
        at = np.flatnonzero((votes.worker == worker) & fit.is_shared)
        if len(at) < FEWEST_ANSWERS:
            continue
        labels = votes.label[at]
        mix = np.bincount(labels, minlength=len(votes.classes)) / len(at)
        by_row = (fit.own[at] * pooled[worker][:, labels].T).sum(axis=1)
        gains = np.log(GRID[:, None] * by_row[None] + (1 - GRID[:, None]) * mix[labels][None]).sum(axis=1)
        best = int(gains.argmax())
        inside = GRID[gains >= gains[best] - LEVEL_LOSS]
        at_bar = gains[int(np.searchsorted(GRID, FOLLOWS_BAR - 1e-9))]
        chance = chance_of_root(float(gains[best] - at_bar)) if GRID[best] < FOLLOWS_BAR else 1.0
        if spammer_score(fit.counts[worker]) > SPAMMER_SCORE:
            chance = 1.0
        constant = (str(votes.classes[int(mix.argmax())]),) if mix.max() >= ALWAYS else ()
        found.append(
            PersonFinding(
                kind="random",
                person=name,
                question=fit.table.question,
                value=float(GRID[best]),
                low=float(inside[0]),
                high=float(inside[-1]),
                n=len(at),
                bar=FOLLOWS_BAR,
                chance=chance,
                answers=constant,
                rows=_worst(fit, at),
            )
        )
    return found


def spammer_score(counts: Floats) -> float:
    """Σ over pairs of rows c < d of Σ_k (A_ck − A_dk)² ÷ (K(K − 1)), less its expectation for equal rows; 0 a spammer,
    1 never wrong (Raykar & Yu 2012). Rows of the confusion matrix with under 2 expected answers are left out; with
    fewer than two rows left it is 0."""
    totals = counts.sum(axis=1)
    rows = counts[totals >= 2] / totals[totals >= 2, None]
    sizes = totals[totals >= 2]
    if len(rows) < 2:
        return 0.0
    noise = (1 - (rows**2).sum(axis=1)) / (sizes - 1)
    score = 0.0
    for c in range(len(rows)):
        for d in range(c):
            score += float(((rows[c] - rows[d]) ** 2).sum() - noise[c] - noise[d])
    return max(0.0, score / (len(rows) * (len(rows) - 1)))


def _is_reading(one: PersonFinding, named: Sequence[PersonFinding], fits: Sequence[Fit]) -> bool:
    if not one.answers:
        return False
    alike = sum(other.question == one.question and other.answers == one.answers for other in named)
    crew = next(len(fit.votes.workers) for fit in fits if fit.table.question == one.question)
    return alike >= 3 and alike >= 0.2 * crew


def mixed_up(fits: Sequence[Fit], explained: Explained) -> list[PersonFinding]:
    """People who take one of two answers for the other surely more often than the crowd does, and than they err
    elsewhere. Questions with three answers or more.

    For each pair of answers the expected counts of one given for the other, either way and both together, against the
    rate max(0.15, twice the others', twice the person's own in other cells): binomial test, times 3 for the three
    ways, false names held at 5 % over all people, pairs and questions (Benjamini & Hochberg 1995).
    """
    candidates = [found for fit in fits if len(fit.votes.classes) > 2 for found in _mixed_of(fit, explained)]
    named = discoveries([found.chance for found in candidates])
    return [one for one, is_named in zip(candidates, named, strict=True) if is_named]


def _mixed_of(fit: Fit, explained: Explained) -> list[PersonFinding]:
    classes = fit.votes.classes
    others = fit.others
    found = []
    for worker in range(len(fit.votes.workers)):
        for a in range(len(classes)):
            for b in range(a + 1, len(classes)):
                if frozenset((classes[a], classes[b])) in explained.get(fit.table.question, ()):
                    continue
                one = _one_mix(fit, worker, others[worker], a, b)
                if one is not None:
                    found.append(one)
    return found


def _one_mix(fit: Fit, worker: int, others: Floats, a: int, b: int) -> PersonFinding | None:
    counts, classes = fit.counts[worker], fit.votes.classes
    elsewhere = _elsewhere(counts, a, b)
    best: PersonFinding | None = None
    for ways in (((a, b),), ((b, a),), ((a, b), (b, a))):
        n = float(sum(counts[t].sum() for t, _ in ways))
        if n < FEWEST_OF_CLASS:
            continue
        k = min(n, float(sum(counts[t, given] for t, given in ways)))
        whole = float(sum(others[t].sum() for t, _ in ways))
        usual = float(sum(others[t, given] for t, given in ways)) / whole if whole > 0 else 0.0
        rate = min(0.9, max(CONFUSED_BAR, TIMES_OTHERS * usual, TIMES_OTHERS * elsewhere))
        chance = min(1.0, 3 * binomial_tail(k, n, rate))
        if best is None or chance < best.chance:
            low, high = jeffreys_interval(k, n)
            asked = tuple(classes[t] for t, _ in ways)
            pair = (asked[0], classes[ways[0][1]])
            best = PersonFinding(
                kind="confuses",
                person=fit.votes.workers[worker],
                question=fit.table.question,
                value=k / n,
                low=low,
                high=high,
                n=round(n),
                bar=rate,
                chance=chance,
                answers=pair,
                usual_error=usual,
                rows=_rows_of_pair(fit, worker, a, b),
            )
    return best


def _elsewhere(counts: Floats, a: int, b: int) -> float:
    """How often the person errs to any one answer, in the cells that do not lie between a and b."""
    size = len(counts)
    off = ~np.eye(size, dtype=bool)
    off[a, b] = off[b, a] = False
    cells = off.sum(axis=1)
    whole = float((counts.sum(axis=1) * cells).sum())
    return float(counts[off].sum()) / whole if whole > 0 else 0.0


def errors_of(fit: Fit, explained: Explained) -> dict[str, tuple[float, float]]:
    """Person -> expected wrong answers and all answers, without cells that a rule explains."""
    classes = fit.votes.classes
    counts = fit.counts.copy()
    for pair in explained.get(fit.table.question, ()):
        a, b = (classes.index(answer) for answer in sorted(pair))
        counts[:, a, b] = counts[:, b, a] = 0.0
    n = counts.sum(axis=(1, 2))
    right = counts[:, np.arange(len(classes)), np.arange(len(classes))].sum(axis=1)
    return {name: (float(n[at] - right[at]), float(n[at])) for at, name in enumerate(fit.votes.workers)}


def err_more(fits: Sequence[Fit], explained: Explained, named: Collection[str]) -> list[PersonFinding]:
    """People who err surely more often than max(0.12, twice as often as the others), and were not `named` for
    something that says more. All questions together; binomial test, false names held at 5 %."""
    records: dict[str, list[float]] = {}
    for fit in fits:
        for person, (k, n) in errors_of(fit, explained).items():
            record = records.setdefault(person, [0.0, 0.0])
            record[0] += k
            record[1] += n
    whole = [sum(record[at] for record in records.values()) for at in (0, 1)]
    candidates = []
    for person, (k, n) in sorted(records.items()):
        if n < FEWEST_ANSWERS or whole[1] - n <= 0:
            continue
        usual = (whole[0] - k) / (whole[1] - n)
        bar = min(0.9, max(ERROR_BAR, TIMES_OTHERS * usual))
        low, high = jeffreys_interval(k, n)
        chance = binomial_tail(k, n, bar)
        rows = tuple(row for fit in fits for row in worst_rows(fit, person))[:MOST_ROWS]
        candidates.append(
            PersonFinding(
                "errs", person, "", k / n, low, high, round(n), bar, chance, error=k / n, usual_error=usual, rows=rows
            )
        )
    stand = discoveries([one.chance for one in candidates])
    return [one for one, is_named in zip(candidates, stand, strict=True) if is_named and one.person not in named]


def worst_rows(fit: Fit, person: str) -> tuple[str, ...]:
    """The rows on which the others contradict the person most surely."""
    if person not in fit.votes.workers:
        return ()
    worker = fit.votes.workers.index(person)
    return _worst(fit, np.flatnonzero((fit.votes.worker == worker) & fit.is_shared))


def _worst(fit: Fit, at: Indexes) -> tuple[str, ...]:
    wrong = fit.wrongness()[at]
    chosen = at[np.argsort(-wrong, kind="stable")][: MOST_ROWS * 2]
    return rows_of(fit, chosen[fit.wrongness()[chosen] > 0.5])[:MOST_ROWS]


def _rows_of_pair(fit: Fit, worker: int, a: int, b: int) -> tuple[str, ...]:
    votes = fit.votes
    at = np.flatnonzero((votes.worker == worker) & fit.is_shared)
    meant = np.where(votes.label[at] == a, fit.own[at, b], np.where(votes.label[at] == b, fit.own[at, a], 0.0))
    order = np.argsort(-meant, kind="stable")
    return rows_of(fit, at[order][meant[order] > 0.5])[:MOST_ROWS]


def _rows_to_one(counts: Floats) -> Floats:
    found: Floats = counts / counts.sum(axis=-1, keepdims=True)
    return found
