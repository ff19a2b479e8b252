import math

import pytest

from quality.agreement.classifications import (
    checklist_score,
    ordinal_score,
    radio_score,
    read_checklist,
    read_ordinal,
    read_radio,
)
from quality.agreement.labels import score_labels
from quality.agreement.numeric import number_score, read_numeric
from quality.agreement.texts import read_text, text_score
from tests.quality.agreement.shorthand import feature, item, label


def test_radio():
    assert radio_score("cat", "cat") == 1
    assert radio_score("cat", "dog") == 0
    assert radio_score("cat", None) == radio_score(None, "cat") == 0
    assert radio_score(None, None) is None
    assert read_radio("", "here") is read_radio(None, "here") is None


GRADES = ("poor", "fair", "good", "best")


def test_ordinal_is_the_distance_in_the_list():
    assert ordinal_score("fair", "fair", GRADES) == 1
    assert ordinal_score("poor", "fair", GRADES) == pytest.approx(2 / 3)
    assert ordinal_score("good", "poor", GRADES) == pytest.approx(1 / 3)
    assert ordinal_score("best", "poor", GRADES) == 0
    assert ordinal_score("poor", None, GRADES) == ordinal_score(None, "best", GRADES) == 0
    assert ordinal_score(None, None, GRADES) is None
    assert ordinal_score("only", "only", ("only",)) == 1


def test_an_ordinal_in_a_label_and_under_an_object():
    grade = feature("grade", "ordinal", options=GRADES)
    found = score_labels(
        [grade], label(item("grade", "ordinal", "poor")), label(item("grade", "ordinal", "good")), size=None
    )
    assert (found.score, found.features[0].objects[0].error) == (pytest.approx(1 / 3), "wrong_answer")
    car = feature("car", "box", questions=(grade,))
    a, b = (label(item("car", "box", [0, 0, 9, 9], item("grade", "ordinal", one))) for one in ("poor", "best"))
    assert score_labels([car], a, b, size=None).score == pytest.approx(0.5)


def test_an_ordinal_knows_its_options():
    assert read_ordinal("", GRADES, "here") is None
    with pytest.raises(ValueError, match=r"^here: 'bad' is none of the options"):
        read_ordinal("bad", GRADES, "here")
    for options in ((), ("1", "2", "1")):
        with pytest.raises(ValueError, match=r"^grade\.options"):
            feature("grade", "ordinal", options=options)


def test_checklist_is_jaccard():
    assert checklist_score({"x", "y"}, {"x"}) == 0.5
    assert checklist_score({"x"}, {"x"}) == 1
    assert checklist_score({"x"}, set()) == 0
    assert checklist_score({"x"}, {"y"}) == 0


def test_an_empty_checklist_agrees_only_when_an_answer_is_required():
    assert checklist_score(set(), set()) is None
    assert checklist_score(set(), set(), is_required=True) == 1
    assert checklist_score({"x"}, set(), is_required=True) == 0


def test_options_chosen_twice_count_once():
    assert read_checklist(["x", "x", "y"], "here") == {"x", "y"}


def test_text_is_one_minus_the_normalised_edit_distance():
    assert text_score("house", "hous") == pytest.approx(0.8)
    assert text_score("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert text_score("a", "") == 0
    assert text_score("", "") is None


def test_texts_are_compared_composed_trimmed_and_collapsed():
    assert read_text("  Cafe\u0301\n\t noir ", "here") == "Caf\u00e9 noir"
    assert read_text(" \n", "here") == read_text(None, "here") == ""
    assert text_score(read_text("House", "here"), read_text("house", "here")) == pytest.approx(0.8)


def test_number_within_the_tolerance_or_linear_in_the_range():
    assert number_score(30, 30) == 1
    assert number_score(30, 36, value_range=(0, 120)) == pytest.approx(0.95)
    assert number_score(30, 36, value_range=(0, 120), tolerance=6) == 1
    assert number_score(0, 500, value_range=(0, 120)) == 0
    assert number_score(30, 31) == 0
    assert number_score(1.1, 1.0, tolerance=0.1) == 1
    assert number_score(5, 6, value_range=(5, 5)) == 0


def test_numbers_left_out():
    assert number_score(None, None) is None
    assert number_score(0.0, None, value_range=(0, 1)) == 0
    assert number_score(1.7e308, -1.7e308, value_range=(-1.7e308, 1.7e308)) == 0


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (read_radio, 3),
        (read_radio, ["cat"]),
        (read_checklist, "cat"),
        (read_checklist, ["cat", 3]),
        (read_checklist, [""]),
        (read_text, 3.5),
        (read_numeric, "3.5"),
        (read_numeric, math.nan),
        (read_numeric, -math.inf),
        (read_numeric, True),
        (read_numeric, 10**400),
    ],
)
def test_malformed_answers_are_refused(read, value):
    with pytest.raises(ValueError, match=r"^here"):
        read(value, "here")
