"""Projects and their batches over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import batches, data_rows, overlap, projects, projects_list
from labeling.models import Batch, Dataset, Ontology, Project
from labeling.models.projects import MOST_EXTRA
from labeling.projects import ProjectSettings
from workforce import access
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    PAGING_PARAMETERS,
    Body,
    RefusalShape,
    choice_filter,
    choice_parameter,
    filters_of,
    organization_named,
    page_answer,
    page_shape,
    person_of,
    query_parameters,
    values_of,
)
from workforce.models import Token
from workforce.roles import Permission

STARTING = (*overlap.FIELDS, "review_share", "review_of")


class ProjectShape(serializers.Serializer[Project]):
    uid = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization.uid")
    name = serializers.CharField()
    brief = serializers.CharField()
    ontology = serializers.UUIDField(source="ontology.uid")
    state = serializers.ChoiceField(choices=Project.State.choices)
    consensus_share = serializers.IntegerField()
    consensus_labels = serializers.IntegerField()
    consensus_threshold = serializers.FloatField()
    consensus_most_extra = serializers.IntegerField()
    consensus_extra_hours = serializers.FloatField(allow_null=True)
    consensus_strategy = serializers.ChoiceField(choices=Project.Strategy.choices)
    consensus_machine_weight = serializers.FloatField()
    consensus_version = serializers.IntegerField()
    review_share = serializers.IntegerField()
    review_of = serializers.ChoiceField(choices=Project.ReviewOf.choices)
    lease_idle_minutes = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ProjectSettingsBody(Body):
    name = serializers.CharField(max_length=150)
    brief = serializers.CharField(max_length=100_000)
    consensus_share = serializers.IntegerField(min_value=0, max_value=100, required=False)
    consensus_labels = serializers.IntegerField(min_value=2, max_value=50, required=False)
    consensus_threshold = serializers.FloatField(min_value=0, max_value=1, required=False)
    consensus_most_extra = serializers.IntegerField(min_value=0, max_value=MOST_EXTRA, required=False)
    consensus_extra_hours = serializers.FloatField(min_value=0, required=False, allow_null=True)
    consensus_strategy = serializers.ChoiceField(choices=Project.Strategy.choices, required=False)
    consensus_machine_weight = serializers.FloatField(min_value=0, max_value=1, required=False)
    review_share = serializers.IntegerField(min_value=0, max_value=100, required=False)
    review_of = serializers.ChoiceField(choices=Project.ReviewOf.choices, required=False)


class ProjectBody(ProjectSettingsBody):
    organization = serializers.UUIDField()
    ontology = serializers.UUIDField()


class ProjectChange(ProjectSettingsBody):
    state = serializers.ChoiceField(choices=Project.State.choices)
    lease_idle_minutes = serializers.IntegerField(min_value=5, max_value=240)


class Projects(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="projects_list",
        parameters=[choice_parameter("state", Project.State.values), *PAGING_PARAMETERS],
        responses=page_shape(ProjectShape),
    )
    def get(self, request: Request) -> Response:
        filters = filters_of(request, "state", *PAGING)
        found = projects.projects_visible_to(person_of(request))
        if "state" in filters:
            found = found.filter(state=choice_filter("state", filters["state"], Project.State.values))
        return page_answer(request, found, ProjectShape)

    @extend_schema(request=ProjectBody, responses={201: ProjectShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request) -> Response:
        values, person = values_of(ProjectBody, request), person_of(request)
        organization = organization_named(person, values["organization"])
        ontology = access.access(person, Ontology.objects.all(), values["ontology"], Permission.VIEW_ONTOLOGY)
        project = projects.create_project(
            person,
            organization,
            name=values["name"],
            brief=values["brief"],
            ontology=ontology,
            settings=ProjectSettings(**{name: values[name] for name in STARTING if name in values}),
        )
        project.refresh_from_db()
        return Response(ProjectShape(project).data, status=201)


class ProjectByUid(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: ProjectShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        return Response(ProjectShape(project_named(request, uid)).data)

    @extend_schema(request=ProjectChange(partial=True), responses={200: ProjectShape, 409: RefusalShape})
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        project = project_named(request, uid)
        values = values_of(ProjectChange, request, partial=True)
        return Response(ProjectShape(projects.change_project(person_of(request), project, **values)).data)


class BatchShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    project = serializers.UUIDField(source="project.uid")
    name = serializers.CharField()
    priority = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True)
    row_count = serializers.IntegerField(help_text=f"Counted to {projects_list.COUNTED_ROWS + 1}, and no further.")
    created_at = serializers.DateTimeField()


class BatchChange(Body):
    priority = serializers.IntegerField(min_value=1, max_value=5)
    due_at = serializers.DateTimeField(allow_null=True)


class BatchBody(Body):
    name = serializers.CharField(max_length=150)
    dataset = serializers.UUIDField()
    priority = serializers.IntegerField(min_value=1, max_value=5, default=3)
    due_at = serializers.DateTimeField(allow_null=True, default=None)
    external_ids = serializers.ListField(
        child=serializers.CharField(max_length=300), max_length=10_000, required=False, allow_empty=False
    )


class BatchesOfProject(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(parameters=query_parameters(is_list=True), responses=page_shape(BatchShape))
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        project = project_named(request, uid)
        access.require(person_of(request), Permission.VIEW_QUEUE, project)
        return page_answer(request, projects_list.batches_of(project), BatchShape)

    @extend_schema(request=BatchBody, responses={201: BatchShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        project, person = project_named(request, uid), person_of(request)
        values = values_of(BatchBody, request)
        dataset = access.access(person, Dataset.objects.all(), values["dataset"], Permission.VIEW_DATASET)
        batch = batches.create_batch(
            person,
            project,
            data_rows.rows_named(person, dataset, values.get("external_ids")),
            name=values["name"],
            priority=values["priority"],
            due_at=values["due_at"],
        )
        return Response(BatchShape(projects_list.batches_of(project).get(pk=batch.pk)).data, status=201)


class BatchByUid(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(request=BatchChange(partial=True), responses={200: BatchShape, 409: RefusalShape})
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        """Put what is left of a batch earlier or later."""
        person = person_of(request)
        batch = access.access(person, Batch.objects.select_related("project"), uid, Permission.CHANGE_PROJECT)
        values = {"priority": batch.priority, "due_at": batch.due_at}
        changed = batches.change_batch(person, batch, **values | values_of(BatchChange, request, partial=True))
        return Response(BatchShape(projects_list.batches_of(changed.project).get(pk=changed.pk)).data)


def project_named(request: Request, uid: str) -> Project:
    return access.access(
        person_of(request), Project.objects.select_related("organization", "ontology"), uid, Permission.VIEW_PROJECT
    )
