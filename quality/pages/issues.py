"""My issues: questions that wait for one's answer, one's own, and the drafts that were kept."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from labeling import kept_drafts
from quality import issues
from workforce.errors import InvalidInput
from workforce.idempotency import once
from workforce.pages.signed_in import PersonRequest, signed_in


@require_safe
@signed_in
def my_issues(request: PersonRequest) -> HttpResponse:
    own, waiting = list(issues.issues_of_own(request.user)), list(issues.issues_to_answer(request.user))
    shown = {
        "issues": own,
        "waiting": waiting,
        "unnamed": issues.unnamed_to(request.user, [*own, *waiting]),
        "may_say": issues.acts_open_to(request.user, [*own, *waiting])["comment"],
        "key": uuid.uuid4(),
        "drafts": kept_drafts.kept_drafts(request.user),
        "draft_count": kept_drafts.drafts_of(request.user).count(),
    }
    return render(request, "quality/my_issues.html", shown)


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
    return redirect("my-issues")
