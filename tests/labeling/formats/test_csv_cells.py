"""Cells that a spreadsheet would compute."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.formats.csv_cells import neutralise_cell, neutralise_row, restore_cell


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋1", "－1", "＠1", "  =1", "\u200b=1",
     "\ufeff=cmd|'/c calc'!A1", "'=1"],
)  # fmt: skip
def test_what_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutralise_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "car", "a=b", "1-2", "'quoted'", " x", "é", "(1)"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutralise_cell(text) == text


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert neutralise_row([-3, 2.5, None, "-3"]) == ["-3", "2.5", "", "'-3"]


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("'=+-@ \t\r\0＝ab\u200b")) | st.text())
def test_every_text_comes_back_exactly(text: str) -> None:
    cell = neutralise_cell(text)
    assert restore_cell(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\0"))
