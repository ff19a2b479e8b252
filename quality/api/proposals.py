"""Votes on a proposed gold or rule over HTTP, and making an issue a rule of the guidelines."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling import guidelines
from quality import issues, promotions
from quality import proposals as rules
from quality.models import Issue, Promotion, Proposal
from workforce.api.repeats import repeatable
from workforce.api.shapes import Body, RefusalShape, filters_of, person_of, values_of
from workforce.errors import InvalidInput
from workforce.models import Person, Token

LARGEST_NUMBER = 2**31 - 1


class ProposalBody(Body):
    kind = serializers.ChoiceField(choices=Proposal.Kind.choices)
    label = serializers.UUIDField(  # type: ignore[assignment]  # the name of a field, not its caption
        allow_null=True, default=None, help_text="Of gold: a label of the issue's row."
    )
    version = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_NUMBER,
        allow_null=True,
        default=None,
        help_text="The label's newest if left out.",
    )
    title = serializers.CharField(allow_blank=True, default="", help_text="Of a rule.")
    text = serializers.CharField(
        allow_blank=True, default="", trim_whitespace=False, help_text="Of a rule its words, of gold why it is right."
    )


class VoteBody(Body):
    choice = serializers.ChoiceField(choices=rules.CHOICES)
    reason = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)


class CloseBody(Body):
    choice = serializers.ChoiceField(choices=rules.ENDS)
    words = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)
    after = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST_NUMBER,
        allow_null=True,
        default=None,
        help_text="Of a rule: the version of the guidelines that was looked at; the newest if left out.",
    )


class BallotShape(serializers.Serializer[Any]):
    voter = serializers.CharField()
    choice = serializers.ChoiceField(choices=rules.CHOICES)
    reason = serializers.CharField(allow_blank=True)
    changes = serializers.IntegerField(help_text="How often it was changed.")


class ProposalShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Proposal.Kind.choices)
    state = serializers.ChoiceField(choices=Proposal.State.choices)
    label = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]  # the name of a field, not its caption
    version = serializers.IntegerField(allow_null=True)
    title = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    proposed_by = serializers.CharField()
    proposed_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    own_choice = serializers.ChoiceField(choices=rules.CHOICES, allow_null=True)
    ballots = BallotShape(many=True, allow_null=True, help_text="Null before the own vote.")
    may_vote = serializers.BooleanField()
    may_close = serializers.BooleanField()


class ProposalList(serializers.Serializer[Any]):
    results = ProposalShape(many=True)


class PromoteBody(Body):
    title = serializers.CharField(max_length=guidelines.LONGEST_TITLE)
    text = serializers.CharField(allow_blank=True, default="", trim_whitespace=False)
    after = serializers.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, help_text="The version that was looked at; 0 for the first."
    )


class RuleDraftShape(serializers.Serializer[Any]):
    """What was asked as a title, the last answer as a text."""

    title = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True)
    after = serializers.IntegerField()


class PromotionShape(serializers.Serializer[Any]):
    rule = serializers.UUIDField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    version = serializers.IntegerField()
    issue = serializers.UUIDField()


class ProposalsOfIssue(APIView):
    """Votes in an issue, the newest first; gold only for those who may know of it."""

    token_scope = Token.Scope.LABEL

    @extend_schema(responses={200: ProposalList})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        person = person_of(request)
        found = rules.ballots_of(person, issues.thread_of(person, uid))
        return Response({"results": [_document(one) for one in found]})

    @extend_schema(request=ProposalBody, responses={201: ProposalShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values, person = values_of(ProposalBody, request), person_of(request)
        issue = issues.thread_of(person, uid)
        if values["kind"] == Proposal.Kind.RULE:
            made = rules.propose_rule(person, issue, title=values["title"], text=values["text"])
        elif values["label"] is None:
            raise InvalidInput("label_wanted", "Which label is proposed as gold?", path="label")
        else:
            named = {"label": str(values["label"]), "version": values["version"], "text": values["text"]}
            made = rules.propose_gold(person, issue, **named)
        return Response(_found(person, made.issue, made), status=201)


class VoteOnProposal(APIView):
    """Vote, or change the own vote. Asked again, nothing more happens."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=VoteBody, responses={200: ProposalShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values, person = values_of(VoteBody, request), person_of(request)
        proposal = rules.proposal_for(person, uid)
        rules.vote(person, proposal, is_yes=values["choice"] == "yes", reason=values["reason"])
        return Response(_found(person, proposal.issue, proposal))


class CloseProposal(APIView):
    """Accept or decline. Who comes second gets 409 with what became of it."""

    token_scope = Token.Scope.LABEL

    @extend_schema(request=CloseBody, responses={200: ProposalShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values, person = values_of(CloseBody, request), person_of(request)
        proposal = rules.proposal_for(person, uid)
        is_accepted = values["choice"] == "accept"
        rules.close(person, proposal, is_accepted=is_accepted, words=values["words"], after=values["after"])
        return Response(_found(person, proposal.issue, proposal))


class PromoteIssue(APIView):
    """Make an issue a rule: a new version of the guidelines, the issue resolved, everybody told."""

    token_scope = Token.Scope.MANAGE

    @extend_schema(responses={200: RuleDraftShape})
    def get(self, request: Request, uid: str) -> Response:
        filters_of(request)
        person = person_of(request)
        draft = promotions.draft_of(person, issues.thread_of(person, uid))
        return Response({"title": draft.title, "text": draft.text, "after": draft.after})

    @extend_schema(request=PromoteBody, responses={201: PromotionShape, 409: RefusalShape})
    @repeatable
    def post(self, request: Request, uid: str) -> Response:
        values, person = values_of(PromoteBody, request), person_of(request)
        made = promotions.promote(person, issues.thread_of(person, uid), **values)
        return Response(_promoted(made), status=201)


def _found(person: Person, issue: Issue, proposal: Proposal) -> dict[str, Any]:
    issue = issues.thread_of(person, str(issue.uid))
    return next(_document(one) for one in rules.ballots_of(person, issue) if one.proposal.pk == proposal.pk)


def _document(one: rules.Ballots) -> dict[str, Any]:
    proposal, version = one.proposal, one.proposal.label_version
    return {
        "uid": str(proposal.uid),
        "kind": proposal.kind,
        "state": proposal.state,
        "label": str(version.label.uid) if version else None,
        "version": version.number if version else None,
        "title": proposal.title,
        "text": proposal.text,
        "proposed_by": one.proposed_by,
        "proposed_at": proposal.proposed_at.isoformat(),
        "closed_at": proposal.closed_at.isoformat() if proposal.closed_at else None,
        "own_choice": one.own and _choice(one.own.is_yes),
        "ballots": None
        if one.given is None
        else [
            {"voter": said.voter, "choice": _choice(said.is_yes), "reason": said.reason, "changes": said.changes}
            for said in one.given
        ],
        "may_vote": one.may_vote,
        "may_close": one.may_close,
    }


def _choice(is_yes: bool) -> str:
    return "yes" if is_yes else "no"


def _promoted(made: Promotion) -> dict[str, Any]:
    return {
        "rule": str(made.rule),
        "number": made.rule_number,
        "title": made.title,
        "version": made.version.number,
        "issue": str(made.issue.uid),
    }
