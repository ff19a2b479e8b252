"""Cells of CSV files that a spreadsheet would take for formulas, made harmless and back (ASVS 5.0, 1.2.10)."""

from collections.abc import Sequence

# What spreadsheets start a formula with, and the full-width twins that some of them fold to it.
_STARTERS = frozenset("=+-@\t\r\n\0|%＝＋－＠")
_INVISIBLE = " \u00a0\u200b\u200c\u200d\u2060\ufeff\u3000"


def neutralise_cell(value: str | int | float | None) -> str:
    """The cell as text that no spreadsheet computes: a text that could be a formula gets a leading `'`.

    Numbers stay numbers (True and False are texts to a spreadsheet), None is an empty cell. Texts that begin with
    apostrophes before a formula get one more, so that `restore_cell` is exact.
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    return f"'{value}" if _is_risky(value) else value


def restore_cell(cell: str) -> str:
    """The text that `neutralise_cell` was given; any other cell stays as it is."""
    return cell[1:] if cell.startswith("'") and _is_risky(cell) else cell


def neutralise_row(row: Sequence[str | int | float | None]) -> list[str]:
    """A row of cells, each made harmless."""
    return [neutralise_cell(value) for value in row]


def _is_risky(text: str) -> bool:
    # Invisible characters before the sign do not stop every spreadsheet.
    bare = text.lstrip("'").lstrip(_INVISIBLE)
    return bool(bare) and bare[0] in _STARTERS
