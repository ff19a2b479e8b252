"""Practice over HTTP: practise and learn what differs; make and retire rows with a known answer; results."""

from dataclasses import asdict
from typing import Any

from django.http import StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.pictures import AsItIs
from labeling.api.projects import project_named
from labeling.api.queue_shapes import (
    LARGEST_NUMBER,
    BaseBody,
    DraftOfRow,
    EmptyShape,
    LabelOfRow,
    OlderDraft,
    OntologyOfSlot,
    PayloadField,
    ProjectOfSlot,
    RowOfSlot,
    SlotShape,
)
from labeling.assets import asset_file
from labeling.models import OntologyVersion, Slot
from labeling.queue import newest_version
from quality import practice
from quality.models import PracticeAnswer, PracticeRow
from quality.practice import Known, Result
from quality.practice_results import Answer, answers_in_words
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
from workforce.api.streams import show_file
from workforce.errors import InvalidInput
from workforce.models import Token

WHY = {"code": "practice", "text": "Practice with a known answer"}
DONE = "You have answered every row there is to practise on."
NOTHING = "There is nothing to practise on yet."


# --- Practise -----------------------------------------------------------------------------------------------------
class NextBody(Body):
    have = serializers.ListField(
        child=serializers.UUIDField(), default=list, max_length=practice.MOST_ROWS, help_text="Rows not to be told."
    )
    again = serializers.BooleanField(default=False, help_text="Also rows that the caller has answered before.")


class PractisedRow(serializers.Serializer[Any]):
    """As a leased row, so that one editor shows both; nobody leases it, and it has no draft on the server."""

    slot = SlotShape(help_text="Stands for the practice row; its `uid` is the row's.")
    row = RowOfSlot()
    project = ProjectOfSlot()
    ontology = OntologyOfSlot()
    draft = DraftOfRow(allow_null=True)
    older_draft = OlderDraft(allow_null=True)
    label = LabelOfRow(allow_null=True)  # type: ignore[assignment]  # the name of a field, not its caption
    urls = serializers.DictField(child=serializers.CharField(), help_text="`answer`: where the answer is sent.")


class NextShape(serializers.Serializer[Any]):
    rows = PractisedRow(many=True)
    today = serializers.IntegerField(help_text="How many rows the caller has answered.")
    ready = serializers.IntegerField(help_text="How many rows there are for the caller in all.")
    empty = EmptyShape(allow_null=True)


class PracticeAnswerBody(BaseBody):
    payload = PayloadField()
    ontology_version = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)


class DifferenceShape(serializers.Serializer[Any]):
    error = serializers.CharField(help_text="missing, extra, wrong_class, loose, wrong_answer or degenerate.")
    kind = serializers.CharField(help_text="The same in words.")
    name = serializers.CharField(help_text="Of the class or question.")
    text = serializers.CharField()
    likeness = serializers.FloatField()
    own = serializers.CharField(allow_blank=True, help_text="Id of the own object or answer.")
    known = serializers.CharField(allow_blank=True, help_text="Id of the known one.")


class CitedRule(serializers.Serializer[Any]):
    uid = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True, help_text="Markdown.")


class ResultOfPractice(serializers.Serializer[Any]):
    """What one learns, once the own answer is stored."""

    row = serializers.UUIDField()
    score = serializers.FloatField()
    is_first = serializers.BooleanField(help_text="Whether this answer is the one that counts.")
    first_score = serializers.FloatField()
    right = serializers.IntegerField(help_text="Objects and answers without an error.")
    differences = DifferenceShape(many=True)
    known = PayloadField()
    answers = serializers.ListField(child=serializers.CharField(), help_text="Known answers of the whole picture.")
    explanation = serializers.CharField(allow_blank=True)
    rules = CitedRule(many=True)


class NextPractice(APIView):
    """The next rows to practise on, in the caller's own order."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=NextBody, responses={200: NextShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values, person, project = values_of(NextBody, request), person_of(request), project_named(request, uid)
        have = [str(one) for one in values["have"]]
        found = practice.next_rows(person, project, have=have, again=values["again"])
        progress = practice.progress_of(person, project)
        version = newest_version(project)
        empty = None
        if not found:
            code, message = ("practice_done", DONE) if progress["rows"] else ("no_practice", NOTHING)
            empty = {"code": code, "message": message, "next_at": None}
        rows = [_document(request, row, version) for row in found]
        return Response({"rows": rows, "today": progress["answered"], "ready": progress["rows"], "empty": empty})


class AnswerPractice(APIView):
    """Compare an answer with the known one, which comes back with what differs. A person's first answer counts."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=PracticeAnswerBody, responses={200: ResultOfPractice, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(PracticeAnswerBody, request)
        said = {"payload": values["payload"], "ontology_version": values["ontology_version"]}
        return Response(_result(practice.answer_practice(person_of(request), uid, **said)))


class PictureOfPractice(APIView):
    """The bytes of the picture of a row to practise on."""

    content_negotiation_class = AsItIs

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, uid: str) -> StreamingHttpResponse:
        filters_of(request)
        data_row = practice.row_with_picture(person_of(request), uid).data_row
        return show_file(request._request, asset_file(data_row.asset_path), media_type=data_row.mime_type)


