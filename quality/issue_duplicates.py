"""One issue answers many rows: a duplicate names the issue that answers it, and its opener hears the answers.

They read the answers, never the other question or the rest of that thread, and nothing of it while they are about to
label its row. An issue that takes the place of another takes its duplicates too, so that there are no chains."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, QuerySet

from labeling.models import ProjectRow, Slot
from quality import issue_access, issue_moves
from quality.events import issue_moved
from quality.models import Issue, IssueComment, IssueEvent
from workforce import audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.events import announce, stream_of_person
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission


@dataclass(frozen=True)
class Root:
    """The issue that answers a duplicate, as somebody reads it there. ``is_readable``: they may open it itself."""

    issue: Issue
    answers: tuple[IssueComment, ...]
    is_readable: bool


@transaction.atomic
def mark_duplicate(actor: Person, issue: Issue, number: int) -> Issue:
    """Say that issue ``number`` of the project answers this one as well. Said again, nothing more happens."""
    root = issue_access.issues_visible_to(actor).filter(project=issue.project_id, number=number).first()
    if root is None:
        raise InvalidInput("unknown_issue", f"There is no issue {number} here that you may read.", path="number")
    if root.pk == issue.pk:
        raise RuleViolation("duplicate_of_itself", "An issue is no duplicate of itself.")
    both = Issue.objects.filter(pk__in=sorted([issue.pk, root.pk])).order_by("pk")
    # Locked in one order, so that two people who name each other's issue at once wait and do not block.
    list(both.select_for_update(of=("self",), no_key=True))
    issue = issue_access.locked(actor, issue, Permission.MANAGE_ISSUE)
    root.refresh_from_db(fields=["duplicate_of", "state"])
    if root.duplicate_of is not None:
        raise RuleViolation(
            "root_is_a_duplicate", f"Issue {number} is a duplicate of issue {root.duplicate_of.number}: name that one."
        )
    if issue.duplicate_of_id == root.pk:
        return issue
    Issue.objects.filter(duplicate_of=issue).update(duplicate_of=root)
    before = {"state": issue.state, "duplicate_of": issue.duplicate_of.number if issue.duplicate_of else None}
    issue.state, issue.duplicate_of, issue.resolved_by = Issue.State.DUPLICATE, root, None
    Issue.objects.filter(pk=issue.pk).update(state=issue.state, duplicate_of=root, resolved_by=None, resolved_at=None)
    _note_answer(Issue.objects.filter(pk=issue.pk), root)
    after = {"state": str(issue.state), "duplicate_of": number}
    issue_moves.note(actor, issue, IssueEvent.Kind.DUPLICATE, before=before, after=after)
    audit.record(actor, "issue.duplicate", issue, before=before, after=after)
    issue_moves.tell(actor, issue, "issue_state", "duplicate")
    return issue


def pass_on(actor: Person, root: Issue, moved: str, said: IssueComment | None = None) -> None:
    """What happened to an issue, to the openers of those that it answers."""
    found = root.duplicates.select_related("project", "project_row", "opened_by", "label__labeler").order_by("pk")
    if moved == "commented":
        _note_answer(root.duplicates.all(), root)
    for issue in found:
        opener = issue.opened_by
        facts = {**issue_moves.facts_of(issue), "answered_by": root.number}
        announce(issue.project.organization_id, issue_moves.stream_of_issue(issue.uid), "issue_changed", facts)
        if opener == actor or not _may_hear(opener, issue, root.project_row):
            continue
        words = {"comment": issue_moves.comment_facts(said)} if said else {}
        told = {**facts, **words, "project": str(issue.project.uid)}
        message = "issue_commented" if said else "issue_state"
        organization = issue.project.organization_id
        announce(organization, stream_of_person(opener.uid), message, issue_moves.as_read_by(opener, told))
        issue_moved.send(sender=Issue, issue=issue, kind=moved, actor=actor, comment=said, named=[])


def roots_of(person: Person, some: Sequence[Issue]) -> dict[int, Root]:
    """Duplicate → the issue that answers it with its answers, as far as ``person`` may hear them now."""
    wanted = {issue.duplicate_of_id for issue in some if issue.duplicate_of_id is not None}
    if not wanted:
        return {}
    roots = {root.pk: root for root in Issue.objects.filter(pk__in=wanted).select_related("project", "project_row")}
    said = IssueComment.objects.filter(issue__in=wanted, withdrawn_at=None).exclude(author=F("issue__opened_by"))
    readable = set(issue_access.issues_visible_to(person).filter(pk__in=wanted).values_list("pk", flat=True))
    # About to label the row of the root: nothing of it before the own label is in.
    blind = set(
        Slot.objects.filter(
            project_row__in=[root.project_row_id for root in roots.values()],
            labeler=person,
            kind=Slot.Kind.LABEL,
            state=Slot.State.LEASED,
            is_rework=False,
        ).values_list("project_row", flat=True)
    )
    answers: dict[int, list[IssueComment]] = {pk: [] for pk in wanted}
    for one in said.select_related("author").prefetch_related("mentions__person").order_by("pk"):
        if roots[one.issue_id].project_row_id not in blind:
            answers[one.issue_id].append(one)
    return {
        issue.pk: Root(
            roots[issue.duplicate_of_id], tuple(answers[issue.duplicate_of_id]), issue.duplicate_of_id in readable
        )
        for issue in some
        if issue.duplicate_of_id is not None
    }


def duplicates_of(person: Person, issue: Issue) -> QuerySet[Issue]:
    """The issues that this one answers, of those that ``person`` may read."""
    return issue_access.issues_visible_to(person).filter(duplicate_of=issue).order_by("number")


def _may_hear(person: Person, issue: Issue, row: ProjectRow) -> bool:
    return issue_access.may_read(person, issue) and not issue_access.is_about_to_label(person, row)


def _note_answer(some: QuerySet[Issue], root: Issue) -> None:
    """They have their answer from when their root has one."""
    if root.first_answered_at is not None:
        some.filter(first_answered_at=None).update(first_answered_at=ClockTimestamp())
