"""Reading, completing and writing ontology documents."""

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.annotations.kinds import CHOICES, TOOLS, Kind
from labeling.annotations.ontology import (
    CLASS_COLORS,
    InvalidOntology,
    complete_ontology,
    feature_by_uid,
    parse_ontology,
    to_document,
)

from .pictures import option, question, street, street_document, tool


def faults_of(document: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidOntology) as refused:
        parse_ontology(document)
    return [(fault.path, fault.code) for fault in refused.value.faults]


def one(*features: Any) -> dict[str, Any]:
    return {"features": list(features)}


def test_a_full_document_is_read() -> None:
    ontology = street()
    car = feature_by_uid(ontology, "car")
    assert car is not None
    assert (car.kind, car.maximum, car.questions[0].uid) == (Kind.BOX, 3, "colour")


def test_a_nested_question_is_found_by_uid_and_an_unknown_one_is_not() -> None:
    assert feature_by_uid(street(), "how_much") is not None
    assert feature_by_uid(street(), "nothing") is None


def test_an_empty_ontology_is_one() -> None:
    assert parse_ontology({"features": []}).features == ()


@pytest.mark.parametrize(
    ("feature", "path", "code"),
    [
        (tool("a", "cuboid"), "features[0].kind", "unknown_kind"),
        ({**tool("a", "box"), "kind": None}, "features[0].kind", "unknown_kind"),
        (tool("a", "box", uid=""), "features[0].uid", "empty_uid"),
        (tool("a", "box", name="  "), "features[0].name", "empty_name"),
        (tool("a", "box", name="a\x00"), "features[0].name", "nul_character"),
        (tool("a", "box", name="\ud800"), "features[0].name", "lone_surrogate"),
        (tool("a", "box", name=7), "features[0].name", "bad_shape"),
        (tool("a", "box", name="n" * 201), "features[0].name", "limit_exceeded"),
        (tool("a", "box", definition="d" * 1_000_000), "features[0].definition", "limit_exceeded"),
        (tool("a", "box", color="red"), "features[0].color", "bad_color"),
        (tool("a", "box", color=""), "features[0].color", "bad_color"),
        (tool("a", "box", color="#12345g"), "features[0].color", "bad_color"),
        (question("a", "text", color="#123456"), "features[0].color", "not_allowed"),
        (tool("a", "box", hotkey="ab"), "features[0].hotkey", "bad_hotkey"),
        (tool("a", "box", hotkey=" "), "features[0].hotkey", "bad_hotkey"),
        (tool("a", "box", is_required=1), "features[0].is_required", "bad_shape"),
        (tool("a", "box", min=3, max=2), "features[0].min", "min_above_max"),
        (tool("a", "box", min=1.5), "features[0].min", "not_whole"),
        (tool("a", "box", max=-1), "features[0].max", "negative"),
        (tool("a", "box", max=True), "features[0].max", "not_a_number"),
        (question("a", "number", min=float("nan")), "features[0].min", "not_finite"),
        (tool("a", "box", tolerance=-1), "features[0].tolerance", "negative"),
        (tool("a", "box", options=[option("x")]), "features[0].options", "not_allowed"),
        (question("a", "radio"), "features[0].options", "options_missing"),
        (question("a", "radio", options=[]), "features[0].options", "options_missing"),
        (question("a", "radio", options=[option("x")], min=1), "features[0].min", "not_allowed"),
        (question("a", "checklist", options=[option("x")], min=2), "features[0].min", "min_above_options"),
        (question("a", "radio", options=["x"]), "features[0].options[0]", "bad_shape"),
        (question("a", "radio", options=[option("", label="x")]), "features[0].options[0].value", "empty_value"),
        (question("a", "radio", options=[option("x"), option("x", label="y")]), "features[0].options[1].value",
         "duplicate_value"),
        (question("a", "radio", options=[option("x"), option("y", label="X")]), "features[0].options[1].label",
         "duplicate_name"),
        (question("a", "radio", options=[option("x", hotkey="k"), option("y", hotkey="K")]),
         "features[0].options[1].hotkey", "duplicate_hotkey"),
        (question("a", "text", questions=[question("b", "text")]), "features[0].questions", "not_allowed"),
        (tool("a", "box", questions=[tool("b", "box")]), "features[0].questions[0].kind", "nested_tool"),
        (tool("a", "box", colour="#123456"), "features[0].colour", "unknown_key"),
        (tool("a", "box", questions={"b": 1}), "features[0].questions", "bad_shape"),
        ("car", "features[0]", "bad_shape"),
    ],
)  # fmt: skip
def test_one_fault_is_told_with_its_place(feature: Any, path: str, code: str) -> None:
    assert faults_of(one(feature)) == [(path, code)]


@pytest.mark.parametrize("document", [None, [], "features", 3])
def test_what_is_no_object_is_refused(document: Any) -> None:
    assert faults_of(document) == [("", "bad_shape")]


def test_all_faults_come_at_once() -> None:
    document = one(
        tool("a", "cuboid"),
        tool("a", "box", name="x", color="blue"),
        question("c", "radio", options=[option("x"), {"value": "", "label": ""}]),
    )
    assert faults_of({**document, "extra": 1}) == [
        ("extra", "unknown_key"),
        ("features[0].kind", "unknown_kind"),
        ("features[1].uid", "duplicate_uid"),
        ("features[1].color", "bad_color"),
        ("features[2].options[1].value", "empty_value"),
        ("features[2].options[1].label", "empty_name"),
    ]


def test_a_uid_may_not_stand_again_at_any_depth() -> None:
    document = one(tool("a", "box", questions=[question("a", "text")]))
    assert faults_of(document) == [("features[0].questions[0].uid", "duplicate_uid")]


