"""Leaving a row without the work: skip it with a reason, or give it back. Asked twice is harmless: who lost the answer
of a skip or release that was done is told that it is done, not that the row was lost.

A skipped review leaves the label as it is: somebody else gets a fresh review of it, and who skipped does not."""

from django.db import transaction

from labeling import queue, work_time
from labeling.models import Slot, WorkSession
from labeling.queue import lock_held, permission_for
from labeling.rows import lock_row
from labeling.skip_reasons import SKIP_REASONS
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import ClockTimestamp, Person

LONGEST_COMMENT = 2000


def skip_row(person: Person, uid: str, token: int, *, reason: str, comment: str = "") -> None:
    """Skip the label or review of slot ``uid``; nothing more happens when this lease of it was skipped already."""
    slot = access.access(person, Slot.objects.all(), uid, permission_for)
    skip = skip_review if slot.kind == Slot.Kind.REVIEW else queue.skip_slot
    try:
        skip(person, uid, token, reason=reason, comment=comment)
    except RuleViolation as refusal:
        if refusal.code != "lease_lost" or not _was_skipped(person, uid, token):
            raise


def give_back(person: Person, uid: str, token: int) -> None:
    """Release the slot; nothing more happens when this lease of it has ended without work already."""
    try:
        queue.release_slot(person, uid, token)
    except RuleViolation as refusal:
        if refusal.code != "lease_lost" or not _was_given_back(person, uid, token):
            raise


@transaction.atomic
def skip_review(person: Person, uid: str, token: int, *, reason: str, comment: str = "") -> None:
    if reason not in SKIP_REASONS:
        raise InvalidInput("unknown_skip_reason", f"Reasons are {', '.join(SKIP_REASONS)}.")
    seen = queue.held_slot(person, uid, token)
    lock_row(seen.project_row_id)
    slot = lock_held(person, seen, token)
    work_time.credit(person, slot, outcome=WorkSession.Outcome.SKIPPED)
    said = {"skip_reason": reason, "skip_comment": comment[:LONGEST_COMMENT]}
    Slot.objects.filter(pk=slot.pk).update(
        state=Slot.State.SKIPPED, submitted_at=ClockTimestamp(), leased_until=None, **said
    )
    Slot.objects.create(
        project_id=slot.project_id,
        project_row_id=slot.project_row_id,
        kind=slot.kind,
        step=slot.step,
        label_id=slot.label_id,
        priority=slot.priority,
        order_key=slot.order_key,
    )
    audit.record(person, "slot.skipped", slot, after={"reason": reason, "comment": said["skip_comment"]})


def _was_skipped(person: Person, uid: str, token: int) -> bool:
    mine = Slot.objects.filter(uid=uid, labeler=person, lease_token=token)
    return mine.filter(state=Slot.State.SKIPPED).exists()


def _was_given_back(person: Person, uid: str, token: int) -> bool:
    """Free under this very lease, or, when somebody has taken it since, this person's time on it ended unworked."""
    free = Slot.objects.filter(uid=uid, lease_token=token, state__in=[Slot.State.OPEN, Slot.State.IN_REWORK])
    ended = WorkSession.objects.filter(
        slot__uid=uid, person=person, lease_token=token, outcome=WorkSession.Outcome.ABANDONED
    )
    return free.exists() or ended.exists()
