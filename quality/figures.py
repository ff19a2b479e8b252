"""People's work by day, as sums. A rule only inserts deltas, in the transaction of the act; the relay folds them.

Rows and objects are noted at the first submit, scores where they are computed. Every second and every skip is noted
when its work session ends (``labeling.events.session_ended``), so that no page ever adds up sessions: submitted time
counts for its stage, all other active time is abandoned. The seconds of a review are noted here too."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import connection

from labeling import work_time
from labeling.models import Label, LabelVersion, WorkSession
from quality.models import FigureDelta
from quality.models.performance import MEASURES

FOLD_CHUNK = 10_000
NAMES = frozenset(name for name, _ in MEASURES)
Amounts = Mapping[str, float]
Entry = tuple[int, int, date, Amounts]

_SECONDS_OF = {
    WorkSession.Stage.LABELING: "labeling_seconds",
    WorkSession.Stage.REVIEW: "review_seconds",
    WorkSession.Stage.REWORK: "rework_seconds",
}


def note(project_id: int, person_id: int, day: date, amounts: Amounts) -> None:
    """Insert deltas for one person and day: measure → amount to add, which may be negative."""
    note_all([(project_id, person_id, day, amounts)])


def note_all(entries: Iterable[Entry]) -> None:
    """``note`` for many people in one statement. Raises ValueError for a measure that does not exist."""
    deltas = [
        FigureDelta(project_id=project_id, person_id=person_id, day=day, measure=measure, amount=amount)
        for project_id, person_id, day, amounts in entries
        for measure, amount in amounts.items()
        if amount
    ]
    unknown = {delta.measure for delta in deltas} - NAMES
    if unknown:
        raise ValueError(f"no such measure: {', '.join(sorted(unknown))}")
    if deltas:
        FigureDelta.objects.bulk_create(deltas)


def score_change(measure: str, before: float | None, after: float | None) -> dict[str, float]:
    """What turns the sums of ``consensus`` or ``benchmark`` when a label's score changes; null is no score."""
    return {
        f"{measure}_n": float(after is not None) - float(before is not None),
        f"{measure}_sum": (after or 0.0) - (before or 0.0),
        f"{measure}_squares": (after or 0.0) ** 2 - (before or 0.0) ** 2,
    }


def day_of(label: Label) -> date:
    """The day of the first submit where the organization is: it stays, so that every later change meets its figures."""
    return work_time.day_in(label.project, label.created_at)


def note_submit(label: Label, version: LabelVersion) -> None:
    """A row and its objects count once, when they are first submitted."""
    if version.number == 1:
        amounts = {"rows": 1, "objects": version.object_count}
        note(label.project_id, label.labeler_id, day_of(label), amounts)


def note_session(session: WorkSession) -> None:
    """The time of a work session that has ended, on the day it is credited."""
    assert session.credited_on is not None
    is_submitted = session.outcome == WorkSession.Outcome.SUBMITTED
    stage = WorkSession.Stage(session.stage)
    amounts = {
        _SECONDS_OF[stage] if is_submitted else "abandoned_seconds": session.active_seconds,
        "idle_seconds": session.idle_seconds,
        "skips": float(session.outcome == WorkSession.Outcome.SKIPPED),
    }
    note(session.project_id, session.person_id, session.credited_on, amounts)


def fold() -> int:
    """Fold waiting deltas into day figures; only the relay calls this. Returns how many were folded."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH taken AS (
                DELETE FROM quality_figuredelta WHERE id IN (
                    SELECT id FROM quality_figuredelta ORDER BY id LIMIT %s
                ) RETURNING project_id, day, person_id, measure, amount
            ), summed AS (
                SELECT project_id, day, person_id, measure, sum(amount) AS amount
                FROM taken GROUP BY project_id, day, person_id, measure
            ), folded AS (
                INSERT INTO quality_dayfigure (project_id, day, person_id, measure, value)
                SELECT project_id, day, person_id, measure, amount FROM summed
                ON CONFLICT (project_id, day, person_id, measure)
                DO UPDATE SET value = quality_dayfigure.value + EXCLUDED.value
            )
            SELECT count(*) FROM taken
            """,
            [FOLD_CHUNK],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
