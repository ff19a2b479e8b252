"""What text may hold anywhere in a label or an ontology, and the form in which names are compared."""

import unicodedata

from workforce.json_gate import text_problem

__all__ = ["folded", "text_problem"]


def folded(name: str) -> str:
    """The form in which names are compared: NFC, without outer blanks, without case."""
    return unicodedata.normalize("NFC", name).strip().casefold()
