"""My issues: questions that wait for one's answer, one's own, and the drafts that were kept."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import kept_drafts
from quality import issue_access, issue_choices, issue_duplicates, issue_moves, issue_words, issues
from quality.models import Issue
from workforce import access
from workforce.admin.pages import act
from workforce.errors import InvalidInput
from workforce.idempotency import once
from workforce.models import Person
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission

CLOSED = (Issue.State.RESOLVED, Issue.State.DUPLICATE)


@require_safe
@signed_in
def my_issues(request: PersonRequest) -> HttpResponse:
    own, waiting = list(issues.issues_of_own(request.user)), list(issues.issues_to_answer(request.user))
    may = issues.acts_open_to(request.user, [*own, *waiting])
    threads = threads_of(request.user, [*waiting, *own])
    shown = {
        "issues": threads[len(waiting) :],
        "waiting": threads[: len(waiting)],
        "may_say": may["comment"],
        "may_resolve": may["resolve"],
        "projects": issue_choices.projects_of(request.user),
        "key": uuid.uuid4(),
        "drafts": kept_drafts.kept_drafts(request.user),
        "draft_count": kept_drafts.drafts_of(request.user).count(),
    }
    return render(request, "quality/my_issues.html", shown)


def threads_of(person: Person, some: Sequence[Issue]) -> list[dict[str, Any]]:
    """Each issue with what was said in it, as ``person`` may read it, and with the answers of the one it repeats."""
    roots = issue_duplicates.roots_of(person, some)
    answers = {pk: root.answers for pk, root in roots.items()}
    threads = [(issue, [*issue.comments.all(), *answers.get(issue.pk, ())]) for issue in some]
    unnamed = issue_moves.unnamed_in(person, threads)
    return [
        {
            "issue": issue,
            "said": [
                {**issues.comment_facts(said, unnamed), "at": said.made_at, "is_own": said.author_id == person.pk}
                for said in issue.comments.all()
            ],
            "root": roots.get(issue.pk),
            "answers": [
                {**issues.comment_facts(said, unnamed), "at": said.made_at} for said in answers.get(issue.pk, ())
            ],
            "is_closed": issue.state in CLOSED,
        }
        for issue in some
    ]


@require_POST
@signed_in
def say(request: PersonRequest, uid: str) -> HttpResponse:
    """One more word in a thread. The form carries a key of its own, so that a second click says nothing twice."""
    thread, text = issues.thread_of(request.user, uid), request.POST.get("text", "")
    try:
        once(
            request.user,
            request.POST.get("key", ""),
            {"issue": str(thread.uid), "text": text},
            lambda: {"comment": str(issues.comment(request.user, thread, text).uid)},
        )
    except InvalidInput as refusal:
        messages.error(request, f"{refusal.message} Nothing was said.")
    else:
        messages.success(request, f"Said in issue {thread.number}.")
    return redirect(_back(request, thread))


@require_POST
@signed_in
def move(request: PersonRequest, uid: str) -> HttpResponse:
    """Resolve it, or open it again."""
    thread = issues.thread_of(request.user, uid)
    access.require(request.user, Permission.RESOLVE_ISSUE, thread)
    rule = issues.reopen_issue if thread.state in CLOSED else issues.resolve_issue
    said = "open again" if thread.state in CLOSED else "solved"
    return act(
        request,
        lambda: rule(request.user, thread),
        f"Issue {thread.number} is {said}.",
        then=_back(request, thread),
    )


def _back(request: PersonRequest, thread: Issue) -> str:
    """To the page that the form stood on, which it says by a word and never by an address."""
    if request.POST.get("back") == "list":
        return f"{reverse('issues', args=[thread.project.uid])}?view=all#thread-{thread.number}"
    return reverse("my-issues")


@require_POST
@signed_in
def change_comment(request: PersonRequest, uid: str) -> HttpResponse:
    """Say one's own words anew, or withdraw them."""
    said = issue_access.comment_of(request.user, uid)
    issue_words.require_own(request.user, said)
    if request.POST.get("act") == "withdraw":
        words = "Withdrawn. That there was a comment stays."
        return act(request, lambda: issue_words.withdraw_comment(request.user, said), words, then=reverse("my-issues"))
    text = request.POST.get("text", "")
    words = "Changed. What it said before stays beside it."
    return act(request, lambda: issue_words.edit_comment(request.user, said, text), words, then=reverse("my-issues"))
