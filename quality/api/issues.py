"""Issues over HTTP: ask, list, read, answer, resolve, reopen. What the editor adds to a row of them."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.models import Project, ProjectRow, Slot
from quality import issue_filters, issue_views, issues
from quality.models import Issue
from workforce import access
from workforce.api.inputs import idempotency_key, page_by_key
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    KEY_HEADER,
    PAGING,
    PAGING_PARAMETERS,
    Body,
    filters_of,
    page_shape,
    person_of,
    query_parameters,
    values_of,
)
from workforce.idempotency import once
from workforce.models import Person, Token
from workforce.roles import Permission


class PinShape(serializers.Serializer[Any]):
    """A place on the picture, in pixels."""

    x = serializers.FloatField()
    y = serializers.FloatField()


@extend_schema_field(PinShape)
class PinField(serializers.JSONField):
    """The rule checks it: only it knows the picture's size."""


class IssueBody(Body):
    category = serializers.CharField(max_length=40, help_text="The code of a category of the project.")
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)
    pin = PinField(allow_null=True, default=None)
    object_id = serializers.CharField(allow_blank=True, default="")
    rule = serializers.CharField(
        allow_blank=True, default="", help_text="The uid of a rule of the project's guidelines."
    )


class CommentBody(Body):
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)


class NoBody(Body):
    """Nothing is said here: the act is the address."""


class AuthorShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    initials = serializers.CharField()


class CommentShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    author = AuthorShape()
    text = serializers.CharField()
    made_at = serializers.DateTimeField()


class IssueUrls(serializers.Serializer[Any]):
    """Null where the caller may not act."""

    read = serializers.CharField()
    comment = serializers.CharField(allow_null=True)
    resolve = serializers.CharField(allow_null=True)
    reopen = serializers.CharField(allow_null=True)


class RuleShape(serializers.Serializer[Any]):
    """A rule of the guidelines as it was cited: its uid, and its number and title then."""

    uid = serializers.UUIDField()
    title = serializers.CharField()


class IssueShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    number = serializers.IntegerField()
    row = serializers.UUIDField()
    external_id = serializers.CharField()
    category = serializers.CharField(help_text="The code of a category of the project.")
    category_name = serializers.CharField()
    state = serializers.ChoiceField(choices=Issue.State.choices)
    pin = PinField(allow_null=True)
    object_id = serializers.CharField(allow_blank=True)
    rule = RuleShape(allow_null=True)
    text = serializers.CharField()
    author = AuthorShape()
    opened_at = serializers.DateTimeField()
    comments = CommentShape(many=True)
    urls = IssueUrls()


ISSUE_PAGE = page_shape(IssueShape)


class IssuesOfRow(APIView):
    """Ask about a row, a place on its picture or an object of a label."""

    token_scope = Token.Scope.LABEL

    @extend_schema(parameters=[KEY_HEADER], request=IssueBody, responses={200: IssueShape, 201: IssueShape})
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(IssueBody, request)
        person = person_of(request)
        row = access.access(
            person, ProjectRow.objects.select_related("project", "data_row"), uid, Permission.VIEW_PROJECT
        )
        answer = once(
            person,
            idempotency_key(request),
            {"row": uid, **values},
            lambda: {"issue": str(issues.open_issue(person, row, **values).uid)},
        )
        return _answer(request, answer.body["issue"], status=answer.status)


class IssuesOfProject(APIView):
    """The issues that the caller may read, newest first, by the filters of the page; ``view`` is a saved view's uid."""

    @extend_schema(
        parameters=[*query_parameters(*issue_filters.FILTERS, "view"), *PAGING_PARAMETERS],
        responses={200: ISSUE_PAGE},
    )
    def get(self, request: Request, uid: str) -> Response:
        values = filters_of(request, *issue_filters.FILTERS, "view", *PAGING)
        person = person_of(request)
        project = access.access(person, Project.objects.all(), uid, Permission.VIEW_PROJECT)
        chosen = issue_filters.chosen_in({name: values[name] for name in values if name in issue_filters.FILTERS})
        if "view" in values:
            chosen = issue_views.filters_of(issue_views.view_named(person, project, values["view"])) | chosen
        found = issue_filters.filtered(issues.issues_of(person, project), chosen, person)
        page = page_by_key(request, found)
        return Response({"results": issue_documents(person, page.rows), "next_cursor": page.next_cursor})


class IssueDetail(APIView):
    @extend_schema(responses={200: IssueShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        return _answer(request, uid)


class Comments(APIView):
    """Say something in an issue; the answer is the whole of it."""

    token_scope = Token.Scope.LABEL

    @extend_schema(parameters=[KEY_HEADER], request=CommentBody, responses={200: IssueShape, 201: IssueShape})
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(CommentBody, request)
        person = person_of(request)
        issue = issues.thread_of(person, uid)
        answer = once(
            person,
            idempotency_key(request),
            {"issue": uid, **values},
            lambda: {"comment": str(issues.comment(person, issue, values["text"]).uid)},
        )
        return _answer(request, uid, status=answer.status)


class Resolve(APIView):
    """Asked again, nothing more happens."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=NoBody, responses={200: IssueShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoBody, request)
        person = person_of(request)
        issues.resolve_issue(person, issues.thread_of(person, uid))
        return _answer(request, uid)


class Reopen(APIView):
    """Asked again, nothing more happens."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=NoBody, responses={200: IssueShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoBody, request)
        person = person_of(request)
        issues.reopen_issue(person, issues.thread_of(person, uid))
        return _answer(request, uid)


def issue_documents(person: Person, some: Sequence[Issue]) -> list[dict[str, Any]]:
    """Issues as pages and integrators read them. An address is null where ``person`` may not act."""
    may = issues.acts_open_to(person, some)
    unnamed = issues.unnamed_to(person, some) if some else frozenset()
    return [_document(issue, {act for act, found in may.items() if issue.pk in found}, unnamed) for issue in some]


def issues_for_editor(person: Person, slots: Sequence[Slot]) -> dict[int, list[dict[str, Any]]]:
    """What stands under ``issues`` in the editor's row: slot → the issues of its row."""
    beside = issues.issues_beside(person, slots)
    every = {issue.pk: issue for found in beside.values() for issue in found}
    documents = dict(zip(every, issue_documents(person, list(every.values())), strict=True))
    return {slot: [documents[issue.pk] for issue in found] for slot, found in beside.items()}


def _answer(request: Request, uid: str, *, status: int = 200) -> Response:
    person = person_of(request)
    return Response(issue_documents(person, [issues.thread_of(person, uid)])[0], status=status)


def _document(issue: Issue, acts: set[str], unnamed: frozenset[int]) -> dict[str, Any]:
    question, *answers = [issues.comment_facts(said, unnamed) for said in issue.comments.all()]
    doors = {"comment": "comment", "resolve": "resolve", "reopen": "resolve"}
    return {
        "uid": str(issue.uid),
        "number": issue.number,
        "row": str(issue.project_row.uid),
        "external_id": issue.project_row.data_row.external_id,
        "category": issue.category.code,
        "category_name": issue.category.name,
        "state": issue.state,
        "pin": issue.pin,
        "object_id": issue.object_id,
        "rule": issue.rule and {"uid": str(issue.rule), "title": issue.rule_title},
        "text": question["text"],
        "author": question["author"],
        "opened_at": issue.opened_at.isoformat(),
        "comments": answers,
        "urls": {"read": reverse("api-issue", args=[issue.uid])}
        | {
            door: reverse(f"api-issue-{door}", args=[issue.uid]) if act in acts else None for door, act in doors.items()
        },
    }
