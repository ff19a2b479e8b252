"""What people write: checked the same at every door."""

from typing import Any

from labeling.annotations.texts import text_problem
from workforce.errors import InvalidInput

LONGEST_TEXT = 5000


def checked_text(text: Any, path: str, *, longest: int = LONGEST_TEXT, least: int = 1) -> str:
    """The text without outer blanks. Raises InvalidInput when it is too short, too long or cannot be kept."""
    if not isinstance(text, str):
        raise InvalidInput("not_a_text", "A text is wanted here.", path=path)
    problem = text_problem(text)
    if problem is not None:
        raise InvalidInput(*problem, path=path)
    kept = text.strip()
    if not least <= len(kept) <= longest:
        raise InvalidInput("text_length", f"From {least} to {longest} characters are wanted here.", path=path)
    return kept
