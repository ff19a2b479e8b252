"""How sure a row is: posteriors of answers by known accuracies, agreement of the rest; and the winner strategies."""

import pytest

from quality.agreement.certainty import Certainty, choice_posteriors, row_certainty
from quality.agreement.merging.labels import merge_labels
from quality.agreement.opinions import read_opinion
from quality.agreement.rows import score_row
from quality.agreement.schema import FeatureSchema
from quality.agreement.strategies import mean_agreement, skill_support, weighted_consensus

LIGHT = FeatureSchema("light", "Light", "radio", options=("day", "night"))
SEEN = FeatureSchema("seen", "Seen", "checklist", options=("a", "b", "c"))
CAR = FeatureSchema("car", "Car", "box", questions=(FeatureSchema("from", "From", "radio", options=("f", "b")),))
SCHEMA = (LIGHT, SEEN, CAR)


Box = tuple[float, ...]


def label(light: str = "day", seen: tuple[str, ...] = ("a",), box: Box = (0, 0, 10, 10)) -> dict[str, object]:
    nested = [{"feature": "from", "kind": "radio", "id": f"n{light}", "value": "f", "nested": []}]
    return {
        "features": [
            {"feature": "light", "kind": "radio", "id": f"l{light}", "value": light, "nested": []},
            {"feature": "seen", "kind": "checklist", "id": "s", "value": list(seen), "nested": []},
            {"feature": "car", "kind": "box", "id": f"c{box[2]}", "value": list(box), "nested": nested},
        ],
        "relations": [],
    }


def test_posteriors_by_hand() -> None:
    skills = {"a": 0.8, "b": 0.8, "c": 0.6}
    # Two of three, equal skill, two options: 0.8·0.8·0.2 against 0.2·0.2·0.8.
    assert choice_posteriors({"a": "x", "b": "x", "d": "y"}, {}, option_count=2)["x"] == pytest.approx(0.8)
    # An able one and one who errs more: 0.8·0.4 against 0.2·0.6.
    assert choice_posteriors({"a": "x", "c": "y"}, skills, option_count=2) == {
        "x": pytest.approx(0.32 / 0.44),
        "y": pytest.approx(0.12 / 0.44),
    }
    # With more options to err to, agreeing says more; the option that nobody chose has its share.
    four = choice_posteriors({"a": "x", "b": "x"}, skills, option_count=4)["x"]
    assert four == pytest.approx(0.64 / (0.64 + 3 * (0.2 / 3) ** 2))
    # Weight 0 is no vote; who is worse than chance is ignored, not turned round.
    alone = choice_posteriors({"a": "x"}, skills, option_count=2)
    assert choice_posteriors({"a": "x", "m": "y"}, skills, option_count=2, weights={"m": 0.0})["x"] == alone["x"]
    assert choice_posteriors({"a": "x", "z": "y"}, {"a": 0.8, "z": 0.1}, option_count=2)["x"] == pytest.approx(0.8)
    assert choice_posteriors({}, {}, option_count=2) == {}


def test_the_least_sure_answer_and_the_shapes_decide() -> None:
    labels = {"a": label(), "b": label("night"), "c": label(seen=("a", "b"), box=(0, 0, 10, 5))}
    row = score_row(SCHEMA, labels, size=None)
    read = {name: read_opinion(SCHEMA, one, size=None) for name, one in labels.items()}
    shapes = {(pair.a, pair.b): pair.agreement.features[-1].score for pair in row.pairs if pair.agreement}
    found = row_certainty(SCHEMA, read, {"car": {pair: score for pair, score in shapes.items() if score is not None}})
    # The light and the option b are both two against one; the shapes agree by 1, and twice by a half, answers whole.
    assert found == Certainty(pytest.approx(0.8), pytest.approx((1 + 0.75 + 0.75) / 3))
    assert found.is_sure(0.8 - 1e-9) and not found.is_sure(0.81) and found.least == pytest.approx(0.8)
    one = row_certainty(SCHEMA, {"a": read["a"], "b": read["b"]}, {}, weights={"b": 0.0})
    assert one == Certainty(None, None) and one.is_sure(1.0)
    with pytest.raises(ValueError, match="weight"):
        row_certainty(SCHEMA, read, {}, weights={"a": 2.0})


def test_who_stands_for_a_row() -> None:
    scores = {("a", "b"): 0.0, ("a", "c"): 1.0, ("b", "c"): 0.0}
    assert mean_agreement(scores, {}) == {"a": 0.5, "b": 0.0, "c": 0.5}
    # One able person against two who mostly guess: the share of the skill-weighted vote.
    support = skill_support(scores, {"a": 0.2, "b": 0.9, "c": 0.3})
    assert support == {"a": pytest.approx(0.5 / 1.4), "b": pytest.approx(0.9 / 1.4), "c": pytest.approx(0.5 / 1.4)}
    assert weighted_consensus(scores, {"b": 0.0}) == 1.0 and weighted_consensus({}, {}) is None
    assert mean_agreement(scores, {"b": 0.0}) == {"a": 1.0, "c": 1.0}
    assert weighted_consensus(scores, {"b": 0.5}) == pytest.approx(0.5)


def test_a_merged_label_is_the_same_whoever_comes_first() -> None:
    labels = {"a": label(), "b": label("night", ("a", "b"), (0, 0, 10, 8)), "c": label(seen=("b",), box=(2, 0, 12, 10))}
    merged = merge_labels(SCHEMA, labels, size=None)
    light, seen, car = merged.payload["features"]
    assert (light["value"], seen["value"], car["value"]) == ("day", ["a", "b"], [0, 0, 10, 10])
    assert merged.support == {car["id"]: (3, 3)} and merged.undecided == ()
    assert [answer["value"] for answer in car["nested"]] == ["f"]
    assert merge_labels(SCHEMA, dict(reversed(labels.items())), size=None) == merged
    # A tie stays open: neither the alphabet nor chance decides.
    torn = merge_labels(SCHEMA, {"a": label(), "b": label("night")}, size=None)
    assert torn.undecided == ("light",) and [one["feature"] for one in torn.payload["features"]] == ["seen", "car"]
    able = merge_labels(SCHEMA, {"a": label(), "b": label("night")}, size=None, accuracies={"a": 0.6, "b": 0.9})
    assert able.payload["features"][0]["value"] == "night"
    assert merge_labels(SCHEMA, {}, size=None).payload == {"features": [], "relations": []}
