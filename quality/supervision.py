"""Supervision: a project starts with every row reviewed and shared, and both shares fall by stated steps while its
quality holds.

Quality is the mean of the project's newest results, first reviews or scores against gold, whoever made them. After each
``least`` further results it looks once: while the lower bound of the 95 % interval is at the bar or above, the shares
fall a step; when it is not, they rise one. The steps move by the rights of whoever started it. Who changes a share by
hand stops the moves until supervision is started again: nothing is set back behind anybody's back."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from labeling import projects, work_time
from labeling.events import stream_of_project
from labeling.models import Project
from quality.agreement.intervals import score_interval, wilson_interval
from quality.models import DECISION_IN_FORCE, LabelScore, Review, Supervision, SupervisionMove
from workforce import access, audit
from workforce.errors import InvalidInput, NotFound, Refusal, RuleViolation
from workforce.events import announce
from workforce.loops import each_by_itself
from workforce.models import Person
from workforce.roles import Permission

MOST_STEPS = 10
MOST_SHOWN = 50
WINDOW, LEAST = (20, 1000), (5, 1000)


@dataclass(frozen=True)
class Step:
    """Per cent of the rows that are reviewed, and that several people label."""

    review_share: int
    consensus_share: int


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...] = (Step(100, 100), Step(50, 50), Step(20, 20), Step(10, 10))
    labels: int = 3
    measure: str = Supervision.Measure.APPROVAL
    bar: float = 0.9
    window: int = 100
    least: int = 30


@dataclass(frozen=True)
class Measured:
    """Mean, 95 % interval and number of the results that count now; ``fresh`` of them were not looked at yet."""

    value: float | None
    low: float
    high: float
    n: int
    fresh: int
    newest: int


@dataclass(frozen=True)
class State:
    """What the page shows. ``changed_by_hand``: the project's shares are not those of the step, so nothing moves."""

    supervision: Supervision
    steps: tuple[Step, ...]
    measured: Measured
    changed_by_hand: bool


# --- Start and stop -----------------------------------------------------------------------------------------------
@transaction.atomic
def start(actor: Person, project: Project, plan: Plan, *, at_step: int = 0) -> Supervision:
    """Set the shares of step ``at_step`` now and let them move. Started again, it goes by the new plan.

    Raises ``steps_invalid``, ``window_invalid``, ``bar_out_of_reach``, ``nothing_measured``, ``project_closed``."""
    project = _locked(project)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    if project.state == Project.State.ARCHIVED:
        raise RuleViolation("project_closed", "This project was closed.")
    _refuse_bad(plan, at_step)
    earlier = Supervision.objects.select_for_update().filter(project=project).first()
    values = {
        "steps": [asdict(step) for step in plan.steps],
        "measure": plan.measure,
        "bar": plan.bar,
        "window": plan.window,
        "least": plan.least,
        "step": at_step,
        "seen_upto": _newest(project, plan.measure),
        "on_by": actor,
        "on_since": work_time.clock(),
    }
    kept, _ = Supervision.objects.update_or_create(project=project, defaults=values)
    step = plan.steps[at_step]
    _set_shares(actor, project, step, labels=plan.labels)
    before = _facts(earlier) if earlier else {}
    audit.record(actor, "supervision.started", project, before=before, after={**_facts(kept), "labels": plan.labels})
    _note(kept, step, SupervisionMove.Kind.STARTED, by=actor)
    return kept


@transaction.atomic
def stop(actor: Person, project: Project) -> None:
    """The shares stay as they are now."""
    project = _locked(project)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    kept = Supervision.objects.select_for_update().filter(project=project).first()
    if kept is None:
        raise NotFound
    if kept.on_since is None:
        return
    kept.on_since, kept.on_by = None, None
    kept.save(update_fields=["on_since", "on_by"])
    audit.record(actor, "supervision.stopped", project, before=_facts(kept))
    _note(kept, _steps(kept)[kept.step], SupervisionMove.Kind.STOPPED, by=actor)


