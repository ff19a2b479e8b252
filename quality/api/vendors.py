"""The vendor's doors over HTTP, for its manager: own people, shared projects, and what own people have and made there.

People are invited at ``/invitations/`` and ended at ``/people/{uid}/``, their skills are at ``/people/{uid}/skills/``,
their limits at ``/people/{uid}/limits/``, answers at ``/issues/{uid}/comments/``; all of them reach own people only."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import class_shares, day_limits
from labeling.models import Project, Slot
from quality import skills, vendor_limits, vendors
from quality.api.issues import ISSUE_PAGE, issue_documents
from quality.api.performance import PERIOD, PerformanceShape, performance_answer
from quality.models import Issue
from workforce.api.inputs import page_by_key
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    PAGING_PARAMETERS,
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
from workforce.errors import InvalidInput
from workforce.models import Membership, Team, Token

PROJECT_FILTER = OpenApiParameter("project", OpenApiTypes.UUID, description="One of the shared projects.")


class VendorShape(serializers.Serializer[Team]):
    uid = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization.uid")
    organization_name = serializers.CharField(source="organization.name")
    name = serializers.CharField()


class SkillInForce(serializers.Serializer[Any]):
    skill = serializers.UUIDField()
    name = serializers.CharField()
    value = serializers.IntegerField()
    noted_on = serializers.DateField()


class VendorPersonShape(serializers.Serializer[Any]):
    """A member; ``uid`` is that of the membership, ``person`` the one that figures and labels name."""

    uid = serializers.UUIDField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    skills = SkillInForce(many=True)


class SharedProjectShape(serializers.Serializer[Project]):
    uid = serializers.UUIDField()
    name = serializers.CharField()
    brief = serializers.CharField()
    state = serializers.ChoiceField(choices=Project.State.choices)
    role = serializers.CharField(source="shared_role", help_text="What the vendor's people are there.")
    shared_until = serializers.DateTimeField(allow_null=True)


class QueueOfProject(serializers.Serializer[Any]):
    project = serializers.UUIDField(source="project.uid")
    name = serializers.CharField(source="project.name")
    in_hand = serializers.IntegerField()
    came_back = serializers.IntegerField()
    done_today = serializers.IntegerField()


class QueueShape(serializers.Serializer[Any]):
    projects = QueueOfProject(many=True)


class OwnVersion(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    ontology_version = serializers.IntegerField(source="ontology_version.number")
    payload = serializers.JSONField()
    active_seconds = serializers.FloatField(allow_null=True)
    made_at = serializers.DateTimeField()


class VendorLabelShape(serializers.Serializer[Any]):
    """A label of one of the vendor's people, as its maker wrote it last."""

    uid = serializers.UUIDField()
    project = serializers.UUIDField(source="project.uid")
    row = serializers.UUIDField(source="project_row.uid")
    external_id = serializers.CharField(source="project_row.data_row.external_id")
    labeler = serializers.UUIDField(source="labeler.uid")
    labeler_name = serializers.CharField(source="labeler.name")
    state = serializers.ChoiceField(choices=Slot.State.choices, source="slot.state")
    was_fixed = serializers.SerializerMethodField(help_text="A reviewer wrote a newer version.")
    version = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_was_fixed(self, label: Any) -> bool:
        return not label.own or label.own[-1].number < label.last_version

    @extend_schema_field(OwnVersion(allow_null=True))
    def get_version(self, label: Any) -> Any:
        return OwnVersion(label.own[-1]).data if label.own else None


class LimitsShape(serializers.Serializer[Any]):
    """What the vendor says of one person on one shared project, and what the project says beside it."""

    project = serializers.UUIDField(source="project.uid")
    name = serializers.CharField(source="project.name")
    rows = serializers.IntegerField(allow_null=True, help_text="Rows a day; null: no limit.")
    percent = serializers.IntegerField(allow_null=True, help_text="Of any one class; null: no limit.")
    counts_from = serializers.IntegerField(allow_null=True)
    project_rows = serializers.IntegerField(allow_null=True, help_text="The project's own; the lower one counts.")
    project_percent = serializers.IntegerField(allow_null=True)


class LimitsBody(Body):
    """Both limits; null takes one away."""

    project = serializers.UUIDField()
    rows = serializers.IntegerField(min_value=1, max_value=day_limits.MOST_ROWS, allow_null=True)
    percent = serializers.IntegerField(min_value=1, max_value=99, allow_null=True)
    counts_from = serializers.IntegerField(
        min_value=1,
        max_value=class_shares.MOST_COUNTS_FROM,
        default=class_shares.COUNTS_FROM,
        help_text="A class with fewer labels is not asked about.",
    )


class Vendors(APIView):
    """The vendors that the caller manages; one, as a rule."""

    @extend_schema(
        operation_id="vendors_list", parameters=query_parameters(is_list=True), responses=page_shape(VendorShape)
    )
    def get(self, request: Request) -> Response:
        filters_of(request, *PAGING)
        return page_answer(request, vendors.vendors_of(person_of(request)), VendorShape)


