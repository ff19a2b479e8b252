"""Labels in a few words, for these tests only."""

from __future__ import annotations

from typing import Any

from quality.agreement.schema import FeatureSchema


def feature(uid: str, kind: str, **more: Any) -> FeatureSchema:
    return FeatureSchema(uid=uid, name=uid.title(), kind=kind, **more)


def item(uid: str, kind: str, value: object, *nested: dict[str, Any], id: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"feature": uid, "kind": kind, "value": value, "nested": list(nested)}
    return found if id is None else found | {"id": id}


def label(*items: dict[str, Any]) -> dict[str, Any]:
    return {"features": list(items), "relations": []}


def boxes(*values: list[float], uid: str = "car") -> dict[str, Any]:
    return label(*(item(uid, "box", list(value), id=f"{uid}{index}") for index, value in enumerate(values)))


def radio(option: str | None, uid: str = "weather") -> dict[str, Any]:
    return label(item(uid, "radio", option, id=uid))
