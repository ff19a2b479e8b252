"""A vote in an issue: on a label version that is proposed as gold of its row, or on a rule for the guidelines.

At most one is open in an issue. Votes may be changed until it is closed and are only ever added; what others voted
shows after the own vote. Who may act closes it, with the count on record, and the first to close it wins. Of proposed
gold nobody learns who may not know of benchmarks, is of a vendor, or may still label the row."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from labeling import blindness, guidelines
from labeling.events import stream_of_project
from labeling.models import Label, LabelVersion, Project
from labeling.rows import lock_row
from labeling.texts import checked_text
from quality import benchmarks, issue_access, issue_moves, promotions
from quality.events import issue_moved
from quality.models import Issue, Proposal, ProposalVote
from workforce import access, audit, names
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.events import announce
from workforce.live import is_uid
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

# The words of a vote and of its end, at every door.
CHOICES = (("yes", "yes"), ("no", "no"))
ENDS = (("accept", "accept"), ("decline", "decline"))
LONGEST_REASON, MOST_SHOWN = 2000, 10
_CLOSES = {Proposal.Kind.GOLD: Permission.MAKE_BENCHMARK, Proposal.Kind.RULE: Permission.CHANGE_PROJECT}
_ACCEPTED, _DECLINED = Proposal.State.ACCEPTED, Proposal.State.DECLINED


@dataclass(frozen=True)
class Ballot:
    voter: str
    is_yes: bool
    reason: str
    # How often the person changed it.
    changes: int


@dataclass(frozen=True)
class Ballots:
    """A proposal as one reader may see it; ``given`` is none before the own vote."""

    proposal: Proposal
    proposed_by: str
    own: ProposalVote | None
    given: list[Ballot] | None
    may_vote: bool
    may_close: bool

    @property
    def yes_count(self) -> int | None:
        return None if self.given is None else sum(one.is_yes for one in self.given)

    @property
    def no_count(self) -> int | None:
        return None if self.given is None else sum(not one.is_yes for one in self.given)


# --- Propose, vote, close ---------------------------------------------------------------------------------------
@transaction.atomic
def propose_rule(actor: Person, issue: Issue, *, title: str, text: str) -> Proposal:
    """By whoever may vote about it. Raises ``proposal_open``, ``promoted_already``, ``issue_is_duplicate``."""
    issue = _locked(actor, issue)
    require_proposer(actor, issue, Proposal.Kind.RULE)
    promotions.refuse_promoted(issue)
    words = {
        "title": checked_text(title, "title", longest=guidelines.LONGEST_TITLE),
        "text": checked_text(text, "text", longest=guidelines.LONGEST_RULE, least=0),
    }
    return _put_up(actor, Proposal(issue=issue, kind=Proposal.Kind.RULE, proposed_by=actor, **words))


@transaction.atomic
def propose_gold(actor: Person, issue: Issue, *, label: str, version: int | None = None, text: str = "") -> Proposal:
    """A version of a label of the issue's row, the newest where none is named; ``text`` says why it is right."""
    issue = _locked(actor, issue)
    require_proposer(actor, issue, Proposal.Kind.GOLD)
    _refuse_blind(actor, issue)
    proposed = _version_to_propose(issue, label, version)
    why = checked_text(text, "text", longest=LONGEST_REASON, least=0)
    proposal = Proposal(issue=issue, kind=Proposal.Kind.GOLD, label_version=proposed, text=why, proposed_by=actor)
    return _put_up(actor, proposal)


def _version_to_propose(issue: Issue, label: str, number: int | None) -> LabelVersion:
    found = Label.objects.filter(project_row=issue.project_row, kind=Label.Kind.OPINION, retired_at=None)
    one = found.filter(uid=label).first() if is_uid(label) else None
    version = None
    if one is not None:
        version = LabelVersion.objects.filter(label=one, number=number or one.last_version).first()
    if version is None:
        raise InvalidInput("unknown_label", "There is no such label of the issue's row.", path="label")
    return version


