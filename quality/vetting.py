"""Vetting: how a person comes to work on a project, from the application to production, one state at a time.

Which move is allowed to whom is data (``MOVES``). A move is one conditional update: of two that are asked at once the
first is made and the second is refused. Every move leaves a row with its evidence, which never changes; one that a
person made leaves an audit row too. Nobody learns of others' candidacies but those who may see their performance."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction

from labeling import project_access
from labeling.models import Project
from labeling.texts import checked_text
from quality import funnel_settings, quizzes
from quality.funnel_settings import STEPS
from quality.models import Candidacy, FunnelEvent
from workforce import access, audit
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.events import announce, stream_of_person
from workforce.models import ClockTimestamp, Membership, Person
from workforce.roles import PROJECT_ROLE_NAMES, Permission, Role

State = Candidacy.State
NOWHERE = ""
LONGEST_NOTE = 2000
BEFORE_THE_STEPS = (State.APPLIED, State.INTERVIEWED, State.INVITED)


class Who(StrEnum):
    PERSON = "the person"
    MANAGER = "a manager"
    ITSELF = "by itself"


@dataclass(frozen=True)
class Move:
    """From any of these states to any of those; staying where one is means starting anew there."""

    who: Who
    sources: frozenset[str]
    targets: frozenset[str]
    what: str

    @property
    def source_names(self) -> list[str]:
        before = ["not here yet"] if NOWHERE in self.sources else []
        return before + [str(state.label) for state in State if state in self.sources]

    @property
    def target_names(self) -> list[str]:
        return [str(state.label) for state in State if state in self.targets]


def _moves(who: Who, sources: Iterable[str], targets: Iterable[str], what: str) -> Move:
    return Move(who, frozenset(sources), frozenset(targets), what)


MOVES = (
    _moves(Who.PERSON, [NOWHERE, State.WITHDRAWN], [State.APPLIED], "applies by the form"),
    _moves(Who.PERSON, BEFORE_THE_STEPS, [State.WITHDRAWN], "withdraws"),
    _moves(Who.MANAGER, [State.APPLIED, State.INTERVIEWED], [State.INTERVIEWED], "notes an interview"),
    _moves(
        Who.MANAGER,
        [NOWHERE, State.APPLIED, State.INTERVIEWED, State.DECLINED, State.WITHDRAWN],
        [State.INVITED],
        "invites, which gives the role of a labeler",
    ),
    _moves(
        Who.MANAGER,
        [*BEFORE_THE_STEPS, *STEPS[:-1]],
        [State.DECLINED],
        "declines, with a reason that the person reads",
    ),
    _moves(Who.MANAGER, STEPS[:-1], STEPS, "moves back or ahead, or lets start anew, with a note"),
    _moves(Who.MANAGER, [State.PRODUCTION], STEPS[:-1], "moves back, with a note"),
    _moves(Who.ITSELF, [NOWHERE, *BEFORE_THE_STEPS], [State.GUIDELINES], "the first visit of one who has a role"),
    _moves(Who.ITSELF, [NOWHERE], [State.PRODUCTION], "worked here before, or may see gold"),
    *(_moves(Who.ITSELF, [step], STEPS[at + 1 :], "passed, or not asked") for at, step in enumerate(STEPS[:-1])),
    _moves(Who.ITSELF, [State.ASSESSMENT], [State.ASSESSMENT], "starts anew after a pause"),
    _moves(Who.ITSELF, [State.RAMP], [State.RAMP], "a step up or down, or the same again"),
    _moves(Who.ITSELF, [State.RAMP], [State.ASSESSMENT], "surely below on the first step"),
)


def is_allowed(who: Who, source: str, target: str) -> bool:
    return any(move.who == who and source in move.sources and target in move.targets for move in MOVES)


def targets_for(who: Who, source: str) -> list[State]:
    """Where ``who`` may move somebody from here, in the order of the states."""
    return [state for state in State if is_allowed(who, source, state)]


# --- The person -------------------------------------------------------------------------------------------------
@transaction.atomic
def apply_for(person: Person, project: Project, *, why: Any, experience: Any) -> Candidacy:
    """Ask to work on a project that is open for applications. Who withdrew may ask again."""
    refuse_unless_open(person, project)
    said = {
        "why": checked_text(why, "why", longest=LONGEST_NOTE),
        "experience": checked_text(experience, "experience", longest=LONGEST_NOTE),
    }
    candidacy, is_new = begin(person, project, State.APPLIED, by=person, evidence=said)
    if is_new:
        return candidacy
    if candidacy.state == State.DECLINED:
        raise RuleViolation("declined", f"{project.name} has declined already. Its managers can still invite you.")
    if candidacy.state != State.WITHDRAWN:
        raise RuleViolation("applied_already", "You have applied here already. A manager looks at it.")
    return move(candidacy, State.APPLIED, who=Who.PERSON, by=person, evidence=said)


@transaction.atomic
def withdraw(person: Person, project: Project) -> Candidacy:
    """Take one's own application back, or turn an invitation down: the role that came with it ends."""
    candidacy = candidacy_of(person, project)
    if candidacy is None or not access.organizations_of(person).filter(pk=project.organization_id).exists():
        raise NotFound
    grant = project_access.grant_of(project, person)
    if candidacy.state == State.INVITED and grant is not None and grant.role == Role.LABELER:
        project_access.give_up_role(person, project)
    return move(candidacy, State.WITHDRAWN, who=Who.PERSON, by=person)


