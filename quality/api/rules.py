"""Quality rules over HTTP: make, try over history, switch on and off, and what they did."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.projects import project_named
from quality import rules, skills
from quality.models import QualityRule, RuleAct
from quality.rules import WouldAct
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    PAGING_PARAMETERS,
    Body,
    RefusalShape,
    filters_of,
    page_answer,
    page_shape,
    person_of,
    values_of,
)
from workforce.models import Token


class QualityRuleShape(serializers.Serializer[QualityRule]):
    uid = serializers.UUIDField()
    name = serializers.CharField()
    collector = serializers.ChoiceField(choices=QualityRule.Collector.choices)
    window = serializers.IntegerField(help_text="The last so many results of a person.")
    least = serializers.IntegerField(help_text="Fewer say nothing.")
    condition = serializers.ChoiceField(choices=QualityRule.Condition.choices)
    bar = serializers.FloatField()
    action = serializers.ChoiceField(choices=QualityRule.Action.choices)
    days = serializers.IntegerField(allow_null=True)
    review_share = serializers.IntegerField()
    skill = serializers.UUIDField(source="skill_name.uid", allow_null=True, default=None)
    skill_value = serializers.IntegerField()
    told = serializers.CharField(help_text="What the person reads.")
    tried_at = serializers.DateTimeField(allow_null=True)
    on_since = serializers.DateTimeField(allow_null=True, help_text="Null: it is off.")


class QualityRuleBody(Body):
    name = serializers.CharField(max_length=100)
    collector = serializers.ChoiceField(choices=QualityRule.Collector.choices)
    window = serializers.IntegerField(min_value=5, max_value=200)
    least = serializers.IntegerField(min_value=5, max_value=200)
    condition = serializers.ChoiceField(choices=QualityRule.Condition.choices)
    bar = serializers.FloatField(min_value=0, max_value=1)
    action = serializers.ChoiceField(choices=QualityRule.Action.choices)
    days = serializers.IntegerField(min_value=1, max_value=365, allow_null=True, required=False)
    review_share = serializers.IntegerField(min_value=0, max_value=100, required=False)
    skill = serializers.UUIDField(required=False)
    skill_value = serializers.IntegerField(min_value=0, max_value=100, required=False)
    told = serializers.CharField(max_length=1000)


class SwitchBody(Body):
    is_on = serializers.BooleanField()


class NoWords(Body):
    """Nothing is said here: the act is the address."""


class EvidenceRow(serializers.Serializer[Any]):
    row = serializers.UUIDField()
    name = serializers.CharField()
    label = serializers.UUIDField()  # type: ignore[assignment]  # the name of a field, not its caption
    value = serializers.FloatField()


class EvidenceShape(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()
    results = EvidenceRow(many=True)


class WouldActShape(serializers.Serializer[Any]):
    person = serializers.UUIDField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    evidence = EvidenceShape()


class DryRunShape(serializers.Serializer[Any]):
    would_have_acted = WouldActShape(many=True)


class ActShape(serializers.Serializer[RuleAct]):
    uid = serializers.UUIDField()
    rule = serializers.UUIDField(source="rule.uid")
    person = serializers.UUIDField(source="person.uid")
    name = serializers.CharField(source="person.name")
    action = serializers.CharField()
    outcome = serializers.ChoiceField(choices=RuleAct.Outcome.choices)
    said = serializers.CharField(help_text="Why it was refused.")
    told = serializers.CharField()
    evidence = EvidenceShape()
    acted_at = serializers.DateTimeField()


class RulesOfProject(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="quality_rules_list", parameters=[*PAGING_PARAMETERS], responses=page_shape(QualityRuleShape)
    )
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        return page_answer(request, rules.rules_of(person_of(request), project_named(request, uid)), QualityRuleShape)

    @extend_schema(request=QualityRuleBody, responses={201: QualityRuleShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        """A rule is off until it was tried and switched on."""
        project = project_named(request, uid)
        values = _values(values_of(QualityRuleBody, request), project.organization_id)
        return Response(QualityRuleShape(rules.make_rule(person_of(request), project, **values)).data, status=201)


class RuleByUid(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(request=QualityRuleBody(partial=True), responses={200: QualityRuleShape, 409: RefusalShape})
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        """What changed was not tried: the rule is off until it is tried and switched on again."""
        rule = rules.rule_to_change(person_of(request), uid)
        values = _values(values_of(QualityRuleBody, request, partial=True), rule.project.organization_id)
        return Response(QualityRuleShape(rules.change_rule(person_of(request), rule, **values)).data)

    @extend_schema(responses={204: None})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        """Take it away. What it did stays on record."""
        rules.retire_rule(person_of(request), rules.rule_to_change(person_of(request), uid))
        return Response(status=204)


class TryRule(APIView):
    """The dry run over the whole history. Nothing is done."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=NoWords, responses={200: DryRunShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoWords, request)
        found = rules.try_rule(person_of(request), rules.rule_to_change(person_of(request), uid))
        return Response({"would_have_acted": [_document(one) for one in found]})


class SwitchRule(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(request=SwitchBody, responses={200: QualityRuleShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        rule, is_on = rules.rule_to_change(person_of(request), uid), values_of(SwitchBody, request)["is_on"]
        switch = rules.switch_on if is_on else rules.switch_off
        return Response(QualityRuleShape(switch(person_of(request), rule)).data)


class ActsOfRules(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(operation_id="rule_acts_list", parameters=[*PAGING_PARAMETERS], responses=page_shape(ActShape))
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        return page_answer(request, rules.acts_visible_to(person_of(request), project_named(request, uid)), ActShape)


def _values(values: dict[str, Any], organization: int) -> dict[str, Any]:
    if "skill" in values:
        values["skill_name"] = skills.skill_named(organization, values.pop("skill"))
    return values


def _document(one: WouldAct) -> dict[str, Any]:
    return {
        "person": str(one.person.uid),
        "name": one.person.name,
        "at": one.at.isoformat(),
        "evidence": one.evidence,
    }
