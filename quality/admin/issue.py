"""One issue: its thread with what it said before, what happened to it, and every act on it."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import work_time
from quality import (
    issue_access,
    issue_categories,
    issue_changes,
    issue_duplicates,
    issue_history,
    issue_mentions,
    issue_pins,
    issue_words,
)
from quality import issues as rules
from quality.admin.issue_list import STATE_CHIPS
from quality.admin.links import SOCKET
from quality.models import Issue, IssueComment
from quality.pages.decisions import decision_values
from workforce.admin.pages import PersonRequest, act, show
from workforce.admin.site import add_page
from workforce.errors import InvalidInput
from workforce.idempotency import once

CLOSED = (Issue.State.RESOLVED, Issue.State.DUPLICATE)


@require_safe
def issue(request: PersonRequest, uid: str) -> HttpResponse:
    found = rules.thread_of(request.user, uid)
    may = rules.acts_open_to(request.user, [found])
    may_manage = found.pk in may["manage"]
    return show(
        request,
        "quality/admin/issue.html",
        title=f"Issue {found.number}",
        crumbs=[
            ("Issues", reverse("admin:issues")),
            (found.project.name, reverse("admin:project-issues", args=[found.project.uid])),
        ],
        issue=found,
        chip=STATE_CHIPS[Issue.State(found.state)],
        place="an object" if found.object_id and not found.pin else issue_pins.in_words(found.pin),
        comments=[_comment(request, said, may_manage) for said in found.comments.all()],
        happened=[
            (one, issue_history.in_words(one))
            for one in issue_history.events_of(found)
            if one.kind in issue_history.ACTS
        ],
        root=issue_duplicates.roots_of(request.user, [found]).get(found.pk),
        duplicates=list(issue_duplicates.duplicates_of(request.user, found)),
        assignee=issue_changes.assignee_facts(found),
        may_comment=found.pk in may["comment"],
        may_resolve=found.pk in may["resolve"],
        may_manage=may_manage,
        is_closed=found.state in CLOSED,
        choices=_choices(request, found) if may_manage else {},
        mentionable=reverse("api-issue-mentionable", args=[found.uid]),
        streams=rules.stream_of_issue(found.uid),
        socket=SOCKET,
        key=uuid.uuid4(),
        now=work_time.clock(),
        **decision_values(request.user, found),
    )


def _comment(request: PersonRequest, said: IssueComment, may_manage: bool) -> dict[str, Any]:
    """A comment with what it said before, as far as the reader may."""
    is_own = said.author_id == request.user.pk
    reads_all = said.withdrawn_at is None or is_own or may_manage
    is_changed = said.last_version > 1 or said.withdrawn_at is not None
    return {
        "said": said,
        "is_own": is_own and said.withdrawn_at is None,
        "versions": issue_words.versions_of(request.user, said) if is_changed and reads_all else [],
    }


def _choices(request: PersonRequest, found: Issue) -> dict[str, Any]:
    offered = issue_mentions.to_choose(request.user, found)
    people = [("", "Nobody"), *((f"role:{role}", f"Any {name}") for role, name in offered.roles.items())]
    people += [(f"team:{team.uid}", team.name) for team in offered.teams]
    people += [(f"person:{person.uid}", person.name) for person in offered.people]
    if request.user not in offered.people:
        people.append((f"person:{request.user.uid}", f"{request.user.name} (you)"))
    now = issue_changes.assignee_facts(found)
    chosen = f"{now['kind']}:{now.get('uid') or now.get('role')}" if now else ""
    if chosen not in dict(people):
        people.append((chosen, now["name"] if now else ""))
    categories = issue_categories.offered_in(found.project)
    return {
        "categories": list({found.category.code: found.category.name, **categories}.items()),
        "severities": Issue.Severity.choices,
        "assignees": people,
        "assignee": chosen,
        "due": found.due_at and found.due_at.astimezone(_zone(found)).strftime("%Y-%m-%dT%H:%M"),
    }


def _zone(found: Issue) -> ZoneInfo:
    return ZoneInfo(found.project.organization.time_zone)


# --- Acts ---------------------------------------------------------------------------------------------------------
def _acted(request: PersonRequest, uid: str, rule: Callable[[Issue], object], said: str) -> HttpResponse:
    found = rules.thread_of(request.user, uid)
    return act(request, lambda: rule(found), said, then=reverse("admin:issue", args=[uid]))


@require_POST
def comment(request: PersonRequest, uid: str) -> HttpResponse:
    return _acted(request, uid, lambda found: _say(request, found), "Said. Whoever opened the issue sees it at once.")


def _say(request: PersonRequest, found: Issue) -> None:
    """The form carries a key of its own, so that a second click says nothing twice."""
    text, called = request.POST.get("text", ""), mentions_in(request)
    once(
        request.user,
        request.POST.get("key", ""),
        {"issue": str(found.uid), "text": text, "mentions": called},
        lambda: {"comment": str(rules.comment(request.user, found, text, called).uid)},
    )


def mentions_in(request: PersonRequest) -> list[dict[str, str]]:
    """Each as ``kind:which``, as the list to pick from puts them into the form."""
    return [_one_called(word) for word in request.POST.getlist("mention") if word]


def _one_called(word: str) -> dict[str, str]:
    kind, _, which = word.partition(":")
    return {kind: which}


@require_POST
def resolve(request: PersonRequest, uid: str) -> HttpResponse:
    said = "Resolved. A new comment of its opener opens it again."
    return _acted(request, uid, lambda found: rules.resolve_issue(request.user, found), said)


@require_POST
def reopen(request: PersonRequest, uid: str) -> HttpResponse:
    return _acted(request, uid, lambda found: rules.reopen_issue(request.user, found), "Open again.")


@require_POST
def change(request: PersonRequest, uid: str) -> HttpResponse:
    def rule(found: Issue) -> Issue:
        asked = request.POST
        changes: dict[str, Any] = {name: asked[name] for name in ("category", "severity") if asked.get(name)}
        if "assignee" in asked:
            changes["assignee"] = _one_called(asked["assignee"]) if asked["assignee"] else None
        if "due_at" in asked:
            changes["due_at"] = _due(found, asked["due_at"])
        return issue_changes.change_issue(request.user, found, changes)

    return _acted(request, uid, rule, "Changed.")


def _due(found: Issue, text: str) -> datetime | None:
    """A field of the page knows no time zone: it means the organization's."""
    if not text:
        return None
    try:
        due_at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("due_invalid", "Say day and time.", path="due_at") from None
    due_at = due_at if due_at.tzinfo else due_at.replace(tzinfo=_zone(found))
    if found.due_at is not None and due_at == found.due_at.replace(second=0, microsecond=0):
        return found.due_at
    return due_at


