"""Appeals of a project: who was right how often, the list, and the settings. A part of the tab "Quality"."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Project
from quality import appeal_figures, appeal_policy, appeals
from quality.admin.links import formula_link
from quality.admin.project_quality import lists_of
from quality.api.appeals import appeal_documents
from quality.appeal_policy import Policy
from quality.models import Appeal
from quality.pages.appeals import CHIPS
from workforce.admin import filters, paging
from workforce.admin.pages import REFUSED_FORM, PersonRequest, note_refusal
from workforce.admin.site import add_page
from workforce.errors import Refusal
from workforce.roles import Permission

PAGE, TAB = "project-appeals", "project-quality"


class PolicyForm(forms.Form):
    most_open = forms.IntegerField(
        label="Open appeals of one person",
        min_value=0,
        max_value=appeal_policy.MOST_OPEN,
        help_text="0: nobody appeals in this project.",
    )
    expert_hours = forms.IntegerField(
        label="Hours for experts alone",
        min_value=0,
        max_value=appeal_policy.LONGEST_HOURS,
        help_text="Then other reviewers get an appeal too.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: PersonRequest, uid: str) -> HttpResponse:
    needs = Permission.CHANGE_PROJECT if request.method == "POST" else Permission.VIEW_CONSENSUS
    project = project_for(request, uid, needs)
    form = PolicyForm(request.POST or None, initial=vars(appeal_policy.policy_of(project)))
    if request.method == "POST" and form.is_valid():
        try:
            appeal_policy.change_policy(request.user, project, Policy(**form.cleaned_data))
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, "Saved. It holds for appeals from now on.")
            return redirect(f"admin:{PAGE}", uid)
    return show_in_project(
        request,
        project,
        "quality/admin/project_appeals.html",
        page=TAB,
        form=form,
        lists=lists_of(project, "appeals"),
        rates=appeal_figures.rates_of(request.user, project),
        formula=formula_link("appeals"),
        status=REFUSED_FORM if form.errors else 200,
        **_list(request, project),
    )


def _list(request: PersonRequest, project: Project) -> dict[str, Any]:
    state = request.GET.get("state", "")
    wanted = state if state in Appeal.State.values else ""
    found = paging.page_of(request, appeals.appeals_of(request.user, project, state=wanted))
    menus = [
        filters.menu(request, "state", "State", [(code, text.capitalize()) for code, text in Appeal.State.choices])
    ]
    documents = appeal_documents(request.user, found.rows)
    return {
        "appeals_page": found,
        "menus": menus,
        "clear_all": filters.clear_all_link(request, menus),
        "lines": [
            (document, CHIPS[Appeal.State(appeal.state)], appeal.get_state_display())
            for document, appeal in zip(documents, found.rows, strict=True)
        ],
    }


add_page("projects/<uuid:uid>/appeals/", page, PAGE)
