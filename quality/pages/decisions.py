"""What is decided in an issue, for the pages of both faces: its votes, and the rule that it became."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from quality import issues, notices, promotions
from quality import proposals as rules
from quality.models import Issue, Proposal
from quality.pages.issues import threads_of
from workforce import access
from workforce.admin.pages import act
from workforce.idempotency import once
from workforce.models import Person
from workforce.pages.signed_in import PersonRequest, signed_in
from workforce.roles import Permission


def decision_values(person: Person, issue: Issue) -> dict[str, Any]:
    """What ``quality/_decisions.html`` wants."""
    ballots = rules.ballots_of(person, issue)
    has_open = any(one.proposal.state == Proposal.State.OPEN for one in ballots)
    promotion = promotions.promotion_of(issue)
    labels = [] if has_open else rules.labels_to_propose(person, issue)
    runs = bool(access.can(person, Permission.CHANGE_PROJECT, issue.project))
    return {
        "ballots": ballots,
        "promotion": promotion,
        "labels_to_propose": labels,
        "may_propose_rule": not has_open and rules.may_propose_rule(person, issue),
        "may_promote": runs and promotion is None and issue.state != Issue.State.DUPLICATE,
        "decision_key": uuid.uuid4(),
    }


@require_safe
@signed_in
def thread(request: PersonRequest, uid: str) -> HttpResponse:
    """One issue, for those whose door is not the admin."""
    issue = issues.thread_of(request.user, uid)
    may = issues.acts_open_to(request.user, [issue])
    shown = {
        **threads_of(request.user, [issue])[0],
        "may_say": may["comment"],
        "may_resolve": may["resolve"],
        "key": uuid.uuid4(),
        **decision_values(request.user, issue),
    }
    return render(request, "quality/thread.html", shown)


@require_POST
@signed_in
def propose(request: PersonRequest, uid: str) -> HttpResponse:
    issue = issues.thread_of(request.user, uid)
    rules.require_proposer(request.user, issue, request.POST.get("kind", ""))
    return act(
        request,
        lambda: _once(request, uid, lambda: _propose(request, issue)),
        "The vote is open.",
        then=_door(request, issue),
    )


def _propose(request: PersonRequest, issue: Issue) -> dict[str, Any]:
    said = request.POST
    if said.get("kind") == Proposal.Kind.GOLD:
        made = rules.propose_gold(request.user, issue, label=said.get("label", ""), text=said.get("text", ""))
    else:
        made = rules.propose_rule(request.user, issue, title=said.get("title", ""), text=said.get("text", ""))
    return {"proposal": str(made.uid)}


@require_POST
@signed_in
def vote(request: PersonRequest, uid: str) -> HttpResponse:
    proposal = rules.proposal_for(request.user, uid)
    rules.require_voter(request.user, proposal)
    is_yes, reason = request.POST.get("choice") == "yes", request.POST.get("reason", "")
    return act(
        request,
        lambda: rules.vote(request.user, proposal, is_yes=is_yes, reason=reason),
        "Your vote counts. You may change it until the vote is closed.",
        then=_door(request, proposal.issue),
    )


@require_POST
@signed_in
def close(request: PersonRequest, uid: str) -> HttpResponse:
    proposal = rules.proposal_for(request.user, uid)
    rules.require_closer(request.user, proposal)
    is_accepted, words = request.POST.get("choice") == "accept", request.POST.get("words", "")
    return act(
        request,
        lambda: rules.close(request.user, proposal, is_accepted=is_accepted, words=words),
        "Accepted." if is_accepted else "Declined.",
        then=_door(request, proposal.issue),
    )


def _once(request: PersonRequest, uid: str, make: Any) -> Any:
    """The form carries a key of its own, so that a second click proposes nothing twice."""
    said = {name: request.POST.get(name, "") for name in ("kind", "label", "title", "text")}
    return once(request.user, request.POST.get("key", ""), {"issue": str(uid), **said}, make)


def _door(request: HttpRequest, issue: Issue) -> str:
    return notices.door_of_issue(issue.uid, is_staff=access.enters_admin(request.user))
