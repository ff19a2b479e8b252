"""Labels in a file: what is read, what is left out, and the object that comes out."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.score_file.questions import KINDS
from quality.agreement.score_file.result import score_lines
from tests.quality.agreement.shorthand import item

ONTOLOGY = {
    "ontology": [
        {"feature": "car", "kind": "box"},
        {"feature": "weather", "kind": "radio", "options": ["sun", "rain"]},
        {"feature": "grade", "kind": "ordinal", "options": ["1", "2", "3"]},
        {"feature": "age", "kind": "number", "range": [0, 120], "tolerance": 0},
    ]
}


def line(asset, labeler, *features, **more):
    return {"asset": asset, "labeler": labeler, "features": list(features)} | more


def car(*box, nested=(), **more):
    return item("car", "box", list(box), *nested) | more


def weather(option):
    return item("weather", "radio", option)


def scored(*lines):
    return score_lines(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)


def result(*lines):
    found, faults = scored(*lines)
    assert faults == []
    return found


def faults_of(*lines):
    found, faults = scored(*lines)
    assert found["project"]["n_lines_left_out"] == len(faults)
    return [str(fault) for fault in faults]


# The result


FOUR_LINES = (
    ONTOLOGY,
    line("img-1", "ada", car(0, 0, 10, 10), weather("sun"), width=640, height=480, seconds=30),
    line("img-1", "leo", car(5, 0, 15, 10), weather("sun"), seconds=40.5),
    line("img-1", "mia", weather("rain")),
    line("img-1", "gold", car(0, 0, 10, 10), weather("sun"), is_benchmark=True),
)


def test_an_asset_with_three_labels_and_gold():
    asset = result(*FOUR_LINES)["assets"]["img-1"]
    # ada and leo: car 1/3, weather 1. With mia: car 0, weather 0.
    assert [(pair["a"], pair["b"], pair["score"]) for pair in asset["pairs"]] == [
        ("ada", "leo", pytest.approx(2 / 3)),
        ("ada", "mia", 0),
        ("leo", "mia", 0),
    ]
    assert asset["pairs"][0]["features"] == {"car": pytest.approx(1 / 3), "weather": 1}
    assert (asset["n"], asset["consensus"]) == (3, pytest.approx(2 / 9))
    assert asset["vote_share"] == {"weather": pytest.approx(2 / 3)}
    assert asset["benchmark"] == {"ada": 1, "leo": pytest.approx(2 / 3), "mia": 0}
    assert (asset["winner"], asset["status"]) == (None, "tie")
    assert 0 < asset["ambiguity"] < 1


def test_labelers_features_and_project():
    found = result(*FOUR_LINES, line("img-2", "ada", weather("sun")), line("img-2", "mia", weather("sun")))
    ada, leo = found["labelers"]["ada"], found["labelers"]["leo"]
    assert set(found["labelers"]) == {"ada", "leo", "mia"}
    # Means of her labels: (2/3 + 0) / 2 on img-1 and 1 on img-2, each asset once.
    assert (ada["n"], ada["consensus"]) == (2, pytest.approx((1 / 3 + 1) / 2))
    assert (ada["benchmark"], ada["lower"], ada["upper"]) == (1, pytest.approx(0.146746, abs=1e-6), 1)
    assert (ada["seconds_median"], leo["seconds_median"]) == (30, 40.5)
    assert (leo["lower"], leo["upper"]) == (None, None)
    assert leo["why_null"] == "lower: under two scores; upper: under two scores"
    assert found["labelers"]["mia"]["seconds_median"] is None
    car_, weather_ = found["features"]["car"], found["features"]["weather"]
    assert (car_["n"], car_["agreement"]) == (1, pytest.approx(1 / 9))
    assert (weather_["n"], weather_["agreement"]) == (2, pytest.approx((1 / 3 + 1) / 2))
    assert (found["features"]["age"]["agreement"], found["features"]["age"]["n"]) == (None, 0)
    assert found["features"]["age"]["why_null"]
    project = found["project"]
    assert (project["n_assets"], project["n_scored"], project["n_labels"]) == (2, 2, 5)
    assert project["consensus"] == pytest.approx((2 / 9 + 1) / 2)
    assert (found["method"]["name"], found["method"]["version"]) == ("union mean", 1)


def test_one_label_has_no_consensus():
    found = result(line("a", "ada", weather("sun")))
    assert (found["assets"]["a"]["consensus"], found["assets"]["a"]["why_null"]) == (None, "needs another label")
    assert found["project"]["n_scored"] == 0
    assert "no asset has two labels" in found["project"]["why_null"]


def test_an_empty_file():
    found = result()
    assert (found["assets"], found["labelers"], found["features"]) == ({}, {}, {})
    assert found["project"]["consensus"] is None


def test_two_wholly_empty_labels_are_flagged():
    pair = result(line("a", "ada"), line("a", "leo"))["assets"]["a"]["pairs"][0]
    assert (pair["score"], pair["is_empty"]) == (1, True)


def test_skips():
    skip = [{"asset": "a", "labeler": name, "skipped": True} for name in ("ada", "leo")]
    found = result(*skip, line("a", "mia", weather("sun")))["assets"]["a"]
    assert [(pair["score"], pair.get("skipped")) for pair in found["pairs"]] == [
        (1, ["ada", "leo"]),
        (0, ["ada"]),
        (0, ["leo"]),
    ]


def test_a_feature_that_cannot_be_scored_says_why():
    sign = item("sign", "point", [1, 1])
    found = result(line("a", "ada", sign), line("a", "leo", sign))
    pair = found["assets"]["a"]["pairs"][0]
    assert (pair["score"], pair["features"]) == (None, {"sign": None})
    assert pair["why_null"] == "sign: needs the picture's size or a sigma"
    assert found["assets"]["a"]["why_null"] == "no pair of labels could be scored"
    assert found["features"]["sign"]["why_null"] == "needs the picture's size or a sigma"
    given_sigma = {"ontology": [{"feature": "sign", "kind": "point", "sigma": 4}]}
    assert result(given_sigma, line("a", "ada", sign), line("a", "leo", sign))["assets"]["a"]["consensus"] == 1
    sized = line("a", "ada", sign, width=10, height=10)
    assert result(sized, line("a", "leo", sign))["assets"]["a"]["consensus"] == 1


def test_of_several_lines_of_a_labeler_the_last_counts():
    lines = [line("a", "ada", weather(option)) for option in ("rain", "sun")]
    found = result(*lines, line("a", "leo", weather("sun")))
    assert (found["assets"]["a"]["n"], found["assets"]["a"]["consensus"]) == (2, 1)


def test_nobody_is_compared_with_own_gold():
    gold = [line("a", name, weather("sun"), is_benchmark=True) for name in ("ada", "eve")]
    found = result(*gold, line("a", "ada", weather("rain")), line("a", "leo", weather("sun")))
    assert found["assets"]["a"]["benchmark"] == {"ada": 0, "leo": 1}
    assert result(gold[0], line("a", "ada", weather("rain")))["assets"]["a"]["benchmark"] == {}


def test_numbers_as_names_join_as_texts():
    found = result(line(7, 1, weather("sun")), line("7", "2", weather("sun")))
    assert found["assets"]["7"]["consensus"] == 1
    assert set(found["labelers"]) == {"1", "2"}


def test_what_the_first_line_does_not_name_is_found_in_the_labels():
    colour = [item("colour", "radio", "red")]
    found = result(
        ONTOLOGY,
        line("a", "ada", car(0, 0, 9, 9, nested=colour, id="o1"), car(20, 0, 29, 9, id="o2"))
        | {"relations": [{"type": "behind", "from": "o1", "to": "o2"}]},
        line("a", "leo", car(0, 0, 9, 9, id="x1"), car(20, 0, 29, 9, id="x2"), item("name", "text", "x"))
        | {"relations": [{"type": "behind", "from": "x1", "to": "x2"}]},
    )
    assert found["assets"]["a"]["pairs"][0]["features"] == {"car": pytest.approx(0.75), "name": 0, "behind": 1}
    assert found["features"]["behind"]["kind"] == "relation"


def test_nested_questions_of_the_first_line():
    shade = {"feature": "shade", "kind": "ordinal", "options": ["dark", "mid", "light"], "option": "red"}
    colour = {"feature": "colour", "kind": "radio", "nested": [shade]}
    first = {"ontology": [{"feature": "car", "kind": "box", "nested": [colour]}]}

    def shaded(option):
        return car(0, 0, 9, 9, nested=[item("colour", "radio", "red", item("shade", "ordinal", option))])

    found = result(first, line("a", "ada", shaded("dark")), line("a", "leo", shaded("mid")))
    # shade 1/2, colour (1 + 1/2) / 2, car (1 + 3/4) / 2.
    assert found["assets"]["a"]["consensus"] == pytest.approx(0.875)


def test_the_object_score_may_be_chosen():
    lines = line("a", "ada", car(0, 0, 10, 10)), line("a", "leo", car(4, 0, 14, 10))
    found = result(ONTOLOGY | {"settings": {"object_score": "f1_50"}}, *lines)
    assert found["assets"]["a"]["consensus"] == 0
    assert found["method"]["name"] == "F1 at 0.5"
    assert found["method"]["settings"]["object_score"] == "f1_50"


def test_settings_are_repeated_with_their_defaults():
    assert result()["method"]["settings"] == {
        "object_score": "union_mean",
        "truth": "default",
        "coefficients": [],
        "bootstrap": {"draws": 2000, "seed": 1},
    }
    asked = {"truth": "majority", "coefficients": ["fleiss", "icc", "fleiss"], "bootstrap": {"draws": 10, "seed": 7}}
    found = result({"settings": asked})["method"]["settings"]
    assert found == asked | {"object_score": "union_mean", "coefficients": ["fleiss", "icc"]}


# Beyond chance, truth, and merged objects


def crowd(count):
    """Three labelers, of whom mia errs on every fourth asset."""
    lines = []
    for index in range(count):
        option, x = ("sun", "rain")[index % 2], 5 * (index % 3)
        other = ("rain", "sun")[index % 2] if index % 4 == 0 else option
        for who, answer in (("ada", option), ("leo", option), ("mia", other)):
            lines.append(line(f"a{index}", who, weather(answer), car(x, 0, x + 10, 10 + (who == "mia"))))
    return lines


def test_agreement_beyond_chance():
    found = result({"settings": {"coefficients": ["fleiss", "cohen"]}}, *crowd(12))
    weather_, car_ = found["features"]["weather"], found["features"]["car"]
    assert weather_["metric"] == "nominal"
    # 15 sun and 21 rain, three assets with 2 against 1: Do = 3 · 4/2 / 36 and De = 2 · 15 · 21 / (36 · 35).
    assert weather_["alpha"] == pytest.approx(1 - (1 / 6) / (1 / 2))
    assert weather_["alpha_low"] < weather_["alpha"] < weather_["alpha_high"]
    assert weather_["coefficients"]["fleiss"] == pytest.approx(1 - (1 / 6) / (1 - (15**2 + 21**2) / 36**2))
    assert weather_["coefficients"]["cohen"] is None
    assert weather_["why_no_coefficient"] == {"cohen": "Cohen's kappa is of two raters, not of 3"}
    assert (car_["metric"], 0 < car_["alpha"] < 1, 0 <= car_["sigma"] <= 1) == ("1 - score", True, True)
    assert "ac1" in weather_
    assert "ac1" not in car_
    project = found["project"]
    assert project["alpha_low"] < project["alpha"] < project["alpha_high"]


def test_under_ten_assets_the_project_has_no_alpha_and_features_no_interval():
    found = result(*crowd(8))
    assert (found["project"]["alpha"], found["project"]["why_null"]) == (None, "alpha: fewer than 10 units")
    weather_ = found["features"]["weather"]
    assert (weather_["alpha_low"], weather_["why_no_interval"]) == (None, "fewer than 10 units")
    same = result(*[line(f"a{index}", who, weather("sun")) for index in range(12) for who in ("ada", "leo")])
    assert (same["features"]["weather"]["alpha"], same["features"]["weather"]["why_no_alpha"]) == (None, "no variation")
    assert same["project"]["why_null"] == "alpha: no variation"


def test_the_alpha_of_a_project_with_one_feature_is_that_of_the_feature():
    lines = [one | {"features": one["features"][:1]} for one in crowd(12)]
    found = result(*lines)
    assert found["project"]["alpha"] == found["features"]["weather"]["alpha"]
    assert found["project"]["metric"] == "nominal"


def test_answers_of_every_kind_of_question():
    def answered(who, option, tags, age, name):
        tag, number, text = item("tags", "checklist", tags), item("age", "number", age), item("name", "text", name)
        return line("a", who, weather(option), tag, number, text)

    answers = result(
        ONTOLOGY,
        answered("ada", "sun", ["a", "b"], 30, "house"),
        answered("leo", "sun", ["a"], 33, "hous"),
        answered("mia", "rain", ["c"], 90, "mouse"),
    )["assets"]["a"]["answers"]
    assert answers["weather"] == {
        "value": "sun",
        "posterior": pytest.approx(2 / 3),
        "posteriors": {"sun": pytest.approx(2 / 3), "rain": pytest.approx(1 / 3)},
        "status": "decided",
    }
    assert (answers["tags"]["value"], answers["tags"]["posteriors"]["b"]) == (["a"], pytest.approx(1 / 3))
    assert (answers["age"]["value"], answers["age"]["outliers"]) == (pytest.approx(51), ["mia"])
    assert (answers["name"]["value"], answers["name"]["status"]) == ("house", "decided")


def test_a_tie_has_no_answer():
    found = result(line("a", "ada", weather("sun")), line("a", "leo", weather("rain")))["assets"]["a"]["answers"]
    assert (found["weather"]["value"], found["weather"]["status"]) == (None, "tie")


def test_every_line_of_a_labeler_counts_for_the_truth():
    lines = [line("a", "ada", weather(option)) for option in ("sun", "sun", "rain")]
    answer = result(*lines, line("a", "leo", weather("rain")))["assets"]["a"]["answers"]["weather"]
    assert (answer["value"], answer["posteriors"]["sun"]) == (None, 0.5)


def test_merged_objects_of_every_kind():
    square = [[0, 0], [10, 0], [10, 10], [0, 10]]

    def drawn(who, shift):
        return line(
            "a",
            who,
            car(shift, 0, 10 + shift, 10),
            item("area", "polygon", square),
            item("lane", "polyline", [[0, shift], [50, shift]]),
            item("sign", "point", [20 + shift, 20]),
            item("drug", "span", [shift, 9]),
            width=640,
            height=480,
        )

    skip = {"asset": "a", "labeler": "kim", "skipped": True}
    only_mia = car(300, 300, 310, 310)
    lines = [drawn("ada", 0), drawn("leo", 1), drawn("mia", 2), skip]
    lines[2]["features"].append(only_mia)
    merged = result(*lines)["assets"]["a"]["merged"]
    assert merged["car"] == [
        {"value": [1, 0, 11, 10], "support": 3, "of": 3, "uncertain": False},
        {"value": [300, 300, 310, 310], "support": 1, "of": 3, "uncertain": True},
    ]
    ((polygon,), (lane,), (sign,), (drug,)) = (merged[uid] for uid in ("area", "lane", "sign", "drug"))
    assert sorted(polygon["value"]) == sorted(square)
    # All three lines are within the tolerance of each other.
    assert (lane["value"], sign["value"]) == ([[0, 0], [50, 0]], [pytest.approx(21), pytest.approx(20)])
    assert (drug["value"], drug["support"]) == ([1, 9], 3)


def test_points_without_a_scale_are_not_merged():
    found = result(line("a", "ada", item("sign", "point", [1, 1])), line("a", "leo", item("sign", "point", [1, 1])))
    assert found["assets"]["a"]["merged"] == {}


def test_the_result_can_be_written_down():
    found = result(ONTOLOGY, *crowd(12), {"asset": "b", "labeler": "ada", "skipped": True})
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_byte_order_mark_and_empty_lines_are_nothing():
    lines = b"\xef\xbb\xbf" + json.dumps(line("a", "ada", weather("sun"))).encode(), b"\n", b"  \r\n"
    assert result(*lines)["project"]["n_labels"] == 1


# What is left out


GOOD = line("a", "leo", weather("sun"))
BAD = [
    (b"{", "line 2: is not JSON: "),
    (b"\xff\xfe", "line 2: is not JSON: "),
    (b"[" * 100_000, "line 2: is not JSON: "),
    (b"[1]", "line 2: needs a JSON object"),
    (line("", "ada"), "line 2: asset: needs a name"),
    (line(None, "ada"), "line 2: asset: needs a name"),
    (line("a", True), "line 2: labeler: needs a name"),
    ({"asset": "a", "labeler": "ada"}, "line 2: features: "),
    (line("a", "ada", is_benchmark=1), "line 2: is_benchmark: "),
    (line("a", "ada", seconds=-1), "line 2: seconds: "),
    (line("a", "ada", seconds=math.nan), "line 2: seconds: "),
    (line("a", "ada", width=0, height=5), "line 2: size: "),
    (line("a", "ada", width=-5, height=5), "line 2: size: "),
    (line("a", "ada", width=5), "line 2: height: "),
    (line("a", "ada", car(0, math.nan, 1, 1)), "line 2: features[0].value[1]: "),
    (line("a", "ada", car(5, 0, 1, 1)), "line 2: features[0].value: "),
    (line("a", "ada", item("car", "polygon", [[0, 0]])), "line 2: features[0].kind: car is a box, not a polygon"),
    (line("a", "ada", item("crate", "cuboid", [1])), "line 2: features[0].kind: unknown kind 'cuboid'"),
    (line("a", "ada", item("crate", None, [1])), "line 2: features[0].kind: crate needs a kind"),
    (line("a", "ada", item("rank", "ordinal", "1")), "line 2: features[0].kind: the first line must give the options"),
    (line("a", "ada", item("grade", "ordinal", "9")), "line 2: features[0].value: '9' is none of the options"),
    (line("a", "ada", weather("sun"), weather("sun")), "line 2: features[1]: weather is answered twice"),
    (line("a", "ada", car(0, 0, 1, 1, nested=[item("x", "cuboid", 1)])), "line 2: features[0].nested[0].kind: "),
    (line("a", "ada", "car"), "line 2: features[0]: "),
    (line("a", "ada", {"kind": "box"}), "line 2: features[0].feature: "),
    (line("a", "ada") | {"features": "car"}, "line 2: features: "),
    (line("a", "ada") | {"relations": "x"}, "line 2: relations: "),
    (line("a", "ada") | {"relations": [{"type": "behind", "from": "o1", "to": "o2"}]}, "line 2: relations[0].from: "),
    (line("a", "ada") | {"relations": [{"type": "car", "from": "o1", "to": "o2"}]}, "line 2: relations[0].type: "),
    (line("a", "ada", weather("sun"), skipped=True), "line 2: skipped: "),
    (ONTOLOGY, "line 2: ontology and settings stand on the first line"),
    (
        line("a", "ada", item("sky", "mask", {"size": [2, 2], "counts": [3]})),
        "line 2: features[0].value.counts: ",
    ),
]


@pytest.mark.parametrize(("bad", "expected"), BAD, ids=[expected for _, expected in BAD])
def test_a_bad_line_is_left_out_and_the_rest_is_scored(bad, expected):
    found, faults = scored(ONTOLOGY, bad, GOOD, line("a", "mia", weather("sun")))
    assert [str(fault)[: len(expected)] for fault in faults] == [expected]
    assert (found["assets"]["a"]["n"], found["assets"]["a"]["consensus"]) == (2, 1)
    assert found["project"]["n_lines_left_out"] == 1


BAD_FIRST = [
    ({"ontology": {}}, "ontology: "),
    ({"ontology": ["car"]}, "ontology[0]: "),
    ({"ontology": [{"kind": "box"}]}, "ontology[0].feature: "),
    ({"ontology": [{"feature": "car", "kind": "cuboid"}]}, "ontology[0].kind: unknown kind 'cuboid'"),
    ({"ontology": [{"feature": "car", "kind": "box"}] * 2}, "ontology[1].feature: car stands twice"),
    ({"ontology": [{"feature": "g", "kind": "ordinal"}]}, "ontology[0]: g.options: "),
    ({"ontology": [{"feature": "g", "kind": "radio", "options": ["a", "a"]}]}, "ontology[0].options: "),
    ({"ontology": [{"feature": "g", "kind": "radio", "options": [1]}]}, "ontology[0].options[0]: "),
    ({"ontology": [{"feature": "n", "kind": "number", "range": [5, 1]}]}, "ontology[0]: n.value_range: "),
    ({"ontology": [{"feature": "n", "kind": "number", "range": [5]}]}, "ontology[0].range: "),
    ({"ontology": [{"feature": "p", "kind": "point", "sigma": math.nan}]}, "ontology[0].sigma: "),
    ({"ontology": [{"feature": "p", "kind": "point", "required": 1}]}, "ontology[0].required: "),
    (
        {"ontology": [{"feature": "c", "kind": "box", "nested": [{"feature": "d", "kind": "box"}]}]},
        "ontology[0].nested",
    ),
    ({"settings": []}, "settings: "),
    ({"settings": {"speed": 3}}, "settings.speed: "),
    ({"settings": {"object_score": "iou"}}, "settings.object_score: "),
    ({"settings": {"object_score": ["pq"]}}, "settings.object_score: "),
    ({"settings": {"truth": "vote"}}, "settings.truth: one of default, ds_ml, majority, skill_weighted"),
    ({"settings": {"coefficients": "fleiss"}}, "settings.coefficients: "),
    ({"settings": {"coefficients": ["fleiss", "pi"]}}, "settings.coefficients[1]: "),
    ({"settings": {"bootstrap": 5}}, "settings.bootstrap: "),
    ({"settings": {"bootstrap": {"draws": -1}}}, "settings.bootstrap.draws: "),
    ({"settings": {"bootstrap": {"draws": 1.5}}}, "settings.bootstrap.draws: "),
    ({"settings": {"bootstrap": {"seed": math.inf}}}, "settings.bootstrap.seed: "),
    ({"settings": {"bootstrap": {"times": 1}}}, "settings.bootstrap.times: "),
]


@pytest.mark.parametrize(("first", "expected"), BAD_FIRST, ids=[expected for _, expected in BAD_FIRST])
def test_a_bad_first_line_is_left_out_with_its_path(first, expected):
    (fault,) = faults_of(b"\n", first, GOOD)
    assert fault.startswith(f"line 2: {expected}")


def mask(height, width):
    return item("sky", "mask", {"size": [height, width], "counts": [0, height * width]})


def test_lines_that_give_another_size_than_most_are_left_out():
    lines = [line("a", name, weather("sun"), width=640, height=480) for name in ("ada", "leo")]
    other = line("a", "mia", weather("sun"), width=64, height=48)
    assert faults_of(*lines, other) == [
        "line 3: width: 64 x 48 pixels, where most lines of this asset say 640 x 480 pixels"
    ]
    assert faults_of(other, *lines)[0].startswith("line 1: width: ")
    assert len(faults_of(lines[0], other, line("a", "kim", weather("sun")))) == 2


def test_masks_of_another_size_are_left_out():
    lines = [line("a", name, mask(2, 3)) for name in ("ada", "leo")]
    (fault,) = faults_of(*lines, line("a", "mia", mask(3, 2)))
    assert fault.startswith("line 3: features[0].value.size: 2 x 3 pixels, where most lines")
    (fault,) = faults_of(*lines, line("a", "mia", mask(3, 3), width=3, height=3), line("b", "mia", mask(9, 9)))[:1]
    assert fault == "line 1: features[0].value.size: 2 x 3 pixels, where the picture has 3 x 3"


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-3, 2**70)
    | st.sampled_from(["", "car", "box", "radio", "o1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["feature", "kind", "value", "nested", "id", "type", "from", "to", "size", "counts", "rings"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
of_some_kind = st.fixed_dictionaries(
    {
        "feature": st.sampled_from(["car", "x", "y"]),
        "kind": st.sampled_from([*sorted(KINDS), "cuboid"]) | anything,
        "value": anything,
    },
    optional={"id": st.sampled_from(["o1", "o2"]) | anything, "nested": anything, "area": anything},
)
edges = st.fixed_dictionaries({"type": st.sampled_from(["x", "behind"]), "from": st.just("o1"), "to": st.just("o2")})
any_line = st.fixed_dictionaries(
    {"asset": st.sampled_from("ab"), "labeler": st.sampled_from(["ada", "leo"])},
    optional={
        "features": st.lists(of_some_kind | anything, max_size=3) | anything,
        "relations": st.lists(edges | anything, max_size=2) | anything,
        "skipped": st.booleans() | anything,
        "is_benchmark": st.booleans() | anything,
        "width": st.integers(-1, 20) | anything,
        "height": st.integers(-1, 20) | anything,
        "seconds": anything,
    },
)
any_first = st.fixed_dictionaries(
    {},
    optional={
        "ontology": st.lists(of_some_kind.map(lambda one: one | {"options": one.pop("value")}), max_size=3) | anything,
        "settings": st.fixed_dictionaries({"bootstrap": st.just({"draws": 5})}, optional={"truth": anything})
        | anything,
    },
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(first=any_first, lines=st.lists(any_line, max_size=5))
def test_whatever_stands_in_a_file_is_scored_or_left_out(first, lines):
    found, faults = scored(first, *lines)
    json.dumps(found, allow_nan=False)
    assert all(str(fault) for fault in faults)
    assert found["project"]["n_lines_left_out"] <= 1 + len(lines)


# What has no effect


boxes = st.tuples(*[st.integers(0, 9)] * 4).map(lambda v: car(v[0], v[1], v[0] + v[2], v[1] + v[3]))
grades = st.sampled_from("123").map(lambda option: [item("grade", "ordinal", option)])
options = st.sampled_from(["sun", "rain"]).map(lambda option: [weather(option)])
labels = st.tuples(st.lists(boxes, max_size=3), st.just([]) | grades, st.just([]) | options).map(
    lambda parts: [*parts[0], *parts[1], *parts[2]]
)
files = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["ada", "gold", "leo", "mia"])), labels, min_size=2
)


def lines_of(found, *, renamed=lambda name: name, factor=1):
    def stretched(feature):
        return (
            feature | {"value": [part * factor for part in feature["value"]]} if feature["kind"] == "box" else feature
        )

    return [
        line(
            renamed(asset),
            renamed(labeler),
            *map(stretched, features),
            is_benchmark=labeler == "gold",
            width=12 * factor,
            height=12 * factor,
        )
        for (asset, labeler), features in found.items()
    ]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(found=files, data=st.data())
def test_the_order_of_lines_has_no_effect(found, data):
    lines = lines_of(found)
    assert result(ONTOLOGY, *data.draw(st.permutations(lines))) == result(ONTOLOGY, *lines)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(found=files, data=st.data())
def test_the_names_of_assets_and_labelers_have_no_effect(found, data):
    names = ["a", "b", "c", "ada", "gold", "leo", "mia"]
    new = dict(zip(names, data.draw(st.permutations(names)), strict=True))
    before, after = result(ONTOLOGY, *lines_of(found)), result(ONTOLOGY, *lines_of(found, renamed=new.get))
    assert after["project"] == pytest.approx(before["project"])
    for key in ("consensus", "benchmark", "lower", "upper"):
        assert {new[name]: pytest.approx(one[key]) for name, one in before["labelers"].items()} == {
            name: one[key] for name, one in after["labelers"].items()
        }
    assert {uid: pytest.approx(one["agreement"]) for uid, one in before["features"].items()} == {
        uid: one["agreement"] for uid, one in after["features"].items()
    }


def scores_in(found):
    return (
        {name: (one["consensus"], one["ambiguity"], one["benchmark"]) for name, one in found["assets"].items()},
        {
            name: {uid: answer["value"] for uid, answer in one["answers"].items()}
            for name, one in found["assets"].items()
        },
        {name: (one["consensus"], one["benchmark"], one["lower"]) for name, one in found["labelers"].items()},
        {uid: (one["agreement"], one["alpha"]) for uid, one in found["features"].items() if one["n"]},
        found["project"]["consensus"],
    )


@settings(derandomize=True, max_examples=60, deadline=None)
@given(found=files)
def test_a_feature_that_is_empty_everywhere_changes_nothing(found):
    more = {"ontology": [*ONTOLOGY["ontology"], {"feature": "x", "kind": "polygon"}, {"feature": "y", "kind": "radio"}]}
    assert scores_in(result(more, *lines_of(found))) == scores_in(result(ONTOLOGY, *lines_of(found)))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(found=files, factor=st.sampled_from([0.5, 8, 1000]))
def test_scaling_pictures_changes_nothing(found, factor):
    assert scores_in(result(ONTOLOGY, *lines_of(found, factor=factor))) == scores_in(result(ONTOLOGY, *lines_of(found)))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(found=files)
def test_the_order_of_the_ontology_and_its_options_has_no_effect(found):
    swapped = [one | {"options": ["rain", "sun"]} if one["kind"] == "radio" else one for one in ONTOLOGY["ontology"]]
    again = result({"ontology": swapped[::-1]}, *lines_of(found))
    assert scores_in(again) == scores_in(result(ONTOLOGY, *lines_of(found)))
