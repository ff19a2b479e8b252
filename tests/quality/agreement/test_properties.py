"""What must hold for any labels: order, direction, scale and identity."""

import math
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.labels import score_labels
from quality.agreement.measures import MEASURES
from quality.agreement.rows import score_row
from tests.quality.agreement.shorthand import feature, item, label

SIZE = (64, 48)
COLOUR = feature("colour", "radio", options=("red", "blue"))
SCHEMA = [
    feature("car", "box", questions=(COLOUR,)),
    feature("truck", "box"),
    feature("area", "polygon"),
    feature("lane", "polyline"),
    feature("sign", "point"),
    feature("ship", "rotated_box"),
    feature("hand", "keypoints"),
    feature("drug", "span"),
    feature("grade", "ordinal", options=("1", "2", "3")),
    feature("weather", "radio", options=("sun", "rain", "snow")),
    feature("tags", "checklist", options=("a", "b", "c")),
    feature("name", "text"),
    feature("age", "number", value_range=(0, 10)),
]
SHAPES = {
    **{"car": "box", "truck": "box", "area": "polygon", "lane": "polyline", "sign": "point"},
    **{"ship": "rotated_box", "hand": "keypoints", "drug": "span", "sky": "mask"},
}

x, y = st.integers(-8, 72), st.integers(-8, 56)
vertex = st.tuples(x, y).map(list)
box = st.tuples(x, y, st.integers(0, 30), st.integers(0, 30)).map(lambda v: [v[0], v[1], v[0] + v[2], v[1] + v[3]])
outline = st.lists(vertex, min_size=1, max_size=6)
colours = st.sampled_from(["red", "blue"]).map(lambda colour: [item("colour", "radio", colour)])
cars = st.tuples(box, st.just([]) | colours).map(lambda pair: item("car", "box", pair[0], *pair[1]))
turned = st.tuples(x, y, st.integers(0, 30), st.integers(0, 30), st.sampled_from([0, 15, 45, 90, 200])).map(list)
joints = st.lists(st.tuples(x, y, st.integers(0, 2)).map(list), min_size=1, max_size=4)
places = st.tuples(st.integers(0, 20), st.integers(0, 9)).map(lambda v: [v[0], v[0] + v[1]])
objects = st.one_of(
    cars,
    box.map(lambda value: item("truck", "box", value)),
    outline.map(lambda value: item("area", "polygon", value)),
    outline.map(lambda value: item("lane", "polyline", value)),
    vertex.map(lambda value: item("sign", "point", value)),
    turned.map(lambda value: item("ship", "rotated_box", value)),
    joints.map(lambda value: item("hand", "keypoints", value)),
    places.map(lambda value: item("drug", "span", value)),
)
questions = st.fixed_dictionaries(
    {},
    optional={
        "weather": st.sampled_from(["sun", "rain", "snow"]).map(lambda v: item("weather", "radio", v)),
        "grade": st.sampled_from(["1", "2", "3"]).map(lambda v: item("grade", "ordinal", v)),
        "tags": st.lists(st.sampled_from("abc")).map(lambda v: item("tags", "checklist", v)),
        "name": st.text("ab \u0301", max_size=5).map(lambda v: item("name", "text", v)),
        "age": st.integers(0, 12).map(lambda v: item("age", "number", v)),
    },
).map(lambda found: list(found.values()))
labels = st.tuples(st.lists(objects, max_size=6), questions).map(lambda parts: label(*parts[0], *parts[1]))

checked = settings(derandomize=True, max_examples=120, deadline=None)


def score(a, b, size=SIZE):
    return score_labels(SCHEMA, a, b, size=size).score


def scaled(one, factor):
    def stretch(kind, value):
        if kind == "span" or kind not in SHAPES.values():
            return value
        if kind == "rotated_box":
            return [*(part * factor for part in value[:4]), value[4]]
        if kind == "keypoints":
            return [[px * factor, py * factor, seen] for px, py, seen in value]
        return [stretch(kind, part) for part in value] if isinstance(value, list) else value * factor

    return label(*(i | {"value": stretch(i["kind"], i["value"])} for i in one["features"]))


