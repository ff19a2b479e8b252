"""Guidelines over HTTP: read the newest version, publish the next, say that they were read."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import guidelines
from labeling.api.projects import project_named
from labeling.models import GuidelineVersion
from workforce import names
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
from workforce.models import Token

LARGEST_NUMBER = 2**31 - 1


class GuidelineRule(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    number = serializers.IntegerField(help_text="Given once; the same rule keeps it through versions.")
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True, help_text="Markdown.")


class GuidelineShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    text = serializers.CharField(help_text="Markdown.")
    rules = GuidelineRule(many=True)
    author = serializers.CharField()
    made_at = serializers.DateTimeField()


class OwnGuidelineShape(GuidelineShape):
    is_read = serializers.BooleanField(help_text="Whether the caller has said that they have read this version.")


class RuleBody(Body):
    uid = serializers.UUIDField(allow_null=True, default=None, help_text="Of an earlier rule; left out for a new one.")
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True, default="")


class GuidelineBody(Body):
    text = serializers.CharField(help_text="Markdown.")
    rules = RuleBody(many=True, default=list)
    after = serializers.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, help_text="The version that was edited; 0 for the first."
    )


class ReadBody(Body):
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)


class GuidelinesOfProject(APIView):
    """The newest version. A project without guidelines answers 404."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: OwnGuidelineShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        project, person = project_named(request, uid), person_of(request)
        version = guidelines.newest_version(project)
        if version is None:
            raise NotFound
        author = guidelines.author_of(version, project, person)
        return Response({**_document(version, author), "is_read": guidelines.has_read(person, version)})

    @extend_schema(request=GuidelineBody, responses={201: GuidelineShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        project, values = project_named(request, uid), values_of(GuidelineBody, request)
        rules = [{**rule, "uid": str(rule["uid"] or "")} for rule in values["rules"]]
        version = guidelines.publish_version(
            person_of(request), project, text=values["text"], rules=rules, after=values["after"]
        )
        version.refresh_from_db()
        return Response(_document(version, version.author.name), status=201)


class VersionsOfGuidelines(APIView):
    @extend_schema(parameters=[*PAGING_PARAMETERS], responses=page_shape(GuidelineShape))
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        project, person = project_named(request, uid), person_of(request)
        page = page_by_key(request, guidelines.versions_of(project))
        unnamed = names.unnamed_to(person, ((project.organization_id, one.author_id) for one in page.rows))
        told = [
            _document(one, names.PROJECT_TEAM if one.author_id in unnamed else one.author.name) for one in page.rows
        ]
        return Response({"results": told, "next_cursor": page.next_cursor})


class Acknowledge(APIView):
    """Say that the newest version was read. Asked again, nothing more happens."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=ReadBody, responses={200: OwnGuidelineShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(ReadBody, request)
        project, person = project_named(request, uid), person_of(request)
        version = guidelines.acknowledge(person, project, values["version"])
        return Response({**_document(version, guidelines.author_of(version, project, person)), "is_read": True})


def _document(version: GuidelineVersion, author: str) -> dict[str, Any]:
    return {
        "version": version.number,
        "text": version.text,
        "rules": version.rules,
        "author": author,
        "made_at": version.made_at.isoformat(),
    }
