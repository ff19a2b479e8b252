"""Checks: rows given to compare the answer with a known one. Who gets one cannot tell it from any other row.

An upper floor says for which rows of a claim (``register_chooser``). A check takes the place of the row that would have
come: an open slot of its own row if that wants opinions, else a slot of its own that stands in the queue where the
other stood, in batch, priority and order. Nobody waits for it; given back or run out it is gone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Func, Value

from labeling.models import Project, ProjectRow, Slot
from labeling.rows import lock_row
from workforce import access
from workforce.errors import RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

# Long enough to open the editor; its heartbeat renews it from then on.
FIRST_LEASE = timedelta(minutes=5)
FOR_GOLD = "for_gold"

# Asked of a person, a project and how many rows they get now: for each of these the row (primary key) that comes
# instead of the oldest, or none. One query, whatever the answer is, so that the time of a claim tells nothing.
Chooser = Callable[[Person, Project, int], list[int | None]]
_choosers: list[Chooser] = []

# {head} picks the slot whose place is taken, without holding it. The row may have come to the person as an ordinary one
# earlier in the same claim: then it is no check any more.
_TAKE = """
WITH head AS MATERIALIZED (
    SELECT h.id, h.priority, h.order_key, h.batch_id FROM labeling_slot h WHERE h.id IN ({head})
      AND NOT EXISTS (SELECT 1 FROM labeling_slot met WHERE met.project_row_id = %(row)s
          AND met.labeler_id = %(person)s AND met.kind = 'label' AND met.state NOT IN ('open', 'revoked'))
), own AS MATERIALIZED (
    SELECT s.id FROM labeling_slot s
    WHERE s.project_row_id = %(row)s AND s.kind = 'label' AND s.state = 'open' AND NOT s.is_rework
      AND s.batch_id <> ALL(%(closed)s) AND EXISTS (SELECT 1 FROM head)
    ORDER BY s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
), taken AS (
    UPDATE labeling_slot SET
        state = 'leased', labeler_id = %(person)s, lease_token = nextval('labeling_lease_token'),
        leased_at = clock_timestamp(), last_input_at = clock_timestamp(),
        leased_until = clock_timestamp() + make_interval(secs => %(seconds)s),
        ontology_version_id = %(ontology_version)s, why = %(why)s
    FROM own WHERE labeling_slot.id = own.id RETURNING labeling_slot.id
), made AS (
    INSERT INTO labeling_slot (uid, project_id, project_row_id, batch_id, kind, step, is_rework, is_check, priority,
        order_key, skip_reason, skip_comment, state, labeler_id, lease_token, leased_at, last_input_at, leased_until,
        ontology_version_id, why)
    SELECT gen_random_uuid(), %(project)s, %(row)s, batch_id, 'label', 0, false, true, priority,
        order_key, '', '', 'leased', %(person)s, nextval('labeling_lease_token'), clock_timestamp(), clock_timestamp(),
        clock_timestamp() + make_interval(secs => %(seconds)s), %(ontology_version)s, %(why)s
    FROM head WHERE NOT EXISTS (SELECT 1 FROM own)
    RETURNING id
)
SELECT id FROM taken UNION ALL SELECT id FROM made
"""


def register_chooser(chooser: Chooser) -> None:
    """Who says which rows come as checks. The first that has any counts."""
    _choosers.append(chooser)


def rows_to_check(person: Person, project: Project, count: int) -> list[int | None]:
    """For each of the next ``count`` rows the one that comes as a check, or none."""
    if count <= 0:
        return []
    return next((chosen for chooser in _choosers if any(chosen := chooser(person, project, count))), [])


def take(row: int, head: str, values: dict[str, Any]) -> list[int]:
    """Lease ``row`` in the place of the slot that the statement ``head`` picks; nothing where there is none.

    ``head`` locks nothing: whoever wants that place next must not find it locked."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(head=head), {**values, "row": row})
        return [found[0] for found in cursor.fetchall()]


@transaction.atomic
def lease_for_gold(person: Person, project_row: ProjectRow, ontology_version: int) -> Slot:
    """A slot on which an expert draws the gold of a row in the editor; what they drew before is opened again.

    Raises ``labeled_already`` for one who has another label of the row: that one can be marked as gold."""
    row = lock_row(project_row.pk)
    access.require(person, Permission.MAKE_BENCHMARK, row)
    access.require(person, Permission.LABEL, row)
    own = Slot.objects.filter(project_row=row, labeler=person, kind=Slot.Kind.LABEL)
    slot = own.exclude(state__in=[Slot.State.OPEN, Slot.State.REVOKED]).first()
    if slot is not None and slot.why != FOR_GOLD:
        raise RuleViolation("labeled_already", "You have this row already: submit it, and mark your label as gold.")
    if slot is not None and slot.state == Slot.State.LEASED:
        return slot
    if slot is None:
        slot = Slot.objects.create(
            project_id=row.project_id, project_row=row, is_check=True, priority=row.priority, order_key=row.pk
        )
    else:
        Slot.objects.filter(pk=slot.pk).update(is_rework=True)
    Slot.objects.filter(pk=slot.pk).update(
        state=Slot.State.LEASED,
        labeler=person,
        lease_token=Func(Value("labeling_lease_token"), function="nextval"),
        leased_at=ClockTimestamp(),
        last_input_at=ClockTimestamp(),
        leased_until=ClockTimestamp() + FIRST_LEASE,
        ontology_version=ontology_version,
        why=FOR_GOLD,
    )
    slot.refresh_from_db()
    return slot
