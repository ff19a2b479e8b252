"""The report of an import: what was refused and why, to be mended and sent again."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from labeling import imports
from workforce.api.jobs import job_named
from workforce.api.shapes import filters_of
from workforce.api.streams import LINES, LinesRenderer, stream_answer


class ProblemsOfJob(APIView):
    renderer_classes = (JSONRenderer, LinesRenderer)

    @extend_schema(responses={(200, LINES): OpenApiTypes.BINARY})
    def get(self, request: Request, uid: str) -> StreamingHttpResponse:
        filters_of(request)
        job = job_named(request, uid)
        return stream_answer(request, imports.problems_report(job), file_name=f"{job.uid}-problems.jsonl")