@transaction.atomic
def vote(actor: Person, proposal: Proposal, *, is_yes: bool, reason: str) -> ProposalVote:
    """The same vote again changes nothing. Raises ``proposal_closed``."""
    proposal = _seen(actor, proposal, lock=True)
    require_voter(actor, proposal)
    why = checked_text(reason, "reason", longest=LONGEST_REASON, least=0)
    _refuse_closed(actor, proposal)
    last = own_vote(actor, proposal)
    if last is not None and (last.is_yes, last.reason) == (is_yes, why):
        return last
    number = last.number + 1 if last else 1
    given = ProposalVote.objects.create(proposal=proposal, voter=actor, number=number, is_yes=is_yes, reason=why)
    audit.record(
        actor, "proposal.voted", proposal, after={"proposal": str(proposal.uid), "is_yes": is_yes, "number": number}
    )
    _tell(proposal)
    return given


@transaction.atomic
def close(
    actor: Person, proposal: Proposal, *, is_accepted: bool, words: str = "", after: int | None = None
) -> Proposal:
    """Accepted gold becomes the row's benchmark, an accepted rule the next version of the guidelines; ``after`` is the
    version that it follows, the newest where none is said. The count advises, whoever closes decides.

    Raises ``proposal_closed``."""
    seen = _seen(actor, proposal)
    is_gold = seen.kind == Proposal.Kind.GOLD
    # Locks in the order of the house: project, row, and only then the proposal.
    if is_gold:
        lock_row(seen.issue.project_row_id)
    else:
        Project.objects.select_for_update().get(pk=seen.issue.project_id)
    require_closer(actor, seen)
    said = checked_text(words, "words", longest=LONGEST_REASON, least=0)
    open_one = Proposal.objects.filter(pk=seen.pk, state=Proposal.State.OPEN)
    state = _ACCEPTED if is_accepted else _DECLINED
    if not open_one.update(state=state, closed_by=actor, closed_at=ClockTimestamp(), closing_words=said):
        _refuse_closed(actor, Proposal.objects.select_related("issue__project", "closed_by").get(pk=seen.pk))
    # Whoever votes holds the proposal's lock, so no vote comes after this count.
    votes = [one.is_yes for one in last_votes(seen)]
    counts = {"yes_count": sum(votes), "no_count": len(votes) - sum(votes)}
    Proposal.objects.filter(pk=seen.pk).update(**counts)
    seen.refresh_from_db()
    facts = {"proposal": str(seen.uid), "kind": seen.kind, "state": state, **counts}
    audit.record(actor, "proposal.closed", seen, before={"state": Proposal.State.OPEN}, after=facts)
    if is_accepted and is_gold:
        _make_gold(actor, seen)
    elif is_accepted:
        newest = guidelines.newest_version(seen.issue.project)
        known = newest.number if newest else 0
        promotions.promote(actor, seen.issue, title=seen.title, text=seen.text, after=known if after is None else after)
    _tell(seen)
    return seen


def _make_gold(actor: Person, proposal: Proposal) -> None:
    """The newest version of a label keeps where it came from; an older one is taken as it is."""
    version = proposal.label_version
    assert version is not None
    row, why = proposal.issue.project_row, proposal.text or f"Agreed in issue {proposal.issue.number}."
    if benchmarks.benchmark_of(row) is not None:
        accepted = benchmarks.Accepted(rationale=why)
        benchmarks.change_benchmark(actor, row, payload=version.payload, accepted=accepted)
    elif version.number == version.label.last_version:
        benchmarks.make_benchmark_from(actor, version.label, rationale=why)
    else:
        benchmarks.make_benchmark(actor, row, payload=version.payload, rationale=why)


