"""A project's issues for everybody who works in it, and the acts on lists that this page and the admin share."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling.models import Project
from quality import issue_bulk, issue_choices, issue_filters, issue_views, issues
from quality.admin.issue_list import default_address, page_values, project_choice
from quality.models import IssueView
from quality.pages.issues import threads_of
from workforce import access
from workforce.admin.pages import act
from workforce.errors import InvalidInput
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission

MOST_FIELDS = 30


@require_safe
@signed_in
def project_issues(request: PersonRequest, uid: str) -> HttpResponse:
    """What the reader may read of a project's issues; labelers find their own."""
    project = _project(request, uid, Permission.VIEW_PROJECT)
    first = default_address(request, request.user, project)
    if first:
        return redirect(first)
    found = issues.issues_of(request.user, project)
    values = page_values(request, request.user, found, project, by_groups=False)
    choice = project_choice(issue_choices.projects_of(request.user), project, "issues")
    values["threads"] = threads_of(request.user, values["shown"].page.rows)
    return render(request, "quality/issues.html", {"project": project, "choice": choice, **values})


@require_POST
@signed_in
def save_view(request: PersonRequest, uid: str) -> HttpResponse:
    project = _project(request, uid, Permission.VIEW_PROJECT)

    def rule() -> IssueView:
        is_shared = request.POST.get("shared") == "yes"
        name = request.POST.get("name", "")
        view = issue_views.save_view(
            request.user, project, name=name, filters=_filters_in(request), is_shared=is_shared
        )
        if request.POST.get("default") == "yes":
            issue_views.open_with(request.user, project, view)
        return view

    return act(request, rule, "The view “{0.name}” is kept.".format, then=_back(request, project))


@require_POST
@signed_in
def act_on_view(request: PersonRequest, uid: str) -> HttpResponse:
    """Rename it, keep other filters in it, share it or not, open with it or not, remove it."""
    view = issue_views.view_by_uid(request.user, str(uid))
    person, wanted = request.user, request.POST.get("act", "")
    if wanted not in ("default", "no-default"):
        issue_views.require_may_change(person, view)
    acts: dict[str, tuple[Any, str]] = {
        "rename": (lambda: issue_views.change_view(person, view, name=request.POST.get("name", "")), "Renamed."),
        "keep": (lambda: issue_views.change_view(person, view, filters=_filters_in(request)), "It has these filters."),
        "share": (lambda: issue_views.change_view(person, view, is_shared=True), "Everybody on the project has it."),
        "own": (lambda: issue_views.change_view(person, view, is_shared=False), "It is its maker's alone."),
        "default": (lambda: issue_views.open_with(person, view.project, view), "Your list opens with it."),
        "no-default": (lambda: issue_views.open_with(person, view.project, None), "Your list opens with all issues."),
        "remove": (lambda: issue_views.remove_view(person, view), f"The view “{view.name}” is gone."),
    }
    rule, said = acts.get(wanted, (_unknown_act, ""))
    return act(request, rule, said, then=_back(request, view.project))


@require_POST
@signed_in
def bulk(request: PersonRequest, uid: str) -> HttpResponse:
    """One act on the chosen issues; what is refused says why and stops no other."""
    project = _project(request, uid, Permission.VIEW_PROJECT)
    issue_bulk.require_may_act(request.user, project)
    wanted, chosen = request.POST.get("act", ""), request.POST.getlist("issue")
    return act(
        request,
        lambda: issue_bulk.act_on_issues(request.user, project, chosen, act=wanted, value=request.POST.get(wanted, "")),
        lambda outcome: outcome.in_words(one="issue changed", many="issues changed"),
        then=_back(request, project),
    )


def _project(request: PersonRequest, uid: str, needs: Permission) -> Project:
    return access.access(request.user, Project.objects.select_related("organization"), uid, needs)


def _filters_in(request: HttpRequest) -> dict[str, str]:
    """The filters that the form repeats from the address."""
    try:
        return dict(parse_qsl(request.POST.get("filters", ""), max_num_fields=MOST_FIELDS))
    except ValueError:
        raise InvalidInput("filter_invalid", "Those are too many filters.") from None


def _back(request: HttpRequest, project: Project) -> str:
    """To the list that the form stood on, with its filters; which of the two it says by a word, never by an address."""
    name = "admin:project-issues" if request.POST.get("back") == "admin" else "issues"
    query = urlencode({**issue_filters.fitting(_filters_in(request)), "view": "all"})
    return f"{reverse(name, args=[project.uid])}?{query}"


def _unknown_act() -> None:
    raise InvalidInput("unknown_act", "A view can be renamed, kept, shared, opened with and removed.")
