"""What text may hold anywhere in a label or an ontology: no NUL, no lone surrogates (PostgreSQL keeps neither)."""

import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")


def text_problem(text: str) -> tuple[str, str] | None:
    """The code and sentence for a character that cannot be kept, or None."""
    if "\x00" in text:
        return "nul_character", "The text holds a NUL character."
    if _SURROGATE.search(text):
        return "lone_surrogate", "The text holds half of a surrogate pair."
    return None


def folded(name: str) -> str:
    """The form in which names are compared: NFC, without outer blanks, without case."""
    return unicodedata.normalize("NFC", name).strip().casefold()
