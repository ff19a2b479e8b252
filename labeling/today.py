"""A person's day: rows done, time at work. The day is the organization's."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from labeling import work_time
from labeling.models import Project, WorkSession
from workforce.models import Person


@dataclass(frozen=True)
class Day:
    rows: int
    active_seconds: float
    idle_seconds: float


def day_of(person: Person, project: Project) -> Day:
    """What ``person`` submitted in the project today; abandoned time counts as time, not as a row."""
    sessions = WorkSession.objects.filter(
        project=project, person=person, credited_on=work_time.day_in(project, work_time.clock())
    )
    found = sessions.aggregate(
        rows=Count("pk", filter=Q(outcome=WorkSession.Outcome.SUBMITTED)),
        active=Sum("active_seconds"),
        idle=Sum("idle_seconds"),
    )
    return Day(found["rows"], found["active"] or 0.0, found["idle"] or 0.0)


def rows_done(person: Person, project: Project) -> int:
    return day_of(person, project).rows
