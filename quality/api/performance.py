"""Performance of a project over HTTP: the figures of the admin's tab, with n and interval, for those one may see."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import projects, work_time
from quality.performance import UNITS, performance_of
from workforce.api.shapes import filters_of, person_of
from workforce.errors import InvalidInput

DAYS = 14


class PerformanceOfProject(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("since", OpenApiTypes.DATE, description="First day; 14 days back when left out."),
            OpenApiParameter("until", OpenApiTypes.DATE, description="Last day; today when left out."),
            OpenApiParameter("unit", enum=list(UNITS)),
            OpenApiParameter("team", description="Only the people under this name, and totals of them."),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, uid: str) -> Response:
        project = projects.project_for(person_of(request), uid)
        given = filters_of(request, "since", "until", "unit", "team")
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
