"""What is wrong with a document, and where: one value for every check of this package."""

from dataclasses import dataclass
from typing import Final

from workforce.json_gate import printable, quoted

__all__ = ["MAX_FAULTS", "Fault", "capped", "member_path", "printable", "quoted"]

MAX_FAULTS: Final = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place. `path` reads like `features[3].value[2]`.

    `code` is for machines, `message` for people.
    `feature` is the uid of the ontology feature concerned where there is one, so that an editor can point at it.
    """

    path: str
    code: str
    message: str
    feature: str = ""


def capped(faults: list[Fault]) -> tuple[Fault, ...]:
    """The faults as a tuple; what is beyond `MAX_FAULTS` becomes one `too_many_faults`, so answers stay small."""
    if len(faults) <= MAX_FAULTS:
        return tuple(faults)
    more = len(faults) - MAX_FAULTS
    return (*faults[:MAX_FAULTS], Fault("", "too_many_faults", f"{more} more faults are not listed."))


def member_path(path: str, key: object) -> str:
    """The path of a member of an object: `features[3].value`; a key from outside is shortened and made printable."""
    name = printable(str(key)[:60])
    return f"{path}.{name}" if path else name
