"""The steps of review of a project: what a label passes between its submit and done, who decides at each, how much of
the labels each looks at.

A project that has set up none has one: step 1, every reviewer, the project's ``review_share``; that share belongs to
the project, because supervision and templates move it. A change acts on labels that are settled afterwards. Labels
that wait at a step finish it, by its new rules about who decides; those that wait at a step that is taken away go on.
A step keeps its number wherever it stands, so that slots and reviews name it for good."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from labeling import project_access, projects, work_time
from labeling.events import stream_of_project
from labeling.models import Project, Slot
from labeling.project_access import Grant
from labeling.texts import checked_text
from quality import review_conditions
from quality.models import Review, ReviewPlan, ReviewStep
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.events import announce, enqueue
from workforce.models import Person
from workforce.roles import Permission, Role

MOST_STEPS = 5
LONGEST_NAME, LONGEST_INSTRUCTIONS = 60, 4000
LEAVE_TASK = "quality.tasks.leave_review_step"
# Who decides where not every reviewer does; the right to review they need beside it.
EXPERTS = frozenset({Role.EXPERT, Role.PROJECT_LEAD})
By, Method, LooksAt = ReviewStep.DecidedBy, ReviewStep.Method, ReviewStep.LooksAt
TARGETS = (0.1, 50.0)
NEW = 0


@dataclass(frozen=True)
class Step:
    """As in ``ReviewStep``, with the share of step 1 too; ``number`` 0: a new one."""

    number: int = NEW
    name: str = "Review"
    instructions: str = ""
    decided_by: str = By.REVIEWERS
    looks_at: str = LooksAt.EVERY
    method: str = Method.FIXED
    share: int = 100
    conditions: tuple[Mapping[str, Any], ...] = ()
    most: int = 100
    target: float = 5.0

    @property
    def is_off(self) -> bool:
        return self.method == Method.FIXED and self.share == 0


FIELDS = tuple(name for name in asdict(Step()) if name != "number")


# --- Read -------------------------------------------------------------------------------------------------------
def steps_of(project: Project) -> tuple[Step, ...]:
    """The steps in force, in the order in which a label comes to them; one query."""
    kept = list(ReviewStep.objects.filter(project=project, retired_at=None).order_by("place"))
    return tuple(_step(one, project) for one in kept) or (Step(1, share=project.review_share),)


def version_of(project: Project) -> int:
    """0 before the first change."""
    return ReviewPlan.objects.filter(project=project).values_list("version", flat=True).first() or 0


def plan_of(reader: Person, project: Project) -> tuple[tuple[Step, ...], int]:
    access.require(reader, Permission.VIEW_CONSENSUS, project)
    return steps_of(project), version_of(project)


def names_of(projects_of: Sequence[int]) -> dict[tuple[int, int], str]:
    """(project, number of a step) → its name, of steps that were taken away too; of step 1 only where it was set up."""
    found = ReviewStep.objects.filter(project__in=projects_of).values_list("project", "number", "name")
    return {(project, number): name for project, number, name in found}


def name_in(names: Mapping[tuple[int, int], str], project: int, number: int) -> str:
    """With ``names_of``: how a step is called, and what there is to say of one that nobody named."""
    if number > Slot.APPEALS_FROM:
        return f"Appeal: {name_in(names, project, number - Slot.APPEALS_FROM)}"
    return names.get((project, number)) or ("Review" if number == 1 else f"Review {number}")


def waiting_at(project: Project) -> QuerySet[Slot]:
    """The reviews that wait or are in hand; ``step`` says at which step each is."""
    live = [Slot.State.OPEN, Slot.State.LEASED]
    return Slot.objects.filter(project=project, kind=Slot.Kind.REVIEW, state__in=live)


def told_to_reviewers(slots: Sequence[Slot]) -> dict[int, dict[str, Any] | None]:
    """Slot → name and instructions of its step, for the editor; None where it is no review. Of what was decided at an
    earlier step nothing is told."""
    asked = [slot for slot in slots if slot.kind == Slot.Kind.REVIEW]
    kept = ReviewStep.objects.filter(project__in={slot.project_id for slot in asked}) if asked else ()
    known = {(one.project_id, one.number): one for one in kept}
    found: dict[int, dict[str, Any] | None] = {slot.pk: None for slot in slots}
    for slot in asked:
        step = known.get((slot.project_id, slot.line_step))
        named = {pair: one.name for pair, one in known.items()}
        found[slot.pk] = {
            "number": slot.line_step,
            "place": step.place if step else slot.line_step,
            "name": name_in(named, slot.project_id, slot.step),
            "instructions": step.instructions if step else "",
        }
    return found


# --- Who decides ------------------------------------------------------------------------------------------------
def steps_closed_to(person: Person, project: Project) -> dict[int, str]:
    """Number of a step → why this person decides nothing at it; the claim asks."""
    kept = ReviewStep.objects.filter(project=project, decided_by=By.EXPERTS).values_list("number", "name")
    for_experts = dict(kept)
    if not for_experts or access.roles_on(person, project) & EXPERTS:
        return {}
    return {number: f"“{name}” is for experts, and leads who review." for number, name in for_experts.items()}


def lacks_experts(project: Project) -> bool:
    """Whether a step is for experts and nobody holds that role here now: labels would wait at it."""
    if not ReviewStep.objects.filter(project=project, retired_at=None, decided_by=By.EXPERTS).exists():
        return False
    given: list[Grant] = [*project_access.team_grants(project), *project_access.person_grants(project)]
    now = work_time.clock()
    return not any(grant.role == Role.EXPERT and project_access.is_live(grant, now) for grant in given)


def refuse_reviewer(person: Person, slot: Slot) -> None:
    """Raises ``step_for_others``, and ``decided_before`` for who decided about this label at another step."""
    closed = steps_closed_to(person, slot.project).get(slot.line_step)
    if closed:
        raise RuleViolation("step_for_others", f"{closed} Someone else decides about this label.")
    if Review.objects.filter(label=slot.label_id, reviewer=person).exclude(step=slot.step).exists():
        raise RuleViolation(
            "decided_before", "You decided about this label at another step, so someone else does at this one."
        )


# --- Change -----------------------------------------------------------------------------------------------------
@transaction.atomic
def change_steps(
    actor: Person, project: Project, steps: Sequence[Step], *, version: int | None = None
) -> tuple[tuple[Step, ...], int]:
    """The steps from now on, in their order; those that are not named are taken away. Returns them and their version.

    Raises ``settings_moved_on``, ``steps_invalid``, ``step_invalid``, ``unknown_condition``, ``condition_invalid``,
    ``project_closed``."""
    access.require(actor, Permission.CHANGE_PROJECT, project)
    project = (
        Project.objects.select_for_update(of=("self",), no_key=True).select_related("organization").get(pk=project.pk)
    )
    if project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")
    now = version_of(project)
    if version is not None and version != now:
        message = "Somebody changed the steps since you looked. Look at them again."
        raise RuleViolation("settings_moved_on", message, version=now)
    before = steps_of(project)
    wanted = checked_steps(project, steps, known=[step.number for step in before])
    if wanted == before:
        return before, now
    numbered = _numbered(project, wanted)
    if numbered[0].share != project.review_share:
        project = projects.change_project(actor, project, review_share=numbered[0].share)
    _keep(project, numbered)
    plan, is_first = ReviewPlan.objects.get_or_create(project=project)
    if not is_first:
        plan.version += 1
        plan.save(update_fields=["version"])
    after = {"steps": _in_short(numbered), "version": plan.version}
    audit.record(actor, "review_steps.changed", project, before={"steps": _in_short(before)}, after=after)
    told = {"version": plan.version, "steps": len(numbered)}
    announce(project.organization_id, stream_of_project(project.uid), "review_steps_changed", told)
    return numbered, plan.version


def checked_steps(project: Project, steps: Sequence[Step], *, known: Sequence[int]) -> tuple[Step, ...]:
    """As they are kept; ``known`` are the numbers of the steps there are."""
    if not 1 <= len(steps) <= MOST_STEPS or steps[0].number != 1:
        message = f"There are 1 to {MOST_STEPS} steps, and step 1 is the first."
        raise InvalidInput("steps_invalid", message, path="steps")
    numbers = [step.number for step in steps if step.number != NEW]
    if len(set(numbers)) < len(numbers) or not set(numbers) <= set(known):
        raise InvalidInput("steps_invalid", "A number names a step that there is, and once.", path="steps")
    checked = tuple(_checked(project, step, f"steps[{at}]") for at, step in enumerate(steps))
    if len({step.name.casefold() for step in checked}) < len(checked):
        raise InvalidInput("steps_invalid", "Two steps have the same name.", path="steps")
    return checked


def _checked(project: Project, step: Step, path: str) -> Step:
    name = checked_text(step.name, f"{path}.name", longest=LONGEST_NAME)
    instructions = checked_text(step.instructions, f"{path}.instructions", longest=LONGEST_INSTRUCTIONS, least=0)
    limits = [
        (step.decided_by in By.values, "decided_by", f"One of {', '.join(By.values)}."),
        (step.looks_at in LooksAt.values, "looks_at", f"One of {', '.join(LooksAt.values)}."),
        (step.number != 1 or step.looks_at == LooksAt.EVERY, "looks_at", "Before step 1 nothing was reviewed."),
        (step.method in Method.values, "method", f"One of {', '.join(Method.values)}."),
        (0 <= step.share <= 100, "share", "From 0 to 100 per cent."),
        (step.share <= step.most <= 100, "most", "From the share to 100 per cent."),
        (TARGETS[0] <= step.target <= TARGETS[1], "target", "From 0.1 to 50 per cent."),
        (step.method != Method.RULE or step.conditions, "conditions", "A step by rule has at least one condition."),
    ]
    fault = next(((field, message) for holds, field, message in limits if not holds), None)
    if fault is not None:
        raise InvalidInput("step_invalid", fault[1], path=f"{path}.{fault[0]}")
    conditions = step.conditions if step.method == Method.RULE else ()
    kept = review_conditions.checked_conditions(project, conditions, f"{path}.conditions")
    return replace(step, name=name, instructions=instructions, conditions=tuple(kept), target=float(step.target))


def _numbered(project: Project, steps: Sequence[Step]) -> tuple[Step, ...]:
    """New ones get a number that no step and no review of the project ever had."""
    reviews = Slot.objects.filter(project=project, kind=Slot.Kind.REVIEW, is_appeal=False)
    used = [
        ReviewStep.objects.filter(project=project).aggregate(most=Max("number"))["most"] or 1,
        reviews.aggregate(most=Max("step"))["most"] or 1,
    ]
    number, found = max(used), []
    for step in steps:
        if step.number == NEW:
            number += 1
            found.append(replace(step, number=number))
        else:
            found.append(step)
    return tuple(found)


def _keep(project: Project, steps: Sequence[Step]) -> None:
    gone = ReviewStep.objects.filter(project=project, retired_at=None)
    for one in gone.exclude(number__in=[step.number for step in steps]):
        one.retired_at = work_time.clock()
        one.save(update_fields=["retired_at"])
        facts = {"project": str(project.uid), "step": one.number}
        enqueue(project.organization_id, LEAVE_TASK, facts, queue="bulk")
    for place, step in enumerate(steps, 1):
        values = {name: getattr(step, name) for name in FIELDS}
        values |= {"share": None if step.number == 1 else step.share, "conditions": list(step.conditions)}
        ReviewStep.objects.update_or_create(project=project, number=step.number, defaults={**values, "place": place})


def _step(kept: ReviewStep, project: Project) -> Step:
    values = {name: getattr(kept, name) for name in FIELDS}
    share = project.review_share if kept.share is None else kept.share
    # The floor of step 1 moves with supervision; what is asked for at most never lies under it.
    values |= {"share": share, "most": max(kept.most, share), "conditions": tuple(kept.conditions)}
    return Step(kept.number, **values)


def _in_short(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """For the audit log: without the instructions' text."""
    shown = []
    for step in steps:
        facts = asdict(step)
        facts["instructions"] = len(step.instructions)
        shown.append({**facts, "conditions": [dict(one) for one in step.conditions]})
    return shown