# --- Move ---------------------------------------------------------------------------------------------------------
def look_at_all() -> int:
    """Called by the scheduler. Returns how many projects moved."""
    on = Supervision.objects.exclude(on_since=None).exclude(project__state=Project.State.ARCHIVED)
    moved = 0
    for pk in on.order_by("project").values_list("project", flat=True):
        with each_by_itself(f"supervision of project {pk}"):
            moved += look_at(pk)
    return moved


@transaction.atomic
def look_at(project_pk: int) -> bool:
    """Move a step if enough was measured since the last look; a project that somebody changes now waits for the next
    call. Asked again, or twice at once, the same results move nothing."""
    found = Project.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    project = found.select_related("organization").filter(pk=project_pk).first()
    if project is None:
        return False
    kept = Supervision.objects.select_for_update(of=("self",)).select_related("on_by").get(project=project)
    if kept.on_by is None:
        return False
    measured, steps = measured_of(kept), _steps(kept)
    if measured.value is None or measured.fresh < kept.least or not _is_at(project, steps[kept.step]):
        return False
    kept.seen_upto = measured.newest
    to = kept.step + (1 if measured.low >= kept.bar else -1)
    if not 0 <= to < len(steps):
        kept.save(update_fields=["seen_upto"])
        return False
    kind = SupervisionMove.Kind.FELL if to > kept.step else SupervisionMove.Kind.ROSE
    try:
        with transaction.atomic():
            _set_shares(kept.on_by, project, steps[to])
    except Refusal as refusal:
        kept.save(update_fields=["seen_upto"])
        _note(kept, steps[kept.step], SupervisionMove.Kind.REFUSED, measured=measured, said=refusal.message)
        return False
    before, kept.step = kept.step, to
    kept.save(update_fields=["step", "seen_upto"])
    facts = {"value": measured.value, "low": measured.low, "high": measured.high, "n": measured.n, "bar": kept.bar}
    audit.record(kept.on_by, f"supervision.{kind}", project, before={"step": before}, after={"step": to, **facts})
    _note(kept, steps[to], kind, measured=measured)
    return True


def measured_of(kept: Supervision) -> Measured:
    """The newest ``window`` results of the project, and the interval of their mean: Wilson's of a rate, else as any
    mean score has it (``score_interval``); without enough for an interval it reaches from 0 to 1."""
    is_rate = kept.measure == Supervision.Measure.APPROVAL
    found = list(_results(kept.project_id, kept.measure)[: kept.window])
    if not found:
        return Measured(None, 0.0, 1.0, 0, 0, kept.seen_upto)
    values = [float(said != Review.Decision.REJECT) if is_rate else said for _, said in found]
    n, total = len(values), sum(values)
    squares = sum(one * one for one in values)
    low, high = wilson_interval(total, n) if is_rate else score_interval(n, total, squares) or (0.0, 1.0)
    fresh = sum(position > kept.seen_upto for position, _ in found)
    return Measured(total / n, low, high, n, fresh, found[0][0])


def state_of(person: Person, project: Project) -> State | None:
    """None for a project that never had supervision."""
    access.require(person, Permission.VIEW_BENCHMARK, project)
    kept = Supervision.objects.select_related("on_by", "project").filter(project=project).first()
    if kept is None:
        return None
    steps = _steps(kept)
    return State(kept, steps, measured_of(kept), not _is_at(kept.project, steps[kept.step]))


def moves_of(person: Person, project: Project) -> QuerySet[SupervisionMove]:
    access.require(person, Permission.VIEW_BENCHMARK, project)
    return SupervisionMove.objects.filter(project=project).select_related("moved_by").order_by("-pk")


# --- Inside -------------------------------------------------------------------------------------------------------
def _results(project: int, measure: str) -> QuerySet[Any, tuple[int, Any]]:
    """(position, what was said) of the project's results, newest first."""
    if measure == Supervision.Measure.APPROVAL:
        first = Review.objects.filter(project=project, ordinal=1).annotate(said=DECISION_IN_FORCE)
        return first.order_by("-pk").values_list("pk", "said")
    scores = LabelScore.objects.filter(project=project, benchmark__isnull=False, is_held=False)
    by_people = scores.filter(labeler__kind=Person.Kind.HUMAN).order_by("-label_id")
    return by_people.values_list("label_id", "benchmark")


