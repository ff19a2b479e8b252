"""Issues as lists: of all projects and of one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from labeling import work_time
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Project
from quality import issues as rules
from quality.admin.issue_list import default_address, page_values, shown_list
from quality.admin.links import SOCKET, formula_link
from workforce import access
from workforce.admin import filters
from workforce.admin.pages import PersonRequest, show
from workforce.admin.site import Entry, add_entry, add_page
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


def sees_issues(request: HttpRequest) -> bool:
    """Everyone who enters the admin runs a project or an organization."""
    return True


add_page("issues/", every_issue, "issues")
add_page("projects/<uuid:uid>/issues/", project_issues, "project-issues")
add_tab(70, "Issues", "project-issues", Permission.VIEW_ISSUE)
add_entry(Entry("Line", "Issues", "comment", "admin:issues", sees_issues, order=40))
