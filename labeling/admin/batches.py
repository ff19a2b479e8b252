"""The tab "Data and batches": what came in when, with which priority and due time, and the act that puts rows in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from labeling import batches as batch_rules
from labeling import projects_list
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Batch, DataRow, Dataset, Project
from workforce import access
from workforce.admin import paging
from workforce.admin.pages import REFUSED_FORM, PersonRequest, end_of_day, note_refusal
from workforce.admin.site import add_page
from workforce.errors import Refusal
from workforce.roles import Permission

TAB = "project-data"
PRIORITIES = [(1, "1, first"), (2, "2"), (3, "3, usual"), (4, "4"), (5, "5, last")]


class NewBatchForm(forms.Form):
    name = forms.CharField(max_length=150)
    dataset = forms.ChoiceField(help_text="All rows of it that are not in this project yet.")
    priority = forms.TypedChoiceField(choices=PRIORITIES, coerce=int, initial=3)
    due_on = forms.DateField(label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: QueryDict | None, datasets: list[Dataset]) -> None:
        super().__init__(data)
        choices = [(str(dataset.uid), dataset.name) for dataset in datasets]
        self.fields["dataset"].choices = choices  # type: ignore[attr-defined]  # a choice field


@require_http_methods(["GET", "HEAD", "POST"])
def data(request: PersonRequest, uid: str) -> HttpResponse:
    needs = Permission.CHANGE_PROJECT if request.method == "POST" else Permission.VIEW_QUEUE
    project = project_for(request, uid, needs)
    datasets = list(
        access.visible_to(
            request.user,
            Dataset.objects.filter(organization=project.organization_id).order_by("name"),
            Permission.VIEW_DATASET,
        )
    )
    form = NewBatchForm(request.POST or None, datasets)
    if request.method == "POST" and form.is_valid():
        try:
            batch = _create(request, project, datasets, form.cleaned_data)
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            _say(request, project, batch)
            return redirect(f"admin:{TAB}", uid)
    return show_in_project(
        request,
        project,
        "labeling/admin/project_data.html",
        page=TAB,
        batches=paging.page_of(request, projects_list.batches_of(project)),
        counted_rows=projects_list.COUNTED_ROWS,
        form=form,
        has_datasets=bool(datasets),
        status=REFUSED_FORM if form.errors else 200,
    )


def _create(request: PersonRequest, project: Project, datasets: list[Dataset], values: dict[str, Any]) -> Batch:
    dataset = next(dataset for dataset in datasets if str(dataset.uid) == values["dataset"])
    rows = access.visible_to(request.user, DataRow.objects.filter(dataset=dataset), Permission.VIEW_DATASET)
    return batch_rules.create_batch(
        request.user,
        project,
        rows,
        name=values["name"],
        priority=values["priority"],
        due_at=end_of_day(values["due_on"], project.organization),
    )


def _say(request: PersonRequest, project: Project, batch: Batch) -> None:
    count = projects_list.batches_of(project).get(pk=batch.pk).row_count
    if not count:
        messages.warning(request, f"{batch.name} is there without a row: every row of that dataset is here already.")
    elif count > projects_list.COUNTED_ROWS:
        messages.success(request, f"{batch.name} is in with more than {projects_list.COUNTED_ROWS:,} rows.")
    else:
        messages.success(request, f"{batch.name} is in with {count:,} rows.")


add_page("projects/<uuid:uid>/data/", data, TAB)
add_tab(30, "Data and batches", TAB)
