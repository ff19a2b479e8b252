"""Jobs over HTTP: how far long work is."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workforce import access
from workforce.api.shapes import filters_of, person_of
from workforce.models import Job
from workforce.roles import Permission


class JobShape(serializers.Serializer[Job]):
    uid = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.CharField()
    started_by = serializers.UUIDField(source="started_by.uid")
    total_count = serializers.IntegerField()
    done_count = serializers.IntegerField()
    already_there_count = serializers.SerializerMethodField()
    refused_count = serializers.IntegerField()
    looked_at_count = serializers.IntegerField(source="cursor")
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_already_there_count(self, job: Any) -> int:
        return int(job.settings.get("already_there", 0))


class JobByUid(APIView):
    @extend_schema(responses={200: JobShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        return Response(JobShape(job_named(request, uid)).data)


def job_named(request: Request, uid: str) -> Job:
    return access.access(person_of(request), Job.objects.select_related("started_by"), uid, Permission.VIEW_JOB)
