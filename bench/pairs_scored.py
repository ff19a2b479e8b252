"""``python -m bench.pairs_scored``: pairs of labels scored a second of CPU, beside a shapely loop and pycocotools.

Labels of boxes, polygons of 100 vertices and spans, with 10 and with 100 objects; each second label is the first one
drawn a little differently, with an object missing and one more. Ours is the whole score with its explanation object by
object; "ours, bare" and the others only make the matrix of overlaps and match it into the union mean. All sides start
from shapes that are read already. They take turns, a round of each, and their scores have to be the same; pycocotools
rasters polygons, so there it may differ by a little. Spans are boxes of height 1 to the other two."""

import argparse
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import numpy as np
import shapely
from pycocotools import mask as coco
from scipy.optimize import linear_sum_assignment

from bench.machine import processor
from quality.agreement.labels import compare_opinions
from quality.agreement.measures import compare_shapes
from quality.agreement.opinions import Opinion, read_opinion
from quality.agreement.schema import FeatureSchema

WIDTH, HEIGHT, TEXT = 1920, 1080, 10_000
VERTICES = 100
KINDS = ("box", "polygon", "span")
COUNTS = (10, 100)

Value = Any
Pair = tuple[list[Value], list[Value]]


@dataclass(frozen=True)
class Side:
    """One way to score: what it makes of two sets of values beforehand, and the score of what it made."""

    name: str
    prepare: Callable[[str, list[Value], list[Value]], Any]
    score: Callable[[Any], float]


# --- Labels ------------------------------------------------------------------------------------------------------
def made_pairs(kind: str, count: int, pairs: int, chance: random.Random) -> list[Pair]:
    found = []
    for _ in range(pairs):
        own = [_drawn(kind, chance) for _ in range(count)]
        other = [_redrawn(kind, value, chance) for value in own[1:]] + [_drawn(kind, chance)]
        found.append((own, other))
    return found


def _drawn(kind: str, chance: random.Random) -> Value:
    if kind == "span":
        start = chance.randrange(TEXT - 100)
        return [start, start + chance.randrange(5, 100)]
    x, y = chance.uniform(100, WIDTH - 100), chance.uniform(100, HEIGHT - 100)
    w, h = chance.uniform(20, 90), chance.uniform(20, 90)
    if kind == "box":
        return [x - w, y - h, x + w, y + h]
    turns = [2 * math.pi * index / VERTICES for index in range(VERTICES)]
    return [
        [x + w * math.cos(turn) * chance.uniform(0.95, 1), y + h * math.sin(turn) * chance.uniform(0.95, 1)]
        for turn in turns
    ]


def _redrawn(kind: str, value: Value, chance: random.Random) -> Value:
    if kind == "span":
        return [value[0], value[1] + chance.randrange(5)]
    if kind == "box":
        return [part + chance.uniform(-2, 2) for part in value]
    return [[x + chance.uniform(-0.5, 0.5), y + chance.uniform(-0.5, 0.5)] for x, y in value]


# --- Ours --------------------------------------------------------------------------------------------------------
def read_labels(kind: str, own: list[Value], other: list[Value]) -> tuple[list[FeatureSchema], Opinion, Opinion]:
    schema = [FeatureSchema("x", "x", kind)]

    def read(values: list[Value]) -> Opinion:
        items = [{"feature": "x", "kind": kind, "value": value} for value in values]
        return read_opinion(schema, {"features": items}, size=None)

    return schema, read(own), read(other)


def score_of_labels(labels: tuple[list[FeatureSchema], Opinion, Opinion]) -> float:
    return compare_opinions(*labels).score or 0.0


def bare_score(labels: tuple[list[FeatureSchema], Opinion, Opinion]) -> float:
    (feature,), a, b = labels
    return union_mean(compare_shapes(feature.kind, a.objects["x"].shapes, b.objects["x"].shapes, None))


# --- A plain loop over shapely's shapes ----------------------------------------------------------------------------
def as_shapes(kind: str, own: list[Value], other: list[Value]) -> tuple[list[Any], list[Any]]:
    def drawn(value: Value) -> Any:
        if kind == "polygon":
            return shapely.make_valid(shapely.Polygon(value), method="linework")
        return shapely.box(*value) if kind == "box" else shapely.box(value[0], 0, value[1], 1)

    return [drawn(value) for value in own], [drawn(value) for value in other]


