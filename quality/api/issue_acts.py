"""What else is done with issues over HTTP: words edited and withdrawn, changes, duplicates, mentions, what happened,
and the categories of a project."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.projects import project_named
from labeling.models import ProjectRow
from quality import (
    issue_access,
    issue_categories,
    issue_changes,
    issue_duplicates,
    issue_history,
    issue_mentions,
    issue_words,
    issues,
)
from quality.api.issues import AuthorShape, CommentBody, IssueShape, MentionBody, NoBody, issue_answer
from quality.issue_mentions import Offered
from quality.models import Issue, IssueCategory, IssueEvent
from workforce import access
from workforce.api.repeats import repeatable
from workforce.api.shapes import Body, RefusalShape, filters_of, person_of, values_of
from workforce.models import Token
from workforce.roles import Permission


class ChangeBody(Body):
    """What is left out stays as it is."""

    category = serializers.CharField(max_length=40, required=False)
    severity = serializers.CharField(
        max_length=8, required=False, help_text=f"One of {', '.join(Issue.Severity.values)}."
    )
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    assignee = MentionBody(required=False, allow_null=True)


class DuplicateBody(Body):
    number = serializers.IntegerField(min_value=1, help_text="The issue of the project that answers this one too.")


class WordsShape(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    text = serializers.CharField()
    made_at = serializers.DateTimeField()


class VersionsShape(serializers.Serializer[Any]):
    versions = WordsShape(many=True)


class OfferedOne(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    name = serializers.CharField()


class RoleOffered(serializers.Serializer[Any]):
    role = serializers.CharField()
    name = serializers.CharField()


class OfferedShape(serializers.Serializer[Any]):
    about = serializers.UUIDField(help_text="The issue, or the row.")
    people = OfferedOne(many=True)
    teams = OfferedOne(many=True)
    roles = RoleOffered(many=True)


class EventShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=IssueEvent.Kind.choices)
    actor = AuthorShape()
    before = serializers.JSONField()
    after = serializers.JSONField()
    made_at = serializers.DateTimeField()


class EventsShape(serializers.Serializer[Any]):
    issue = serializers.UUIDField()
    events = EventShape(many=True)


class CategoryShape(serializers.Serializer[IssueCategory]):
    uid = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    is_retired = serializers.BooleanField()
    order = serializers.IntegerField()


class CategoriesShape(serializers.Serializer[Any]):
    categories = CategoryShape(many=True)


class CategoryBody(Body):
    name = serializers.CharField(max_length=issue_categories.LONGEST_NAME)
    description = serializers.CharField(max_length=issue_categories.LONGEST_DESCRIPTION, allow_blank=True, default="")
    code = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="Made of the name if empty.")


class CategoryChange(Body):
    name = serializers.CharField(max_length=issue_categories.LONGEST_NAME, required=False)
    description = serializers.CharField(
        max_length=issue_categories.LONGEST_DESCRIPTION, allow_blank=True, required=False
    )
    is_retired = serializers.BooleanField(required=False)
    order = serializers.IntegerField(min_value=0, max_value=issue_categories.MOST, required=False)


WORDS = OpenApiParameter("words", str, description="A part of the name.")


# --- Words --------------------------------------------------------------------------------------------------------
class EditComment(APIView):
    """Say it anew. The words before stay beside it, for everybody who reads the issue."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=CommentBody, responses={200: IssueShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(CommentBody, request)
        said = issue_access.comment_of(person_of(request), uid)
        issue_words.edit_comment(person_of(request), said, **values)
        return issue_answer(request, str(said.issue.uid))


class WithdrawComment(APIView):
    """Take one's own words back. Asked again, nothing more happens."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=NoBody, responses={200: IssueShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoBody, request)
        said = issue_access.comment_of(person_of(request), uid)
        issue_words.withdraw_comment(person_of(request), said)
        return issue_answer(request, str(said.issue.uid))


class VersionsOfComment(APIView):
    """What a comment said, the first words first."""

    @extend_schema(operation_id="issue_comment_versions", responses={200: VersionsShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        person = person_of(request)
        return Response({"versions": issue_words.versions_for(person, issue_access.comment_of(person, uid))})


# --- Changes ------------------------------------------------------------------------------------------------------
class ChangeIssue(APIView):
    """Category, severity, who shall answer and by when."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=ChangeBody, responses={200: IssueShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(ChangeBody, request)
        issue_changes.change_issue(person_of(request), issues.thread_of(person_of(request), uid), values)
        return issue_answer(request, uid)


class MarkDuplicate(APIView):
    """Another issue answers this one too: its opener reads the answers there."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=DuplicateBody, responses={200: IssueShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(DuplicateBody, request)
        person = person_of(request)
        issue_duplicates.mark_duplicate(person, issues.thread_of(person, uid), values["number"])
        return issue_answer(request, uid)


class Mentionable(APIView):
    """Whom the caller may name in this issue: those who may read it."""

    @extend_schema(parameters=[WORDS], responses={200: OfferedShape})
    def get(self, request: Request, uid: str) -> Response:
        words = filters_of(request, "words").get("words", "")
        person = person_of(request)
        issue = issues.thread_of(person, uid)
        access.require(person, Permission.OPEN_ISSUE, issue)
        return Response(_offered(uid, issue_mentions.to_choose(person, issue, words)))


class MentionableBesideRow(APIView):
    """Whom the caller may name in a new question about this row."""

    @extend_schema(parameters=[WORDS], responses={200: OfferedShape})
    def get(self, request: Request, uid: str) -> Response:
        words = filters_of(request, "words").get("words", "")
        person = person_of(request)
        row = access.access(
            person, ProjectRow.objects.select_related("project", "data_row"), uid, Permission.VIEW_PROJECT
        )
        issues.require_may_open(person, row)
        return Response(_offered(uid, issue_mentions.to_choose_beside(person, row, words)))


class EventsOfIssue(APIView):
    """What happened to an issue, the first act first."""

    @extend_schema(operation_id="issue_events", responses={200: EventsShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        person = person_of(request)
        issue = issues.thread_of(person, uid)
        return Response({"issue": str(issue.uid), "events": issue_history.events_for(person, issue)})


# --- Categories ---------------------------------------------------------------------------------------------------
class CategoriesOfProject(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(operation_id="issue_categories", responses={200: CategoriesShape})
    def get(self, request: Request, uid: str) -> Response:
        """In their order, the retired ones last."""
        filters_of(request)
        found = issue_categories.categories_of(project_named(request, uid))
        return Response({"categories": [CategoryShape(one).data for one in found]})

    @extend_schema(request=CategoryBody, responses={201: CategoryShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(CategoryBody, request)
        made = issue_categories.add_category(person_of(request), project_named(request, uid), **values)
        return Response(CategoryShape(made).data, status=201)


class ChangeCategory(APIView):
    """Rename, describe, order, retire, or offer again. The code stays."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=CategoryChange(partial=True), responses={200: CategoryShape, 409: RefusalShape})
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        values = values_of(CategoryChange, request, partial=True)
        person = person_of(request)
        found = issue_categories.change_category(person, issue_categories.category_to_change(person, uid), **values)
        return Response(CategoryShape(found).data)


def _offered(about: str, found: Offered) -> dict[str, Any]:
    return {
        "about": str(about),
        "people": [{"uid": str(one.uid), "name": one.name} for one in found.people],
        "teams": [{"uid": str(one.uid), "name": one.name} for one in found.teams],
        "roles": [{"role": role, "name": name} for role, name in found.roles.items()],
    }
