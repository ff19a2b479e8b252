"""Vetting over HTTP: what a project asks, who stands where with which evidence, moves; and one's own steps."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import project_access
from labeling.api.projects import project_named
from quality import funnel_settings, vetting, vetting_board, vetting_standing, vetting_words
from quality.models import Candidacy, FunnelEvent, FunnelSettings
from quality.models.vetting import MOST_ROWS
from quality.vetting_standing import Standing
from workforce.api.inputs import page_by_key
from workforce.api.repeats import repeatable
from workforce.api.shapes import (
    PAGING,
    PAGING_PARAMETERS,
    Body,
    RefusalShape,
    choice_filter,
    choice_parameter,
    filters_of,
    page_shape,
    person_of,
    uid_filter,
    values_of,
)
from workforce.errors import NotFound
from workforce.models import Person, Token

LARGEST_NUMBER = 2**31 - 1
# Moves that one candidacy is answered with; older ones stand in the admin.
MOST_EVENTS = 100


# --- Shapes -----------------------------------------------------------------------------------------------------
class FunnelSettingsShape(serializers.Serializer[FunnelSettings]):
    is_open = serializers.BooleanField(help_text="Members without a role may apply.")
    needs_interview = serializers.BooleanField()
    asks_quiz = serializers.BooleanField()
    practice_count = serializers.IntegerField(help_text="The newest answers that count; 0 leaves the step out.")
    practice_bar = serializers.FloatField()
    assessment_count = serializers.IntegerField(
        help_text="Results against hidden gold at which it is looked at, and again at twice as many; 0 leaves it out."
    )
    assessment_bar = serializers.FloatField()
    gold_share = serializers.IntegerField(help_text="Gold among the rows of who is assessed, in per cent.")
    ramp_caps = serializers.ListField(
        child=serializers.IntegerField(), help_text="Rows a day, step by step; an empty list leaves it out."
    )
    ramp_count = serializers.IntegerField(help_text="Results that end a step.")
    ramp_bar = serializers.FloatField()
    pause_days = serializers.IntegerField(allow_null=True, help_text="Null: until somebody ends it.")
    version = serializers.IntegerField()
    on_since = serializers.DateTimeField(allow_null=True, help_text="Null: nobody is vetted.")


class FunnelSettingsBody(Body):
    after = serializers.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, help_text="The version that was edited; 0 for the first."
    )
    is_open = serializers.BooleanField(required=False)
    needs_interview = serializers.BooleanField(required=False)
    asks_quiz = serializers.BooleanField(required=False)
    practice_count = serializers.IntegerField(min_value=0, max_value=MOST_ROWS, required=False)
    practice_bar = serializers.FloatField(min_value=0, max_value=1, required=False)
    assessment_count = serializers.IntegerField(min_value=0, max_value=MOST_ROWS, required=False)
    assessment_bar = serializers.FloatField(min_value=0, max_value=1, required=False)
    gold_share = serializers.IntegerField(min_value=1, max_value=100, required=False)
    ramp_caps = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=funnel_settings.MOST_ROWS_A_DAY),
        max_length=funnel_settings.MOST_STEPS,
        required=False,
    )
    ramp_count = serializers.IntegerField(min_value=funnel_settings.FEWEST_RESULTS, max_value=MOST_ROWS, required=False)
    ramp_bar = serializers.FloatField(min_value=0, max_value=1, required=False)
    pause_days = serializers.IntegerField(min_value=1, max_value=365, allow_null=True, required=False)


class SwitchVettingBody(Body):
    is_on = serializers.BooleanField()


class SwitchedShape(serializers.Serializer[Any]):
    settings = FunnelSettingsShape()
    in_production = serializers.IntegerField(help_text="People who worked here before and need no step any more.")


class TrialFiguresShape(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    wanted = serializers.IntegerField()
    bar = serializers.FloatField()
    mean = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class NamedPerson(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    name = serializers.CharField()


class CandidacyShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    project = serializers.UUIDField()
    person = NamedPerson()
    state = serializers.ChoiceField(choices=Candidacy.State.choices)
    step = serializers.IntegerField(help_text="Of the ramp, from 1; 0 elsewhere.")
    entered_at = serializers.DateTimeField()
    waits_for_manager = serializers.BooleanField()
    next_act = serializers.CharField(allow_blank=True)
    figures = TrialFiguresShape(
        allow_null=True, help_text="In assessment and ramp, for those who may see benchmarks; never one's own."
    )


class FunnelEventShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    from_state = serializers.CharField(allow_blank=True)
    to_state = serializers.ChoiceField(choices=Candidacy.State.choices)
    to_step = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True, help_text="Null: by itself, or not told to the caller.")
    note = serializers.CharField(allow_blank=True)
    evidence = serializers.JSONField(help_text="Empty for those who may not see benchmarks.")


class CandidacyWithEvents(CandidacyShape):
    events = FunnelEventShape(many=True, help_text=f"The newest {MOST_EVENTS} moves, newest first.")


class InviteBody(Body):
    person = serializers.UUIDField(help_text="A member of the organization.")
    note = serializers.CharField(max_length=vetting.LONGEST_NOTE, allow_blank=True, default="")


class MoveBody(Body):
    to = serializers.ChoiceField(choices=Candidacy.State.choices)
    note = serializers.CharField(max_length=vetting.LONGEST_NOTE, allow_blank=True, default="")
    seen = serializers.ChoiceField(
        choices=Candidacy.State.choices, help_text="Where the caller saw them; refused when they moved on in between."
    )


class ApplicationBody(Body):
    why = serializers.CharField(max_length=vetting.LONGEST_NOTE)
    experience = serializers.CharField(max_length=vetting.LONGEST_NOTE)


class NoWords(Body):
    """Nothing is said here: the act is the address."""


class OwnStep(serializers.Serializer[Any]):
    state = serializers.CharField()
    title = serializers.CharField()
    is_done = serializers.BooleanField()
    is_now = serializers.BooleanField()


class StandingShape(serializers.Serializer[Any]):
    """One's own steps. No score stands here."""

    project = serializers.UUIDField()
    state = serializers.CharField(allow_null=True)
    steps = OwnStep(many=True)
    told = serializers.CharField()
    act = serializers.CharField(allow_blank=True, help_text="apply, guidelines, quiz, practice, label or nothing.")
    reason = serializers.CharField(allow_blank=True, help_text="What was said on declining.")
    paused = serializers.CharField(allow_null=True, help_text="What a pause says.")


