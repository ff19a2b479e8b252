import pytest

from quality.agreement.labels import score_labels
from quality.agreement.object_scores import OBJECT_SCORES, object_score_named
from quality.agreement.rows import score_row
from tests.quality.agreement.shorthand import boxes, feature, label

CAR = feature("car", "box")


def test_by_hand():
    # Matches of 1, 0.6 and 0.4, with 3 and 4 objects.
    expected = {"union_mean": 2 / 4, "soft_f": 4 / 7, "pq": 3.2 / 7, "f1_50": 4 / 7, "f1_75": 2 / 7}
    assert {name: OBJECT_SCORES[name].of([1, 0.6, 0.4], 3, 4) for name in OBJECT_SCORES} == pytest.approx(expected)


@pytest.mark.parametrize("name", OBJECT_SCORES)
def test_empty_sides(name):
    assert OBJECT_SCORES[name].of([], 0, 0) is None
    assert OBJECT_SCORES[name].of([], 0, 3) == 0


@pytest.mark.parametrize("name", OBJECT_SCORES)
def test_more_matches_than_objects_are_refused(name):
    with pytest.raises(ValueError, match="more matches"):
        OBJECT_SCORES[name].of([1.0, 1.0], 1, 2)


def test_a_similarity_at_the_threshold_is_over_it_in_floats_too():
    assert OBJECT_SCORES["f1_50"].of([0.5 - 1e-12], 1, 1) == 1


def test_the_score_of_labels_by_name():
    # IoU 1 and 1/3, one left in a.
    a, b = boxes([0, 0, 10, 10], [50, 0, 60, 10], [90, 0, 99, 9]), boxes([0, 0, 10, 10], [55, 0, 65, 10])
    found = {name: score_labels([CAR], a, b, size=None, object_score=name).score for name in OBJECT_SCORES}
    assert found == pytest.approx(
        {"union_mean": (4 / 3) / 3, "soft_f": (8 / 3) / 5, "pq": 2 / 5, "f1_50": 2 / 5, "f1_75": 2 / 5}
    )
    assert score_row([CAR], {"ada": a, "leo": b}, size=None, object_score="pq").consensus == pytest.approx(2 / 5)


def test_pairs_under_the_threshold_take_no_partner_away():
    # All three at once 0.4 + 0.4 + 0.45 = 1.25; from 0.5 on one pair is all there is, whatever the others would give.
    a = boxes([0, 0, 100, 10], [0, 100, 100, 110])
    b = boxes([0, 0, 60, 10], [40, 0, 140, 10], [0, 100, 45, 110])
    matched = score_labels([CAR], a, b, size=None, object_score="f1_50").features[0]
    assert (matched.score, [o.error for o in matched.objects]) == (2 / 5, ["loose", "extra", "missing", "missing"])


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"^object_score: one of union_mean, pq"):
        object_score_named("iou")
    with pytest.raises(ValueError, match=r"^object_score"):
        score_labels([CAR], label(), label(), size=None, object_score="mean")
