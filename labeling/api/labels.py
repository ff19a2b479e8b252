"""Labels of a project over HTTP, as far as the person may see them now."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import blindness, labels_list
from labeling.api.projects import project_named
from labeling.models import Label, Slot
from workforce.api.inputs import page_by_key
from workforce.api.shapes import (
    PAGING,
    PAGING_PARAMETERS,
    choice_filter,
    choice_parameter,
    filters_of,
    page_shape,
    person_of,
    uid_filter,
)


class ShownVersion(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    author = serializers.UUIDField(source="author.uid")
    origin = serializers.CharField()
    ontology_version = serializers.IntegerField(source="ontology_version.number")
    payload = serializers.JSONField()
    active_seconds = serializers.FloatField(allow_null=True)
    made_at = serializers.DateTimeField()


class LabelShape(serializers.Serializer[Label]):
    uid = serializers.UUIDField()
    kind = serializers.CharField()
    row = serializers.UUIDField(source="project_row.uid")
    external_id = serializers.CharField(source="project_row.data_row.external_id")
    labeler = serializers.UUIDField(source="labeler.uid")
    state = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    asked_at_submit = serializers.ListField(
        child=serializers.IntegerField(),
        default=list,
        help_text="Numbers of its maker's issues about the row that had no answer when it was submitted.",
    )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_state(self, label: Label) -> str | None:
        return label.slot.state if label.slot else None

    @extend_schema_field(ShownVersion(allow_null=True))
    def get_version(self, label: Any) -> Any:
        return ShownVersion(label.shown[0]).data if label.shown else None


class LabelsOfProject(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("labeler", OpenApiTypes.UUID),
            choice_parameter("state", Slot.State.values),
            choice_parameter("kind", Label.Kind.values),
            *PAGING_PARAMETERS,
        ],
        responses=page_shape(LabelShape),
    )
    def get(self, request: Request, uid: str) -> Response:
        filters = filters_of(request, "labeler", "state", "kind", *PAGING)
        labels = blindness.labels_shown_to(person_of(request), project_named(request, uid))
        if "labeler" in filters:
            labels = labels.filter(labeler__uid=uid_filter("labeler", filters["labeler"]))
        if "state" in filters:
            labels = labels.filter(slot__state=choice_filter("state", filters["state"], Slot.State.values))
        if "kind" in filters:
            labels = labels.filter(kind=choice_filter("kind", filters["kind"], Label.Kind.values))
        page = page_by_key(request, labels)
        asked = labels_list.column_of("asked_at_submit", page.rows)
        for label in page.rows:
            label.asked_at_submit = list(asked.get(label.pk, ()))
        return Response({"results": [LabelShape(label).data for label in page.rows], "next_cursor": page.next_cursor})
