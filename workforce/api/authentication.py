"""Who asks: a token of an organization, or the session of a signed-in page."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework import exceptions
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from workforce import second_factor, tokens
from workforce.models import Person, Token

CSRF_FAILED = "csrf_failed"


class TokenOfOrganization(TokenAuthentication):
    """``Authorization: Token crew_…``. A token and a session of different people are not mixed."""

    def authenticate(self, request: Request) -> tuple[Person, Token] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        person, token = found
        if not tokens.is_live(token):
            raise exceptions.AuthenticationFailed(_("Invalid token."))
        session_person = getattr(request._request, "user", None)
        if session_person is not None and session_person.is_authenticated and session_person.pk != person.pk:
            raise exceptions.AuthenticationFailed(_("Token and session belong to different people."))
        second_factor.require_for_token(person, token.organization_id)
        tokens.note_use(token)
        person.limited_to_organization = token.organization_id
        return person, token

    def renew_token(self, auth_token: Any) -> None:
        """A token's end is fixed when it is issued."""


class SessionOfPerson(SessionAuthentication):
    """The pages' own door, with the CSRF check; says 401, not 403, to who is not signed in."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as refusal:
            # A page must tell it from a missing right: its sign-in was replaced, and a reload mends it.
            raise exceptions.PermissionDenied(
                "The sign-in of this page was changed in another tab. Nothing was changed; load the page again.",
                code=CSRF_FAILED,
            ) from refusal


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "workforce.api.authentication.TokenOfOrganization"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token crew_…"}
