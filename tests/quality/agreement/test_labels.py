import math
from dataclasses import replace

import pytest

from quality.agreement import METHOD, METHOD_VERSION
from quality.agreement.labels import score_labels
from quality.agreement.schema import FeatureSchema, feature_with_uid, features_by_uid
from tests.quality.agreement.shorthand import boxes, feature, item, label, radio

CAR = feature("car", "box")
TRUCK = feature("truck", "box")
WEATHER = feature("weather", "radio", options=("sun", "rain"))
NAME = feature("name", "text")
TAGS = feature("tags", "checklist", options=("a", "b"))
SIGN = feature("sign", "point")
LANE = feature("lane", "polyline")
AREA = feature("area", "polygon")


def score(schema, a, b, size=None):
    return score_labels(schema, a, b, size=size).score


def only(agreement):
    (found,) = agreement.features
    return found


def errors(agreement):
    found = [(o.a_id, o.b_id, o.error) for f in agreement.features for o in f.objects if o.error]
    return sorted(found, key=repr)


def test_the_method_has_a_name_and_a_version():
    assert (METHOD, METHOD_VERSION) == ("union mean", 1)


# Objects of one feature


def test_union_mean_over_the_objects_of_a_feature():
    # 1/3 for the first pair, 1 for the second, nothing for the third of a: 4/3 over 3 + 2 - 2.
    a = boxes([0, 0, 10, 10], [50, 50, 60, 60], [80, 80, 90, 90])
    b = boxes([5, 0, 15, 10], [50, 50, 60, 60])
    agreement = score_labels([CAR], a, b, size=None)
    assert agreement.score == pytest.approx(4 / 9)
    assert (only(agreement).count_a, only(agreement).count_b) == (3, 2)
    assert errors(agreement) == [("car0", "car0", "loose"), ("car2", None, "extra")]


def test_of_two_duplicates_only_one_can_match():
    a = boxes([0, 0, 100, 100], [0, 0, 95, 100])
    agreement = score_labels([CAR], a, boxes([0, 0, 100, 100]), size=None)
    assert agreement.score == pytest.approx(0.5)
    assert errors(agreement) == [("car1", None, "extra")]


def test_missing_is_what_only_the_second_label_has():
    agreement = score_labels([CAR], boxes(), boxes([0, 0, 1, 1]), size=None)
    assert agreement.score == 0
    assert [(o.a_id, o.b_id, o.error) for o in only(agreement).objects] == [(None, "car0", "missing")]


def test_loose_starts_under_four_fifths():
    at_the_edge = score_labels([CAR], boxes([0, 0, 10, 10]), boxes([0, 0, 8, 10]), size=None)
    assert only(at_the_edge).objects[0].error == ""
    under = score_labels([CAR], boxes([0, 0, 10, 10]), boxes([0, 0, 7.9, 10]), size=None)
    assert only(under).objects[0].error == "loose"


def test_shapes_are_clipped_to_the_picture_when_its_size_is_known():
    a, b = boxes([-10, 0, 10, 10]), boxes([0, 0, 10, 10])
    assert score([CAR], a, b) == pytest.approx(0.5)
    agreement = score_labels([CAR], a, b, size=(100, 100))
    assert agreement.score == 1
    assert only(agreement).objects[0].note == "clipped to the picture"


def test_a_repaired_outline_is_said_so():
    square, bowtie = [[0, 0], [10, 0], [10, 10], [0, 10]], [[0, 0], [10, 10], [10, 0], [0, 10]]
    a, b = label(item("area", "polygon", square)), label(item("area", "polygon", bowtie))
    agreement = score_labels([AREA], a, b, size=None)
    assert agreement.score == pytest.approx(0.5)
    assert only(agreement).objects[0].note == "outline crosses itself, read even-odd"


