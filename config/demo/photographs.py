"""The demo's photographs, which ship inside scikit-image, and the gold drawn on them by hand, in picture pixels."""

import math
from dataclasses import dataclass, field

Box = tuple[float, float, float, float]
Point = tuple[float, float]

PERSON, ANIMAL, MACHINE, TABLEWARE, COIN = "Person", "Animal", "Machine", "Tableware", "Coin"
WHEEL, MAST, EYE, LAMP = "Wheel", "Mast", "Eye", "Lamp"
LIGHT, SHOWS, NOTE = "Light", "Shows", "Note"

ONTOLOGY = {
    "features": [
        {
            "name": PERSON,
            "kind": "box",
            "definition": "All that is seen of one person, clothes included. What they hold is not part of them.",
        },
        {"name": ANIMAL, "kind": "box", "definition": "All that is seen of one animal."},
        {
            "name": MACHINE,
            "kind": "box",
            "definition": "A vehicle, rocket or device with its stand.",
            "questions": [
                {
                    "name": "How much of it is visible?",
                    "kind": "radio",
                    "is_required": True,
                    "options": [
                        {"value": "all", "label": "All of it"},
                        {
                            "value": "more",
                            "label": "More than half",
                            "questions": [
                                {
                                    "name": "What hides it?",
                                    "kind": "radio",
                                    "is_required": True,
                                    "options": [
                                        {"value": "object", "label": "Another object", "hotkey": "q"},
                                        {"value": "edge", "label": "Edge of the picture", "hotkey": "w"},
                                    ],
                                }
                            ],
                        },
                        {"value": "less", "label": "Less than half"},
                    ],
                }
            ],
        },
        {"name": TABLEWARE, "kind": "box", "definition": "A cup, a saucer, a spoon: each by itself."},
        {"name": COIN, "kind": "box", "definition": "One coin, to its rim."},
        {"name": WHEEL, "kind": "polygon", "definition": "The tyre's outer edge."},
        {"name": MAST, "kind": "polyline", "definition": "The middle line of a free-standing mast, from its tip down."},
        {"name": EYE, "kind": "point", "definition": "The middle of the pupil."},
        {"name": LAMP, "kind": "point", "definition": "The brightest spot of a lamp that is on."},
        {
            "name": LIGHT,
            "kind": "radio",
            "is_required": True,
            "options": [
                {"value": "daylight", "label": "Daylight"},
                {"value": "indoors", "label": "Indoors"},
                {"value": "dark", "label": "Dark"},
            ],
        },
        {
            "name": SHOWS,
            "kind": "checklist",
            "options": [
                {"value": "living", "label": "Living things"},
                {"value": "made", "label": "Things people made"},
                {"value": "sky", "label": "Sky"},
            ],
        },
        {"name": NOTE, "kind": "text", "definition": "What the next reader should know; most rows need none."},
    ]
}


@dataclass(frozen=True)
class Photograph:
    """One picture: file in the package, the part of it that is shown, and what is on it."""

    file: str
    name: str
    crop: tuple[int, int, int, int] | None = None
    boxes: dict[str, list[Box]] = field(default_factory=dict)
    # Answers of each machine, in the order of its boxes: visible, and what hides it.
    machines: list[tuple[str, str]] = field(default_factory=list)
    polygons: dict[str, list[list[Point]]] = field(default_factory=dict)
    lines: dict[str, list[list[Point]]] = field(default_factory=dict)
    points: dict[str, list[Point]] = field(default_factory=dict)
    light: str = "indoors"
    shows: tuple[str, ...] = ()


def _ellipse(x: float, y: float, width: float, height: float, count: int = 16) -> list[Point]:
    """Corners on an ellipse around (x, y)."""
    angles = [2 * math.pi * n / count for n in range(count)]
    return [(round(x + width / 2 * math.cos(a), 1), round(y + height / 2 * math.sin(a), 1)) for a in angles]


COINS: list[Box] = [
    (22, 34, 67, 74), (80, 39, 121, 75), (132, 28, 179, 74), (192, 30, 240, 74), (255, 34, 297, 73),
    (305, 16, 365, 72), (25, 104, 67, 145), (84, 107, 122, 145), (134, 109, 174, 146), (185, 105, 227, 145),
    (245, 95, 297, 144), (317, 105, 356, 145), (26, 178, 63, 217), (80, 174, 125, 217), (134, 179, 175, 217),
    (188, 169, 237, 217), (251, 172, 297, 216), (315, 156, 380, 218), (18, 232, 75, 288), (92, 245, 136, 287),
    (144, 236, 201, 288), (220, 240, 269, 288), (275, 238, 327, 288), (335, 247, 381, 289),
]  # fmt: skip


