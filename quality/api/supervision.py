"""Supervision over HTTP: read where it stands, start it with steps, stop it, and every move."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.projects import project_named
from quality import supervision
from quality.models import Supervision, SupervisionMove
from quality.supervision import Plan, State, Step
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
from workforce.errors import NotFound
from workforce.models import Token


class StepShape(serializers.Serializer[Step]):
    review_share = serializers.IntegerField(min_value=0, max_value=100, help_text="Per cent of the rows.")
    consensus_share = serializers.IntegerField(min_value=0, max_value=100, help_text="Per cent of the rows.")


class MeasuredShape(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()
    fresh = serializers.IntegerField(help_text="Of these, not looked at yet.")


class SupervisionShape(serializers.Serializer[State]):
    is_on = serializers.SerializerMethodField()
    steps = StepShape(many=True)
    step = serializers.IntegerField(source="supervision.step", help_text="Counted from 0.")
    measure = serializers.ChoiceField(source="supervision.measure", choices=Supervision.Measure.choices)
    bar = serializers.FloatField(source="supervision.bar")
    window = serializers.IntegerField(source="supervision.window")
    least = serializers.IntegerField(source="supervision.least")
    measured = MeasuredShape()
    changed_by_hand = serializers.BooleanField(help_text="The shares are not those of the step: nothing moves.")

    def get_is_on(self, state: State) -> bool:
        return state.supervision.on_since is not None


class SupervisionBody(Body):
    steps = StepShape(many=True, help_text="2 to 10, the closest first; none asks for more than the one before.")
    labels = serializers.IntegerField(min_value=2, max_value=50, required=False)
    measure = serializers.ChoiceField(choices=Supervision.Measure.choices, required=False)
    bar = serializers.FloatField(min_value=0, max_value=1, required=False)
    window = serializers.IntegerField(required=False)
    least = serializers.IntegerField(required=False)
    at_step = serializers.IntegerField(min_value=0, required=False, help_text="Counted from 0.")


class MoveShape(serializers.Serializer[SupervisionMove]):
    uid = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=SupervisionMove.Kind.choices)
    step = serializers.IntegerField()
    review_share = serializers.IntegerField()
    consensus_share = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    bar = serializers.FloatField()
    said = serializers.CharField(help_text="Why it was refused.")
    moved_by = serializers.UUIDField(source="moved_by.uid", allow_null=True, default=None)
    moved_at = serializers.DateTimeField()


class SupervisionOfProject(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: SupervisionShape, 404: RefusalShape})
    def get(self, request: Request, uid: str) -> Response:
        """404 also for a project in which it was never started."""
        return _answer(request, uid)

    @extend_schema(request=SupervisionBody, responses={200: SupervisionShape, 409: RefusalShape, 422: RefusalShape})
    @repeatable
    def put(self, request: Request, uid: str) -> Response:
        """Start it, or start it again: the shares of the step hold from now on."""
        values = values_of(SupervisionBody, request)
        at_step = values.pop("at_step", 0)
        plan = Plan(**{**values, "steps": tuple(Step(**step) for step in values["steps"])})
        supervision.start(person_of(request), project_named(request, uid), plan, at_step=at_step)
        return _answer(request, uid)

    @extend_schema(responses={204: None})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        """Stop it. The shares stay as they are then."""
        supervision.stop(person_of(request), project_named(request, uid))
        return Response(status=204)


class MovesOfSupervision(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="supervision_moves_list", parameters=[*PAGING_PARAMETERS], responses=page_shape(MoveShape)
    )
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        return page_answer(request, supervision.moves_of(person_of(request), project_named(request, uid)), MoveShape)


def _answer(request: Request, uid: str) -> Response:
    state = supervision.state_of(person_of(request), project_named(request, uid))
    if state is None:
        raise NotFound
    return Response(SupervisionShape(state).data)
