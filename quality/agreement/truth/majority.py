"""Majority vote."""

from __future__ import annotations

from quality.agreement.truth.result import Truth, winners_of
from quality.agreement.votes import Votes


def majority(votes: Votes) -> Truth:
    """The option with the most answers; its posterior is its share of the item's answers, 0..1.

    A tie has no winner: neither the alphabet nor chance decides. Empty input gives no answers. Raises nothing.
    """
    counts = votes.counts()
    posteriors = counts / votes.per_item()[:, None]
    return Truth("majority", votes, posteriors, winners_of(posteriors))
