"""The audit log: who did what to what, written in the transaction of the act and sealed into a hash chain.

The writer takes no lock; the relay alone seals (``seal_new_events``). ``verify`` recomputes the chain and names the
first bad row and every event that waits for its seal for too long. Where each chain ends is noted in a file outside
the database too: a chain that was cut off at its end, or written anew, does not hold what was noted."""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet

from workforce import access
from workforce.models import AuditEvent, AuditSeal, AuditUnsealed, ClockTimestamp, Organization, Person
from workforce.models.audit import ROW_ACTS

GENESIS = "0" * 64
UNSEALED_LIMIT = timedelta(minutes=1)
SEAL_CHUNK = 500
VERIFY_CHUNK = 2000
HEADS_FILE = "audit-heads.json"

log = logging.getLogger("crewline.audit")

# The address of the request that is being answered; a face sets it, so that rules need not know of requests.
address_of_request: ContextVar[str | None] = ContextVar("address_of_request", default=None)


@dataclass(frozen=True)
class Fault:
    organization: str
    seq: int | None
    event_uid: str
    what: str


def record(
    actor: Person | None,
    action: str,
    target: Model,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    root: Model | None = None,
) -> AuditEvent:
    """Write one audit row, with the roles that the actor holds there now. ``before`` and ``after`` hold plain values
    and never a secret; a caller that has the target's root in hand saves looking it up."""
    place = root or target
    organization_id = access.organization_of(place)
    role = "+".join(sorted(access.roles_on(actor, place))) or "member" if actor is not None else ""
    return AuditEvent.objects.create(
        organization_id=organization_id,
        actor=actor,
        actor_role=role,
        action=action,
        target_kind=target._meta.model_name or "",
        target_uid=getattr(target, "uid", None),
        address=address_of_request.get(),
        before=before or {},
        after=after or {},
    )


def acts_on_rows(organization_id: int, targets: Sequence[UUID]) -> QuerySet[AuditEvent]:
    """What people did with these rows and labels beside the work itself, oldest first; the caller asks who may know."""
    found = AuditEvent.objects.filter(organization=organization_id, target_uid__in=targets, action__in=ROW_ACTS)
    return found.select_related("actor").order_by("pk")


def record_own(
    person: Person, action: str, *, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None
) -> None:
    """What people do to their own account concerns every organization that they are in."""
    for membership in access.active_memberships(person).select_related("organization"):
        record(person, action, membership, before=before, after=after, root=membership.organization)


def seal_new_events() -> int:
    """Add the events without a seal to their organization's chain, in order of id. Only the relay calls this."""
    with transaction.atomic():
        noted = list(AuditUnsealed.objects.order_by("event_id").values_list("event_id", flat=True)[:SEAL_CHUNK])
        waiting = list(AuditEvent.objects.filter(pk__in=noted, seal=None).order_by("id"))
        heads: dict[int, tuple[int, str]] = {}
        seals = []
        for event in waiting:
            if event.organization_id not in heads:
                heads[event.organization_id] = _head_of(event.organization_id)
            seq, previous = heads[event.organization_id]
            digest = _digest(previous, event)
            seals.append(AuditSeal(organization_id=event.organization_id, seq=seq + 1, event=event, hash=digest))
            heads[event.organization_id] = (seq + 1, digest)
        AuditSeal.objects.bulk_create(seals)
        AuditUnsealed.objects.filter(event_id__in=noted).delete()
        if heads:
            transaction.on_commit(lambda: note_heads(heads))
    return len(waiting)


def verify(organization: Organization) -> Iterator[Fault]:
    """Faults of one organization's chain: a missing number, a changed row, an end that was cut off, an event unsealed
    for over a minute. After the first bad row of the chain the others say nothing more."""
    previous, expected = GENESIS, 1
    noted_seq, noted_hash = _noted_heads().get(str(organization.uid), (0, GENESIS))
    for seal in _chain_of(organization):
        if seal.seq != expected:
            yield Fault(organization.name, expected, "", f"number {expected} is missing")
            return
        if seal.event.organization_id != organization.pk or _digest(previous, seal.event) != seal.hash:
            yield Fault(organization.name, seal.seq, str(seal.event.uid), "content and hash do not agree")
            return
        if seal.seq == noted_seq and seal.hash != noted_hash:
            yield Fault(organization.name, seal.seq, str(seal.event.uid), "not the seal that was noted")
            return
        previous, expected = seal.hash, expected + 1
    if expected <= noted_seq:
        yield Fault(organization.name, expected, "", f"the chain was cut off: it went on to number {noted_seq}")
        return
    late = AuditEvent.objects.filter(organization=organization, seal=None, at__lt=ClockTimestamp() - UNSEALED_LIMIT)
    for event in late.order_by("id"):
        yield Fault(organization.name, None, str(event.uid), "not sealed for more than a minute")


def events_of(organization: Organization) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(organization=organization).select_related("actor").order_by("-id")


def note_heads(heads: dict[int, tuple[int, str]]) -> None:
    """Note where these organizations' chains end now. Who rewrites the database does not hold this file."""
    uids = dict(Organization.objects.filter(pk__in=heads).values_list("pk", "uid"))
    known = {**_noted_heads(), **{str(uids[pk]): head for pk, head in heads.items() if pk in uids}}
    file, new = _heads_file(), _heads_file().with_suffix(f".{os.getpid()}")
    try:
        new.touch(mode=0o600)
        new.write_text(json.dumps(known))
        new.replace(file)
    except OSError as error:
        log.warning("the ends of the audit chains could not be noted: %s", error)


def _noted_heads() -> dict[str, tuple[int, str]]:
    try:
        found = json.loads(_heads_file().read_text())
    except FileNotFoundError:
        return {}
    return {uid: (int(seq), str(digest)) for uid, (seq, digest) in found.items()}


def _heads_file() -> Path:
    return Path(settings.CREWLINE_HOME) / HEADS_FILE


def _chain_of(organization: Organization) -> Iterator[AuditSeal]:
    """The seals with their events, in order; a seal without its event is left out, so that its number is missing."""
    seals = AuditSeal.objects.filter(organization=organization).select_related("event").order_by("seq")
    last = 0
    while chunk := list(seals.filter(seq__gt=last)[:VERIFY_CHUNK]):
        yield from chunk
        last = chunk[-1].seq


def _head_of(organization_id: int) -> tuple[int, str]:
    head = AuditSeal.objects.filter(organization_id=organization_id).order_by("-seq").values_list("seq", "hash").first()
    return head or (0, GENESIS)


def _digest(previous: str, event: AuditEvent) -> str:
    """SHA-256 over the previous hash and the event's canonical content."""
    content = {
        "id": event.pk,
        "uid": str(event.uid),
        "organization": event.organization_id,
        "at": event.at.isoformat(),
        "actor": event.actor_id,
        "actor_role": event.actor_role,
        "action": event.action,
        "target_kind": event.target_kind,
        "target_uid": str(event.target_uid),
        "address": event.address,
        "before": event.before,
        "after": event.after,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((previous + text).encode()).hexdigest()
