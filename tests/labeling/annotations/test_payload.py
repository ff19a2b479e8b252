"""Checking, normal form, hash and counts of a label payload."""

import hashlib
import time
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.annotations.ontology import parse_ontology
from labeling.annotations.payload import canonical, check_payload, count_answers, count_objects, payload_hash

from .pictures import car, entry, label, option, question, street, tool, uuid

SIZE = (640, 480)
STREET = street()


def faults(payload: Any, *, is_draft: bool = False, ontology: Any = STREET) -> list[tuple[str, str]]:
    return [(fault.path, fault.code) for fault in check_payload(ontology, payload, size=SIZE, is_draft=is_draft)]


FULL = label(
    car(1),
    entry("roof", 2),
    entry("lane", 3),
    entry("lamp", 4),
    entry("weather", 5, "rain", nested=[entry("how_much", 6)]),
    entry("tags", 7, ["b", "a"]),
    entry("remark", 8),
    entry("age", 9),
)


def test_a_full_label_has_no_fault_and_neither_has_an_empty_one() -> None:
    assert faults(FULL) == []
    assert faults(label()) == []
    assert faults({"features": []}) == []


@pytest.mark.parametrize(
    ("payload", "path", "code"),
    [
        (None, "", "bad_shape"),
        ([], "", "bad_shape"),
        ({}, "features", "bad_shape"),
        ({"features": {}}, "features", "bad_shape"),
        ({"features": [], "objects": []}, "objects", "unknown_key"),
        ({"features": [], "relations": None}, "relations", "bad_shape"),
        ({"features": [], "relations": [{"type": "behind"}]}, "relations[0]", "unknown_relation"),
        (label("car"), "features[0]", "bad_shape"),
        (label({**entry("lamp", 1), "feature": "ufo"}), "features[0].feature", "unknown_feature"),
        (label({**entry("lamp", 1), "feature": ["lamp"]}), "features[0].feature", "unknown_feature"),
        (label({**entry("lamp", 1), "kind": "box"}), "features[0].kind", "kind_mismatch"),
        (label({**entry("lamp", 1), "kind": None}), "features[0].kind", "kind_mismatch"),
        (label(entry("lamp", 1, color="red")), "features[0].color", "unknown_key"),
        (label({**entry("lamp", 1), "id": 7}), "features[0].id", "bad_id"),
        (label({**entry("lamp", 1), "id": uuid(171).upper()}), "features[0].id", "bad_id"),
        (label({**entry("lamp", 1), "id": uuid(1) + "\n"}), "features[0].id", "bad_id"),
        (label(entry("lamp", 1), entry("lamp", 1)), "features[1].id", "duplicate_id"),
        (label(entry("lamp", 1), entry("weather", 2, "rain", nested=[entry("how_much", 1)])),
         "features[1].nested[0].id", "duplicate_id"),
        (label({**entry("lamp", 1), "nested": None}), "features[0].nested", "bad_shape"),
        (label({k: v for k, v in entry("lamp", 1).items() if k != "value"}), "features[0].value", "bad_shape"),
        (label(entry("lamp", 1), car(2), car(3), entry("lamp", 4, [0, 600])), "features[3].value[1]", "out_of_bounds"),
        (label(car(1, [0, 0, float("nan"), 1])), "features[0].value[2]", "not_finite"),
        (label(car(1, [9, 0, 3, 1])), "features[0].value[2]", "empty_box"),
        (label(entry("car", 1)), "features[0].nested", "required"),
        (label(entry("weather", 1, "rain")), "features[0].nested", "required"),
        (label(entry("weather", 1, "snow")), "features[0].value", "unknown_option"),
        (label(entry("weather", 1), entry("weather", 2)), "features[1]", "answered_twice"),
        (label(entry("weather", 1, "sun", nested=[entry("how_much", 2)])), "features[0].nested[0].feature",
         "option_not_chosen"),
        (label(entry("lamp", 1, nested=[entry("colour", 2)])), "features[0].nested[0].feature", "misplaced_feature"),
        (label(entry("colour", 1)), "features[0].feature", "misplaced_feature"),
        (label(car(1), car(2), car(3), car(4)), "features", "above_max"),
        (label(entry("tags", 1, ["a", "b", "c"])), "features[0].value", "above_max"),
        (label(entry("tags", 1, [])), "features[0].value", "below_min"),
        (label(entry("tags", 1, ["a", "z"])), "features[0].value[1]", "unknown_option"),
        (label(entry("remark", 1, "no")), "features[0].value", "below_min"),
        (label(entry("remark", 1, "far too long")), "features[0].value", "above_max"),
        (label(entry("age", 1, 121)), "features[0].value", "above_max"),
        (label(entry("age", 1, -1)), "features[0].value", "below_min"),
        (label(entry("age", 1, False)), "features[0].value", "not_a_number"),
        (label(entry("remark", 1, "\x00ab")), "features[0].value", "nul_character"),
        (label(entry("remark", 1, "a\ud800b")), "features[0].value", "lone_surrogate"),
    ],
)  # fmt: skip
def test_one_fault_is_told_with_its_place(payload: Any, path: str, code: str) -> None:
    assert faults(payload) == [(path, code)]