def score_by_loop(shapes: tuple[list[Any], list[Any]]) -> float:
    own, other = shapes
    table = np.zeros((len(own), len(other)))
    for row, one in enumerate(own):
        for column, another in enumerate(other):
            shared = one.intersection(another).area
            table[row, column] = shared / (one.area + another.area - shared)
    return union_mean(table)


# --- pycocotools ---------------------------------------------------------------------------------------------------
def as_coco(kind: str, own: list[Value], other: list[Value]) -> tuple[Any, Any]:
    def drawn(values: list[Value]) -> Any:
        if kind == "polygon":
            outlines = [[part for vertex in value for part in vertex] for value in values]
            return coco.frPyObjects(outlines, HEIGHT, WIDTH)
        if kind == "span":
            values = [[start, 0, end, 1] for start, end in values]
        return np.array([[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in values], dtype=np.float64)

    return drawn(own), drawn(other)


def score_by_coco(shapes: tuple[Any, Any]) -> float:
    return union_mean(np.asarray(coco.iou(*shapes, [0] * len(shapes[1]))))


def union_mean(table: Any) -> float:
    matched = table[linear_sum_assignment(table, maximize=True)]
    matched = matched[matched > 0]
    return float(matched.sum() / (sum(table.shape) - len(matched)))


SIDES = (
    Side("ours", read_labels, score_of_labels),
    Side("ours, bare", read_labels, bare_score),
    Side("shapely loop", as_shapes, score_by_loop),
    Side("pycocotools", as_coco, score_by_coco),
)


# --- Measure -------------------------------------------------------------------------------------------------------
def rates(kind: str, made: Sequence[Pair], seconds: float, rounds: int) -> list[float]:
    """Pairs a second of CPU of each side, the median of its rounds: so neighbours on the machine count little."""
    prepared = [[side.prepare(kind, *pair) for pair in made] for side in SIDES]
    check(kind, [[side.score(one) for one in own[:3]] for side, own in zip(SIDES, prepared, strict=True)])
    found: list[list[float]] = [[] for _ in SIDES]
    for _ in range(rounds):
        for side, own, rates_ in zip(SIDES, prepared, found, strict=True):
            rates_.append(rate(side, own, seconds))
    return [sorted(values)[len(values) // 2] for values in found]


def rate(side: Side, prepared: Sequence[Any], seconds: float) -> float:
    scored, start = 0, time.process_time()
    while (passed := time.process_time() - start) < seconds:
        side.score(prepared[scored % len(prepared)])
        scored += 1
    return scored / passed


def check(kind: str, scores: list[list[float]]) -> None:
    for ours, *others, rastered in zip(*scores, strict=True):
        apart = max(abs(ours - other) for other in others)
        if apart > 1e-6 or abs(ours - rastered) > (0.05 if kind == "polygon" else 1e-6):
            raise RuntimeError(f"{kind}: the sides do not agree: {ours}, {others}, {rastered}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round of each side")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "shapely", "pycocotools"))
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    print(f"{now}: {processor()}, {versions}; {asked.rounds} rounds of {asked.seconds:g} s of CPU, median.\n")
    names = " | ".join(side.name for side in SIDES)
    print(f"| objects a label | {names} | ours ÷ loop | ours ÷ pycocotools | bare ÷ pycocotools |")
    print("|---" * (len(SIDES) + 4) + "|")
    for kind in KINDS:
        for count in COUNTS:
            made = made_pairs(kind, count, 10, random.Random(asked.seed))
            found = rates(kind, made, asked.seconds, asked.rounds)
            ours, bare, loop, rastered = found
            ratios = f"**{ours / loop:.1f}** | {ours / rastered:.2f} | {bare / rastered:.2f}"
            print(f"| {count} × {kind} | {' | '.join(f'{one:,.0f}' for one in found)} | {ratios} |", flush=True)


if __name__ == "__main__":
    main()
