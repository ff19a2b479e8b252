"""The state of a project row. Every change goes through ``move_row``, which keeps the counters right and announces
completion once per revision. Callers hold the row's lock."""

from collections.abc import Iterable

from django.db.models import QuerySet

from labeling import counters
from labeling.events import row_done, stream_of_project, stream_of_row
from labeling.kept_apart import refuse_kept_apart
from labeling.models import ProjectRow, Slot
from workforce.events import announce_on
from workforce.models import ClockTimestamp

OPINION_IS_IN = (Slot.State.SUBMITTED, Slot.State.IN_REVIEW, Slot.State.IN_REWORK, Slot.State.DONE)


def lock_row(project_row_id: int) -> ProjectRow:
    """The row with its project, locked until the transaction ends: first in the lock order of this floor.

    Without its key, as no key ever changes: a draft that is saved at the same moment names the row and holds the slot
    that is wanted next."""
    rows = ProjectRow.objects.select_related("project", "batch", "data_row")
    rows = rows.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=project_row_id)


def move_row(row: ProjectRow, state: str) -> None:
    """Raises ``row_kept_apart`` for a finished row that shall not go back into the line."""
    if row.state == state:
        return
    if row.state == ProjectRow.State.DONE:
        refuse_kept_apart(row)
    before, row.state = row.state, state
    fields = {"state": state, "state_since": ClockTimestamp()}
    is_news = state == ProjectRow.State.DONE and row.announced_revision < row.revision
    if state == ProjectRow.State.DONE:
        fields["done_at"] = ClockTimestamp()
        fields["announced_revision"] = row.announced_revision = row.revision
    ProjectRow.objects.filter(pk=row.pk).update(**fields)
    counters.add(row.project_id, {counters.row_counter(before): -1, counters.row_counter(state): 1})
    facts = {"row": str(row.uid), "state": state}
    streams = [stream_of_project(row.project.uid), stream_of_row(row.uid)]
    announce_on(row.project.organization_id, streams, "row_moved", facts)
    if is_news:
        row_done.send(sender=ProjectRow, project_row=row)


def label_slots(row: ProjectRow) -> QuerySet[Slot]:
    """The slots of a row's opinions; a check is none."""
    return Slot.objects.filter(project_row=row, kind=Slot.Kind.LABEL, is_check=False)


def opinions_in(row: ProjectRow) -> int:
    return label_slots(row).filter(state__in=OPINION_IS_IN).count()


def is_complete(row: ProjectRow) -> bool:
    """Whether every wanted opinion is in and none is being reworked."""
    return all_are_in(label_slots(row).values_list("state", flat=True))


def all_are_in(states: Iterable[str]) -> bool:
    """The same, of the states of a row's label slots."""
    found = set(states)
    is_open = found & {Slot.State.OPEN, Slot.State.LEASED, Slot.State.IN_REWORK}
    return not is_open and bool(found & set(OPINION_IS_IN))


def add_label_slots(row: ProjectRow, count: int) -> None:
    Slot.objects.bulk_create(
        [
            Slot(project_id=row.project_id, project_row=row, priority=row.priority, order_key=row.pk)
            for _ in range(count)
        ]
    )
