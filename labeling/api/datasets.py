"""Datasets over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import datasets
from labeling.models import Dataset
from workforce import access
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    Body,
    RefusalShape,
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


class DatasetShape(serializers.Serializer[Dataset]):
    uid = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization.uid")
    name = serializers.CharField()
    description = serializers.CharField()
    created_at = serializers.DateTimeField()


class DatasetBody(Body):
    organization = serializers.UUIDField()
    name = serializers.CharField(max_length=150)
    description = serializers.CharField(max_length=20_000, allow_blank=True, default="")


class Datasets(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="datasets_list", parameters=query_parameters(is_list=True), responses=page_shape(DatasetShape)
    )
    def get(self, request: Request) -> Response:
        filters_of(request, *PAGING)
        found = access.visible_to(
            person_of(request), Dataset.objects.select_related("organization"), Permission.VIEW_DATASET
        )
        return page_answer(request, found, DatasetShape)

    @extend_schema(request=DatasetBody, responses={201: DatasetShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request) -> Response:
        values, person = values_of(DatasetBody, request), person_of(request)
        organization = organization_named(person, values["organization"])
        dataset = datasets.create_dataset(person, organization, name=values["name"], description=values["description"])
        dataset.refresh_from_db()
        return Response(DatasetShape(dataset).data, status=201)


class DatasetByUid(APIView):
    @extend_schema(responses={200: DatasetShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        return Response(DatasetShape(dataset_named(request, uid)).data)


def dataset_named(request: Request, uid: object, permission: Permission = Permission.VIEW_DATASET) -> Dataset:
    return access.access(person_of(request), Dataset.objects.select_related("organization"), str(uid), permission)
