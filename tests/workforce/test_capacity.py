"""How many hours people have, and who says so."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast
from workforce import capacity, organizations, teams
from workforce.errors import InvalidInput, NotAllowed, NotFound
from workforce.models import AuditEvent, DaysOff, Membership, Person, WorkingHours

pytestmark = pytest.mark.django_db
MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 29)
EIGHTS = [Decimal(8)] * 5 + [Decimal(0)] * 2
FOURS = [Decimal(4)] * 7


def member(cast: Cast, name: str) -> Membership:
    return Membership.objects.select_related("organization", "person").get(
        organization=cast.home, person=getattr(cast, name)
    )


def week_of(cast: Cast, *names: str, since: date = MONDAY, until: date = SUNDAY) -> list[Decimal | None]:
    people = [getattr(cast, name) for name in names]
    found = capacity.hours_of(people, since, until, organization=cast.home)
    return [found.get(person.pk) for person in people]


def test_own_hours_stand_before_a_teams_and_nobody_is_guessed(cast: Cast) -> None:
    capacity.set_hours(cast.max, cast.team, EIGHTS)
    capacity.set_hours(cast.max, member(cast, "lena"), FOURS)
    assert week_of(cast, "tom", "lena", "leo") == [Decimal(40), Decimal(28), None]
    capacity.set_hours(cast.max, member(cast, "lena"), None)
    assert week_of(cast, "lena") == [Decimal(40)]
    assert AuditEvent.objects.filter(action="hours.set", actor=cast.max).count() == 3


def test_of_two_teams_the_first_by_name_counts(cast: Cast) -> None:
    zoo = teams.create_team(cast.max, cast.home, name="Zoo")
    teams.add_to_team(cast.max, zoo, cast.lena)
    capacity.set_hours(cast.max, zoo, EIGHTS)
    assert week_of(cast, "lena") == [Decimal(40)]
    capacity.set_hours(cast.max, cast.team, FOURS)
    assert week_of(cast, "lena") == [Decimal(28)]


def test_days_off_count_once_and_only_within_the_days_asked(cast: Cast) -> None:
    lena = member(cast, "lena")
    capacity.set_hours(cast.max, lena, EIGHTS)
    for first, last in (
        (date(2026, 11, 19), MONDAY),
        (MONDAY, date(2026, 11, 24)),
        (date(2026, 11, 27), date(2027, 1, 9)),
    ):
        capacity.add_days_off(cast.max, lena, first_on=first, last_on=last)
    assert week_of(cast, "lena") == [Decimal(16)]
    assert week_of(cast, "lena", until=MONDAY) == [Decimal(0)]
    capacity.remove_days_off(cast.max, DaysOff.objects.get(last_on=date(2027, 1, 9)))
    assert week_of(cast, "lena") == [Decimal(24)]
    assert [str(one) for one in capacity.days_off_of(lena, date(2026, 11, 24))] == ["2026-11-23 to 2026-11-24"]


@pytest.mark.parametrize("who", ["membership", "login", "stranger"])
def test_who_does_not_work_here_now_has_no_hours(cast: Cast, who: str) -> None:
    capacity.set_hours(cast.max, member(cast, "lena"), EIGHTS)
    if who == "membership":
        organizations.leave_organization(cast.lena, cast.home)
    elif who == "login":
        Person.objects.filter(pk=cast.lena.pk).update(is_active=False)
    assert week_of(cast, "otto" if who == "stranger" else "lena") == [Decimal(0)]


def test_any_number_of_people_costs_the_same(cast: Cast) -> None:
    capacity.set_hours(cast.max, cast.team, EIGHTS)
    counts = []
    for names in (["lena"], ["lena", "leo", "tom", "vera", "rita"]):
        with CaptureQueriesContext(connection) as seen:
            week_of(cast, *names)
        counts.append(len(seen))
    assert counts == [4, 4]


@pytest.mark.parametrize(
    "hours",
    [
        EIGHTS[:6],
        [*EIGHTS, Decimal(0)],
        [Decimal(-1)] * 7,
        [Decimal(25)] * 7,
        [Decimal("NaN")] * 7,
        [Decimal("7.1")] * 7,
    ],
)
def test_odd_hours_are_refused(cast: Cast, hours: list[Decimal]) -> None:
    with pytest.raises(InvalidInput):
        capacity.set_hours(cast.max, cast.team, hours)
    assert not WorkingHours.objects.exists()


@pytest.mark.parametrize(("first", "last"), [(SUNDAY, MONDAY), (MONDAY, date(2028, 1, 1))])
def test_odd_days_are_refused(cast: Cast, first: date, last: date) -> None:
    with pytest.raises(InvalidInput):
        capacity.add_days_off(cast.max, member(cast, "lena"), first_on=first, last_on=last)
    with pytest.raises(InvalidInput):
        capacity.hours_of([cast.lena], first, last, organization=cast.home)


@pytest.mark.parametrize(
    ("actor", "receiver", "error"),
    [
        ("vito", "vera", None),
        ("vito", "lena", NotAllowed),
        ("lena", "lena", NotAllowed),
        ("wim", "lena", NotAllowed),
        ("otto", "lena", NotFound),
        ("otto", "vera", NotFound),
    ],
)
def test_who_says_when_people_work(cast: Cast, actor: str, receiver: str, error: Any) -> None:
    person, one = getattr(cast, actor), member(cast, receiver)
    days = capacity.add_days_off(cast.ada, one, first_on=MONDAY, last_on=SUNDAY)
    acts = (
        lambda: capacity.set_hours(person, one, FOURS),
        lambda: capacity.add_days_off(person, one, first_on=MONDAY, last_on=MONDAY),
        lambda: capacity.remove_days_off(person, days),
    )
    for act in acts:
        if error is None:
            act()
        else:
            with pytest.raises(error):
                act()


def test_a_vendors_manager_sets_the_default_of_the_own_vendor_only(cast: Cast) -> None:
    capacity.set_hours(cast.vito, cast.vendor, FOURS)
    assert week_of(cast, "vera") == [Decimal(28)]
    with pytest.raises(NotAllowed):
        capacity.set_hours(cast.vito, cast.team, FOURS)
