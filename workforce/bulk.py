"""One act on many things: what was done, and what was refused with its reason. One refusal does not stop the rest."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction

from workforce.errors import Refusal

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Outcome:
    done: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]

    def in_words(self, *, one: str, many: str) -> str:
        """Such as "2 people deactivated. Refused: Ada Adler (An organization keeps at least one active admin.)"."""
        said = f"{len(self.done)} {one if len(self.done) == 1 else many}."
        if self.refused:
            said += " Refused: " + "; ".join(f"{name} ({why.rstrip('.')})" for name, why in self.refused) + "."
        return said


def each(things: Iterable[Thing], act: Callable[[Thing], object], name: Callable[[Thing], str]) -> Outcome:
    """Call ``act`` for each, every one in a transaction of its own."""
    done, refused = [], []
    for thing in things:
        try:
            with transaction.atomic():
                act(thing)
        except Refusal as refusal:
            refused.append((name(thing), refusal.message))
        else:
            done.append(name(thing))
    return Outcome(tuple(done), tuple(refused))
