"""What issues of a project are about: a segment of its issues, with the whole list and every change of it."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from labeling.admin.project_tabs import project_for, show_in_project
from quality import issue_categories
from workforce import access
from workforce.admin.pages import PersonRequest, act
from workforce.admin.site import add_page
from workforce.errors import InvalidInput
from workforce.roles import Permission


@require_safe
def categories(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.VIEW_ISSUE)
    found = list(issue_categories.categories_of(project))
    return show_in_project(
        request,
        project,
        "quality/admin/issue_categories.html",
        page="project-issues",
        offered=[one for one in found if not one.is_retired],
        retired=[one for one in found if one.is_retired],
        may_change=bool(access.can(request.user, Permission.CHANGE_PROJECT, project)),
    )


@require_POST
def add(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    name, description = request.POST.get("name", ""), request.POST.get("description", "")
    return act(
        request,
        lambda: issue_categories.add_category(request.user, project, name=name, description=description),
        "Added. It is offered from now on.",
        then=reverse("admin:project-issue-categories", args=[uid]),
    )


@require_POST
def change(request: PersonRequest, uid: str) -> HttpResponse:
    found = issue_categories.category_to_change(request.user, uid)
    asked = request.POST
    changes: dict[str, object] = {name: asked[name] for name in ("name", "description") if name in asked}
    if "is_retired" in asked:
        changes["is_retired"] = asked["is_retired"] == "yes"

    def rule() -> object:
        if "order" in asked:
            if not asked["order"].isdecimal() or int(asked["order"]) > issue_categories.MOST:
                raise InvalidInput("order_invalid", f"A place is a number from 0 to {issue_categories.MOST}.")
            changes["order"] = int(asked["order"])
        return issue_categories.change_category(request.user, found, **changes)

    there = reverse("admin:project-issue-categories", args=[found.project.uid])
    return act(request, rule, "Changed.", then=there)


add_page("projects/<uuid:uid>/issue-categories/", categories, "project-issue-categories")
add_page("projects/<uuid:uid>/issue-categories/add/", add, "project-issue-category-add")
add_page("issue-categories/<uuid:uid>/change/", change, "issue-category-change")
