"""The lane of low agreement: rows whose opinions leave something open, and what a manager does about them.

One more opinion, a review by somebody who wrote none of the labels, the leader as the winner, "the row itself is
unclear", or out of the project. Each act is asked about its own right, audited, and undoes no opinion."""

from collections.abc import Callable, Iterable, Sequence

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from labeling import returns, work_time
from labeling.blindness import hide_unsubmitted_rows
from labeling.models import Label, Project, ProjectRow, Slot
from labeling.rows import lock_row, move_row
from quality import consensus, figures, live, overlap
from quality.models import Review, RowConsensus
from quality.scoring_schema import opinions_given
from workforce import access, audit, bulk
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

MOST_AT_ONCE = 200
# Act → what is said of the rows it was done to.
ACTS = {
    "ask": "asked for one more opinion",
    "review": "sent to review",
    "leader": "decided for the leader",
    "ambiguous": "marked as unclear",
    "exclude": "taken out",
}


def rows_with_scores(reader: Person, project: Project) -> QuerySet[ProjectRow]:
    """Rows of the project that have a score, without those that the reader may still label; with ``limit``, the
    threshold in force for each."""
    rows = access.visible_to(reader, ProjectRow.objects.filter(project=project), Permission.VIEW_CONSENSUS)
    scored = hide_unsubmitted_rows(reader, rows, project).filter(
        quality_consensus__project=project, quality_consensus__score__isnull=False
    )
    return scored.annotate(limit=Coalesce("batch__consensus_threshold", Value(project.consensus_threshold)))


def low_rows(rows: QuerySet[ProjectRow]) -> QuerySet[ProjectRow]:
    """Of ``rows_with_scores``, those under the threshold by score or posterior about which nobody decided yet."""
    is_low = Q(quality_consensus__score__lt=F("limit")) | Q(quality_consensus__posterior__lt=F("limit"))
    open_rows = rows.exclude(state=ProjectRow.State.SET_ASIDE).filter(quality_consensus__ambiguous_at=None)
    return open_rows.filter(is_low).exclude(quality_consensus__status=RowConsensus.Status.CHOSEN)


def act_on_rows(actor: Person, project: Project, uids: Sequence[str], act: str, *, reason: str) -> bulk.Outcome:
    """Do one act to many rows of the project, each in a transaction of its own; one refusal does not stop the rest."""
    if act not in ACTS:
        raise InvalidInput("unknown_act", f"Acts are {', '.join(ACTS)}.")
    if not reason.strip():
        raise InvalidInput("reason_required", "Say why; it stands in the audit log and beside each row.")
    if len(uids) > MOST_AT_ONCE:
        raise InvalidInput("too_many_rows", f"At most {MOST_AT_ONCE} rows at once.")
    rows = rows_with_scores(actor, project).filter(uid__in=uids).select_related("data_row", "project").order_by("pk")
    rule = _rule_of(act)
    return bulk.each(_found(rows, uids), lambda row: rule(actor, row, reason), lambda row: row.data_row.external_id)


@transaction.atomic
def send_to_review(actor: Person, project_row: ProjectRow, reason: str) -> None:
    """A finished row is looked at once more: its winner, or every label where none leads alone.

    Raises ``not_finished``, ``nothing_to_review``."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.CHANGE_PROJECT, row)
    if row.state != ProjectRow.State.DONE:
        raise RuleViolation("not_finished", "This row is not finished, so it is reviewed on its way.")
    winner = consensus.winner_of(row)
    labels = [winner] if winner else [version.label for version in opinions_given(row)]
    slots = Slot.objects.filter(work__in=labels, state=Slot.State.DONE, labeler__kind=Person.Kind.HUMAN)
    looked_at = list(slots.select_related("work").order_by("pk"))
    if not looked_at:
        raise RuleViolation("nothing_to_review", "Nobody here made these labels, so nobody here could mend them.")
    Slot.objects.filter(pk__in=[slot.pk for slot in looked_at]).update(state=Slot.State.IN_REVIEW)
    Slot.objects.bulk_create(_review_slot(row, slot.work) for slot in looked_at)
    day = work_time.day_in(row.project, work_time.clock())
    figures.note_all((row.project_id, slot.labeler_id or 0, day, {"accepted": -1}) for slot in looked_at)
    row.revision += 1
    row.save(update_fields=["revision"])
    move_row(row, ProjectRow.State.IN_REVIEW)
    after = {"labels": [str(slot.work.uid) for slot in looked_at], "reason": reason.strip()}
    audit.record(actor, "row.sent_to_review", row, after=after, root=row.project)


@transaction.atomic
def mark_ambiguous(actor: Person, project_row: ProjectRow, reason: str) -> None:
    """The row itself is unclear: no labeler's mistake. Saying it again changes nothing."""
    row = lock_row(project_row.pk)
    access.require(actor, Permission.CHOOSE_WINNER, row)
    unmarked = RowConsensus.objects.filter(project_row=row, ambiguous_at=None)
    said = reason.strip()
    if unmarked.update(ambiguous_at=ClockTimestamp(), ambiguous_by=actor, ambiguous_reason=said):
        audit.record(actor, "row.marked_ambiguous", row, after={"reason": said}, root=row.project)
        live.tell_row_marked(row)


def let_leader_stand(actor: Person, project_row: ProjectRow, reason: str) -> None:
    """The label that leads by rule becomes the winner by a person's word. Raises ``no_leader`` on a tie."""
    access.require(actor, Permission.CHOOSE_WINNER, project_row)
    found = RowConsensus.objects.select_related("winner").filter(project_row=project_row).first()
    if found is None or found.winner is None:
        raise RuleViolation("no_leader", "No label leads alone; choose one on the row's page.")
    consensus.choose_winner(actor, project_row, found.winner, reason=reason)


def _rule_of(act: str) -> Callable[[Person, ProjectRow, str], object]:
    rules: dict[str, Callable[[Person, ProjectRow, str], object]] = {
        "ask": lambda actor, row, reason: overlap.ask_one_more(actor, row, reason=reason),
        "review": send_to_review,
        "leader": let_leader_stand,
        "ambiguous": mark_ambiguous,
        "exclude": lambda actor, row, reason: returns.exclude_row(actor, str(row.uid), reason=reason),
    }
    return rules[act]


def _found(rows: Iterable[ProjectRow], uids: Sequence[str]) -> list[ProjectRow]:
    """The rows that were named, at least one; what is not theirs to see is none of them."""
    found = list(rows)
    if not found:
        raise InvalidInput("no_rows", "Choose rows of the list." if not uids else "These rows are not there any more.")
    return found


def _review_slot(row: ProjectRow, label: Label) -> Slot:
    """A review of the version may have been made already: then this is the next step."""
    steps = Review.objects.filter(label=label, version=label.last_version, slot__is_appeal=False)
    last = steps.aggregate(last=Max("step"))["last"]
    return Slot(
        project_id=row.project_id,
        project_row=row,
        kind=Slot.Kind.REVIEW,
        step=(last or 0) + 1,
        label=label,
        priority=row.priority,
        order_key=row.pk,
    )
