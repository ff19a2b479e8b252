"""Appeals over HTTP: appeal a sending back, withdraw it, the list, the settings and what became of them. What the
editor adds to a row."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.projects import project_named
from labeling.models import Slot
from quality import appeal_figures, appeal_policy, appeals
from quality.api.issues import NoBody, PinField
from quality.api.performance import RateShape
from quality.models import Appeal
from workforce import names
from workforce.api.inputs import idempotency_key, page_by_key
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    KEY_HEADER,
    PAGING,
    PAGING_PARAMETERS,
    Body,
    RefusalShape,
    choice_filter,
    choice_parameter,
    filters_of,
    page_shape,
    person_of,
    values_of,
)
from workforce.idempotency import once
from workforce.models import Person, Token


class AppealBody(Body):
    words = serializers.CharField(trim_whitespace=False, help_text="Why the label is right; a few words at least.")
    pins = serializers.ListField(child=PinField(), default=list, max_length=appeals.MOST_PINS)
    rule = serializers.CharField(
        allow_blank=True, default="", help_text="The uid of a rule of the project's guidelines."
    )


class AppealShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Appeal.State.choices)
    project = serializers.UUIDField()
    row = serializers.UUIDField()
    external_id = serializers.CharField()
    label = serializers.UUIDField()  # type: ignore[assignment]  # the name of a field, not its caption
    version = serializers.IntegerField(help_text="The version that was sent back.")
    review = serializers.UUIDField(help_text="The review that is appealed.")
    maker = serializers.CharField()
    reviewer = serializers.CharField(help_text="Who sent it back.")
    words = serializers.CharField()
    pins = serializers.ListField(child=PinField())
    rule = serializers.CharField(allow_blank=True)
    rule_title = serializers.CharField(allow_blank=True)
    decided_by = serializers.CharField(allow_blank=True)
    answer = serializers.CharField(allow_blank=True, help_text="What whoever decided had to say.")
    made_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class AppealRefusal(RefusalShape):
    """With `appeal_ended`: how and when."""

    state = serializers.ChoiceField(choices=Appeal.State.choices, required=False)
    ended_at = serializers.DateTimeField(required=False)
    most = serializers.IntegerField(required=False, help_text="With `too_many_appeals`: how many may be open.")


class PolicyBody(Body):
    most_open = serializers.IntegerField(
        min_value=0, max_value=appeal_policy.MOST_OPEN, help_text="Open appeals of one person; 0: nobody appeals."
    )
    expert_hours = serializers.IntegerField(
        min_value=0, max_value=appeal_policy.LONGEST_HOURS, help_text="So long only experts get an appeal."
    )


class MakerRates(serializers.Serializer[appeal_figures.OfMaker]):
    uid = serializers.UUIDField()
    name = serializers.CharField()
    made = serializers.IntegerField()
    open = serializers.IntegerField()
    withdrawn = serializers.IntegerField()
    overturned = RateShape(help_text="Of the appeals that were decided.")


class ReviewerRates(serializers.Serializer[appeal_figures.OfReviewer]):
    uid = serializers.UUIDField()
    name = serializers.CharField()
    appealed = RateShape(help_text="Of the labels that this person sent back.")
    overturned = RateShape(help_text="Of the same.")


class RatesShape(serializers.Serializer[appeal_figures.Rates]):
    makers = MakerRates(many=True)
    reviewers = ReviewerRates(many=True)


class AppealToDecide(serializers.Serializer[Any]):
    """On the review slot of an appeal: what its maker says."""

    words = serializers.CharField()
    pins = serializers.ListField(child=PinField())
    rule = serializers.CharField(allow_blank=True)
    rule_title = serializers.CharField(allow_blank=True)
    made_at = serializers.DateTimeField()


class AppealOfSlot(APIView):
    """Appeal instead of reworking: ``uid`` is the slot of the label that was sent back."""

    token_scope = Token.Scope.LABEL

    @extend_schema(
        parameters=[KEY_HEADER],
        request=AppealBody,
        responses={200: AppealShape, 201: AppealShape, 409: AppealRefusal, 422: RefusalShape},
    )
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(AppealBody, request)
        person = person_of(request)
        answer = once(
            person,
            idempotency_key(request),
            {"slot": uid, **values},
            lambda: {"appeal": str(appeals.make_appeal(person, uid, appeals.Said(**values)).uid)},
        )
        return _answer(person, answer.body["appeal"], status=answer.status)


class AppealDetail(APIView):
    @extend_schema(responses={200: AppealShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        return _answer(person_of(request), uid)


class WithdrawAppeal(APIView):
    """Its maker takes it back: the label waits for rework again."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=NoBody, responses={200: AppealShape, 409: AppealRefusal})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoBody, request)
        person = person_of(request)
        appeals.withdraw_appeal(person, uid)
        return _answer(person, uid)


