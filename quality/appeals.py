"""Appeals: the maker of a label that was sent back asks somebody else to decide anew, instead of reworking it.

While an appeal is open its label is in review, on a review slot of its own that stands before all others: the maker has
nothing to rework, and no claim gives it to them. Decided like every review (``review.decide``), by nobody who wrote a
version of the label or decided about it before; experts get it first. One appeal per review, decided once: a review
that decides an appeal cannot be appealed. Announces ``appeal_made``, and ``appeal_decided`` when it is withdrawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from labeling import guidelines, work_time
from labeling.models import Label, LabelVersion, Project, ProjectRow, Slot, WorkSession
from labeling.rows import label_slots, lock_row
from labeling.texts import checked_text
from quality import appeal_outcomes, consensus, sampling
from quality.appeal_policy import policy_of
from quality.events import appeal_decided, appeal_made
from quality.issue_pins import checked_pin
from quality.models import Appeal, Review
from workforce import access, audit, names
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

# A few words at least: one who only says no gets no other decision.
SHORTEST_WORDS, LONGEST_WORDS = 15, 2000
MOST_PINS = 20
# Before the first of the priorities that a batch can have.
IN_FRONT = 0


@dataclass(frozen=True)
class Said:
    """What the maker has to say: words, places on the picture, and a rule of the guidelines by its uid."""

    words: Any
    pins: Any = ()
    rule: Any = ""


# --- Make and withdraw --------------------------------------------------------------------------------------------
@transaction.atomic
def make_appeal(maker: Person, slot_uid: str, said: Said) -> Appeal:
    """Appeal the review that sent the label of this slot back. What is in the editor stays as a draft.

    Raises ``not_in_rework``, ``appealed_already``, ``too_many_appeals``, ``nobody_to_decide``."""
    seen = _slot_of(maker, slot_uid)
    _wait_for_own_appeals(maker, seen.project)
    row = lock_row(seen.project_row_id)
    slot = Slot.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    sent_back = _review_to_appeal(slot)
    _refuse_too_many(maker, seen.project)
    words, pins, cited = _read(said, row)
    has_expert = _refuse_nobody(seen.project, sent_back)
    for session in WorkSession.objects.filter(slot=slot, outcome=WorkSession.Outcome.OPEN):
        work_time.abandon(session)
    Slot.objects.filter(pk=slot.pk).update(state=Slot.State.IN_REVIEW, leased_until=None)
    appeal = Appeal.objects.create(
        project=seen.project,
        review=sent_back,
        maker=maker,
        words=words,
        pins=pins,
        rule=cited.uid,
        rule_title=cited.title,
        slot=_slot_to_decide(row, sent_back, has_expert=has_expert),
    )
    _go_on(row)
    audit.record(maker, "appeal.made", sent_back.label, after={"appeal": str(appeal.uid), "version": sent_back.version})
    appeal_outcomes.tell(appeal, "appeal_made", {"row": str(row.uid)})
    appeal_made.send(sender=Appeal, appeal=appeal, actor=maker)
    return appeal


@transaction.atomic
def withdraw_appeal(maker: Person, uid: str) -> Appeal:
    """Back to the maker's rework, also while somebody looks at it. Raises ``appeal_ended``."""
    seen = appeal_for(maker, uid)
    if seen.maker_id != maker.pk:
        raise NotAllowed("Only who made an appeal withdraws it.")
    row = lock_row(seen.slot.project_row_id)
    ended = {"state": Appeal.State.WITHDRAWN, "ended_at": ClockTimestamp()}
    if not Appeal.objects.filter(pk=seen.pk, state=Appeal.State.OPEN).update(**ended):
        raise _ended(maker, uid)
    for session in WorkSession.objects.filter(slot=seen.slot_id, outcome=WorkSession.Outcome.OPEN):
        work_time.abandon(session)
    Slot.objects.filter(pk=seen.slot_id).update(state=Slot.State.REVOKED, leased_until=None)
    Slot.objects.filter(work=seen.review.label_id).update(state=Slot.State.IN_REWORK)
    sampling.move_on(row)
    appeal = appeal_for(maker, uid)
    audit.record(maker, "appeal.withdrawn", appeal.review.label, after={"appeal": str(appeal.uid)})
    appeal_outcomes.tell(appeal, "appeal_decided", {"outcome": appeal.state})
    appeal_decided.send(sender=Appeal, appeal=appeal, actor=maker)
    return appeal