class PeopleOfVendor(APIView):
    read_scope = Token.Scope.PEOPLE

    @extend_schema(parameters=query_parameters(is_list=True), responses=page_shape(VendorPersonShape))
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        person = person_of(request)
        page = page_by_key(request, vendors.people_of(person, vendors.vendor_for(person, uid)))
        return Response({"results": _people(page.rows), "next_cursor": page.next_cursor})


class LimitsOfPerson(APIView):
    """The limits of one of the vendor's people on each shared project, set by the vendor's manager."""

    read_scope = token_scope = Token.Scope.PEOPLE

    @extend_schema(
        operation_id="people_limits_list",
        parameters=query_parameters(is_list=True),
        responses=page_shape(LimitsShape),
    )
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        person = person_of(request)
        member = vendors.member_for(person, uid)
        page = page_by_key(request, vendors.projects_of(person, vendor_limits.vendor_of(member)))
        told = LimitsShape(vendor_limits.limits_on(member, page.rows), many=True).data
        return Response({"results": told, "next_cursor": page.next_cursor})

    @extend_schema(request=LimitsBody, responses={200: LimitsShape, 409: RefusalShape})
    @repeatable
    def put(self, request: Request, uid: str) -> Response:
        values, person = values_of(LimitsBody, request), person_of(request)
        member, project = vendors.member_for(person, uid), str(values.pop("project"))
        return Response(LimitsShape(vendor_limits.set_limits(person, member, project, **values)).data)


class ProjectsOfVendor(APIView):
    """The projects that are shared with the vendor now."""

    @extend_schema(parameters=query_parameters(is_list=True), responses=page_shape(SharedProjectShape))
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        person = person_of(request)
        return page_answer(request, vendors.projects_of(person, vendors.vendor_for(person, uid)), SharedProjectShape)


class QueueOfVendor(APIView):
    """Of each shared project: rows that own people hold, rows that came back to them, rows they submitted today."""

    @extend_schema(responses={200: QueueShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        person = person_of(request)
        figures = vendors.queue_figures(person, vendors.vendor_for(person, uid))
        return Response(QueueShape({"projects": figures}).data)


class LabelsOfVendor(APIView):
    """Labels that own people made on shared projects, newest first."""

    @extend_schema(
        parameters=[PROJECT_FILTER, choice_parameter("state", Slot.State.values), *PAGING_PARAMETERS],
        responses=page_shape(VendorLabelShape),
    )
    def get(self, request: Request, uid: str) -> Response:
        given, person = filters_of(request, "project", "state", *PAGING), person_of(request)
        vendor = vendors.vendor_for(person, uid)
        project = vendors.project_for(person, vendor, given["project"]) if "project" in given else None
        found = vendors.labels_of(person, vendor, project)
        if "state" in given:
            found = found.filter(slot__state=choice_filter("state", given["state"], Slot.State.values))
        return page_answer(request, found, VendorLabelShape)


class PerformanceOfVendor(APIView):
    """Figures of own people on a shared project, with n and interval; benchmark figures of finished days only."""

    @extend_schema(
        parameters=[OpenApiParameter("project", OpenApiTypes.UUID, required=True), *PERIOD],
        responses={200: PerformanceShape},
    )
    def get(self, request: Request, uid: str) -> Response:
        given, person = filters_of(request, "project", "since", "until", "unit"), person_of(request)
        vendor = vendors.vendor_for(person, uid)
        if "project" not in given:
            raise InvalidInput("project_wanted", "Say which project: ?project=<uid>.", path="project")
        project = vendors.project_for(person, vendor, given["project"])
        return performance_answer(request, project, {**given, "team": vendor.name})


class IssuesOfVendor(APIView):
    """What own people asked on shared projects, newest first. Who answers from outside is the project team."""

    @extend_schema(
        parameters=[choice_parameter("state", Issue.State.values), *PAGING_PARAMETERS],
        responses={200: ISSUE_PAGE},
    )
    def get(self, request: Request, uid: str) -> Response:
        given, person = filters_of(request, "state", *PAGING), person_of(request)
        found = vendors.issues_of(person, vendors.vendor_for(person, uid), state=given.get("state", ""))
        page = page_by_key(request, found)
        return Response({"results": issue_documents(person, page.rows), "next_cursor": page.next_cursor})


def _people(members: list[Membership]) -> list[dict[str, Any]]:
    known = skills.skills_of_members(members)
    return [
        {
            "uid": str(member.uid),
            "person": str(member.person.uid),
            "name": member.person.name,
            "email": member.person.email,
            "role": member.role,
            "is_active": member.is_active,
            "created_at": member.created_at.isoformat(),
            "skills": [
                {
                    "skill": str(one.skill_name.uid),
                    "name": one.skill_name.name,
                    "value": one.value,
                    "noted_on": one.noted_on.isoformat(),
                }
                for one in known[member.pk]
            ],
        }
        for member in members
    ]
