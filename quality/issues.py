"""Issues: questions about a row, in one place of record.

Numbered per project without a gap; what was said is only ever added to. A labeler opens issues on rows they work or
worked on and sees their own; nobody reads another's issue on a row that they are about to label. Announces
``issue_opened``, ``issue_commented`` and ``issue_state`` to the issue's and the project's followers and its opener."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from labeling import guidelines
from labeling.events import stream_of_project
from labeling.models import Label, Project, ProjectRow, Slot, WorkSession
from labeling.texts import checked_text
from quality import (
    issue_access,
    issue_categories,
    issue_changes,
    issue_duplicates,
    issue_mentions,
    issue_moves,
    issue_pins,
)
from quality.events import issue_moved
from quality.models import Issue, IssueComment, IssueEvent
from workforce import access, audit
from workforce.errors import InvalidInput
from workforce.events import announce
from workforce.live import is_uid
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

Mentions = Sequence[Mapping[str, Any]]
LONGEST_OBJECT_ID = 64
MOST_ANSWERS = 50

# Asked for here by everybody who reads issues.
issues_visible_to, thread_of = issue_access.issues_visible_to, issue_access.thread_of
as_read_by, comment_facts = issue_moves.as_read_by, issue_moves.comment_facts
stream_of_issue, unnamed_to = issue_moves.stream_of_issue, issue_moves.unnamed_to


@dataclass(frozen=True)
class IssueAnswer:
    """An issue that was answered, and the last word of someone else in it."""

    issue: Issue
    comment: IssueComment


# --- Open, comment, resolve, reopen -----------------------------------------------------------------------------
@transaction.atomic
def open_issue(
    actor: Person,
    project_row: ProjectRow,
    *,
    category: str,
    text: str,
    severity: str = Issue.Severity.NORMAL,
    pin: Any = None,
    object_id: str = "",
    rule: str = "",
    label: Label | None = None,
    mentions: Mentions = (),
) -> Issue:
    """Ask about a row: the whole of it, a place on its picture or in its text (``pin``) or an object of a label.
    ``rule`` is the uid of a rule of the project's guidelines.

    What is asked in a review is about the label under review: its maker reads it, with what was sent back."""
    require_may_open(actor, project_row)
    label = label or _label_under_review(actor, project_row)
    if label is not None and label.project_row_id != project_row.pk:
        raise InvalidInput("label_of_another_row", "That label belongs to another row.")
    question = checked_text(text, "text")
    cited = guidelines.cited_rule(project_row.project, rule, "rule")
    issue = Issue(
        project=project_row.project,
        project_row=project_row,
        label=label,
        category=issue_categories.category_to_choose(project_row.project, category),
        severity=issue_changes.checked_severity(severity),
        pin=issue_pins.checked_pin(pin, project_row.data_row, "pin"),
        object_id=checked_text(object_id, "object_id", longest=LONGEST_OBJECT_ID, least=0),
        rule=cited.uid or None,
        rule_title=cited.title,
        opened_by=actor,
    )
    # Last, because every later issue of the project waits for this number.
    issue.number = _next_number(project_row.project)
    issue.save()
    asked = IssueComment.objects.create(issue=issue, author=actor, text=question)
    called = issue_mentions.called(actor, issue, mentions)
    issue_mentions.keep(asked, called)
    about = {"category": category, "severity": str(severity)}
    issue_moves.note(actor, issue, IssueEvent.Kind.OPENED, after=about, comment=asked)
    audit.record(actor, "issue.opened", issue, after={"number": issue.number, **about})
    organization, stream = issue.project.organization_id, stream_of_project(issue.project.uid)
    announce(organization, stream, "issue_opened", issue_moves.facts_of(issue))
    named = issue_mentions.people_behind(actor, called)
    issue_moved.send(sender=Issue, issue=issue, kind="opened", actor=actor, comment=asked, named=named)
    return issue


@transaction.atomic
def comment(actor: Person, issue: Issue, text: str, mentions: Mentions = ()) -> IssueComment:
    """Say something in an issue. The word of someone who may resolve it answers it; the opener's opens it again.

    A duplicate stays one, whatever is said in it: whoever thinks otherwise reopens it."""
    said = checked_text(text, "text")
    issue = issue_access.locked(actor, issue, Permission.OPEN_ISSUE)
    called = issue_mentions.called(actor, issue, mentions)
    written = IssueComment.objects.create(issue=issue, author=actor, text=said)
    issue_mentions.keep(written, called)
    issue_moves.note(actor, issue, IssueEvent.Kind.COMMENTED, comment=written)
    is_answer = actor.pk != issue.opened_by_id and bool(access.can(actor, Permission.RESOLVE_ISSUE, issue))
    if actor.pk == issue.opened_by_id and issue.state == Issue.State.RESOLVED:
        audit.record(actor, "issue.reopened", issue, before={"state": issue.state})
        issue_moves.put_state(actor, issue, Issue.State.REOPENED)
    elif actor.pk == issue.opened_by_id and issue.state == Issue.State.ANSWERED:
        issue_moves.put_state(actor, issue, Issue.State.OPEN)
    elif is_answer and issue.state in Issue.WAITING:
        issue_moves.put_state(actor, issue, Issue.State.ANSWERED)
    if is_answer and issue.first_answered_at is None:
        Issue.objects.filter(pk=issue.pk, first_answered_at=None).update(first_answered_at=ClockTimestamp())
        issue.refresh_from_db(fields=["first_answered_at"])
    named = issue_mentions.people_behind(actor, called)
    issue_moves.tell(actor, issue, "issue_commented", "commented", said=written, named=named)
    if is_answer:
        issue_duplicates.pass_on(actor, issue, "commented", written)
    return written


@transaction.atomic
def resolve_issue(actor: Person, issue: Issue) -> Issue:
    """Once resolved, asking again changes nothing; a duplicate is resolved with the issue that answers it."""
    issue = issue_access.locked(actor, issue, Permission.RESOLVE_ISSUE)
    if issue.state not in (Issue.State.RESOLVED, Issue.State.DUPLICATE):
        before = {"state": issue.state}
        issue_moves.put_state(actor, issue, Issue.State.RESOLVED)
        audit.record(actor, "issue.resolved", issue, before=before)
        issue_moves.tell(actor, issue, "issue_state", "resolved")
        issue_duplicates.pass_on(actor, issue, "resolved")
    return issue


@transaction.atomic
def reopen_issue(actor: Person, issue: Issue) -> Issue:
    """A duplicate that is reopened is one no more."""
    issue = issue_access.locked(actor, issue, Permission.RESOLVE_ISSUE)
    if issue.state in (Issue.State.RESOLVED, Issue.State.DUPLICATE):
        before = {"state": issue.state}
        issue.duplicate_of = None
        issue_moves.put_state(actor, issue, Issue.State.REOPENED, duplicate_of=None)
        audit.record(actor, "issue.reopened", issue, before=before)
        issue_moves.tell(actor, issue, "issue_state", "reopened")
        issue_duplicates.pass_on(actor, issue, "reopened")
    return issue


# --- Reads ------------------------------------------------------------------------------------------------------
def issues_of(person: Person, project: Project, *, state: str | None = None) -> QuerySet[Issue]:
    """The project's issues that ``person`` may read, newest first."""
    if state is not None and state not in Issue.State.values:
        raise InvalidInput("unknown_state", f"States are {', '.join(Issue.State.values)}.")
    found = issues_visible_to(person).filter(project=project).order_by("-pk")
    return found if state is None else found.filter(state=state)


