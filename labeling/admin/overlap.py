"""How many people label a row: the settings in force of a project or a batch, and what a change of them does."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling import overlap, projects_list
from labeling.admin.project_tabs import project_for, show_in_project
from labeling.models import Batch, Project
from labeling.models.projects import MOST_EXTRA
from workforce.admin.pages import REFUSED_FORM, PersonRequest, note_refusal
from workforce.admin.site import add_page
from workforce.errors import Refusal
from workforce.roles import Permission

MOST_BATCHES = 50
STEP = forms.NumberInput(attrs={"step": "0.01"})


class OverlapForm(forms.Form):
    consensus_share = forms.IntegerField(label="Rows labeled by several, %", min_value=0, max_value=100)
    consensus_labels = forms.IntegerField(label="People on such a row", min_value=2, max_value=50)
    consensus_threshold = forms.FloatField(
        label="Sure from, 0 to 1",
        min_value=0,
        max_value=1,
        widget=STEP,
        help_text="Posterior of answers, agreement of shapes.",
    )
    consensus_most_extra = forms.IntegerField(
        label="More opinions while unsure, at most",
        min_value=0,
        max_value=MOST_EXTRA,
        help_text="Asked one at a time. 0: never.",
    )
    consensus_extra_hours = forms.FloatField(
        label="Hours for these, at most",
        min_value=0,
        required=False,
        widget=STEP,
        help_text="Empty: no limit but the one above.",
    )
    consensus_strategy = forms.ChoiceField(label="Winner", choices=Project.Strategy.choices)
    consensus_machine_weight = forms.FloatField(
        label="Weight of a machine's opinion",
        min_value=0,
        max_value=1,
        widget=STEP,
        help_text="A person's is 1; 0: it does not count.",
    )


class BatchOverlapForm(OverlapForm):
    """Empty means: as the project."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False
        choices = [("", "as the project"), *Project.Strategy.choices]
        self.fields["consensus_strategy"].choices = choices  # type: ignore[attr-defined]  # a choice field


@require_http_methods(["GET", "HEAD", "POST"])
def consensus(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    batch = projects_list.batch_named(project, request.GET.get("batch", ""))
    thing: Project | Batch = batch or project
    now = {name: getattr(thing, name) for name in overlap.FIELDS}
    form = (BatchOverlapForm if batch else OverlapForm)(request.POST or None, initial=now)
    change, here = None, _address(project, batch)
    if request.method == "POST" and form.is_valid():
        # An empty choice is "" and everything else that is empty None already.
        changes = {
            name: None if form.cleaned_data[name] == "" else form.cleaned_data[name] for name in form.changed_data
        }
        try:
            if "apply" in request.POST:
                done = overlap.change_overlap(
                    request.user, project, changes, batch=batch, version=_version(request.POST.get("version", ""))
                )
                messages.success(request, _said(done))
                return redirect(here)
            change = overlap.preview_overlap(request.user, project, changes, batch=batch)
        except Refusal as refusal:
            note_refusal(form, refusal)
    return show_in_project(
        request,
        project,
        "labeling/admin/project_consensus.html",
        page="project-settings",
        title="How many people label a row",
        crumbs=[
            (project.name, reverse("admin:project", args=[uid])),
            ("Settings", reverse("admin:project-settings", args=[uid])),
        ],
        form=form,
        change=change,
        hours=change.measured.hours_of(change.opinions) if change else None,
        hours_of_extra=change.measured.hours_of(change.extra) if change else None,
        batch=batch,
        in_force=overlap.overlap_of(project, batch),
        strategies=dict(Project.Strategy.choices),
        batches=projects_list.batches_of(project).order_by("-pk")[:MOST_BATCHES],
        own={one.pk for one in overlap.batches_with_own(project)},
        here=here,
        status=REFUSED_FORM if form.errors else 200,
    )


def _address(project: Project, batch: Batch | None) -> str:
    address = reverse("admin:project-consensus", args=[project.uid])
    return f"{address}?batch={batch.uid}" if batch else address


def _version(sent: str) -> int | None:
    return int(sent) if sent.isdecimal() and len(sent) < 10 else None


def _said(done: overlap.Change) -> str:
    said = f"Changed. {done.more:,} more opinions are asked for, {done.fewer:,} queued ones are cancelled."
    if done.kept_in_hand:
        said += f" {done.kept_in_hand:,} more than wanted stay with who has them in hand."
    return said + " Rows that are finished stay as they are."


add_page("projects/<uuid:uid>/consensus/", consensus, "project-consensus")