# --- Reads ------------------------------------------------------------------------------------------------------
def ballots_of(person: Person, issue: Issue) -> list[Ballots]:
    """The proposals of an issue that ``person`` may read, the open or newest first."""
    found = [one for one in _proposals_of(issue)[:MOST_SHOWN] if _may_know(person, one)]
    return [_as_read_by(person, one) for one in found]


def proposal_for(person: Person, uid: UUID | str) -> Proposal:
    """Raises NotFound as well for what ``person`` may not know of."""
    found = Proposal.objects.select_related("issue").filter(uid=uid).first() if is_uid(str(uid)) else None
    if found is None:
        raise NotFound
    return _seen(person, found)


def last_votes(proposal: Proposal) -> QuerySet[ProposalVote]:
    """One of each person, the first voter first."""
    votes = ProposalVote.objects.filter(proposal=proposal).select_related("voter")
    return votes.order_by("voter", "-number").distinct("voter")


def own_vote(person: Person, proposal: Proposal) -> ProposalVote | None:
    return ProposalVote.objects.filter(proposal=proposal, voter=person).order_by("-number").first()


def labels_to_propose(person: Person, issue: Issue) -> list[Label]:
    """Of the issue's row, for one who may propose gold there; none for everybody else."""
    may = access.can(person, Permission.MAKE_BENCHMARK, issue.project_row) and not _is_blind(person, issue)
    if not may:
        return []
    found = Label.objects.filter(project_row=issue.project_row, kind=Label.Kind.OPINION, retired_at=None)
    return list(found.select_related("labeler").order_by("pk"))


def may_propose_rule(person: Person, issue: Issue) -> bool:
    is_free = issue.state != Issue.State.DUPLICATE and promotions.promotion_of(issue) is None
    return is_free and bool(access.can(person, Permission.RESOLVE_ISSUE, issue.project))


# --- Inside -----------------------------------------------------------------------------------------------------
def _proposals_of(issue: Issue) -> QuerySet[Proposal]:
    related = "issue__project", "issue__project_row", "proposed_by", "closed_by", "label_version__label__labeler"
    return Proposal.objects.filter(issue=issue).select_related(*related).order_by("-pk")


def _as_read_by(person: Person, proposal: Proposal) -> Ballots:
    is_open, own = proposal.state == Proposal.State.OPEN, own_vote(person, proposal)
    is_voter = _is_voter(person, proposal)
    votes = list(last_votes(proposal)) if is_voter and (own is not None or not is_open) else None
    place = proposal.issue.project.organization_id
    met = [(place, one.voter_id) for one in votes or []] + [(place, proposal.proposed_by_id)]
    unnamed = names.unnamed_to(person, met)
    given = None
    if votes is not None:
        given = [
            Ballot(_named(one.voter, unnamed), one.is_yes, one.reason, one.number - 1)
            for one in sorted(votes, key=lambda one: one.pk)
        ]
    by = _named(proposal.proposed_by, unnamed)
    may_close = is_open and bool(access.can(person, _CLOSES[Proposal.Kind(proposal.kind)], proposal.issue.project))
    return Ballots(proposal, by, own, given, is_voter and is_open, may_close)


def _named(person: Person, unnamed: frozenset[int]) -> str:
    return names.PROJECT_TEAM if person.pk in unnamed else person.name


def _locked(actor: Person, issue: Issue) -> Issue:
    """Two proposals at once wait for each other here."""
    issue_access.thread_of(actor, str(issue.uid))
    related = "project__organization", "project_row__project"
    return Issue.objects.select_for_update(of=("self",)).select_related(*related).get(pk=issue.pk)


def _put_up(actor: Person, proposal: Proposal) -> Proposal:
    if Proposal.objects.filter(issue=proposal.issue, state=Proposal.State.OPEN).exists():
        raise RuleViolation("proposal_open", "A vote is open in this issue. Close it before you start another.")
    proposal.save()
    facts = {"proposal": str(proposal.uid), "kind": proposal.kind, "title": proposal.title}
    audit.record(actor, "proposal.made", proposal, after=facts)
    _tell(proposal)
    if proposal.kind == Proposal.Kind.RULE:
        issue_moved.send(
            sender=Issue, issue=proposal.issue, kind="proposed", actor=actor, comment=None, named=_asked(proposal)
        )
    return proposal


