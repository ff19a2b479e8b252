"""Skills as files: a CSV that comes in row by row with a report, and the one that goes out, harmless to spreadsheets.

Columns are ``person`` (e-mail address or uid), ``skill``, ``value``, ``evidence``, ``date``. Good rows go in, a bad one
becomes a line of the report and keeps nobody else out. A row that says what is in force already adds nothing, so the
same file can be sent again."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from labeling.formats.csv_cells import neutralise_row, restore_cell
from quality import skills
from quality.models import Skill, SkillName
from workforce import access, audit
from workforce.errors import InvalidInput, Refusal, TooLarge
from workforce.models import Membership, Organization, Person
from workforce.roles import Permission

COLUMNS = ("person", "skill", "value", "evidence", "date")
MOST_ROWS = 5000
MOST_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class RefusedRow:
    line: int
    column: str
    code: str
    message: str


@dataclass
class SkillReport:
    """How many values are new, how many were there already, and why others did not come in."""

    added: int = 0
    already_there: int = 0
    refused: list[RefusedRow] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    line: int
    cells: dict[str, str]

    def refused(self, column: str, code: str, message: str) -> RefusedRow:
        return RefusedRow(self.line, column, code, message)


@transaction.atomic
def import_skills(actor: Person, organization: Organization, content: bytes) -> SkillReport:
    """Take the good rows of a CSV. A row about someone whom ``actor`` does not manage reads like one about nobody."""
    rows = _rows_of(content)
    managed = access.visible_to(
        actor, Membership.objects.filter(organization=organization), Permission.MANAGE_PEOPLE
    ).select_related("person", "organization")
    if not managed.exists():
        access.require(actor, Permission.MANAGE_PEOPLE, organization)
    members = _members_named(managed, [row.cells["person"] for row in rows])
    words = {one.name.lower(): one for one in skills.skill_names_of(organization)}
    newest = {
        (one.person_id, one.skill_name_id): (one.value, one.evidence, one.noted_on)
        for one in skills.in_force([member.person_id for member in members.values()])
    }
    report, new, today = SkillReport(), [], skills.today_in(organization)
    for row in rows:
        try:
            skill = _skill_of(row, members, words, today)
        except _Unusable as fault:
            report.refused.append(fault.row)
            continue
        key, said = (skill.person_id, skill.skill_name_id), (skill.value, skill.evidence, skill.noted_on)
        if newest.get(key) == said:
            report.already_there += 1
            continue
        newest[key] = said
        skill.organization, skill.set_by = organization, actor
        new.append(skill)
    Skill.objects.bulk_create(new)
    report.added = len(new)
    counts = {"added": report.added, "already_there": report.already_there, "refused": len(report.refused)}
    audit.record(actor, "skills.imported", organization, after=counts)
    return report


class _Unusable(Exception):
    def __init__(self, row: RefusedRow) -> None:
        super().__init__(row.message)
        self.row = row


def _rows_of(content: bytes) -> list[_Row]:
    if len(content) > MOST_BYTES:
        raise TooLarge("file_too_large", f"At most {MOST_BYTES // 1024**2} MB (limit max_skill_file). Nothing came in.")
    try:
        text = content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("not_a_csv", "That is no CSV file in UTF-8. Nothing came in.") from error
    head = [name.strip().lower() for name in lines[0]] if lines else []
    missing = [name for name in COLUMNS if name not in head]
    if missing:
        message = f"The first line names the columns {', '.join(COLUMNS)}. Nothing came in."
        raise InvalidInput("column_missing", message, unknown=missing)
    found = []
    for number, cells in enumerate(lines[1:], start=2):
        if any(cells):
            padded = [*cells, *[""] * (len(head) - len(cells))]
            named = {name: restore_cell(cell).strip() for name, cell in zip(head, padded, strict=False)}
            found.append(_Row(number, named))
    if len(found) > MOST_ROWS:
        raise TooLarge("too_many_rows", f"At most {MOST_ROWS} rows at once (limit max_rows). Nothing came in.")
    return found


def _members_named(managed: Any, names: list[str]) -> dict[str, Membership]:
    """E-mail address or uid of a person, in small letters → the membership, in one query."""
    wanted = {name.lower() for name in names}
    uids = {uid for name in wanted if (uid := _uid(name))}
    found = {}
    for member in managed.filter(Q(person__email__in=wanted) | Q(person__uid__in=uids)):
        found[str(member.person.uid)] = member
        if member.person.email:
            found[member.person.email.lower()] = member
    return found


def _uid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _skill_of(row: _Row, members: dict[str, Membership], words: dict[str, SkillName], today: date) -> Skill:
    named = row.cells["person"].lower()
    member = members.get(_uid(named) or named)
    if member is None:
        raise _Unusable(row.refused("person", "unknown_person", "Nobody here has this e-mail address or uid."))
    word = words.get(row.cells["skill"].lower())
    if word is None:
        raise _Unusable(row.refused("skill", "unknown_skill", "This skill is no word of the organization yet."))
    value, noted_on = row.cells["value"], today
    if not value.isascii() or not value.isdigit() or len(value) > 3:
        raise _Unusable(row.refused("value", "skill_out_of_range", "A skill is a whole number from 0 to 100."))
    try:
        noted_on = date.fromisoformat(row.cells["date"]) if row.cells["date"] else today
    except ValueError:
        raise _Unusable(row.refused("date", "date_invalid", "A date is written as 2026-11-21.")) from None
    evidence = row.cells["evidence"]
    try:
        skills.refuse_bad_value(int(value), evidence, noted_on, today)
    except Refusal as refusal:
        column = {"noted_on": "date"}.get(refusal.details["path"], refusal.details["path"])
        raise _Unusable(row.refused(column, refusal.code, refusal.message)) from None
    return Skill(
        person_id=member.person_id,
        skill_name=word,
        value=int(value),
        evidence=evidence,
        noted_on=noted_on,
        source=Skill.Source.IMPORT,
    )


def skills_as_csv(actor: Person, organization: Organization) -> Iterator[str]:
    """The skills in force of those whom ``actor`` may see, as the import reads them."""
    visible = access.visible_to(actor, Skill.objects.filter(organization=organization), Permission.VIEW_PEOPLE)
    newest = visible.order_by("person_id", "skill_name_id", "-id").distinct("person_id", "skill_name_id")
    yield _line(COLUMNS)
    for skill in newest.select_related("person", "skill_name"):
        name = skill.person.email or str(skill.person.uid)
        yield _line((name, skill.skill_name.name, skill.value, skill.evidence, skill.noted_on.isoformat()))


def refused_as_csv(report: SkillReport) -> Iterator[str]:
    yield _line(("line", "column", "code", "message"))
    for row in report.refused:
        yield _line((row.line, row.column, row.code, row.message))


def _line(cells: tuple[str | int, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(neutralise_row(cells))
    return out.getvalue()
