"""Review: a person's decision about one version of a label: approve, fix and approve, or send back with reasons.

Which labels are looked at, ``sampling.py`` says; ``review_steps.py`` at which steps and by whom. The first decision on
a version at a step wins, under the row's lock and by a unique constraint. Nobody decides about a label of which they
wrote a version or about which they decided at another step; who looks next is told nothing of what was decided before.
Announces ``label_reviewed`` live, and ``row_came_back`` to the maker."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from labeling import guidelines, work_time
from labeling.annotations.differences import difference
from labeling.annotations.payload import canonical
from labeling.drafts import UNKEPT, Base, drop_draft, keep_refused
from labeling.events import stream_of_project, stream_of_row
from labeling.labels import add_version, last_versions, refuse_invalid
from labeling.models import Label, LabelVersion, Project, ProjectRow, Slot, WorkSession
from labeling.queue import lock_held
from labeling.rows import lock_row
from labeling.texts import checked_text
from quality import appeal_outcomes, figures, notices
from quality.issue_pins import checked_pin
from quality.models import Review, ReviewRemark
from quality.review_steps import refuse_reviewer
from quality.sampling import go_on, move_on, today
from workforce import access, audit, names
from workforce.errors import InvalidInput, Refusal, RuleViolation
from workforce.events import announce, stream_of_person
from workforce.idempotency import Answer, first_answer, keep_answer
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

REJECT_REASONS = {
    "loose_box": "A shape does not fit its object",
    "missing_object": "An object is missing",
    "extra_object": "An object should not be there",
    "wrong_class": "A class is wrong",
    "wrong_answer": "An answer is wrong",
    "unclear": "It is not clear what is meant",
    "other": "Another reason",
}
_NO_BASE = Base()
MOST_REASONS = 100
LONGEST_REASON = 2000
_DONE_SO = {
    Review.Decision.APPROVE: "approved this label",
    Review.Decision.FIX: "fixed and approved this label",
    Review.Decision.REJECT: "sent this label back",
}


@dataclass(frozen=True)
class Judgment:
    """What a reviewer sends: about ``version`` of the label of the review slot ``slot``, leased under ``token``."""

    slot: str
    token: int
    version: int
    decision: str
    reasons: Any
    comment: Any
    payload: Any


@dataclass(frozen=True)
class CameBack:
    """A row that waits for its maker to rework it, and the review that says why."""

    slot: Slot
    review: Review

    @property
    def said(self) -> str:
        return "; ".join(map(reason_in_words, self.review.reasons))


# --- Decide -----------------------------------------------------------------------------------------------------
def decide(
    reviewer: Person,
    slot_uid: str,
    *,
    token: int,
    version: int,
    decision: str,
    reasons: Any = (),
    comment: Any = "",
    payload: Any = None,
    key: str,
    base: Base = _NO_BASE,
) -> Answer:
    """Decide about ``version`` of a label. 201 the first time, 200 with the same answer for the same key and body.

    Every refusal says what became of the work: ``draft_saved`` (a fix), ``reasons_kept`` (reasons or comment)."""
    judgment = Judgment(str(slot_uid), token, version, decision, reasons, comment, payload)
    try:
        return _decide(reviewer, judgment, key, base)
    except Refusal as refusal:
        refusal.details["reasons_kept"] = _keep_words(reviewer, judgment, refusal)
        refusal.details |= _keep_fix(reviewer, judgment, refusal, base)
        raise


@transaction.atomic
def _decide(reviewer: Person, judgment: Judgment, key: str, base: Base) -> Answer:
    body = asdict(judgment)
    earlier = first_answer(reviewer, key, body)
    if earlier is not None:
        return earlier
    seen = _review_slot(reviewer, judgment.slot)
    row = lock_row(seen.project_row_id)
    _refuse_decided(reviewer, seen, judgment.version)
    # The slot before the work interval and the label, as every heartbeat does.
    slot = lock_held(reviewer, seen, judgment.token)
    label = Label.objects.select_for_update(of=("self",)).select_related("labeler", "slot").get(review_slots=slot)
    label.project, label.project_row = slot.project, row
    _refuse_own_or_old(reviewer, label, judgment.version)
    refuse_reviewer(reviewer, slot)
    judged = last_versions(Label.objects.filter(pk=label.pk)).get()
    said = _read(judgment, judged, row)
    fix_size = _add_fix(reviewer, judgment, slot, label, judged) if said["decision"] == Review.Decision.FIX else {}
    session = work_time.credit(reviewer, slot, outcome=WorkSession.Outcome.SUBMITTED)
    review = Review.objects.create(
        **said,
        project=slot.project,
        label=label,
        slot=slot,
        step=slot.step,
        ordinal=Review.objects.filter(label=label).count() + 1,
        reviewer=reviewer,
        fix_size=fix_size,
        active_seconds=session.active_seconds,
    )
    _close_slots(row, slot, review)
    drop_draft(reviewer, slot, base=base, payload=judgment.payload, version=judgment.version)
    move_on(row)
    _note_review(review)
    _tell(row, review)
    appeal_outcomes.note_decision(review, slot)
    answer = _answer(row, review)
    keep_answer(reviewer, key, body, answer)
    return answer


def _answer(row: ProjectRow, review: Review) -> Answer:
    body = {
        "review": str(review.uid),
        "decision": review.decision,
        "label": str(review.label.uid),
        "version": review.label.last_version,
        "row": str(row.uid),
        "row_state": row.state,
    }
    return Answer(201, body)


def _review_slot(reviewer: Person, uid: str) -> Slot:
    slots = Slot.objects.select_related("project__organization", "project_row")
    slot = access.access(reviewer, slots, uid, Permission.VIEW_PROJECT)
    access.require(reviewer, Permission.REVIEW, slot)
    if slot.kind != Slot.Kind.REVIEW:
        raise RuleViolation("not_a_review", "This row waits for a label, not for a review.")
    return slot


def _refuse_decided(reviewer: Person, slot: Slot, version: int) -> None:
    decided = Review.objects.filter(label=slot.label_id, version=version, step=slot.step)
    first = decided.select_related("reviewer", "project").first()
    if first is None:
        return
    if _may_look_later(slot):
        raise RuleViolation("already_decided", "Somebody decided about this label before you.")
    name = _named(first, unnamed_reviewers(reviewer, [first]))
    at = first.made_at.astimezone(ZoneInfo(slot.project.organization.time_zone))
    raise RuleViolation(
        "already_decided",
        f"{name} {_DONE_SO[Review.Decision(first.decision)]} at {at:%H:%M}, before you.",
        decision=first.decision,
        reviewer=name,
        made_at=first.made_at.isoformat(),
    )


def _may_look_later(slot: Slot) -> bool:
    """Somebody else looks at the label next: who asks may be the one, and must not know what was decided."""
    live = [Slot.State.OPEN, Slot.State.LEASED]
    later = Slot.objects.filter(label=slot.label_id, kind=Slot.Kind.REVIEW, state__in=live)
    return later.exclude(step=slot.step).exists()


def _refuse_own_or_old(reviewer: Person, label: Label, version: int) -> None:
    if LabelVersion.objects.filter(label=label, author=reviewer).exists():
        raise RuleViolation("own_work", "You wrote a version of this label, so someone else reviews it.")
    if label.last_version != version or label.slot is None or label.slot.state != Slot.State.IN_REVIEW:
        newest = label.last_version
        raise RuleViolation("label_moved_on", "This label has moved on since you opened it.", version=newest)


def _read(judgment: Judgment, judged: LabelVersion, row: ProjectRow) -> dict[str, Any]:
    """What the reviewer said, checked, as columns of the review."""
    if judgment.decision not in Review.Decision.values:
        raise InvalidInput("unknown_decision", f"Decisions are {', '.join(Review.Decision.values)}.")
    is_fix = judgment.decision == Review.Decision.FIX
    if is_fix != (judgment.payload is not None):
        what = "A fix needs the mended label." if is_fix else "Only a fix comes with a label."
        raise InvalidInput("payload_wanted" if is_fix else "payload_unwanted", what)
    reasons = judgment.reasons
    if not isinstance(reasons, list | tuple) or len(reasons) > MOST_REASONS:
        raise InvalidInput("reasons_invalid", f"Reasons are a list of at most {MOST_REASONS}.", path="reasons")
    if judgment.decision == Review.Decision.REJECT and not reasons:
        raise InvalidInput("reason_wanted", "Say at least one reason, so that its maker can mend it.", path="reasons")
    objects = {str(entry["id"]) for entry in judged.payload["features"]}
    return {
        "decision": judgment.decision,
        "version": judgment.version,
        "reasons": [_read_reason(one, f"reasons[{at}]", objects, row) for at, one in enumerate(reasons)],
        "comment": checked_text(judgment.comment, "comment", least=0),
    }


def _read_reason(reason: Any, path: str, objects: set[str], row: ProjectRow) -> dict[str, Any]:
    if not isinstance(reason, Mapping) or reason.get("code") not in list(REJECT_REASONS):
        raise InvalidInput("unknown_reason", f"Reasons are {', '.join(REJECT_REASONS)}.", path=f"{path}.code")
    about = reason.get("object") or ""
    if about and about not in list(objects):
        raise InvalidInput("unknown_object", "That object is not in this version.", path=f"{path}.object")
    cited = guidelines.cited_rule(row.project, str(reason.get("rule") or ""), f"{path}.rule")
    return {
        "code": reason["code"],
        "text": checked_text(reason.get("text") or "", f"{path}.text", longest=LONGEST_REASON, least=0),
        "object": about,
        "pin": checked_pin(reason.get("pin"), row.data_row, f"{path}.pin"),
        "rule": cited.uid,
        "rule_title": cited.title,
    }


def _add_fix(reviewer: Person, judgment: Judgment, slot: Slot, label: Label, judged: LabelVersion) -> dict[str, int]:
    """The mended payload as the reviewer's version, and how much it changed."""
    refuse_invalid(slot.ontology_version, judgment.payload, label.project_row)
    change = difference(judged.payload, canonical(judgment.payload))
    if not change.size:
        raise InvalidInput("nothing_fixed", "Nothing differs from the version you looked at. Approve it instead.")
    add_version(label, author=reviewer, payload=judgment.payload, ontology_version=slot.ontology_version)
    return {"objects": change.size, **{name: len(ids) for name, ids in asdict(change).items()}}


