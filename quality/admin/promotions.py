"""An issue becomes a rule of the guidelines: the form, filled with what was asked and answered."""

import uuid

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling import guidelines
from quality import issues, promotions
from quality.models import Issue
from workforce.admin.pages import PersonRequest, act, show
from workforce.admin.site import add_page
from workforce.errors import InvalidInput
from workforce.idempotency import once


@require_http_methods(["GET", "HEAD", "POST"])
def promote(request: PersonRequest, uid: str) -> HttpResponse:
    issue = issues.thread_of(request.user, uid)
    draft = promotions.draft_of(request.user, issue)
    if request.method == "POST":
        return act(
            request,
            lambda: _promote(request, issue),
            "It is a rule now. Everybody who works in the project is told and reads it before the next row.",
            then=reverse("admin:issue", args=[uid]),
        )
    promotions.refuse_promoted(issue)
    return show(
        request,
        "quality/admin/promote.html",
        title="Make it a rule",
        crumbs=[
            (issue.project.name, reverse("admin:project-issues", args=[issue.project.uid])),
            (f"Issue {issue.number}", reverse("admin:issue", args=[issue.uid])),
        ],
        issue=issue,
        comments=[one for one in issue.comments.all() if one.withdrawn_at is None],
        draft=draft,
        newest=guidelines.newest_version(issue.project),
        key=uuid.uuid4(),
    )


def _promote(request: PersonRequest, issue: Issue) -> None:
    after = request.POST.get("after", "")
    if not after.isdecimal() or len(after) > 9:
        raise InvalidInput("version_invalid", "Which version was looked at is not said.")
    said = {"title": request.POST.get("title", ""), "text": request.POST.get("text", "")}
    once(
        request.user,
        request.POST.get("key", ""),
        {"issue": str(issue.uid), "after": after, **said},
        lambda: {"rule": str(promotions.promote(request.user, issue, **said, after=int(after)).rule)},
    )


add_page("issues/<uuid:uid>/promote/", promote, "issue-promote")
