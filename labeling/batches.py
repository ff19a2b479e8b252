"""Batches: the act that puts data rows into a project and makes a slot for every wanted label, and their order."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from labeling import counters
from labeling.kept_apart import kept_apart
from labeling.models import Batch, DataRow, Project, ProjectRow, Slot
from labeling.overlap import labels_wanted, overlap_of
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import Person
from workforce.roles import Permission

CHUNK = 2000
PRIORITIES = range(1, 6)
IS_FINAL = (Slot.State.DONE, Slot.State.SKIPPED, Slot.State.REVOKED)


@transaction.atomic
def create_batch(
    actor: Person,
    project: Project,
    data_rows: QuerySet[DataRow],
    *,
    name: str,
    priority: int = 3,
    due_at: datetime | None = None,
) -> Batch:
    """Put ``data_rows`` into the project; those that are in it already stay as they are, those kept apart stay out.

    Rows without a picture are not waiting for anyone: nobody can label what is not there."""
    access.require(actor, Permission.CHANGE_PROJECT, project)
    # So that no row comes in by settings that are being changed.
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")
    if priority not in PRIORITIES:
        raise InvalidInput("priority_out_of_range", "A priority is a number from 1 (first) to 5.", path="priority")
    if Batch.objects.filter(project=project, name=name).exists():
        raise RuleViolation("batch_name_taken", f"There is a batch called {name} already.")
    batch = Batch.objects.create(project=project, name=name, priority=priority, due_at=due_at, created_by=actor)
    own = data_rows.filter(organization=project.organization_id).exclude(project_rows__project=project)
    count = 0
    ids = list(own.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        count += _enter(batch, ids[start : start + CHUNK])
    audit.record(actor, "batch.created", batch, after={"name": name, "rows": count})
    return batch


@transaction.atomic
def change_batch(actor: Person, batch: Batch, *, priority: int, due_at: datetime | None) -> Batch:
    """Put the rest of a batch earlier or later: its rows and whatever of them waits or is in hand.

    What is leased stays where it is; the next claim sees the new order."""
    access.require(actor, Permission.CHANGE_PROJECT, batch)
    if priority not in PRIORITIES:
        raise InvalidInput("priority_out_of_range", "A priority is a number from 1 (first) to 5.", path="priority")
    batch = Batch.objects.select_for_update(of=("self",)).select_related("project").get(pk=batch.pk)
    if batch.project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")
    before, after = _order_of(batch.priority, batch.due_at), _order_of(priority, due_at)
    if before == after:
        return batch
    batch.priority, batch.due_at = priority, due_at
    batch.save(update_fields=["priority", "due_at"])
    ProjectRow.objects.filter(batch=batch).update(priority=priority, due_at=due_at)
    # An appeal stays in front of every batch.
    unfinished = Slot.objects.filter(project_row__batch=batch, is_appeal=False).exclude(state__in=IS_FINAL)
    unfinished.update(priority=priority)
    audit.record(actor, "batch.changed", batch, before=before, after=after)
    return batch


def _order_of(priority: int, due_at: datetime | None) -> dict[str, object]:
    return {"priority": priority, "due_at": due_at and due_at.isoformat()}


def _enter(batch: Batch, data_row_ids: list[int]) -> int:
    project, settings = batch.project, overlap_of(batch.project, batch)
    rows = []
    left_out = kept_apart(project.pk, data_row_ids)
    for data_row in DataRow.objects.filter(pk__in=data_row_ids).exclude(pk__in=left_out).order_by("pk"):
        row = ProjectRow(project=project, data_row=data_row, batch=batch, priority=batch.priority, due_at=batch.due_at)
        row.labels_wanted = labels_wanted(settings, project, row.uid)
        row.state = ProjectRow.State.WAITING if data_row.asset_path else ProjectRow.State.SET_ASIDE
        rows.append(row)
    ProjectRow.objects.bulk_create(rows)
    Slot.objects.bulk_create(
        [
            Slot(project=project, project_row=row, priority=row.priority, order_key=row.pk)
            for row in rows
            if row.state == ProjectRow.State.WAITING
            for _ in range(row.labels_wanted)
        ],
        batch_size=CHUNK,
    )
    waiting = sum(row.state == ProjectRow.State.WAITING for row in rows)
    counters.add(
        project.pk,
        {
            counters.row_counter(ProjectRow.State.WAITING): waiting,
            counters.row_counter(ProjectRow.State.SET_ASIDE): len(rows) - waiting,
        },
    )
    return len(rows)
