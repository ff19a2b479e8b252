import math

import numpy as np
import pytest

from quality.agreement.labels import score_labels
from quality.agreement.spans import prepare_spans, read_span, span_iou
from tests.quality.agreement.shorthand import feature, item, label

DRUG = feature("drug", "span")
DOSE = feature("dose", "span")


def spans(*values, uid="drug"):
    return label(*(item(uid, "span", list(value), id=f"{uid}{index}") for index, value in enumerate(values)))


def score(a, b):
    return score_labels([DRUG, DOSE], a, b, size=None)


def iou(a, b):
    return span_iou(np.array([read_span(a, "a")]), np.array([read_span(b, "b")]))[0, 0]


def test_iou_of_characters():
    assert iou([0, 5], [0, 5]) == 1
    assert iou([0, 5], [0, 4]) == pytest.approx(0.8)
    assert iou([0, 5], [3, 8]) == pytest.approx(0.25)


def test_half_open_spans_that_touch_share_nothing():
    assert iou([0, 5], [5, 8]) == 0
    assert iou([0, 5], [6, 8]) == 0


def test_union_mean_of_spans():
    # 0.8 and 1 matched, one of a left: 1.8 over 3 + 2 - 2.
    found = score(spans([0, 5], [10, 20], [30, 31]), spans([10, 20], [0, 4]))
    assert found.score == pytest.approx(0.6)
    assert [o.error for o in found.features[0].objects] == ["", "", "extra"]


def test_right_place_wrong_class():
    found = score(spans([0, 10]), spans([0, 9], uid="dose"))
    assert found.score == 0
    assert [(o.error, o.confused_with) for f in found.features for o in f.objects] == [
        ("wrong_class", "dose"),
        ("wrong_class", "drug"),
    ]


def test_empty_spans_agree_only_with_themselves():
    assert score(spans([4, 4]), spans([4, 4])).score == 1
    assert score(spans([4, 4]), spans([4, 4])).features[0].objects[0].error == "degenerate"
    assert score(spans([4, 4]), spans([5, 5])).score == score(spans([4, 4]), spans([0, 9])).score == 0
    assert prepare_spans([(4, 4)], None).notes == ("no length",)


def test_a_picture_does_not_clip_a_text():
    assert prepare_spans([(0.0, 900.0)], (10, 10)).geometry.tolist() == [[0, 900]]


def test_empty_sides():
    assert span_iou(np.zeros((0, 2)), np.zeros((3, 2))).shape == (0, 3)
    assert prepare_spans([], None).geometry.shape == (0, 2)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([3, 1], "here"),
        ([-1, 1], "here"),
        ([0, 1.5], r"here\[1\]"),
        ([0, math.nan], r"here\[1\]"),
        (["0", 1], r"here\[0\]"),
        ([1], "here"),
        (None, "here"),
    ],
)
def test_malformed_spans_are_refused_with_their_path(value, path):
    with pytest.raises(ValueError, match=f"^{path}:"):
        read_span(value, "here")
