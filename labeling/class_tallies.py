"""Class tallies: what opinions say of which class, counted by person and by project.

Noted when a maker submits and when a file brings opinions, taken back when a label counts no more. A request only adds
tallies; the relay folds them into totals."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Sum

from labeling.annotations.classes import classes_in
from labeling.models import ClassTally, Label, LabelVersion, Project
from workforce.models import Person

FOLD_CHUNK = 10_000
_MADE = """
SELECT name, sum(own), sum(every) FROM (
    SELECT name, CASE WHEN person_id IS NULL THEN 0 ELSE value END AS own,
           CASE WHEN person_id IS NULL THEN value ELSE 0 END AS every
    FROM labeling_classtotal
    WHERE project_id = %(project)s AND (person_id = %(person)s OR person_id IS NULL)
    UNION ALL
    SELECT name, CASE WHEN person_id = %(person)s THEN amount ELSE 0 END, amount
    FROM labeling_classtally WHERE project_id = %(project)s AND NOT is_folded
) made GROUP BY name
"""


def tally(versions: Sequence[LabelVersion], *, counts: bool = True) -> None:
    """Note what these versions say, one for each label: its maker's last. In the transaction of the act.

    What does not count, a check, is taken back in the same statement: its maker must not tell it by the time."""
    again = [version.label_id for version in versions if version.number > 1]
    known = _tallied(again) if again else {}
    made: list[ClassTally] = []
    for version in versions:
        said, before = classes_in(version.payload), known.get(version.label_id, {})
        for name in sorted({*said, *before}):
            amount = said.get(name, 0) - before.get(name, 0)
            if amount:
                made.append(_tally_of(version.label, name, amount))
                made += [] if counts else [_tally_of(version.label, name, -amount)]
    ClassTally.objects.bulk_create(made)


def take_back(label: Label) -> None:
    """The label counts no more."""
    known = _tallied([label.pk]).get(label.pk, {})
    ClassTally.objects.bulk_create(_tally_of(label, name, -amount) for name, amount in known.items() if amount)


def _tallied(labels: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    tallies = ClassTally.objects.filter(label__in=labels).order_by().values_list("label", "name")
    for label, name, amount in tallies.annotate(total=Sum("amount")):
        found.setdefault(label, {})[name] = amount
    return found


def _tally_of(label: Label, name: str, amount: int) -> ClassTally:
    return ClassTally(
        project_id=label.project_id,
        project_row_id=label.project_row_id,
        label=label,
        person_id=label.labeler_id,
        name=name,
        amount=amount,
    )


def fold() -> int:
    """Add waiting tallies to the totals; only the relay calls this. Returns how many were added."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH taken AS (
                UPDATE labeling_classtally SET is_folded = true WHERE id IN (
                    SELECT id FROM labeling_classtally WHERE NOT is_folded LIMIT %s
                ) RETURNING project_id, person_id, name, amount
            ), summed AS (
                SELECT project_id, person_id, name, sum(amount) AS amount FROM taken
                GROUP BY GROUPING SETS ((project_id, person_id, name), (project_id, name))
            ), folded AS (
                INSERT INTO labeling_classtotal (project_id, person_id, name, value)
                SELECT project_id, person_id, name, amount FROM summed
                ON CONFLICT (project_id, person_id, name)
                DO UPDATE SET value = labeling_classtotal.value + EXCLUDED.value
            )
            SELECT count(*) FROM taken
            """,
            [FOLD_CHUNK],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def made_of_classes(person: Person, project: Project) -> list[tuple[str, int, int]]:
    """Each class with how often ``person`` labeled it and how often everybody did, exact at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(_MADE, {"project": project.pk, "person": person.pk})
        return [(name, int(own), int(every)) for name, own, every in cursor.fetchall()]
