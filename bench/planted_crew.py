"""A simulated crew whose faults are known: who answers what on which row, in how many seconds. Knows no Django.

Every answer is drawn from a seed of its own (crew, person, row), so it is the same in whatever order people are asked.
The question is the colour of a vehicle; each row also shows a few vehicles to box, each of one class."""

import random
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

COLOURS = ("black", "blue", "green", "red", "white")
CLASSES = ("bus", "car", "van")
# The rule that is missing: what to call silver. It is written nowhere that silver counts as white.
ASKED, INSTEAD = "white", "black"
MIXED = ("green", "red")
WIDTH, HEIGHT = 640, 480
ASSUMED = 0.85
SURE = 0.99
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Answer:
    colour: str
    boxes: tuple[tuple[str, Box], ...]
    seconds: float


@dataclass
class Crew:
    """``faults`` are those planted: spammer, hasty, confuser, ambiguous, gold, rule."""

    seed: int
    people: int = 14
    rows: int = 400
    gold_share: float = 0.1
    ambiguous: int = 15
    error: float = 0.04
    first_opinions: int = 5
    most_opinions: int = 9
    faults: frozenset[str] = frozenset({"spammer", "hasty", "confuser", "ambiguous", "gold", "rule"})
    truth: list[str] = field(default_factory=list)
    objects: list[tuple[tuple[str, Box], ...]] = field(default_factory=list)
    silver: set[int] = field(default_factory=set)
    unclear: dict[int, tuple[str, str]] = field(default_factory=dict)
    golds: dict[int, str] = field(default_factory=dict)
    roles: dict[str, int] = field(default_factory=dict)
    readers: set[int] = field(default_factory=set)
    wrong_gold: int | None = None

    def __post_init__(self) -> None:
        rng = random.Random(f"crew {self.seed}")
        self.truth = [rng.choice(COLOURS) for _ in range(self.rows)]
        self.objects = [_objects(rng) for _ in range(self.rows)]
        order = rng.sample(range(self.people), self.people)
        self.roles = {
            role: order[at] for at, role in enumerate(("spammer", "hasty", "confuser")) if role in self.faults
        }
        rest = [person for person in range(self.people) if person not in self.roles.values()]
        if "rule" in self.faults:
            self.readers = set(rng.sample(rest, len(rest) // 2))
            self.silver = {row for row in range(self.rows) if self.truth[row] == ASKED and rng.random() < 0.7}
        if "ambiguous" in self.faults:
            calm = [row for row in range(self.rows) if row not in self.silver]
            self.unclear = {row: _two(rng) for row in rng.sample(calm, self.ambiguous)}
        clear = [row for row in range(self.rows) if row not in self.unclear and row not in self.silver]
        for row in rng.sample(clear, round(self.gold_share * self.rows)):
            self.golds[row] = self.truth[row]
        if "gold" in self.faults:
            self.wrong_gold = rng.choice(sorted(self.golds))
            right = self.truth[self.wrong_gold]
            self.golds[self.wrong_gold] = rng.choice([one for one in COLOURS if one != right])

    def answer(self, person: int, row: int) -> Answer:
        rng = random.Random(f"{self.seed} {person} {row}")
        role = next((role for role, who in self.roles.items() if who == person), "")
        slow = random.Random(f"{self.seed} {row}").lognormvariate(0, 0.3)
        seconds = 30 * slow * rng.lognormvariate(0, 0.35) * (0.35 if role == "hasty" else 1.0)
        if role == "spammer":
            boxes = tuple((rng.choice(CLASSES), box) for _, box in self.objects[row])
            return Answer(rng.choice(COLOURS), tuple((name, _drawn(rng, box)) for name, box in boxes), seconds)
        error = 0.3 if role == "hasty" else self.error
        colour = self._colour(rng, person, row, role)
        if rng.random() < error:
            colour = rng.choice([one for one in COLOURS if one != colour])
        boxes = tuple(
            (rng.choice([one for one in CLASSES if one != name]) if rng.random() < error else name, _drawn(rng, box))
            for name, box in self.objects[row]
            if rng.random() > 0.02
        )
        return Answer(colour, boxes, seconds)

    def opinions(self) -> Iterator[tuple[int, int, Answer, bool]]:
        """(row, person, answer, whether it is a check of gold): so many people a row, one more while the vote is
        unsure; then the golds that each person meets among their rows."""
        rng = random.Random(f"queue {self.seed}")
        for row in range(self.rows):
            order = rng.sample(range(self.people), self.people)
            said: list[str] = []
            for person in order[: self.most_opinions]:
                if len(said) >= self.first_opinions and _sure(said):
                    break
                answer = self.answer(person, row)
                said.append(answer.colour)
                yield row, person, answer, False
            if row in self.golds:
                for person in order[len(said) :]:
                    if rng.random() < 0.4:
                        yield row, person, self.answer(person, row), True

    def _colour(self, rng: random.Random, person: int, row: int, role: str) -> str:
        if row in self.unclear:
            return rng.choice(self.unclear[row])
        colour = self.truth[row]
        if row in self.silver and person in self.readers:
            return INSTEAD
        if role == "confuser" and colour in MIXED and rng.random() < 0.45:
            return MIXED[1 - MIXED.index(colour)]
        return colour


def _sure(said: list[str]) -> bool:
    """The posterior of a vote in which everybody is right at 0.85 and errs to any other answer alike."""
    ratio = ASSUMED / ((1 - ASSUMED) / (len(COLOURS) - 1))
    counts = Counter(said)
    weights = [ratio ** counts.get(colour, 0) for colour in COLOURS]
    return max(weights) / sum(weights) >= SURE


def _two(rng: random.Random) -> tuple[str, str]:
    a, b = rng.sample(COLOURS, 2)
    return a, b


def _objects(rng: random.Random) -> tuple[tuple[str, Box], ...]:
    """One to three vehicles side by side."""
    found: list[tuple[str, Box]] = []
    for place in range(rng.randint(1, 3)):
        left, top = 20 + 205 * place + rng.randint(0, 20), rng.randint(20, 200)
        found.append((rng.choice(CLASSES), (left, top, left + rng.randint(80, 160), top + rng.randint(80, 200))))
    return tuple(found)


def _drawn(rng: random.Random, box: Box) -> Box:
    x1, y1, x2, y2 = (side + rng.uniform(-1, 1) for side in box)
    return x1, y1, x2, y2


# --- As the product writes it -----------------------------------------------------------------------------------
_NAMES = uuid.UUID(int=20_261_122)
COLOUR = str(uuid.uuid5(_NAMES, "colour"))
FEATURES = {name: str(uuid.uuid5(_NAMES, name)) for name in CLASSES}
DOCUMENT = {
    "features": [
        *({"uid": uid, "name": name.capitalize(), "kind": "box"} for name, uid in FEATURES.items()),
        {
            "uid": COLOUR,
            "name": "Colour",
            "kind": "radio",
            "is_required": True,
            "options": [{"value": colour, "label": colour.capitalize()} for colour in COLOURS],
        },
    ]
}


def payload_of(colour: str, boxes: Iterable[tuple[str, Box]], seed: object) -> dict[str, Any]:
    rng = random.Random(f"ids {seed}")
    features = [_entry(rng, FEATURES[name], "box", [round(side, 3) for side in box]) for name, box in boxes]
    return {"features": [*features, _entry(rng, COLOUR, "radio", colour)], "relations": []}


def _entry(rng: random.Random, uid: str, kind: str, value: Any) -> dict[str, Any]:
    name = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    return {"feature": uid, "kind": kind, "id": name, "value": value, "nested": []}
