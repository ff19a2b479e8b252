"""The overlay of opinions, and which objects are the same thing."""

from typing import Any

import pytest

from quality.charts.objects import ObjectRow, OpinionFacts, object_rows
from quality.charts.overlay import Shape, bounds, outline, overlay, style_of

NAMES = {"boat": "Boat", "car": "Car", "light": "Light"}


# --- Overlay ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "kind, value, path",
    [
        ("box", [1, 2, 5, 8], "M1.0 2.0L5.0 2.0L5.0 8.0L1.0 8.0Z"),
        ("polygon", [[0, 0], [4, 0], [4, 3]], "M0.0 0.0L4.0 0.0L4.0 3.0Z"),
        (
            "polygon",
            {"rings": [[[0, 0], [1, 0], [1, 1]], [[5, 5], [6, 5], [6, 6]]]},
            "M0.0 0.0L1.0 0.0L1.0 1.0ZM5.0 5.0L6.0 5.0L6.0 6.0Z",
        ),
        ("polyline", [[0, 0], [4, 4]], "M0.0 0.0L4.0 4.0"),
        ("point", [10, 20], "M8.0 20.0L12.0 20.0M10.0 18.0L10.0 22.0"),
    ],
)
def test_each_kind_has_its_path(kind: str, value: Any, path: str) -> None:
    assert outline(kind, value, 2) == path


def test_a_question_has_no_shape() -> None:
    with pytest.raises(ValueError, match="radio has no shape"):
        outline("radio", "day", 2)


def test_bounds_of_each_kind() -> None:
    assert bounds("box", [1, 2, 5, 8]) == (1, 2, 5, 8)
    assert bounds("polygon", {"rings": [[[0, 0], [1, 0]], [[5, 6], [2, 2]]]}) == (0, 0, 5, 6)
    assert bounds("point", [3, 4]) == (3, 4, 3, 4)


def test_one_number_stands_for_all_drawings_of_a_thing_and_inside_the_picture() -> None:
    shapes = [
        Shape("a", "box", [100, 100, 200, 200], "Amara", "2-solid"),
        Shape("b", "box", [90, 110, 205, 190], "Grace", "4-dashed"),
        Shape("c", "point", [1, 1], "Grace", "4-dashed"),
    ]
    drawing = overlay(shapes, (424, 300), numbers={"a": "1", "b": "1", "c": "2"})
    assert [(badge.words, badge.x, badge.y) for badge in drawing.badges] == [("1", 93.6, 89.2), ("2", 9.0, 9.0)]
    assert [one.style for one in drawing.outlines] == ["2-solid", "4-dashed", "4-dashed"]


def test_people_differ_in_colour_and_line_and_the_seventh_repeats() -> None:
    assert len({style_of(n) for n in range(6)}) == 6
    assert style_of(6) == style_of(0)


# --- Objects ----------------------------------------------------------------------------------------------------
def matched(a: str, b: str, geometry: float, nested: float | None = None) -> dict[str, Any]:
    return {"a_id": a, "b_id": b, "geometry": geometry, "nested": nested, "error": ""}


def alone(side: str, object_id: str, error: str = "missing", confused_with: str = "") -> dict[str, Any]:
    ids = {"a_id": object_id, "b_id": None} if side == "a" else {"a_id": None, "b_id": object_id}
    return {**ids, "geometry": 0.0, "nested": None, "error": error, "confused_with": confused_with}


def boats(*objects: dict[str, Any]) -> dict[str, Any]:
    return {"feature": "boat", "score": 0.5, "objects": list(objects)}


def light(score: float) -> dict[str, Any]:
    return {"feature": "light", "score": score, "objects": []}