def issues_of_own(person: Person) -> QuerySet[Issue]:
    """What the person asked, and what was asked about their labels, newest first."""
    mine = Q(opened_by=person) | Q(label__labeler=person)
    return issues_visible_to(person).filter(mine).order_by("-pk")[:MOST_ANSWERS]


def issues_to_answer(person: Person) -> QuerySet[Issue]:
    """Open questions of others that the person may answer for good, the oldest first."""
    open_ones = issues_visible_to(person).filter(state__in=Issue.WAITING).exclude(opened_by=person)
    return access.visible_to(person, open_ones, Permission.RESOLVE_ISSUE).order_by("pk")[:MOST_ANSWERS]


def issues_beside(person: Person, slots: Sequence[Slot]) -> dict[int, list[Issue]]:
    """Slot → the issues of its row that ``person`` may read, oldest first. The same queries for one or many."""
    rows = {slot.project_row_id for slot in slots}
    by_row: dict[int, list[Issue]] = {row: [] for row in rows}
    # Most rows have no issue; asking who may read them would be most of a claim's time.
    if not Issue.objects.filter(project_row__in=rows).exists():
        return {slot.pk: [] for slot in slots}
    for issue in issues_visible_to(person).filter(project_row__in=rows).order_by("pk"):
        by_row[issue.project_row_id].append(issue)
    return {slot.pk: by_row[slot.project_row_id] for slot in slots}