def test_names_are_compared_without_case_and_in_one_unicode_form() -> None:
    document = one(tool("a", "box", name="Caf\u00e9"), tool("b", "box", name="cafe\u0301 "))
    assert faults_of(document) == [("features[1].name", "duplicate_name")]


def test_the_same_name_under_different_parents_is_allowed() -> None:
    parse_ontology(one(tool("a", "box", questions=[question("c", "text", name="n")]), question("b", "text", name="n")))


def nested_document(depth: int) -> dict[str, Any]:
    inner = question(f"q{depth}", "text")
    for level in range(depth - 1, 0, -1):
        inner = question(f"q{level}", "radio", options=[option("x", questions=[inner])])
    return one(inner)


def test_thirty_two_levels_are_allowed_and_one_more_is_not() -> None:
    parse_ontology(nested_document(32))
    path = "features[0]" + ".options[0].questions[0]" * 31 + ".options[0].questions"
    assert faults_of(nested_document(33)) == [(path, "limit_exceeded")]


def test_a_cycle_ends_at_the_depth_limit() -> None:
    loop = question("q", "radio", options=[option("x")])
    loop["options"][0]["questions"] = [loop]
    faults = faults_of(one(loop))
    assert [code for _, code in faults].count("limit_exceeded") == 1
    assert faults[0] == ("features[0].options[0].questions[0].uid", "duplicate_uid")


def test_four_thousand_features_are_allowed_and_one_more_is_told_once() -> None:
    features = [question(f"q{number}", "text") for number in range(10_000)]
    parse_ontology({"features": features[:4000]})
    assert faults_of({"features": features}) == [("features[4000]", "limit_exceeded")]


def test_an_emoji_is_a_good_name() -> None:
    assert parse_ontology(one(tool("a", "box", name="🚗"))).features[0].name == "🚗"


def test_blanks_are_filled_and_the_result_is_an_ontology() -> None:
    numbers = count(1)
    document = one(
        {
            "name": "car",
            "kind": "box",
            "questions": [{"name": "colour", "kind": "radio", "options": [{"label": "red"}]}],
        },
        {"name": "kept", "kind": "box", "uid": "own", "color": "#3388ff", "hotkey": "1"},
        {"name": "note", "kind": "text"},
    )
    before = json.dumps(document)
    filled = complete_ontology(document, lambda: f"u{next(numbers)}")
    assert json.dumps(document) == before
    car, kept, note = parse_ontology(filled).features
    assert (car.uid, car.questions[0].uid, car.questions[0].options[0].value) == ("u1", "u2", "u3")
    # Blue and 1 are taken by the second feature.
    assert (car.color, car.hotkey, kept.hotkey, note.hotkey, note.color) == (CLASS_COLORS[1], "2", "1", "3", "")


def test_the_thirteenth_tool_starts_the_colours_again_and_the_tenth_feature_has_no_hotkey() -> None:
    numbers = count(1)
    document = one(*({"name": f"n{index}", "kind": "box"} for index in range(14)))
    features = parse_ontology(complete_ontology(document, lambda: f"u{next(numbers)}")).features
    assert [feature.color for feature in features] == [*CLASS_COLORS, *CLASS_COLORS[:2]]
    assert "".join(feature.hotkey for feature in features) == "123456789"


@pytest.mark.parametrize("document", [{}, {"features": 3}, {"features": [3, None, {"options": [1]}]}])
def test_completing_nonsense_changes_nothing_that_matters(document: Any) -> None:
    complete_ontology(document, lambda: "u")


def test_the_street_document_survives_a_round_trip() -> None:
    assert parse_ontology(to_document(street())) == street()
    assert parse_ontology(json.loads(json.dumps(to_document(street())))) == parse_ontology(street_document())


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20).filter(
    lambda name: bool(name.strip())
)


def feature_documents(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    kinds = st.sampled_from(sorted(Kind if depth == 3 else set(Kind) - TOOLS))
    return kinds.flatmap(lambda kind: _feature_document(kind, depth))


def _feature_document(kind: Kind, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    keys: dict[str, st.SearchStrategy[Any]] = {"kind": st.just(kind.value), "is_required": st.booleans()}
    questions = st.lists(feature_documents(depth - 1), max_size=2) if depth > 1 else st.just([])
    if kind in TOOLS:
        keys |= {"questions": questions, "max": st.integers(0, 9) | st.none()}
    if kind in CHOICES:
        keys["options"] = st.lists(st.fixed_dictionaries({"questions": questions}), min_size=1, max_size=3)
    return st.fixed_dictionaries(keys)


def _named(features: list[dict[str, Any]], names: Any) -> None:
    for feature in features:
        feature["name"] = f"n{next(names)}"
        _named(feature.get("questions", []), names)
        for choice in feature.get("options", []):
            choice["label"] = f"n{next(names)}"
            _named(choice["questions"], names)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(feature_documents(3), max_size=4))
def test_every_completed_ontology_survives_a_round_trip(features: list[dict[str, Any]]) -> None:
    copied = json.loads(json.dumps(features))
    _named(copied, count())
    numbers = count()
    ontology = parse_ontology(complete_ontology({"features": copied}, lambda: f"u{next(numbers)}"))
    assert parse_ontology(to_document(ontology)) == ontology
    assert to_document(parse_ontology(to_document(ontology))) == to_document(ontology)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(NAMES)
def test_any_name_without_nul_and_surrogates_is_kept_exactly(name: str) -> None:
    assert parse_ontology(one(tool("a", "box", name=name))).features[0].name == name
