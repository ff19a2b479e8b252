"""API tokens over HTTP. Only a signed-in person issues and ends them: a token that leaked cannot make itself heirs."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workforce import access, tokens
from workforce.api.permissions import SignedInWithinScope
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

if TYPE_CHECKING:
    from rest_framework.views import APIView as View


class WritesInPerson(SignedInWithinScope):
    message = "Tokens are issued and ended by a signed-in person, not by a token."

    def has_permission(self, request: Request, view: "View") -> bool:
        is_write = request.method not in SAFE_METHODS
        return super().has_permission(request, view) and not (is_write and isinstance(request.auth, Token))


class TokenShape(serializers.Serializer[Token]):
    uid = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization.uid")
    owner = serializers.UUIDField(source="user.uid")
    name = serializers.CharField()
    starts_with = serializers.CharField(source="token_key")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Token.Scope.choices))
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class IssuedToken(TokenShape):
    token = serializers.CharField(help_text="The clear token. It is shown here and never again.")


class TokenBody(Body):
    organization = serializers.UUIDField()
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Token.Scope.choices), allow_empty=False)
    days = serializers.IntegerField(min_value=1, max_value=tokens.LONGEST_DAYS, default=90)


class Tokens(APIView):
    permission_classes = (WritesInPerson,)
    token_scope = None

    @extend_schema(
        operation_id="tokens_list", parameters=query_parameters(is_list=True), responses=page_shape(TokenShape)
    )
    def get(self, request: Request) -> Response:
        filters_of(request, *PAGING)
        return page_answer(request, tokens.tokens_of(person_of(request)), TokenShape)

    @extend_schema(request=TokenBody, responses={201: IssuedToken, 409: RefusalShape})
    def post(self, request: Request) -> Response:
        values, person = values_of(TokenBody, request), person_of(request)
        organization = organization_named(person, values.pop("organization"))
        token, clear = tokens.issue_token(person, organization, **values)
        shown: dict[str, Any] = {**TokenShape(token).data, "token": clear}
        return Response(shown, status=201)


class TokenByUid(APIView):
    permission_classes = (WritesInPerson,)
    token_scope = None

    @extend_schema(responses={204: None})
    def delete(self, request: Request, uid: str) -> Response:
        """End a token. It stops working within seconds; ending it again changes nothing."""
        person = person_of(request)
        token = access.access(
            person, Token.objects.select_related("user", "organization"), uid, Permission.MANAGE_TOKENS
        )
        tokens.revoke_token(person, token)
        return Response(status=204)