# --- What is asked ----------------------------------------------------------------------------------------------
class VettingSettings(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: FunnelSettingsShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        found = funnel_settings.settings_for(person_of(request), project_named(request, uid))
        return Response(FunnelSettingsShape(found).data)

    @extend_schema(request=FunnelSettingsBody, responses={200: FunnelSettingsShape, 409: RefusalShape})
    @repeatable
    def patch(self, request: Request, uid: str) -> Response:
        project, values = project_named(request, uid), values_of(FunnelSettingsBody, request)
        return Response(
            FunnelSettingsShape(funnel_settings.change_settings(person_of(request), project, **values)).data
        )


class SwitchVetting(APIView):
    """Asked again, nothing more happens."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=SwitchVettingBody, responses={200: SwitchedShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        project, values = project_named(request, uid), values_of(SwitchVettingBody, request)
        done = funnel_settings.switch(person_of(request), project, is_on=values["is_on"])
        return Response({"settings": FunnelSettingsShape(done.settings).data, "in_production": done.settled})


# --- Candidacies ------------------------------------------------------------------------------------------------
class Candidacies(APIView):
    """Of those whose performance the caller may see: everybody's, a vendor's, a led team's, or one's own."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(
        operation_id="candidacies_list",
        parameters=[
            OpenApiParameter("project", OpenApiTypes.UUID),
            OpenApiParameter("person", OpenApiTypes.UUID),
            choice_parameter("state", Candidacy.State.values),
            *PAGING_PARAMETERS,
        ],
        responses=page_shape(CandidacyShape),
    )
    def get(self, request: Request) -> Response:
        given, found = filters_of(request, "project", "person", "state", *PAGING), _visible(request)
        if "project" in given:
            found = found.filter(project__uid=uid_filter("project", given["project"]))
        if "person" in given:
            found = found.filter(person__uid=uid_filter("person", given["person"]))
        if "state" in given:
            found = found.filter(state=choice_filter("state", given["state"], list(Candidacy.State.values)))
        page = page_by_key(request, found)
        return Response({"results": _documents(request, page.rows), "next_cursor": page.next_cursor})


