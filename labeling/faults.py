"""Faults of a payload as a refusal."""

from collections.abc import Iterable
from dataclasses import asdict

from labeling.annotations.faults import Fault
from workforce.errors import InvalidInput

MOST_NAMED = 100


def refuse_faults(faults: Iterable[Fault], became: str) -> None:
    """Raise InvalidInput that names each place; ``became`` says what became of the work."""
    found = list(faults)
    if not found:
        return
    first = found[0]
    places = [asdict(fault) for fault in found[:MOST_NAMED]]
    raise InvalidInput("label_invalid", f"Not sent: {first.message} {became}", faults=places, count=len(found))