def _ended(reader: Person, uid: str) -> RuleViolation:
    """Who was first, and what they said."""
    appeal = appeal_for(reader, uid)
    known = {"state": appeal.state, "ended_at": appeal.ended_at and appeal.ended_at.isoformat()}
    return RuleViolation("appeal_ended", f"This appeal has ended: {appeal.get_state_display()}.", **known)


def _slot_of(maker: Person, uid: str) -> Slot:
    slots = Slot.objects.select_related("project__organization", "project_row")
    slot = access.access(maker, slots, uid, Permission.VIEW_PROJECT)
    access.require(maker, Permission.LABEL, slot)
    if slot.kind != Slot.Kind.LABEL or slot.labeler_id != maker.pk:
        raise NotAllowed("Only who made a label appeals against its review.")
    if slot.project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")
    return slot


def _review_to_appeal(slot: Slot) -> Review:
    is_with_maker = slot.state in (Slot.State.IN_REWORK, Slot.State.LEASED) and slot.is_rework
    label = Label.objects.filter(slot=slot).first() if is_with_maker else None
    newest = _newest_review(label) if label else None
    if label is None or newest is None or newest.decision != Review.Decision.REJECT:
        raise RuleViolation("not_in_rework", "This label does not wait for your rework, so there is nothing to appeal.")
    if newest.version != label.last_version or _is_spent(newest):
        raise RuleViolation("appealed_already", "An appeal was made against this review. Rework the label.")
    return newest


def _newest_review(label: Label) -> Review | None:
    related = "reviewer", "label", "appeal", "decides_appeal"
    return Review.objects.filter(label=label).select_related(*related).order_by("-ordinal").first()


def _is_spent(one: Review) -> bool:
    """One appeal per review, and none against the decision on an appeal."""
    return hasattr(one, "appeal") or hasattr(one, "decides_appeal")


def _wait_for_own_appeals(maker: Person, project: Project) -> None:
    """The limit counts what is open: an appeal in another tab must be through before it is counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"appeal {maker.pk} {project.pk}"])


def _refuse_too_many(maker: Person, project: Project) -> None:
    most = policy_of(project).most_open
    if not most:
        raise RuleViolation("too_many_appeals", "Nobody appeals in this project. Ask about the row instead.", most=0)
    if Appeal.objects.filter(project=project, maker=maker, state=Appeal.State.OPEN).count() >= most:
        message = f"You have {most} appeals open here. Wait for a decision, or withdraw one."
        raise RuleViolation("too_many_appeals", message, most=most)


def _refuse_nobody(project: Project, sent_back: Review) -> bool:
    """Whether an expert is among those who may decide; raises when nobody is."""
    barred = set(LabelVersion.objects.filter(label=sent_back.label_id).values_list("author", flat=True))
    barred |= set(Review.objects.filter(label=sent_back.label_id).values_list("reviewer", flat=True))
    is_anybody = False
    for person in access.people_granted(Permission.REVIEW, project):
        if person.pk not in barred:
            is_anybody = True
            if access.can(person, Permission.MAKE_BENCHMARK, project):
                return True
    if not is_anybody:
        message = "Nobody else may review in this project, so nobody could decide. Rework it, or ask about the row."
        raise RuleViolation("nobody_to_decide", message)
    return False


def _read(said: Said, row: ProjectRow) -> tuple[str, list[dict[str, float] | None], guidelines.Citation]:
    words = checked_text(said.words, "words", longest=LONGEST_WORDS, least=SHORTEST_WORDS)
    if not isinstance(said.pins, list | tuple) or len(said.pins) > MOST_PINS or None in said.pins:
        raise InvalidInput("pins_invalid", f"Pins are a list of at most {MOST_PINS} places.", path="pins")
    pins = [checked_pin(pin, row.data_row, f"pins[{at}]") for at, pin in enumerate(said.pins)]
    return words, pins, guidelines.cited_rule(row.project, str(said.rule or ""), "rule")


def _slot_to_decide(row: ProjectRow, sent_back: Review, *, has_expert: bool) -> Slot:
    hours = policy_of(row.project).expert_hours if has_expert else 0
    return Slot.objects.create(
        project_id=row.project_id,
        project_row=row,
        kind=Slot.Kind.REVIEW,
        step=Slot.APPEALS_FROM + sent_back.step,
        label=sent_back.label,
        is_appeal=True,
        experts_until=work_time.clock() + timedelta(hours=hours),
        priority=IN_FRONT,
        order_key=row.pk,
    )


def _go_on(row: ProjectRow) -> None:
    """Nothing of the row may be in rework any more: then what waited for that is settled."""
    sampling.move_on(row)
    if not label_slots(row).filter(state=Slot.State.SUBMITTED).exists():
        return
    if consensus.needs_scoring(row):
        consensus.ask_for_score(row)
    else:
        sampling.settle_row(row)


# --- Reads --------------------------------------------------------------------------------------------------------
_RELATED = (
    "project__organization",
    "review__reviewer",
    "review__label",
    "maker",
    "slot__project_row__data_row",
    "decision__reviewer",
)


def appeals_visible_to(person: Person) -> QuerySet[Appeal]:
    """Own ones, those of led people, all for who sees all labels, and those against one's own reviews."""
    every = Appeal.objects.select_related(*_RELATED)
    reached = access.visible_to(person, Appeal.objects.all(), Permission.VIEW_LABEL)
    against = access.visible_to(person, Appeal.objects.filter(review__reviewer=person), Permission.VIEW_PROJECT)
    return every.filter(Q(pk__in=reached.values("pk")) | Q(pk__in=against.values("pk"))).order_by("-pk")


