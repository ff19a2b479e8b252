"""The board of a project and the history of a row over HTTP."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import projects, work_time
from labeling.models import ProjectRow
from quality import board, row_history
from quality.board import BoardCard, Column
from quality.models import Review
from quality.row_history import LabelHistory, VersionShown
from workforce.api.shapes import RefusalShape, filters_of, person_of


# --- Board --------------------------------------------------------------------------------------------------------
class BoardPerson(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    name = serializers.CharField()


class BoardHands(serializers.Serializer[Any]):
    person = BoardPerson()
    rows = serializers.IntegerField()
    since = serializers.DateTimeField(help_text="Since when they have the oldest.")


class BoardRow(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    external_id = serializers.CharField()
    since = serializers.DateTimeField()
    who = BoardPerson(allow_null=True)
    priority = serializers.IntegerField()
    sent_back = serializers.IntegerField(help_text="How often a label of it was sent back.")
    reason = serializers.CharField(allow_blank=True, help_text="Of the last return.")


class BoardColumn(serializers.Serializer[Any]):
    stage = serializers.ChoiceField(choices=["queue", "labeling", "review", "rework", "unclear", "done"])
    step = serializers.IntegerField(help_text="Of review, from 1; 0 for every other stage.")
    title = serializers.CharField()
    rows = serializers.IntegerField(help_text="As the line counts them; `done` those of today.")
    people = BoardHands(many=True)
    cards = BoardRow(many=True, help_text="The oldest, of done rows the newest.")


class BoardShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    columns = BoardColumn(many=True)


class BoardOfProject(APIView):
    """Where the rows of a project stand, step by step, and with whom."""

    @extend_schema(responses={200: BoardShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        project = projects.project_for(person_of(request), uid)
        found = board.board_of(person_of(request), project, at=work_time.clock())
        return Response({"at": found.at.isoformat(), "columns": [_column(one) for one in found.columns]})


def _column(one: Column) -> dict[str, Any]:
    return {
        "stage": one.stage,
        "step": one.step,
        "title": one.title,
        "rows": one.count,
        "people": [
            {"person": _person(hand.person), "rows": hand.count, "since": hand.since.isoformat()} for hand in one.hands
        ],
        "cards": [_row(card) for card in one.cards],
    }


def _row(card: BoardCard) -> dict[str, Any]:
    return {
        "uid": str(card.row.uid),
        "external_id": card.row.data_row.external_id,
        "since": card.since.isoformat(),
        "who": card.who and _person(card.who),
        "priority": card.row.priority,
        "sent_back": card.trips,
        "reason": card.reason,
    }


def _person(person: Any) -> dict[str, Any]:
    return {"uid": str(person.uid), "name": person.name}


# --- History ------------------------------------------------------------------------------------------------------
class MomentShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    what = serializers.CharField()
    who = serializers.CharField(allow_blank=True)
    more = serializers.CharField(allow_blank=True)


class VersionChange(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["added", "removed", "moved", "reclassified", "reanswered"])
    id = serializers.CharField()
    words = serializers.CharField()


class HistoryReview(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    decision = serializers.ChoiceField(choices=Review.Decision.choices)
    reviewer = serializers.CharField()
    step = serializers.IntegerField()
    active_seconds = serializers.FloatField(allow_null=True)
    points = serializers.FloatField(allow_null=True, help_text="Hundredths of the score that it added.")


class HistoryVersion(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    author = serializers.CharField()
    made_at = serializers.DateTimeField()
    score = serializers.FloatField(allow_null=True)
    changes = VersionChange(many=True, help_text="Against the version before.")
    reviews = HistoryReview(many=True)


class HistoryLabel(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    maker = serializers.CharField()
    against = serializers.CharField(allow_blank=True, help_text="`gold`, `final` or nothing: what scores compare with.")
    sent_back = serializers.IntegerField()
    versions = HistoryVersion(many=True)


class HistoryShape(serializers.Serializer[Any]):
    row = serializers.UUIDField()
    state = serializers.ChoiceField(choices=ProjectRow.State.choices)
    is_whole = serializers.BooleanField(help_text="False: only the labels that the caller reviews or has reviewed.")
    moments = MomentShape(many=True)
    labels = HistoryLabel(many=True)
    page = serializers.CharField()


class HistoryOfRow(APIView):
    """What happened to a row, oldest first, and each label version by version with what changed and what it scores."""

    @extend_schema(responses={200: HistoryShape, 409: RefusalShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        found = row_history.history_of(person_of(request), uid)
        answer = {
            "row": str(found.row.uid),
            "state": found.row.state,
            "is_whole": found.is_whole,
            "moments": [{**vars(one), "at": one.at.isoformat()} for one in found.moments],
            "labels": [_label(one) for one in found.labels],
            "page": reverse("row-history", args=[uid]),
        }
        return Response(answer)


def _label(one: LabelHistory) -> dict[str, Any]:
    return {
        "uid": str(one.label.uid),
        "maker": one.maker,
        "against": one.against,
        "sent_back": one.trips,
        "versions": [_version(version) for version in one.versions],
    }


def _version(one: VersionShown) -> dict[str, Any]:
    return {
        "number": one.version.number,
        "author": one.author,
        "made_at": one.version.made_at.isoformat(),
        "score": one.score,
        "changes": [{"kind": change.sign, "id": change.object_id, "words": change.words} for change in one.changes],
        "reviews": [
            {
                "uid": str(review.uid),
                "decision": review.decision,
                "reviewer": reviewer,
                "step": review.step,
                "active_seconds": review.active_seconds,
                "points": gain and gain.points,
            }
            for review, reviewer, gain in one.reviews
        ],
    }
