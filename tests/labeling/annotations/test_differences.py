"""What changed between two versions of a label."""

from typing import Any

import pytest

from labeling.annotations.differences import Difference, difference

from .pictures import car, entry, label, uuid

OLD = label(car(1), entry("lamp", 2), entry("weather", 3))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD, Difference()),
        (label(entry("weather", 3), entry("lamp", 2), car(1)), Difference()),
        (label(car(1, [10, 20, 110, 80.0000001]), entry("lamp", 2), entry("weather", 3)), Difference()),
        (label(car(1), entry("lamp", 2), entry("weather", 9)), Difference()),
        (label(*OLD["features"], entry("lamp", 7)), Difference(added=(uuid(7),))),
        (label(car(1), entry("weather", 3)), Difference(removed=(uuid(2),))),
        (label(car(1, [10, 20, 111, 80]), *OLD["features"][1:]), Difference(moved=(uuid(1),))),
        (label({**car(1), "feature": "truck"}, *OLD["features"][1:]), Difference(reclassified=(uuid(1),))),
        (label(entry("car", 1), *OLD["features"][1:]), Difference(reanswered=(uuid(1),))),
        (label(entry("car", 1, nested=[entry("colour", 5, "blue")]), *OLD["features"][1:]),
         Difference(reanswered=(uuid(1),))),
        (label(car(1), entry("lamp", 2), entry("weather", 3, "rain")), Difference(reanswered=(uuid(3),))),
        (label(car(1), entry("lamp", 2)), Difference(reanswered=(uuid(3),))),
        (label(*OLD["features"], entry("age", 8)), Difference(reanswered=(uuid(8),))),
    ],
)  # fmt: skip
def test_each_change_is_told_by_id(new: dict[str, Any], expected: Difference) -> None:
    assert difference(OLD, new) == expected


def test_an_object_changed_in_three_ways_counts_once() -> None:
    changed = {**entry("car", 1, [0, 0, 5, 5]), "feature": "truck"}
    found = difference(OLD, label(changed, *OLD["features"][1:]))
    assert (found.moved, found.reclassified, found.reanswered) == ((uuid(1),),) * 3
    assert found.size == 1


def test_an_empty_label_removes_everything_and_back_adds_it() -> None:
    assert difference(OLD, label()) == Difference(removed=(uuid(1), uuid(2)), reanswered=(uuid(3),))
    assert difference(label(), OLD) == Difference(added=(uuid(1), uuid(2)), reanswered=(uuid(3),))
    assert difference(label(), label()).size == 0
