"""From labels to tables: choices by row, options of checklists, classes and nested choices by object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quality.agreement.findings.tables import Table
from quality.agreement.measures import MEASURES
from quality.agreement.objects import CONFUSION_GATE
from quality.agreement.schema import FeatureSchema
from quality.agreement.votes import read_votes

CLASSES = "classes"
"""The question that every object answers: which class it is."""
YES, NO = "yes", "no"
CHOICES = ("radio", "ordinal")

Node = tuple[str, str]
"""(label, id of an object in it)."""
Join = tuple[Node, Node]


@dataclass(frozen=True)
class Given:
    """One label: its name, its row, whose it is, and its features. Gold is nobody's: `person` is ""."""

    label: str
    row: str
    person: str
    features: Sequence[Mapping[str, Any]]


@dataclass
class _Answers:
    votes: list[tuple[str, str, str]] = field(default_factory=list)
    row_of: dict[str, str] = field(default_factory=dict)
    gold: dict[str, str] = field(default_factory=dict)

    def add(self, item: str, given: Given, answer: str) -> None:
        self.row_of[item] = given.row
        if given.person:
            self.votes.append((item, given.person, answer))
        else:
            self.gold[item] = answer


def read_tables(schema: Sequence[FeatureSchema], labels: Iterable[Given], joins: Iterable[Join]) -> list[Table]:
    """Every question with a choice that the labels answer, as `told_apart.tell_apart` takes it.

    `joins` say which objects of two labels are one thing (`joins_of`); an object that nobody else has is an item of
    its own. Where a person, or gold, has two objects in one, the first in the order of their ids stands for them. The
    order of labels and joins has no effect.
    """
    found: dict[str, _Answers] = {}
    roots = _Roots(joins)
    features = {feature.uid: feature for feature in schema}
    for given in sorted(labels, key=lambda one: one.label):
        seen: set[tuple[str, str]] = set()
        for question, item, answer in _said(features, given, roots):
            if (question, item) not in seen:
                seen.add((question, item))
                found.setdefault(question, _Answers()).add(item, given, answer)
    return [
        Table(question, read_votes(one.votes), one.row_of, one.gold)
        for question, one in sorted(found.items())
        if one.votes
    ]


def joins_of(explanation: Iterable[Mapping[str, Any]], a: str, b: str) -> Iterator[Join]:
    """Objects of the labels `a` and `b` that are one thing, from the explanation of their score: matched at a
    similarity of 0.5 or more, or lying so on one of another class."""
    for feature in explanation:
        if feature["kind"] not in MEASURES:
            continue
        for one in feature["objects"]:
            own, other = one["a_id"], one["b_id"]
            if one["error"] == "wrong_class":
                own, other = own or one["confused_id"], other or one["confused_id"]
            elif one["geometry"] < CONFUSION_GATE:
                continue
            if own and other:
                yield (a, own), (b, other)


def _said(features: Mapping[str, FeatureSchema], given: Given, roots: _Roots) -> Iterator[tuple[str, str, str]]:
    """(question, item, answer) of one label."""
    objects = []
    for entry in given.features:
        feature = features.get(entry["feature"])
        if feature is None:
            continue
        if feature.kind in MEASURES and entry.get("id"):
            objects.append((str(entry["id"]), feature, entry))
        else:
            yield from _choices(feature, entry.get("value"), given.row)
    for name, feature, entry in sorted(objects, key=lambda one: one[0]):
        item = f"{given.row}#{'/'.join(roots.find((given.label, name)))}"
        yield CLASSES, item, feature.uid
        questions = {question.uid: question for question in feature.questions}
        for answer in entry.get("nested") or ():
            if answer["feature"] in questions:
                yield from _choices(questions[answer["feature"]], answer.get("value"), item)


def _choices(feature: FeatureSchema, value: Any, item: str) -> Iterator[tuple[str, str, str]]:
    if feature.kind in CHOICES and isinstance(value, str):
        yield feature.uid, item, value
    elif feature.kind == "checklist" and isinstance(value, list):
        for option in feature.options:
            yield f"{feature.uid}:{option}", item, YES if option in value else NO


class _Roots:
    """Which things are one (union–find); a thing is named by the smallest of its members, whatever came first."""

    def __init__(self, joins: Iterable[Join]) -> None:
        self._parent: dict[Node, Node] = {}
        for a, b in joins:
            one, other = sorted((self.find(a), self.find(b)))
            self._parent[other] = one

    def find(self, node: Node) -> Node:
        path = []
        while (parent := self._parent.get(node, node)) != node:
            path.append(node)
            node = parent
        for one in path:
            self._parent[one] = node
        return node
