"""Rows and pictures that a program or a page sends directly, without a job: few enough to be answered at once."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from django.db import transaction

from labeling.assets import take_picture
from labeling.data_rows import METADATA_KEYS, NewRow, add_rows, give_picture, refuse_bad_key
from labeling.formats.data_rows_jsonl import DataRowRecord, read_data_rows
from labeling.formats.file_names import file_name_problem
from labeling.formats.problems import Problem
from labeling.models import DataRow, Dataset
from workforce import access, audit
from workforce.errors import InvalidInput, Refusal, TooLarge
from workforce.models import Person
from workforce.roles import Permission

MOST_ROWS = 1000
MOST_PICTURES = 200


@dataclass
class Uploaded:
    """External ids of the pictures that came in or were there, and why others did not."""

    added: list[str] = field(default_factory=list)
    already_there: list[str] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)


@transaction.atomic
def add_named_rows(actor: Person, dataset: Dataset, records: Sequence[Any]) -> int:
    """Add rows without pictures, all or none; those that are there stay as they are. Returns how many are new."""
    access.require(actor, Permission.IMPORT_ROWS, dataset)
    if len(records) > MOST_ROWS:
        raise TooLarge("too_many_rows", f"At most {MOST_ROWS} rows at once (limit max_rows). Nothing was changed.")
    found = list(read_data_rows(json.dumps(record) for record in records))
    rows = [one for one in found if isinstance(one, DataRowRecord)]
    problems = [one for one in found if isinstance(one, Problem)] + _row_problems(dataset, rows)
    if problems:
        faults = [{"path": _path(one), "code": one.code, "message": one.message} for one in problems[:100]]
        raise InvalidInput("rows_invalid", "Some rows are wrong. Nothing was changed.", faults=faults)
    added = add_rows(
        actor,
        dataset,
        [NewRow(row.external_id, global_key=row.global_key, metadata=row.metadata) for row in rows],
    )
    audit.record(actor, "data_rows.added", dataset, after={"count": added})
    return added


def _row_problems(dataset: Dataset, rows: list[DataRowRecord]) -> list[Problem]:
    keys = [row.global_key for row in rows if row.global_key]
    holders = DataRow.objects.filter(organization=dataset.organization_id, global_key__in=keys)
    taken = {key: (other, name) for key, other, name in holders.values_list("global_key", "dataset", "external_id")}
    problems = []
    for row in rows:
        if row.file:
            problems.append(Problem(row.line, "file", "file_not_allowed", "Files are imported by a job."))
        if len(row.metadata) > METADATA_KEYS:
            problems.append(Problem(row.line, "metadata", "limit_exceeded", f"At most {METADATA_KEYS} fields."))
        if taken.get(row.global_key, (dataset.pk, row.external_id)) != (dataset.pk, row.external_id):
            problems.append(Problem(row.line, "global_key", "global_key_taken", "Another row has this global key."))
        try:
            refuse_bad_key(row.external_id)
        except InvalidInput as refusal:
            problems.append(Problem(row.line, "external_id", refusal.code, refusal.message))
    return problems


def _path(problem: Problem) -> str:
    place = f"rows[{problem.position - 1}]"
    return f"{place}.{problem.path}" if problem.path else place


def upload_pictures(actor: Person, dataset: Dataset, pictures: Iterable[tuple[str, IO[bytes]]]) -> Uploaded:
    """Add pictures by the name of their file, or give them to the row of that name that has none; a bad one is
    reported, the others go in."""
    access.require(actor, Permission.IMPORT_ROWS, dataset)
    found = list(pictures)
    if len(found) > MOST_PICTURES:
        message = f"At most {MOST_PICTURES} pictures at once (limit max_pictures). Nothing was changed."
        raise TooLarge("too_many_pictures", message)
    answer = Uploaded()
    for name, content in found:
        try:
            is_new = _add_picture(actor, dataset, name, content)
        except Refusal as refusal:
            answer.refused.append({"name": name[:300], "code": refusal.code, "message": refusal.message})
        else:
            (answer.added if is_new else answer.already_there).append(name)
    audit.record(actor, "pictures.uploaded", dataset, after={"added": len(answer.added)})
    return answer


def _add_picture(actor: Person, dataset: Dataset, name: str, content: IO[bytes]) -> bool:
    problem = file_name_problem(name)
    if problem is not None:
        raise InvalidInput(*problem)
    refuse_bad_key(name)
    known = DataRow.objects.filter(dataset=dataset, external_id=name).first()
    if known is not None:
        return give_picture(actor, known, content)
    return bool(add_rows(actor, dataset, [NewRow(name, take_picture(content))]))
