"""What findings are made of: tables of answers, and what is known of each person once the truth is inferred."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quality.agreement.coordinates import Floats
from quality.agreement.truth.dawid_skene import SMALLEST, dawid_skene
from quality.agreement.truth.default import is_enough
from quality.agreement.votes import Indexes, Votes, read_votes

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """The answers to one question: a choice, one option of a checklist (yes or no), or the class of an object.

    An item is a row, or an object of one (`row_of`: item -> row). `gold` is item -> the answer that gold gives.
    """

    question: str
    votes: Votes
    row_of: Mapping[str, str]
    gold: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fit:
    """A table with its truth (Dawid & Skene 1979, rows shrunk to the crowd's).

    `own` (L, K) is what the *others* say of each answer's item: the posterior without that answer, so that nobody
    agrees with themselves. `counts` (W, K true, K given) are the answers of each person under it. `is_shared` (L,)
    marks answers to items that somebody else answered too; the rest counts nowhere.
    """

    table: Table
    shares: Floats
    confusion: Floats
    own: Floats
    counts: Floats
    is_shared: Flags

    @property
    def votes(self) -> Votes:
        return self.table.votes

    @property
    def others(self) -> Floats:
        """(W, K, K) the counts of everybody but the person."""
        found: Floats = self.counts.sum(axis=0)[None] - self.counts
        return found

    def wrongness(self) -> Floats:
        """(L,) how surely the others contradict each answer, 0..1."""
        found: Floats = 1.0 - self.own[np.arange(len(self.votes)), self.votes.label]
        return found


def fit_table(table: Table) -> Fit | None:
    """None where there is too little to learn how each person errs (`truth.default.is_enough`) or nothing to choose.

    Items, persons and answers stand in the order of their names, so the order in which answers came has no effect.
    """
    votes = table.votes
    if len(votes.classes) < 2 or not is_enough(votes):
        return None
    truth = dawid_skene(votes)
    assert truth.confusion is not None and truth.class_shares is not None
    logs = np.log(np.maximum(truth.confusion, SMALLEST))[votes.worker, :, votes.label]
    totals = np.zeros((len(votes.items), len(votes.classes)))
    np.add.at(totals, votes.item, logs)
    totals += np.log(np.maximum(truth.class_shares, SMALLEST))
    own = _shares_of(totals[votes.item] - logs)
    is_shared = votes.per_item()[votes.item] >= 2
    # By person and answer given; the axes are put in order afterwards.
    counts = np.zeros((len(votes.workers), len(votes.classes), len(votes.classes)))
    np.add.at(counts, (votes.worker[is_shared], votes.label[is_shared]), own[is_shared])
    counts = counts.transpose(0, 2, 1)
    return Fit(table, truth.class_shares, truth.confusion, own, counts, is_shared)


def without(table: Table, people: Collection[str]) -> Table:
    """The table without the answers of some people."""
    if not people:
        return table
    votes = table.votes
    kept = [
        (votes.items[item], votes.workers[worker], votes.classes[label])
        for item, worker, label in zip(votes.item.tolist(), votes.worker.tolist(), votes.label.tolist(), strict=True)
        if votes.workers[worker] not in people
    ]
    return Table(table.question, read_votes(kept, classes=votes.classes), table.row_of, table.gold)


def rows_of(fit: Fit, answers: Indexes) -> tuple[str, ...]:
    """The rows of some answers, each once, in their order."""
    return tuple(dict.fromkeys(fit.table.row_of[fit.votes.items[fit.votes.item[at]]] for at in answers.tolist()))


def _shares_of(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    found: Floats = weights / weights.sum(axis=1, keepdims=True)
    return found