def _document(request: Request, row: PracticeRow, version: OntologyVersion) -> dict[str, Any]:
    data_row, project = row.data_row, row.project
    # A token opens no page.
    picture = "practice-picture" if request.auth is None else "api-practice-picture"
    return {
        "slot": {
            "uid": str(row.uid),
            "kind": Slot.Kind.LABEL,
            "step": 0,
            "is_rework": False,
            "state": Slot.State.OPEN,
            "lease_token": 0,
            "leased_until": None,
            "why": WHY,
        },
        "row": {
            "uid": str(row.uid),
            "external_id": data_row.external_id,
            "width": data_row.width,
            "height": data_row.height,
            "metadata": data_row.metadata,
            "asset_url": reverse(picture, args=[row.uid]),
        },
        "project": {"uid": str(project.uid), "name": project.name, "batch": ""},
        "ontology": {"uid": str(version.ontology.uid), "version": version.number, "document": version.document},
        "draft": None,
        "older_draft": None,
        "label": None,
        "urls": {"answer": reverse("api-practice-answer", args=[row.uid])},
    }


def _result(result: Result) -> dict[str, Any]:
    row, compared = result.row, result.compared
    return {
        "row": str(row.uid),
        "score": compared.score,
        "is_first": result.is_first,
        "first_score": result.first_score,
        "right": compared.right,
        "differences": [asdict(one) for one in compared.differences],
        "known": row.payload,
        "answers": answers_in_words(Answer(row.payload, row.ontology_version)),
        "explanation": row.explanation,
        "rules": result.rules,
    }


# --- The set ------------------------------------------------------------------------------------------------------
class PracticeRowBody(Body):
    label = serializers.UUIDField(  # type: ignore[assignment]  # the name of a field, not its caption
        required=False, help_text="A label whose row is done: its last version is the known answer."
    )
    row = serializers.UUIDField(required=False, help_text="Or a data row, with `payload`.")
    payload = PayloadField(required=False)
    explanation = serializers.CharField(max_length=practice.LONGEST_EXPLANATION, allow_blank=True, default="")
    rules = serializers.ListField(
        child=serializers.CharField(max_length=60), default=list, help_text="Uids of rules of the guidelines."
    )


class PracticeRule(serializers.Serializer[Any]):
    uid = serializers.CharField()
    title = serializers.CharField()


class PracticeRowShape(serializers.Serializer[PracticeRow]):
    uid = serializers.UUIDField()
    data_row = serializers.UUIDField(source="data_row.uid")
    external_id = serializers.CharField(source="data_row.external_id")
    payload = PayloadField()
    ontology_version = serializers.IntegerField(source="ontology_version.number")
    rules = PracticeRule(many=True)
    explanation = serializers.CharField(allow_blank=True)
    made_by = serializers.CharField(source="made_by.name")
    made_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)


class PracticeRows(APIView):
    """The rows with their known answers, for those who may know right answers."""

    read_scope = token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="practice_rows_list", parameters=[*PAGING_PARAMETERS], responses=page_shape(PracticeRowShape)
    )
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        found = practice.practice_rows_visible_to(person_of(request), project_named(request, uid))
        return page_answer(request, found, PracticeRowShape)

    @extend_schema(request=PracticeRowBody, responses={201: PracticeRowShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        """Make one from a label whose row is done, or from a data row and the answer to it."""
        values, person, project = values_of(PracticeRowBody, request), person_of(request), project_named(request, uid)
        if ("label" in values) == ("row" in values) or ("row" in values) != ("payload" in values):
            raise InvalidInput("label_or_row", "Practice is made from a label, or from a data row and its payload.")
        said = {"explanation": values["explanation"], "rules": values["rules"]}
        if "label" in values:
            made = practice.make_practice_row_from(
                person, practice.label_named(person, project, values["label"]), **said
            )
        else:
            data_row = practice.data_row_named(person, project, values["row"])
            made = practice.make_practice_row(person, project, data_row, Known(values["payload"], **said))
        found = practice.practice_rows_visible_to(person, project).get(pk=made.pk)
        return Response(PracticeRowShape(found).data, status=201)


class PracticeRowByUid(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={204: None, 409: RefusalShape})
    @repeatable
    def delete(self, request: Request, uid: str) -> Response:
        """Nobody gets the row any more, and its results count no more."""
        person = person_of(request)
        practice.retire_practice_row(person, practice.practice_row_to_keep(person, uid))
        return Response(status=204)


class PracticeAnswerShape(serializers.Serializer[PracticeAnswer]):
    uid = serializers.UUIDField()
    row = serializers.UUIDField(source="row.uid")
    external_id = serializers.CharField(source="row.data_row.external_id")
    person = serializers.UUIDField(source="person.uid")
    name = serializers.CharField(source="person.name")
    score = serializers.FloatField()
    mistakes = serializers.DictField(
        child=serializers.IntegerField(), source="errors", help_text="Kind of error → how many objects and answers."
    )
    made_at = serializers.DateTimeField()


class PracticeResults(APIView):
    """First answers of those whose figures the caller may see, at least their own; never what is right."""

    @extend_schema(
        operation_id="practice_results_list",
        parameters=[*PAGING_PARAMETERS],
        responses=page_shape(PracticeAnswerShape),
    )
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request, *PAGING)
        found = practice.answers_visible_to(person_of(request), project_named(request, uid))
        return page_answer(request, found, PracticeAnswerShape)
