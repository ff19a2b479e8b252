"""Where a person stands in the vetting of a project, as they see it: the steps, the one next act, what a pause or a
manager says. No score, no number of results, nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q

from labeling import pauses, project_access
from labeling.models import Pause, Project
from quality import funnel_settings, vetting, vetting_steps, vetting_words
from quality.funnel_settings import STEPS
from quality.models import Candidacy, FunnelEvent, FunnelSettings
from quality.vetting_queue import gets_rows
from workforce import access
from workforce.errors import NotFound, Refusal
from workforce.models import Person
from workforce.roles import Permission

State = Candidacy.State
MOST_OPEN = 20
TITLES = {
    State.APPLIED: "Apply",
    State.INVITED: "Be invited",
    State.GUIDELINES: "Read the guidelines",
    State.QUIZ: "Take the quiz",
    State.PRACTICE: "Practise on rows with known answers",
    State.ASSESSMENT: "Show it on your first rows",
    State.RAMP: "More rows a day, step by step",
    State.PRODUCTION: "Work as everybody does",
}


@dataclass(frozen=True)
class Step:
    state: str
    title: str
    is_done: bool
    is_now: bool


@dataclass(frozen=True)
class Standing:
    project: Project
    candidacy: Candidacy | None
    steps: tuple[Step, ...]
    told: str
    # What the person does next: apply, guidelines, quiz, practice or label; blank where there is nothing to do.
    act: str
    # What a manager said on declining.
    reason: str = ""
    pause: Pause | None = None
    may_withdraw: bool = False


def project_for(person: Person, uid: object) -> Project:
    """A project in which ``person`` works, has applied, or could apply."""
    projects = Project.objects.select_related("organization")
    try:
        project = projects.filter(uid=str(uid)).first()
    except (ValidationError, ValueError):
        project = None
    if project is None:
        raise NotFound
    if access.can(person, Permission.VIEW_PROJECT, project) or _has_applied(person, project):
        return project
    try:
        vetting.refuse_unless_open(person, project)
    except Refusal:
        access.require(person, Permission.VIEW_PROJECT, project)
    return project


def standing_of(person: Person, project: Project) -> Standing:
    """Asked by the person; the first visit of one who may label here begins it."""
    settings = funnel_settings.settings_of(project)
    settings.project = project
    works_here = bool(access.can(person, Permission.LABEL, project))
    if project.is_vetted and works_here:
        candidacy: Candidacy | None = vetting_steps.arrive(person, project)
    else:
        candidacy = vetting.candidacy_of(person, project)
    if not project.is_vetted or (candidacy is None and not _could_apply(person, project)):
        return Standing(project, None, (), f"Nothing is asked of you in {project.name}.", "label" if works_here else "")
    pause = pauses.pauses_of(person, [project]).get(project.pk)
    if candidacy is None:
        told = f"{project.name} takes applications. Say why you would like to work on it."
        return Standing(project, None, _steps(settings, ""), told, "apply")
    if candidacy.state in STEPS and not works_here:
        return Standing(project, candidacy, (), f"You have no role in {project.name} any more.", "")
    return Standing(
        project,
        candidacy,
        _steps(settings, candidacy.state),
        vetting_words.told(candidacy, settings),
        "" if pause else _act(candidacy, person),
        _reason(candidacy),
        pause,
        vetting.is_allowed(vetting.Who.PERSON, candidacy.state, State.WITHDRAWN),
    )


def running_of(person: Person) -> list[Candidacy]:
    """Where ``person`` is on the way, newest first; one query. Without the role the steps lead nowhere."""
    labels_in = access.visible_to(person, Project.objects.all(), Permission.LABEL).values("pk")
    found = Candidacy.objects.filter(
        ~Q(state__in=STEPS) | Q(project__in=labels_in),
        person=person,
        project__is_vetted=True,
        project__state=Project.State.ACTIVE,
        project__organization__in=access.organizations_of(person),
    ).exclude(state__in=[State.PRODUCTION, State.WITHDRAWN])
    return list(found.select_related("project__quality_funnel", "project__organization").order_by("-pk"))


def told_of(candidacies: Iterable[Candidacy]) -> list[tuple[Project, str]]:
    """Project and what is said to the person, for a list."""
    return [(one.project, vetting_words.told(one, one.project.quality_funnel)) for one in candidacies]


def shut_of(candidacies: Iterable[Candidacy]) -> set[int]:
    """The projects, by key, of which these get no row to label now."""
    return {
        one.project_id for one in candidacies if not gets_rows(one) or (one.needs and one.state == State.ASSESSMENT)
    }


def open_to(person: Person) -> list[Project]:
    """Projects that ``person`` could apply for; the same few queries for any number."""
    takes = Q(is_vetted=True, quality_funnel__is_open=True, state=Project.State.ACTIVE)
    own = Project.objects.filter(takes, organization__in=access.organizations_of(person))
    labeled = access.visible_to(person, Project.objects.all(), Permission.LABEL).values("pk")
    applied = Candidacy.objects.filter(person=person).exclude(state=State.WITHDRAWN).values("project")
    found = (
        own.exclude(pk__in=labeled).exclude(pk__in=applied).exclude(pk__in=project_access.projects_barred_to(person))
    )
    projects = list(found.order_by("name")[:MOST_OPEN])
    if not projects:
        return []
    vendors = list(access.vendors_of(person))
    shared = {project.pk for vendor in vendors for project in project_access.projects_shared_with(vendor)}
    of_vendor = {vendor.organization_id for vendor in vendors}
    return [one for one in projects if one.organization_id not in of_vendor or one.pk in shared]


# --- Inside -----------------------------------------------------------------------------------------------------
def _has_applied(person: Person, project: Project) -> bool:
    is_member = access.organizations_of(person).filter(pk=project.organization_id).exists()
    return is_member and vetting.candidacy_of(person, project) is not None


def _could_apply(person: Person, project: Project) -> bool:
    try:
        vetting.refuse_unless_open(person, project)
    except Refusal:
        return False
    return True


def _labels_now(candidacy: Candidacy) -> bool:
    """Whether they get rows to label, as far as vetting goes: nobody waits for a manager, and the step is asked."""
    return gets_rows(candidacy) and not (candidacy.needs and candidacy.state == State.ASSESSMENT)


def _steps(settings: FunnelSettings, state: str) -> tuple[Step, ...]:
    before = [State.APPLIED, State.INVITED] if settings.is_open else [State.INVITED]
    # How one came here is no step any more for those who are here.
    before = [] if state in STEPS else before
    every = [*before, *funnel_settings.steps_asked(settings)]
    here = State.INVITED if state == State.INTERVIEWED else state
    order = [*vetting.BEFORE_THE_STEPS, *STEPS]
    at = order.index(State(here)) if here in order else -1
    is_through = here == State.PRODUCTION
    return tuple(
        Step(
            step,
            TITLES[step],
            is_done=is_through or order.index(step) < at or (step == here and step in vetting.BEFORE_THE_STEPS),
            is_now=step == here and not is_through and step in STEPS,
        )
        for step in every
    )


def _act(candidacy: Candidacy, person: Person) -> str:
    acts = {State.GUIDELINES: "guidelines", State.QUIZ: "quiz", State.PRACTICE: "practice", State.WITHDRAWN: "apply"}
    state = State(candidacy.state)
    if state == State.WITHDRAWN and not _could_apply(person, candidacy.project):
        return ""
    if _labels_now(candidacy):
        return "label"
    if state in (State.QUIZ, State.PRACTICE) and candidacy.needs:
        return ""
    return acts.get(state, "")


def _reason(candidacy: Candidacy) -> str:
    if candidacy.state != State.DECLINED:
        return ""
    said = FunnelEvent.objects.filter(candidacy=candidacy, to_state=State.DECLINED).order_by("-pk")
    return said.values_list("note", flat=True).first() or ""
