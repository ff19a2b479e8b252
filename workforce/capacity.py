"""How many hours people have: their own per weekday, else their team's default, less days off.

Whoever manages a person says when they work, a vendor's manager of the own people. Who has neither own hours nor a
team with hours is not guessed: they have no figure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from workforce import access, audit
from workforce.errors import InvalidInput
from workforce.models import DaysOff, Membership, Organization, Person, Team, WorkingHours
from workforce.roles import Permission

LONGEST_DAYS = 366
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
STEP = Decimal("0.25")


def hours_of(people: Sequence[Person], since: date, until: date, *, organization: Organization) -> dict[int, Decimal]:
    """Person's primary key → hours from ``since`` to ``until``, both counted; four queries for any number. Who is no
    active member has 0, who has no hours set is left out. Raises for more than a year."""
    if not 0 <= (until - since).days < LONGEST_DAYS:
        raise InvalidInput("days_invalid", f"Ask about 1 to {LONGEST_DAYS} days.")
    members = {
        one.person_id: one
        for one in Membership.objects.filter(organization=organization, person__in=people).select_related("person")
    }
    weeks = _weeks_of(organization, members)
    off = _days_off_of(members, since, until)
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    found = {}
    for person in people:
        member = members.get(person.pk)
        if member is None or not (member.is_active and member.person.is_active):
            found[person.pk] = Decimal(0)
        elif person.pk in weeks:
            week, free = weeks[person.pk], off.get(member.pk, set())
            found[person.pk] = sum((week[day.weekday()] for day in days if day not in free), Decimal(0))
    return found


def _weeks_of(organization: Organization, members: Mapping[int, Membership]) -> dict[int, list[Decimal]]:
    """Person's primary key → hours per weekday: the own ones, else those of their first team by name that has any."""
    weeks: dict[int, list[Decimal]] = {}
    of_teams = WorkingHours.objects.filter(organization=organization, team__group__user__in=members)
    for hours, person_id in of_teams.order_by("team__name", "pk").values_list("hours", F("team__group__user")):
        weeks.setdefault(person_id, hours)
    own = WorkingHours.objects.filter(organization=organization, membership__person__in=members)
    return weeks | dict(own.values_list("membership__person", "hours"))


def _days_off_of(members: Mapping[int, Membership], since: date, until: date) -> dict[int, set[date]]:
    found: dict[int, set[date]] = {}
    of_members = DaysOff.objects.filter(membership__in=members.values(), first_on__lte=until, last_on__gte=since)
    for member_id, first, last in of_members.values_list("membership", "first_on", "last_on"):
        start, end = max(first, since), min(last, until)
        days = {start + timedelta(days=number) for number in range((end - start).days + 1)}
        found.setdefault(member_id, set()).update(days)
    return found


# --- What is set ------------------------------------------------------------------------------------------------
def hours_set_for(receiver: Membership | Team) -> list[Decimal] | None:
    return WorkingHours.objects.filter(**_receiver(receiver)).values_list("hours", flat=True).first()


def days_off_of(member: Membership, today: date) -> list[DaysOff]:
    """Those that are not over, next first."""
    return list(DaysOff.objects.filter(membership=member, last_on__gte=today).order_by("first_on", "pk"))


@transaction.atomic
def set_hours(actor: Person, receiver: Membership | Team, hours: Sequence[Decimal] | None) -> None:
    """Hours from Monday to Sunday; none takes the own ones away, so that a team's default holds."""
    access.require(actor, Permission.MANAGE_PEOPLE, receiver)
    type(receiver)._default_manager.select_for_update(no_key=True).get(pk=receiver.pk)
    before = hours_set_for(receiver)
    if hours is None:
        WorkingHours.objects.filter(**_receiver(receiver)).delete()
    else:
        _refuse_odd_hours(hours)
        WorkingHours.objects.update_or_create(
            **_receiver(receiver), defaults={"organization_id": receiver.organization_id, "hours": list(hours)}
        )
    audit.record(actor, "hours.set", receiver, before=_facts(before), after=_facts(hours))


@transaction.atomic
def add_days_off(actor: Person, member: Membership, *, first_on: date, last_on: date, note: str = "") -> DaysOff:
    access.require(actor, Permission.MANAGE_PEOPLE, member)
    if not 0 <= (last_on - first_on).days < LONGEST_DAYS:
        raise InvalidInput("days_invalid", "Days off end on or after their first day, within a year.")
    days = DaysOff.objects.create(membership=member, first_on=first_on, last_on=last_on, note=note.strip()[:100])
    audit.record(actor, "days_off.added", member, after={"first": first_on.isoformat(), "last": last_on.isoformat()})
    return days


@transaction.atomic
def remove_days_off(actor: Person, days: DaysOff) -> None:
    access.require(actor, Permission.MANAGE_PEOPLE, days)
    before = {"first": days.first_on.isoformat(), "last": days.last_on.isoformat()}
    audit.record(actor, "days_off.removed", days.membership, before=before)
    days.delete()


def _receiver(receiver: Membership | Team) -> dict[str, Any]:
    return {"team_id": receiver.pk} if isinstance(receiver, Team) else {"membership_id": receiver.pk}


def _refuse_odd_hours(hours: Sequence[Decimal]) -> None:
    if len(hours) != len(WEEKDAYS) or not all(one.is_finite() and 0 <= one <= 24 and one % STEP == 0 for one in hours):
        raise InvalidInput("hours_invalid", "Hours are from 0 to 24 for each of the seven days, in quarters.")


def _facts(hours: Sequence[Decimal] | None) -> dict[str, Any]:
    return {} if hours is None else dict(zip(WEEKDAYS, map(str, hours), strict=True))
