"""Rates: what work costs, per hour or per accepted unit, with the days on which that holds.

Of one receiver and unit never two at a time: changes of them wait for each other on the receiver's row. A rate is
never rewritten; a new one ends the one before it. Only organization admins and workforce managers see them."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import Membership, Organization, Person, Rate, Team
from workforce.roles import Permission

HIGHEST = Decimal(100_000)
STEP = Decimal("0.0001")


def rates_visible_to(person: Person) -> QuerySet[Rate]:
    return access.visible_to(person, Rate.objects.select_related("set_by"), Permission.VIEW_RATES)


def rates_of(actor: Person, receiver: Membership | Team) -> list[Rate]:
    """Newest first; nothing for who may not see rates."""
    return list(rates_visible_to(actor).filter(**_receiver(receiver)).order_by("per", "-valid_from"))


def rate_on(person: Person, day: date, *, organization: Organization, per: str = Rate.Per.HOUR) -> Rate | None:
    """What holds for ``person`` on ``day``: the own rate, else that of the vendor, else none."""
    return rates_on([person], day, organization=organization, per=per).get(person.pk)


def rates_on(
    people: Sequence[Person], day: date, *, organization: Organization, per: str = Rate.Per.HOUR
) -> dict[int, Rate]:
    """Person's primary key → the rate on ``day``, in two queries; who has none is left out. For cost figures, which
    ask about the right of their reader themselves."""
    held = Rate.objects.filter(_holds_on(day), organization=organization, per=per)
    members = Membership.objects.filter(organization=organization, person__in=people)
    vendors = dict(members.exclude(vendor=None).values_list("person", "vendor"))
    found = held.filter(Q(person__in=people) | Q(vendor__in=set(vendors.values())))
    own = {rate.person_id: rate for rate in found if rate.person_id}
    by_vendor = {rate.vendor_id: rate for rate in found if rate.vendor_id}
    rates = {person.pk: own.get(person.pk) or by_vendor.get(vendors.get(person.pk, 0)) for person in people}
    return {pk: rate for pk, rate in rates.items() if rate is not None}


@transaction.atomic
def set_rate(
    actor: Person,
    receiver: Membership | Team,
    *,
    amount: Decimal,
    currency: str,
    per: str,
    valid_from: date,
    valid_until: date | None = None,
) -> Rate:
    """A new rate. One that began earlier and has no end yet ends the day before."""
    access.require(actor, Permission.MANAGE_RATES, receiver.organization)
    currency = currency.strip().upper()
    if isinstance(receiver, Team) and receiver.kind != Team.Kind.VENDOR:
        raise RuleViolation("rate_of_a_vendor", "Rates are set for people and for vendors.")
    _refuse_odd(amount, currency, per)
    if valid_until is not None and valid_until < valid_from:
        raise InvalidInput("rate_days_invalid", "A rate ends on or after its first day.")
    _wait_for_turn(receiver)
    same = Rate.objects.filter(**_receiver(receiver), per=per)
    before = same.filter(valid_from__lt=valid_from, valid_until=None).first()
    if before is not None:
        same.filter(pk=before.pk).update(valid_until=valid_from - timedelta(days=1))
    overlapping = same.filter(Q(valid_until=None) | Q(valid_until__gte=valid_from))
    if valid_until is not None:
        overlapping = overlapping.filter(valid_from__lte=valid_until)
    if overlapping.exists():
        raise RuleViolation("rate_overlaps", "Another rate holds on some of these days. End or remove it first.")
    rate = Rate.objects.create(
        **_receiver(receiver),
        amount=amount,
        currency=currency,
        per=per,
        valid_from=valid_from,
        valid_until=valid_until,
        set_by=actor,
    )
    ended = {"ended": str(before.uid)} if before else {}
    audit.record(actor, "rate.set", rate, before=ended, after=_facts(rate))
    return rate


@transaction.atomic
def end_rate(actor: Person, rate: Rate, *, valid_until: date) -> None:
    """``valid_until`` is the last day; it can only come nearer."""
    rate = _lock(actor, rate)
    if valid_until < rate.valid_from:
        raise InvalidInput("rate_days_invalid", "A rate ends on or after its first day.")
    if rate.valid_until is not None and rate.valid_until < valid_until:
        raise RuleViolation("rate_ended", f"This rate ends on {rate.valid_until:%-d %B %Y} already.")
    before = _facts(rate)
    Rate.objects.filter(pk=rate.pk).update(valid_until=valid_until)
    rate.valid_until = valid_until
    audit.record(actor, "rate.ended", rate, before=before, after=_facts(rate))


@transaction.atomic
def remove_rate(actor: Person, rate: Rate) -> None:
    """For one set by mistake; the audit log keeps what it was."""
    rate = _lock(actor, rate)
    audit.record(actor, "rate.removed", rate, before=_facts(rate))
    rate.delete()


def receiver_of(rate: Rate) -> Membership | Team:
    """Whose page shows it."""
    if rate.vendor is not None:
        return rate.vendor
    return Membership.objects.get(organization=rate.organization_id, person=rate.person_id)


def _receiver(receiver: Membership | Team) -> dict[str, Any]:
    if isinstance(receiver, Team):
        return {"organization_id": receiver.organization_id, "vendor_id": receiver.pk, "person_id": None}
    return {"organization_id": receiver.organization_id, "person_id": receiver.person_id, "vendor_id": None}


def _refuse_odd(amount: Decimal, currency: str, per: str) -> None:
    if not amount.is_finite() or not 0 <= amount <= HIGHEST or amount != amount.quantize(STEP):
        raise InvalidInput("rate_invalid", f"A rate is an amount from 0 to {HIGHEST:,} with at most 4 decimals.")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise InvalidInput("currency_invalid", "A currency is three letters, such as EUR.")
    if per not in Rate.Per.values:
        raise InvalidInput("rate_unit_invalid", "A rate is per hour or per accepted unit.")


def _wait_for_turn(receiver: Membership | Team) -> None:
    """Changes of one receiver's rates go one after the other; nobody who writes work waits for that."""
    type(receiver)._default_manager.select_for_update(no_key=True).get(pk=receiver.pk)


def _lock(actor: Person, rate: Rate) -> Rate:
    access.require(actor, Permission.MANAGE_RATES, rate)
    return Rate.objects.select_for_update().get(pk=rate.pk)


def _holds_on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gte=day))


def _facts(rate: Rate) -> dict[str, Any]:
    receiver = rate.person or rate.vendor
    return {
        "receiver": str(receiver.uid) if receiver else "",
        "amount": str(rate.amount),
        "currency": rate.currency,
        "per": rate.per,
        "from": rate.valid_from.isoformat(),
        "until": rate.valid_until.isoformat() if rate.valid_until else None,
    }
