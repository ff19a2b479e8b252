"""How many rows were in, labeled and done at the end of each working day: what the cumulative flow is drawn from.

Counted backwards from the exact totals of this moment. Days that are over are kept in the cache for some minutes: only
an import or a reopening changes them, and counting them again costs as much as they held work. Read only."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db import connection

from labeling.models import Project, ProjectRow

LOOK_BACK = timedelta(days=21)
SHOWN_DAYS = 10
KEPT_SECONDS = 600

Moves = dict[date, tuple[int, int, int]]

# A row left labeling on the day of its last first submit; what was imported done left it on the day it came.
_MOVES = """
WITH entered AS (
    SELECT (b.created_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS rows
    FROM labeling_batch b JOIN labeling_projectrow r ON r.batch_id = b.id
    WHERE b.project_id = %(project)s AND b.created_at >= %(since)s AND b.created_at < %(until)s
      AND r.state <> 'set_aside'
    GROUP BY 1
), finished AS (
    SELECT (r.state_since AT TIME ZONE %(zone)s)::date AS day, count(*) AS rows,
        count(*) FILTER (WHERE NOT EXISTS (
            SELECT 1 FROM labeling_slot s JOIN labeling_worksession w ON w.slot_id = s.id
            WHERE s.project_row_id = r.id AND w.stage = 'labeling' AND w.outcome = 'submitted'
        )) AS imported
    FROM labeling_projectrow r
    WHERE r.project_id = %(project)s AND r.state = 'done' AND r.state_since >= %(since)s AND r.state_since < %(until)s
    GROUP BY 1
), last_label AS (
    SELECT max(w.credited_on) AS day
    FROM labeling_worksession w
    JOIN labeling_slot s ON s.id = w.slot_id
    JOIN labeling_projectrow r ON r.id = s.project_row_id
    WHERE w.project_id = %(project)s AND w.last_beat_at >= %(since)s AND w.last_beat_at < %(until)s
      AND w.stage = 'labeling' AND w.outcome = 'submitted' AND r.state IN ('in_review', 'in_rework', 'done')
    GROUP BY s.project_row_id
), moves AS (
    SELECT day, rows AS entered, 0 AS labeled, 0 AS done FROM entered
    UNION ALL SELECT day, 0, imported, rows FROM finished
    UNION ALL SELECT day, 0, count(*), 0 FROM last_label GROUP BY day
)
SELECT day, sum(entered)::bigint, sum(labeled)::bigint, sum(done)::bigint FROM moves GROUP BY day
"""


@dataclass(frozen=True)
class FlowTotals:
    """Totals at the end of ``day``; of the last one, at this moment."""

    day: date
    entered: int
    labeled: int
    done: int


def totals_by_day(project: Project, start_of_today: datetime, wip: dict[str, int]) -> list[FlowTotals]:
    """The end of the day before the first shown one, then each working day, then now. ``wip`` is rows by state."""
    today = start_of_today.date()
    moves = {
        **_past_moves(project, start_of_today),
        **_moves(project, start_of_today, start_of_today + timedelta(days=2)),
    }
    state = ProjectRow.State
    done = wip[state.DONE]
    labeled = done + wip[state.IN_REVIEW] + wip[state.IN_REWORK]
    entered = labeled + wip[state.WAITING] + wip[state.IN_WORK]
    worked = [day for day, moved in sorted(moves.items(), reverse=True) if any(moved) and day != today]
    found = []
    for day in [today, *worked[: SHOWN_DAYS - 1]]:
        found.append(FlowTotals(day, entered, labeled, done))
        came, left, finished = moves.get(day, (0, 0, 0))
        done = max(0, done - finished)
        labeled = max(done, labeled - left)
        entered = max(labeled, entered - came)
    before = found[-1].day - timedelta(days=1)
    return [FlowTotals(before, entered, labeled, done), *reversed(found)]


def _past_moves(project: Project, start_of_today: datetime) -> Moves:
    key = f"flow:{project.uid}:{start_of_today:%Y%m%d}"
    kept: Moves | None = cache.get(key)
    if kept is None:
        kept = _moves(project, start_of_today - LOOK_BACK, start_of_today)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _moves(project: Project, since: datetime, until: datetime) -> Moves:
    """Day → rows that entered, left labeling, were done."""
    values: dict[str, int | str | datetime] = {
        "project": project.pk,
        "since": since,
        "until": until,
        "zone": project.organization.time_zone,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, values)
        return {day: (entered, labeled, done) for day, entered, labeled, done in cursor.fetchall()}
