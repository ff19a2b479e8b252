"""Rates: never two at a time, never rewritten, and seen by those who run the organization alone."""

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from tests.cast import Cast
from workforce import rates
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Membership, Rate, Team

pytestmark = pytest.mark.django_db
JANUARY, MARCH, JUNE = date(2026, 1, 1), date(2026, 3, 1), date(2026, 6, 30)


def member(cast: Cast, name: str) -> Membership:
    return Membership.objects.select_related("organization").get(organization=cast.home, person=getattr(cast, name))


def set_rate(cast: Cast, receiver: Membership | Team, actor: str = "max", **values: Any) -> Rate:
    wanted = {"amount": Decimal("12.50"), "currency": "eur", "per": "hour", "valid_from": JANUARY, **values}
    return rates.set_rate(getattr(cast, actor), receiver, **wanted)


def amount_on(cast: Cast, name: str, day: date, per: str = "hour") -> Decimal | None:
    rate = rates.rate_on(getattr(cast, name), day, organization=cast.home, per=per)
    return rate.amount if rate else None


def test_the_own_rate_stands_before_the_vendors_on_its_days(cast: Cast) -> None:
    set_rate(cast, cast.vendor)
    set_rate(cast, member(cast, "vera"), amount=Decimal("15"), valid_from=MARCH, valid_until=JUNE)
    days = (date(2025, 12, 31), JANUARY, date(2026, 2, 28), MARCH, JUNE, date(2026, 7, 1))
    assert [amount_on(cast, "vera", day) for day in days] == [None, *map(Decimal, ("12.5", "12.5", "15", "15", "12.5"))]
    assert amount_on(cast, "vera", MARCH, per="unit") is None
    assert amount_on(cast, "lena", MARCH) is None
    assert rates.rate_on(cast.vera, MARCH, organization=cast.away) is None


def test_the_rates_of_many_are_asked_for_together(cast: Cast, django_assert_num_queries: Any) -> None:
    set_rate(cast, cast.vendor)
    set_rate(cast, member(cast, "lena"))
    with django_assert_num_queries(2):
        found = rates.rates_on([cast.vera, cast.lena, cast.leo], MARCH, organization=cast.home)
    assert set(found) == {cast.vera.pk, cast.lena.pk}


def test_a_new_rate_ends_the_one_before_it_the_day_before(cast: Cast) -> None:
    old = set_rate(cast, member(cast, "lena"))
    set_rate(cast, member(cast, "lena"), amount=Decimal("14"), valid_from=MARCH)
    old.refresh_from_db()
    assert (old.amount, old.valid_until) == (Decimal("12.5"), date(2026, 2, 28))
    assert [amount_on(cast, "lena", day) for day in (date(2026, 2, 28), MARCH)] == [Decimal("12.5"), Decimal("14")]
    event = AuditEvent.objects.filter(action="rate.set").latest("id")
    assert (event.actor, event.after["amount"], event.before) == (cast.max, "14", {"ended": str(old.uid)})


@pytest.mark.parametrize(
    ("since", "until"),
    [(JANUARY, JUNE), (MARCH, MARCH), (date(2025, 1, 1), None), (date(2025, 1, 1), MARCH), (JUNE, None)],
)
def test_two_at_a_time_are_refused(cast: Cast, since: date, until: date | None) -> None:
    lena = member(cast, "lena")
    set_rate(cast, lena, valid_from=MARCH, valid_until=JUNE)
    with pytest.raises(RuleViolation) as refusal:
        set_rate(cast, lena, valid_from=since, valid_until=until)
    assert refusal.value.code == "rate_overlaps"
    set_rate(cast, lena, per="unit", valid_from=since, valid_until=until)
    set_rate(cast, member(cast, "leo"), valid_from=since, valid_until=until)


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_is_set(cast: Cast) -> None:
    lena, start, outcomes = member(cast, "lena"), threading.Barrier(8), []

    def one(day: int) -> None:
        start.wait()
        try:
            set_rate(cast, lena, valid_from=date(2026, 1, 1 + day), valid_until=JUNE)
            outcomes.append("set")
        except RuleViolation as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[day]) for day in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["rate_overlaps"] * 7 + ["set"]


@pytest.mark.parametrize(
    "values",
    [
        {"amount": Decimal("-1")},
        {"amount": Decimal("NaN")},
        {"amount": Decimal("1.23456")},
        {"amount": Decimal("100001")},
        {"currency": "€"},
        {"currency": "EURO"},
        {"per": "day"},
        {"valid_until": date(2025, 12, 31)},
    ],
)
def test_an_odd_rate_is_refused(cast: Cast, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        set_rate(cast, member(cast, "lena"), **values)
    assert not Rate.objects.exists()


def test_an_internal_team_has_no_rate(cast: Cast) -> None:
    with pytest.raises(RuleViolation):
        set_rate(cast, cast.team)


def test_a_rate_ends_nearer_and_one_by_mistake_is_removed(cast: Cast) -> None:
    rate = set_rate(cast, member(cast, "lena"))
    rates.end_rate(cast.ada, rate, valid_until=JUNE)
    rates.end_rate(cast.ada, rate, valid_until=MARCH)
    for day, error in ((JUNE, RuleViolation), (date(2025, 1, 1), InvalidInput)):
        with pytest.raises(error):
            rates.end_rate(cast.ada, rate, valid_until=day)
    rates.remove_rate(cast.ada, rate)
    assert not Rate.objects.exists()
    assert AuditEvent.objects.get(action="rate.removed").before["amount"] == "12.5000"


@pytest.mark.parametrize("name", ["vito", "vera", "lena", "wim", "pia", "tom", "otto"])
def test_nobody_else_sees_or_sets_a_rate(cast: Cast, name: str) -> None:
    rate = set_rate(cast, cast.vendor)
    actor = getattr(cast, name)
    assert not rates.rates_visible_to(actor).exists() and rates.rates_of(actor, cast.vendor) == []
    wrong = NotFound if name == "otto" else NotAllowed
    with pytest.raises(wrong):
        set_rate(cast, member(cast, "vera"), name)
    with pytest.raises(wrong):
        rates.end_rate(actor, rate, valid_until=JUNE)
    with pytest.raises(wrong):
        rates.remove_rate(actor, rate)
