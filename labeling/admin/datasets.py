"""Datasets: the list, a new one, its rows, and pictures uploaded into it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from labeling import datasets as dataset_rules
from labeling.data_rows import upload_picture
from labeling.models import DataRow, Dataset
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
from workforce.errors import NotAllowed, Refusal
from workforce.models import Organization, Person
from workforce.roles import Permission

MOST_FOUND = 5
MOST_FILES = 200


@dataclass(frozen=True)
class Uploaded:
    """What became of one file."""

    name: str
    refused: str = ""


class NewDatasetForm(forms.Form):
    name = forms.CharField(max_length=150)
    description = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data: QueryDict | None, places: list[Organization]) -> None:
        super().__init__(data)
        self.fields["organization"] = organization_field(places)


@require_http_methods(["GET", "HEAD", "POST"])
def datasets(request: PersonRequest) -> HttpResponse:
    reader = reader_of(request)
    if not reader.holds(Permission.VIEW_DATASET):
        raise NotAllowed
    places = reader.organizations_with(Permission.MANAGE_DATASET)
    if request.method == "POST" and not places:
        raise NotAllowed(needs=str(Permission.MANAGE_DATASET))
    form = NewDatasetForm(request.POST or None, places) if places else None
    if request.method == "POST" and form is not None and form.is_valid():
        values = form.cleaned_data
        try:
            dataset = dataset_rules.create_dataset(
                request.user,
                chosen(places, values["organization"]),
                name=values["name"],
                description=values["description"],
            )
        except Refusal as refusal:
            note_refusal(form, refusal)
        else:
            messages.success(request, f"{dataset.name} is there. Put pictures in.")
            return redirect("admin:dataset", dataset.uid)
    return show(
        request,
        "labeling/admin/datasets.html",
        title="Datasets",
        page=paging.page_of(request, _datasets_for(request), order=("name", "pk")),
        form=form,
        status=REFUSED_FORM if form is not None and form.errors else 200,
    )


def _datasets_for(request: HttpRequest) -> Any:
    return access.visible_to(
        request.user, Dataset.objects.select_related("organization", "created_by"), Permission.VIEW_DATASET
    )


@require_http_methods(["GET", "HEAD", "POST"])
def dataset(request: PersonRequest, uid: str) -> HttpResponse:
    is_post = request.method == "POST"
    needs = Permission.IMPORT_ROWS if is_post else Permission.VIEW_DATASET
    found = access.access(request.user, Dataset.objects.select_related("organization", "created_by"), uid, needs)
    files = request.FILES.getlist("pictures") if is_post else []
    results = [_upload(request.user, found, file) for file in files]
    rows = access.visible_to(request.user, DataRow.objects.filter(dataset=found), Permission.VIEW_DATASET)
    return show(
        request,
        "labeling/admin/dataset.html",
        title=found.name,
        crumbs=[("Datasets", reverse("admin:datasets"))],
        organization=found.organization,
        dataset=found,
        page=paging.page_of(request, rows, order=("external_id", "pk")),
        results=results,
        taken_count=sum(not result.refused for result in results),
        has_no_file=is_post and not files,
        may_upload=bool(access.can(request.user, Permission.IMPORT_ROWS, found)),
        most_files=MOST_FILES,
    )


def _upload(actor: Person, found: Dataset, file: UploadedFile) -> Uploaded:
    """One file, one row, one transaction: what is wrong with a file is no reason to refuse the others."""
    name = str(file.name or "")
    try:
        upload_picture(actor, found, external_id=name, source=file)
    except Refusal as refusal:
        return Uploaded(name, refusal.message)
    return Uploaded(name)


def found_datasets(request: HttpRequest, term: str) -> Iterable[tuple[str, str, str]]:
    for found in _datasets_for(request).filter(name__icontains=term).order_by("name")[:MOST_FOUND]:
        yield found.name, "Dataset", reverse("admin:dataset", args=[found.uid])


add_page("datasets/", datasets, "datasets")
add_page("datasets/<uuid:uid>/", dataset, "dataset")
add_entry(
    Entry(
        "Data",
        "Datasets",
        "layers",
        "admin:datasets",
        lambda request: reader_of(request).holds(Permission.VIEW_DATASET),
        order=10,
    )
)
add_search(found_datasets)