DEGENERATE = [
    (CAR, [5, 5, 5, 9], [5, 5, 5, 8], [0, 0, 10, 10]),
    (AREA, [[0, 0], [5, 5], [10, 10]], [[0, 0], [5, 5]], [[0, 0], [10, 0], [10, 10], [0, 10]]),
    (AREA, [[0.1, 0.3], [0.2, 0.6], [0.7, 2.1]], [[0.1, 0.3], [0.2, 0.6]], [[0, 0], [1, 0], [1, 1], [0, 1]]),
    (AREA, [[3, 3]], [[3, 4]], [[0, 0], [10, 0], [10, 10], [0, 10]]),
    (LANE, [[3, 3], [3, 3]], [[3, 4]], [[0, 3], [10, 3]]),
]


@pytest.mark.parametrize(("schema", "flat", "other_flat", "full"), DEGENERATE)
def test_a_shape_without_area_agrees_only_with_its_like(schema, flat, other_flat, full):
    def compared(a, b):
        labels = (label(item(schema.uid, schema.kind, value)) for value in (a, b))
        return score_labels([schema], *labels, size=(100, 100))

    same = compared(flat, flat)
    assert same.score == 1
    assert only(same).objects[0].error == "degenerate"
    assert compared(flat, other_flat).score == 0
    assert compared(flat, full).score == compared(full, flat).score == 0
    assert "no " in only(compared(flat, full)).objects[0].note


def test_vertices_of_a_flat_outline_count_as_a_set():
    a = label(item("area", "polygon", [[0, 0], [5, 5], [10, 10]]))
    b = label(item("area", "polygon", [[10, 10], [0, 0], [5, 5], [10, 10]]))
    assert score([AREA], a, b) == 1


def test_two_different_boxes_outside_the_picture_are_not_the_same():
    outside = [boxes([200, 0, 300, 10]), boxes([200, 0, 400, 10])]
    assert score([CAR], *outside, size=(100, 100)) == 0
    assert score([CAR], outside[0], outside[0], size=(100, 100)) == 1


def test_the_order_of_objects_has_no_effect_on_anything_said():
    def drawn(order):
        stack = ([0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 8], [20, 0, 29, 9])
        return label(*(item("car", "box", stack[index], id=f"car{index}") for index in order))

    said = score_labels([CAR], drawn([0, 1, 2, 3]), drawn([3, 0]), size=None)
    assert said == score_labels([CAR], drawn([2, 3, 1, 0]), drawn([0, 3]), size=None)
    assert errors(said) == [("car1", None, "extra"), ("car2", None, "extra")]


# Wrong class


def test_right_box_wrong_class():
    a = boxes([0, 0, 10, 10], uid="car")
    b = boxes([0, 0, 9, 10], uid="truck")
    agreement = score_labels([CAR, TRUCK], a, b, size=None)
    assert agreement.score == 0
    car, truck = (found.objects[0] for found in agreement.features)
    assert (car.a_id, car.b_id, car.error) == ("car0", None, "wrong_class")
    assert (car.confused_with, car.confused_id, car.geometry) == ("truck", "truck0", pytest.approx(0.9))
    assert (truck.a_id, truck.b_id, truck.error) == (None, "truck0", "wrong_class")
    assert (truck.confused_with, truck.confused_id, truck.similarity) == ("car", "car0", 0)


def test_boxes_that_hardly_meet_are_missing_and_extra_not_confused():
    agreement = score_labels([CAR, TRUCK], boxes([0, 0, 10, 10]), boxes([6, 0, 16, 10], uid="truck"), size=None)
    assert {o.error for f in agreement.features for o in f.objects} == {"extra", "missing"}


def test_matched_objects_are_not_confused_with_anything():
    a = label(*boxes([0, 0, 10, 10])["features"], *boxes([0, 0, 10, 10], uid="truck")["features"])
    agreement = score_labels([CAR, TRUCK], a, boxes([0, 0, 10, 10]), size=None)
    assert agreement.score == pytest.approx(0.5)
    assert [(f.feature, o.error) for f in agreement.features for o in f.objects] == [("car", ""), ("truck", "extra")]


# Features of a label


