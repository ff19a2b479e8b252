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
from quality import (
    issue_changes,
    issue_duplicates,
    issue_filters,
    issue_mentions,
    issue_moves,
    issue_views,
    issues,
)
from quality.issue_duplicates import Root
from quality.models import Issue, IssueComment
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
    """A point or a box on the picture, in pixels; in a text a span, in characters."""

    x = serializers.FloatField(required=False)
    y = serializers.FloatField(required=False)
    w = serializers.FloatField(required=False)
    h = serializers.FloatField(required=False)
    start = serializers.IntegerField(required=False)
    end = serializers.IntegerField(required=False)
    feature = serializers.CharField(required=False, help_text="The text question whose answer the span is of.")


@extend_schema_field(PinShape)
class PinField(serializers.JSONField):
    """The rule checks it: only it knows what the row is, and the picture's size."""


class MentionBody(Body):
    """Exactly one of them."""

    person = serializers.UUIDField(required=False)
    team = serializers.UUIDField(required=False)
    role = serializers.CharField(required=False, max_length=20, help_text=f"One of {', '.join(issue_mentions.ROLES)}.")


class IssueBody(Body):
    category = serializers.CharField(max_length=40, help_text="The code of a category of the project.")
    severity = serializers.CharField(
        max_length=8, default=Issue.Severity.NORMAL, help_text=f"One of {', '.join(Issue.Severity.values)}."
    )
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)
    pin = PinField(allow_null=True, default=None)
    object_id = serializers.CharField(allow_blank=True, default="")
    rule = serializers.CharField(
        allow_blank=True, default="", help_text="The uid of a rule of the project's guidelines."
    )
    mentions = MentionBody(many=True, default=list)


class CommentBody(Body):
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)
    mentions = MentionBody(many=True, default=list)


class NoBody(Body):
    """Nothing is said here: the act is the address."""


class AuthorShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    initials = serializers.CharField()


class MentionShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=issue_mentions.KINDS)
    name = serializers.CharField()


class CommentUrls(serializers.Serializer[Any]):
    """Null where the reader may not."""

    edit = serializers.CharField(allow_null=True)
    withdraw = serializers.CharField(allow_null=True)
    versions = serializers.CharField(allow_null=True, help_text="What it said before.")


class CommentShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    author = AuthorShape()
    text = serializers.CharField(allow_blank=True, help_text="Empty once it was withdrawn.")
    made_at = serializers.DateTimeField()
    version = serializers.IntegerField(help_text="Above 1: it was edited.")
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    mentions = MentionShape(many=True)
    urls = CommentUrls()


class AnswerShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    author = AuthorShape()
    text = serializers.CharField(allow_blank=True)
    made_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class RootShape(serializers.Serializer[Any]):
    """The issue that answers a duplicate."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Issue.State.choices)
    uid = serializers.UUIDField(allow_null=True, help_text="Null where the reader may not open it.")
    answers = AnswerShape(many=True)


class AssigneeShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=issue_mentions.KINDS)
    name = serializers.CharField()
    uid = serializers.UUIDField(required=False)
    role = serializers.CharField(required=False)


class RuleOfIssue(serializers.Serializer[Any]):
    """The rule of the guidelines that it cites, with number and title as they were then."""

    uid = serializers.UUIDField()
    title = serializers.CharField()


class IssueUrls(serializers.Serializer[Any]):
    """Null where the reader may not."""

    read = serializers.CharField()
    comment = serializers.CharField(allow_null=True)
    resolve = serializers.CharField(allow_null=True)
    reopen = serializers.CharField(allow_null=True)
    change = serializers.CharField(allow_null=True, help_text="Its opener may change category and severity.")
    duplicate = serializers.CharField(allow_null=True)
    mentionable = serializers.CharField(allow_null=True)


class IssueShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    number = serializers.IntegerField()
    row = serializers.UUIDField()
    external_id = serializers.CharField()
    category = serializers.CharField(help_text="The code of a category of the project.")
    category_name = serializers.CharField()
    severity = serializers.ChoiceField(choices=Issue.Severity.choices)
    state = serializers.ChoiceField(choices=Issue.State.choices)
    pin = PinField(allow_null=True)
    object_id = serializers.CharField(allow_blank=True)
    rule = RuleOfIssue(allow_null=True)
    assignee = AssigneeShape(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    duplicate_of = RootShape(allow_null=True)
    first_answered_at = serializers.DateTimeField(allow_null=True)
    reopened_count = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    author = AuthorShape()
    opened_at = serializers.DateTimeField()
    question = CommentShape()
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
        return issue_answer(request, answer.body["issue"], status=answer.status)


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
        return issue_answer(request, uid)


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
            lambda: {"comment": str(issues.comment(person, issue, **values).uid)},
        )
        return issue_answer(request, uid, status=answer.status)


class Resolve(APIView):
    """Asked again, nothing more happens."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=NoBody, responses={200: IssueShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoBody, request)
        person = person_of(request)
        issues.resolve_issue(person, issues.thread_of(person, uid))
        return issue_answer(request, uid)


