"""The practice of a project: its rows with how people answered them, the people, and one more row from a label."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling import guidelines
from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Project
from quality import practice, practice_figures
from quality.models import PracticeRow
from workforce.admin import paging
from workforce.admin.pages import PersonRequest, act
from workforce.admin.site import add_page
from workforce.roles import Permission

PAGE, TAB = "project-practice", "project-skills"
MADE = "People practise on this row from now on."


@require_http_methods(["GET", "HEAD", "POST"])
def tab(request: PersonRequest, uid: str) -> HttpResponse:
    is_post = request.method == "POST"
    project = project_for(request, uid, Permission.MAKE_BENCHMARK if is_post else Permission.VIEW_BENCHMARK)
    if is_post:
        return act(request, lambda: _make(request, project), MADE, then=reverse(f"admin:{PAGE}", args=[uid]))
    page = paging.page_of(request, practice.practice_rows_visible_to(request.user, project))
    figures = practice_figures.figures_of_rows(page.rows)
    nothing = practice_figures.RowFigures()
    return show_in_project(
        request,
        project,
        "quality/admin/project_practice.html",
        page=TAB,
        rows_page=page,
        rows=[(row, figures.get(row.pk, nothing)) for row in page.rows],
        people=practice_figures.figures_of_people(request.user, project),
        count=practice.count_of(project),
        rules=guidelines.rule_choices(guidelines.newest_version(project)),
    )


def _make(request: PersonRequest, project: Project) -> PracticeRow:
    """From a label that the form names, or from the one that stands for a row of the project."""
    form = request.POST
    if form.get("label"):
        label = practice.label_named(request.user, project, form["label"])
    else:
        label = practice.label_standing_for(request.user, project, form.get("external_id", ""))
    explanation, rules = form.get("explanation", ""), form.getlist("rules")
    return practice.make_practice_row_from(request.user, label, explanation=explanation, rules=rules)


@require_POST
def retire(request: PersonRequest, uid: str) -> HttpResponse:
    row = practice.practice_row_to_keep(request.user, uid)
    then = reverse(f"admin:{PAGE}", args=[row.project.uid])
    said = "Nobody gets this row any more, and its results count no more."
    return act(request, lambda: practice.retire_practice_row(request.user, row), said, then=then)


add_page("projects/<uuid:uid>/practice/", tab, PAGE)
add_page("practice-rows/<uuid:uid>/retire/", retire, "practice-retire")