def test_text_is_counted_in_code_points() -> None:
    assert faults(label(entry("remark", 1, "🚗" * 8))) == []
    assert faults(label(entry("remark", 1, "🚗" * 9))) == [("features[0].value", "above_max")]


REQUIRED = parse_ontology(
    {
        "features": [
            tool("car", "box", min=2, is_required=True),
            question("weather", "radio", options=[option("sun")], is_required=True),
            question("remark", "text", is_required=True),
        ]
    }
)


def test_what_is_required_is_asked_of_a_label_but_not_of_a_draft() -> None:
    assert faults(label(), ontology=REQUIRED) == [("features", "required")] * 3
    assert faults(label(), ontology=REQUIRED, is_draft=True) == []
    half = label(entry("car", 1), entry("weather", 2), entry("remark", 3, "  "))
    assert faults(half, ontology=REQUIRED) == [("features[2].value", "required"), ("features", "below_min")]
    assert faults(half, ontology=REQUIRED, is_draft=True) == []


def test_a_fault_names_the_feature_that_is_missing() -> None:
    missing = check_payload(REQUIRED, label(), size=None)
    assert [fault.feature for fault in missing] == ["car", "weather", "remark"]


@pytest.mark.parametrize(
    ("feature", "code"),
    [
        (car(1, [0, 0, 0, 5]), "empty_box"),
        (entry("tags", 1, ["a", "b", "c"]), "above_max"),
        (entry("weather", 1, "snow"), "unknown_option"),
        (entry("lamp", 1, [0, 9999]), "out_of_bounds"),
    ],
)
def test_a_draft_may_be_unfinished_but_not_wrong(feature: Any, code: str) -> None:
    assert [found for _, found in faults(label(feature), is_draft=True)] == [code]


def test_a_draft_may_stay_below_a_minimum() -> None:
    draft = label(entry("car", 1), entry("tags", 2, []), entry("remark", 3, "n"), entry("weather", 4, "rain"))
    assert faults(draft, is_draft=True) == []


def test_without_a_size_nothing_is_out_of_bounds() -> None:
    assert check_payload(STREET, label(entry("lamp", 1, [9000, 9000])), size=None) == ()


def big_line(count: int, number: int) -> dict[str, Any]:
    return entry("lane", number, [[index % 600, index % 400] for index in range(count)])


def test_a_label_holds_two_hundred_thousand_vertices_and_no_more() -> None:
    lines = [big_line(20_000, number) for number in range(10)]
    started = time.perf_counter()
    assert faults(label(*lines)) == []
    assert time.perf_counter() - started < 5
    over = check_payload(STREET, label(*lines, entry("lamp", 99)), size=SIZE)
    assert [(fault.path, fault.code) for fault in over] == [("features", "limit_exceeded")]
    assert "max_label_vertices" in over[0].message


def test_a_shape_over_its_limit_is_one_fault() -> None:
    assert faults(label(big_line(20_001, 1))) == [("features[0].value", "limit_exceeded")]


