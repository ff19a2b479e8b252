"""People over HTTP: members of an organization, for a vendor's manager the own people."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from workforce import access, organizations, people_list
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    Body,
    RefusalShape,
    choice_filter,
    choice_parameter,
    filters_of,
    page_answer,
    page_shape,
    person_of,
    query_parameters,
    values_of,
)
from workforce.models import Membership, Token
from workforce.roles import Permission

STATES = {"active": True, "inactive": False}


class MemberShape(serializers.Serializer[Membership]):
    """A person in an organization; ``uid`` is that of the membership."""

    uid = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization.uid")
    person = serializers.UUIDField(source="person.uid")
    name = serializers.CharField(source="person.name")
    email = serializers.EmailField(source="person.email", allow_null=True)
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    vendor = serializers.UUIDField(source="vendor.uid", allow_null=True, default=None)
    is_active = serializers.BooleanField()
    left_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class MemberBody(Body):
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    is_active = serializers.BooleanField()


class People(APIView):
    read_scope = Token.Scope.PEOPLE

    @extend_schema(
        operation_id="people_list",
        parameters=[choice_parameter("state", STATES), *query_parameters(is_list=True)],
        responses=page_shape(MemberShape),
    )
    def get(self, request: Request) -> Response:
        """Memberships, the ended ones too, of whom the person who asks may view."""
        filters = filters_of(request, "state", *PAGING)
        members = people_list.members_visible_to(person_of(request))
        if "state" in filters:
            members = members.filter(is_active=STATES[choice_filter("state", filters["state"], list(STATES))])
        return page_answer(request, members, MemberShape)


class MemberByUid(APIView):
    read_scope = token_scope = Token.Scope.PEOPLE

    @extend_schema(operation_id="people_retrieve", responses=MemberShape)
    def get(self, request: Request, uid: str) -> Response:
        return Response(MemberShape(_member(request, uid, Permission.VIEW_PEOPLE)).data)

    @extend_schema(request=MemberBody, responses={200: MemberShape, 409: RefusalShape})
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        """Change the role, deactivate or activate. What is not named stays; doing it again changes nothing more."""
        values = values_of(MemberBody, request, partial=True)
        member = _member(request, uid, Permission.MANAGE_PEOPLE)
        return Response(MemberShape(organizations.change_membership(person_of(request), member, **values)).data)


def _member(request: Request, uid: str, permission: Permission) -> Membership:
    return access.access(
        person_of(request), Membership.objects.select_related("person", "organization", "vendor"), uid, permission
    )
