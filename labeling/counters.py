"""Totals of a project that cost the same at a million rows. A request only inserts a delta; the relay folds."""

from collections import Counter as Tally

from django.db import connection

from labeling.models import Counter, CounterDelta, Project, ProjectRow

FOLD_CHUNK = 10_000


def row_counter(state: str) -> str:
    return f"rows:{state}"


def add(project_id: int, amounts: dict[str, int]) -> None:
    """Insert deltas, in the transaction of the act that changed what they count."""
    CounterDelta.objects.bulk_create(
        [CounterDelta(project_id=project_id, name=name, amount=amount) for name, amount in amounts.items() if amount]
    )


def totals(project: Project) -> dict[str, int]:
    """Every counter of the project, exact at this moment: folded values and deltas that wait."""
    found: Tally[str] = Tally(dict(Counter.objects.filter(project=project).values_list("name", "value")))
    for name, amount in CounterDelta.objects.filter(project=project).values_list("name", "amount"):
        found[name] += amount
    return dict(found)


def rows_by_state(project: Project) -> dict[str, int]:
    """Rows in each state, all states named."""
    found = totals(project)
    return {state: found.get(row_counter(state), 0) for state in ProjectRow.State.values}


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
