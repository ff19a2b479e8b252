"""Saved views of a project's issues over HTTP, and how long its issues wait."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.projects import project_named
from quality import issue_filters, issue_times, issue_views, issues
from quality.issue_times import IssueTimes
from quality.issue_views import ShownView
from workforce.api.repeats import repeatable
from workforce.api.shapes import Body, filters_of, person_of, values_of
from workforce.errors import NotFound

FILTERS_WORDS = f"Name of a filter → its value: {', '.join(issue_filters.NAMES)}."


class ViewBody(Body):
    name = serializers.CharField(max_length=issue_views.LONGEST_NAME)
    filters = serializers.DictField(child=serializers.CharField(), help_text=FILTERS_WORDS)
    is_shared = serializers.BooleanField(
        default=False, help_text="With everybody on the project; takes the right to change it."
    )
    is_default = serializers.BooleanField(default=False, help_text="The caller's own list opens with it.")


class ViewShape(serializers.Serializer[ShownView]):
    uid = serializers.UUIDField(source="view.uid")
    name = serializers.CharField(source="view.name")
    filters = serializers.SerializerMethodField()
    is_shared = serializers.BooleanField(source="view.is_shared")
    is_own = serializers.BooleanField()
    is_default = serializers.BooleanField()
    may_change = serializers.BooleanField()
    waiting = serializers.IntegerField(source="count", help_text="Issues in it that are open or reopened.")

    def get_filters(self, shown: ShownView) -> dict[str, str]:
        return issue_views.filters_of(shown.view)


class ViewsShape(serializers.Serializer[Any]):
    """All of them; there are never many."""

    results = ViewShape(many=True)


class ViewsOfProject(APIView):
    """Own and shared views of a project's issues, each with how many in it wait; or save one."""

    @extend_schema(responses={200: ViewsShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        project = project_named(request, uid)
        return Response(ViewsShape({"results": issue_views.views_for(person_of(request), project)}).data)

    @extend_schema(request=ViewBody, responses={201: ViewShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(ViewBody, request)
        person, project = person_of(request), project_named(request, uid)
        is_default = values.pop("is_default")
        view = issue_views.save_view(person, project, **values)
        if is_default:
            issue_views.open_with(person, project, view)
        return _answer(request, str(view.uid), status=201)


class ViewByUid(APIView):
    """Rename a view, keep other filters in it, share it or not, open with it or not, or remove it."""

    @extend_schema(request=ViewBody(partial=True), responses={200: ViewShape})
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        values = values_of(ViewBody, request, partial=True)
        person = person_of(request)
        view = issue_views.view_by_uid(person, str(uid))
        is_default = values.pop("is_default", None)
        if values:
            issue_views.change_view(person, view, **values)
        if is_default is not None:
            issue_views.open_with(person, view.project, view if is_default else None)
        return _answer(request, str(uid))

    @extend_schema(responses={204: None})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        person = person_of(request)
        issue_views.remove_view(person, issue_views.view_by_uid(person, str(uid)))
        return Response(status=204)


class MedianShape(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    met = serializers.IntegerField(help_text="Of these, answered.")
    median = serializers.FloatField(allow_null=True, help_text="Seconds; null while half of them wait.")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class ShareShape(serializers.Serializer[Any]):
    k = serializers.IntegerField()
    n = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()


class WaitingShape(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    late = serializers.IntegerField()
    median_age = serializers.FloatField(allow_null=True, help_text="Seconds.")
    oldest_age = serializers.FloatField(allow_null=True, help_text="Seconds.")


class GroupShape(serializers.Serializer[Any]):
    filter = serializers.CharField(source="name", help_text="Of the list of issues.")
    value = serializers.CharField()
    title = serializers.CharField()
    first_answer = MedianShape(source="waits")


class TimesShape(serializers.Serializer[IssueTimes]):
    """Of the issues opened in the last 90 days that the caller may read; of the waiting ones all."""

    first_answer = MedianShape()
    waiting = WaitingShape()
    reopened = ShareShape()
    in_time = ShareShape(source="kept")
    by_category = GroupShape(many=True)
    by_vendor = GroupShape(many=True)
    is_cut = serializers.BooleanField(
        help_text=f"Only the newest {issue_times.MOST_ISSUES} were looked at for the first answer."
    )


class TimesOfProject(APIView):
    """How long the project's issues wait for a first answer, how old the open ones are, how many came back."""

    @extend_schema(responses={200: TimesShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        person, project = person_of(request), project_named(request, uid)
        return Response(TimesShape(issue_times.times_of(person, issues.issues_of(person, project))).data)


def _answer(request: Request, uid: str, *, status: int = 200) -> Response:
    person = person_of(request)
    view = issue_views.view_by_uid(person, uid)
    shown = next((one for one in issue_views.views_for(person, view.project) if one.view == view), None)
    if shown is None:
        raise NotFound
    return Response(ViewShape(shown).data, status=status)
