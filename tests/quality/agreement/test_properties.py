"""What must hold for any labels: order, direction, scale and identity."""

import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.labels import score_labels
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
    feature("weather", "radio", options=("sun", "rain", "snow")),
    feature("tags", "checklist", options=("a", "b", "c")),
    feature("name", "text"),
    feature("age", "number", value_range=(0, 10)),
]
SHAPES = {"car": "box", "truck": "box", "area": "polygon", "lane": "polyline", "sign": "point"}

x, y = st.integers(-8, 72), st.integers(-8, 56)
vertex = st.tuples(x, y).map(list)
box = st.tuples(x, y, st.integers(0, 30), st.integers(0, 30)).map(lambda v: [v[0], v[1], v[0] + v[2], v[1] + v[3]])
outline = st.lists(vertex, min_size=1, max_size=6)
colours = st.sampled_from(["red", "blue"]).map(lambda colour: [item("colour", "radio", colour)])
cars = st.tuples(box, st.just([]) | colours).map(lambda pair: item("car", "box", pair[0], *pair[1]))
objects = st.one_of(
    cars,
    box.map(lambda value: item("truck", "box", value)),
    outline.map(lambda value: item("area", "polygon", value)),
    outline.map(lambda value: item("lane", "polyline", value)),
    vertex.map(lambda value: item("sign", "point", value)),
)
questions = st.fixed_dictionaries(
    {},
    optional={
        "weather": st.sampled_from(["sun", "rain", "snow"]).map(lambda v: item("weather", "radio", v)),
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
    def stretch(value):
        return [stretch(part) for part in value] if isinstance(value, list) else value * factor

    return label(*(i | {"value": stretch(i["value"])} if i["feature"] in SHAPES else i for i in one["features"]))


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
    one = label(item(kind, SHAPES[kind], value))
    try:
        found = score(one, one)
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
