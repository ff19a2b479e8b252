"""Projects: the list, a new one, the overview of one, its settings."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from labeling import project_access, projects_list
from labeling import projects as project_rules
from labeling.admin.project_tabs import add_tab, project_for, show_in_project
from labeling.admin.queue import hands_of
from labeling.models import Ontology, Project, ProjectRow
from labeling.projects import ProjectSettings
from workforce import access
from workforce.admin import paging
from workforce.admin.pages import (
    REFUSED_FORM,
    PersonRequest,
    chosen,
    note_refusal,
    organization_field,
    reader_of,
    show,
)
from workforce.admin.site import Entry, add_entry, add_page, add_search
from workforce.errors import NotAllowed, NotFound, Refusal
from workforce.models import Organization, Person
from workforce.roles import Permission

MOST_FOUND = 5
NEWEST_BATCHES = 5
# Stages in the order of the work, with the words of the pages.
STAGES = [
    (ProjectRow.State.WAITING, "Waiting"),
    (ProjectRow.State.IN_WORK, "In work"),
    (ProjectRow.State.IN_REVIEW, "In review"),
    (ProjectRow.State.IN_REWORK, "In rework"),
    (ProjectRow.State.DONE, "Done"),
    (ProjectRow.State.SET_ASIDE, "Set aside"),
]


class ReviewFields(forms.Form):
    """How much is reviewed."""

    review_share = forms.IntegerField(label="Rows reviewed, %", min_value=0, max_value=100, initial=100)
    review_of = forms.ChoiceField(label="Reviewed is", choices=Project.ReviewOf.choices)


class QualityFields(ReviewFields):
    """How many people label a row and how much is reviewed, to begin with."""

    consensus_share = forms.IntegerField(label="Rows with consensus, %", min_value=0, max_value=100, initial=0)
    consensus_labels = forms.IntegerField(label="Labels on such a row", min_value=2, max_value=50, initial=3)
    consensus_threshold = forms.FloatField(
        label="Consensus wanted, 0 to 1",
        min_value=0,
        max_value=1,
        initial=0.75,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    field_order: tuple[str, ...] = ("consensus_share", "consensus_labels", "consensus_threshold")


class NewProjectForm(QualityFields):
    name = forms.CharField(max_length=150)
    brief = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), help_text="What the data is for. Labelers read it before they start."
    )
    ontology = forms.ChoiceField()
    field_order = ("organization", "name", "ontology", "brief", *QualityFields.field_order)

    def __init__(self, data: QueryDict | None, places: list[Organization], ontologies: Iterable[Ontology]) -> None:
        super().__init__(data)
        self.fields["organization"] = organization_field(places)
        shown = [
            (one.uid, one.name if len(places) == 1 else f"{one.name} ({one.organization.name})") for one in ontologies
        ]
        self.fields["ontology"].choices = [(str(uid), name) for uid, name in shown]  # type: ignore[attr-defined]
        self.order_fields(self.field_order)


class SettingsForm(ReviewFields):
    """Who labels how much has a page of its own, which says what a change costs."""

    name = forms.CharField(max_length=150)
    brief = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), help_text="Labelers read it before they start.")
    state = forms.ChoiceField(
        choices=Project.State.choices, help_text="Paused: nobody gets a new row. Archived: closed."
    )
    lease_idle_minutes = forms.IntegerField(label="Idle limit, minutes", min_value=5, max_value=240)
    field_order = ("name", "state", "lease_idle_minutes", "brief")


@require_safe
def projects(request: PersonRequest) -> HttpResponse:
    page = paging.page_of(request, _projects_for(request), order=("name", "pk"))
    states, people = projects_list.rows_by_state_of(page.rows), projects_list.people_count_of(page.rows)
    return show(
        request,
        "labeling/admin/projects.html",
        title="Projects",
        page=page,
        lines=[(project, _flow(states[project.pk]), people[project.pk]) for project in page.rows],
        may_create=reader_of(request).holds(Permission.CREATE_PROJECT),
    )


def _projects_for(request: HttpRequest) -> Any:
    """The projects that the one who asks runs or audits; those where they only label are not the admin's."""
    return access.visible_to(request.user, Project.objects.select_related("organization"), Permission.VIEW_QUEUE)


