"""Performance of a project over HTTP: the figures of the admin's tab, with n and interval, for those one may see."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import projects, work_time
from labeling.models import Project
from quality.performance import UNITS, performance_of
from workforce.api.shapes import choice_parameter, filters_of, person_of
from workforce.errors import InvalidInput

DAYS = 14


class RateShape(serializers.Serializer[Any]):
    """k of n with Wilson's 95 % interval; no value when n is 0."""

    k = serializers.IntegerField()
    n = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()


class MeanShape(serializers.Serializer[Any]):
    """The mean of n scores with its 95 % interval; none where n is too small."""

    n = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class SecondsShape(serializers.Serializer[Any]):
    labeling = serializers.FloatField()
    rework = serializers.FloatField()
    review = serializers.FloatField()
    abandoned = serializers.FloatField()
    idle = serializers.FloatField()


class FiguresShape(serializers.Serializer[Any]):
    units = serializers.IntegerField()
    rows = serializers.IntegerField()
    objects = serializers.IntegerField()
    seconds = SecondsShape()
    hours = serializers.FloatField(allow_null=True, help_text="Of labeling and rework; null where nobody measured.")
    units_per_hour = serializers.FloatField(allow_null=True)
    accepted = serializers.IntegerField()
    accepted_per_hour = serializers.FloatField(allow_null=True)
    rework_share = serializers.FloatField(allow_null=True)
    rework = MeanShape()
    approval = RateShape()
    first_pass = RateShape()
    consensus = MeanShape()
    benchmark = MeanShape()
    reviews_made = serializers.IntegerField()
    skips = serializers.IntegerField()


class PersonShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    name = serializers.CharField()
    team = serializers.CharField(allow_blank=True)
    is_simulated = serializers.BooleanField()
    is_external = serializers.BooleanField()
    time_note = serializers.CharField(allow_blank=True, help_text="Why time is missing, or nothing.")
    first_day = serializers.DateField(allow_null=True)
    figures = FiguresShape()


class DayShape(serializers.Serializer[Any]):
    day = serializers.DateField()
    units = serializers.IntegerField()
    seconds = SecondsShape()


class ConversationShape(serializers.Serializer[Any]):
    person = PersonShape()
    why = serializers.CharField(help_text="`low` (under the median, with the measure) or `newcomer`.")
    measure = serializers.CharField(allow_blank=True)
    median = serializers.FloatField(allow_null=True)
    look_again_on = serializers.DateField(allow_null=True)


class PerformanceShape(serializers.Serializer[Any]):
    since = serializers.DateField()
    until = serializers.DateField()
    unit = serializers.ChoiceField(choices=UNITS)
    team = serializers.CharField(allow_blank=True)
    teams = serializers.ListField(child=serializers.CharField(), help_text="Of everybody with figures in the period.")
    people = PersonShape(many=True)
    total = FiguresShape()
    days = DayShape(many=True)
    worth_a_conversation = ConversationShape(many=True)


PERIOD = (
    OpenApiParameter("since", OpenApiTypes.DATE, description="First day; 14 days back when left out."),
    OpenApiParameter("until", OpenApiTypes.DATE, description="Last day; today when left out."),
    choice_parameter("unit", UNITS),
)


class PerformanceOfProject(APIView):
    @extend_schema(
        parameters=[
            *PERIOD,
            OpenApiParameter("team", description="Only the people under this name, and totals of them."),
        ],
        responses={200: PerformanceShape},
    )
    def get(self, request: Request, uid: str) -> Response:
        project = projects.project_for(person_of(request), uid)
        given = filters_of(request, "since", "until", "unit", "team")
        return performance_answer(request, project, given)


def performance_answer(request: Request, project: Project, given: Mapping[str, str]) -> Response:
    until = _day(given, "until") or work_time.day_in(project, work_time.clock())
    since = _day(given, "since") or until - timedelta(days=DAYS)
    unit = given.get("unit") or "rows"
    shown = performance_of(
        person_of(request), project, since=since, until=until, unit=unit, team=given.get("team") or ""
    )
    return Response(asdict(shown))


def _day(given: Mapping[str, str], name: str) -> date | None:
    text = given.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("date_invalid", f"{name} is a day such as 2026-11-21.", path=name) from error
