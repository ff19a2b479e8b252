"""The API's own description, for signed-in people."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from workforce.api.permissions import SignedInWithinScope


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "workforce.api.authentication.SessionOfPerson"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


@extend_schema(exclude=True)
class Schema(SpectacularAPIView):
    permission_classes = (SignedInWithinScope,)

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer = request.accepted_renderer
        name = f'inline; filename="Crewline.{renderer.format}"'
        headers = {"Content-Disposition": name, "Content-Type": renderer.media_type}
        return HttpResponse(_written_as(renderer.media_type), headers=headers)


@cache
def _written_as(media_type: str) -> str | bytes:
    """It changes with the code alone, and to make it takes a second: each process does so once for each format."""
    renderer = next(one for one in Schema.renderer_classes if one.media_type == media_type)
    written: str | bytes = renderer().render(SchemaGenerator().get_schema(public=True), renderer_context={})
    return written
