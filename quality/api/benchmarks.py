"""Benchmarks over HTTP: gold and its versions, how often people meet it, what is contested, accuracy."""

from dataclasses import asdict
from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.projects import project_named
from labeling.api.queue_shapes import PayloadField
from labeling.models import Label, ProjectRow
from quality import accuracy, benchmarks, checks, contests, gold_policy
from quality.api.performance import MeanShape, RateShape
from quality.benchmarks import Accepted
from quality.models import Benchmark, GoldDecision
from workforce import access
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
    uid_filter,
    values_of,
)
from workforce.errors import InvalidInput
from workforce.models import Token
from workforce.roles import Permission


class BenchmarkShape(serializers.Serializer[Benchmark]):
    uid = serializers.UUIDField()
    row = serializers.UUIDField(source="project_row.uid")
    external_id = serializers.CharField(source="project_row.data_row.external_id")
    gold = serializers.UUIDField(source="gold.uid", help_text="The gold label.")
    version = serializers.IntegerField(source="gold.last_version")
    state = serializers.ChoiceField(choices=Benchmark.State.choices)
    made_by = serializers.CharField(source="made_by.name")
    rationale = serializers.CharField()
    contest = serializers.JSONField(help_text="While suspended: the labels that say the same against it.")
    leak = serializers.JSONField(help_text="Signs that its answer is known: `copied`, `suddenly_right`.")
    created_at = serializers.DateTimeField()


class AlternativeBody(Body):
    payload = PayloadField()


class AcceptedBody(Body):
    rationale = serializers.CharField(max_length=benchmarks.LONGEST_RATIONALE, allow_blank=True, default="")
    alternatives = AlternativeBody(many=True, required=False, help_text="Other answers that are right as well.")
    tolerances = serializers.DictField(
        child=serializers.FloatField(),
        required=False,
        help_text="Uid of a class or question → similarity, above 0 and up to 1, from which it is wholly right.",
    )


class GoldBody(AcceptedBody):
    label = serializers.UUIDField(  # type: ignore[assignment]  # the name of a field, not its caption
        required=False, help_text="A label of the row, or `payload`."
    )
    payload = PayloadField(required=False)


class GoldChange(AcceptedBody):
    payload = PayloadField(required=False)


class MovedLabel(serializers.Serializer[Any]):
    label = serializers.UUIDField()  # type: ignore[assignment]  # the name of a field, not its caption
    before = serializers.FloatField(allow_null=True)
    after = serializers.FloatField(allow_null=True)


class ScoreReport(serializers.Serializer[Any]):
    """What a new version of gold moved: scores that count, before and after."""

    scored = serializers.IntegerField()
    moved = serializers.IntegerField()
    mean_before = serializers.FloatField(allow_null=True)
    mean_after = serializers.FloatField(allow_null=True)
    labels = MovedLabel(many=True)


class AcceptBody(Body):
    label = serializers.UUIDField()  # type: ignore[assignment]  # the name of a field, not its caption
    rationale = serializers.CharField(max_length=benchmarks.LONGEST_RATIONALE, allow_blank=True, default="")


class GoldDecisionBody(Body):
    decision = serializers.ChoiceField(choices=GoldDecision.Decision.choices)
    reason = serializers.CharField(max_length=contests.LONGEST_REASON)
    payload = PayloadField(required=False, help_text="With `amend`; what those who disagree say when left out.")


class GoldDecisionShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    decision = serializers.ChoiceField(choices=GoldDecision.Decision.choices)
    reason = serializers.CharField()
    report = ScoreReport()


class DrawnShape(serializers.Serializer[Any]):
    slot = serializers.UUIDField()
    editor = serializers.CharField(help_text="Where it is drawn.")


class NoWords(Body):
    """Nothing is said here: the act is the address."""


class PolicyShape(serializers.Serializer[Any]):
    """Rates in per cent of the rows that a person gets; the bar is a mean score."""

    first_rows = serializers.IntegerField(help_text="So many rows of a person are gold before any other.")
    base_rate = serializers.IntegerField()
    least_rate = serializers.IntegerField()
    most_rate = serializers.IntegerField()
    bar = serializers.FloatField()


class PolicyBody(Body):
    first_rows = serializers.IntegerField(min_value=0, max_value=gold_policy.MOST_FIRST)
    base_rate = serializers.IntegerField(min_value=0, max_value=100)
    least_rate = serializers.IntegerField(min_value=0, max_value=100)
    most_rate = serializers.IntegerField(min_value=0, max_value=100)
    bar = serializers.FloatField(min_value=0, max_value=1)


class AccuracyShape(serializers.Serializer[Any]):
    mean = MeanShape(help_text="Of the scores against gold.")
    right = RateShape(help_text="Labels without any error.")
    lower = serializers.FloatField(allow_null=True, help_text="The 5 % bound of the shrunken mean: it ranks.")


class PersonAccuracyShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    name = serializers.CharField()
    accuracy = AccuracyShape()


