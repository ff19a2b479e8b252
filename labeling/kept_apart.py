"""Data rows that are kept out of a project's line, such as those that people practise on. An upper floor says which.

A row that is kept apart never enters the project with a batch or an import, and one that is done never leaves that
state. Who keeps rows apart holds the project's lock when the row is not in the project, and else the row's."""

from collections.abc import Callable, Collection
from typing import Any

from django.db.models import QuerySet

from labeling.models import DataRow, ProjectRow
from workforce.errors import RuleViolation

# Asked of a project's primary key: the data rows that are kept apart there.
KeptApart = Callable[[int], QuerySet[DataRow]]
_askers: list[KeptApart] = []

CODE, SENTENCE = "row_kept_apart", "This row is kept out of the line: people practise on it, and know its answer."


def register_kept_apart(ask: KeptApart) -> None:
    _askers.append(ask)


def kept_apart(project: int, data_rows: Collection[Any]) -> set[int]:
    """Those of ``data_rows`` (primary keys) that are kept out of the project."""
    return {pk for ask in _askers for pk in ask(project).filter(pk__in=data_rows).values_list("pk", flat=True)}


def refuse_kept_apart(row: ProjectRow) -> None:
    if kept_apart(row.project_id, [row.data_row_id]):
        raise RuleViolation(CODE, SENTENCE)
