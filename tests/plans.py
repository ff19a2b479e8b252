"""How the database would answer at scale: small tables are read whole, so the other ways are ruled out first."""

from typing import Any

from django.db import connection


def plan_of(sql: str, values: Any = ()) -> str:
    """The plan of a statement when neither reading a whole table nor sorting is worth it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        lines = cursor.fetchall()
        for name in ("seqscan", "sort", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{name} = on")
    return "\n".join(line for (line,) in lines)


def plan_of_list(queryset: Any) -> str:
    return plan_of(*queryset.query.sql_with_params())
