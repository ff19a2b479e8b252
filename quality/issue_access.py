"""Who reads an issue, and the lock under which it moves."""

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from labeling.models import ProjectRow, Slot
from quality.models import Issue, IssueComment, IssueMention
from workforce import access
from workforce.errors import NotFound
from workforce.models import Person
from workforce.roles import Permission

RELATED = ("project", "project_row__data_row", "opened_by", "category", "assignee", "assignee_team")


def issues_visible_to(person: Person) -> QuerySet[Issue]:
    """What ``person`` may read; nothing of another's on a row that they hold and have not submitted yet."""
    called = Prefetch("mentions", IssueMention.objects.select_related("person", "team").order_by("pk"))
    comments = IssueComment.objects.select_related("author").prefetch_related(called).order_by("pk")
    found = access.visible_to(person, Issue.objects.select_related(*RELATED), Permission.VIEW_ISSUE)
    may_see = Q(opened_by=person.pk) | ~Exists(_about_to_label(person).filter(project_row=OuterRef("project_row")))
    return found.filter(may_see).prefetch_related(Prefetch("comments", comments))


def is_about_to_label(person: Person, row: ProjectRow) -> bool:
    """Whether ``person`` holds the row and has not submitted it: they read nothing of others about it."""
    return _about_to_label(person).filter(project_row=row).exists()


def _about_to_label(person: Person) -> QuerySet[Slot]:
    return Slot.objects.filter(labeler=person.pk, kind=Slot.Kind.LABEL, state=Slot.State.LEASED, is_rework=False)


def may_read(person: Person, issue: Issue) -> bool:
    return issues_visible_to(person).filter(pk=issue.pk).exists()


def thread_of(person: Person, uid: str) -> Issue:
    """One issue with all that was said in it. Raises NotFound as well for what ``person`` may not read yet."""
    issue = access.access(person, Issue.objects.all(), uid, Permission.VIEW_ISSUE)
    seen = issues_visible_to(person).filter(pk=issue.pk).first()
    if seen is None:
        raise NotFound
    return seen


def comment_of(person: Person, uid: str) -> IssueComment:
    """A comment in an issue that ``person`` may read now."""
    said = access.access(
        person, IssueComment.objects.select_related("issue__project", "author"), uid, Permission.VIEW_ISSUE
    )
    if not may_read(person, said.issue):
        raise NotFound
    return said


def locked(actor: Person, issue: Issue, permission: Permission) -> Issue:
    """The issue as it is now, locked until the transaction ends, for someone who may do this to it."""
    thread_of(actor, str(issue.uid))
    found = Issue.objects.select_for_update(of=("self",)).select_related(*RELATED, "label__labeler").get(pk=issue.pk)
    access.require(actor, permission, found)
    return found