def appeal_for(person: Person, uid: str) -> Appeal:
    """One of those that ``appeals_visible_to`` lists."""
    found = Appeal.objects.select_related(*_RELATED).filter(uid=uid).first()
    if found is None:
        raise NotFound
    is_against_own = found.review.reviewer_id == person.pk
    access.require(person, Permission.VIEW_PROJECT if is_against_own else Permission.VIEW_LABEL, found)
    return found


def appeals_of(person: Person, project: Project, *, state: str = "") -> QuerySet[Appeal]:
    found = appeals_visible_to(person).filter(project=project)
    return found.filter(state=state) if state else found


def own_appeals(person: Person) -> QuerySet[Appeal]:
    return appeals_visible_to(person).filter(maker=person)


def open_count(person: Person) -> int:
    return Appeal.objects.filter(maker=person, state=Appeal.State.OPEN).count()


def slots_that_may_appeal(person: Person, slots: Sequence[Slot]) -> set[int]:
    """Of slots that are reworked, those whose review was not appealed and decides no appeal. One query for any number,
    none where nothing is reworked."""
    reworked = [slot.pk for slot in slots if slot.is_rework and slot.labeler_id == person.pk]
    if not reworked:
        return set()
    later = Review.objects.filter(label=OuterRef("label"), ordinal__gt=OuterRef("ordinal"))
    newest = Review.objects.filter(~Exists(later), label__slot__in=reworked, decision=Review.Decision.REJECT)
    free = newest.filter(appeal=None, decides_appeal=None)
    return set(free.values_list("label__slot", flat=True))


def appeals_to_decide(slots: Sequence[Slot]) -> dict[int, Appeal]:
    """Review slot → the appeal that is decided on it. No query where none is one."""
    wanted = [slot.pk for slot in slots if slot.is_appeal]
    found = Appeal.objects.filter(slot__in=wanted).select_related("maker", "project", "review") if wanted else []
    return {appeal.slot_id: appeal for appeal in found}


def unnamed_to(reader: Person, some: Iterable[Appeal]) -> frozenset[int]:
    """Whoever stands in these appeals and has no name for ``reader``."""
    met = set()
    for one in some:
        people = {one.maker_id, one.review.reviewer_id, one.decision.reviewer_id if one.decision else one.maker_id}
        met |= {(one.project.organization_id, person) for person in people - {reader.pk}}
    return names.unnamed_to(reader, met)


def answer_of(appeal: Appeal) -> str:
    """What whoever decided had to say."""
    if appeal.decision is None:
        return ""
    said = [reason["text"] for reason in appeal.decision.reasons if reason["text"]]
    return " ".join(dict.fromkeys([*said, appeal.decision.comment])).strip()
