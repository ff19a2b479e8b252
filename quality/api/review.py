"""Review over HTTP: decide about a label under a lease of its review slot. What the editor adds to a row of it."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.queue_shapes import LARGEST_NUMBER, BaseBody, KeptRefusal, LeaseBody, PayloadField
from labeling.drafts import Base
from labeling.models import ProjectRow, Slot
from quality import review
from quality.api.issues import PinField
from quality.models import Review
from workforce.api.inputs import idempotency_key
from workforce.api.shapes import KEY_HEADER, Body, person_of, values_of
from workforce.models import Person, Token


class ReasonBody(Body):
    code = serializers.CharField(max_length=40, help_text=f"One of {', '.join(review.REJECT_REASONS)}.")
    text = serializers.CharField(allow_blank=True, default="")
    object = serializers.CharField(
        allow_blank=True, allow_null=True, default="", help_text="The id of the object that it is about."
    )
    pin = PinField(allow_null=True, default=None)
    rule = serializers.CharField(
        allow_blank=True, default="", help_text="The uid of a rule of the project's guidelines."
    )


class DecisionBody(LeaseBody, BaseBody):
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER, help_text="The version that was judged.")
    decision = serializers.CharField(max_length=10, help_text=f"One of {', '.join(Review.Decision.values)}.")
    reasons = ReasonBody(many=True, default=list, help_text="At least one with `reject`.")
    comment = serializers.CharField(allow_blank=True, default="")
    payload = PayloadField(allow_null=True, default=None, help_text="The mended label, with `fix` only.")


class DecisionShape(serializers.Serializer[Any]):
    review = serializers.UUIDField()
    decision = serializers.ChoiceField(choices=Review.Decision.choices)
    label = serializers.UUIDField()  # type: ignore[assignment]  # the name of a field, not its caption
    version = serializers.IntegerField(help_text="The label's last version: that of a fix is the reviewer's.")
    row = serializers.UUIDField()
    row_state = serializers.ChoiceField(choices=ProjectRow.State.choices)


class DecisionRefusal(KeptRefusal):
    """With `already_decided`: who was first, when, and what they decided."""

    reasons_kept = serializers.BooleanField(required=False)
    decision = serializers.ChoiceField(choices=Review.Decision.choices, required=False)
    reviewer = serializers.CharField(required=False)
    made_at = serializers.DateTimeField(required=False)
    version = serializers.IntegerField(required=False, help_text="With `label_moved_on`: the newest version.")


class ReviewReason(serializers.Serializer[Any]):
    """Why a label came back, beside the row that its maker gets again."""

    code = serializers.ChoiceField(choices=list(review.REJECT_REASONS.items()))
    text = serializers.CharField()
    object = serializers.CharField(allow_blank=True)
    pin = PinField(allow_null=True)
    rule = serializers.CharField(allow_blank=True, help_text="The uid of the rule it cites, or nothing.")
    rule_title = serializers.CharField(allow_blank=True)
    reviewer = serializers.CharField()


class Decide(APIView):
    """Approve a label, fix and approve it, or send it back with reasons. The first decision wins; the next gets 409."""

    token_scope = Token.Scope.REVIEW

    @extend_schema(
        parameters=[KEY_HEADER],
        request=DecisionBody,
        responses={200: DecisionShape, 201: DecisionShape, 409: DecisionRefusal, 422: DecisionRefusal},
    )
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(DecisionBody, request)
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
    return review.reviewing_reasons_for(person, slots)


def urls_for_editor(person: Person, slots: Sequence[Slot]) -> dict[int, dict[str, str]]:
    """What this floor adds to a row's addresses."""
    return {slot.pk: _urls_of(slot) for slot in slots}


def _urls_of(slot: Slot) -> dict[str, str]:
    row = slot.project_row.uid
    found = {
        "open_issue": reverse("api-row-issues", args=[row]),
        "mentionable": reverse("api-row-mentionable", args=[row]),
    }
    if slot.kind == Slot.Kind.REVIEW:
        found["decide"] = reverse("api-slot-decide", args=[slot.uid])
    return found
