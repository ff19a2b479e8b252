"""Totals of a project that cost the same at a million rows. A request only inserts a delta; the relay folds."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection
from django.db.models import Sum

from labeling.models import Counter, CounterDelta, Project, ProjectRow

FOLD_CHUNK = 10_000


def row_counter(state: str) -> str:
    return f"rows:{state}"


def add(project_id: int, amounts: dict[str, int]) -> None:
    """Insert deltas, in the transaction of the act that changed what they count."""
    CounterDelta.objects.bulk_create(
        [CounterDelta(project_id=project_id, name=name, amount=amount) for name, amount in amounts.items() if amount]
    )


def totals_of(projects: Iterable[int]) -> dict[int, dict[str, int]]:
    """Project's primary key → every counter of it, exact at this moment: folded values and deltas that wait.

    One statement sees one moment. Read one after the other, a fold in between is counted twice or not at all."""
    ids = list(projects)
    keys = "project_id", "name"
    folded = Counter.objects.filter(project__in=ids).order_by().values(*keys).annotate(total=Sum("value"))
    waiting = CounterDelta.objects.filter(project__in=ids).order_by().values(*keys).annotate(total=Sum("amount"))
    found: dict[int, dict[str, int]] = {pk: defaultdict(int) for pk in ids}
    for line in folded.union(waiting, all=True):
        found[line["project_id"]][line["name"]] += line["total"]
    return {pk: dict(tally) for pk, tally in found.items()}


def rows_by_state_of(projects: Iterable[int]) -> dict[int, dict[str, int]]:
    """Project's primary key → rows in each state, all states named."""
    return {
        pk: {state: tally.get(row_counter(state), 0) for state in ProjectRow.State.values}
        for pk, tally in totals_of(projects).items()
    }


def totals(project: Project) -> dict[str, int]:
    return totals_of([project.pk])[project.pk]


def rows_by_state(project: Project) -> dict[str, int]:
    return rows_by_state_of([project.pk])[project.pk]


def fold() -> int:
    """Fold waiting deltas into counters; only the relay calls this. Returns how many were folded."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH taken AS (
                DELETE FROM labeling_counterdelta WHERE id IN (
                    SELECT id FROM labeling_counterdelta ORDER BY id LIMIT %s
                ) RETURNING project_id, name, amount
            ), summed AS (
                SELECT project_id, name, sum(amount) AS amount FROM taken GROUP BY project_id, name
            ), folded AS (
                INSERT INTO labeling_counter (project_id, name, value)
                SELECT project_id, name, amount FROM summed
                ON CONFLICT (project_id, name) DO UPDATE SET value = labeling_counter.value + EXCLUDED.value
            )
            SELECT count(*) FROM taken
            """,
            [FOLD_CHUNK],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
