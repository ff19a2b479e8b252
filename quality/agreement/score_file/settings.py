"""What the first line of a file may ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from quality.agreement.bootstrap import DRAWS, SEED
from quality.agreement.coordinates import read_number
from quality.agreement.object_scores import DEFAULT_OBJECT_SCORE, OBJECT_SCORES
from quality.agreement.truth.default import Method

TRUTHS: tuple[Method, ...] = get_args(Method)
COEFFICIENT_NAMES = (
    *("fleiss", "cohen", "cohen_linear", "cohen_quadratic", "gwet", "conger", "brennan_prediger", "icc"),
)
MOST_DRAWS = 100_000
LARGEST_SEED = 2**63


@dataclass(frozen=True)
class Settings:
    """The settings with their defaults; they are repeated in the result.

    `draws` and `seed` are those of the bootstrap; 0 draws leave the intervals of alpha out.
    """

    object_score: str = DEFAULT_OBJECT_SCORE
    truth: Method = "default"
    coefficients: tuple[str, ...] = ()
    draws: int = DRAWS
    seed: int = SEED

    def as_written(self) -> dict[str, Any]:
        """The settings as a first line would hold them."""
        return {
            "object_score": self.object_score,
            "truth": self.truth,
            "coefficients": list(self.coefficients),
            "bootstrap": {"draws": self.draws, "seed": self.seed},
        }


def read_settings(value: object) -> Settings:
    """The settings of a first line. Raises ValueError naming the path: malformed, or a setting that there is not."""
    found = _known(value, ("object_score", "truth", "coefficients", "bootstrap"), "settings")
    bootstrap = _known(found.get("bootstrap", {}), ("draws", "seed"), "settings.bootstrap")
    asked = found.get("coefficients", [])
    if not isinstance(asked, list):
        raise ValueError("settings.coefficients: needs a list of names")
    names = [_one_of(name, COEFFICIENT_NAMES, f"settings.coefficients[{index}]") for index, name in enumerate(asked)]
    return Settings(
        object_score=_one_of(found.get("object_score", DEFAULT_OBJECT_SCORE), OBJECT_SCORES, "settings.object_score"),
        truth=_truth(found.get("truth", "default")),
        coefficients=tuple(dict.fromkeys(names)),
        draws=_whole(bootstrap.get("draws", DRAWS), MOST_DRAWS, "settings.bootstrap.draws"),
        seed=_whole(bootstrap.get("seed", SEED), LARGEST_SEED, "settings.bootstrap.seed"),
    )


def _truth(value: object) -> Method:
    name = _one_of(value, TRUTHS, "settings.truth")
    return next(method for method in TRUTHS if method == name)


def _known(value: object, names: Collection[str], path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{path}: needs an object")
    unknown = sorted(str(key) for key in value.keys() - set(names))
    if unknown:
        raise ValueError(f"{path}.{unknown[0]}: there is no such setting")
    return value


def _one_of(value: object, names: Collection[str], path: str) -> str:
    if not isinstance(value, str) or value not in names:
        raise ValueError(f"{path}: one of {', '.join(names)}, not {value!r}")
    return value


def _whole(value: object, most: int, path: str) -> int:
    number = read_number(value, path)
    if number != int(number) or not 0 <= number <= most:
        raise ValueError(f"{path}: needs a whole number from 0 to {most}, not {value}")
    return int(number)
