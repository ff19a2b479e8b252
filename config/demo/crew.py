"""A simulated crew: what people of different skill would have drawn, by a seed, from the gold. Pure."""

import random
import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Skill:
    """How a simulated person errs. ``shake`` is a share of the object's size; the others are probabilities."""

    name: str
    shake: float
    misses: float
    invents: float
    wrong_answer: float
    # Median seconds of a row.
    pace: float


CREW = (
    Skill("Amara Okafor", shake=0.015, misses=0.01, invents=0.01, wrong_answer=0.02, pace=42),
    Skill("Grace Mwangi", shake=0.035, misses=0.05, invents=0.03, wrong_answer=0.06, pace=55),
    Skill("Dario Ricci", shake=0.09, misses=0.20, invents=0.08, wrong_answer=0.20, pace=24),
)


def opinion(
    skill: Skill, gold: dict[str, Any], options: dict[str, list[str]], size: tuple[int, int], seed: str
) -> dict[str, Any]:
    """A label that ``skill`` would give instead of ``gold``. ``options``: question uid → values to be wrong with."""
    draw = random.Random(f"{seed}:{skill.name}")  # noqa: S311  (a simulation, not a secret)
    features = []
    for item in gold["features"]:
        if item["kind"] in ("box", "polygon", "polyline", "point"):
            if draw.random() < skill.misses and len(gold["features"]) > 2:
                continue
            features.append(_drawn(item, skill, options, size, draw))
            if item["kind"] == "box" and draw.random() < skill.invents:
                features.append(_invented(item, size, draw))
        else:
            features.append(_answered(item, skill, options, draw))
    return {"features": features, "relations": []}


def seconds(skill: Skill, objects: int, seed: str) -> float:
    """Active time of a row: the person's pace, more for more objects, with a spread as people have it."""
    draw = random.Random(f"{seed}:{skill.name}:time")  # noqa: S311
    return round(skill.pace * (0.6 + 0.15 * objects) * draw.lognormvariate(0, 0.35), 1)


def _new_id(draw: random.Random) -> str:
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))


def _drawn(
    item: dict[str, Any], skill: Skill, options: dict[str, list[str]], size: tuple[int, int], draw: random.Random
) -> dict[str, Any]:
    nested = [_answered(answer, skill, options, draw) for answer in item["nested"]]
    return {**item, "id": _new_id(draw), "value": _shaken(item, skill.shake, size, draw), "nested": nested}


def _shaken(item: dict[str, Any], shake: float, size: tuple[int, int], draw: random.Random) -> Any:
    width, height = size

    def near(x: float, y: float, reach: float) -> list[float]:
        return [
            round(min(width, max(0.0, x + draw.gauss(0, reach))), 1),
            round(min(height, max(0.0, y + draw.gauss(0, reach))), 1),
        ]

    value = item["value"]
    if item["kind"] == "point":
        return near(value[0], value[1], shake * 0.1 * max(size))
    if item["kind"] != "box":
        return [near(x, y, shake * 0.08 * max(size)) for x, y in value]
    x1, y1, x2, y2 = value
    reach = shake * min(x2 - x1, y2 - y1)
    first, second = near(x1, y1, reach), near(x2, y2, reach)
    # A slip never turns a box inside out.
    return [*first, max(second[0], first[0] + 2), max(second[1], first[1] + 2)]


def _invented(item: dict[str, Any], size: tuple[int, int], draw: random.Random) -> dict[str, Any]:
    width, height = size
    wide, high = max(6.0, width * 0.06), max(6.0, height * 0.06)
    x, y = draw.uniform(0, width - wide), draw.uniform(0, height - high)
    value = [round(x, 1), round(y, 1), round(x + wide, 1), round(y + high, 1)]
    return {**item, "id": _new_id(draw), "value": value}


def _answered(item: dict[str, Any], skill: Skill, options: dict[str, list[str]], draw: random.Random) -> dict[str, Any]:
    value, nested = item["value"], [_answered(answer, skill, options, draw) for answer in item["nested"]]
    others = [option for option in options.get(item["feature"], []) if option != value]
    if item["kind"] == "radio" and others and not nested and draw.random() < skill.wrong_answer:
        value = draw.choice(others)
    if item["kind"] == "checklist" and draw.random() < skill.wrong_answer:
        value = value[:-1] or value
    return {**item, "id": _new_id(draw), "value": value, "nested": nested}
