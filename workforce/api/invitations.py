"""Invitations over HTTP: for those who manage people, a vendor's manager among their own."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workforce import access, idempotency, invitations, people_list
from workforce.api.inputs import idempotency_key
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    KEY_HEADER,
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
from workforce.errors import NotFound
from workforce.models import Invitation, Membership, Person, Team, Token
from workforce.roles import Permission


class InvitationShape(serializers.Serializer[Invitation]):
    """An invitation that nobody has accepted. Its link goes to the address alone."""

    uid = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization.uid")
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    vendor = serializers.UUIDField(source="vendor.uid", allow_null=True, default=None)
    invited_by = serializers.UUIDField(source="invited_by.uid")
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()
    refused_because = serializers.CharField(help_text="Why the last try to accept it was refused.")


class InvitationBody(Body):
    organization = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Membership.Role.choices, default=Membership.Role.MEMBER)
    vendor = serializers.UUIDField(required=False, allow_null=True, help_text="The vendor that the person works for.")
    teams = serializers.ListField(child=serializers.UUIDField(), max_length=50, default=list)


class Invitations(APIView):
    read_scope = token_scope = Token.Scope.PEOPLE

    @extend_schema(
        operation_id="invitations_list",
        parameters=query_parameters(is_list=True),
        responses=page_shape(InvitationShape),
    )
    def get(self, request: Request) -> Response:
        """Those that nobody has accepted or taken back, run out or not."""
        filters_of(request, *PAGING)
        return page_answer(request, invitations.invitations_visible_to(person_of(request)), InvitationShape)

    @extend_schema(
        request=InvitationBody,
        parameters=[KEY_HEADER],
        responses={201: InvitationShape, 200: InvitationShape, 409: RefusalShape},
    )
    def post(self, request: Request) -> Response:
        """Invite one address. The message leaves within seconds; a repeat with the same key sends none."""
        values, person = values_of(InvitationBody, request), person_of(request)

        def act() -> dict[str, object]:
            organization = organization_named(person, values["organization"])
            invitation = invitations.invite_person(
                person,
                organization,
                email=values["email"],
                role=values["role"],
                vendor=_team_named(person, values["vendor"]) if values.get("vendor") else None,
                teams=[_team_named(person, uid) for uid in values["teams"]],
            )
            invitation.refresh_from_db()
            return dict(InvitationShape(invitation).data)

        answer = idempotency.once(person, idempotency_key(request), request.data, act)
        return Response(answer.body, status=answer.status)


class InvitationByUid(APIView):
    read_scope = token_scope = Token.Scope.PEOPLE

    @extend_schema(responses={204: None, 409: RefusalShape})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        """Take it back: its link opens nothing from now on. Doing it again changes nothing."""
        person = person_of(request)
        invitation = access.access(person, Invitation.objects.all(), uid, Permission.MANAGE_PEOPLE)
        invitations.revoke_invitation(person, invitation)
        return Response(status=204)


def _team_named(person: Person, uid: UUID) -> Team:
    """Among those whose people the one who asks manages."""
    team = people_list.teams_to_join(person).filter(uid=uid).first()
    if team is None:
        raise NotFound
    return team