# What sticks out of a part's edge by less is no object anyone would mark.
SMALLEST_SLIVER = 6


def _coins(number: int, crop: tuple[int, int, int, int]) -> Photograph:
    """A part of the coins; those cut by its edge are marked as far as they are seen."""
    left, top, right, bottom = crop
    seen = [
        (max(x1, left) - left, max(y1, top) - top, min(x2, right) - left, min(y2, bottom) - top)
        for x1, y1, x2, y2 in COINS
    ]
    marked = [box for box in seen if min(box[2] - box[0], box[3] - box[1]) >= SMALLEST_SLIVER]
    return Photograph("coins.png", f"coins-part-{number}.png", crop, {COIN: marked}, shows=("made",))


LABELED = [
    Photograph(
        "astronaut.png",
        "astronaut.png",
        boxes={PERSON: [(22, 15, 362, 512)], MACHINE: [(355, 0, 456, 283)]},
        machines=[("more", "edge")],
        points={EYE: [(204, 101), (246, 103)]},
        shows=("living", "made"),
    ),
    Photograph(
        "camera.png",
        "camera.png",
        boxes={PERSON: [(0, 63, 331, 512)], MACHINE: [(231, 138, 406, 512)]},
        machines=[("more", "edge")],
        light="daylight",
        shows=("living", "made", "sky"),
    ),
    Photograph(
        "chelsea.png",
        "chelsea.png",
        boxes={ANIMAL: [(0, 0, 397, 300)]},
        points={EYE: [(171, 115), (318, 136)]},
        shows=("living",),
    ),
    Photograph(
        "coffee.png",
        "coffee.png",
        boxes={TABLEWARE: [(173, 17, 409, 310), (79, 72, 479, 389), (316, 67, 425, 327)]},
        shows=("made",),
    ),
    Photograph(
        "rocket.jpg",
        "rocket.jpg",
        boxes={MACHINE: [(309, 126, 335, 408)]},
        machines=[("all", "")],
        lines={MAST: [[(201, 124), (198, 192), (186, 425)], [(446, 124), (449, 192), (458, 425)]]},
        points={LAMP: [(82, 350), (150, 377), (193, 395), (111, 417), (364, 396), (433, 394), (452, 420)]},
        light="dark",
        shows=("made", "sky"),
    ),
    Photograph(
        "motorcycle_left.png",
        "motorcycle-left.png",
        boxes={MACHINE: [(93, 78, 682, 451)]},
        machines=[("all", "")],
        polygons={WHEEL: [_ellipse(596, 371, 173, 157), _ellipse(203, 320, 159, 167)]},
        shows=("made",),
    ),
    _coins(1, (0, 0, 128, 152)),
    _coins(2, (128, 0, 247, 152)),
    _coins(3, (243, 0, 384, 152)),
    _coins(4, (0, 152, 139, 303)),
    _coins(5, (130, 152, 272, 303)),
    _coins(6, (246, 152, 384, 303)),
]
# To practise on, out of the line: with the explanation that follows the answer.
PRACTICE = [
    (
        Photograph("horse.png", "horse.png", boxes={ANIMAL: [(18, 9, 389, 313)]}, light="daylight", shows=("living",)),
        "One animal, from its muzzle to its tail: the box ends where the horse does.",
    ),
    (
        Photograph("grass.png", "grass.png", light="daylight", shows=("living",)),
        "Grass is living, but no class asks for it: a picture without an object is a whole answer.",
    ),
    (
        Photograph("page.png", "page.png", light="indoors", shows=("made",)),
        "A printed page is made by people. It is no machine and no tableware.",
    ),
]
# For the people who try it: nobody has labeled these.
WAITING = [
    Photograph("motorcycle_right.png", "motorcycle-right.png"),
    Photograph("coins.png", "coins-all.png"),
    Photograph("hubble_deep_field.jpg", "hubble-deep-field.jpg"),
    Photograph("moon.png", "moon.png"),
    Photograph("clock_motion.png", "clock-in-motion.png"),
    Photograph("retina.jpg", "retina.jpg"),
    Photograph("brick.png", "brick.png"),
    Photograph("gravel.png", "gravel.png"),
]
