"""Who agrees with whom, the rows behind it, and scores computed anew, over HTTP."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.api.projects import project_named
from quality import finding_words, findings, lane, people_agreement, recompute
from quality.models import MovedScore
from workforce import access
from workforce.api.jobs import JobShape
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    Body,
    RefusalShape,
    filters_of,
    page_answer,
    page_shape,
    person_of,
    query_parameters,
    uid_filter,
    values_of,
)
from workforce.errors import InvalidInput
from workforce.models import Token
from workforce.roles import Permission

MOST_MOVED = 200


class TwoPeopleShape(serializers.Serializer[Any]):
    a = serializers.UUIDField(source="a.uid")
    b = serializers.UUIDField(source="b.uid")
    n = serializers.IntegerField(help_text="Rows that both labeled.")
    mean = serializers.FloatField()
    low = serializers.FloatField(allow_null=True, help_text="Of the 95 % interval.")
    high = serializers.FloatField(allow_null=True)
    kappa = serializers.FloatField(allow_null=True, help_text="Cohen's, of the question.")
    identical = serializers.IntegerField(help_text="Objects that lie on each other to the pixel.")
    objects = serializers.IntegerField(help_text="Objects that could.")
    identical_rows = serializers.IntegerField()
    chance = serializers.FloatField(allow_null=True, help_text="Of so many, if these two were like all others.")
    is_too_equal = serializers.BooleanField()


class AlphaShape(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True)
    why_null = serializers.CharField(allow_blank=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    unit_count = serializers.IntegerField()


class AgreementShape(serializers.Serializer[Any]):
    question = serializers.CharField(allow_null=True, help_text="Feature that alpha and kappa are of.")
    alpha = AlphaShape(allow_null=True)
    pairs = TwoPeopleShape(many=True)


class PairOfRowShape(serializers.Serializer[Any]):
    row = serializers.UUIDField(source="project_row.uid")
    label_a = serializers.UUIDField(source="label_a.uid")
    label_b = serializers.UUIDField(source="label_b.uid")
    score = serializers.FloatField(allow_null=True)
    identical = serializers.IntegerField(source="identical_count")
    objects = serializers.IntegerField(source="object_count")
    method = serializers.CharField()
    method_version = serializers.IntegerField()


class PairsOfRowsShape(serializers.Serializer[Any]):
    results = PairOfRowShape(many=True)


class MovedShape(serializers.Serializer[MovedScore]):
    row = serializers.UUIDField(source="project_row.uid")
    score_before = serializers.FloatField(allow_null=True)
    score_after = serializers.FloatField(allow_null=True)
    winner_before = serializers.UUIDField(source="winner_before.uid", allow_null=True, default=None)
    winner_after = serializers.UUIDField(source="winner_after.uid", allow_null=True, default=None)


class ReportShape(serializers.Serializer[Any]):
    rows = serializers.IntegerField()
    moved = serializers.IntegerField()
    winners = serializers.IntegerField(help_text="Rows for which another label stands now.")
    mean_shift = serializers.FloatField()
    largest_shift = serializers.FloatField()
    method = serializers.CharField()
    method_version = serializers.IntegerField()


class RecomputeShape(serializers.Serializer[Any]):
    job = JobShape(allow_null=True, help_text="The newest one.")
    report = ReportShape(allow_null=True)
    moved = MovedShape(many=True, help_text="The first of the rows that it moved.")


class LowRowShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    external_id = serializers.CharField(source="data_row.external_id")
    state = serializers.CharField()
    score = serializers.FloatField(source="quality_consensus.score")
    posterior = serializers.FloatField(source="quality_consensus.posterior", allow_null=True)
    agreement = serializers.FloatField(source="quality_consensus.agreement", allow_null=True)
    threshold = serializers.FloatField(source="limit", help_text="In force for the row.")
    opinions = serializers.IntegerField(source="quality_consensus.opinion_count")
    status = serializers.CharField(source="quality_consensus.status")
    asked = serializers.CharField(source="quality_consensus.asked")


class ActBody(Body):
    rows = serializers.ListField(child=serializers.UUIDField(), max_length=lane.MOST_AT_ONCE, allow_empty=False)
    act = serializers.ChoiceField(choices=list(lane.ACTS.items()))
    reason = serializers.CharField(max_length=2000)


class RefusedRow(serializers.Serializer[Any]):
    row = serializers.CharField(help_text="Its external id.")
    why = serializers.CharField()


class OutcomeShape(serializers.Serializer[Any]):
    done = serializers.ListField(child=serializers.CharField(), help_text="External ids.")
    refused = RefusedRow(many=True)


class FigureShape(serializers.Serializer[Any]):
    words = serializers.CharField()
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True, help_text="Of the 95 % interval.")
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    bar = serializers.FloatField(allow_null=True, help_text="What it is held against.")


class FindingShape(serializers.Serializer[Any]):
    section = serializers.CharField(help_text="people, rows, rules or gold")
    kind = serializers.CharField()
    title = serializers.CharField()
    subject = serializers.CharField(help_text="Uid of the person, row or rule; empty for a pair of answers.")
    name = serializers.CharField()
    what = serializers.CharField()
    figures = FigureShape(many=True)
    facts = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.UUIDField(), help_text="Where to look.")


class FindingsShape(serializers.Serializer[Any]):
    answers = serializers.IntegerField(help_text="Answers of questions with enough to tell; 0: nothing is said.")
    window = serializers.IntegerField(help_text="Opinions and checks that were read, the newest.")
    is_whole = serializers.BooleanField(help_text="Whether these are all.")
    too_little = serializers.ListField(child=serializers.CharField(), help_text="Questions with too few answers.")
    findings = FindingShape(many=True)


class Findings(APIView):
    # Contested gold stands among them: right answers are no plain reading.
    read_scope = token_scope = Token.Scope.MANAGE

    @extend_schema(operation_id="projects_findings", responses={200: FindingsShape})
    def get(self, request: Request, uid: str) -> Response:
        """Ambiguous rows, weak labelers, bad rules and wrong gold told apart, with the evidence of each."""
        filters_of(request)
        shown = findings.findings_of(person_of(request), project_named(request, uid))
        told = [
            {**vars(one), "title": one.title, "rows": [row.uid for row in one.rows]}
            for one in finding_words.told(shown)
        ]
        facts = {"answers": shown.found.answers, "window": shown.window, "is_whole": shown.is_whole, "findings": told}
        too_little = [shown.questions.get(question, "") for question in shown.found.left_out]
        return Response(FindingsShape({**facts, "too_little": too_little}).data)


class LowRows(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="projects_low_rows", parameters=query_parameters(is_list=True), responses=page_shape(LowRowShape)
    )
    def get(self, request: Request, uid: str) -> Response:
        """Rows under the threshold in force, by score or posterior, about which nobody decided yet."""
        filters_of(request, *PAGING)
        person, project = person_of(request), project_named(request, uid)
        access.require(person, Permission.VIEW_CONSENSUS, project)
        rows = lane.low_rows(lane.rows_with_scores(person, project))
        return page_answer(request, rows.select_related("data_row", "quality_consensus"), LowRowShape)

    @extend_schema(operation_id="projects_low_rows_act", request=ActBody, responses={200: OutcomeShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        """One act on many rows; what is refused for one row does not stop the others."""
        person, project = person_of(request), project_named(request, uid)
        access.require(person, Permission.CHOOSE_WINNER, project)
        values = values_of(ActBody, request)
        uids = [str(row) for row in values["rows"]]
        done = lane.act_on_rows(person, project, uids, values["act"], reason=values["reason"])
        refused = [{"row": name, "why": why} for name, why in done.refused]
        return Response(OutcomeShape({"done": done.done, "refused": refused}).data)


class PeopleAgreement(APIView):
    @extend_schema(
        operation_id="projects_agreement", parameters=query_parameters("question"), responses={200: AgreementShape}
    )
    def get(self, request: Request, uid: str) -> Response:
        """Every two people of the project over the rows that both labeled."""
        asked = filters_of(request, "question").get("question", "")
        found = people_agreement.people_agreement(person_of(request), project_named(request, uid), question=asked)
        if asked and (found.question is None or found.question.uid != asked):
            raise InvalidInput("filter_invalid", "question is a choice of the ontology.", filter="question")
        pairs = [
            {**vars(pair), "low": (pair.interval or (None, None))[0], "high": (pair.interval or (None, None))[1]}
            for pair in found.pairs
        ]
        question = found.question.uid if found.question else None
        return Response(AgreementShape({"question": question, "alpha": found.alpha, "pairs": pairs}).data)


class RowsOfTwoPeople(APIView):
    @extend_schema(
        operation_id="projects_agreement_rows",
        parameters=[
            OpenApiParameter("a", str, required=True),
            OpenApiParameter("b", str, required=True),
        ],
        responses={200: PairsOfRowsShape},
    )
    def get(self, request: Request, uid: str) -> Response:
        """Up to 100 rows of two people, those with most identical objects first."""
        filters = filters_of(request, "a", "b")
        project = project_named(request, uid)
        access.require(person_of(request), Permission.VIEW_CONSENSUS, project)
        a, b = (uid_filter(name, filters.get(name, "")) for name in ("a", "b"))
        found = people_agreement.rows_of_two(person_of(request), project, a, b)
        return Response(PairsOfRowsShape({"results": found[:100]}).data)


class Recompute(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(operation_id="projects_recompute", responses={200: RecomputeShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        project = project_named(request, uid)
        access.require(person_of(request), Permission.VIEW_CONSENSUS, project)
        job = recompute.recomputes_of(project).first()
        told = {
            "job": job,
            "report": recompute.report_of(job) if job else None,
            "moved": recompute.moved_shown_to(person_of(request), project, job)[:MOST_MOVED] if job else [],
        }
        return Response(RecomputeShape(told).data)

    @extend_schema(operation_id="projects_recompute_start", request=None, responses={202: JobShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        """Score the project anew, by the method and the settings of now."""
        job = recompute.start_recompute(person_of(request), project_named(request, uid))
        job.refresh_from_db()
        return Response(JobShape(job).data, status=202)