class ClassAccuracyShape(serializers.Serializer[Any]):
    feature = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    labels = serializers.IntegerField()
    right = RateShape(help_text="Objects or answers without an error, of those on either side.")
    errors = serializers.DictField(child=serializers.IntegerField())  # type: ignore[assignment]  # a field of ours


class ProjectAccuracyShape(serializers.Serializer[Any]):
    total = AccuracyShape()
    people = PersonAccuracyShape(many=True)
    classes = ClassAccuracyShape(many=True)
    golds = serializers.IntegerField()
    suspended = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Scores that are kept apart while their gold is suspended.")


class BenchmarksOfProject(APIView):
    read_scope = token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="benchmarks_list",
        parameters=[choice_parameter("state", Benchmark.State.values), *PAGING_PARAMETERS],
        responses=page_shape(BenchmarkShape),
    )
    def get(self, request: Request, uid: str) -> Response:
        filters = filters_of(request, "state", *PAGING)
        found = benchmarks.benchmarks_visible_to(person_of(request), project_named(request, uid))
        if "state" in filters:
            found = found.filter(state=choice_filter("state", filters["state"], Benchmark.State.values))
        return page_answer(request, found, BenchmarkShape)


class PolicyOfProject(APIView):
    """How often people meet gold: their first rows, then a rate that follows trust between the bounds."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: PolicyShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        project = project_named(request, uid)
        access.require(person_of(request), Permission.VIEW_BENCHMARK, project)
        return Response(asdict(gold_policy.policy_of(project)))

    @extend_schema(request=PolicyBody(partial=True), responses={200: PolicyShape})
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        project = project_named(request, uid)
        values = values_of(PolicyBody, request, partial=True)
        return Response(asdict(gold_policy.change_policy(person_of(request), project, **values)))


class AccuracyOfProject(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        parameters=[OpenApiParameter("labeler", OpenApiTypes.UUID, description="The classes of this person only.")],
        responses={200: ProjectAccuracyShape},
    )
    def get(self, request: Request, uid: str) -> Response:
        given = filters_of(request, "labeler")
        labeler = str(uid_filter("labeler", given["labeler"])) if "labeler" in given else ""
        found = accuracy.accuracy_of(person_of(request), project_named(request, uid), labeler=labeler)
        return Response(asdict(found))


class BenchmarkOfRow(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(request=GoldBody, responses={201: BenchmarkShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        """Make the row's gold, from one of its labels or from a payload."""
        row, values = _row(request, uid), values_of(GoldBody, request)
        if ("label" in values) == ("payload" in values):
            raise InvalidInput("label_or_payload", "Gold is made from a label of the row, or from a payload.")
        accepted, person = _accepted(values), person_of(request)
        if "label" in values:
            made = benchmarks.make_benchmark_from(person, _label(request, row, values["label"]), accepted=accepted)
        else:
            made = benchmarks.make_benchmark(person, row, payload=values["payload"], accepted=accepted)
        found = benchmarks.benchmarks_visible_to(person, row.project).get(pk=made.pk)
        return Response(BenchmarkShape(found).data, status=201)

    @extend_schema(request=GoldChange, responses={200: ScoreReport, 409: RefusalShape})
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        """A new version: what is left out stays as it was. Answers what it moved."""
        row, values = _row(request, uid), values_of(GoldChange, request)
        payload = values.get("payload")
        report = benchmarks.change_benchmark(person_of(request), row, payload=payload, accepted=_accepted(values))
        return Response(report)

    @extend_schema(responses={204: None, 409: RefusalShape})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        benchmarks.remove_benchmark(person_of(request), _row(request, uid))
        return Response(status=204)


class AcceptAnswer(APIView):
    """Another label of the row is right as well."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=AcceptBody, responses={200: ScoreReport, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        row, values = _row(request, uid), values_of(AcceptBody, request)
        label = _label(request, row, values["label"])
        return Response(benchmarks.accept_answer(person_of(request), label, rationale=values["rationale"]))


class DecideGold(APIView):
    """End the suspension of a contested gold."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=GoldDecisionBody, responses={201: GoldDecisionShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        made = contests.decide(person_of(request), _row(request, uid), **values_of(GoldDecisionBody, request))
        return Response(GoldDecisionShape(made).data, status=201)


class DrawGold(APIView):
    """A slot on which the caller draws the gold of the row in the editor. Asked again it is the same one."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=NoWords, responses={200: DrawnShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoWords, request)
        row = _row(request, uid)
        slot = checks.draw_gold(person_of(request), row)
        editor = f"{reverse('label', args=[row.project.uid])}?wanted={slot.uid}"
        return Response({"slot": str(slot.uid), "editor": editor})


def _row(request: Request, uid: str) -> ProjectRow:
    return benchmarks.row_for_gold(person_of(request), uid)


def _label(request: Request, row: ProjectRow, uid: object) -> Label:
    return benchmarks.label_to_star(person_of(request), row, str(uid))


def _accepted(values: dict[str, Any]) -> Accepted:
    return Accepted(values["rationale"], values.get("alternatives"), values.get("tolerances"))
