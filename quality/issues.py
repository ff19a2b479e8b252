"""Issues: questions about a row, in one place of record.

Numbered per project without a gap; what was said is only ever added to. A labeler opens issues on rows they work or
worked on and sees their own; nobody reads another's issue on a row that they are about to label. Announces
``issue_opened``, ``issue_commented`` and ``issue_state`` to the issue's and the project's followers and its opener."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from labeling import guidelines
from labeling.annotations.points import check_coordinate, rounded
from labeling.events import stream_of_project
from labeling.models import Label, Project, ProjectRow, Slot, WorkSession
from labeling.texts import checked_text
from quality import issue_categories
from quality.models import Issue, IssueComment
from workforce import access, audit, names
from workforce.errors import InvalidInput, NotFound
from workforce.events import announce, stream_of_person
from workforce.live import is_uid
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

LONGEST_OBJECT_ID = 64
MOST_ANSWERS = 50
# Who speaks to people of another company without a name.
PROJECT_TEAM = {"name": names.PROJECT_TEAM, "initials": "PT"}


@dataclass(frozen=True)
class IssueAnswer:
    """An issue that was answered, and the last word of someone else in it."""

    issue: Issue
    comment: IssueComment


def stream_of_issue(issue_uid: object) -> str:
    return f"issue:{issue_uid}"


# --- Open, comment, resolve, reopen -----------------------------------------------------------------------------
@transaction.atomic
def open_issue(
    actor: Person,
    project_row: ProjectRow,
    *,
    category: str,
    text: str,
    pin: Any = None,
    object_id: str = "",
    rule: str = "",
    label: Label | None = None,
) -> Issue:
    """Ask about a row: the whole of it, a place on its picture (``pin``) or an object of a label. ``rule`` is the uid
    of a rule of the project's guidelines.

    What is asked in a review is about the label under review: its maker reads it, with what was sent back."""
    _require_may_open(actor, project_row)
    label = label or _label_under_review(actor, project_row)
    chosen = issue_categories.category_to_choose(project_row.project, category)
    if label is not None and label.project_row_id != project_row.pk:
        raise InvalidInput("label_of_another_row", "That label belongs to another row.")
    question = checked_text(text, "text")
    cited = guidelines.cited_rule(project_row.project, rule, "rule")
    issue = Issue(
        project=project_row.project,
        project_row=project_row,
        label=label,
        category=chosen,
        pin=checked_pin(pin, project_row.data_row.size, "pin"),
        object_id=checked_text(object_id, "object_id", longest=LONGEST_OBJECT_ID, least=0),
        rule=cited.uid or None,
        rule_title=cited.title,
        opened_by=actor,
    )
    # Last, because every later issue of the project waits for this number.
    issue.number = _next_number(project_row.project)
    issue.save()
    IssueComment.objects.create(issue=issue, author=actor, text=question)
    audit.record(actor, "issue.opened", issue, after={"number": issue.number, "category": category})
    announce(issue.project.organization_id, stream_of_project(issue.project.uid), "issue_opened", _facts(issue))
    return issue


@transaction.atomic
def comment(actor: Person, issue: Issue, text: str) -> IssueComment:
    """Say something in an issue. The word of someone who may resolve it answers it; the opener's opens it again."""
    said = checked_text(text, "text")
    issue = _locked(actor, issue, Permission.OPEN_ISSUE)
    written = IssueComment.objects.create(issue=issue, author=actor, text=said)
    if actor.pk == issue.opened_by_id:
        if issue.state == Issue.State.RESOLVED:
            audit.record(actor, "issue.reopened", issue, before={"state": issue.state})
        _put(issue, Issue.State.OPEN)
    elif issue.state == Issue.State.OPEN and access.can(actor, Permission.RESOLVE_ISSUE, issue):
        _put(issue, Issue.State.ANSWERED)
    _tell(actor, issue, "issue_commented", {"comment": comment_facts(written)})
    return written


@transaction.atomic
def resolve_issue(actor: Person, issue: Issue) -> Issue:
    """Once resolved, asking again changes nothing."""
    issue = _locked(actor, issue, Permission.RESOLVE_ISSUE)
    if issue.state != Issue.State.RESOLVED:
        before = {"state": issue.state}
        _put(issue, Issue.State.RESOLVED, resolved_by=actor)
        audit.record(actor, "issue.resolved", issue, before=before)
        _tell(actor, issue, "issue_state")
    return issue


@transaction.atomic
def reopen_issue(actor: Person, issue: Issue) -> Issue:
    issue = _locked(actor, issue, Permission.RESOLVE_ISSUE)
    if issue.state == Issue.State.RESOLVED:
        _put(issue, Issue.State.OPEN)
        audit.record(actor, "issue.reopened", issue, before={"state": Issue.State.RESOLVED})
        _tell(actor, issue, "issue_state")
    return issue


# --- Reads ------------------------------------------------------------------------------------------------------
def issues_visible_to(person: Person) -> QuerySet[Issue]:
    """What ``person`` may read; nothing of another's on a row that they hold and have not submitted yet."""
    related = "project", "project_row__data_row", "opened_by", "category"
    said = Prefetch("comments", IssueComment.objects.select_related("author").order_by("pk"))
    about_to_label = Slot.objects.filter(
        project_row=OuterRef("project_row"),
        labeler=person.pk,
        kind=Slot.Kind.LABEL,
        state=Slot.State.LEASED,
        is_rework=False,
    )
    found = access.visible_to(person, Issue.objects.select_related(*related), Permission.VIEW_ISSUE)
    return found.filter(Q(opened_by=person.pk) | ~Exists(about_to_label)).prefetch_related(said)


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
    open_ones = issues_visible_to(person).filter(state=Issue.State.OPEN).exclude(opened_by=person)
    return access.visible_to(person, open_ones, Permission.RESOLVE_ISSUE).order_by("pk")[:MOST_ANSWERS]


