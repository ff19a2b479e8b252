"""Templates of projects: the list, one by hand or of a project, and "New project from template" in one form."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling import project_templates as rules
from labeling.admin.project_tabs import project_for
from labeling.admin.projects import QualityFields
from labeling.models import Dataset, Ontology, ProjectTemplate
from labeling.projects import ProjectSettings
from workforce import access, people_list
from workforce.admin import paging
from workforce.admin.pages import (
    REFUSED_FORM,
    PersonRequest,
    act,
    chosen,
    note_refusal,
    organization_field,
    reader_of,
    show,
)
from workforce.admin.site import Entry, add_entry, add_page
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal
from workforce.models import Organization
from workforce.roles import PROJECT_ROLE_NAMES, Permission

# A choice of more would be no choice.
MOST_CHOICES = 500
TEAM_PLACES = 3


class NewTemplateForm(QualityFields):
    name = forms.CharField(max_length=rules.LONGEST_NAME)
    ontology = forms.ChoiceField()
    guidelines_text = forms.CharField(
        label="Guidelines", required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text="Markdown."
    )
    field_order = ("organization", "name", "ontology", "guidelines_text", *QualityFields.field_order)

    def __init__(self, data: QueryDict | None, places: list[Organization], ontologies: Iterable[Ontology]) -> None:
        super().__init__(data)
        self.fields["organization"] = organization_field(places)
        self.fields["ontology"].choices = [(str(one.uid), one.name) for one in ontologies]  # type: ignore[attr-defined]
        self.order_fields(self.field_order)


class StartForm(forms.Form):
    name = forms.CharField(max_length=150)
    brief = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), help_text="What the data is for. Labelers read it before they start."
    )
    dataset = forms.ChoiceField(required=False, help_text="Its rows are the first batch.")
    batch = forms.CharField(max_length=150, label="Name of the batch", initial=rules.FIRST_BATCH)

    def __init__(self, data: QueryDict | None, datasets: Iterable[Dataset]) -> None:
        super().__init__(data)
        own = [(str(one.uid), one.name) for one in datasets]
        self.fields["dataset"].choices = [("", "None yet"), *own]  # type: ignore[attr-defined]  # a choice field


@require_http_methods(["GET", "HEAD", "POST"])
def templates(request: PersonRequest) -> HttpResponse:
    places = list(access.organizations_where(request.user, Permission.CREATE_PROJECT).order_by("name", "pk"))
    if not places:
        raise NotAllowed(needs=str(Permission.CREATE_PROJECT))
    ontologies = list(
        access.visible_to(request.user, Ontology.objects.order_by("name"), Permission.VIEW_ONTOLOGY)[:MOST_CHOICES]
    )
    form = NewTemplateForm(request.POST or None, places, ontologies)
    if request.method == "POST" and form.is_valid():
        try:
            template = _make(request, places, ontologies, form.cleaned_data)
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, f"{template.name} is there. Start projects from it.")
            return redirect("admin:project-template", template.uid)
    return show(
        request,
        "labeling/admin/project_templates.html",
        title="Project templates",
        list_page=paging.page_of(request, rules.templates_visible_to(request.user), order=("name", "pk")),
        form=form,
        has_ontologies=bool(ontologies),
        teams=people_list.teams_visible_to(request.user).order_by("name")[:MOST_CHOICES],
        places=range(TEAM_PLACES),
        roles=[(role, name) for role, name in PROJECT_ROLE_NAMES.items()],
        status=REFUSED_FORM if form.errors else 200,
    )


def _make(
    request: PersonRequest, places: list[Organization], ontologies: list[Ontology], values: dict[str, Any]
) -> ProjectTemplate:
    ontology = next((one for one in ontologies if str(one.uid) == values["ontology"]), None)
    if ontology is None:
        raise NotFound
    pairs = zip(request.POST.getlist("team"), request.POST.getlist("team_role"), strict=False)
    return rules.make_template(
        request.user,
        chosen(places, values["organization"]),
        name=values["name"],
        ontology=ontology,
        settings=ProjectSettings(**{name: values[name] for name in QualityFields.base_fields}),
        grants=[{"kind": "team", "uid": uid, "role": role} for uid, role in pairs if uid],
        guidelines_text=values["guidelines_text"],
    )


@require_http_methods(["GET", "HEAD", "POST"])
def template(request: PersonRequest, uid: str) -> HttpResponse:
    found = _named(request, uid)
    datasets = access.visible_to(request.user, Dataset.objects.order_by("name"), Permission.VIEW_DATASET).filter(
        organization=found.organization_id
    )[:MOST_CHOICES]
    form = StartForm(request.POST or None, datasets)
    if request.method == "POST" and form.is_valid():
        try:
            started = _start(request, found, form.cleaned_data, list(datasets))
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            _tell(request, started)
            return redirect("admin:project", started.project.uid)
    return show(
        request,
        "labeling/admin/project_template.html",
        title=found.name,
        crumbs=[("Project templates", reverse("admin:project-templates"))],
        organization=found.organization,
        found=found,
        settings=ProjectSettings(**found.quality),
        grants=rules.grants_in_words(found),
        parts=rules.parts_in_words(found),
        form=form,
        status=REFUSED_FORM if form.errors else 200,
    )


def _start(
    request: PersonRequest, found: ProjectTemplate, values: dict[str, Any], datasets: list[Dataset]
) -> rules.Started:
    dataset = next((one for one in datasets if str(one.uid) == values["dataset"]), None)
    words = {"name": values["name"], "brief": values["brief"], "batch_name": values["batch"]}
    return rules.start_project(request.user, found, dataset=dataset, **words)


def _tell(request: PersonRequest, started: rules.Started) -> None:
    messages.success(request, f"{started.project.name} is there, with the people of the template.")
    if started.left_out:
        left_out = " ".join(f"{who}: {why}" for who, why in started.left_out)
        messages.warning(request, f"{len(started.left_out)} left out: {left_out}")


@require_POST
def retire(request: PersonRequest, uid: str) -> HttpResponse:
    found = _named(request, uid)
    said = f"{found.name} is no template any more. Projects of it stay."
    then = reverse("admin:project-templates")
    return act(request, lambda: rules.retire_template(request.user, found), said, then=then)


@require_POST
def template_of_project(request: PersonRequest, uid: str) -> HttpResponse:
    project = project_for(request, uid, Permission.MANAGE_ACCESS)

    def rule() -> ProjectTemplate:
        name = request.POST.get("name", "")
        if not name.strip():
            raise InvalidInput("name_wanted", "A template needs a name.")
        return rules.make_template_of(request.user, project, name=name)

    then = reverse("admin:project-settings", args=[uid])
    return act(request, rule, lambda made: f"{made.name} is a template now.", then=then)


def _named(request: PersonRequest, uid: str) -> ProjectTemplate:
    related = "organization", "ontology", "created_by"
    return access.access(
        request.user,
        ProjectTemplate.objects.filter(retired_at=None).select_related(*related),
        uid,
        Permission.CREATE_PROJECT,
    )


def creates_projects(request: HttpRequest) -> bool:
    return reader_of(request).holds(Permission.CREATE_PROJECT)


add_page("templates/", templates, "project-templates")
add_page("templates/<uuid:uid>/", template, "project-template")
add_page("templates/<uuid:uid>/retire/", retire, "project-template-retire")
add_page("projects/<uuid:uid>/template/", template_of_project, "project-template-of")
add_entry(Entry("Line", "Project templates", "layers", "admin:project-templates", creates_projects, order=30))
