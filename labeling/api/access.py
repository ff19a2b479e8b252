"""Access over HTTP: grants of a project, those to look at again, and why somebody may do what they may."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import access_explained, class_shares, day_limits, project_access, recertification
from labeling.api.projects import project_named
from labeling.models import Project
from labeling.project_access import Grant
from workforce import access
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
    organization_named,
    page_shape,
    person_of,
    query_parameters,
    uid_filter,
    values_of,
)
from workforce.errors import InvalidInput, NotFound
from workforce.models import Person, Team, Token
from workforce.roles import PROJECT_ROLE_CHOICES, Permission, Scope

OF = ["people", "teams"]


class ReceiverShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["person", "internal", "vendor"])
    uid = serializers.UUIDField()
    name = serializers.CharField()


class GrantShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    project = serializers.UUIDField()
    receiver = ReceiverShape()
    role = serializers.ChoiceField(choices=PROJECT_ROLE_CHOICES)
    granted_by = serializers.CharField()
    granted_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    kept_by = serializers.CharField(allow_null=True, help_text="Who looked at it again and kept it.")
    kept_at = serializers.DateTimeField(allow_null=True)


# One shape for both lists: the description names it once.
GRANT_PAGE = page_shape(GrantShape)


class GrantBody(Body):
    """One of ``person`` and ``team``. Without ``expires_at`` a vendor's grant ends by itself, ours does not."""

    person = serializers.UUIDField(allow_null=True, default=None)
    team = serializers.UUIDField(allow_null=True, default=None)
    role = serializers.ChoiceField(choices=PROJECT_ROLE_CHOICES)
    expires_at = serializers.DateTimeField(allow_null=True, required=False, help_text="Null: without end.")


class KeepBody(Body):
    days = serializers.IntegerField(
        min_value=1,
        max_value=project_access.MOST_DAYS,
        default=project_access.VENDOR_DAYS,
        help_text="A grant that ends goes on for so many days from now.",
    )


class LimitBody(Body):
    rows = serializers.IntegerField(
        min_value=1, max_value=day_limits.MOST_ROWS, allow_null=True, help_text="Rows a day; null: no limit."
    )


class LimitShape(serializers.Serializer[Any]):
    rows = serializers.IntegerField(allow_null=True)


class ShareBody(Body):
    percent = serializers.IntegerField(
        min_value=1, max_value=99, allow_null=True, help_text="Of the labels of any one class; null: no limit."
    )
    counts_from = serializers.IntegerField(
        min_value=1,
        max_value=class_shares.MOST_COUNTS_FROM,
        default=class_shares.COUNTS_FROM,
        help_text="A class with fewer labels is not asked about.",
    )


class SourceShape(serializers.Serializer[Any]):
    role = serializers.CharField(help_text="Such as `labeler`; those of the organization too.")
    source = serializers.CharField()  # type: ignore[assignment]  # the name of a field, not where it comes from
    counts = serializers.BooleanField()
    why_not = serializers.CharField(allow_blank=True)


class PermitShape(serializers.Serializer[Any]):
    permission = serializers.CharField()
    scope = serializers.ChoiceField(choices=[(scope.value, scope.value) for scope in Scope], allow_null=True)
    through = serializers.ListField(child=serializers.CharField())


class FactShape(serializers.Serializer[Any]):
    title = serializers.CharField()
    counts = serializers.BooleanField()
    text = serializers.CharField()


class ExplanationShape(serializers.Serializer[Any]):
    person = serializers.UUIDField()
    project = serializers.UUIDField(allow_null=True)
    facts = FactShape(many=True)
    roles = SourceShape(many=True)
    permissions = PermitShape(many=True)
    pictures = serializers.CharField(allow_blank=True, help_text="Which pictures of the project are served.")