@checked
@given(a=labels, b=labels)
def test_scores_lie_in_the_range_and_are_symmetric(a, b):
    found, back = score_labels(SCHEMA, a, b, size=SIZE), score_labels(SCHEMA, b, a, size=SIZE)
    assert 0 <= found.score <= 1
    assert 0 <= found.object_weighted <= 1
    assert back.score == pytest.approx(found.score, abs=1e-9)
    assert back.object_weighted == pytest.approx(found.object_weighted, abs=1e-9)
    for one, other in zip(found.features, back.features, strict=True):
        assert (one.feature, one.count_a, one.count_b) == (other.feature, other.count_b, other.count_a)
        assert other.score == pytest.approx(one.score, abs=1e-9)


@checked
@given(one=labels)
def test_a_label_agrees_with_itself(one):
    assert score(one, one) == pytest.approx(1, abs=1e-9)


@checked
@given(a=labels, b=labels, data=st.data())
def test_the_order_of_objects_and_features_has_no_effect(a, b, data):
    shuffled = label(*data.draw(st.permutations(a["features"])))
    schema = data.draw(st.permutations(SCHEMA))
    assert score_labels(schema, shuffled, b, size=SIZE).score == pytest.approx(score(a, b), abs=1e-9)


@checked
@given(
    a=labels, b=labels, kind=st.sampled_from([*sorted(MEASURES), "radio", "checklist", "text", "number", "relation"])
)
def test_a_feature_that_is_empty_everywhere_changes_nothing(a, b, kind):
    schema = [*SCHEMA, feature("unused", kind)]
    assert score_labels(schema, a, b, size=SIZE).score == score(a, b)


@checked
@given(a=labels, b=labels, data=st.data())
def test_the_order_and_the_names_of_options_have_no_effect(a, b, data):
    def renamed(one):
        if isinstance(one, dict):
            return {
                key: renamed(value) if key in ("value", "nested", "features") else value for key, value in one.items()
            }
        return [renamed(part) for part in one] if isinstance(one, list) else new.get(one, one)

    options = ["sun", "rain", "snow", "a", "b", "c", "red", "blue"]
    new = dict(zip(options, data.draw(st.permutations([f"{option}!" for option in options])), strict=True))
    # A text answer is no option: its letters stay.
    keep = [uid for uid in (f.uid for f in SCHEMA) if uid != "name"]
    a, b = (label(*(i for i in one["features"] if i["feature"] in keep)) for one in (a, b))
    schema = [
        replace(f, options=tuple(data.draw(st.permutations([new.get(o, o) for o in f.options]))))
        if f.kind in ("radio", "checklist")
        else f
        for f in SCHEMA
    ]
    assert score_labels(schema, renamed(a), renamed(b), size=SIZE).score == pytest.approx(score(a, b), abs=1e-9)


MASKS = [feature("sky", "mask"), feature("sea", "mask")]
masks = st.lists(
    st.tuples(st.sampled_from(["sky", "sea"]), st.integers(0, 9), st.integers(0, 9)).map(
        lambda v: item(v[0], "mask", {"size": [4, 5], "counts": [v[1], v[2], 20 - v[1] - v[2]]})
    ),
    max_size=5,
).map(lambda found: label(*found))


@checked
@given(a=masks, b=masks, data=st.data())
def test_masks_are_symmetric_and_without_order(a, b, data):
    found = score_labels(MASKS, a, b, size=(5, 4)).score
    shuffled = label(*data.draw(st.permutations(a["features"])))
    assert 0 <= found <= 1
    assert score_labels(MASKS, b, shuffled, size=None).score == pytest.approx(found, abs=1e-9)
    assert score_labels(MASKS, a, a, size=None).score == pytest.approx(1)


