"""Ontologies: the list, a new one, one as a tree with its versions, and the next version from a document."""

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling import ontologies as ontology_rules
from labeling.annotations.kinds import Kind
from labeling.models import Ontology
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
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal
from workforce.json_gate import JsonFault, load_json
from workforce.models import Organization
from workforce.roles import Permission

MOST_FOUND = 5
LONGEST_DOCUMENT = 1_000_000
EXAMPLE = {
    "features": [
        {
            "name": "Car",
            "kind": "box",
            "questions": [
                {
                    "name": "Seen from",
                    "kind": "radio",
                    "options": [{"value": "front", "label": "Front"}, {"value": "back", "label": "Back"}],
                },
            ],
        },
    ],
}


class DocumentForm(forms.Form):
    document = forms.CharField(
        max_length=LONGEST_DOCUMENT,
        widget=forms.Textarea(attrs={"class": "cl-json", "spellcheck": "false"}),
        help_text=(
            f"JSON. Kinds: {', '.join(Kind)}. Keep the uid of a feature that stays; new features get theirs, a colour "
            "and a hotkey."
        ),
    )


class NewOntologyForm(DocumentForm):
    name = forms.CharField(max_length=150)
    field_order = ("organization", "name", "document")

    def __init__(self, data: QueryDict | None, places: list[Organization]) -> None:
        super().__init__(data, initial={"document": json.dumps(EXAMPLE, indent=2)})
        self.fields["organization"] = organization_field(places)
        self.order_fields(self.field_order)


@require_http_methods(["GET", "HEAD", "POST"])
def ontologies(request: PersonRequest) -> HttpResponse:
    reader = reader_of(request)
    if not reader.holds(Permission.VIEW_ONTOLOGY):
        raise NotAllowed
    places = reader.organizations_with(Permission.MANAGE_ONTOLOGY)
    if request.method == "POST" and not places:
        raise NotAllowed(needs=str(Permission.MANAGE_ONTOLOGY))
    form = NewOntologyForm(request.POST or None, places) if places else None
    faults: list[dict[str, Any]] = []
    if request.method == "POST" and form is not None and form.is_valid():
        values = form.cleaned_data
        try:
            version = ontology_rules.create_ontology(
                request.user,
                chosen(places, values["organization"]),
                name=values["name"],
                document=_read(values["document"]),
            )
        except Refusal as refusal:
            faults = _note(form, refusal)
        else:
            messages.success(request, f"{version.ontology.name} is there as version 1.")
            return redirect("admin:ontology", version.ontology.uid)
    return show(
        request,
        "labeling/admin/ontologies.html",
        title="Ontologies",
        page=paging.page_of(request, _ontologies_for(request), order=("name", "pk")),
        form=form,
        faults=faults,
        status=REFUSED_FORM if form is not None and form.errors else 200,
    )


def _ontologies_for(request: HttpRequest) -> Any:
    visible = access.visible_to(request.user, Ontology.objects.select_related("organization"), Permission.VIEW_ONTOLOGY)
    return visible.annotate(
        newest=Max("versions__number"),
        changed_at=Max("versions__made_at"),
        project_count=Count("projects", distinct=True),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ontology(request: PersonRequest, uid: str) -> HttpResponse:
    is_post = request.method == "POST"
    needs = Permission.MANAGE_ONTOLOGY if is_post else Permission.VIEW_ONTOLOGY
    found = access.access(request.user, Ontology.objects.select_related("organization"), uid, needs)
    versions = list(found.versions.select_related("made_by").defer("document").order_by("-number"))
    wanted = request.GET.get("version", str(versions[0].number))
    shown = next((version for version in versions if str(version.number) == wanted), None)
    if shown is None:
        raise NotFound
    form = DocumentForm(request.POST or None, initial={"document": _as_text(shown.document)})
    faults: list[dict[str, Any]] = []
    if is_post and form.is_valid():
        try:
            made = ontology_rules.revise_ontology(request.user, found, document=_read(form.cleaned_data["document"]))
        except Refusal as refusal:
            faults = _note(form, refusal)
        else:
            messages.success(request, f"Version {made.number} is there. Rows that are open keep the version they have.")
            return redirect("admin:ontology", uid)
    return show(
        request,
        "labeling/admin/ontology.html",
        title=found.name,
        crumbs=[("Ontologies", reverse("admin:ontologies"))],
        organization=found.organization,
        ontology=found,
        versions=versions,
        shown=shown,
        features=shown.document.get("features", []),
        form=form,
        faults=faults,
        may_change=bool(access.can(request.user, Permission.MANAGE_ONTOLOGY, found)),
        is_editing=is_post or "edit" in request.GET,
        status=REFUSED_FORM if form.errors else 200,
    )


def _read(text: str) -> Any:
    try:
        return load_json(text, max_bytes=LONGEST_DOCUMENT)
    except JsonFault as fault:
        place = f" ({fault.position})" if fault.position else ""
        raise InvalidInput(fault.code, f"{fault.message.rstrip('.')}{place}. Nothing was changed.") from fault


def _note(form: forms.Form, refusal: Refusal) -> list[dict[str, Any]]:
    """Faults of the document stand in a list with their paths; anything else stands above the form."""
    faults = [fault for fault in refusal.details.get("faults", []) if fault.get("path") not in form.fields]
    if not faults:
        note_refusal(form, refusal)
        return []
    count = refusal.details.get("count", len(faults))
    form.add_error("document", f"{count} place{'s are' if count > 1 else ' is'} wrong. Nothing was changed.")
    return faults


def _as_text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def found_ontologies(request: HttpRequest, term: str) -> Iterable[tuple[str, str, str]]:
    for found in _ontologies_for(request).filter(name__icontains=term).order_by("name")[:MOST_FOUND]:
        yield found.name, "Ontology", reverse("admin:ontology", args=[found.uid])


add_page("ontologies/", ontologies, "ontologies")
add_page("ontologies/<uuid:uid>/", ontology, "ontology")
add_entry(
    Entry(
        "Data",
        "Ontologies",
        "grid",
        "admin:ontologies",
        lambda request: reader_of(request).holds(Permission.VIEW_ONTOLOGY),
        order=20,
    )
)
add_search(found_ontologies)
