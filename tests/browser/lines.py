"""Lines to draw on: a picture large enough for a hand, with the cars' ontology or one that has every kind of shape."""

import io
import uuid
from typing import Any

from PIL import Image, ImageDraw

from labeling import ontologies
from labeling.assets import take_picture
from tests.cast import Cast
from tests.line import DOCUMENT, Line, make_line

WIDTH, HEIGHT = 640, 480
ROOF, LANE, WHEEL = (str(uuid.UUID(int=n)) for n in (11, 12, 13))
SHAPES = {
    "features": [
        *DOCUMENT["features"][:1],
        {"uid": ROOF, "name": "Roof", "kind": "polygon"},
        {"uid": LANE, "name": "Lane", "kind": "polyline"},
        {"uid": WHEEL, "name": "Wheel", "kind": "point"},
    ]
}


def street_picture() -> io.BytesIO:
    """A street with two cars, plain enough to be made here."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "#9DB4C8")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 250, WIDTH, HEIGHT), fill="#5B5F66")
    for x in range(0, WIDTH, 90):
        pen.rectangle((x, 360, x + 45, 366), fill="#D8D4C4")
    for x, y, color in ((100, 240, "#A8322A"), (380, 270, "#27527A")):
        pen.rectangle((x, y, x + 160, y + 60), fill=color)
        pen.polygon([(x + 30, y), (x + 50, y - 40), (x + 115, y - 40), (x + 135, y)], fill=color)
        for wheel in (x + 35, x + 125):
            pen.ellipse((wheel - 18, y + 42, wheel + 18, y + 78), fill="#17191C")
    data = io.BytesIO()
    picture.save(data, format="PNG")
    data.seek(0)
    return data


def make_street(cast: Cast, *, rows: int = 4, **settings: Any) -> Line:
    return make_line(cast, rows=rows, asset=take_picture(street_picture()), **{"review_share": 0, **settings})


def make_street_of_shapes(cast: Cast) -> Line:
    line = make_street(cast)
    line.ontology = ontologies.revise_ontology(cast.ada, line.ontology.ontology, document=SHAPES)
    return line
