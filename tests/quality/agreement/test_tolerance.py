"""Tolerance against gold: from the limit on a shape is wholly right; known values by hand."""

import pytest

from quality.agreement.labels import LabelAgreement, score_labels
from quality.agreement.schema import FeatureSchema
from quality.agreement.tolerance import with_tolerance

BOXES = FeatureSchema("car", "Car", "box", questions=(FeatureSchema("from", "From", "radio", options=("a", "b")),))
LIGHT = FeatureSchema("light", "Light", "radio", options=("day", "night"))
NAME = FeatureSchema("name", "Name", "text")
SCHEMA = (BOXES, LIGHT, NAME)


def label(*boxes: tuple[float, ...], light: str = "day", seen: str = "", name: str = "house") -> dict[str, object]:
    nested = [{"feature": "from", "kind": "radio", "id": "n", "value": seen}] if seen else []
    drawn = [
        {"feature": "car", "kind": "box", "id": f"o{at}", "value": list(box), "nested": nested}
        for at, box in enumerate(boxes)
    ]
    answers = [
        {"feature": "light", "kind": "radio", "id": "l", "value": light},
        {"feature": "name", "kind": "text", "id": "t", "value": name},
    ]
    return {"features": [*drawn, *answers]}


def compared(a: dict[str, object], b: dict[str, object]) -> LabelAgreement:
    return score_labels(SCHEMA, a, b, size=(100, 100))


def test_a_shape_from_the_limit_on_is_wholly_right() -> None:
    # 20 x 18 within 20 x 20: an IoU of 0.9.
    near = compared(label((0, 0, 20, 18)), label((0, 0, 20, 20)))
    assert with_tolerance(near, {"car": 0.9}).score == 1.0
    strict = with_tolerance(near, {"car": 0.95})
    assert strict.score == near.score and strict.features[0].objects[0].error == "loose"
    assert near.features[0].objects[0].error == ""


def test_a_missing_object_and_a_wrong_answer_stay_what_they_are() -> None:
    found = compared(label((0, 0, 20, 18), light="night"), label((0, 0, 20, 20), (50, 50, 60, 60)))
    easy = with_tolerance(found, {"car": 0.5, "light": 0.5})
    assert [feature.score for feature in easy.features] == [0.5, 0.0, 1.0]
    assert [one.error for one in easy.features[0].objects] == ["", "missing"]


def test_nested_answers_keep_their_half() -> None:
    found = compared(label((0, 0, 20, 10), seen="a"), label((0, 0, 20, 20), seen="b"))
    assert found.features[0].score == pytest.approx(0.25)
    lenient = with_tolerance(found, {"car": 0.5})
    assert lenient.features[0].score == 0.5
    assert lenient.features[0].objects[0].error == "wrong_answer"


def test_a_text_that_is_near_enough_is_right() -> None:
    found = compared(label(name="hous"), label(name="house"))
    assert found.features[-1].score == pytest.approx(0.8)
    assert with_tolerance(found, {"name": 0.8}).features[-1].score == 1.0


def test_no_limits_and_foreign_limits_change_nothing() -> None:
    found = compared(label((0, 0, 20, 10)), label((0, 0, 20, 20)))
    assert with_tolerance(found, {}) is found
    assert with_tolerance(found, {"gone": 0.5}) is found


@pytest.mark.parametrize("limit", [0.0, -1.0, 1.1, float("nan")])
def test_a_limit_outside_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="car"):
        with_tolerance(compared(label(), label()), {"car": limit})
