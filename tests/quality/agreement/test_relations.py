import pytest

from quality.agreement.labels import score_labels
from tests.quality.agreement.shorthand import feature, item, label

SCHEMA = [
    feature("car", "box"),
    feature("sign", "point"),
    feature("behind", "relation"),
    feature("beside", "relation", is_symmetric=True),
]
PLACES = {"o1": [0, 0, 10, 10], "o2": [20, 0, 30, 10], "o3": [40, 0, 50, 10]}


def related(*edges, prefix="", places=PLACES):
    """Three boxes and `type from to` between them."""
    cars = label(*(item("car", "box", value, id=prefix + name) for name, value in places.items()))
    found = [dict(zip(("type", "from", "to"), edge.split(), strict=True)) for edge in edges]
    return cars | {"relations": [one | {end: prefix + one[end] for end in ("from", "to")} for one in found]}


def compared(a, b):
    return {one.feature: one for one in score_labels(SCHEMA, a, b, size=None).features}


def errors(found):
    return [(o.a_id, o.b_id, o.error) for o in found.objects]


def test_jaccard_of_edges_between_matched_objects():
    a = related("behind o1 o2", "behind o2 o3")
    b = related("behind o1 o2", "behind o1 o3", prefix="x")
    found = compared(a, b)
    assert (found["car"].score, found["behind"].score) == (1, pytest.approx(1 / 3))
    assert errors(found["behind"]) == [
        ("o1 → o2", "xo1 → xo2", ""),
        ("o2 → o3", None, "extra"),
        (None, "xo1 → xo3", "missing"),
    ]
    assert score_labels(SCHEMA, a, b, size=None).score == pytest.approx((1 + 1 / 3) / 2)


def test_an_edge_needs_both_ends_matched():
    moved = PLACES | {"o2": [120, 0, 130, 10]}
    found = compared(related("behind o1 o2"), related("behind o1 o2", places=moved))
    assert found["behind"].score == 0
    assert [error for *_, error in errors(found["behind"])] == ["extra", "missing"]


def test_direction_counts_unless_the_relation_is_symmetric():
    found = compared(related("behind o1 o2"), related("behind o2 o1"))
    assert found["behind"].score == 0
    assert [(o.error, o.note, o.confused_with) for o in found["behind"].objects] == [
        ("wrong_class", "the other direction", "behind")
    ] * 2
    assert compared(related("beside o1 o2"), related("beside o2 o1"))["beside"].score == 1


def test_the_right_objects_under_another_relation():
    found = compared(related("behind o1 o2"), related("beside o1 o2"))
    assert [found[uid].score for uid in ("behind", "beside")] == [0, 0]
    (one,), (other,) = found["behind"].objects, found["beside"].objects
    assert (one.error, one.confused_with, one.confused_id) == ("wrong_class", "beside", "o1 → o2")
    assert (other.error, other.confused_with) == ("wrong_class", "behind")


def test_edges_that_stand_twice_count_once():
    twice = related("beside o1 o2", "beside o2 o1", "beside o1 o2")
    assert compared(twice, related("beside o1 o2"))["beside"].score == 1
    assert compared(twice, twice)["beside"].count_a == 1


def test_a_relation_that_nobody_drew_is_not_applicable():
    assert set(compared(related("behind o1 o2"), related("behind o1 o2"))) == {"car", "behind"}


def test_relations_that_the_ontology_does_not_have_are_left_out():
    a = related("above o1 nowhere")
    assert score_labels(SCHEMA, a, related(), size=None).score == 1
    gone = related("behind o1 o4")
    gone["features"].append(item("gone", "box", [0, 0, 1, 1], id="o4"))
    assert set(compared(gone, related())) == {"car"}


def test_objects_that_cannot_be_matched_leave_the_relation_null():
    # Points without a size or a sigma.
    a = related()
    a["features"].append(item("sign", "point", [1, 1], id="s"))
    a["relations"] = [{"type": "behind", "from": "o1", "to": "s"}]
    found = compared(a, a)
    assert (found["behind"].score, found["behind"].why_null) == (None, "the objects of sign could not be matched")


@pytest.mark.parametrize(
    ("relations", "path"),
    [
        ("behind", "a.relations"),
        (["behind"], r"a.relations\[0\]"),
        ([{"from": "o1", "to": "o2"}], r"a.relations\[0\].type"),
        ([{"type": "behind", "from": "o1"}], r"a.relations\[0\].to"),
        (
            [{"type": "behind", "from": "o1", "to": "o2"}, {"type": "behind", "from": "o9", "to": "o2"}],
            r"a.relations\[1\].from",
        ),
        ([{"type": "behind", "from": "o1", "to": "twice"}], r"a.relations\[0\].to"),
    ],
)
def test_malformed_relations_are_refused_with_their_path(relations, path):
    a = related()
    a["features"] += [item("car", "box", [60 + x, 0, 70, 9], id="twice") for x in (0, 1)]
    with pytest.raises(ValueError, match=f"^{path}: "):
        score_labels(SCHEMA, a | {"relations": relations}, label(), size=None)


def test_a_relation_is_no_feature_of_the_label():
    with pytest.raises(ValueError, match=r"^a\.features\[0\]\.feature: behind is a relation"):
        score_labels(SCHEMA, label(item("behind", "relation", None)), label(), size=None)