@require_POST
def duplicate(request: PersonRequest, uid: str) -> HttpResponse:
    number = request.POST.get("number", "")

    def rule(found: Issue) -> Issue:
        if not number.isdecimal() or len(number) > 9:
            raise InvalidInput("unknown_issue", "Say the number of the issue that answers this one too.")
        return issue_duplicates.mark_duplicate(request.user, found, int(number))

    return _acted(request, uid, rule, f"A duplicate of issue {number[:9]}. Whoever opened it reads the answers there.")


@require_POST
def edit_comment(request: PersonRequest, uid: str) -> HttpResponse:
    said = issue_access.comment_of(request.user, uid)
    issue_words.require_own(request.user, said)
    return act(
        request,
        lambda: issue_words.edit_comment(request.user, said, request.POST.get("text", ""), mentions_in(request)),
        "Changed. What it said before stays beside it.",
        then=reverse("admin:issue", args=[said.issue.uid]),
    )


@require_POST
def withdraw_comment(request: PersonRequest, uid: str) -> HttpResponse:
    said = issue_access.comment_of(request.user, uid)
    issue_words.require_own(request.user, said)
    return act(
        request,
        lambda: issue_words.withdraw_comment(request.user, said),
        "Withdrawn. That there was a comment stays.",
        then=reverse("admin:issue", args=[said.issue.uid]),
    )


add_page("issues/<uuid:uid>/", issue, "issue")
add_page("issues/<uuid:uid>/comment/", comment, "issue-comment")
add_page("issues/<uuid:uid>/resolve/", resolve, "issue-resolve")
add_page("issues/<uuid:uid>/reopen/", reopen, "issue-reopen")
add_page("issues/<uuid:uid>/change/", change, "issue-change")
add_page("issues/<uuid:uid>/duplicate/", duplicate, "issue-duplicate")
add_page("comments/<uuid:uid>/edit/", edit_comment, "issue-comment-edit")
add_page("comments/<uuid:uid>/withdraw/", withdraw_comment, "issue-comment-withdraw")
