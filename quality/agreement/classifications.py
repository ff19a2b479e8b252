"""Radio and checklist answers."""

from __future__ import annotations

from collections.abc import Set


def read_radio(value: object, path: str) -> str | None:
    """The chosen option; None when unanswered (null or ""). Raises ValueError naming the path for anything else."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{path}: a radio answer is one option, not {type(value).__name__}")
    return value


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


def checklist_score(a: Set[str], b: Set[str], *, is_required: bool = False) -> float | None:
    """Jaccard index |a and b| / |a or b| (Jaccard 1912), range 0..1.

    Both empty: 1 when an answer is required (nothing of the list applies, and both say so), else None (n/a).
    """
    if not a and not b:
        return 1.0 if is_required else None
    return len(a & b) / len(a | b)
