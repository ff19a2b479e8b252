"""Free text: one minus the normalised edit distance."""

from __future__ import annotations

import unicodedata

from rapidfuzz.distance import Levenshtein


def read_text(value: object, path: str) -> str:
    """The text made comparable (`comparable_text`); "" when unanswered. Raises ValueError naming the path."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{path}: a text answer is a text, not {type(value).__name__}")
    return comparable_text(value)


def comparable_text(text: str) -> str:
    """`text` in Unicode normal form C, trimmed, every run of whitespace one space. Case is kept."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def text_score(a: str, b: str) -> float | None:
    """1 - Levenshtein(a, b) / max(len(a), len(b)) in code points, range 0..1 (Levenshtein 1966).

    Takes texts as `comparable_text` gives them: "house" against "hous" is 0.8. Both empty None (n/a), one empty 0.
    """
    if not a and not b:
        return None
    return 1.0 - Levenshtein.distance(a, b) / max(len(a), len(b))
