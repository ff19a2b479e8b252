"""How often a person meets gold: the first rows on a project, then a rate that follows how far they can be trusted.

The steps, from the newest results that count: fewer than ``FEW`` – the base rate; surely under the bar (the whole
interval) – the highest; under it, not surely – twice the base; surely above – half the base, and half of that again for
every further ``FEW`` results; else the base. All within the project's bounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from labeling.models import Project
from quality.agreement.intervals import Interval, score_interval
from quality.models import BenchmarkPolicy
from workforce import access, audit
from workforce.errors import InvalidInput
from workforce.models import Person
from workforce.roles import Permission

FEW = 10
# Results that trust is read from, newest first.
LOOKED_BACK = 40
MOST_FIRST = 50
FIELDS = ("first_rows", "base_rate", "least_rate", "most_rate", "bar")


@dataclass(frozen=True)
class Policy:
    """Rates in per cent of the rows that a person gets, the bar a mean score."""

    first_rows: int = 5
    base_rate: int = 10
    least_rate: int = 2
    most_rate: int = 30
    bar: float = 0.8


def policy_of(project: Project) -> Policy:
    found = BenchmarkPolicy.objects.filter(project=project).values(*FIELDS).first()
    return Policy(**found) if found else Policy()


@transaction.atomic
def change_policy(actor: Person, project: Project, **changes: Any) -> Policy:
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    before = policy_of(project)
    unknown = sorted(set(changes) - set(FIELDS))
    if unknown:
        raise InvalidInput("unknown_setting", f"Settings that can change: {', '.join(FIELDS)}.", unknown=unknown)
    after = Policy(**{**vars(before), **changes})
    _refuse_bad_values(after)
    BenchmarkPolicy.objects.update_or_create(project=project, defaults={**vars(after), "set_by": actor})
    audit.record(actor, "benchmark_policy.set", project, before=vars(before), after=vars(after))
    return after


def rate_for(policy: Policy, results: Sequence[float]) -> float:
    """Per cent of the next rows that are gold, from the results of one person, newest first."""
    recent = results[:LOOKED_BACK]
    if len(recent) < FEW:
        return float(policy.base_rate)
    low, high = interval_of(recent) or (0.0, 1.0)
    rate = float(policy.base_rate)
    if high < policy.bar:
        rate = float(policy.most_rate)
    elif low >= policy.bar:
        rate /= 2 ** (len(recent) // FEW)
    elif sum(recent) / len(recent) < policy.bar:
        rate *= 2
    return min(max(rate, policy.least_rate), policy.most_rate) if policy.base_rate else 0.0


def interval_of(results: Sequence[float]) -> Interval | None:
    return score_interval(len(results), sum(results), sum(one * one for one in results))


def _refuse_bad_values(policy: Policy) -> None:
    if not 0 <= policy.first_rows <= MOST_FIRST:
        message = f"Between none and {MOST_FIRST} of a person's first rows are gold."
        raise InvalidInput("first_rows_invalid", message, path="first_rows")
    rates = policy.least_rate, policy.base_rate, policy.most_rate
    if not (0 <= rates[0] <= rates[1] <= rates[2] <= 100):
        message = "Rates are per cent: the least, up to the base, up to the highest."
        raise InvalidInput("rates_invalid", message, path="base_rate")
    if not 0 < policy.bar <= 1:
        raise InvalidInput("bar_invalid", "The bar lies above 0 and up to 1.", path="bar")
