"""Templates of projects over HTTP: make, read, retire, and start a project from one."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import project_access, project_templates
from labeling.api.guidelines import RuleBody
from labeling.api.projects import STARTING, ProjectShape, project_named
from labeling.models import Dataset, Ontology, Project, ProjectTemplate
from labeling.models.projects import MOST_EXTRA
from labeling.projects import ProjectSettings
from workforce import access
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    PAGING_PARAMETERS,
    Body,
    RefusalShape,
    filters_of,
    organization_named,
    page_answer,
    page_shape,
    person_of,
    values_of,
)
from workforce.errors import InvalidInput
from workforce.models import Token
from workforce.roles import PROJECT_ROLE_CHOICES, Permission


class SettingsShape(Body):
    consensus_share = serializers.IntegerField(min_value=0, max_value=100, required=False)
    consensus_labels = serializers.IntegerField(min_value=2, max_value=50, required=False)
    consensus_threshold = serializers.FloatField(min_value=0, max_value=1, required=False)
    consensus_most_extra = serializers.IntegerField(min_value=0, max_value=MOST_EXTRA, required=False)
    consensus_extra_hours = serializers.FloatField(min_value=0, required=False, allow_null=True)
    consensus_strategy = serializers.ChoiceField(choices=Project.Strategy.choices, required=False)
    consensus_machine_weight = serializers.FloatField(min_value=0, max_value=1, required=False)
    review_share = serializers.IntegerField(min_value=0, max_value=100, required=False)
    review_of = serializers.ChoiceField(choices=Project.ReviewOf.choices, required=False)


class TemplateGrant(Body):
    kind = serializers.ChoiceField(choices=["person", "team"])
    uid = serializers.UUIDField()
    role = serializers.ChoiceField(choices=PROJECT_ROLE_CHOICES)
    days = serializers.IntegerField(
        min_value=1, max_value=project_access.MOST_DAYS, allow_null=True, help_text="Null: without end."
    )


class TemplateRule(serializers.Serializer[Any]):
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)


class PartShape(serializers.Serializer[Any]):
    title = serializers.CharField()
    words = serializers.CharField()


class TemplateShape(serializers.Serializer[ProjectTemplate]):
    uid = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization.uid")
    name = serializers.CharField()
    ontology = serializers.UUIDField(source="ontology.uid")
    settings = SettingsShape(source="quality")
    grants = TemplateGrant(many=True)
    guidelines_text = serializers.CharField(allow_blank=True)
    guidelines_rules = TemplateRule(many=True)
    parts = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    @extend_schema_field(PartShape(many=True))
    def get_parts(self, template: ProjectTemplate) -> list[dict[str, str]]:
        """Settings of benchmarks, rules and supervision that it brings."""
        return [{"title": title, "words": words} for title, words in project_templates.parts_in_words(template)]


class TemplateBody(SettingsShape):
    """Of ``project``, or by hand with ``organization``, ``ontology`` and what else is wanted."""

    name = serializers.CharField(max_length=project_templates.LONGEST_NAME)
    project = serializers.UUIDField(required=False)
    organization = serializers.UUIDField(required=False)
    ontology = serializers.UUIDField(required=False)
    grants = TemplateGrant(many=True, required=False)
    guidelines_text = serializers.CharField(allow_blank=True, required=False)
    guidelines_rules = RuleBody(many=True, required=False)


class StartBody(Body):
    name = serializers.CharField(max_length=150)
    brief = serializers.CharField(max_length=100_000, help_text="What the data is for; labelers read it.")
    dataset = serializers.UUIDField(allow_null=True, default=None, help_text="Its rows become the first batch.")
    batch = serializers.CharField(max_length=150, default=project_templates.FIRST_BATCH)


class LeftOut(serializers.Serializer[Any]):
    who = serializers.CharField()
    why = serializers.CharField()


class StartedShape(serializers.Serializer[Any]):
    project = ProjectShape()
    left_out = LeftOut(many=True, help_text="Roles and settings of the template that could not be given.")


class ProjectTemplates(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="project_templates_list", parameters=[*PAGING_PARAMETERS], responses=page_shape(TemplateShape)
    )
    def get(self, request: Request) -> Response:
        filters_of(request, *PAGING)
        return page_answer(request, project_templates.templates_visible_to(person_of(request)), TemplateShape)

    @extend_schema(request=TemplateBody, responses={201: TemplateShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request) -> Response:
        values, person = values_of(TemplateBody, request), person_of(request)
        if "project" in values:
            if set(values) > {"name", "project"}:
                raise InvalidInput("of_a_project", "A template of a project takes everything from it but the name.")
            project = project_named(request, values["project"])
            template = project_templates.make_template_of(person, project, name=values["name"])
        else:
            template = _by_hand(request, values)
        template.refresh_from_db()
        return Response(TemplateShape(template).data, status=201)


class ProjectTemplateByUid(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: TemplateShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        return Response(TemplateShape(_named(request, uid)).data)

    @extend_schema(responses={204: None})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        project_templates.retire_template(person_of(request), _named(request, uid))
        return Response(status=204)


class ProjectsOfTemplate(APIView):
    """Start a project from a template: its people have their roles, and its rows wait, at once."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=StartBody, responses={201: StartedShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        template, values, person = _named(request, uid), values_of(StartBody, request), person_of(request)
        dataset = None
        if values["dataset"] is not None:
            dataset = access.access(person, Dataset.objects.all(), values["dataset"], Permission.VIEW_DATASET)
        started = project_templates.start_project(
            person,
            template,
            name=values["name"],
            brief=values["brief"],
            dataset=dataset,
            batch_name=values["batch"],
        )
        started.project.refresh_from_db()
        left_out = [{"who": who, "why": why} for who, why in started.left_out]
        return Response({"project": ProjectShape(started.project).data, "left_out": left_out}, status=201)


def _by_hand(request: Request, values: dict[str, Any]) -> ProjectTemplate:
    missing = [name for name in ("organization", "ontology") if name not in values]
    if missing:
        raise InvalidInput("field_wanted", "Name a project, or an organization and an ontology.", path=missing[0])
    person = person_of(request)
    ontology = access.access(person, Ontology.objects.all(), values["ontology"], Permission.VIEW_ONTOLOGY)
    return project_templates.make_template(
        person,
        organization_named(person, values["organization"]),
        name=values["name"],
        ontology=ontology,
        settings=ProjectSettings(**{name: values[name] for name in STARTING if name in values}),
        grants=values.get("grants", ()),
        guidelines_text=values.get("guidelines_text", ""),
        guidelines_rules=values.get("guidelines_rules", ()),
    )


def _named(request: Request, uid: str) -> ProjectTemplate:
    return access.access(
        person_of(request),
        ProjectTemplate.objects.filter(retired_at=None).select_related("organization", "ontology"),
        uid,
        Permission.CREATE_PROJECT,
    )
