"""Radio, ordinal and checklist answers."""

from __future__ import annotations

from collections.abc import Sequence, Set


def read_radio(value: object, path: str) -> str | None:
    """The chosen option; None when unanswered (null or ""). Raises ValueError naming the path for anything else."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{path}: a radio answer is one option, not {type(value).__name__}")
    return value


def read_ordinal(value: object, options: Sequence[str], path: str) -> str | None:
    """The chosen option of an ordered list; None when unanswered (null or "").

    Raises ValueError naming the path for anything else, and for an option that is not in the list: it has no place.
    """
    option = read_radio(value, path)
    if option is not None and option not in options:
        raise ValueError(f"{path}: {option!r} is none of the options")
    return option


def read_checklist(value: object, path: str) -> frozenset[str]:
    """The set of chosen options, each once; empty when unanswered (null or []). Raises ValueError naming the path."""
    if value is None:
        return frozenset()
    if not isinstance(value, list | tuple):
        raise ValueError(f"{path}: a checklist answer is a list of options, not {type(value).__name__}")
    for index, option in enumerate(value):
        if not isinstance(option, str) or not option:
            raise ValueError(f"{path}[{index}]: an option is a text that is not empty")
    return frozenset(value)


def radio_score(a: str | None, b: str | None) -> float | None:
    """1 when both chose the same option, else 0; answered against unanswered is 0; both unanswered None (n/a)."""
    if a is None and b is None:
        return None
    return 1.0 if a == b else 0.0


def ordinal_score(a: str | None, b: str | None, options: Sequence[str]) -> float | None:
    """1 - |place of a - place of b| / (number of options - 1), range 0..1: the ends of the list disagree wholly.

    A list of one option gives 1; answered against unanswered is 0; both unanswered None (n/a). The weights are those of
    the linearly weighted kappa (Cicchetti & Allison 1971). Raises ValueError for an option that is not in the list.
    """
    if a is None or b is None:
        return radio_score(a, b)
    distance = abs(options.index(a) - options.index(b))
    return 1.0 - distance / (len(options) - 1) if distance else 1.0


def checklist_score(a: Set[str], b: Set[str], *, is_required: bool = False) -> float | None:
    """Jaccard index |a and b| / |a or b| (Jaccard 1912), range 0..1.

    Both empty: 1 when an answer is required (nothing of the list applies, and both say so), else None (n/a).
    """
    if not a and not b:
        return 1.0 if is_required else None
    return len(a & b) / len(a | b)
