"""Alerts: what an organization's admins should look at. One row and one letter for a kind, person and fact a day, so
that nothing floods.

Raised here: a new network of someone who runs the organization, and many refusals of one person. Upper floors tell of
exports and pictures. Counts live in Valkey in slices of time; without it nothing is counted and nothing stops."""

import time
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError

from workforce import access, audit, mail
from workforce.events import enqueue
from workforce.models import Alert, ClockTimestamp, KnownNetwork, Membership, Person
from workforce.roles import Permission

LETTER_TASK = "workforce.tasks.send_alert_letters"
MOST_DENIALS, DENIAL_MINUTES = 30, 10
MOST_PICTURES, PICTURE_MINUTES = 500, 60
SLICES = 10
NETWORKS_KEPT_FOR = timedelta(days=365)


# --- The rule ---------------------------------------------------------------------------------------------------
@transaction.atomic
def raise_alert(
    organization_id: int, person: Person, kind: str, *, fact: str = "", facts: dict[str, Any] | None = None
) -> Alert | None:
    """The new alert, or none where today's stands already. The letters leave by the outbox."""
    alert, is_new = Alert.objects.get_or_create(
        organization_id=organization_id,
        kind=kind,
        person=person,
        fact=fact,
        raised_on=timezone.now().date(),
        defaults={"facts": facts or {}},
    )
    if not is_new:
        return None
    enqueue(organization_id, LETTER_TASK, {"alert_uid": str(alert.uid)})
    return alert


def send_alert_letters(*, alert_uid: str) -> None:
    """The job's part: to every active admin of the organization."""
    alert = Alert.objects.select_related("organization", "person").get(uid=alert_uid)
    admins = Membership.objects.filter(
        organization=alert.organization,
        role=Membership.Role.ORGANIZATION_ADMIN,
        is_active=True,
        person__is_active=True,
        person__email__isnull=False,
    ).select_related("person")
    values: dict[str, Any] = {
        "alert": alert,
        "sentence": in_words(alert),
        "link": mail.link_to(reverse("admin:alerts")),
    }
    for admin in admins.order_by("pk"):
        subject = f"{alert.organization.name}: {alert.get_kind_display()} of {alert.person.name}"
        mail.send_letter(admin.person.email or "", subject, "workforce/mail/alert.txt", person=admin.person, **values)


def alerts_for(person: Person) -> QuerySet[Alert]:
    alerts = Alert.objects.select_related("organization", "person", "seen_by")
    return access.visible_to(person, alerts, Permission.MANAGE_ORGANIZATION)


@transaction.atomic
def mark_seen(actor: Person, alert: Alert) -> None:
    access.require(actor, Permission.MANAGE_ORGANIZATION, alert)
    if Alert.objects.filter(pk=alert.pk, seen_at=None).update(seen_at=ClockTimestamp(), seen_by=actor):
        audit.record(actor, "alert.seen", alert, after={"kind": alert.kind, "person": str(alert.person.uid)})


def in_words(alert: Alert) -> str:
    facts, name = alert.facts, alert.person.name
    if alert.kind == Alert.Kind.NEW_ADDRESS:
        return f"{name} came from an address that is new for them: {facts.get('address')}, {facts.get('device')}."
    if alert.kind == Alert.Kind.MANY_DENIALS:
        return f"{name} was refused more than {MOST_DENIALS} times within {DENIAL_MINUTES} minutes."
    if "project" in facts:
        return f"{name} exported the labels of {facts['project']}."
    return f"{name} opened more than {MOST_PICTURES} pictures within an hour."


# --- What raises one --------------------------------------------------------------------------------------------
def note_network(person: Person, address: str | None, device: str) -> None:
    """Remembers where ``person`` comes from; tells the admins of what they run when it is new. The first is no news."""
    network = _neighbourhood(address)
    if not network:
        return
    known, is_new = KnownNetwork.objects.get_or_create(person=person, network=network)
    if not is_new:
        KnownNetwork.objects.filter(pk=known.pk).update(last_seen_at=ClockTimestamp())
        return
    if not KnownNetwork.objects.filter(person=person).exclude(pk=known.pk).exists():
        return
    facts = {"address": address, "device": device}
    for organization in access.organizations_run_by(person):
        raise_alert(organization.pk, person, Alert.Kind.NEW_ADDRESS, fact=network, facts=facts)


def note_denial(person: Person) -> None:
    if _is_over(f"denials:{person.pk}", 1, most=MOST_DENIALS, minutes=DENIAL_MINUTES):
        for organization in access.organizations_of(person):
            raise_alert(organization.pk, person, Alert.Kind.MANY_DENIALS)


def note_picture(person: Person, organization_id: int) -> None:
    key = f"pictures:{person.pk}:{organization_id}"
    if _is_over(key, 1, most=MOST_PICTURES, minutes=PICTURE_MINUTES):
        raise_alert(organization_id, person, Alert.Kind.BULK_DOWNLOAD, fact="pictures")


def note_export(person: Person, organization_id: int, project_uid: str, project_name: str) -> None:
    facts = {"project": project_name}
    raise_alert(organization_id, person, Alert.Kind.BULK_DOWNLOAD, fact=f"export {project_uid}", facts=facts)


def forget_old_networks() -> None:
    KnownNetwork.objects.filter(last_seen_at__lt=ClockTimestamp() - NETWORKS_KEPT_FOR).delete()


def _neighbourhood(address: str | None) -> str:
    """The /24 or /64 around an address: a line that gets another number each night is no new place."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return ""
    return str(ip_network(f"{parsed}/{24 if parsed.version == 4 else 64}", strict=False))


def _is_over(key: str, count: int, *, most: int, minutes: int) -> bool:
    """Counts into the slice of now; true once, when the last ``minutes`` together have more than ``most``."""
    seconds = minutes * 60
    now = int(time.time() * SLICES / seconds)
    slices = [f"{key}:{number}" for number in range(now - SLICES + 1, now + 1)]
    try:
        cache.add(slices[-1], 0, seconds * 2)
        cache.incr(slices[-1], count)
        total = sum(cache.get_many(slices).values())
        return total > most and bool(cache.add(f"{key}:told", 1, seconds))
    except (RedisError, OSError, ValueError):
        return False
