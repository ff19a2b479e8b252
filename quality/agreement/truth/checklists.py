"""Checklists: each option is a question of its own, answered yes or no."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from quality.agreement.truth.default import Method, infer_truth
from quality.agreement.truth.result import SAME
from quality.agreement.votes import read_votes

YES, NO = "yes", "no"


@dataclass(frozen=True)
class ChecklistTruth:
    """`chosen` are the options with posterior over one half; `tied` those at one half, which keep it undecided."""

    chosen: frozenset[str]
    tied: frozenset[str]
    posteriors: Mapping[str, float]

    @property
    def status(self) -> Literal["decided", "tie"]:
        return "tie" if self.tied else "decided"


def infer_checklists(
    rows: Iterable[tuple[str, str, Collection[str]]], *, options: Sequence[str], method: Method = "default"
) -> dict[str, ChecklistTruth]:
    """Item -> options that hold, from (item, labeler, chosen options); an option not chosen is a "no".

    Each option goes through `default.infer_truth` by itself, with classes yes and no. Whether there is enough for
    Dawid–Skene is the same for all options, as they have the same labels. Majority means more than half. Labelers who
    left the question open hand in nothing. Duplicates collapse. Options nobody chose have posterior 0 under Dawid–Skene
    too. The order of rows and options has no effect. Raises ValueError for an option that is not among `options`.
    """
    found = [(item, labeler, frozenset(chosen)) for item, labeler, chosen in rows]
    unknown = frozenset().union(*(chosen for _, _, chosen in found)) - set(options)
    if unknown:
        raise ValueError(f"{min(unknown)!r} is not among the options")
    posteriors: dict[str, dict[str, float]] = {item: {} for item, _, _ in found}
    for option in options:
        votes = read_votes(
            [(item, labeler, YES if option in chosen else NO) for item, labeler, chosen in found], classes=(YES, NO)
        )
        for item, answer in infer_truth(votes, method).answers().items():
            posteriors[item][option] = answer.posteriors[YES]
    return {item: _decide(own) for item, own in posteriors.items()}


def _decide(posteriors: Mapping[str, float]) -> ChecklistTruth:
    return ChecklistTruth(
        chosen=frozenset(option for option, value in posteriors.items() if value > 0.5 + SAME),
        tied=frozenset(option for option, value in posteriors.items() if abs(value - 0.5) <= SAME),
        posteriors=posteriors,
    )
