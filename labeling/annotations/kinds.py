"""The kinds of feature: tools make objects on the picture, questions take answers."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a feature asks for; the value is what stands in documents."""

    BOX = "box"
    POLYGON = "polygon"
    POLYLINE = "polyline"
    POINT = "point"
    RADIO = "radio"
    CHECKLIST = "checklist"
    TEXT = "text"
    NUMBER = "number"


TOOLS: Final = frozenset({Kind.BOX, Kind.POLYGON, Kind.POLYLINE, Kind.POINT})
QUESTIONS: Final = frozenset({Kind.RADIO, Kind.CHECKLIST, Kind.TEXT, Kind.NUMBER})
CHOICES: Final = frozenset({Kind.RADIO, Kind.CHECKLIST})


def kind_named(name: object) -> Kind | None:
    """The kind of this name, or None."""
    return Kind(name) if isinstance(name, str) and name in Kind.__members__.values() else None


def is_tool(kind: object) -> bool:
    """Whether this names a kind of object (box, polygon, polyline, point)."""
    return isinstance(kind, str) and kind in TOOLS
