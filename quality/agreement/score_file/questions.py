"""The ontology of a file: as its first line gives it, and, for what that does not name, as the labels use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from quality.agreement.coordinates import read_number
from quality.agreement.schema import OBJECT_KINDS, QUESTION_KINDS, RELATION, FeatureSchema
from quality.agreement.score_file.lines import LabelLine

KINDS = OBJECT_KINDS | QUESTION_KINDS | {RELATION}
DEEPEST = 32
"""Questions under questions; deeper is no ontology."""

Schema = tuple[FeatureSchema, ...]


def read_ontology(value: object, path: str = "ontology") -> Schema:
    """The features `[{"feature", "kind", …}, …]` of a first line; questions under a feature stand in "nested".

    Beside feature and kind: options, required, range, tolerance, sigma, symmetric, and for a nested question "option",
    the answer that it belongs to. Raises ValueError naming the path (`ontology[2].range`): malformed, an unknown kind,
    a feature twice.
    """
    if not isinstance(value, list):
        raise ValueError(f"{path}: needs a list of features")
    schema: list[FeatureSchema] = []
    for index, entry in enumerate(value):
        place = f"{path}[{index}]"
        if not isinstance(entry, Mapping):
            raise ValueError(f"{place}: needs an object")
        feature = _read_feature(entry, place)
        if any(feature.uid == other.uid for other in schema):
            raise ValueError(f"{place}.feature: {feature.uid} stands twice")
        schema.append(feature)
    return tuple(schema)


def completed(schema: Sequence[FeatureSchema], labels: Iterable[LabelLine]) -> Schema:
    """`schema` with the features, nested questions and relations that the labels use and it does not name.

    Such a feature has the kind that most labels give it (of several, the first by name) and the options that were
    chosen. An ordinal is not added: the order of its options cannot be seen. The order of the labels has no effect.
    """
    seen = _Seen()
    types: set[str] = set()
    for line in labels:
        seen.note(line.label.get("features"))
        relations = line.label.get("relations")
        for edge in relations if isinstance(relations, list) else ():
            if isinstance(edge, Mapping) and isinstance(edge.get("type"), str):
                types.add(edge["type"])
    found = seen.added_to(schema)
    known = {feature.uid for feature in found}
    return (*found, *(FeatureSchema(uid, uid, RELATION) for uid in sorted(types - known)))


def refuse_unknown(schema: Sequence[FeatureSchema], label: Mapping[str, Any]) -> None:
    """Raises ValueError, naming the path, for a feature or a relation of `label` that `schema` does not know."""
    _refuse_unknown_items(schema, label.get("features"), "features")
    relations = {feature.uid for feature in schema if feature.kind == RELATION}
    edges = label.get("relations")
    if edges is not None and not isinstance(edges, list):
        raise ValueError("relations: needs a list")
    for index, edge in enumerate(edges or ()):
        uid = edge.get("type") if isinstance(edge, Mapping) else None
        if uid not in relations:
            raise ValueError(f"relations[{index}].type: {uid!r} is no relation")


@dataclass
class _Seen:
    """What the labels show of the features at one place of the ontology."""

    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    options: dict[str, set[str]] = field(default_factory=dict)
    nested: dict[str, _Seen] = field(default_factory=dict)

    def note(self, items: object, depth: int = 0) -> None:
        if not isinstance(items, list) or depth > DEEPEST:
            return
        for item in items:
            uid, kind = (item.get("feature"), item.get("kind")) if isinstance(item, Mapping) else (None, None)
            if not isinstance(uid, str):
                continue
            if isinstance(kind, str) and kind in KINDS - {RELATION}:
                self.kinds.setdefault(uid, Counter())[kind] += 1
            value = item.get("value")
            chosen = value if isinstance(value, list) else [value]
            self.options.setdefault(uid, set()).update(one for one in chosen if isinstance(one, str) and one)
            self.nested.setdefault(uid, _Seen()).note(item.get("nested"), depth + 1)

    def added_to(self, schema: Sequence[FeatureSchema]) -> Schema:
        known = [
            replace(feature, questions=self.nested[feature.uid].added_to(feature.questions))
            if feature.uid in self.nested
            else feature
            for feature in schema
        ]
        names = {feature.uid for feature in schema}
        return (*known, *(self._feature(uid) for uid in sorted(self.kinds) if uid not in names and self._kind(uid)))

    def _kind(self, uid: str) -> str:
        kind = min(self.kinds[uid], key=lambda kind: (-self.kinds[uid][kind], kind))
        return "" if kind == "ordinal" else kind

    def _feature(self, uid: str) -> FeatureSchema:
        kind = self._kind(uid)
        options = tuple(sorted(self.options[uid])) if kind in ("radio", "checklist") else ()
        return FeatureSchema(uid, uid, kind, options=options, questions=self.nested[uid].added_to(()))


def _refuse_unknown_items(schema: Sequence[FeatureSchema], items: object, path: str, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise ValueError(f"{path}: questions under questions are too deep")
    by_uid = {feature.uid: feature for feature in schema}
    for index, item in enumerate(items if isinstance(items, list) else ()):
        place = f"{path}[{index}]"
        uid = item.get("feature") if isinstance(item, Mapping) else None
        if not isinstance(uid, str):
            continue  # refused with its path where it is read
        feature = by_uid.get(uid)
        if feature is None:
            raise ValueError(f"{place}.kind: {_why_unknown(item.get('kind'), uid)}")
        _refuse_unknown_items(feature.questions, item.get("nested"), f"{place}.nested", depth + 1)


def _why_unknown(kind: object, uid: str) -> str:
    if kind == "ordinal":
        return f"the first line must give the options of {uid} in their order"
    return f"unknown kind {kind!r}" if kind is not None else f"{uid} needs a kind, here or on the first line"


def _read_feature(entry: Mapping[str, Any], path: str) -> FeatureSchema:
    uid, kind = entry.get("feature"), entry.get("kind")
    if not isinstance(uid, str) or not uid:
        raise ValueError(f"{path}.feature: needs a name")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"{path}.kind: unknown kind {kind!r}")
    option = entry.get("option", "")
    if not isinstance(option, str):
        raise ValueError(f"{path}.option: is one option")
    is_required, is_symmetric = (_flag(entry, key, path) for key in ("required", "symmetric"))
    value_range = _numbers(entry.get("range"), 2, f"{path}.range")
    options = _options(entry.get("options"), f"{path}.options")
    tolerance, sigma = (_number(entry, key, path) for key in ("tolerance", "sigma"))
    nested = entry.get("nested")
    questions = read_ontology(nested, f"{path}.nested") if nested is not None else ()
    for index, question in enumerate(questions):
        if question.kind not in QUESTION_KINDS:
            raise ValueError(f"{path}.nested[{index}].kind: only questions stand under a feature")
    try:
        return FeatureSchema(
            uid=uid,
            name=uid,
            kind=kind,
            options=options,
            is_required=is_required,
            value_range=(value_range[0], value_range[1]) if value_range else None,
            tolerance=tolerance,
            sigma=sigma,
            questions=questions,
            parent_option=option,
            is_symmetric=is_symmetric,
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _flag(entry: Mapping[str, Any], key: str, path: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{path}.{key}: is true or false")
    return value


def _number(entry: Mapping[str, Any], key: str, path: str) -> float | None:
    value = entry.get(key)
    return None if value is None else read_number(value, f"{path}.{key}")


def _numbers(value: object, count: int, path: str) -> tuple[float, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"{path}: needs {count} numbers")
    return tuple(read_number(one, f"{path}[{index}]") for index, one in enumerate(value))


def _options(value: object, path: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError(f"{path}: needs a list of options")
    for index, option in enumerate(value):
        if not isinstance(option, str) or not option:
            raise ValueError(f"{path}[{index}]: an option is a text that is not empty")
    if len(set(value)) != len(value):
        raise ValueError(f"{path}: an option stands twice")
    return tuple(value)