def _close_slots(row: ProjectRow, slot: Slot, review: Review) -> None:
    held = Slot.objects.filter(pk=slot.pk, state=Slot.State.LEASED, lease_token=slot.lease_token)
    in_time = held.filter(leased_until__gt=ClockTimestamp())
    if not in_time.update(state=Slot.State.DONE, submitted_at=ClockTimestamp(), leased_until=None):
        raise RuleViolation("lease_expired", "Your reservation of this row has run out.")
    judged = review.label.slot
    assert judged is not None
    if review.decision == Review.Decision.REJECT:
        Slot.objects.filter(pk=judged.pk).update(state=Slot.State.IN_REWORK, is_rework=True)
    else:
        go_on(row, judged, review.label, review.step)


def _note_review(review: Review) -> None:
    """Counts only; the time is noted where work sessions end."""
    project, day = review.project, today(review.project)
    figures.note(project.pk, review.reviewer_id, day, {"reviews_made": 1})
    if review.ordinal == 1:
        is_approved, is_untouched = review.decision != "reject", review.decision == "approve"
        counts = {"reviewed": 1, "approved": int(is_approved), "untouched": int(is_untouched)}
        figures.note(project.pk, review.label.labeler_id, day, counts)


def _tell(row: ProjectRow, review: Review) -> None:
    label, organization = review.label, row.project.organization_id
    codes = [reason["code"] for reason in review.reasons]
    known = {"decision": review.decision, "version": review.version, "ordinal": review.ordinal}
    audit.record(review.reviewer, "label.reviewed", label, after={**known, "reasons": codes, "fix": review.fix_size})
    facts = {"row": str(row.uid), "label": str(label.uid), **known}
    announce(organization, stream_of_project(row.project.uid), "label_reviewed", facts)
    announce(organization, stream_of_row(row.uid), "label_reviewed", facts)
    if review.decision == Review.Decision.REJECT:
        pins = sum(reason["pin"] is not None for reason in review.reasons)
        counts = {"project": str(row.project.uid), "row": str(row.uid), "reasons": len(codes), "pins": pins}
        announce(organization, stream_of_person(label.labeler.uid), "row_came_back", counts)
    notices.note_review(review)


