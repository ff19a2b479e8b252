"""What an issue is about, how much it matters, who shall answer it and by when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeling import work_time
from quality import issue_access, issue_categories, issue_mentions, issue_moves
from quality.issue_mentions import Called
from quality.models import Issue, IssueEvent
from workforce import access, audit
from workforce.errors import InvalidInput
from workforce.models import Person
from workforce.roles import PROJECT_ROLE_NAMES, Permission

# What its opener may change as well.
OF_ITS_OPENER = {"category", "severity"}
CHANGEABLE = ("category", "severity", "due_at", "assignee")
KINDS = {
    "category": IssueEvent.Kind.CATEGORY,
    "severity": IssueEvent.Kind.SEVERITY,
    "due_at": IssueEvent.Kind.DUE,
    "assignee": IssueEvent.Kind.ASSIGNED,
}


@transaction.atomic
def change_issue(actor: Person, issue: Issue, changes: Mapping[str, Any]) -> Issue:
    """``changes``: of ``category`` (a code), ``severity``, ``due_at`` (a moment or None) and ``assignee`` ({person},
    {team}, {role} or None). What is the same already changes nothing."""
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise InvalidInput("unknown_change", f"What can change: {', '.join(CHANGEABLE)}.", unknown=unknown)
    is_own = issue.opened_by_id == actor.pk and set(changes) <= OF_ITS_OPENER
    issue = issue_access.locked(actor, issue, Permission.OPEN_ISSUE if is_own else Permission.MANAGE_ISSUE)
    wanted, called = _read(actor, issue, changes)
    before, after = _as_words(issue), {}
    for name, value in wanted.items():
        setattr(issue, name, value)
    after = _as_words(issue)
    moved = [name for name in CHANGEABLE if before[name] != after[name]]
    if not moved:
        return issue
    Issue.objects.filter(pk=issue.pk).update(**wanted)
    for name in moved:
        issue_moves.note(actor, issue, KINDS[name], before={name: before[name]}, after={name: after[name]})
    facts = {name: before[name] for name in moved}, {name: after[name] for name in moved}
    audit.record(actor, "issue.changed", issue, before=facts[0], after=facts[1])
    is_assigned = "assignee" in moved
    named = issue_mentions.people_behind(actor, [called] if called and is_assigned else [])
    issue_moves.tell(actor, issue, "issue_changed", "assigned" if is_assigned else "changed", named=named)
    return issue


def assignee_facts(issue: Issue, unnamed: frozenset[int] = frozenset()) -> dict[str, Any] | None:
    """Who shall answer, as plain values."""
    if issue.assignee is not None:
        is_hidden = issue.assignee_id in unnamed
        name = issue_moves.PROJECT_TEAM["name"] if is_hidden else issue.assignee.name
        return {"kind": "person", "name": name, **({} if is_hidden else {"uid": str(issue.assignee.uid)})}
    if issue.assignee_team is not None:
        return {"kind": "team", "name": issue.assignee_team.name, "uid": str(issue.assignee_team.uid)}
    if issue.assignee_role:
        name = PROJECT_ROLE_NAMES.get(issue.assignee_role, issue.assignee_role)
        return {"kind": "role", "name": name, "role": issue.assignee_role}
    return None


def _read(actor: Person, issue: Issue, changes: Mapping[str, Any]) -> tuple[dict[str, Any], Called | None]:
    """The columns that the changes mean, and who is assigned by them."""
    wanted: dict[str, Any] = {}
    called = None
    if "category" in changes and changes["category"] != issue.category.code:
        wanted["category"] = issue_categories.category_to_choose(issue.project, changes["category"])
    if "severity" in changes:
        wanted["severity"] = checked_severity(changes["severity"])
    if "due_at" in changes:
        wanted["due_at"] = _checked_due(issue, changes["due_at"])
    if "assignee" in changes:
        called = _checked_assignee(actor, issue, changes["assignee"])
        wanted |= {
            "assignee": called.person if called else None,
            "assignee_team": called.team if called else None,
            "assignee_role": called.role if called else "",
        }
    return wanted, called


def checked_severity(severity: str) -> str:
    if severity not in Issue.Severity.values:
        raise InvalidInput("unknown_severity", f"Severities are {', '.join(Issue.Severity.values)}.", path="severity")
    return severity


def _checked_due(issue: Issue, due_at: Any) -> datetime | None:
    if due_at is None or due_at == issue.due_at:
        return issue.due_at if due_at is not None else None
    if not isinstance(due_at, datetime) or timezone.is_naive(due_at):
        raise InvalidInput("due_invalid", "Say day and time with a time zone.", path="due_at")
    if due_at <= work_time.clock():
        raise InvalidInput("due_is_over", "This moment is over. Choose a later one.", path="due_at")
    return due_at


def _checked_assignee(actor: Person, issue: Issue, wanted: Any) -> Called | None:
    """Somebody who may read the issue and answer it for good."""
    if wanted is None:
        return None
    if not isinstance(wanted, Mapping):
        raise InvalidInput("assignee_invalid", "An assignee is {person}, {team} or {role}.", path="assignee")
    called = issue_mentions.call(actor, issue, wanted, "assignee")
    if not called.role and not any(access.can(one, Permission.RESOLVE_ISSUE, issue) for one in called.readers):
        raise InvalidInput(
            "cannot_answer", "Whoever an issue is assigned to must be able to resolve it.", path="assignee"
        )
    return called


def _as_words(issue: Issue) -> dict[str, Any]:
    return {
        "category": issue.category.code,
        "severity": str(issue.severity),
        "due_at": issue.due_at and issue.due_at.isoformat(),
        "assignee": assignee_facts(issue),
    }