def answers_for(person: Person) -> list[IssueAnswer]:
    """The person's own issues that were answered and not resolved since, newest answer first; a duplicate is answered
    where the issue that it names is."""
    own = issues_visible_to(person).filter(opened_by=person)
    answered = Q(state=Issue.State.ANSWERED) | Q(duplicate_of__state=Issue.State.ANSWERED)
    some = list(own.filter(answered).order_by("-pk")[:MOST_ANSWERS])
    roots = issue_duplicates.roots_of(person, some)
    found = []
    for issue in some:
        said = roots[issue.pk].answers if issue.pk in roots else issue.comments.all()
        last = [one for one in said if one.author_id != person.pk and one.withdrawn_at is None]
        found += [IssueAnswer(issue, last[-1])] if last else []
    return sorted(found, key=lambda answer: answer.comment.pk, reverse=True)


def acts_open_to(person: Person, issues: Sequence[Issue]) -> dict[str, set[int]]:
    """Which of ``issues`` the person may comment on, resolve and manage: act → primary keys."""
    wanted = {"comment": Permission.OPEN_ISSUE, "resolve": Permission.RESOLVE_ISSUE, "manage": Permission.MANAGE_ISSUE}
    if not issues:
        return {act: set() for act in wanted}
    some = Issue.objects.filter(pk__in=[issue.pk for issue in issues])
    return {
        act: set(access.visible_to(person, some, permission).values_list("pk", flat=True))
        for act, permission in wanted.items()
    }


def follows_issue(person: Person, uid: str) -> bool:
    """Whether ``person`` may follow the stream of an issue."""
    if not is_uid(uid):
        return False
    issue = issues_visible_to(person).filter(uid=uid).first()
    return issue is not None


# --- Inside -----------------------------------------------------------------------------------------------------
def require_may_open(actor: Person, row: ProjectRow) -> None:
    """By a right over the project, or on rows that the person (or the led team) holds, held or labeled."""
    if access.can(actor, Permission.OPEN_ISSUE, row):
        return
    slots = Slot.objects.filter(project_row=row)
    sessions = WorkSession.objects.filter(slot__project_row=row)
    if access.visible_to(actor, slots, Permission.OPEN_ISSUE).exists():
        return
    if not access.visible_to(actor, sessions, Permission.OPEN_ISSUE).exists():
        access.require(actor, Permission.OPEN_ISSUE, row)


def _label_under_review(actor: Person, row: ProjectRow) -> Label | None:
    held = Slot.objects.filter(
        project_row=row,
        labeler=actor,
        kind=Slot.Kind.REVIEW,
        state=Slot.State.LEASED,
        leased_until__gt=ClockTimestamp(),
    )
    slot = held.select_related("label").first()
    return slot.label if slot else None


def _next_number(project: Project) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labeling_project SET last_issue_number = last_issue_number + 1 WHERE id = %s"
            " RETURNING last_issue_number",
            [project.pk],
        )
        found = cursor.fetchone()
    assert found
    return int(found[0])
