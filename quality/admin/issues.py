"""Issues: of all projects, of one project, and one with its thread."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import work_time
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Project
from quality import issues as rules
from quality.admin.issue_list import STATE_CHIPS, default_address, page_values, shown_list
from quality.admin.links import SOCKET, formula_link
from quality.models import Issue
from workforce import access
from workforce.admin import filters
from workforce.admin.pages import PersonRequest, act, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.idempotency import once
from workforce.roles import Permission


# --- Lists ------------------------------------------------------------------------------------------------------
@require_safe
def every_issue(request: PersonRequest) -> HttpResponse:
    """The issues of every project that the one who asks runs or audits."""
    projects = list(access.visible_to(request.user, Project.objects.order_by("name"), Permission.VIEW_QUEUE))
    wanted = [project for project in projects if str(project.uid) == request.GET.get("project")]
    found = rules.issues_visible_to(request.user).filter(project__in=wanted or projects)
    project_menu = filters.menu(request, "project", "Project", [(str(one.uid), one.name) for one in projects])
    return show(
        request,
        "quality/admin/issues.html",
        title="Issues",
        shown=shown_list(request, request.user, found, wanted[0] if wanted else None, [project_menu]),
        has_several_projects=len(projects) > 1 and not wanted,
        streams=" ".join(f"project:{project.uid}" for project in (wanted or projects)[:20]),
        socket=SOCKET,
        now=work_time.clock(),
    )


@require_safe
def project_issues(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.VIEW_ISSUE)
    first = default_address(request, request.user, project)
    if first:
        return redirect(first)
    found = rules.issues_of(request.user, project)
    return show_in_project(
        request,
        project,
        "quality/admin/project_issues.html",
        page="project-issues",
        streams=f"project:{project.uid}",
        formula=formula_link("first-answer"),
        **page_values(request, request.user, found, project, by_groups=True),
    )


# --- One issue --------------------------------------------------------------------------------------------------
@require_safe
def issue(request: PersonRequest, uid: str) -> HttpResponse:
    found = rules.thread_of(request.user, uid)
    may = rules.acts_open_to(request.user, [found])
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
        comments=list(found.comments.all()),
        may_comment=found.pk in may["comment"],
        may_resolve=found.pk in may["resolve"],
        streams=rules.stream_of_issue(found.uid),
        socket=SOCKET,
        key=uuid.uuid4(),
        now=work_time.clock(),
    )


@require_POST
def comment(request: PersonRequest, uid: str) -> HttpResponse:
    found = rules.thread_of(request.user, uid)
    return act(
        request,
        lambda: _say(request, found),
        "Said. Whoever opened the issue sees it at once.",
        then=reverse("admin:issue", args=[uid]),
    )


def _say(request: PersonRequest, issue: Issue) -> None:
    """The form carries a key of its own, so that a second click says nothing twice."""
    text = request.POST.get("text", "")
    once(
        request.user,
        request.POST.get("key", ""),
        {"issue": str(issue.uid), "text": text},
        lambda: {"comment": str(rules.comment(request.user, issue, text).uid)},
    )


@require_POST
def resolve(request: PersonRequest, uid: str) -> HttpResponse:
    found = rules.thread_of(request.user, uid)
    return act(
        request,
        lambda: rules.resolve_issue(request.user, found),
        "Resolved. A new comment of its opener opens it again.",
        then=reverse("admin:issue", args=[uid]),
    )


@require_POST
def reopen(request: PersonRequest, uid: str) -> HttpResponse:
    found = rules.thread_of(request.user, uid)
    return act(
        request,
        lambda: rules.reopen_issue(request.user, found),
        "Open again.",
        then=reverse("admin:issue", args=[uid]),
    )


def sees_issues(request: HttpRequest) -> bool:
    """Everyone who enters the admin runs a project or an organization."""
    return True


add_page("issues/", every_issue, "issues")
add_page("projects/<uuid:uid>/issues/", project_issues, "project-issues")
add_page("issues/<uuid:uid>/", issue, "issue")
add_page("issues/<uuid:uid>/comment/", comment, "issue-comment")
add_page("issues/<uuid:uid>/resolve/", resolve, "issue-resolve")
add_page("issues/<uuid:uid>/reopen/", reopen, "issue-reopen")
add_tab(70, "Issues", "project-issues", Permission.VIEW_ISSUE)
add_entry(Entry("Line", "Issues", "comment", "admin:issues", sees_issues, order=40))