def refuse_unless_open(person: Person, project: Project) -> None:
    """Whether ``person`` could apply. A vendor's people learn of a project only where it is shared with the vendor."""
    member = Membership.objects.filter(pk__in=access.active_memberships(person), organization=project.organization_id)
    found = member.select_related("vendor").first()
    if found is None or (found.vendor is not None and not is_shared_with(project, found.vendor_id)):
        raise NotFound
    roles = access.roles_on(person, project)
    if Role.NO_ACCESS in roles:
        raise NotAllowed
    if not is_open(project):
        raise RuleViolation("not_open", f"{project.name} takes no applications now.")
    if roles & set(PROJECT_ROLE_NAMES):
        raise RuleViolation("has_role", f"You work in {project.name} already.")


def is_open(project: Project) -> bool:
    is_running = project.is_vetted and project.state == Project.State.ACTIVE
    return is_running and funnel_settings.settings_of(project).is_open


# --- A manager --------------------------------------------------------------------------------------------------
@transaction.atomic
def invite_person(actor: Person, project: Project, person: Person, *, note: Any = "") -> Candidacy:
    """Let a member of the organization in: gives the role of a labeler by the right of ``actor``, unless they label
    here already. Whoever is further than an invitation is refused."""
    project = _locked(actor, project)
    words = checked_text(note, "note", longest=LONGEST_NOTE, least=0)
    if not project.is_vetted:
        raise RuleViolation("vetting_off", f"Nobody is vetted in {project.name} now. Give a role instead.")
    member = project_access.member_named(project, str(person.uid))
    if member is None or not member.is_active:
        raise NotFound
    if member.vendor_id is not None and not is_shared_with(project, member.vendor_id):
        raise RuleViolation("vendor_not_here", f"{project.name} is not shared with the vendor of {person.name}.")
    candidacy = candidacy_of(person, project)
    source = candidacy.state if candidacy else NOWHERE
    _refuse_move(Who.MANAGER, source, State.INVITED)
    if source != State.INTERVIEWED and funnel_settings.settings_of(project).needs_interview:
        raise RuleViolation("interview_first", f"Note an interview of {person.name} before you invite.")
    if not access.can(person, Permission.LABEL, project):
        project_access.grant_role(actor, project, person, role=Role.LABELER)
    if candidacy is not None:
        return move(candidacy, State.INVITED, who=Who.MANAGER, by=actor, note=words)
    return begin(person, project, State.INVITED, by=actor, note=words)[0]


@transaction.atomic
def move_candidacy(
    actor: Person, candidacy: Candidacy, to: str, *, note: Any = "", seen: str | None = None
) -> Candidacy:
    """What a manager does with somebody: note an interview, invite, decline, move back or ahead. Says why in ``note``;
    what is said on declining the person reads. ``seen`` is the state that the manager saw."""
    if to not in State.values:
        raise InvalidInput("unknown_state", f"States are {', '.join(State.values)}.", path="to")
    project = _locked(actor, candidacy.project)
    candidacy = Candidacy.objects.select_related("person").get(pk=candidacy.pk)
    candidacy.project = project
    if seen is not None and seen != candidacy.state:
        raise _moved_on(candidacy)
    _refuse_move(Who.MANAGER, candidacy.state, to)
    if to == State.INVITED:
        return invite_person(actor, project, candidacy.person, note=note)
    words = checked_text(note, "note", longest=LONGEST_NOTE)
    if to in STEPS and not funnel_settings.is_asked(funnel_settings.settings_of(project), State(to)):
        raise RuleViolation("step_not_asked", f"{project.name} has no such step: {State(to).label}.")
    if to == State.QUIZ and quizzes.has_passed(candidacy.person, project):
        message = f"{candidacy.person.name} has passed the quiz. Publish a version that asks everybody again first."
        raise RuleViolation("quiz_passed", message)
    if to == State.DECLINED:
        _take_own_role(actor, project, candidacy.person)
    is_step = candidacy.state in STEPS and to in STEPS
    return move(
        candidacy, State(to), who=Who.MANAGER, by=actor, note=words, evidence={"by_hand": True} if is_step else {}
    )


def candidacy_to_move(actor: Person, uid: object) -> Candidacy:
    related = "project__organization", "person"
    return access.access(actor, Candidacy.objects.select_related(*related), str(uid), Permission.MANAGE_ACCESS)


