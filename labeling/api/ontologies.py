"""Ontologies and their versions over HTTP."""

from django.db.models import Max
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import ontologies
from labeling.models import Ontology, OntologyVersion
from workforce import access
from workforce.api.repeats import repeatable
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


class OntologyShape(serializers.Serializer[Ontology]):
    uid = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization.uid")
    name = serializers.CharField()
    newest_version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class VersionShape(serializers.Serializer[OntologyVersion]):
    """One version of an ontology, with the document that labels of it are checked against."""

    uid = serializers.UUIDField(source="ontology.uid")
    organization = serializers.UUIDField(source="ontology.organization.uid")
    name = serializers.CharField(source="ontology.name")
    version = serializers.IntegerField(source="number")
    document = serializers.JSONField()
    made_at = serializers.DateTimeField()


class VersionBody(Body):
    document = serializers.JSONField()


class OntologyBody(VersionBody):
    organization = serializers.UUIDField()
    name = serializers.CharField(max_length=150)


class Ontologies(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="ontologies_list", parameters=query_parameters(is_list=True), responses=page_shape(OntologyShape)
    )
    def get(self, request: Request) -> Response:
        filters_of(request, *PAGING)
        found = access.visible_to(
            person_of(request), Ontology.objects.select_related("organization"), Permission.VIEW_ONTOLOGY
        )
        return page_answer(request, found.annotate(newest_version=Max("versions__number")), OntologyShape)

    @extend_schema(request=OntologyBody, responses={201: VersionShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request) -> Response:
        values, person = values_of(OntologyBody, request), person_of(request)
        organization = organization_named(person, values["organization"])
        version = ontologies.create_ontology(person, organization, name=values["name"], document=values["document"])
        version.refresh_from_db()
        return Response(VersionShape(version).data, status=201)


class OntologyByUid(APIView):
    @extend_schema(
        operation_id="ontology_newest_or_version",
        parameters=query_parameters("version"),
        responses={200: VersionShape},
    )
    def get(self, request: Request, uid: str) -> Response:
        """The newest version, or the one that ``version`` names."""
        filters = filters_of(request, "version")
        return Response(VersionShape(ontologies.version_of(ontology_named(request, uid), filters.get("version"))).data)


class VersionsOfOntology(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(request=VersionBody, responses={201: VersionShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        ontology = ontology_named(request, uid)
        values = values_of(VersionBody, request)
        version = ontologies.revise_ontology(person_of(request), ontology, document=values["document"])
        version.refresh_from_db()
        return Response(VersionShape(version).data, status=201)


def ontology_named(request: Request, uid: str) -> Ontology:
    return access.access(
        person_of(request), Ontology.objects.select_related("organization"), uid, Permission.VIEW_ONTOLOGY
    )
