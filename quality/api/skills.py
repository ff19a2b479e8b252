"""Skills over HTTP: the words, a member's values, many at once from a CSV, and what a project asks for."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import projects_list
from labeling.models import Project
from quality import computed_skills, skill_files, skills
from quality.models import MinimumSkill, Skill, SkillName, SkillSource
from workforce import access
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
from workforce.idempotency import once
from workforce.models import Membership, Token
from workforce.roles import Permission


class SkillNameShape(serializers.Serializer[SkillName]):
    uid = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization.uid")
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class SkillNameBody(Body):
    organization = serializers.UUIDField()
    name = serializers.CharField(max_length=skills.LONGEST_NAME)


class SkillShape(serializers.Serializer[Skill]):
    uid = serializers.UUIDField()
    skill = serializers.UUIDField(source="skill_name.uid")
    name = serializers.CharField(source="skill_name.name")
    value = serializers.IntegerField()
    evidence = serializers.CharField()
    noted_on = serializers.DateField()
    origin = serializers.ChoiceField(choices=Skill.Source.choices, source="source")
    set_at = serializers.DateTimeField()


class SkillBody(Body):
    skill = serializers.UUIDField(help_text="Of a word of the organization.")
    value = serializers.IntegerField(help_text="0 to 100.")
    evidence = serializers.CharField(max_length=skills.LONGEST_EVIDENCE, help_text="What shows it.")
    noted_on = serializers.DateField(required=False, help_text="Today when left out.")


class SkillFileBody(Body):
    organization = serializers.UUIDField()
    file = serializers.FileField(
        allow_empty_file=True, help_text=f"CSV in UTF-8 with the columns {', '.join(skill_files.COLUMNS)}."
    )


class RefusedRowShape(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    column = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class SkillReportShape(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    already_there = serializers.IntegerField()
    refused = RefusedRowShape(many=True)


class MinimumShape(serializers.Serializer[MinimumSkill]):
    uid = serializers.UUIDField()
    skill = serializers.UUIDField(source="skill_name.uid")
    name = serializers.CharField(source="skill_name.name")
    value = serializers.IntegerField()
    batch = serializers.UUIDField(source="batch.uid", allow_null=True, default=None)
    set_at = serializers.DateTimeField()


class MinimumBody(Body):
    skill = serializers.UUIDField()
    value = serializers.IntegerField(help_text="1 to 100.")
    batch = serializers.UUIDField(required=False, help_text="The whole project when left out.")


class SkillNames(APIView):
    token_scope = Token.Scope.PEOPLE

    @extend_schema(
        operation_id="skill_names_list", parameters=query_parameters(is_list=True), responses=page_shape(SkillNameShape)
    )
    def get(self, request: Request) -> Response:
        filters_of(request, *PAGING)
        return page_answer(request, skills.skill_names_for(person_of(request)), SkillNameShape)

    @extend_schema(request=SkillNameBody, responses={201: SkillNameShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request) -> Response:
        values, person = values_of(SkillNameBody, request), person_of(request)
        made = skills.add_skill_name(person, organization_named(person, values["organization"]), values["name"])
        made.refresh_from_db()
        return Response(SkillNameShape(made).data, status=201)


class SkillsOfMember(APIView):
    """Every value of a member, newest first; the newest of each skill is in force."""

    read_scope = token_scope = Token.Scope.PEOPLE

    @extend_schema(parameters=query_parameters(is_list=True), responses=page_shape(SkillShape))
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        return page_answer(request, skills.history_of(_member(request, uid, Permission.VIEW_PEOPLE)), SkillShape)

    @extend_schema(
        operation_id="people_skills_set",
        parameters=[KEY_HEADER],
        request=SkillBody,
        responses={200: SkillShape, 201: SkillShape},
    )
    def post(self, request: Request, uid: str) -> Response:
        member = _member(request, uid, Permission.MANAGE_PEOPLE)
        values, person = values_of(SkillBody, request), person_of(request)
        answer = once(
            person,
            idempotency_key(request),
            {"member": uid, **values},
            lambda: {"skill": _set(request, member, dict(values))},
        )
        skill = skills.history_of(member).get(uid=answer.body["skill"])
        return Response(SkillShape(skill).data, status=answer.status)


class ComputedSkillShape(serializers.Serializer[Any]):
    skill = serializers.UUIDField(source="skill_name.uid")
    name = serializers.CharField(source="skill_name.name")
    value = serializers.IntegerField(help_text="100 × the 5 % bound of the shrunken mean, rounded down.")
    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()
    weight = serializers.FloatField(help_text="What n still weighs after decay.")
    evidence = serializers.DictField(child=serializers.IntegerField(), help_text="Project → results of it.")
    last_result_at = serializers.DateTimeField()
    computed_at = serializers.DateTimeField()


class ComputedSkills(serializers.Serializer[Any]):
    results = ComputedSkillShape(many=True)


class ComputedSkillsOfMember(APIView):
    """What results against gold say of a member. It counts where nobody noted a value of the skill."""

    read_scope = token_scope = Token.Scope.PEOPLE

    @extend_schema(responses={200: ComputedSkills})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        member = _member(request, uid, Permission.VIEW_PEOPLE)
        found = computed_skills.computed_of([member])[member.pk]
        return Response(ComputedSkills({"results": found}).data)


class SourceBody(Body):
    media = serializers.ChoiceField(choices=SkillSource.Media.choices, allow_blank=True, default="")
    feature = serializers.CharField(max_length=64, allow_blank=True, default="", help_text="Empty: whole labels.")
    half_life_days = serializers.IntegerField(min_value=7, max_value=1000, default=90)


class SourceAnswer(serializers.Serializer[Any]):
    people = serializers.IntegerField(help_text="How many have a value now.")


class SourceOfSkill(APIView):
    """Compute a word from results against gold, now and every hour; or no more."""

    token_scope = Token.Scope.PEOPLE

    @extend_schema(request=SourceBody, responses={200: SourceAnswer})
    @repeatable
    def put(self, request: Request, uid: str) -> Response:
        values, person = values_of(SourceBody, request), person_of(request)
        source = computed_skills.Source(**values)
        return Response({"people": computed_skills.compute_from(person, _word(request, uid), source)})

    @extend_schema(responses={204: None})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        computed_skills.compute_no_more(person_of(request), _word(request, uid))
        return Response(status=204)


def _word(request: Request, uid: str) -> SkillName:
    return access.access(
        person_of(request), SkillName.objects.select_related("organization"), uid, Permission.MANAGE_PEOPLE
    )


class SkillFiles(APIView):
    """Takes the good rows and says which others were refused and why. The same file can be sent again."""

    token_scope = Token.Scope.PEOPLE
    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": SkillFileBody}, responses={200: SkillReportShape})
    @repeatable
    def post(self, request: Request) -> Response:
        values, person = values_of(SkillFileBody, request), person_of(request)
        organization = organization_named(person, values["organization"])
        content = values["file"].read(skill_files.MOST_BYTES + 1)
        return Response(asdict(skill_files.import_skills(person, organization, content)))


class MinimumsOfProject(APIView):
    """What a project and its batches ask for. Who has less gets no new row to label."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(parameters=query_parameters(is_list=True), responses=page_shape(MinimumShape))
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        project = access.access(person_of(request), Project.objects.all(), uid, Permission.VIEW_QUEUE)
        return page_answer(request, skills.minimums_of(project), MinimumShape)

    @extend_schema(operation_id="projects_minimum_skills_set", request=MinimumBody, responses={200: MinimumShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        """An earlier minimum of the same skill in the same place is replaced; asked again, nothing more happens."""
        project = access.access(person_of(request), Project.objects.all(), uid, Permission.CHANGE_PROJECT)
        values = values_of(MinimumBody, request)
        batch = projects_list.batch_named(project, str(values["batch"])) if "batch" in values else None
        if "batch" in values and batch is None:
            raise NotFound
        word = skills.skill_named(project.organization_id, values["skill"])
        made = skills.require_skill(person_of(request), project, word, value=values["value"], batch=batch)
        made.refresh_from_db()
        return Response(MinimumShape(made).data)


class MinimumByUid(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={204: None})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        minimum = access.access(person_of(request), MinimumSkill.objects.all(), uid, Permission.CHANGE_PROJECT)
        skills.drop_requirement(person_of(request), minimum)
        return Response(status=204)


def _member(request: Request, uid: str, permission: Permission) -> Membership:
    return access.access(
        person_of(request), Membership.objects.select_related("person", "organization"), uid, permission
    )


def _set(request: Request, member: Membership, values: dict[str, Any]) -> str:
    word = skills.skill_named(member.organization_id, values.pop("skill"))
    return str(skills.set_skill(person_of(request), member, word, **values).uid)
