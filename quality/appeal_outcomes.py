"""What a decision on an appeal does beside what every decision does. The review that was appealed stays as it was made;
where it is overturned the figures of the maker are corrected by what was missing, on the day of that review.

Announces ``appeal_decided``, on the floor and to maker and reviewer."""

from labeling import work_time
from labeling.models import Slot
from quality import figures
from quality.events import appeal_decided
from quality.models import WON, Appeal, Review
from workforce import audit
from workforce.errors import RuleViolation
from workforce.events import announce_on, stream_of_person
from workforce.models import ClockTimestamp

_BECOMES = {
    Review.Decision.REJECT: Appeal.State.UPHELD,
    Review.Decision.APPROVE: Appeal.State.OVERTURNED,
    Review.Decision.FIX: Appeal.State.FIXED,
}


def note_decision(review: Review, slot: Slot) -> None:
    """``review`` was made on ``slot``; the caller holds the row's lock."""
    if not slot.is_appeal:
        return
    appeal = Appeal.objects.select_related("review__reviewer", "maker", "project").get(slot=slot)
    state = _BECOMES[Review.Decision(review.decision)]
    ended = {"state": state, "decision": review, "ended_at": ClockTimestamp()}
    if not Appeal.objects.filter(pk=appeal.pk, state=Appeal.State.OPEN).update(**ended):
        raise RuleViolation("appeal_ended", "This appeal has ended.")
    appeal.state, appeal.decision = state, review
    if state in WON:
        _correct_figures(appeal, review)
    known = {"appeal": str(appeal.uid), "outcome": str(state)}
    audit.record(review.reviewer, "appeal.decided", review.label, after=known)
    tell(appeal, "appeal_decided", known)
    appeal_decided.send(sender=Appeal, appeal=appeal, actor=review.reviewer)


def tell(appeal: Appeal, kind: str, facts: dict[str, str]) -> None:
    """To whoever made the label, and to whoever sent it back."""
    streams = [stream_of_person(uid) for uid in (appeal.maker.uid, appeal.review.reviewer.uid)]
    facts = {"project": str(appeal.project.uid), "appeal": str(appeal.uid), **facts}
    announce_on(appeal.project.organization_id, streams, kind, facts)


def _correct_figures(appeal: Appeal, decision: Review) -> None:
    """Only a first review stands in the figures of approval and first pass."""
    if appeal.review.ordinal != 1:
        return
    day = work_time.day_in(appeal.project, appeal.review.made_at)
    is_untouched = decision.decision == Review.Decision.APPROVE
    figures.note(appeal.project_id, appeal.maker_id, day, {"approved": 1, "untouched": int(is_untouched)})
