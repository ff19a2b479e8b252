"""What waits for a person: the projects they may label or review in, with how much and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from labeling import counters
from labeling.models import Project, ProjectRow, Slot, WorkSession
from workforce import access
from workforce.models import Person
from workforce.roles import Permission

# Which rows wait for which kind of work.
WAITS_FOR = {
    Slot.Kind.LABEL: (ProjectRow.State.WAITING, ProjectRow.State.IN_WORK),
    Slot.Kind.REVIEW: (ProjectRow.State.IN_REVIEW,),
}
PERMISSIONS = {Slot.Kind.LABEL: Permission.LABEL, Slot.Kind.REVIEW: Permission.REVIEW}


@dataclass(frozen=True)
class Waiting:
    project: Project
    kind: Slot.Kind
    row_count: int
    oldest_at: datetime | None
    due_at: datetime | None


def work_waiting_for(person: Person) -> list[Waiting]:
    """One entry per project and kind of work, those with rows first. The same few queries for any number."""
    found = []
    for kind, states in WAITS_FOR.items():
        active = Project.objects.filter(state=Project.State.ACTIVE)
        projects = list(access.visible_to(person, active, PERMISSIONS[kind]).annotate(**_first_of(states)))
        rows = counters.rows_by_state_of(project.pk for project in projects)
        for project in projects:
            count = sum(rows[project.pk][state] for state in states)
            found.append(
                Waiting(project, kind, count, _least(project, "oldest", states), _least(project, "due", states))
            )
    return sorted(found, key=lambda waiting: (waiting.row_count == 0, waiting.project.name, waiting.kind))


def _first_of(states: Sequence[str]) -> dict[str, Subquery]:
    """The oldest and the first due row of each project and state: one look into an index each, however many wait."""
    found = {}
    for state in states:
        rows = ProjectRow.objects.filter(project=OuterRef("pk"), state=state)
        due = rows.filter(due_at__isnull=False)
        found[f"oldest_{state}"] = Subquery(rows.order_by("state_since").values("state_since")[:1])
        found[f"due_{state}"] = Subquery(due.order_by("due_at").values("due_at")[:1])
    return found


def _least(project: Project, what: str, states: Sequence[str]) -> datetime | None:
    return min(filter(None, (getattr(project, f"{what}_{state}") for state in states)), default=None)


def last_project(person: Person) -> int | None:
    """Where the person worked last; *Start* goes there."""
    session = WorkSession.objects.filter(person=person).order_by("-last_beat_at").values_list("project", flat=True)
    return session.first()
