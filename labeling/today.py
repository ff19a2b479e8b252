"""A person's day: rows done, time at work. The day is the organization's."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from labeling import work_time
from labeling.models import LabelVersion, Project, WorkSession
from workforce.models import Person


@dataclass(frozen=True)
class Day:
    rows: int
    objects: int
    active_seconds: float
    idle_seconds: float

    @property
    def rows_per_hour(self) -> float | None:
        return self.rows * 3600 / self.active_seconds if self.active_seconds >= 60 else None


def day_of(person: Person, projects: list[Project]) -> Day:
    """What ``person`` submitted today; time of leases without a submit counts as time, not as a row."""
    if not projects:
        return Day(0, 0, 0.0, 0.0)
    sessions = WorkSession.objects.filter(
        project__in=projects, person=person, credited_on=work_time.day_in(projects[0], work_time.clock())
    )
    found = sessions.aggregate(
        rows=Count("pk", filter=Q(outcome=WorkSession.Outcome.SUBMITTED)),
        active=Sum("active_seconds"),
        idle=Sum("idle_seconds"),
    )
    slots = sessions.filter(outcome=WorkSession.Outcome.SUBMITTED).values("slot")
    versions = LabelVersion.objects.filter(label__slot__in=slots, author=person)
    objects = versions.aggregate(objects=Sum("object_count"))["objects"]
    return Day(found["rows"], objects or 0, found["active"] or 0.0, found["idle"] or 0.0)


def rows_done(person: Person, project: Project) -> int:
    return day_of(person, [project]).rows