def test_answers_nest_thirty_two_deep_and_no_deeper() -> None:
    inner = question("q32", "radio", options=[option("x")])
    for level in range(31, 0, -1):
        inner = question(f"q{level}", "radio", options=[option("x", questions=[inner])])
    ontology = parse_ontology({"features": [inner]})

    def answers(depth: int) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for level in range(depth, 0, -1):
            below = [answer] if answer else []
            answer = {"feature": f"q{level}", "kind": "radio", "id": uuid(level), "value": "x", "nested": below}
        return label(answer)

    assert faults(answers(32), ontology=ontology) == []
    path = "features[0]" + ".nested[0]" * 31 + ".nested"
    assert faults(answers(33), ontology=ontology) == [(path, "limit_exceeded")]


def test_thousands_of_faults_become_a_short_answer() -> None:
    found = faults(label(*(entry("lamp", 1, "x") for _ in range(5000))))
    assert len(found) == 501
    assert found[-1] == ("", "too_many_faults")


def test_the_normal_form_rounds_sorts_and_fills() -> None:
    rough = {"features": [{"id": uuid(1), "value": [4.9e-7, -0.0, 10.0, 2.7182818], "kind": "box", "feature": "car"},
                          {"id": uuid(2), "value": ["b", "a"], "kind": "checklist", "feature": "tags", "nested": []},
                          {"id": uuid(3), "value": 2.0, "kind": "number", "feature": "age", "nested": []}]}  # fmt: skip
    assert canonical(rough) == {
        "features": [
            {"feature": "car", "kind": "box", "id": uuid(1), "value": [0, 0, 10, 2.718282], "nested": []},
            {"feature": "tags", "kind": "checklist", "id": uuid(2), "value": ["a", "b"], "nested": []},
            {"feature": "age", "kind": "number", "id": uuid(3), "value": 2, "nested": []},
        ],
        "relations": [],
    }


def test_an_answered_number_is_not_rounded() -> None:
    assert canonical(label(entry("age", 1, 0.123456789)))["features"][0]["value"] == 0.123456789  # type: ignore[index]


def test_the_hash_is_known_and_does_not_depend_on_spelling() -> None:
    spelled = {"relations": [], "features": [dict(reversed(list(entry("lamp", 1, [5.0, 6.0000001]).items())))]}
    assert payload_hash(spelled) == payload_hash(label(entry("lamp", 1, [5, 6])))
    assert payload_hash({"features": []}) == hashlib.sha256(b'{"features":[],"relations":[]}').hexdigest()


def test_the_hash_tells_another_order_another_value_and_another_id() -> None:
    hashes = {payload_hash(label(*order)) for order in permutations([entry("lamp", 1), entry("lamp", 2, [1, 1])])}
    hashes |= {payload_hash(label(entry("lamp", 3))), payload_hash(label(entry("lamp", 1, [5, 6.001])))}
    assert len(hashes) == 4


def test_objects_and_answers_are_counted_apart() -> None:
    assert (count_objects(FULL), count_answers(FULL)) == (4, 6)
    assert (count_objects(label()), count_answers(label())) == (0, 0)


NUMBERS = st.floats(0, 480) | st.integers(0, 480)
BOXES = st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS).map(list)
RINGS = st.lists(st.tuples(NUMBERS, NUMBERS).map(list), min_size=3, max_size=6)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(BOXES, max_size=3), st.lists(RINGS, max_size=3))
def test_what_is_accepted_is_still_accepted_in_normal_form(boxes: list[Any], rings: list[Any]) -> None:
    cars = [car(index, box) for index, box in enumerate(boxes)]
    roofs = [entry("roof", 100 + index, ring) for index, ring in enumerate(rings)]
    payload = label(*cars, *roofs)
    if not faults(payload):
        normal = canonical(payload)
        assert faults(normal) == []
        assert canonical(normal) == normal
        assert payload_hash(normal) == payload_hash(payload)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["car", "box", uuid(1)]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["feature", "kind", "id", "value", "nested", "rings"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(JUNK, max_size=4), st.booleans())
def test_junk_is_answered_with_faults_and_never_with_an_exception(junk: list[Any], is_draft: bool) -> None:
    check_payload(STREET, {"features": junk}, size=SIZE, is_draft=is_draft)
