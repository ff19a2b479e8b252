"""Issues: of all projects, of one project, and one with its thread."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling import work_time
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Project
from quality import issues as rules
from quality.admin.links import SOCKET
from quality.models import Issue
from workforce import access
from workforce.admin import filters, paging
from workforce.admin.pages import PersonRequest, act, show
from workforce.admin.site import Entry, add_entry, add_page
from workforce.idempotency import once
from workforce.roles import Permission

STATE_CHIPS = {
    Issue.State.OPEN: ("warn", "help"),
    Issue.State.ANSWERED: ("accent", "comment"),
    Issue.State.RESOLVED: ("ok", "check"),
    Issue.State.REOPENED: ("warn", "help"),
    Issue.State.DUPLICATE: ("ok", "check"),
}


# --- Lists ------------------------------------------------------------------------------------------------------
@require_safe
def every_issue(request: PersonRequest) -> HttpResponse:
    """The issues of every project that the one who asks runs or audits."""
    projects = list(access.visible_to(request.user, Project.objects.order_by("name"), Permission.VIEW_QUEUE))
    wanted = [project for project in projects if str(project.uid) == request.GET.get("project")]
    found = rules.issues_visible_to(request.user).filter(project__in=wanted or projects)
    project_menu = filters.menu(request, "project", "Project", [(str(one.uid), one.name) for one in projects])
    values = _list_values(request, found, [project_menu])
    return show(
        request,
        "quality/admin/issues.html",
        title="Issues",
        has_several_projects=len(projects) > 1 and not wanted,
        streams=" ".join(f"project:{project.uid}" for project in (wanted or projects)[:20]),
        **values,
    )


@require_safe
def project_issues(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.VIEW_ISSUE)
    found = rules.issues_of(request.user, project)
    return show_in_project(
        request,
        project,
        "quality/admin/project_issues.html",
        page="project-issues",
        streams=f"project:{project.uid}",
        **_list_values(request, found, []),
    )


def _list_values(request: PersonRequest, found: QuerySet[Issue], menus: Iterable[filters.Menu]) -> dict[str, Any]:
    state, category = request.GET.get("state", ""), request.GET.get("category", "")
    category_menu = filters.menu(request, "category", "Category", _categories(found))
    if state in Issue.State.values:
        found = found.filter(state=state)
    if category:
        found = found.filter(category__code=category)
    all_menus = [
        *menus,
        filters.menu(request, "state", "State", [(code, text.capitalize()) for code, text in Issue.State.choices]),
        category_menu,
    ]
    page = paging.page_of(request, found)
    return {
        "issues_page": page,
        "lines": [(issue, STATE_CHIPS[Issue.State(issue.state)], _question(issue)) for issue in page.rows],
        "menus": all_menus,
        "clear_all": filters.clear_all_link(request, all_menus),
        "socket": SOCKET,
        "now": work_time.clock(),
    }


def _categories(found: QuerySet[Issue]) -> list[tuple[str, str]]:
    """What these issues are about; projects may call the same code differently."""
    named = found.order_by("category__code").values_list("category__code", "category__name").distinct()
    return list(dict(named).items())


def _question(issue: Issue) -> str:
    """The first words said; the comments came with the list."""
    return next((said.text for said in issue.comments.all()), "")


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