class CandidacyByUid(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(operation_id="candidacy", responses={200: CandidacyWithEvents})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        return Response(_with_events(request, vetting_board.candidacy_for(person_of(request), uid)))


class InviteCandidate(APIView):
    """Let a member in: gives the role of a labeler by the right of the caller."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(request=InviteBody, responses={201: CandidacyWithEvents, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        project, values = project_named(request, uid), values_of(InviteBody, request)
        person = project_access.receiver_named(project, "person", str(values["person"]))
        if not isinstance(person, Person):
            raise NotFound
        made = vetting.invite_person(person_of(request), project, person, note=values["note"])
        return Response(_with_events(request, vetting_board.candidacy_for(person_of(request), made.uid)), status=201)


class MoveCandidate(APIView):
    token_scope = Token.Scope.MANAGE

    @extend_schema(request=MoveBody, responses={200: CandidacyWithEvents, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values, found = values_of(MoveBody, request), vetting.candidacy_to_move(person_of(request), uid)
        vetting.move_candidacy(person_of(request), found, **values)
        return Response(_with_events(request, vetting_board.candidacy_for(person_of(request), uid)))


# --- One's own --------------------------------------------------------------------------------------------------
class OwnVetting(APIView):
    """One's own steps in a project; the first visit of one who may label there begins them."""

    token_scope = Token.Scope.LABEL

    @extend_schema(responses={200: StandingShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        return Response(_own(request, uid))


class ApplyForProject(APIView):
    token_scope = Token.Scope.LABEL

    @extend_schema(request=ApplicationBody, responses={201: StandingShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values = values_of(ApplicationBody, request)
        vetting.apply_for(person_of(request), vetting_standing.project_for(person_of(request), uid), **values)
        return Response(_own(request, uid), status=201)


class WithdrawFromProject(APIView):
    token_scope = Token.Scope.LABEL

    @extend_schema(request=NoWords, responses={200: StandingShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values_of(NoWords, request)
        project = vetting_standing.project_for(person_of(request), uid)
        vetting.withdraw(person_of(request), project)
        return Response(_document_of(vetting_standing.standing_of(person_of(request), project)))


# --- Inside -----------------------------------------------------------------------------------------------------
def _visible(request: Request) -> Any:
    return vetting_board.candidacies_visible_to(person_of(request))


def _documents(request: Request, rows: list[Candidacy]) -> list[dict[str, Any]]:
    """In two queries for any number; figures only where the caller may see them."""
    shown = vetting_board.sees_evidence(person_of(request), rows)
    figures = vetting_board.figures_of([one for one in rows if one.pk in shown])
    return [_document(one, figures.get(one.pk), is_shown=one.pk in shown) for one in rows]


def _document(one: Candidacy, figures: vetting_board.Figures | None, *, is_shown: bool) -> dict[str, Any]:
    """What happens next speaks of gold and results: for those who may see benchmarks only."""
    settings = one.project.quality_funnel
    return {
        "uid": str(one.uid),
        "project": str(one.project.uid),
        "person": {"uid": str(one.person.uid), "name": one.person.name},
        "state": one.state,
        "step": one.step,
        "entered_at": one.entered_at.isoformat(),
        "waits_for_manager": bool(one.needs),
        "next_act": vetting_board.next_act(one, settings, figures) if is_shown else vetting_words.told(one, settings),
        "figures": vars(figures) if figures else None,
    }


def _with_events(request: Request, one: Candidacy) -> dict[str, Any]:
    is_shown = one.pk in vetting_board.sees_evidence(person_of(request), [one])
    # A look that moved nobody would tell when results were judged.
    found = vetting_board.events_of(one)[:MOST_EVENTS]
    told = [event for event in found if is_shown or event.from_state != event.to_state]
    events = [_event(event, is_shown=is_shown) for event in told]
    return {**_documents(request, [one])[0], "events": events}


def _event(event: FunnelEvent, *, is_shown: bool) -> dict[str, Any]:
    is_told = is_shown or event.to_state == Candidacy.State.DECLINED
    return {
        "uid": str(event.uid),
        "from_state": event.from_state,
        "to_state": event.to_state,
        "to_step": event.to_step,
        "at": event.at.isoformat(),
        "by": event.by.name if event.by and is_shown else None,
        "note": event.note if is_told else "",
        "evidence": event.evidence if is_shown else {},
    }


def _own(request: Request, uid: str) -> dict[str, Any]:
    project = vetting_standing.project_for(person_of(request), uid)
    return _document_of(vetting_standing.standing_of(person_of(request), project))


def _document_of(found: Standing) -> dict[str, Any]:
    return {
        "project": str(found.project.uid),
        "state": found.candidacy.state if found.candidacy else None,
        "steps": [vars(step) for step in found.steps],
        "told": found.told,
        "act": found.act,
        "reason": found.reason,
        "paused": found.pause.told if found.pause else None,
    }
