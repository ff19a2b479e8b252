"""The kinds of findings, each with its figure, how many it is made of, its interval, and where to look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PersonKind = Literal["random", "hasty", "confuses", "errs"]


@dataclass(frozen=True)
class PersonFinding:
    """About one person. `value` with interval `low`..`high` of `n` answers, against `bar`; `chance` is its p value.

    - "random": share of answers that follow the row at all. `answers` is the one they always give, if they do.
    - "hasty": seconds as a share of the others' on the same rows; `error` of their answers are wrong, `usual_error`
      of the others'.
    - "confuses": how often one of two `answers` is given for the other; `usual_error` is how often others do.
    - "errs": share of wrong answers, spread over no pair that stands out; `usual_error` is that of the others.
    """

    kind: PersonKind
    person: str
    question: str
    value: float
    low: float
    high: float
    n: int
    bar: float
    chance: float
    answers: tuple[str, ...] = ()
    error: float | None = None
    usual_error: float | None = None
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowFinding:
    """A row that divides people who know their work. `value` is the chance that the row itself is ambiguous, given who
    said what; `sides` are the answers with who gave them, the largest first, of `n` answers."""

    row: str
    question: str
    item: str
    value: float
    n: int
    sides: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Camp:
    """One person's reading of a class: `k` of `n` times they gave the other answer for it, `low`..`high`."""

    person: str
    k: float
    n: float
    low: float
    high: float


@dataclass(frozen=True)
class RuleFinding:
    """Two answers that the crew does not keep apart. `asked` is given as `instead` by the people of `does`, each of
    them surely in more than `bar` of the cases, and by those of `does_not` surely less often: "divided" where both
    camps exist, "unclear" where nobody keeps the two apart, "against_gold" where the whole crew reads gold otherwise.
    `value` is the share of all such answers that were given otherwise, of `n`; `rows` are in dispute."""

    kind: Literal["divided", "unclear", "against_gold"]
    question: str
    asked: str
    instead: str
    value: float
    low: float
    high: float
    n: int
    bar: float
    does: tuple[Camp, ...] = ()
    does_not: tuple[Camp, ...] = ()
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class CitedFinding:
    """A rule that rejections and issues cite far more often than the others: `value` of all `n` citations."""

    rule: str
    value: float
    low: float
    high: float
    n: int
    cited: int
    people: int
    chance: float


@dataclass(frozen=True)
class GoldFinding:
    """Gold that is surely wrong: it says `gold`, the skilled people `against` it say `instead`. `value` is the chance
    that it is wrong."""

    row: str
    question: str
    item: str
    gold: str
    instead: str
    value: float
    n: int
    against: tuple[str, ...]
    agree: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    people: tuple[PersonFinding, ...]
    rows: tuple[RowFinding, ...]
    rules: tuple[RuleFinding, ...]
    cited: tuple[CitedFinding, ...]
    gold: tuple[GoldFinding, ...]
    answers: int
    """Answers that went in, of questions with enough of them."""
    left_out: tuple[str, ...]
    """Questions with too little to say anything."""
