"""How many rows a person may do in a project on one day of the organization's time zone.

What is in hand counts: nobody is given more rows than the limit leaves. Rows in hand stay when the limit is lowered.
A limit is the project's or, of own people on a shared project, the vendor's own; the lower one counts."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from labeling import project_access, today, work_time
from labeling.models import DayLimit, Project, Slot
from labeling.pauses import in_words
from labeling.queue import Empty
from workforce import access, audit
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.models import ClockTimestamp, Membership, Person, Team
from workforce.roles import Permission

MOST_ROWS = 100_000


@transaction.atomic
def set_day_limit(
    actor: Person, project: Project, person: Person, rows: int | None, *, vendor: Team | None = None
) -> None:
    """At most so many rows a day; none takes the limit away.

    With ``vendor`` its manager says it of own people, beside what the project says."""
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    refuse_who_may_not_limit(actor, project, person, vendor=vendor, is_ending=rows is None)
    if rows is not None and not 1 <= rows <= MOST_ROWS:
        raise InvalidInput("limit_invalid", f"A limit is 1 to {MOST_ROWS} rows a day.", path="rows")
    found = DayLimit.objects.filter(project=project, person=person, is_vendors=vendor is not None)
    before = found.values_list("rows", flat=True).first()
    if before == rows:
        return
    if rows is None:
        found.delete()
    else:
        values = {"rows": rows, "set_by": actor}
        DayLimit.objects.update_or_create(
            project=project, person=person, is_vendors=vendor is not None, defaults=values
        )
    after = {"person": str(person.uid), "rows": rows, "vendor": str(vendor.uid) if vendor else None}
    audit.record(actor, "day_limit.set", project, before={"rows": before}, after=after)


def refuse_who_may_not_limit(
    actor: Person, project: Project, person: Person, *, vendor: Team | None, is_ending: bool
) -> None:
    """Those who give roles here limit anybody who has one; a vendor's manager own people where it is shared."""
    if vendor is None:
        access.require(actor, Permission.MANAGE_ACCESS, project)
    else:
        access.require(actor, Permission.MANAGE_PEOPLE, vendor)
        is_own = Membership.objects.filter(vendor=vendor, person=person).exists()
        if not is_own or not project_access.projects_shared_with(vendor).filter(pk=project.pk).exists():
            raise NotFound
    if not is_ending and not access.roles_on(person, project):
        raise RuleViolation("not_on_project", f"{person.name} has no role in {project.name}.")


def day_limits_in(project: Project, people: Iterable[int]) -> dict[int, list[DayLimit]]:
    """Person's primary key → their limits here, the project's first; one query for any number."""
    found: dict[int, list[DayLimit]] = {}
    limits = DayLimit.objects.filter(project=project, person__in=list(people))
    for limit in limits.order_by("is_vendors"):
        found.setdefault(limit.person_id, []).append(limit)
    return found


def cap(person: Person, project: Project, kind: str) -> tuple[int, Empty] | None:
    """For the claim: how many new rows the limit leaves today, and what is said when that is none."""
    live = Q(person__labeling_slots__project=project, person__labeling_slots__state=Slot.State.LEASED)
    live &= Q(person__labeling_slots__leased_until__gt=ClockTimestamp())
    limit = DayLimit.objects.filter(project=project, person=person)
    found = limit.annotate(in_hand=Count("person__labeling_slots", filter=live)).order_by("rows").first()
    if found is None:
        return None
    left, next_at = rows_left(person, project, found.rows, in_hand=found.in_hand)
    rows = f"{found.rows} row{'s' if found.rows > 1 else ''}"
    told = f"You have your {rows} of today in {project.name}. The next come from {in_words(next_at, project)}."
    return left, Empty("day_limit", told, next_at)


def rows_left(person: Person, project: Project, limit: int, *, in_hand: int) -> tuple[int, datetime]:
    """How many rows ``limit`` leaves today, what is in hand counted, and when the next day begins."""
    return limit - today.rows_done(person, project) - in_hand, work_time.next_day_at(project)