def _flow(states: dict[str, int]) -> dict[str, Any]:
    """Rows by state as the pages show them: their total, the share done, and the stages in order."""
    total = sum(states.values())
    done = states[ProjectRow.State.DONE]
    moving = states[ProjectRow.State.IN_REVIEW] + states[ProjectRow.State.IN_REWORK]
    return {
        "total": total,
        "done": done,
        "left": total - done,
        "done_percent": round(100 * done / total, 1) if total else 0,
        "review_percent": round(100 * moving / total, 1) if total else 0,
        "stages": [(state, title, states[state]) for state, title in STAGES],
        **states,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def new_project(request: PersonRequest) -> HttpResponse:
    places = list(access.organizations_where(request.user, Permission.CREATE_PROJECT).order_by("name", "pk"))
    if not places:
        raise NotAllowed(needs=str(Permission.CREATE_PROJECT))
    ontologies = list(
        access.visible_to(
            request.user, Ontology.objects.select_related("organization").order_by("name"), Permission.VIEW_ONTOLOGY
        )
    )
    form = NewProjectForm(request.POST or None, places, ontologies)
    if request.method == "POST" and form.is_valid():
        try:
            project = _create(request.user, places, ontologies, form.cleaned_data)
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, f"{project.name} is there. Say who works on it, then put rows in.")
            return redirect("admin:project", project.uid)
    return show(
        request,
        "labeling/admin/new_project.html",
        title="New project",
        crumbs=[("Projects", reverse("admin:projects"))],
        form=form,
        has_ontologies=bool(ontologies),
        status=REFUSED_FORM if form.errors else 200,
    )


def _create(actor: Person, places: list[Organization], ontologies: list[Ontology], values: dict[str, Any]) -> Project:
    ontology = next((one for one in ontologies if str(one.uid) == values["ontology"]), None)
    if ontology is None:
        raise NotFound
    return project_rules.create_project(
        actor,
        chosen(places, values["organization"]),
        name=values["name"],
        brief=values["brief"],
        ontology=ontology,
        settings=ProjectSettings(**{name: values[name] for name in QualityFields.base_fields}),
    )


@require_safe
def overview(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid)
    states = projects_list.rows_by_state_of([project])[project.pk]
    return show_in_project(
        request,
        project,
        "labeling/admin/project.html",
        page="project",
        flow=_flow(states),
        batches=projects_list.batches_of(project).order_by("-pk")[:NEWEST_BATCHES],
        counted_rows=projects_list.COUNTED_ROWS,
        hands=hands_of(project),
        people_count=projects_list.people_count_of([project])[project.pk],
        shared_with=project_access.shared_with(project),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.CHANGE_PROJECT)
    now = {name: getattr(project, name) for name in SettingsForm.base_fields}
    form = SettingsForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        try:
            if changes:
                project_rules.change_project(request.user, project, **changes)
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, _said(form, changes))
            return redirect("admin:project-settings", uid)
    return show_in_project(
        request,
        project_for(request, uid, Permission.CHANGE_PROJECT) if form.errors else project,
        "labeling/admin/project_settings.html",
        page="project-settings",
        form=form,
        status=REFUSED_FORM if form.errors else 200,
    )


def _said(form: SettingsForm, changes: dict[str, Any]) -> str:
    if not changes:
        return "Nothing was different, so nothing was changed."
    labels = [str(form[name].label).split(",")[0].lower() for name in changes]
    return f"Changed: {', '.join(labels)}. Rows that are finished stay as they are."


def found_projects(request: HttpRequest, term: str) -> Iterable[tuple[str, str, str]]:
    for project in _projects_for(request).filter(name__icontains=term).order_by("name")[:MOST_FOUND]:
        yield project.name, "Project", reverse("admin:project", args=[project.uid])


def runs_a_project(request: HttpRequest) -> bool:
    """Everyone who enters the admin does."""
    return True


add_page("projects/", projects, "projects")
add_page("projects/new/", new_project, "project-new")
add_page("projects/<uuid:uid>/", overview, "project")
add_page("projects/<uuid:uid>/settings/", settings, "project-settings")
add_tab(10, "Overview", "project")
add_tab(80, "Settings", "project-settings", Permission.CHANGE_PROJECT)
add_entry(Entry("Line", "Projects", "folder", "admin:projects", runs_a_project, order=20))
add_search(found_projects)
