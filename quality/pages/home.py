"""Home, and the list of own issues."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from labeling import kept_drafts
from quality import home as rules
from quality import issues
from workforce import access
from workforce.pages.signed_in import PersonRequest, signed_in


@require_safe
@signed_in
def home(request: PersonRequest) -> HttpResponse:
    shown = rules.home_of(request.user)
    if not shown.waits and access.enters_admin(request.user):
        return redirect("admin:index")
    return render(request, "quality/home.html", {"home": shown, "shown_from": rules.SHOWN_FROM})


@require_safe
@signed_in
def my_issues(request: PersonRequest) -> HttpResponse:
    drafts = kept_drafts.kept_drafts(request.user)
    count = kept_drafts.drafts_of(request.user).count()
    shown = {"issues": issues.issues_of_own(request.user), "drafts": drafts, "draft_count": count}
    return render(request, "quality/my_issues.html", shown)
