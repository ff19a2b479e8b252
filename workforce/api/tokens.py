"""API tokens over HTTP. Only a signed-in person issues and ends them: a token that leaked cannot make itself heirs."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workforce import access, tokens
from workforce.api.inputs import idempotency_key
from workforce.api.permissions import SignedInWithinScope
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    OPTIONAL_KEY_HEADER,
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
from workforce.idempotency import once
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
    token = serializers.CharField(
        allow_blank=True, help_text="The clear token. It is shown here and never again: empty in a repeat."
    )


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

    @extend_schema(
        parameters=[OPTIONAL_KEY_HEADER],
        request=TokenBody,
        responses={200: IssuedToken, 201: IssuedToken, 409: RefusalShape},
    )
    def post(self, request: Request) -> Response:
        """Asked again with the same key, the token is named and its clear text is not: that is kept nowhere."""
        values, person, key = values_of(TokenBody, request), person_of(request), idempotency_key(request)
        organization = organization_named(person, values["organization"])
        wanted = {"name": values["name"], "scopes": values["scopes"], "days": values["days"]}
        if not key:
            token, clear = tokens.issue_token(person, organization, **wanted)
            return Response({**TokenShape(token).data, "token": clear}, status=201)
        issued: list[str] = []

        def act() -> dict[str, Any]:
            token, clear = tokens.issue_token(person, organization, **wanted)
            issued.append(clear)
            return dict(TokenShape(token).data)

        answer = once(person, key, {"token": values}, act)
        return Response({**answer.body, "token": "".join(issued)}, status=answer.status)


class TokenByUid(APIView):
    permission_classes = (WritesInPerson,)
    token_scope = None

    @extend_schema(responses={204: None})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        """End a token. It stops working within seconds; ending it again changes nothing."""
        person = person_of(request)
        token = access.access(
            person, Token.objects.select_related("user", "organization"), uid, Permission.MANAGE_TOKENS
        )
        tokens.revoke_token(person, token)
        return Response(status=204)