def thread_of(person: Person, uid: str) -> Issue:
    """One issue with all that was said in it. Raises NotFound as well for what ``person`` may not read yet."""
    issue = access.access(person, Issue.objects.all(), uid, Permission.VIEW_ISSUE)
    seen = issues_visible_to(person).filter(pk=issue.pk).first()
    if seen is None:
        raise NotFound
    return seen


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
    """The person's own issues that were answered and not resolved since, newest answer first."""
    answered = issues_visible_to(person).filter(opened_by=person, state=Issue.State.ANSWERED)
    found = []
    for issue in answered.order_by("-pk")[:MOST_ANSWERS]:
        last = [said for said in issue.comments.all() if said.author_id != person.pk]
        found += [IssueAnswer(issue, last[-1])] if last else []
    return sorted(found, key=lambda answer: answer.comment.pk, reverse=True)


def acts_open_to(person: Person, issues: Sequence[Issue]) -> dict[str, set[int]]:
    """Which of ``issues`` the person may comment on and resolve: act → primary keys."""
    if not issues:
        return {"comment": set(), "resolve": set()}
    some = Issue.objects.filter(pk__in=[issue.pk for issue in issues])
    wanted = {"comment": Permission.OPEN_ISSUE, "resolve": Permission.RESOLVE_ISSUE}
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


def as_read_by(person: Person, payload: dict[str, Any]) -> dict[str, Any]:
    """A live message of an issue for one of those who follow it: to people of a vendor others speak without a name."""
    said = payload.get("comment")
    if said is None:
        return payload
    written = IssueComment.objects.select_related("issue__project", "author").get(uid=said["uid"])
    spoke = (written.issue.project.organization_id, written.author_id)
    return {**payload, "comment": comment_facts(written, names.unnamed_to(person, [spoke]))}


def unnamed_to(person: Person, some: Sequence[Issue]) -> frozenset[int]:
    """Who speaks in these issues without a name: to people of a vendor, everybody who is not of the vendor."""
    spoke = ((issue.project.organization_id, said.author_id) for issue in some for said in issue.comments.all())
    return names.unnamed_to(person, spoke)


def comment_facts(said: IssueComment, unnamed: frozenset[int] = frozenset()) -> dict[str, Any]:
    """A comment as plain values: in live messages and in answers."""
    named = {"name": said.author.name, "initials": said.author.initials}
    return {
        "uid": str(said.uid),
        "author": PROJECT_TEAM if said.author_id in unnamed else named,
        "text": said.text,
        "made_at": said.made_at.isoformat(),
    }


# --- What may be said -------------------------------------------------------------------------------------------
def checked_pin(pin: Any, size: tuple[int, int] | None, path: str) -> dict[str, float] | None:
    """A place on the picture in pixels, to 1/1000; none for the whole row."""
    if pin is None:
        return None
    if not isinstance(pin, Mapping) or set(pin) != {"x", "y"}:
        raise InvalidInput("pin_invalid", "A pin is {x, y} in pixels of the picture.", path=path)
    for axis, extent in zip(("x", "y"), size or (None, None), strict=True):
        fault = check_coordinate(pin[axis], f"{path}.{axis}", extent)
        if fault is not None:
            raise InvalidInput("pin_invalid", fault.message, path=fault.path)
    return {axis: rounded(pin[axis]) for axis in ("x", "y")}


# --- Inside -----------------------------------------------------------------------------------------------------
def _require_may_open(actor: Person, row: ProjectRow) -> None:
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


def _locked(actor: Person, issue: Issue, permission: Permission) -> Issue:
    thread_of(actor, str(issue.uid))
    related = "project", "project_row", "opened_by", "label__labeler"
    locked = Issue.objects.select_for_update(of=("self",)).select_related(*related).get(pk=issue.pk)
    access.require(actor, permission, locked)
    return locked


def _put(issue: Issue, state: str, *, resolved_by: Person | None = None) -> None:
    if issue.state == state:
        return
    issue.state, issue.resolved_by = state, resolved_by
    resolved_at = ClockTimestamp() if resolved_by else None
    Issue.objects.filter(pk=issue.pk).update(state=state, resolved_by=resolved_by, resolved_at=resolved_at)


def _facts(issue: Issue) -> dict[str, Any]:
    row = str(issue.project_row.uid)
    return {"issue": str(issue.uid), "number": issue.number, "row": row, "state": issue.state}


def _tell(actor: Person, issue: Issue, kind: str, words: dict[str, Any] | None = None) -> None:
    """The words themselves go only to those who may read the issue; the project's followers learn that it moved.
    The opener and the label's maker hear it on their own streams, unless they may not read it any more."""
    facts, organization = _facts(issue), issue.project.organization_id
    announce(organization, stream_of_issue(issue.uid), kind, {**facts, **(words or {})})
    announce(organization, stream_of_project(issue.project.uid), kind, facts)
    heard = {issue.opened_by, issue.label.labeler} if issue.label else {issue.opened_by}
    for person in sorted(heard - {actor}, key=lambda one: one.pk):
        if issues_visible_to(person).filter(pk=issue.pk).exists():
            words_too = {**facts, **(words or {}), "project": str(issue.project.uid)}
            announce(organization, stream_of_person(person.uid), kind, as_read_by(person, words_too))
