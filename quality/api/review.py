"""Review over HTTP: decide about a label under a lease of its review slot. What the editor adds to a row of it."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.queue import BaseInput
from labeling.drafts import Base
from labeling.models import Slot
from quality import review
from workforce.api.inputs import idempotency_key
from workforce.api.shapes import person_of, values_of
from workforce.models import Person, Token


class ReasonInput(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40)
    text = serializers.CharField(allow_blank=True, default="")
    object = serializers.CharField(allow_blank=True, allow_null=True, default="")
    pin = serializers.JSONField(allow_null=True, default=None)
    rule = serializers.CharField(allow_blank=True, default="")


class DecisionInput(BaseInput):
    lease_token = serializers.IntegerField(min_value=1, max_value=2**62)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    decision = serializers.CharField(max_length=10)
    reasons = ReasonInput(many=True, default=list)
    comment = serializers.CharField(allow_blank=True, default="")
    payload = serializers.JSONField(allow_null=True, default=None)


class Decide(APIView):
    token_scope = Token.Scope.REVIEW

    @extend_schema(request=DecisionInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(DecisionInput, request)
        answer = review.decide(
            person_of(request),
            uid,
            token=values["lease_token"],
            version=values["version"],
            decision=values["decision"],
            reasons=[dict(reason) for reason in values["reasons"]],
            comment=values["comment"],
            payload=values["payload"],
            key=idempotency_key(request),
            base=Base(values["draft_revision"], values["tab"]),
        )
        return Response(answer.body, status=answer.status)


def reasons_for_editor(person: Person, slots: Sequence[Slot]) -> dict[int, list[dict[str, Any]]]:
    """What stands under ``reasons`` in the editor's row: slot → why its label came back."""
    return review.reviewing_reasons_for(slots)


def urls_for_editor(person: Person, slots: Sequence[Slot]) -> dict[int, dict[str, str]]:
    """What this floor adds to a row's addresses."""
    return {slot.pk: _urls_of(slot) for slot in slots}


def _urls_of(slot: Slot) -> dict[str, str]:
    found = {"open_issue": reverse("api-row-issues", args=[slot.project_row.uid])}
    if slot.kind == Slot.Kind.REVIEW:
        found["decide"] = reverse("api-slot-decide", args=[slot.uid])
    return found
