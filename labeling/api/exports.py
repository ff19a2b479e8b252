"""The export of a project as a stream of NDJSON."""

from django.http import StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from labeling import exports
from labeling.api.projects import project_named
from labeling.models import ProjectRow
from workforce.api.shapes import RefusalShape, choice_filter, choice_parameter, filters_of, person_of
from workforce.api.streams import LINES, LinesRenderer, stream_answer
from workforce.models import Token


class ExportOfProject(APIView):
    read_scope = Token.Scope.EXPORT
    renderer_classes = (JSONRenderer, LinesRenderer)

    @extend_schema(
        parameters=[choice_parameter("state", ProjectRow.State.values), choice_parameter("names", ["yes", "no"])],
        responses={(200, LINES): OpenApiTypes.BINARY, 409: RefusalShape},
    )
    def get(self, request: Request, uid: str) -> StreamingHttpResponse:
        """One line per row, of one moment, then a trailer with the count and the SHA-256 of all lines before it."""
        filters = filters_of(request, "state", "names")
        project = project_named(request, uid)
        states = [choice_filter("state", filters["state"], ProjectRow.State.values)] if "state" in filters else []
        with_names = choice_filter("names", filters.get("names", "no"), ["yes", "no"]) == "yes"
        lines = exports.export_lines(
            person_of(request), project, states=states, with_names=with_names, address_of=_picture_address
        )
        return stream_answer(request, lines, file_name=f"{project.uid}.ndjson")


def _picture_address(row: ProjectRow) -> str:
    """The one that a token and a session open, so that an export is the same for both."""
    return reverse("api-row-picture", args=[row.uid]) if row.data_row.asset_path else ""