# --- Every move goes through here -------------------------------------------------------------------------------
@transaction.atomic
def move(
    candidacy: Candidacy,
    to: State,
    *,
    who: Who,
    by: Person | None = None,
    note: str = "",
    evidence: dict[str, Any] | None = None,
    step: int = 0,
) -> Candidacy:
    """Move on from exactly where the caller saw it. Raises ``candidacy_moved_on`` where it is not there any more."""
    source, from_step = candidacy.state, candidacy.step
    _refuse_move(who, source, to)
    to_step = max(step, 1) if to == State.RAMP else 0
    as_seen = Candidacy.objects.filter(pk=candidacy.pk, state=source, step=from_step, entered_at=candidacy.entered_at)
    if not as_seen.update(state=to, step=to_step, entered_at=ClockTimestamp(), needs="", practice=[]):
        raise _moved_on(candidacy)
    moved = Candidacy.objects.select_related("project__organization", "person").get(pk=candidacy.pk)
    _note(moved, source, from_step, by=by, note=note, evidence=evidence)
    return moved


@transaction.atomic
def begin(
    person: Person,
    project: Project,
    state: State,
    *,
    by: Person | None = None,
    note: str = "",
    evidence: dict[str, Any] | None = None,
) -> tuple[Candidacy, bool]:
    """The first state of somebody here, and whether it is new: of two at once one is made, and both get it."""
    Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)
    found = candidacy_of(person, project)
    if found is not None:
        return found, False
    made = Candidacy.objects.create(project=project, person=person, state=state)
    made.refresh_from_db(fields=["entered_at"])
    _note(made, NOWHERE, 0, by=by, note=note, evidence=evidence)
    return made, True


def note_evidence(candidacy: Candidacy, evidence: dict[str, Any]) -> None:
    """Something that shows how it goes and moves nobody, such as a quiz that was not passed."""
    here = {"from_state": candidacy.state, "to_state": candidacy.state}
    steps = {"from_step": candidacy.step, "to_step": candidacy.step}
    FunnelEvent.objects.create(candidacy=candidacy, **here, **steps, evidence=evidence)


# --- Reads ------------------------------------------------------------------------------------------------------
def candidacy_of(person: Person, project: Project) -> Candidacy | None:
    found = Candidacy.objects.select_related("project__organization", "person")
    return found.filter(project=project, person=person).first()


def member_with_address(project: Project, email: str) -> Person:
    """An active member of the project's organization."""
    found = project_access.members_of(project).filter(person__email__iexact=email.strip()).first()
    if found is None:
        message = f"Nobody in {project.organization.name} has this address. Invite them to the organization first."
        raise RuleViolation("not_a_member", message)
    return found.person


def is_shared_with(project: Project, vendor_id: int | None) -> bool:
    """Whether the vendor has a live role on the project, without which its people have none."""
    return any(grant.group.team.pk == vendor_id for grant in project_access.shared_with(project))


# --- Inside -----------------------------------------------------------------------------------------------------
def _take_own_role(actor: Person, project: Project, person: Person) -> None:
    """Who is declined keeps no role of a labeler of their own: without vetting it would give them rows."""
    grant = project_access.grant_of(project, person)
    if grant is not None and grant.role == Role.LABELER:
        project_access.revoke_role(actor, project, person)


def _locked(actor: Person, project: Project) -> Project:
    """The project before any quality row, and the right to let people in."""
    projects = Project.objects.select_for_update(of=("self",), no_key=True).select_related("organization")
    found = projects.get(pk=project.pk)
    access.require(actor, Permission.MANAGE_ACCESS, found)
    return found


def _refuse_move(who: Who, source: str, to: str) -> None:
    if is_allowed(who, source, to):
        return
    here = State(source).label if source else "not here yet"
    there = ", ".join(state.label for state in targets_for(who, source)) or "nowhere"
    message = f"From {here} there is no way to {State(to).label} for {who}. From here: {there}."
    raise RuleViolation("move_not_allowed", message)


def _moved_on(candidacy: Candidacy) -> RuleViolation:
    now = Candidacy.objects.get(pk=candidacy.pk)
    message = f"{now.person.name} moved on in between and is at {now.get_state_display()} now. Look again."
    return RuleViolation("candidacy_moved_on", message, state=now.state)


def _note(
    candidacy: Candidacy,
    source: str,
    from_step: int,
    *,
    by: Person | None,
    note: str = "",
    evidence: dict[str, Any] | None = None,
) -> None:
    event = FunnelEvent.objects.create(
        candidacy=candidacy,
        from_state=source,
        to_state=candidacy.state,
        from_step=from_step,
        to_step=candidacy.step,
        by=by,
        note=note,
        evidence=evidence or {},
    )
    if by is not None:
        before = {"state": source, "step": from_step}
        after = {"person": str(candidacy.person.uid), "state": candidacy.state, "step": candidacy.step, "note": note}
        audit.record(by, "candidacy.moved", candidacy, before=before, after=after, root=candidacy.project)
    facts = {"project": str(candidacy.project.uid), "state": event.to_state}
    announce(candidacy.project.organization_id, stream_of_person(candidacy.person.uid), "vetting_moved", facts)
