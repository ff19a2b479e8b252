"""Imports over HTTP: start one into a dataset or a project; the answer is the job to watch."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import imports
from labeling.api.datasets import dataset_named
from labeling.api.projects import project_named
from labeling.import_sources import SOURCES
from labeling.imports import ImportOrder
from labeling.models import Dataset, Project
from workforce.api.inputs import idempotency_key
from workforce.api.jobs import JobShape
from workforce.api.parsers import GatedJSONParser
from workforce.api.shapes import OPTIONAL_KEY_HEADER, Body, RefusalShape, person_of, values_of
from workforce.models import Token


class DatasetImportBody(Body):
    """As JSON, or as a form with the source under ``file``."""

    kind = serializers.ChoiceField(choices=SOURCES)
    folder = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    path = serializers.CharField(max_length=1000, required=False)
    file = serializers.FileField(allow_empty_file=True, required=False)


class ProjectImportBody(DatasetImportBody):
    dataset = serializers.UUIDField()
    with_annotations = serializers.BooleanField(default=False)
    use_segmentation = serializers.BooleanField(default=False)
    allow_incomplete = serializers.BooleanField(default=False)
    author = serializers.CharField(max_length=150, default="imported")
    author_source = serializers.CharField(max_length=200, allow_blank=True, default="")


class ImportsOfDataset(APIView):
    token_scope = Token.Scope.IMPORT
    parser_classes = (GatedJSONParser, MultiPartParser)

    @extend_schema(
        parameters=[OPTIONAL_KEY_HEADER],
        request={"application/json": DatasetImportBody, "multipart/form-data": DatasetImportBody},
        responses={201: JobShape, 409: RefusalShape},
    )
    def post(self, request: Request, uid: str) -> Response:
        dataset = dataset_named(request, uid)
        return start(request, dataset, None, values_of(DatasetImportBody, request))


class ImportsOfProject(APIView):
    token_scope = Token.Scope.IMPORT
    parser_classes = (GatedJSONParser, MultiPartParser)

    @extend_schema(
        parameters=[OPTIONAL_KEY_HEADER],
        request={"application/json": ProjectImportBody, "multipart/form-data": ProjectImportBody},
        responses={201: JobShape, 409: RefusalShape},
    )
    def post(self, request: Request, uid: str) -> Response:
        project = project_named(request, uid)
        values = values_of(ProjectImportBody, request)
        return start(request, dataset_named(request, values.pop("dataset")), project, values)


def start(request: Request, dataset: Dataset, project: Project | None, values: dict[str, Any]) -> Response:
    upload = values.pop("file", None)
    order = ImportOrder(values.pop("kind"), dataset, project, **values)
    job = imports.start_import(person_of(request), order, upload=upload, key=idempotency_key(request))
    job.refresh_from_db()
    return Response(JobShape(job).data, status=201)
