"""The steps of review over HTTP: read them, change them as a whole, and see what a change would cost."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.projects import project_named
from quality import review_preview, review_steps
from quality.models import ReviewStep
from quality.review_conditions import CONDITIONS
from quality.review_preview import Preview
from quality.review_steps import FIELDS, LONGEST_INSTRUCTIONS, LONGEST_NAME, MOST_STEPS, NEW, Step
from workforce.api.repeats import repeatable
from workforce.api.shapes import Body, RefusalShape, person_of, values_of
from workforce.models import Token

DEFAULTS = Step()


@extend_schema_field(OpenApiTypes.ANY)
class ValueField(serializers.JSONField):
    """A list of classes, a share from 0 to 1, a number, or null: what the condition asks for."""


class ReviewConditionBody(Body):
    code = serializers.CharField(max_length=40, help_text=f"One of {', '.join(CONDITIONS)}.")
    value = ValueField(allow_null=True, default=None)


class ReviewStepBody(Body):
    """What is left out is as in a first step that nobody changed."""

    number = serializers.IntegerField(
        min_value=NEW, max_value=30000, default=NEW, help_text="The step's own; 0 or nothing for a new one."
    )
    name = serializers.CharField(max_length=LONGEST_NAME)
    instructions = serializers.CharField(max_length=LONGEST_INSTRUCTIONS, allow_blank=True, default="")
    decided_by = serializers.ChoiceField(choices=ReviewStep.DecidedBy.choices, default=DEFAULTS.decided_by)
    looks_at = serializers.ChoiceField(choices=ReviewStep.LooksAt.choices, default=DEFAULTS.looks_at)
    method = serializers.ChoiceField(choices=ReviewStep.Method.choices, default=DEFAULTS.method)
    share = serializers.IntegerField(
        min_value=0,
        max_value=100,
        default=DEFAULTS.share,
        help_text="Per cent; by rule of what no condition sends, adaptive at least. Of step 1 the project's own.",
    )
    conditions = ReviewConditionBody(many=True, default=list, help_text="With `rule` only.")
    most = serializers.IntegerField(min_value=0, max_value=100, default=DEFAULTS.most, help_text="With `adaptive`.")
    target = serializers.FloatField(
        min_value=0.1,
        max_value=50,
        default=DEFAULTS.target,
        help_text="With `adaptive`: per cent of the labels that are faulty and let through, at most.",
    )


class ReviewStepsBody(Body):
    steps = ReviewStepBody(
        many=True, help_text=f"1 to {MOST_STEPS}, step 1 first; one that is not named is taken away."
    )


class ReviewStepsChange(ReviewStepsBody):
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="The one that was read.")


class ReviewConditionShape(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=list(CONDITIONS))
    value = ValueField(allow_null=True)


class ReviewStepShape(serializers.Serializer[Step]):
    number = serializers.IntegerField(help_text="Stays with the step; slots and reviews name it.")
    name = serializers.CharField()
    instructions = serializers.CharField(allow_blank=True)
    decided_by = serializers.ChoiceField(choices=ReviewStep.DecidedBy.choices)
    looks_at = serializers.ChoiceField(choices=ReviewStep.LooksAt.choices)
    method = serializers.ChoiceField(choices=ReviewStep.Method.choices)
    share = serializers.IntegerField()
    conditions = ReviewConditionShape(many=True)
    most = serializers.IntegerField()
    target = serializers.FloatField()


class ReviewStepsShape(serializers.Serializer[Any]):
    version = serializers.IntegerField(help_text="0 before the first change.")
    steps = ReviewStepShape(many=True)


class ReviewStepCost(serializers.Serializer[Any]):
    name = serializers.CharField()
    looks = serializers.IntegerField()


class ReviewPreviewShape(serializers.Serializer[Preview]):
    labels = serializers.IntegerField(help_text="Submitted in the last 30 days.")
    looks = serializers.IntegerField()
    steps = ReviewStepCost(many=True)
    seconds = serializers.FloatField(allow_null=True, help_text="Median review time; null: too few to say.")
    hours = serializers.FloatField(allow_null=True)


class ReviewStepsOfProject(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: ReviewStepsShape})
    def get(self, request: Request, uid: str) -> Response:
        steps, version = review_steps.plan_of(person_of(request), project_named(request, uid))
        return _answer(steps, version)

    @extend_schema(request=ReviewStepsChange, responses={200: ReviewStepsShape, 409: RefusalShape, 422: RefusalShape})
    @repeatable
    def put(self, request: Request, uid: str) -> Response:
        """All steps in their order. 409 `settings_moved_on` when somebody changed them since."""
        values = values_of(ReviewStepsChange, request)
        steps = [_step_of(one) for one in values["steps"]]
        project = project_named(request, uid)
        return _answer(*review_steps.change_steps(person_of(request), project, steps, version=values["version"]))


class PreviewOfReviewSteps(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(request=ReviewStepsBody, responses={200: ReviewPreviewShape, 422: RefusalShape})
    def post(self, request: Request, uid: str) -> Response:
        """How many labels of the last 30 days these steps would have looked at. Changes nothing."""
        steps = [_step_of(one) for one in values_of(ReviewStepsBody, request)["steps"]]
        return Response(
            ReviewPreviewShape(review_preview.preview(person_of(request), project_named(request, uid), steps)).data
        )


def _step_of(values: dict[str, Any]) -> Step:
    plain = {name: values[name] for name in FIELDS if name != "conditions"}
    return Step(values["number"], **plain, conditions=tuple(dict(one) for one in values["conditions"]))


def _answer(steps: tuple[Step, ...], version: int) -> Response:
    return Response(ReviewStepsShape({"version": version, "steps": steps}).data)
