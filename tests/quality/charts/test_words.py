"""How numbers are written."""

from datetime import date

import pytest

from quality.charts import words


@pytest.mark.parametrize(
    "value, text",
    [(6603, "6,603"), (-484, "−484"), (0, "0"), (None, "–"), (1234567, "1,234,567")],
)
def test_counts_have_commas_and_a_real_minus(value: float | None, text: str) -> None:
    assert words.whole(value) == text


@pytest.mark.parametrize("value, text", [(142, "+142"), (-2, "−2"), (0, "0"), (1200, "+1,200")])
def test_changes_carry_their_sign(value: float, text: str) -> None:
    assert words.signed(value) == text


def test_per_cent_has_a_thin_space_and_one_decimal() -> None:
    assert words.percent(0.918) == "91.8\u202f%"
    assert words.percent(0.706, 0) == "71\u202f%"
    assert words.percent(None) == "–"


def test_scores_have_three_decimals() -> None:
    assert words.score(0.4698) == "0.470"


def test_a_small_negative_is_no_minus_zero() -> None:
    assert words.decimal(-0.04) == "0.0"
    assert words.decimal(-0.06) == "−0.1"


@pytest.mark.parametrize(
    "seconds, text",
    [(134, "2:14"), (9, "0:09"), (3599, "59:59"), (9360, "2 h 36 min"), (None, "–"), (-5, "0:00")],
)
def test_times(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    "seconds, text",
    [
        (40, "40 s"),
        (1260, "21 min"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
        (3 * 86400 + 5 * 3600 + 59, "3 d 5 h"),
        (17 * 86400 + 3600, "17 d"),
        (8 * 86400 + 4 * 3600, "8 d 4 h"),
        (86400, "1 d"),
    ],
)
def test_ages_have_at_most_two_units(seconds: float, text: str) -> None:
    assert words.age(seconds) == text


def test_ranges_of_days_say_the_month_once() -> None:
    assert words.day_range(date(2026, 11, 6), date(2026, 11, 19)) == "6–19 Nov"
    assert words.day_range(date(2026, 10, 28), date(2026, 11, 3)) == "28 Oct – 3 Nov"
    assert words.day_range(date(2026, 11, 19), date(2026, 11, 19)) == "19 Nov"
