"""A whole asset that was skipped."""

import pytest

from quality.agreement.labels import score_labels
from quality.agreement.rows import score_row
from tests.quality.agreement.shorthand import boxes, feature, label, radio

SCHEMA = [feature("car", "box"), feature("weather", "radio", options=("sun", "rain"))]
SKIP = {"skipped": True}


@pytest.mark.parametrize(
    ("a", "b", "score", "skipped"),
    [
        (SKIP, SKIP, 1, "both"),
        (SKIP, radio("sun"), 0, "a"),
        (boxes([0, 0, 1, 1]), SKIP, 0, "b"),
        (SKIP, label(), 0, "a"),
        (label() | {"skipped": False}, label(), 1, ""),
    ],
)
def test_a_skip_is_a_category_of_its_own(a, b, score, skipped):
    found = score_labels(SCHEMA, a, b, size=None)
    assert (found.score, found.object_weighted, found.skipped, found.is_empty) == (score, score, skipped, not skipped)


def test_a_row_with_skips():
    row = score_row(SCHEMA, {"ada": SKIP, "leo": SKIP, "mia": radio("sun")}, size=None)
    assert row.consensus == pytest.approx(1 / 3)
    assert row.vote_shares == {"weather": pytest.approx(1 / 3)}
    assert row.winner == "ada"
    assert row.ambiguity > 0
    assert score_row(SCHEMA, {"ada": SKIP, "leo": SKIP}, size=None).ambiguity == 0
    # Half of them skipped: as ambiguous as can be, though no feature is scored.
    assert score_row(SCHEMA, {"ada": SKIP, "leo": boxes([0, 0, 1, 1])}, size=None).ambiguity == pytest.approx(1)


@pytest.mark.parametrize("more", [radio("sun"), {"relations": [{"type": "x"}]}])
def test_a_skipped_label_holds_nothing_else(more):
    with pytest.raises(ValueError, match=r"^a\.skipped: "):
        score_labels(SCHEMA, SKIP | more, label(), size=None)


def test_skipped_is_true_or_false():
    with pytest.raises(ValueError, match=r"^b\.skipped: "):
        score_labels(SCHEMA, label(), {"skipped": "yes"}, size=None)