def test_mean_over_the_applicable_features():
    # Boxes 1/3, radio 1, text 4/5; the checklist nobody filled is not applicable.
    a = label(*boxes([0, 0, 10, 10])["features"], *radio("sun")["features"], item("name", "text", "house"))
    b = label(*boxes([5, 0, 15, 10])["features"], *radio("sun")["features"], item("name", "text", " hous "))
    agreement = score_labels([CAR, WEATHER, NAME, TAGS], a, b, size=None)
    assert agreement.score == pytest.approx((1 / 3 + 1 + 0.8) / 3)
    assert [(f.feature, f.score) for f in agreement.features] == [
        ("car", pytest.approx(1 / 3)),
        ("weather", 1),
        ("name", pytest.approx(0.8)),
    ]


def test_object_weighted_mean():
    # Three boxes alike and one only in b: 3/4 of weight 4; the radio 0 of weight 1.
    same = [[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5]]
    a = label(*boxes(*same)["features"], *radio("sun")["features"])
    b = label(*boxes(*same, [8, 8, 9, 9])["features"], *radio("rain")["features"])
    agreement = score_labels([CAR, WEATHER], a, b, size=None)
    assert agreement.score == pytest.approx(0.375)
    assert agreement.object_weighted == pytest.approx(3 / 5)


def test_a_hundred_unused_classes_change_nothing():
    classes = [feature(f"class{index}", "box") for index in range(100)]
    a, b = boxes([0, 0, 10, 10], uid="class7"), boxes([5, 0, 15, 10], uid="class7")
    assert score(classes, a, b) == pytest.approx(1 / 3)


@pytest.mark.parametrize("empty", [{}, label(), radio(None), label(item("name", "text", " ")), boxes(uid="gone")])
def test_two_empty_labels_agree_and_are_flagged(empty):
    agreement = score_labels([CAR, WEATHER, NAME], empty, label(), size=None)
    assert (agreement.score, agreement.is_empty, agreement.object_weighted) == (1, True, 1)


def test_one_empty_label():
    agreement = score_labels([CAR, WEATHER], boxes([0, 0, 1, 1]), label(), size=None)
    assert (agreement.score, agreement.is_empty) == (0, False)


def test_questions():
    assert score([WEATHER], radio("sun"), radio("sun")) == 1
    assert score([WEATHER], radio("sun"), radio("rain")) == 0
    assert score([WEATHER], radio("sun"), label()) == 0
    assert errors(score_labels([WEATHER], radio("sun"), label(), size=None)) == [("weather", None, "extra")]
    assert errors(score_labels([WEATHER], label(), radio("sun"), size=None)) == [(None, "weather", "missing")]
    assert errors(score_labels([WEATHER], radio("sun"), radio("rain"), size=None)) == [
        ("weather", "weather", "wrong_answer")
    ]


def test_an_empty_checklist_counts_when_required():
    a, b = boxes([0, 0, 10, 10]), boxes([5, 0, 15, 10])
    assert score([CAR, TAGS], a, b) == pytest.approx(1 / 3)
    assert score([CAR, replace(TAGS, is_required=True)], a, b) == pytest.approx((1 / 3 + 1) / 2)


def test_numbers_use_the_range_and_tolerance_of_the_ontology():
    age = feature("age", "number", value_range=(0, 120), tolerance=1)
    answers = [label(item("age", "number", value)) for value in (30, 31, 42)]
    assert score([age], answers[0], answers[1]) == 1
    assert score([age], answers[0], answers[2]) == pytest.approx(0.9)


def test_features_gone_from_the_ontology_leave_scores():
    a = label(*boxes([0, 0, 10, 10])["features"], item("gone", "box", "not even a box"))
    assert score([CAR], a, boxes([0, 0, 10, 10])) == 1


