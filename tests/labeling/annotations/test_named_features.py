"""From the names in a file to the uids of an ontology."""

from itertools import count

from labeling.annotations.named_features import with_uids
from labeling.annotations.ontology import parse_ontology
from labeling.annotations.payload import check_payload

from .pictures import option, question, tool, uuid

ONTOLOGY = parse_ontology(
    {
        "features": [
            tool("f1", "box", name="Car", questions=[
                question("f2", "radio", name="Colour", options=[option("o1", label="Red")])]),
            question("f3", "checklist", name="Tags", options=[
                option("o2", label="wet"),
                option("o3", label="dark", questions=[question("f4", "text", name="why")])]),
        ]
    }
)  # fmt: skip


def test_features_options_and_nested_answers_are_found_by_name() -> None:
    numbers = count(1)
    payload, faults = with_uids(
        ONTOLOGY,
        [
            {"feature": "car", "kind": "box", "id": "7", "value": [0, 0, 5, 5],
             "nested": [{"feature": "colour", "kind": "radio", "value": "red"}]},
            {"feature": "Tags", "kind": "checklist", "value": ["dark", "o2"],
             "nested": [{"feature": "why", "kind": "text", "value": "night"}]},
        ],
        new_id=lambda: uuid(next(numbers)),
    )  # fmt: skip
    assert faults == ()
    assert check_payload(ONTOLOGY, payload, size=None) == ()
    box, tags = payload["features"]  # type: ignore[misc]
    assert (box["feature"], box["nested"][0]["value"], tags["value"]) == ("f1", "o1", ["o3", "o2"])


def test_an_unknown_name_is_told_and_an_unknown_option_is_left_for_the_check() -> None:
    numbers = count(1)
    entries = [{"feature": "Bus", "kind": "box", "value": [0, 0, 1, 1]},
               {"feature": "Tags", "kind": "checklist", "value": ["cold", 3]}]  # fmt: skip
    payload, faults = with_uids(ONTOLOGY, entries, new_id=lambda: uuid(next(numbers)))
    assert [(fault.path, fault.code) for fault in faults] == [("features[0].feature", "unknown_feature")]
    assert [fault.code for fault in check_payload(ONTOLOGY, payload, size=None)] == ["unknown_option", "bad_shape"]
