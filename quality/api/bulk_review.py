"""Review of many labels at once over HTTP: what the grid shows, one request for many decisions, what is given back."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import projects
from labeling.api.pictures import picture_address
from labeling.api.queue_shapes import LARGEST_NUMBER, EmptyShape, LeaseBody, MakerShape, PayloadField
from quality import bulk_review
from quality.api.review import DecisionShape, ReasonBody, ReviewReason
from quality.bulk_review import Card, Item
from quality.models import Review
from workforce import names
from workforce.api.repeats import repeatable
from workforce.api.shapes import Body, RefusalShape, person_of, values_of
from workforce.idempotency import LONGEST_KEY
from workforce.models import Token


# --- What comes in ------------------------------------------------------------------------------------------------
class GridBody(Body):
    have = serializers.ListField(
        child=serializers.UUIDField(), default=list, max_length=50, help_text="Slots in hand, not to be told again."
    )


class ItemBody(LeaseBody):
    slot = serializers.UUIDField()
    key = serializers.CharField(max_length=LONGEST_KEY, help_text="The idempotency key of this one decision.")
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER, help_text="The version that was judged.")
    decision = serializers.CharField(max_length=10, help_text=f"One of {', '.join(Review.Decision.values)}.")
    reasons = ReasonBody(many=True, default=list, help_text="At least one with `reject`.")
    comment = serializers.CharField(allow_blank=True, default="")
    payload = PayloadField(allow_null=True, default=None, help_text="The mended label, with `fix` only.")


class DecisionsBody(Body):
    items = ItemBody(many=True, help_text=f"1 to {bulk_review.MOST_DECISIONS}; over it 413 `too_many_decisions`.")
    timed = serializers.UUIDField(
        default=None,
        allow_null=True,
        help_text="The slot that heartbeats named: its time is shared equally among these decisions.",
    )


class HeldBody(LeaseBody):
    slot = serializers.UUIDField()


class GiveBackBody(Body):
    items = HeldBody(many=True)


# --- What goes out ------------------------------------------------------------------------------------------------
class GridAnswer(serializers.Serializer[Any]):
    feature = serializers.UUIDField()
    question = serializers.CharField()
    kind = serializers.CharField()
    value = serializers.JSONField()
    words = serializers.CharField(allow_blank=True)
    depth = serializers.IntegerField(help_text="0 for a question about the picture, 1 for one below it, …")


class GridRow(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    external_id = serializers.CharField()
    thumbnail_url = serializers.CharField(allow_blank=True, help_text="Empty for a row without a picture.")


class GridLabel(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    version = serializers.IntegerField()
    payload = PayloadField()
    maker = MakerShape()


class GridCard(serializers.Serializer[Any]):
    slot = serializers.UUIDField()
    step = serializers.IntegerField()
    lease_token = serializers.IntegerField()
    leased_until = serializers.DateTimeField()
    row = GridRow()
    label = GridLabel()  # type: ignore[assignment]  # the name of a field, not its caption
    answers = GridAnswer(many=True)
    reasons = ReviewReason(many=True)
    heartbeat_url = serializers.CharField()
    history_url = serializers.CharField(help_text="The page that tells what happened to the row.")


class GridOption(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the name of a field, not its caption


class GridQuestion(serializers.Serializer[Any]):
    """A question whose single answer can be changed without the editor."""

    feature = serializers.UUIDField()
    name = serializers.CharField()
    options = GridOption(many=True)


class GridShape(serializers.Serializer[Any]):
    cards = GridCard(many=True)
    questions = GridQuestion(many=True)
    empty = EmptyShape(allow_null=True, help_text="Why there is no label; null when there is.")


class GridOutcome(serializers.Serializer[Any]):
    slot = serializers.UUIDField()
    status = serializers.IntegerField(help_text="201, 200 for a repeat, else that of the refusal.")
    decision = DecisionShape(allow_null=True)
    refusal = serializers.JSONField(
        allow_null=True, help_text="As the single decision refuses: `already_decided` names who was first and what."
    )


class GridOutcomes(serializers.Serializer[Any]):
    results = GridOutcome(many=True)


class GivenBackShape(serializers.Serializer[Any]):
    free = serializers.IntegerField()


class ReviewGrid(APIView):
    """Lease labels that consist of answers only, up to 24 in hand; the answer holds those not named in ``have``."""

    token_scope = Token.Scope.REVIEW

    @extend_schema(request=GridBody, responses={200: GridShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(GridBody, request)
        project = projects.project_for(person_of(request), uid)
        grid = bulk_review.lease_grid(person_of(request), project, have=[str(one) for one in values["have"]])
        makers = [(project.organization_id, card.version.label.labeler_id) for card in grid.cards]
        unnamed = names.unnamed_to(person_of(request), makers)
        empty = grid.empty and {
            "code": grid.empty.code,
            "message": grid.empty.message,
            "next_at": grid.empty.next_at and grid.empty.next_at.isoformat(),
        }
        questions = [
            {
                "feature": one.uid,
                "name": one.name,
                "options": [{"value": value, "label": label} for value, label in one.options],
            }
            for one in grid.questions
        ]
        cards = [_card(request, card, unnamed) for card in grid.cards]
        return Response({"cards": cards, "questions": questions, "empty": empty})


class DecideMany(APIView):
    """Decide about many labels, each by itself: a refusal of one touches no other. 200 with one result per item.

    Sent again with the same keys, what was decided answers 200 and the rest is done."""

    token_scope = Token.Scope.REVIEW

    @extend_schema(request=DecisionsBody, responses={200: GridOutcomes, 413: RefusalShape, 422: RefusalShape})
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(DecisionsBody, request)
        project = projects.project_for(person_of(request), uid)
        items = [_item(one) for one in values["items"]]
        found = bulk_review.decide_many(person_of(request), project, items, timed=values["timed"])
        results = [
            {
                "slot": str(one.slot),
                "status": one.status,
                "decision": one.answer if one.status < 300 else None,
                "refusal": None if one.status < 300 else one.answer,
            }
            for one in found
        ]
        return Response({"results": results})


class GiveBackMany(APIView):
    """Free what was leased for the grid and not decided; asked again it changes nothing."""

    token_scope = Token.Scope.REVIEW

    @extend_schema(request=GiveBackBody, responses={200: GivenBackShape, 413: RefusalShape})
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(GiveBackBody, request)
        project = projects.project_for(person_of(request), uid)
        held = [(one["slot"], one["lease_token"]) for one in values["items"]]
        return Response({"free": bulk_review.give_back_many(person_of(request), project, held)})


def _item(values: dict[str, Any]) -> Item:
    return Item(
        slot=values["slot"],
        token=values["lease_token"],
        version=values["version"],
        decision=values["decision"],
        reasons=[dict(reason) for reason in values["reasons"]],
        comment=values["comment"],
        payload=values["payload"],
        key=values["key"],
    )


def _card(request: Request, card: Card, unnamed: frozenset[int]) -> dict[str, Any]:
    slot, label, row = card.slot, card.version.label, card.slot.project_row
    assert slot.leased_until is not None
    return {
        "slot": str(slot.uid),
        "step": slot.step,
        "lease_token": slot.lease_token,
        "leased_until": slot.leased_until.isoformat(),
        "row": {
            "uid": str(row.uid),
            "external_id": row.data_row.external_id,
            "thumbnail_url": _thumbnail(request, card) if row.data_row.asset_path else "",
        },
        "label": {
            "uid": str(label.uid),
            "version": card.version.number,
            "payload": card.version.payload,
            "maker": {"name": names.PROJECT_TEAM if label.labeler_id in unnamed else label.labeler.name},
        },
        "answers": [vars(one) for one in card.answers],
        "reasons": card.reasons,
        "heartbeat_url": reverse("api-slot-heartbeat", args=[slot.uid]),
        "history_url": reverse("row-history", args=[row.uid]),
    }


def _thumbnail(request: Request, card: Card) -> str:
    """A token opens no page: who comes with one gets the whole picture."""
    row = card.slot.project_row
    return reverse("thumbnail", args=[row.uid]) if request.auth is None else picture_address(request, row)