def test_a_kind_without_a_measure_is_null_with_the_reason():
    a = label(item("crate", "cuboid", [1, 2, 3]), *radio("sun")["features"])
    agreement = score_labels([feature("crate", "cuboid"), WEATHER], a, radio("sun"), size=None)
    assert agreement.score == 1
    assert (agreement.features[0].score, agreement.features[0].why_null) == (None, "no measure for the kind cuboid")


# Scale of points and polylines


def test_points_and_polylines_follow_the_picture():
    a, b = (label(item("sign", "point", [x, 10])) for x in (10, 18))
    assert score([SIGN], a, b, size=(640, 480)) == pytest.approx(math.exp(-0.5))
    assert score([replace(SIGN, sigma=4.0)], a, b, size=(640, 480)) == pytest.approx(math.exp(-2))
    lanes = [label(item("lane", "polyline", [[0, y], [100, y]])) for y in (10, 16)]
    assert score([LANE], *lanes, size=(640, 480)) == 1
    assert score([replace(LANE, tolerance=5.0)], *lanes, size=(640, 480)) == 0


def test_points_under_the_gate_do_not_match():
    # exp(-d²/2σ²) = 0.1 at d = 2.146 σ.
    near, far = (label(item("sign", "point", [x, 0])) for x in (2.14, 2.15))
    own, schema = label(item("sign", "point", [0, 0])), [replace(SIGN, sigma=1.0)]
    assert score(schema, own, near) == pytest.approx(math.exp(-(2.14**2) / 2))
    assert score(schema, own, far) == 0


@pytest.mark.parametrize(
    ("schema", "value", "missing"), [(SIGN, [1, 1], "sigma"), (LANE, [[0, 0], [9, 9]], "tolerance")]
)
def test_without_size_and_scale_the_score_is_null_with_the_reason(schema, value, missing):
    one = label(item(schema.uid, schema.kind, value))
    agreement = score_labels([schema], one, one, size=None)
    reason = f"needs the picture's size or a {missing}"
    assert agreement.score is None
    assert agreement.why_null == f"{schema.uid}: {reason}"
    assert (only(agreement).score, only(agreement).why_null, only(agreement).count_a) == (None, reason, 1)
    assert (
        score_labels([schema, WEATHER], label(*one["features"], *radio("sun")["features"]), one, size=None).score == 0
    )


# Nested questions

SHADE = feature("shade", "radio", options=("dark", "light"), parent_option="red")
COLOUR = feature("colour", "radio", options=("red", "blue"), questions=(SHADE,))
CAR_WITH_QUESTIONS = feature("car", "box", questions=(COLOUR, TAGS))


def car(value, *nested, id="car0"):
    return item("car", "box", value, *nested, id=id)


def test_nested_answers_by_hand():
    # Shapes 1/3. colour: both red, so 1 of its own, and shade (dark, light) 0 under it: (1 + 0) / 2 = 1/2.
    # tags: {a, b} and {a}: 1/2. Mean of the nested 1/2. The object: (1/3 + 1/2) / 2 = 5/12.
    a = label(
        car(
            [0, 0, 10, 10],
            item("colour", "radio", "red", item("shade", "radio", "dark")),
            item("tags", "checklist", ["b", "a"]),
        )
    )
    b = label(
        car(
            [5, 0, 15, 10],
            item("tags", "checklist", ["a"]),
            item("colour", "radio", "red", item("shade", "radio", "light")),
        )
    )
    agreement = score_labels([CAR_WITH_QUESTIONS], a, b, size=None)
    (found,) = only(agreement).objects
    assert agreement.score == pytest.approx(5 / 12)
    assert (found.geometry, found.nested, found.similarity) == pytest.approx((1 / 3, 1 / 2, 5 / 12))
    assert (found.error, found.note) == ("loose", "answers differ")