AMARA = OpinionFacts("1", "Amara", {"a1": "boat", "a2": "boat"}, {"light": "Day"})
GRACE = OpinionFacts("2", "Grace", {"g1": "boat", "g2": "boat", "g3": "boat"}, {"light": "Day"})
DARIO = OpinionFacts("3", "Dario", {"d1": "boat", "d2": "boat"}, {"light": "Dusk"})
EXPLAINED = {
    ("1", "2"): [boats(matched("a1", "g1", 0.92), matched("a2", "g2", 0.95), alone("b", "g3")), light(1.0)],
    ("1", "3"): [boats(matched("a1", "d1", 0.78), matched("a2", "d2", 0.36)), light(0.0)],
    ("2", "3"): [boats(matched("g1", "d1", 0.71), matched("g2", "d2", 0.35), alone("a", "g3")), light(0.0)],
}


def rows() -> list[ObjectRow]:
    return object_rows([AMARA, GRACE, DARIO], EXPLAINED, NAMES)


def test_matched_objects_are_one_thing_with_a_value_per_pair() -> None:
    first = rows()[0]
    assert (first.number, first.name, first.drawn_by, first.out_of) == ("1", "Boat", 3, 3)
    assert [value.words for value in first.values] == ["0.92", "0.78", "0.71"]
    assert (first.tone, first.result, first.why) == ("ok", "Matched", "All overlap; Grace and Dario least, 0.71.")
    assert set(first.ids) == {"a1", "g1", "d1"}


def test_a_pair_under_one_half_is_loose_and_says_who() -> None:
    second = rows()[1]
    assert [value.is_low for value in second.values] == [False, True, True]
    assert (second.tone, second.result) == ("warn", "Matched, loose")
    assert second.why == "Grace and Dario meet in 0.35 only."


def test_what_one_drew_alone_is_not_matched() -> None:
    third = rows()[2]
    assert (third.drawn_by, third.tone, third.result, third.why) == (1, "bad", "Not matched", "Only Grace drew it.")
    assert [value.words for value in third.values] == ["–", "–", "–"]


def test_a_question_shows_the_majority_and_who_differs() -> None:
    last = rows()[-1]
    assert (last.number, last.name, last.result, last.why) == ("Q", "Light", "Day, 2 of 3", "Dario answered Dusk.")
    assert [value.words for value in last.values] == ["1", "0", "0"]


def test_a_vote_without_a_majority_says_so() -> None:
    two = [AMARA, DARIO]
    explained = {("1", "3"): EXPLAINED["1", "3"]}
    assert object_rows(two, explained, NAMES)[-1].result == "No majority"


def test_another_class_is_named() -> None:
    a, b = OpinionFacts("1", "Amara", {"a1": "boat"}), OpinionFacts("2", "Grace", {"g1": "car"})
    explained = {("1", "2"): [boats(alone("a", "a1", "wrong_class", "car"))]}
    first = object_rows([a, b], explained, NAMES)[0]
    assert (first.result, first.why) == ("Other class", "Amara is alone with this class; Grace calls it Car.")


def test_two_of_three_say_who_did_not() -> None:
    third = OpinionFacts("3", "Dario", {})
    explained = {("1", "2"): EXPLAINED["1", "2"]}
    first = object_rows([AMARA, GRACE, third], explained, NAMES)[0]
    assert (first.tone, first.result, first.why) == ("warn", "Matched, 2 of 3", "Dario did not draw it.")


def test_different_answers_at_a_matched_object_are_told() -> None:
    explained = {("1", "2"): [boats(matched("a1", "g1", 0.9, 0.0), matched("a2", "g2", 0.95, 1.0))]}
    found = object_rows([AMARA, GRACE], explained, NAMES)
    assert [one.result for one in found[:2]] == ["Answers differ", "Matched"]


def test_no_thing_holds_two_objects_of_one_person() -> None:
    explained = {
        ("1", "2"): [boats(matched("a1", "g1", 0.9))],
        ("1", "3"): [boats(matched("a2", "d1", 0.8))],
        ("2", "3"): [boats(matched("g1", "d1", 0.5))],
    }
    for one in object_rows([AMARA, GRACE, DARIO], explained, NAMES)[:-1]:
        assert len(one.ids) == one.drawn_by == len({id_[0] for id_ in one.ids})