@transaction.atomic
def _keep_words(reviewer: Person, judgment: Judgment, refusal: Refusal) -> bool:
    """What the second one had to say stands beside the first decision, when a review could hold it."""
    if refusal.code != "already_decided" or not (judgment.reasons or judgment.comment):
        return False
    slot = _review_slot(reviewer, judgment.slot)
    judged = LabelVersion.objects.select_related("label").get(label=slot.label_id, number=judgment.version)
    try:
        said = _read(judgment, judged, slot.project_row)
    except InvalidInput:
        return False
    first = Review.objects.get(label=judged.label, version=said.pop("version"), step=slot.step)
    remark, is_new = ReviewRemark.objects.get_or_create(review=first, author=reviewer, **said)
    if is_new:
        codes = [reason["code"] for reason in remark.reasons]
        facts = {"version": first.version, "would": remark.decision, "reasons": codes}
        audit.record(reviewer, "label.remarked", judged.label, after=facts)
    refusal.message += " Your reasons are kept as a comment."
    return True


def _keep_fix(reviewer: Person, judgment: Judgment, refusal: Refusal, base: Base) -> dict[str, Any]:
    if refusal.code in ("key_reused", "not_found", "not_allowed", "not_a_review"):
        return dict(UNKEPT)
    fix, version = judgment.payload, judgment.version
    return keep_refused(reviewer, judgment.slot, fix, code=refusal.code, base=base, version=version)