RELATIONS = [feature("car", "box"), feature("behind", "relation"), feature("beside", "relation", is_symmetric=True)]
edges = st.tuples(st.sampled_from(["behind", "beside", "gone"]), st.integers(0, 4), st.integers(0, 4))


@st.composite
def scenes(draw):
    """Cars that stand apart, each seen a little differently, and edges between them."""
    cells = sorted(draw(st.sets(st.integers(0, 4), min_size=1)))
    cars = [item("car", "box", [30 * c + draw(st.integers(0, 5)), 0, 30 * c + 10, 10], id=f"c{c}") for c in cells]
    drawn = [(kind, start, end) for kind, start, end in draw(st.lists(edges, max_size=6)) if {start, end} <= set(cells)]
    relations = [{"type": kind, "from": f"c{start}", "to": f"c{end}"} for kind, start, end in drawn]
    return label(*cars) | {"relations": relations}


@checked
@given(a=scenes(), b=scenes(), data=st.data())
def test_relations_are_symmetric_and_without_order(a, b, data):
    found = score_labels(RELATIONS, a, b, size=None)
    shuffled = {key: data.draw(st.permutations(a[key])) for key in ("features", "relations")}
    back = score_labels(RELATIONS, b, shuffled, size=None)
    assert 0 <= found.score <= 1
    assert back.score == pytest.approx(found.score, abs=1e-9)
    assert score_labels(RELATIONS, a, a, size=None).score == pytest.approx(1)
    for one, other in zip(found.features, back.features, strict=True):
        assert {o.error for o in one.objects if o.error in ("wrong_class", "loose", "")} == {
            o.error for o in other.objects if o.error in ("wrong_class", "loose", "")
        }


@checked
@given(a=labels, b=labels, factor=st.sampled_from([0.37, 2.0, 7.3, 1000.0]))
def test_scaling_picture_and_coordinates_changes_nothing(a, b, factor):
    size = (SIZE[0] * factor, SIZE[1] * factor)
    assert score(scaled(a, factor), scaled(b, factor), size) == pytest.approx(score(a, b), abs=1e-6)


@checked
@given(opinions=st.lists(labels, min_size=2, max_size=4), data=st.data())
def test_the_order_of_opinions_has_no_effect_on_the_row(opinions, data):
    row = score_row(SCHEMA, {f"p{i}": one for i, one in enumerate(opinions)}, size=SIZE)
    names = data.draw(st.permutations(range(len(opinions))))
    renamed = score_row(SCHEMA, {f"q{name}": one for name, one in zip(names, opinions, strict=True)}, size=SIZE)
    assert renamed.consensus == pytest.approx(row.consensus, abs=1e-9)
    assert renamed.ambiguity == pytest.approx(row.ambiguity, abs=1e-9)
    assert 0 <= row.ambiguity <= 1
    assert renamed.vote_shares == row.vote_shares
    assert renamed.means == pytest.approx({f"q{n}": row.means[f"p{i}"] for i, n in enumerate(names)}, abs=1e-9)


numbers_of_all_kinds = st.floats() | st.integers() | st.none() | st.text(max_size=2) | st.booleans()


@checked
@given(
    kind=st.sampled_from(sorted(SHAPES)), value=st.recursive(numbers_of_all_kinds, lambda v: st.lists(v, max_size=4))
)
def test_whatever_comes_from_outside_is_scored_or_refused(kind, value):
    one, schema = label(item(kind, SHAPES[kind], value)), [*SCHEMA, *MASKS]
    try:
        found = score_labels(schema, one, one, size=SIZE).score
    except ValueError as refusal:
        assert str(refusal).startswith("a.features[0].value")
    else:
        assert not math.isnan(found)


def test_the_package_is_pure_and_light():
    code = (
        "import sys, quality.agreement.rows, quality.agreement.intervals\n"
        "heavy = {'django', 'scipy.stats', 'scipy.optimize', 'labeling', 'workforce'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
