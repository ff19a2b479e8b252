"""The tab "Data and batches": what came in when, with which priority and due time, and the act that puts rows in."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling import batches as batch_rules
from labeling import projects_list
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.models import Batch, DataRow, Dataset, Project
from workforce import access
from workforce.admin import paging
from workforce.admin.pages import REFUSED_FORM, PersonRequest, act, end_of_day, note_refusal
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


class BatchForm(forms.Form):
    priority = forms.TypedChoiceField(choices=PRIORITIES, coerce=int)
    due_on = forms.DateField(label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"}))


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


@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: PersonRequest, uid: str) -> HttpResponse:
    """Its place in the queue: priority and due day."""
    needs = Permission.CHANGE_PROJECT if request.method == "POST" else Permission.VIEW_QUEUE
    found = access.access(request.user, Batch.objects.select_related("project__organization"), uid, needs)
    project, zone = found.project, ZoneInfo(found.project.organization.time_zone)
    # Due is the end of a day: a moment before it names the day.
    due_on = found.due_at and (found.due_at - timedelta(microseconds=1)).astimezone(zone).date()
    form = BatchForm(request.POST or None, initial={"priority": found.priority, "due_on": due_on})
    if request.method == "POST" and form.is_valid():
        due_at = end_of_day(form.cleaned_data["due_on"], project.organization)
        return act(
            request,
            lambda: batch_rules.change_batch(
                request.user, found, priority=form.cleaned_data["priority"], due_at=due_at
            ),
            f"{found.name} has its new place in the queue. Rows in hand stay with who has them.",
            then=reverse(f"admin:{TAB}", args=[project.uid]),
        )
    return show_in_project(
        request,
        project,
        "labeling/admin/batch.html",
        page=TAB,
        title=found.name,
        crumbs=[(project.name, reverse("admin:project", args=[project.uid]))],
        batch=found,
        form=form,
        status=REFUSED_FORM if form.errors else 200,
    )


add_page("projects/<uuid:uid>/data/", data, TAB)
add_page("batches/<uuid:uid>/", batch, "batch")
add_tab(30, "Data and batches", TAB)
