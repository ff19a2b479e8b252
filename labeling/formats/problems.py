"""A row of a file that cannot be taken, and why: what the downloadable report of an import is made of."""

from dataclasses import dataclass

from labeling.annotations.faults import Fault


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad row. Good rows around it go on.

    `position`: in files of lines the line, from 1; in one document the index of the record in its list, from 0.
    `path` says where in the row; `column` (from 1) is known where the text of a line is broken.
    """

    position: int
    path: str
    code: str
    message: str
    column: int | None = None


def problem_of(fault: Fault, position: int) -> Problem:
    """The fault of one row as a problem of the file."""
    return Problem(position, fault.path, fault.code, fault.message)
