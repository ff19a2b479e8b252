"""How many rows a person may do in a project on one day of the organization's time zone.

What is in hand counts: nobody is given more rows than the limit leaves. Rows in hand stay when the limit is lowered."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count, Q

from labeling import today, work_time
from labeling.models import DayLimit, Project, Slot
from labeling.pauses import in_words
from labeling.queue import Empty
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

MOST_ROWS = 100_000


@transaction.atomic
def set_day_limit(actor: Person, project: Project, person: Person, rows: int | None) -> None:
    """At most so many rows a day; none takes the limit away."""
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    access.require(actor, Permission.MANAGE_ACCESS, project)
    if rows is not None and not 1 <= rows <= MOST_ROWS:
        raise InvalidInput("limit_invalid", f"A limit is 1 to {MOST_ROWS} rows a day.", path="rows")
    if rows is not None and not access.roles_on(person, project):
        raise RuleViolation("not_on_project", f"{person.name} has no role in {project.name}.")
    limit = DayLimit.objects.filter(project=project, person=person).first()
    before = {"rows": limit.rows if limit else None}
    if rows is None:
        DayLimit.objects.filter(project=project, person=person).delete()
    else:
        values = {"rows": rows, "set_by": actor}
        DayLimit.objects.update_or_create(project=project, person=person, defaults=values)
    if before["rows"] != rows:
        after = {"person": str(person.uid), "rows": rows}
        audit.record(actor, "day_limit.set", project, before=before, after=after)


def day_limits_in(project: Project, people: Iterable[int]) -> dict[int, int]:
    """Person's primary key → rows a day; one query for any number."""
    found = DayLimit.objects.filter(project=project, person__in=list(people))
    return dict(found.values_list("person", "rows"))


def cap(person: Person, project: Project, kind: str) -> tuple[int, Empty] | None:
    """For the claim: how many new rows the limit leaves today, and what is said when that is none."""
    live = Q(person__labeling_slots__project=project, person__labeling_slots__state=Slot.State.LEASED)
    live &= Q(person__labeling_slots__leased_until__gt=ClockTimestamp())
    limit = DayLimit.objects.filter(project=project, person=person)
    found = limit.annotate(in_hand=Count("person__labeling_slots", filter=live)).first()
    if found is None:
        return None
    left = found.rows - today.rows_done(person, project) - found.in_hand
    next_at = work_time.next_day_at(project)
    rows = f"{found.rows} row{'s' if found.rows > 1 else ''}"
    told = f"You have your {rows} of today in {project.name}. The next come from {in_words(next_at, project)}."
    return left, Empty("day_limit", told, next_at)
