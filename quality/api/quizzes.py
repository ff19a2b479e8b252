"""The quiz over HTTP: take it and read what was marked; publish a version, take the quiz away, who passed."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.projects import project_named
from quality import quiz_questions, quizzes
from quality.models import QuizAttempt, QuizVersion
from quality.quizzes import QuizSettings
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    PAGING_PARAMETERS,
    Body,
    RefusalShape,
    filters_of,
    page_answer,
    page_shape,
    person_of,
    values_of,
)
from workforce.errors import NotFound
from workforce.models import Token

LARGEST_NUMBER = 2**31 - 1


# --- Taking it ----------------------------------------------------------------------------------------------------
class AskedOption(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    text = serializers.CharField()


class AskedQuestion(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    text = serializers.CharField()
    is_several = serializers.BooleanField(help_text="Whether more than one option is right.")
    options = AskedOption(many=True)


class MarkedShape(serializers.Serializer[Any]):
    text = serializers.CharField()
    chosen = serializers.ListField(child=serializers.CharField())
    is_right = serializers.BooleanField()
    right = serializers.ListField(
        child=serializers.CharField(), help_text="The right options; empty until an attempt is passed."
    )
    explanation = serializers.CharField(allow_blank=True)
    rule_title = serializers.CharField(allow_blank=True)
    rule_text = serializers.CharField(allow_blank=True, help_text="Markdown.")


class ResultShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    version = serializers.IntegerField()
    number = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of the questions, answered right.")
    is_passed = serializers.BooleanField()
    made_at = serializers.DateTimeField()
    questions = MarkedShape(many=True)


class QuizShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    number = serializers.IntegerField(help_text="Of the next attempt: it is sent with the answers.")
    pass_bar = serializers.FloatField()
    tries_left = serializers.IntegerField(allow_null=True, help_text="Null: no limit.")
    next_at = serializers.DateTimeField(allow_null=True)
    is_passed = serializers.BooleanField()
    why_not = serializers.CharField(
        allow_blank=True, help_text="Why there is nothing to answer now: `quiz_passed`, `no_tries_left`, `quiz_wait`."
    )
    questions = AskedQuestion(many=True, help_text="In the caller's own order; empty where they may not try now.")
    last = ResultShape(allow_null=True)


class QuizAnswer(Body):
    question = serializers.CharField(max_length=60, help_text="Its uid.")
    options = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=quiz_questions.MOST_OPTIONS, help_text="Their uids."
    )


class QuizAnswers(Body):
    version = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)
    number = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER, help_text="As the quiz told it.")
    answers = QuizAnswer(many=True)


class QuizOfProject(APIView):
    """The quiz as the caller may take it now, for those who label here. A project without a quiz answers 404."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: QuizShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        turn = quizzes.turn_of(person_of(request), project_named(request, uid))
        if turn is None:
            raise NotFound
        return Response(
            {
                "version": turn.version.number,
                "number": turn.number,
                "pass_bar": turn.version.pass_bar,
                "tries_left": turn.tries_left,
                "next_at": turn.next_at and turn.next_at.isoformat(),
                "is_passed": turn.passed is not None,
                "why_not": turn.why_not[0] if turn.why_not else "",
                "questions": [quizzes.asked(one) for one in turn.questions],
                "last": _result(turn.last) if turn.last else None,
            }
        )

    @extend_schema(responses={204: None, 409: RefusalShape})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        """Nobody is asked any more; attempts stay, and the next version asks again."""
        quizzes.retire_quiz(person_of(request), project_named(request, uid))
        return Response(status=204)


class AttemptShape(serializers.Serializer[QuizAttempt]):
    uid = serializers.UUIDField()
    person = serializers.UUIDField(source="person.uid")
    name = serializers.CharField(source="person.name")
    version = serializers.IntegerField(source="version.number")
    number = serializers.IntegerField()
    share = serializers.FloatField()
    is_passed = serializers.BooleanField()
    made_at = serializers.DateTimeField()