class AppealsOfProject(APIView):
    """The appeals that the caller may see, newest first: own ones, those of led people, those against own reviews."""

    @extend_schema(
        parameters=[choice_parameter("state", Appeal.State.values), *PAGING_PARAMETERS],
        responses={200: page_shape(AppealShape)},
    )
    def get(self, request: Request, uid: str) -> Response:
        state = filters_of(request, "state", *PAGING).get("state", "")
        if state:
            choice_filter("state", state, Appeal.State.values)
        person = person_of(request)
        page = page_by_key(request, appeals.appeals_of(person, project_named(request, uid), state=state))
        return Response({"results": appeal_documents(person, page.rows), "next_cursor": page.next_cursor})


class AppealRates(APIView):
    """What became of appeals, of each maker and each reviewer whose performance the caller may see."""

    @extend_schema(responses={200: RatesShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        return Response(RatesShape(appeal_figures.rates_of(person_of(request), project_named(request, uid))).data)


class AppealPolicyOfProject(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: PolicyBody})
    def get(self, request: Request, uid: str) -> Response:
        return Response(vars(appeal_policy.policy_shown_to(person_of(request), project_named(request, uid))))

    @extend_schema(request=PolicyBody, responses={200: PolicyBody, 422: RefusalShape})
    @repeatable
    def put(self, request: Request, uid: str) -> Response:
        policy = appeal_policy.Policy(**values_of(PolicyBody, request))
        changed = appeal_policy.change_policy(person_of(request), project_named(request, uid), policy)
        return Response(vars(changed))


def appeal_documents(person: Person, some: Sequence[Appeal]) -> list[dict[str, Any]]:
    unnamed = appeals.unnamed_to(person, some)
    return [_document(appeal, unnamed) for appeal in some]


def appeals_for_editor(person: Person, slots: Sequence[Slot]) -> dict[int, dict[str, Any]]:
    """What stands under ``appeal`` in the editor's row of a review slot on which an appeal is decided."""
    return {
        slot: {
            "words": appeal.words,
            "pins": appeal.pins,
            "rule": appeal.rule,
            "rule_title": appeal.rule_title,
            "made_at": appeal.made_at.isoformat(),
        }
        for slot, appeal in appeals.appeals_to_decide(slots).items()
    }


def urls_to_appeal(person: Person, slots: Sequence[Slot]) -> dict[int, dict[str, str]]:
    """Slot → the address at which its maker appeals; only where that can be done."""
    may = appeals.slots_that_may_appeal(person, slots)
    return {slot.pk: {"appeal": reverse("api-slot-appeal", args=[slot.uid])} for slot in slots if slot.pk in may}


def _answer(person: Person, uid: str, *, status: int = 200) -> Response:
    return Response(appeal_documents(person, [appeals.appeal_for(person, uid)])[0], status=status)


def _document(appeal: Appeal, unnamed: frozenset[int]) -> dict[str, Any]:
    def named(one: Person | None) -> str:
        if one is None:
            return ""
        return names.PROJECT_TEAM if one.pk in unnamed else one.name

    row = appeal.slot.project_row
    return {
        "uid": str(appeal.uid),
        "state": appeal.state,
        "project": str(appeal.project.uid),
        "row": str(row.uid),
        "external_id": row.data_row.external_id,
        "label": str(appeal.review.label.uid),
        "version": appeal.review.version,
        "review": str(appeal.review.uid),
        "maker": named(appeal.maker),
        "reviewer": named(appeal.review.reviewer),
        "words": appeal.words,
        "pins": appeal.pins,
        "rule": appeal.rule,
        "rule_title": appeal.rule_title,
        "decided_by": named(appeal.decision.reviewer if appeal.decision else None),
        "answer": appeals.answer_of(appeal),
        "made_at": appeal.made_at,
        "ended_at": appeal.ended_at,
    }
