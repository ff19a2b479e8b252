"""What the first line of a file may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from quality.agreement.object_scores import DEFAULT_OBJECT_SCORE, object_score_named


@dataclass(frozen=True)
class Settings:
    """The settings with their defaults; they are repeated in the result."""

    object_score: str = DEFAULT_OBJECT_SCORE

    def as_written(self) -> dict[str, Any]:
        return asdict(self)


def read_settings(value: object) -> Settings:
    """The settings of a first line. Raises ValueError naming the path: malformed, or a setting that there is not."""
    if not isinstance(value, Mapping):
        raise ValueError("settings: needs an object")
    unknown = sorted(str(key) for key in value.keys() - {one.name for one in fields(Settings)})
    if unknown:
        raise ValueError(f"settings.{unknown[0]}: there is no such setting")
    object_score = value.get("object_score", DEFAULT_OBJECT_SCORE)
    try:
        object_score_named(object_score if isinstance(object_score, str) else repr(object_score))
    except ValueError as error:
        raise ValueError(f"settings.{error}") from error
    return Settings(object_score=object_score)