class AttemptsOfQuiz(APIView):
    token_scope = Token.Scope.LABEL

    @extend_schema(
        operation_id="quiz_attempts_list", parameters=[*PAGING_PARAMETERS], responses=page_shape(AttemptShape)
    )
    def get(self, request: Request, uid: str) -> Response:
        """Who passed with how much: of those whose figures the caller may see, at least their own."""
        filters_of(request, *PAGING)
        found = quizzes.attempts_visible_to(person_of(request), project_named(request, uid))
        return page_answer(request, found, AttemptShape)

    @extend_schema(request=QuizAnswers, responses={201: ResultShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        """Answer every question. What comes twice is counted once."""
        values = values_of(QuizAnswers, request)
        answers = {one["question"]: one["options"] for one in values["answers"]}
        person, project = person_of(request), project_named(request, uid)
        said = {"version": values["version"], "number": values["number"]}
        return Response(_result(quizzes.take_quiz(person, project, **said, answers=answers)), status=201)


def _result(attempt: QuizAttempt) -> dict[str, Any]:
    attempt.refresh_from_db(fields=["made_at"])
    return {
        "uid": str(attempt.uid),
        "version": attempt.version.number,
        "number": attempt.number,
        "share": attempt.share,
        "is_passed": attempt.is_passed,
        "made_at": attempt.made_at.isoformat(),
        "questions": [vars(one) for one in quizzes.result_of(attempt)],
    }


# --- Publishing it ------------------------------------------------------------------------------------------------
class OptionBody(Body):
    text = serializers.CharField(max_length=quiz_questions.LONGEST_OPTION)
    is_right = serializers.BooleanField(default=False)


class QuestionBody(Body):
    text = serializers.CharField(max_length=quiz_questions.LONGEST_QUESTION)
    options = OptionBody(many=True, help_text="2 to 8, one or several of them right.")
    explanation = serializers.CharField(allow_blank=True, default="")
    rule = serializers.CharField(
        max_length=60, allow_blank=True, default="", help_text="Uid of a rule of the guidelines."
    )


class SettingsBody(Body):
    pass_bar = serializers.FloatField(default=quizzes.PASS_BAR, help_text="Above 0 and up to 1.")
    most_tries = serializers.IntegerField(default=quizzes.TRIES, help_text="At this version; 0: no limit.")
    wait_minutes = serializers.IntegerField(default=quizzes.WAIT_MINUTES, help_text="Between two tries.")
    asks_again = serializers.BooleanField(default=False, help_text="Also those who passed an earlier version.")


class QuizVersionBody(SettingsBody):
    questions = QuestionBody(many=True)
    after = serializers.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, help_text="The version that was edited; 0 for the first."
    )


class OptionShape(AskedOption):
    is_right = serializers.BooleanField()


class QuestionShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    text = serializers.CharField()
    options = OptionShape(many=True)
    explanation = serializers.CharField(allow_blank=True)
    rule = serializers.CharField(allow_blank=True, help_text="Its uid, or empty.")
    rule_title = serializers.CharField(allow_blank=True)


class QuizVersionShape(serializers.Serializer[QuizVersion]):
    version = serializers.IntegerField(source="number")
    pass_bar = serializers.FloatField()
    most_tries = serializers.IntegerField()
    wait_minutes = serializers.IntegerField()
    asks_again = serializers.BooleanField()
    author = serializers.CharField(source="author.name")
    made_at = serializers.DateTimeField()
    questions = QuestionShape(many=True)


class VersionsOfQuiz(APIView):
    """The versions with their right options, for those who may change the project."""

    read_scope = token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="quiz_versions_list", parameters=[*PAGING_PARAMETERS], responses=page_shape(QuizVersionShape)
    )
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        return page_answer(
            request, quizzes.versions_visible_to(person_of(request), project_named(request, uid)), QuizVersionShape
        )

    @extend_schema(request=QuizVersionBody, responses={201: QuizVersionShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        project, values = project_named(request, uid), values_of(QuizVersionBody, request)
        questions, after = values.pop("questions"), values.pop("after")
        made = quizzes.publish_quiz(
            person_of(request), project, questions=questions, settings=QuizSettings(**values), after=after
        )
        made.refresh_from_db()
        return Response(QuizVersionShape(made).data, status=201)
