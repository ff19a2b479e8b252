"""The picture of a row over HTTP, for those who may see it now; the pages have an address of their own for it."""

from django.http import StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from labeling import editor
from labeling.assets import asset_file
from labeling.models import ProjectRow
from workforce.api.shapes import filters_of, person_of
from workforce.api.streams import show_file


class AsItIs(BaseContentNegotiation):
    """A picture has one type, whatever the client would like; a refusal is JSON."""

    def select_renderer(self, request: Request, renderers: object, format_suffix: str | None = None) -> object:
        first = next(iter(renderers))  # type: ignore[call-overload]  # the framework's own list
        return first, first.media_type


class PictureOfRow(APIView):
    """The bytes of a row's picture, as they came in."""

    content_negotiation_class = AsItIs

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, uid: str) -> StreamingHttpResponse:
        filters_of(request)
        row = editor.row_to_show(person_of(request), uid)
        return show_file(request._request, asset_file(row.data_row.asset_path), media_type=row.data_row.mime_type)


def picture_address(request: Request, row: ProjectRow) -> str:
    """Where who asks can get it: a token opens no page."""
    return reverse("asset" if request.auth is None else "api-row-picture", args=[row.uid])