def _asked(proposal: Proposal) -> list[Person]:
    """Those of the thread, and whom it was given to, who may vote."""
    issue = proposal.issue
    of_thread = Person.objects.filter(quality_comments__issue=issue).distinct()
    people = {*of_thread, *([issue.assignee] if issue.assignee else [])}
    return [one for one in people if _is_voter(one, proposal)]


def _seen(person: Person, proposal: Proposal, *, lock: bool = False) -> Proposal:
    issue_access.thread_of(person, str(proposal.issue.uid))
    rows = Proposal.objects.select_for_update(of=("self",)) if lock else Proposal.objects.all()
    related = "issue__project__organization", "issue__project_row", "label_version__label", "closed_by"
    found = rows.select_related(*related).get(pk=proposal.pk)
    if not _may_know(person, found):
        raise NotFound
    return found


def _may_know(person: Person, proposal: Proposal) -> bool:
    """Asked beside whether the person may read the issue."""
    if proposal.kind == Proposal.Kind.RULE:
        return True
    project = proposal.issue.project
    return bool(access.can(person, Permission.VIEW_BENCHMARK, project)) and not _is_blind(person, proposal.issue)


def _is_blind(person: Person, issue: Issue) -> bool:
    if access.vendors_of(person).filter(organization=issue.project.organization_id).exists():
        return True
    return issue.project_row_id not in blindness.rows_known_to(person, [issue.project_row], issue.project)


def _refuse_blind(actor: Person, issue: Issue) -> None:
    blindness.refuse_unsubmitted(actor, issue.project_row)
    if _is_blind(actor, issue):
        raise NotAllowed("People of a vendor have no part in gold.")


def _is_voter(person: Person, proposal: Proposal) -> bool:
    """Who resolves every issue of the project, not only the own ones."""
    may = access.can(person, Permission.RESOLVE_ISSUE, proposal.issue.project)
    return bool(may) and _may_know(person, proposal)


def require_proposer(actor: Person, issue: Issue, kind: str) -> None:
    """Whoever makes gold proposes gold; whoever resolves every issue of the project, and not only own ones, a rule."""
    if kind == Proposal.Kind.GOLD:
        access.require(actor, Permission.MAKE_BENCHMARK, issue.project_row)
    else:
        access.require(actor, Permission.RESOLVE_ISSUE, issue.project)


def require_voter(actor: Person, proposal: Proposal) -> None:
    access.require(actor, Permission.RESOLVE_ISSUE, proposal.issue.project)


def require_closer(actor: Person, proposal: Proposal) -> None:
    """Whoever may do by themselves what was proposed."""
    access.require(actor, _CLOSES[Proposal.Kind(proposal.kind)], proposal.issue.project)


def _refuse_closed(actor: Person, proposal: Proposal) -> None:
    if proposal.state == Proposal.State.OPEN:
        return
    assert proposal.closed_by is not None
    place = proposal.issue.project.organization_id
    name = _named(proposal.closed_by, names.unnamed_to(actor, [(place, proposal.closed_by_id or 0)]))
    raise RuleViolation("proposal_closed", f"{name} closed this vote as {proposal.state}.", state=proposal.state)


def _tell(proposal: Proposal) -> None:
    """Of gold only those hear who follow the project: nobody who labels there."""
    issue, facts = proposal.issue, {"issue": str(proposal.issue.uid), "proposal": str(proposal.uid)}
    if proposal.kind == Proposal.Kind.RULE:
        announce(issue.project.organization_id, issue_moves.stream_of_issue(issue.uid), "issue_vote", facts)
    else:
        announce(issue.project.organization_id, stream_of_project(issue.project.uid), "issue_vote", facts)
