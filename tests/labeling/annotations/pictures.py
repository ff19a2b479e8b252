"""An ontology with every kind, and short ways to write payloads for it."""

from typing import Any

from labeling.annotations.ontology import Ontology, parse_ontology


def tool(own_uid: str, own_kind: str, /, **more: Any) -> dict[str, Any]:
    return {"uid": own_uid, "name": own_uid, "kind": own_kind, "color": "#3388FF", **more}


def question(own_uid: str, own_kind: str, /, **more: Any) -> dict[str, Any]:
    return {"uid": own_uid, "name": own_uid, "kind": own_kind, **more}


def option(value: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "label": value, **more}


def street_document() -> dict[str, Any]:
    colour = question("colour", "radio", options=[option("red"), option("blue")], is_required=True)
    rain = option("rain", questions=[question("how_much", "number", min=0, max=100, is_required=True)])
    return {
        "features": [
            tool("car", "box", max=3, questions=[colour]),
            tool("roof", "polygon"),
            tool("lane", "polyline", tolerance=4),
            tool("lamp", "point"),
            question("weather", "radio", options=[option("sun", questions=[question("glare", "text")]), rain]),
            question("tags", "checklist", options=[option("a"), option("b"), option("c")], min=1, max=2),
            question("remark", "text", min=3, max=8),
            question("age", "number", min=0, max=120),
        ]
    }


def street() -> Ontology:
    return parse_ontology(street_document())


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


VALUES: dict[str, Any] = {
    "car": ("box", [10, 20, 110, 80]),
    "roof": ("polygon", [[0, 0], [10, 0], [10, 10]]),
    "lane": ("polyline", [[0, 0], [30, 40]]),
    "lamp": ("point", [5, 6]),
    "weather": ("radio", "sun"),
    "colour": ("radio", "red"),
    "tags": ("checklist", ["a"]),
    "remark": ("text", "hello"),
    "glare": ("text", "low sun"),
    "age": ("number", 7),
    "how_much": ("number", 50),
}


def entry(feature: str, number: int, value: Any = None, *, nested: Any = (), **more: Any) -> dict[str, Any]:
    kind, usual = VALUES[feature]
    own = usual if value is None else value
    return {"feature": feature, "kind": kind, "id": uuid(number), "value": own, "nested": list(nested), **more}


def car(number: int, value: Any = None) -> dict[str, Any]:
    return entry("car", number, value, nested=[entry("colour", number + 1000)])


def label(*features: Any) -> dict[str, Any]:
    return {"features": list(features), "relations": []}
