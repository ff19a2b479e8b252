"""The work itself, the same for every driver: three boxes of five classes and one required choice, as in the neutral
workload W2 that other products are measured with. Knows no Django."""

import random
import uuid
from typing import Any

CLASSES = ("car", "person", "bike", "bus", "sign")
CHOICE = "light"
WIDTH, HEIGHT = 1280, 960
_NAMES = uuid.UUID(int=20_261_121)


def feature_of(name: str) -> str:
    return str(uuid.uuid5(_NAMES, name))


def make_payload(rng: random.Random) -> dict[str, Any]:
    boxes = []
    for _ in range(3):
        width, height = rng.randint(20, 300), rng.randint(20, 300)
        left, top = rng.randint(0, WIDTH - width), rng.randint(0, HEIGHT - height)
        value = [left, top, left + width, top + height]
        boxes.append(_entry(rng, rng.choice(CLASSES), "box", value))
    return {"features": [*boxes, _entry(rng, CHOICE, "radio", rng.choice(["day", "night", "dusk"]))], "relations": []}


def _entry(rng: random.Random, name: str, kind: str, value: Any) -> dict[str, Any]:
    uid = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    return {"feature": feature_of(name), "kind": kind, "id": uid, "value": value, "nested": []}
