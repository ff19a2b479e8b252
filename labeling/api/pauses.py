"""Pauses over HTTP: who gets no new row of a project, since when and why."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import pauses, project_access
from labeling.api.projects import project_named
from labeling.models import Pause
from workforce import access
from workforce.api.inputs import page_by_key
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    PAGING_PARAMETERS,
    Body,
    RefusalShape,
    filters_of,
    page_shape,
    person_of,
    values_of,
)
from workforce.errors import NotFound
from workforce.models import Person, Token
from workforce.roles import Permission


class PausedPerson(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    name = serializers.CharField()


class PauseShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    person = PausedPerson()
    reason = serializers.CharField(help_text="For those who run the project.")
    told = serializers.CharField(help_text="What the person reads.")
    paused_by = serializers.CharField()
    paused_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null: until somebody ends it.")
    resumed_at = serializers.DateTimeField(allow_null=True)


class PauseBody(Body):
    person = serializers.UUIDField()
    reason = serializers.CharField(max_length=pauses.LONGEST_WORDS)
    told = serializers.CharField(max_length=pauses.LONGEST_WORDS)
    ends_at = serializers.DateTimeField(allow_null=True, default=None)


class NoWords(Body):
    """Nothing is said here: the act is the address."""


class PausesOfProject(APIView):
    """Pauses of those whom the caller may pause. A new one takes the place of the person's earlier one."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(operation_id="pauses_list", parameters=[*PAGING_PARAMETERS], responses=page_shape(PauseShape))
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        project = project_named(request, uid)
        page = page_by_key(request, pauses.pauses_visible_to(person_of(request), project))
        return Response({"results": [_document(one) for one in page.rows], "next_cursor": page.next_cursor})

    @extend_schema(request=PauseBody, responses={201: PauseShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        project, values = project_named(request, uid), values_of(PauseBody, request)
        person = project_access.receiver_named(project, "person", str(values.pop("person")))
        if not isinstance(person, Person):
            raise NotFound
        pause = pauses.pause_person(person_of(request), project, person, **values)
        pause.refresh_from_db()
        return Response(_document(pause), status=201)


class Resume(APIView):
    """End a pause. Asked again, nothing more happens."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=NoWords, responses={200: PauseShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoWords, request)
        pause = access.access(person_of(request), Pause.objects.all(), uid, Permission.PAUSE_PERSON)
        return Response(_document(pauses.resume_person(person_of(request), pause)))


def _document(pause: Pause) -> dict[str, Any]:
    def told(at: datetime | None) -> str | None:
        return at.isoformat() if at else None

    return {
        "uid": str(pause.uid),
        "person": {"uid": str(pause.person.uid), "name": pause.person.name},
        "reason": pause.reason,
        "told": pause.told,
        "paused_by": pause.paused_by.name,
        "paused_at": told(pause.paused_at),
        "ends_at": told(pause.ends_at),
        "resumed_at": told(pause.resumed_at),
    }
