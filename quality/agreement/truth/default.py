"""Which method decides a question with options: Dawid–Skene when there is enough to learn from, else the majority."""

from __future__ import annotations

from typing import Literal

from quality.agreement.truth.dawid_skene import dawid_skene, dawid_skene_ml
from quality.agreement.truth.majority import majority
from quality.agreement.truth.result import Truth
from quality.agreement.truth.skill_weighted import skill_weighted
from quality.agreement.votes import Votes

Method = Literal["default", "ds_ml", "majority", "skill_weighted"]

FEWEST_ITEMS = 30
FEWEST_LABELS = 3.0
FEWEST_BY_WORKER = 10.0
"""Under it a confusion matrix is a guess, shrunk or not: where each worker of a real crowd keeps 4 labels, Dawid–Skene
falls 5 points behind the majority, with 5 labels 4 points, with 6 one, and with 10 it leads."""


def infer_truth(votes: Votes, method: Method = "default") -> Truth:
    """The answers of all items by `method`: "default" (as `default_truth`), "ds_ml", "majority" or "skill_weighted".

    Raises ValueError for another name.
    """
    methods = {
        "default": default_truth,
        "ds_ml": dawid_skene_ml,
        "majority": majority,
        "skill_weighted": skill_weighted,
    }
    if method not in methods:
        raise ValueError(f"the method is one of {', '.join(methods)}, not {method}")
    return methods[method](votes)


def default_truth(votes: Votes) -> Truth:
    """Dawid–Skene with rows shrunk to the crowd's, or the majority where `is_enough` says no.

    Decided once for the whole question and never item by item: two items with the same answers get the same result.
    """
    return dawid_skene(votes) if is_enough(votes) else majority(votes)


def is_enough(votes: Votes) -> bool:
    """Whether there is enough to learn how each worker errs.

    At least 30 items have two labels or more, those have 3 labels or more on average, and a worker has given 10 labels
    or more on average.
    """
    per_item = votes.per_item()
    shared = per_item[per_item >= 2]
    if len(shared) < FEWEST_ITEMS or float(shared.mean()) < FEWEST_LABELS:
        return False
    return len(votes) >= FEWEST_BY_WORKER * len(votes.workers)