def _newest(project: Project, measure: str) -> int:
    newest = _results(project.pk, measure).first()
    return newest[0] if newest else 0


def _locked(project: Project) -> Project:
    found = Project.objects.select_for_update(of=("self",), no_key=True).select_related("organization")
    return found.get(pk=project.pk)


def _steps(kept: Supervision) -> tuple[Step, ...]:
    return tuple(Step(**step) for step in kept.steps)


def _is_at(project: Project, step: Step) -> bool:
    return (project.review_share, project.consensus_share) == (step.review_share, step.consensus_share)


def _set_shares(actor: Person, project: Project, step: Step, *, labels: int | None = None) -> None:
    """By the rules for these settings: they ask for the right, and write what became of unfinished rows."""
    shared: dict[str, Any] = {"consensus_share": step.consensus_share}
    if labels is not None:
        shared["consensus_labels"] = labels
    projects.change_project(actor, project, review_share=step.review_share, **shared)


def _refuse_bad(plan: Plan, at_step: int) -> None:
    if not 2 <= len(plan.steps) <= MOST_STEPS or not 0 <= at_step < len(plan.steps):
        raise InvalidInput("steps_invalid", f"There are 2 to {MOST_STEPS} steps.", path="steps")
    for before, after in zip(((100, 100), *map(_pair, plan.steps)), map(_pair, plan.steps), strict=False):
        if min(after) < 0 or after[0] > before[0] or after[1] > before[1]:
            message = "Shares are per cent, and no step asks for more than the one before."
            raise InvalidInput("steps_invalid", message, path="steps")
    if plan.measure not in Supervision.Measure.values:
        raise InvalidInput("unknown_measure", "It is measured by approval or by gold.", path="measure")
    is_rate = plan.measure == Supervision.Measure.APPROVAL
    if is_rate and plan.steps[-1].review_share == 0:
        message = "Without reviews nothing would be measured: the last step reviews at least 1 %."
        raise InvalidInput("nothing_measured", message, path="steps")
    if not (WINDOW[0] <= plan.window <= WINDOW[1] and LEAST[0] <= plan.least <= plan.window):
        message = f"{WINDOW[0]} to {WINDOW[1]} results count, and it looks after {LEAST[0]} or more of them."
        raise InvalidInput("window_invalid", message, path="window")
    best = wilson_interval(plan.window, plan.window)[0] if is_rate else 1.0
    if not 0 < plan.bar <= best:
        message = f"The bar lies above 0 and up to {best:.3f}: that is the lower bound if all {plan.window} are right."
        raise InvalidInput("bar_out_of_reach", message, path="bar")


def _pair(step: Step) -> tuple[int, int]:
    return step.review_share, step.consensus_share


def _note(
    kept: Supervision,
    step: Step,
    kind: str,
    *,
    by: Person | None = None,
    measured: Measured | None = None,
    said: str = "",
) -> None:
    known = {} if measured is None else {name: getattr(measured, name) for name in ("value", "low", "high", "n")}
    move = SupervisionMove.objects.create(
        project=kept.project, kind=kind, step=kept.step, bar=kept.bar, said=said, moved_by=by, **asdict(step), **known
    )
    facts = {"kind": kind, "step": move.step, **asdict(step)}
    announce(kept.project.organization_id, stream_of_project(kept.project.uid), "supervision_moved", facts)


def _facts(kept: Supervision) -> dict[str, Any]:
    """For the audit log; a step is "reviewed/shared"."""
    steps = [f"{step.review_share}/{step.consensus_share}" for step in _steps(kept)]
    known = {name: getattr(kept, name) for name in ("measure", "bar", "window", "least", "step")}
    return {**known, "steps": steps, "is_on": kept.on_since is not None}
