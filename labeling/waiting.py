"""What waits for a person: the projects they may label or review in, with how much and since when."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, Sum

from labeling.counters import row_counter
from labeling.models import Counter, CounterDelta, Project, ProjectRow, Slot, WorkSession
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
        projects = access.visible_to(person, Project.objects.filter(state=Project.State.ACTIVE), PERMISSIONS[kind])
        by_id = {project.pk: project for project in projects.order_by("name")}
        counts = _counts(list(by_id), [row_counter(state) for state in states])
        rows = ProjectRow.objects.filter(project__in=by_id, state__in=states).values("project")
        dated = rows.annotate(oldest=Min("state_since"), due=Min("due_at"))
        since = {line["project"]: (line["oldest"], line["due"]) for line in dated}
        for pk, project in by_id.items():
            oldest, due = since.get(pk, (None, None))
            found.append(Waiting(project, kind, counts[pk], oldest, due))
    return sorted(found, key=lambda waiting: (waiting.row_count == 0, waiting.project.name, waiting.kind))


def _counts(project_ids: list[int], names: list[str]) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    folded = Counter.objects.filter(project__in=project_ids, name__in=names).values("project")
    for line in folded.annotate(total=Sum("value")):
        counts[line["project"]] += line["total"]
    fresh = CounterDelta.objects.filter(project__in=project_ids, name__in=names).values("project")
    for line in fresh.annotate(total=Sum("amount")):
        counts[line["project"]] += line["total"]
    return counts


def last_project(person: Person) -> int | None:
    """Where the person worked last; *Start* goes there."""
    session = WorkSession.objects.filter(person=person).order_by("-last_beat_at").values_list("project", flat=True)
    return session.first()
