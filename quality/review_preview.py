"""What steps of review would cost, and what they yield: how many labels of the last 30 days they would have looked at
and the reviewers' hours for it; and the line yield, the product over the steps. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from labeling import work_time
from labeling.models import Label, Project, Slot, WorkSession
from quality import review_steps, sampling
from quality.agreement.intervals import wilson_interval
from quality.models import DECISION_IN_FORCE, Review
from quality.review_steps import LooksAt, Step
from workforce import access
from workforce.models import Person
from workforce.roles import Permission

DAYS = 30
MONTH = timedelta(days=DAYS)
# The newest labels that are looked at one by one; of more, the rest is taken to be as these.
MOST_LABELS = 1000
# Review times of so many reviews make a median, the newest so many count.
LEAST_TIMES, MOST_TIMES = 10, 500
MOST_REVIEWS = 5000
_SUBMITTED = [Slot.State.SUBMITTED, Slot.State.IN_REVIEW, Slot.State.IN_REWORK, Slot.State.DONE]


@dataclass(frozen=True)
class StepCost:
    name: str
    looks: int


@dataclass(frozen=True)
class Preview:
    """``seconds`` is the project's own median review time, None where too few reviews were timed to say; so are
    ``hours``. Labels that come back are looked at again and not counted here."""

    labels: int
    steps: tuple[StepCost, ...]
    seconds: float | None

    @property
    def looks(self) -> int:
        return sum(step.looks for step in self.steps)

    @property
    def hours(self) -> float | None:
        return None if self.seconds is None else self.looks * self.seconds / 3600


@dataclass(frozen=True)
class StepYield:
    """Of the labels first looked at there, those that were approved without an edit."""

    name: str
    k: int
    n: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True)
class LineYield:
    """The product over the steps, with an interval that holds in at least 95 % (Bonferroni: each step's at 1 − 5 % ÷
    steps). None while a step has looked at nothing."""

    steps: tuple[StepYield, ...]
    value: float | None
    low: float | None
    high: float | None


def preview(actor: Person, project: Project, steps: Sequence[Step]) -> Preview:
    """Raises what ``change_steps`` would say about the steps."""
    access.require(actor, Permission.CHANGE_PROJECT, project)
    known = [step.number for step in review_steps.steps_of(project)]
    checked = review_steps.checked_steps(project, steps, known=known)
    since = work_time.clock() - MONTH
    made = Label.objects.filter(
        project=project,
        kind=Label.Kind.OPINION,
        created_at__gt=since,
        slot__state__in=_SUBMITTED,
        slot__is_check=False,
        labeler__kind=Person.Kind.HUMAN,
    )
    total = made.count()
    newest = list(made.select_related("project_row").order_by("-created_at")[:MOST_LABELS])
    looks = _looks(project, checked, newest)
    whole = total / len(newest) if newest else 0.0
    costs = tuple(StepCost(step.name, round(looks[at] * whole)) for at, step in enumerate(checked))
    return Preview(total, costs, median_review_seconds(project, since))


def _looks(project: Project, steps: Sequence[Step], labels: Sequence[Label]) -> list[int]:
    """By step: how many of these labels it would have looked at, by the draws that they had or would have had."""
    for label in labels:
        label.project_row.project = project
    seen: set[int] = set()
    counts = []
    # A new step has no number yet: one that no draw of another step goes by.
    numbers = [step.number or 1000 + at for at, step in enumerate(steps)]
    for step, number in zip(steps, numbers, strict=True):
        here = [label for label in labels if step.looks_at == LooksAt.EVERY or label.pk in seen]
        chances = sampling.chances_of(project, step, here)
        taken = {label.pk for label in here if sampling.value_of(label.project_row, number) < chances[label.pk].share}
        counts.append(len(taken))
        seen |= taken
    return counts


def median_review_seconds(project: Project, since: datetime) -> float | None:
    times = WorkSession.objects.filter(
        project=project,
        stage=WorkSession.Stage.REVIEW,
        outcome=WorkSession.Outcome.SUBMITTED,
        credited_on__gte=work_time.day_in(project, since),
    )
    seconds = list(times.order_by("-credited_on", "-pk").values_list("active_seconds", flat=True)[:MOST_TIMES])
    return median(seconds) if len(seconds) >= LEAST_TIMES else None


def yield_of_several(reader: Person, project: Project, since: date, until: date) -> LineYield | None:
    """For who sees everybody's figures, of a project with several steps; else None."""
    if len(review_steps.steps_of(project)) < 2 or not access.can(reader, Permission.VIEW_PERFORMANCE, project):
        return None
    return line_yield(project, since, until)


def line_yield(project: Project, since: date, until: date) -> LineYield:
    """Over the steps in force; of each step the newest reviews of these days. Those who ask may see performance."""
    steps = review_steps.steps_of(project)
    level = 1 - 0.05 / len(steps)
    counted = [_counts_of(project, step, since, until) for step in steps]
    shown = tuple(_yield_of(step.name, k, n) for step, (k, n) in zip(steps, counted, strict=True))
    if any(not n for _, n in counted):
        return LineYield(shown, None, None, None)
    value = low = high = 1.0
    for k, n in counted:
        bounds = wilson_interval(k, n, level=level)
        value, low, high = value * k / n, low * bounds[0], high * bounds[1]
    return LineYield(shown, value, low, high)


def _counts_of(project: Project, step: Step, since: date, until: date) -> tuple[int, int]:
    """Approved without an edit, of all first looks at the step."""
    zone = ZoneInfo(project.organization.time_zone)
    start = datetime.combine(since, time.min, zone)
    end = datetime.combine(until + timedelta(days=1), time.min, zone)
    earlier = Review.objects.filter(label=OuterRef("label"), step=step.number, pk__lt=OuterRef("pk"))
    made = Review.objects.filter(project=project, step=step.number, made_at__gte=start, made_at__lt=end)
    first = made.filter(~Exists(earlier)).order_by("-made_at")
    said = list(first.values_list(DECISION_IN_FORCE, flat=True)[:MOST_REVIEWS])
    return sum(one == Review.Decision.APPROVE for one in said), len(said)


def _yield_of(name: str, k: int, n: int) -> StepYield:
    low, high = wilson_interval(k, n)
    return StepYield(name, k, n, k / n if n else None, low, high)
