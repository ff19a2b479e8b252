"""What a project asks of people before they get rows as everybody does, switched on and off as a whole.

Who has work in the project when it is switched on is in production from then on; nobody is sent back to the start."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from labeling import work_time
from labeling.models import Project, Slot
from quality import practice, quizzes
from quality.models import Candidacy, FunnelEvent, FunnelSettings
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

FIELDS = (
    "is_open",
    "needs_interview",
    "asks_quiz",
    "practice_count",
    "practice_bar",
    "assessment_count",
    "assessment_bar",
    "gold_share",
    "ramp_caps",
    "ramp_count",
    "ramp_bar",
    "pause_days",
)
MOST_STEPS, MOST_ROWS_A_DAY = 10, 100_000
FEWEST_RESULTS = 3
State = Candidacy.State
# The steps in their order; each is passed or, where the project does not ask it, left out.
STEPS = (State.GUIDELINES, State.QUIZ, State.PRACTICE, State.ASSESSMENT, State.RAMP, State.PRODUCTION)


@dataclass(frozen=True)
class Switched:
    """What switching did: the settings, and how many people were put into production by it."""

    settings: FunnelSettings
    settled: int = 0


def settings_of(project: Project) -> FunnelSettings:
    """Those of the project; where nothing was ever set, the defaults."""
    return FunnelSettings.objects.filter(project=project).first() or FunnelSettings(project=project)


def settings_for(person: Person, project: Project) -> FunnelSettings:
    """The same for one who may read them: they say how much gold comes, so those who are tried out may not."""
    access.require(person, Permission.VIEW_BENCHMARK, project)
    return settings_of(project)


@transaction.atomic
def change_settings(actor: Person, project: Project, *, after: int, **changes: Any) -> FunnelSettings:
    """Change some settings. ``after`` is the version that was edited, so that nobody overwrites unseen values."""
    project, settings = _locked(actor, project, after)
    unknown = sorted(set(changes) - set(FIELDS))
    if unknown:
        raise InvalidInput("unknown_setting", f"Settings that can change: {', '.join(FIELDS)}.", unknown=unknown)
    before = facts_of(settings)
    for name, value in changes.items():
        setattr(settings, name, value)
    _refuse_bad_values(settings)
    _save(settings, actor)
    audit.record(actor, "vetting.changed", project, before=before, after=facts_of(settings))
    return settings


@transaction.atomic
def switch(actor: Person, project: Project, *, is_on: bool) -> Switched:
    """Switch vetting on or off. Asked again, nothing more happens."""
    project, settings = _locked(actor, project, None)
    if is_on == (settings.on_since is not None):
        return Switched(settings)
    _refuse_bad_values(settings)
    settings.on_by = actor if is_on else None
    settings.on_since = work_time.clock() if is_on else None
    _save(settings, actor)
    Project.objects.filter(pk=project.pk).update(is_vetted=is_on)
    settled = _settle_those_who_work_here(project) if is_on else 0
    action = "vetting.on" if is_on else "vetting.off"
    audit.record(actor, action, project, after={**facts_of(settings), "in_production": settled})
    return Switched(settings, settled)


def is_asked(settings: FunnelSettings, step: State) -> bool:
    """Whether the project asks this step of people."""
    asked = {
        State.QUIZ: settings.asks_quiz,
        State.PRACTICE: settings.practice_count > 0,
        State.ASSESSMENT: settings.assessment_count > 0,
        State.RAMP: bool(settings.ramp_caps),
    }
    return asked.get(step, True) and _can_ask_for(settings.project, step)


def step_after(settings: FunnelSettings, step: State) -> State:
    """The next step that the project asks; production is never left out."""
    later = STEPS[STEPS.index(step) + 1 :]
    return next((one for one in later if is_asked(settings, one)), State.PRODUCTION)


def steps_asked(settings: FunnelSettings) -> list[State]:
    return [step for step in STEPS if is_asked(settings, step)]


def facts_of(settings: FunnelSettings) -> dict[str, Any]:
    return {**{name: getattr(settings, name) for name in FIELDS}, "is_on": settings.on_since is not None}


# --- Inside -----------------------------------------------------------------------------------------------------
def _can_ask_for(project: Project, step: State) -> bool:
    """Whether there is anything to ask: a quiz with questions, rows to practise on."""
    if step == State.QUIZ:
        return quizzes.has_quiz(project)
    return practice.count_of(project) > 0 if step == State.PRACTICE else True


def _locked(actor: Person, project: Project, after: int | None) -> tuple[Project, FunnelSettings]:
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    settings = settings_of(project)
    settings.project = project
    if after is not None and settings.version != after:
        message = "Somebody changed these settings in between. Look at them before you change them."
        raise RuleViolation("settings_moved_on", message, version=settings.version)
    return project, settings


def _save(settings: FunnelSettings, actor: Person) -> None:
    settings.version += 1
    settings.set_by = actor
    settings.save()


def _settle_those_who_work_here(project: Project) -> int:
    """People who submitted a label here before have nothing to prove any more. Returns how many were put down."""
    worked = Slot.objects.filter(project=project, kind=Slot.Kind.LABEL, submitted_at__isnull=False)
    people: QuerySet[Person] = Person.objects.filter(kind=Person.Kind.HUMAN, pk__in=worked.values("labeler"))
    new = people.exclude(quality_candidacies__project=project).order_by("pk")
    made = Candidacy.objects.bulk_create(
        Candidacy(project=project, person=person, state=State.PRODUCTION) for person in new
    )
    FunnelEvent.objects.bulk_create(
        FunnelEvent(candidacy=one, to_state=one.state, note="Worked here before.") for one in made
    )
    return len(made) + _settle_those_who_worked_meanwhile(project)


def _settle_those_who_worked_meanwhile(project: Project) -> int:
    """Where people get no rows while they are vetted, who handed some in since did so while nobody was."""
    since = Slot.objects.filter(
        project=project, kind=Slot.Kind.LABEL, labeler=OuterRef("person"), submitted_at__gt=OuterRef("entered_at")
    )
    without_rows = [State.APPLIED, State.INTERVIEWED, State.INVITED, State.GUIDELINES, State.QUIZ, State.PRACTICE]
    found = list(Candidacy.objects.filter(Exists(since), project=project, state__in=without_rows))
    FunnelEvent.objects.bulk_create(
        FunnelEvent(candidacy=one, from_state=one.state, to_state=State.PRODUCTION, note="Worked here meanwhile.")
        for one in found
    )
    moved = Candidacy.objects.filter(pk__in=[one.pk for one in found])
    moved.update(state=State.PRODUCTION, step=0, needs="", practice=[], entered_at=ClockTimestamp())
    return len(found)


def _refuse_bad_values(settings: FunnelSettings) -> None:
    caps = settings.ramp_caps
    is_list = isinstance(caps, list) and len(caps) <= MOST_STEPS
    if not is_list or not all(type(one) is int and 1 <= one <= MOST_ROWS_A_DAY for one in caps):
        message = f"The ramp is a list of at most {MOST_STEPS} steps, each 1 to {MOST_ROWS_A_DAY} rows a day."
        raise InvalidInput("ramp_invalid", message, path="ramp_caps")
    if caps != sorted(set(caps)):
        raise InvalidInput(
            "ramp_invalid", "Each step of the ramp allows more rows than the one before.", path="ramp_caps"
        )
    if 0 < settings.assessment_count < FEWEST_RESULTS:
        message = f"An assessment takes {FEWEST_RESULTS} results or more; fewer say nothing. 0 leaves it out."
        raise InvalidInput("assessment_invalid", message, path="assessment_count")
    try:
        settings.full_clean(exclude=["project", "on_by", "on_since", "set_by"])
    except ValidationError as error:
        found = error.message_dict.items()
        faults = [{"path": path, "code": "invalid", "message": " ".join(texts)} for path, texts in found]
        raise InvalidInput("vetting_invalid", "Some settings are wrong. Nothing was changed.", faults=faults) from error
