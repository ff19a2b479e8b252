"""What every act on an issue leaves: an event of its own, the moment of its last move, and word to whom it concerns.

Announces to the issue's and the project's followers, its opener and the label's maker; ``issue_moved`` goes to whatever
else tells people of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from labeling.events import stream_of_project
from quality import issue_access
from quality.events import issue_moved
from quality.models import Issue, IssueComment, IssueEvent
from workforce import names
from workforce.events import announce, stream_of_person
from workforce.models import ClockTimestamp, Person

# Who speaks to people of another company without a name.
PROJECT_TEAM = {"name": names.PROJECT_TEAM, "initials": "PT"}


def stream_of_issue(issue_uid: object) -> str:
    return f"issue:{issue_uid}"


def facts_of(issue: Issue) -> dict[str, Any]:
    row = str(issue.project_row.uid)
    return {"issue": str(issue.uid), "number": issue.number, "row": row, "state": issue.state}


def note(
    actor: Person,
    issue: Issue,
    kind: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    comment: IssueComment | None = None,
) -> None:
    """Keep what happened, for good."""
    IssueEvent.objects.create(
        issue=issue, kind=kind, actor=actor, comment=comment, before=before or {}, after=after or {}
    )
    Issue.objects.filter(pk=issue.pk).update(last_moved_at=ClockTimestamp())


def put_state(actor: Person, issue: Issue, state: str, **more: Any) -> None:
    """Move a locked issue; ``more`` is what else changes with it. From closed to open counts as reopened."""
    if issue.state == state:
        return
    before, issue.state = issue.state, state
    issue.resolved_by = actor if state == Issue.State.RESOLVED else None
    changes: dict[str, Any] = {"state": state, "resolved_by": issue.resolved_by, "resolved_at": None, **more}
    if state == Issue.State.RESOLVED:
        changes["resolved_at"] = ClockTimestamp()
    if state == Issue.State.REOPENED:
        changes["reopened_count"] = issue.reopened_count = issue.reopened_count + 1
    Issue.objects.filter(pk=issue.pk).update(**changes)
    note(actor, issue, IssueEvent.Kind.STATE, before={"state": before}, after={"state": state})


def tell(
    actor: Person,
    issue: Issue,
    message: str,
    moved: str,
    *,
    said: IssueComment | None = None,
    named: Iterable[Person] = (),
) -> None:
    """The words themselves go only to those who may read the issue; the project's followers learn that it moved.
    The opener and the label's maker hear it on their own streams, unless they may not read it any more."""
    facts, organization = facts_of(issue), issue.project.organization_id
    words = {"comment": comment_facts(said)} if said else {}
    announce(organization, stream_of_issue(issue.uid), message, {**facts, **words})
    announce(organization, stream_of_project(issue.project.uid), message, facts)
    heard = {issue.opened_by, issue.label.labeler} if issue.label else {issue.opened_by}
    for person in sorted(heard - {actor}, key=lambda one: one.pk):
        if issue_access.may_read(person, issue):
            words_too = {**facts, **words, "project": str(issue.project.uid)}
            announce(organization, stream_of_person(person.uid), message, as_read_by(person, words_too))
    issue_moved.send(sender=Issue, issue=issue, kind=moved, actor=actor, comment=said, named=list(named))


# --- Words as somebody reads them ----------------------------------------------------------------------------------
def as_read_by(person: Person, payload: dict[str, Any]) -> dict[str, Any]:
    """A live message of an issue for one of those who follow it: to people of a vendor others speak without a name."""
    said = payload.get("comment")
    if said is None:
        return payload
    written = IssueComment.objects.select_related("issue__project", "author").get(uid=said["uid"])
    return {**payload, "comment": comment_facts(written, unnamed_in(person, [(written.issue, [written])]))}


def unnamed_to(person: Person, some: Sequence[Issue]) -> frozenset[int]:
    """Who is in these issues without a name: to people of a vendor, everybody who is not of the vendor."""
    return unnamed_in(person, [(issue, issue.comments.all()) for issue in some])


def unnamed_in(person: Person, threads: Iterable[tuple[Issue, Iterable[IssueComment]]]) -> frozenset[int]:
    met: set[tuple[int, int]] = set()
    for issue, comments in threads:
        place = issue.project.organization_id
        if issue.assignee_id is not None:
            met.add((place, issue.assignee_id))
        for said in comments:
            met.add((place, said.author_id))
            met |= {(place, one.person_id) for one in said.mentions.all() if one.person_id is not None}
    return names.unnamed_to(person, sorted(met))


def comment_facts(said: IssueComment, unnamed: frozenset[int] = frozenset()) -> dict[str, Any]:
    """A comment as plain values: in live messages and in answers. What was withdrawn says nothing any more."""
    named = {"name": said.author.name, "initials": said.author.initials}
    return {
        "uid": str(said.uid),
        "author": PROJECT_TEAM if said.author_id in unnamed else named,
        "text": "" if said.withdrawn_at else text_for(said, said.text, unnamed),
        "made_at": said.made_at.isoformat(),
        "version": said.last_version,
        "withdrawn_at": said.withdrawn_at.isoformat() if said.withdrawn_at else None,
    }


def text_for(said: IssueComment, text: str, unnamed: frozenset[int]) -> str:
    """The words without the name of a mentioned person whom the reader is not told."""
    for one in said.mentions.all():
        if one.person is not None and one.person_id in unnamed:
            text = text.replace(f"@{one.person.name}", f"@{names.PROJECT_TEAM}")
    return text