def test_answers_under_an_answer_count_only_when_both_chose_it():
    # colour red and blue: 0, whatever the shade under red says. The object: (1 + 0) / 2.
    a = label(car([0, 0, 10, 10], item("colour", "radio", "red", item("shade", "radio", "dark"))))
    b = label(car([0, 0, 10, 10], item("colour", "radio", "blue")))
    agreement = score_labels([CAR_WITH_QUESTIONS], a, b, size=None)
    assert agreement.score == pytest.approx(0.5)
    assert only(agreement).objects[0].error == "wrong_answer"
    # Both blue, and a shade that belongs under red: not asked, so colour is 1 and the object too.
    stray = label(car([0, 0, 10, 10], item("colour", "radio", "blue", item("shade", "radio", "dark"))))
    assert score([CAR_WITH_QUESTIONS], stray, b) == 1


def test_an_answer_under_a_checklist_counts_when_both_chose_its_option():
    size_of_a = feature("size", "radio", parent_option="a")
    tags = replace(TAGS, questions=(size_of_a,))
    small, large = (item("size", "radio", size) for size in ("small", "large"))

    def tagged(options, *nested):
        return label(item("tags", "checklist", options, *nested))

    # {a, b} and {a}: 1/2 of its own, 0 under it: 1/4.
    assert score([tags], tagged(["a", "b"], small), tagged(["a"], large)) == pytest.approx(1 / 4)
    # {b} on both sides: the question under a is closed.
    assert score([tags], tagged(["b"], small), tagged(["b"], large)) == 1


def test_one_side_answering_a_nested_question_counts_none_does_not():
    plain, red = label(car([0, 0, 10, 10])), label(car([0, 0, 10, 10], item("colour", "radio", "red")))
    assert score([CAR_WITH_QUESTIONS], plain, plain) == 1
    agreement = score_labels([CAR_WITH_QUESTIONS], red, plain, size=None)
    assert agreement.score == pytest.approx(0.5)
    assert only(agreement).objects[0].nested == 0


def test_a_required_nested_checklist_left_empty_adds_nothing_by_itself():
    asked = feature("car", "box", questions=(replace(TAGS, is_required=True), COLOUR))
    half = [label(car(value)) for value in ([0, 0, 10, 10], [5, 0, 15, 10])]
    assert score([asked], *half) == pytest.approx(1 / 3)
    # With another question answered it is one of the applicable: (0 + 1) / 2 beside shapes of 1.
    red = label(car([0, 0, 10, 10], item("colour", "radio", "red")))
    assert score([asked], red, label(car([0, 0, 10, 10]))) == pytest.approx(0.75)


def test_objects_in_one_place_are_matched_by_their_answers():
    def stack(*colours):
        return label(*(car([0, 0, 9, 9], item("colour", "radio", c), id=f"car{i}") for i, c in enumerate(colours)))

    agreement = score_labels([CAR_WITH_QUESTIONS], stack("red", "blue", "red"), stack("blue", "red", "red"), size=None)
    assert agreement.score == 1
    # The blue one goes to the blue one: 1, and (1 + 0) / 2 for red on amber.
    assert score([CAR_WITH_QUESTIONS], stack("red", "blue"), stack("blue", "amber")) == pytest.approx(0.75)
    # But not across places: the shape decides first.
    a = label(car([0, 0, 10, 10], item("colour", "radio", "red")), car([1, 0, 11, 10], item("colour", "radio", "blue")))
    b = label(car([0, 0, 10, 10], item("colour", "radio", "blue")), car([1, 0, 11, 10], item("colour", "radio", "red")))
    assert score([CAR_WITH_QUESTIONS], a, b) == pytest.approx(0.5)


def test_questions_under_a_top_level_answer():
    sky = feature("weather", "radio", questions=(feature("strength", "number", value_range=(0, 10)),))

    def answered(option, strength):
        return label(item("weather", "radio", option, item("strength", "number", strength)))

    found = only(score_labels([sky], answered("rain", 4), answered("rain", 9), size=None))
    assert found.score == pytest.approx((1 + 0.5) / 2)
    assert (found.objects[0].geometry, found.objects[0].nested, found.objects[0].error) == (1, 0.5, "wrong_answer")
    assert score([sky], answered("rain", 4), answered("sun", 4)) == 0


# Refusals