class GrantsOfProject(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="grants_list",
        parameters=[choice_parameter("of", OF), *PAGING_PARAMETERS],
        responses=GRANT_PAGE,
    )
    def get(self, request: Request, uid: str) -> Response:
        filters = filters_of(request, "of", *PAGING)
        project = _managed(request, uid)
        found = recertification.grants_to_manage(person_of(request), of_teams=_of_teams(filters))
        return _page(request, found.filter(content_object=project))

    @extend_schema(request=GrantBody, responses={201: GrantShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        project, values = project_named(request, uid), values_of(GrantBody, request)
        ends: Any = values.get("expires_at", project_access.Ends.BY_DEFAULT)
        grant = project_access.grant_role(
            person_of(request), project, _receiver(project, values), role=values["role"], expires_at=ends
        )
        grant.refresh_from_db()
        return Response(_document(grant), status=201)


class GrantByUid(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={204: None, 409: RefusalShape})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        grant = _grant_named(request, uid)
        project_access.revoke_role(person_of(request), grant.content_object, project_access.receiver_of(grant))
        return Response(status=204)


class KeepGrant(APIView):
    """Say that a grant was looked at again and stays."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=KeepBody, responses={200: GrantShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values, grant = values_of(KeepBody, request), _grant_named(request, uid)
        project_access.keep_grant(person_of(request), grant, days=values["days"])
        return Response(_document(_grant_named(request, uid)))


class GrantsDue(APIView):
    """Grants that nobody looked at for ``days``, or that end within a month."""

    @extend_schema(
        operation_id="grants_due_list",
        parameters=[choice_parameter("of", OF), *query_parameters("organization", "days", is_list=True)],
        responses={200: GRANT_PAGE, 404: RefusalShape},
    )
    def get(self, request: Request) -> Response:
        filters = filters_of(request, "organization", "of", "days", *PAGING)
        place = organization_named(person_of(request), uid_filter("organization", filters.get("organization", "")))
        days = filters.get("days", str(recertification.LOOK_AGAIN_DAYS))
        if not days.isdecimal() or not 1 <= int(days[:9]) <= project_access.MOST_DAYS:
            raise InvalidInput("filter_invalid", "days is a whole number.", filter="days")
        found = recertification.grants_due(person_of(request), place, of_teams=_of_teams(filters), days=int(days))
        return _page(request, found)


class DayLimit(APIView):
    """How many rows a day a person may do in the project."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=LimitBody, responses={200: LimitShape, 409: RefusalShape})
    @repeatable
    def put(self, request: Request, uid: str, person_uid: str) -> Response:
        project, values = _managed(request, uid), values_of(LimitBody, request)
        day_limits.set_day_limit(person_of(request), project, _member(project, person_uid), values["rows"])
        return Response({"rows": values["rows"]})


class ShareLimit(APIView):
    """How much of any class of the project may come from a person: rows known to hold more of it go to others."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=ShareBody, responses={200: ShareBody, 409: RefusalShape})
    @repeatable
    def put(self, request: Request, uid: str, person_uid: str) -> Response:
        project, values = _managed(request, uid), values_of(ShareBody, request)
        class_shares.set_share_limit(person_of(request), project, _member(project, person_uid), **values)
        return Response(values)


class ExplainAccess(APIView):
    """Why ``person`` may do what they may on ``project``, or without one in the organization."""

    @extend_schema(
        operation_id="access_explain",
        parameters=query_parameters("person", "project"),
        responses={200: ExplanationShape, 404: RefusalShape},
    )
    def get(self, request: Request) -> Response:
        filters = filters_of(request, "person", "project")
        person = uid_filter("person", filters.get("person", ""))
        project = _managed(request, uid_filter("project", filters["project"])) if "project" in filters else None
        member = access_explained.member_to_explain(person_of(request), project, str(person))
        found = access_explained.explain(member, project)
        return Response(
            {
                "person": str(member.person.uid),
                "project": project and str(project.uid),
                "facts": [{"title": one.title, "counts": one.counts, "text": one.text} for one in found.lines],
                "roles": [
                    {"role": one.role, "source": one.source, "counts": not one.why_not, "why_not": one.why_not}
                    for one in found.sources
                ],
                "permissions": [
                    {"permission": one.permission, "scope": one.scope, "through": list(one.through)}
                    for one in found.permits
                ],
                "pictures": access_explained.PICTURE_WORDS[found.pictures],
            }
        )


def _managed(request: Request, uid: str | UUID) -> Project:
    return access.access(
        person_of(request), Project.objects.select_related("organization"), uid, Permission.MANAGE_ACCESS
    )


def _member(project: Project, uid: str) -> Person:
    found = project_access.member_named(project, uid)
    if found is None:
        raise NotFound
    return found.person


def _of_teams(filters: dict[str, str]) -> bool:
    return choice_filter("of", filters.get("of", "people"), OF) == "teams"


def _grant_named(request: Request, uid: str) -> Any:
    """A grant on a project whose access the caller manages; any other is not there."""
    for of_teams in (False, True):
        found = recertification.grants_to_manage(person_of(request), of_teams=of_teams).filter(uid=uid).first()
        if found is not None:
            return found
    raise NotFound


def _receiver(project: Project, values: dict[str, Any]) -> Person | Team:
    kinds = [kind for kind in ("person", "team") if values[kind] is not None]
    if len(kinds) != 1:
        raise InvalidInput("receiver_wanted", "Name one person or one team.", path="person")
    found = project_access.receiver_named(project, kinds[0], str(values[kinds[0]]))
    if found is None:
        raise NotFound
    return found


def _page(request: Request, grants: Any) -> Response:
    page = page_by_key(request, grants)
    return Response({"results": [_document(one) for one in page.rows], "next_cursor": page.next_cursor})


def _document(grant: Grant) -> dict[str, Any]:
    receiver = project_access.receiver_of(grant)
    return {
        "uid": str(grant.uid),
        "project": str(grant.content_object.uid),
        "receiver": {
            "kind": receiver.kind if isinstance(receiver, Team) else "person",
            "uid": str(receiver.uid),
            "name": receiver.name,
        },
        "role": grant.role,
        "granted_by": grant.granted_by.name,
        "granted_at": grant.granted_at.isoformat(),
        "expires_at": grant.expires_at and grant.expires_at.isoformat(),
        "kept_by": grant.kept_by and grant.kept_by.name,
        "kept_at": grant.kept_at and grant.kept_at.isoformat(),
    }
