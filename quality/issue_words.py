"""One's own words in an issue: said anew, as a version beside the older ones, or withdrawn, which leaves a tombstone.

Whoever reads the issue reads what a comment said before. What was withdrawn is read by its author and by those who
manage the issue; for everybody else there stands who withdrew it, and when."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from labeling.texts import checked_text
from quality import issue_access, issue_mentions, issue_moves
from quality.models import Issue, IssueComment, IssueCommentVersion, IssueEvent
from workforce import access, audit
from workforce.errors import NotAllowed, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission


@transaction.atomic
def edit_comment(
    actor: Person, comment: IssueComment, text: str, mentions: Sequence[Mapping[str, Any]] = ()
) -> IssueComment:
    """Say it anew. The same words again change nothing."""
    said = checked_text(text, "text")
    issue, comment = _own(actor, comment)
    called = issue_mentions.called(actor, issue, mentions)
    known = {(one.person_id, one.team_id, one.role) for one in comment.mentions.all()}
    issue_mentions.keep(comment, called)
    if said == comment.text:
        return comment
    number = comment.last_version + 1
    IssueCommentVersion.objects.create(comment=comment, number=number, text=said, author=actor)
    comment.refresh_from_db()
    issue_moves.note(actor, issue, IssueEvent.Kind.EDITED, after={"version": number}, comment=comment)
    audit.record(actor, "issue.comment_edited", comment, after={"version": number}, root=issue.project)
    new = [one for one in called if (one.person and one.person.pk, one.team and one.team.pk, one.role) not in known]
    named = issue_mentions.people_behind(actor, new)
    issue_moves.tell(actor, issue, "issue_changed", "changed", said=comment, named=named)
    return comment


@transaction.atomic
def withdraw_comment(actor: Person, comment: IssueComment) -> IssueComment:
    """Take one's own words back; asked again, nothing more happens. Who withdraws the question needs no answer."""
    issue, comment = _own(actor, comment, is_withdrawn_too=True)
    if comment.withdrawn_at is not None:
        return comment
    IssueComment.objects.filter(pk=comment.pk, withdrawn_at=None).update(withdrawn_at=ClockTimestamp())
    comment.refresh_from_db()
    issue_moves.note(actor, issue, IssueEvent.Kind.WITHDRAWN, comment=comment)
    audit.record(actor, "issue.comment_withdrawn", comment, root=issue.project)
    if is_question(comment) and issue.state not in (Issue.State.RESOLVED, Issue.State.DUPLICATE):
        issue_moves.put_state(actor, issue, Issue.State.RESOLVED)
    issue_moves.tell(actor, issue, "issue_changed", "changed", said=comment)
    return comment


def versions_for(person: Person, comment: IssueComment) -> list[dict[str, Any]]:
    """As plain values, without the names that ``person`` is not told."""
    found = versions_of(person, comment)
    unnamed = issue_moves.unnamed_in(person, [(comment.issue, [comment])])
    return [
        {
            "number": one.number,
            "text": issue_moves.text_for(comment, one.text, unnamed),
            "made_at": one.made_at.isoformat(),
        }
        for one in found
    ]


def versions_of(person: Person, comment: IssueComment) -> list[IssueCommentVersion]:
    """What a comment said, the first words first. The caller has it from ``issue_access.comment_of``."""
    if comment.withdrawn_at is not None and comment.author_id != person.pk:
        access.require(person, Permission.MANAGE_ISSUE, comment.issue)
    return list(comment.versions.select_related("author").order_by("number"))


def require_own(actor: Person, comment: IssueComment) -> None:
    if comment.author_id != actor.pk:
        raise NotAllowed("Nobody changes another's words. Nothing was changed.", needs=str(Permission.OPEN_ISSUE))


def is_question(comment: IssueComment) -> bool:
    return not IssueComment.objects.filter(issue=comment.issue_id, pk__lt=comment.pk).exists()


def _own(actor: Person, comment: IssueComment, *, is_withdrawn_too: bool = False) -> tuple[Issue, IssueComment]:
    issue = issue_access.locked(actor, comment.issue, Permission.OPEN_ISSUE)
    found = IssueComment.objects.select_for_update(of=("self",), no_key=True).get(pk=comment.pk)
    require_own(actor, found)
    if found.withdrawn_at is not None and not is_withdrawn_too:
        raise RuleViolation("comment_withdrawn", "This comment was withdrawn. Say it in a new one.")
    found.author, found.issue = actor, issue
    return issue, found