class Reopen(APIView):
    """Asked again, nothing more happens."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=NoBody, responses={200: IssueShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoBody, request)
        person = person_of(request)
        issues.reopen_issue(person, issues.thread_of(person, uid))
        return issue_answer(request, uid)


def issue_documents(person: Person, some: Sequence[Issue]) -> list[dict[str, Any]]:
    """Issues as pages and integrators read them. An address is null where ``person`` may not act."""
    may = issues.acts_open_to(person, some)
    roots = issue_duplicates.roots_of(person, some)
    threads = [(issue, [*issue.comments.all(), *_answers_to(issue, roots)]) for issue in some]
    unnamed = issue_moves.unnamed_in(person, threads) if some else frozenset()
    return [
        _document(person, issue, {act for act, found in may.items() if issue.pk in found}, unnamed, roots)
        for issue in some
    ]


def issues_for_editor(person: Person, slots: Sequence[Slot]) -> dict[int, list[dict[str, Any]]]:
    """What stands under ``issues`` in the editor's row: slot → the issues of its row."""
    beside = issues.issues_beside(person, slots)
    every = {issue.pk: issue for found in beside.values() for issue in found}
    documents = dict(zip(every, issue_documents(person, list(every.values())), strict=True))
    return {slot: [documents[issue.pk] for issue in found] for slot, found in beside.items()}


def issue_answer(request: Request, uid: str, *, status: int = 200) -> Response:
    person = person_of(request)
    return Response(issue_documents(person, [issues.thread_of(person, uid)])[0], status=status)


def _answers_to(issue: Issue, roots: dict[int, Root]) -> Sequence[IssueComment]:
    return roots[issue.pk].answers if issue.pk in roots else ()


def _document(
    person: Person, issue: Issue, acts: set[str], unnamed: frozenset[int], roots: dict[int, Root]
) -> dict[str, Any]:
    question, *answers = [_comment(person, said, acts, unnamed) for said in issue.comments.all()]
    return {
        "uid": str(issue.uid),
        "number": issue.number,
        "row": str(issue.project_row.uid),
        "external_id": issue.project_row.data_row.external_id,
        "category": issue.category.code,
        "category_name": issue.category.name,
        "severity": issue.severity,
        "state": issue.state,
        "pin": issue.pin,
        "object_id": issue.object_id,
        "rule": issue.rule and {"uid": str(issue.rule), "title": issue.rule_title},
        "assignee": issue_changes.assignee_facts(issue, unnamed),
        "due_at": issue.due_at and issue.due_at.isoformat(),
        "duplicate_of": _root(roots.get(issue.pk), unnamed),
        "first_answered_at": issue.first_answered_at and issue.first_answered_at.isoformat(),
        "reopened_count": issue.reopened_count,
        "text": question["text"],
        "author": question["author"],
        "opened_at": issue.opened_at.isoformat(),
        "question": question,
        "comments": answers,
        "urls": _urls(person, issue, acts),
    }


def _urls(person: Person, issue: Issue, acts: set[str]) -> dict[str, str | None]:
    if issue.opened_by_id == person.pk and "comment" in acts:
        acts = {*acts, "change"}
    doors = {"comment": "comment", "resolve": "resolve", "reopen": "resolve", "duplicate": "manage"}
    doors |= {"mentionable": "comment", "change": "manage" if "manage" in acts else "change"}
    found = {name: reverse(f"api-issue-{name}", args=[issue.uid]) for name, act in doors.items() if act in acts}
    return {"read": reverse("api-issue", args=[issue.uid]), **dict.fromkeys(doors), **found}


def _comment(person: Person, said: IssueComment, acts: set[str], unnamed: frozenset[int]) -> dict[str, Any]:
    is_own = said.author_id == person.pk and "comment" in acts and said.withdrawn_at is None
    reads_older = said.last_version > 1 if said.withdrawn_at is None else is_own or "manage" in acts

    def door(name: str, is_open: bool) -> str | None:
        return reverse(f"api-issue-comment-{name}", args=[said.uid]) if is_open else None

    return {
        **issues.comment_facts(said, unnamed),
        "mentions": [issue_mentions.mention_facts(one, unnamed) for one in said.mentions.all()],
        "urls": {
            "edit": door("edit", is_own),
            "withdraw": door("withdraw", is_own),
            "versions": door("versions", reads_older),
        },
    }


def _root(root: Root | None, unnamed: frozenset[int]) -> dict[str, Any] | None:
    if root is None:
        return None
    return {
        "number": root.issue.number,
        "state": root.issue.state,
        "uid": str(root.issue.uid) if root.is_readable else None,
        "answers": [issues.comment_facts(said, unnamed) for said in root.answers],
    }
