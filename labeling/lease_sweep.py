"""Tidies what the claim does not need: expired leases become open in the table too, and their time abandoned."""

from django.db import transaction
from django.db.models import F, QuerySet

from labeling import work_time
from labeling.models import Slot, WorkSession
from labeling.queue import free_slot
from workforce.models import ClockTimestamp


def sweep_expired_leases(limit: int = 1000) -> int:
    """Returns how many leases had run out."""
    with transaction.atomic():
        expired = Slot.objects.select_for_update(skip_locked=True).filter(
            state=Slot.State.LEASED, leased_until__lt=ClockTimestamp()
        )[:limit]
        slots = list(expired)
        for slot in slots:
            free_slot(slot)
    for session in sessions_without_lease()[:limit]:
        with transaction.atomic():
            work_time.abandon(session)
    return len(slots)


def sessions_without_lease() -> QuerySet[WorkSession]:
    """Open sessions whose lease went to someone else before the sweep came by."""
    return WorkSession.objects.filter(outcome=WorkSession.Outcome.OPEN).exclude(
        slot__state=Slot.State.LEASED, slot__lease_token=F("lease_token")
    )
