"""The API's own description, for signed-in people."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView

from workforce.api.permissions import SignedInWithinScope


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "workforce.api.authentication.SessionOfPerson"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


@extend_schema(exclude=True)
class Schema(SpectacularAPIView):
    permission_classes = (SignedInWithinScope,)
