"""Data rows of a dataset over HTTP: look, add rows without pictures, send pictures."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import data_rows, uploads
from labeling.api.datasets import dataset_named
from labeling.models import DataRow
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    Body,
    filters_of,
    page_answer,
    page_shape,
    person_of,
    query_parameters,
    values_of,
)
from workforce.models import Token


class DataRowShape(serializers.Serializer[DataRow]):
    uid = serializers.UUIDField()
    external_id = serializers.CharField()
    global_key = serializers.CharField(allow_null=True)
    has_picture = serializers.BooleanField(source="asset_path")
    mime_type = serializers.CharField()
    byte_count = serializers.IntegerField(allow_null=True)
    checksum = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    metadata = serializers.JSONField()
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: DataRow) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        return {**shown, "has_picture": bool(instance.asset_path)}


class DataRowsBody(Body):
    rows = serializers.ListField(child=serializers.JSONField(), allow_empty=False, help_text="At most 1,000.")


class RowsAdded(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    already_there = serializers.IntegerField()


class PicturesBody(Body):
    pictures = serializers.ListField(child=serializers.FileField(allow_empty_file=True), allow_empty=False)


class RefusedPicture(serializers.Serializer[Any]):
    name = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class PicturesAdded(serializers.Serializer[Any]):
    added = serializers.ListField(child=serializers.CharField())
    already_there = serializers.ListField(child=serializers.CharField())
    refused = RefusedPicture(many=True)


class DataRowsOfDataset(APIView):
    token_scope = Token.Scope.IMPORT

    @extend_schema(parameters=query_parameters("external_id", is_list=True), responses=page_shape(DataRowShape))
    def get(self, request: Request, uid: str) -> Response:
        filters = filters_of(request, "external_id", *PAGING)
        rows = data_rows.rows_named(person_of(request), dataset_named(request, uid))
        if "external_id" in filters:
            rows = rows.filter(external_id=filters["external_id"])
        return page_answer(request, rows, DataRowShape)

    @extend_schema(request=DataRowsBody, responses={201: RowsAdded})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        dataset = dataset_named(request, uid)
        records = values_of(DataRowsBody, request)["rows"]
        added = uploads.add_named_rows(person_of(request), dataset, records)
        return Response({"added": added, "already_there": len(records) - added}, status=201)


class PicturesOfDataset(APIView):
    token_scope = Token.Scope.IMPORT
    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": PicturesBody}, responses={201: PicturesAdded})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        """Pictures become rows named after their files; a bad one is reported, the others go in."""
        dataset = dataset_named(request, uid)
        files = values_of(PicturesBody, request)["pictures"]
        found = uploads.upload_pictures(person_of(request), dataset, [(str(file.name), file) for file in files])
        return Response(PicturesAdded(found).data, status=201)