# --- Reads ------------------------------------------------------------------------------------------------------
def reviews_of(label: Label) -> QuerySet[Review]:
    """Every decision about a label, first one first."""
    return Review.objects.filter(label=label).select_related("reviewer").order_by("ordinal")


def reviews_visible_to(person: Person) -> QuerySet[Review]:
    related = "project", "reviewer", "label__labeler", "label__project_row__data_row"
    return access.visible_to(person, Review.objects.select_related(*related), Permission.VIEW_LABEL)


def rows_that_came_back(person: Person) -> list[CameBack]:
    """What waits for this person's rework, oldest first, each with the review that says why."""
    in_hand = Slot.objects.filter(labeler=person, kind=Slot.Kind.LABEL, is_rework=True).filter(
        state__in=[Slot.State.IN_REWORK, Slot.State.LEASED]
    )
    running = in_hand.exclude(project__state=Project.State.ARCHIVED)
    slots = list(
        access.visible_to(person, running, Permission.LABEL).select_related("project", "project_row__data_row")
    )
    newest = _newest_reviews(slots)
    found = [CameBack(slot, newest[slot.pk]) for slot in slots if slot.pk in newest]
    return sorted(found, key=lambda one: one.review.pk)


def reviewing_reasons_for(reader: Person, slots: Sequence[Slot]) -> dict[int, list[dict[str, Any]]]:
    """Slot → the reasons of the newest review of the label that it reworks or judges again, by few queries."""
    newest = _newest_reviews(slots)
    unnamed = unnamed_reviewers(reader, newest.values()) if newest else frozenset()
    found: dict[int, list[dict[str, Any]]] = {slot.pk: [] for slot in slots}
    for slot_id, review in newest.items():
        found[slot_id] = [
            # Reasons given before rules could be cited have no title of one.
            {"rule_title": "", **reason, "text": _in_words(reason), "reviewer": _named(review, unnamed)}
            for reason in review.reasons
        ]
    return found


def unnamed_reviewers(reader: Person, reviews: Iterable[Review]) -> frozenset[int]:
    """Who reviewed without a name for ``reader``; of reviews with their project."""
    return names.unnamed_to(reader, ((review.project.organization_id, review.reviewer_id) for review in reviews))


def _named(review: Review, unnamed: frozenset[int]) -> str:
    return names.PROJECT_TEAM if review.reviewer_id in unnamed else review.reviewer.name


def reason_in_words(reason: Mapping[str, Any]) -> str:
    """What the reviewer wrote, or else what the code means, and the rule that it cites."""
    words = reason.get("text") or REJECT_REASONS.get(str(reason.get("code")), "")
    rule = reason.get("rule_title")
    return f"{words} (rule {rule})" if rule else str(words)


def _in_words(reason: Mapping[str, Any]) -> str:
    return ": ".join(filter(None, [REJECT_REASONS[reason["code"]], reason["text"]]))


def _newest_reviews(slots: Sequence[Slot]) -> dict[int, Review]:
    """Slot → the newest review of the label that it reworks; of one that it judges, the newest at
    its own step, or at the step that its appeal is about."""
    judged = {(slot.label_id, slot.line_step): slot.pk for slot in slots if slot.label_id}
    reworked = {slot.pk for slot in slots if slot.is_rework}
    wanted = Review.objects.filter(Q(label__in=[label for label, _ in judged]) | Q(label__slot__in=reworked))
    order = "label_id", "step", "-ordinal"
    by_step = wanted.select_related("reviewer", "label", "project").order_by(*order).distinct("label_id", "step")
    found: dict[int, Review] = {}
    for review in sorted(by_step, key=lambda one: one.ordinal):
        slot = judged.get((review.label_id, review.step))
        if slot is not None:
            found[slot] = review
        if review.label.slot_id in reworked:
            found[review.label.slot_id] = review
    return found
