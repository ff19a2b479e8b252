"""Projects and batches as lists: their totals in a number of queries that does not grow with the lines."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db.models import F, Func, IntegerField, OuterRef, Q, QuerySet

from labeling import counters
from labeling.models import (
    Batch,
    Project,
    ProjectPersonGrant,
    ProjectRow,
    ProjectTeamGrant,
    Slot,
)
from workforce.models import ClockTimestamp
from workforce.roles import Role

# Rows of a batch are counted up to here; beyond it the list says "more".
COUNTED_ROWS = 10_000


def rows_by_state_of(projects: Sequence[Project]) -> dict[int, dict[str, int]]:
    """Project's primary key → rows in each state, exact at this moment."""
    return counters.rows_by_state_of(project.pk for project in projects)


def people_count_of(projects: Sequence[Project]) -> dict[int, int]:
    """Project's primary key → active members with a live grant there, in their own name or through a team."""
    live = Q(content_object__in=[project.pk for project in projects]) & (
        Q(expires_at=None) | Q(expires_at__gt=ClockTimestamp())
    )
    people: dict[int, set[int]] = defaultdict(set)
    barred: set[tuple[int, int]] = set()
    own = ProjectPersonGrant.objects.filter(live, **_active("user"))
    for project_id, person_id, role in own.values_list("content_object_id", "user_id", "permission__codename"):
        if role == Role.NO_ACCESS:
            barred.add((project_id, person_id))
        else:
            people[project_id].add(person_id)
    team = ProjectTeamGrant.objects.exclude(permission__codename=Role.NO_ACCESS).filter(live, **_active("group__user"))
    for project_id, person_id in team.values_list("content_object_id", "group__user"):
        if (project_id, person_id) not in barred:
            people[project_id].add(person_id)
    return {project.pk: len(people[project.pk]) for project in projects}


def _active(person: str) -> dict[str, Any]:
    """The condition that the person at this path is an active member of the project's organization."""
    return {
        f"{person}__is_active": True,
        f"{person}__memberships__is_active": True,
        f"{person}__memberships__organization": F("content_object__organization"),
    }


def batches_of(project: Project) -> QuerySet[Any]:
    """The project's batches with ``row_count``, which counts to one above ``COUNTED_ROWS`` and no further."""
    rows = ProjectRow.objects.filter(batch=OuterRef("pk")).order_by().values("pk")[: COUNTED_ROWS + 1]
    counted = Func(ArraySubquery(rows), function="cardinality", output_field=IntegerField())
    return Batch.objects.filter(project=project).select_related("created_by", "project").annotate(row_count=counted)


def batch_named(project: Project, uid: str) -> Batch | None:
    """The project's batch with this uid; none for anything else."""
    try:
        return Batch.objects.filter(project=project, uid=uid).first() if uid else None
    except ValidationError:
        return None


def skipped_slots(project: Project) -> QuerySet[Slot]:
    """Skips with their reasons, for a list that is newest first."""
    skipped = Slot.objects.filter(project=project, kind=Slot.Kind.LABEL, state=Slot.State.SKIPPED)
    return skipped.select_related("labeler", "project_row__data_row")


def rows_set_aside(project: Project) -> QuerySet[ProjectRow]:
    """Rows that nobody gets before somebody has looked."""
    aside = ProjectRow.objects.filter(project=project, state=ProjectRow.State.SET_ASIDE)
    return aside.select_related("data_row", "batch")


def skips_of_rows(rows: Sequence[ProjectRow]) -> dict[int, list[Slot]]:
    """Project row's primary key → its skips, newest first."""
    found: dict[int, list[Slot]] = {row.pk: [] for row in rows}
    skipped = Slot.objects.filter(project_row__in=found, kind=Slot.Kind.LABEL, state=Slot.State.SKIPPED)
    for slot in skipped.select_related("labeler").order_by("-submitted_at"):
        found[slot.project_row_id].append(slot)
    return found