BAD = [
    (item("car", "box", [0, math.nan, 1, 1]), "a.features[1].value[1]"),
    (item("car", "box", [0, 0, 1, math.inf]), "a.features[1].value[3]"),
    (item("car", "box", [5, 0, 1, 1]), "a.features[1].value"),
    (item("car", "box", ["0", 0, 1, 1]), "a.features[1].value[0]"),
    (item("car", "box", None), "a.features[1].value"),
    (item("car", "polygon", [[0, 0]]), "a.features[1].kind"),
    (item("area", "polygon", {"rings": [[[0, 0], [1, math.nan]]]}), "a.features[1].value.rings[0][1][1]"),
    (item("lane", "polyline", [[0, 0], [-math.inf, 0]]), "a.features[1].value[1][0]"),
    (item("sign", "point", [0, False]), "a.features[1].value[1]"),
    (item("tags", "checklist", ["a", 1]), "a.features[1].value[1]"),
    (item("age", "number", math.nan), "a.features[1].value"),
    (item("weather", "radio", "rain"), "a.features[1]"),
    (item("car", "box", [0, 0, 1, 1], item("colour", "radio", 3)), "a.features[1].nested[0].value"),
    (
        item("car", "box", [0, 0, 1, 1], item("colour", "radio", "red"), item("colour", "radio", "red")),
        "a.features[1].nested[1]",
    ),
    (
        item("car", "box", [0, 0, 1, 1], item("colour", "radio", "red", item("shade", "text", "x"))),
        "a.features[1].nested[0].nested[0].kind",
    ),
    ("a box", "a.features[1]"),
    ({"kind": "box", "value": [0, 0, 1, 1]}, "a.features[1].feature"),
]


@pytest.mark.parametrize(("bad", "path"), BAD, ids=[path for _, path in BAD])
def test_malformed_values_are_refused_with_their_path(bad, path):
    schema = [CAR_WITH_QUESTIONS, AREA, LANE, SIGN, replace(TAGS, uid="other"), TAGS, feature("age", "number"), WEATHER]
    with pytest.raises(ValueError) as refusal:
        score_labels(schema, label(*radio("sun")["features"], bad), label(), size=(100, 100))
    assert str(refusal.value).startswith(f"{path}: ")


def test_the_path_says_which_of_the_two_labels():
    with pytest.raises(ValueError, match=r"^b\.features\[0\]\.value\[0\]: needs a finite number"):
        score_labels([CAR], boxes(), boxes([math.nan, 0, 1, 1]), size=None)


@pytest.mark.parametrize("size", [(0, 10), (-5, 5), (math.nan, 5), (10,)])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(ValueError, match=r"^size"):
        score_labels([CAR], boxes(), boxes(), size=size)


def test_features_must_be_a_list():
    with pytest.raises(ValueError, match=r"^a\.features"):
        score_labels([CAR], {"features": "car"}, label(), size=None)


# Schema


def test_features_are_found_by_uid_at_any_depth():
    assert list(features_by_uid([CAR_WITH_QUESTIONS, WEATHER])) == ["car", "colour", "shade", "tags", "weather"]
    assert feature_with_uid([CAR_WITH_QUESTIONS], "shade") is SHADE
    assert feature_with_uid([CAR_WITH_QUESTIONS], "Shade") is None


def test_a_uid_stands_once():
    with pytest.raises(ValueError, match=r"^shade"):
        features_by_uid([CAR_WITH_QUESTIONS, SHADE])
    with pytest.raises(ValueError, match="twice in the ontology"):
        score_labels([CAR, CAR], boxes(), boxes(), size=None)


@pytest.mark.parametrize("bad", [{"value_range": (2, 1)}, {"tolerance": -1}, {"sigma": 0}, {"sigma": math.nan}])
def test_impossible_schemas_are_refused(bad):
    with pytest.raises(ValueError, match=f"^f.{next(iter(bad))}"):
        FeatureSchema("f", "F", "number", **bad)
