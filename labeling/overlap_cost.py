"""What opinions cost: the measured minutes of a row in a project, and the rates of those who label there."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from labeling import work_time
from labeling.models import Project, WorkSession
from workforce import access, rates
from workforce.models import Person, Rate
from workforce.roles import Permission

# The newest sessions of a project: enough for a median, and as many in a project of a million rows.
MOST_SESSIONS = 1000
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Measured:
    """The median active minutes of a row, None while nobody submitted one; of how many rows, by whom."""

    minutes: float | None
    n: int
    makers: tuple[tuple[int, int], ...] = ()

    def hours_of(self, opinions: int) -> float | None:
        return None if self.minutes is None else opinions * self.minutes / 60


@dataclass(frozen=True)
class Cost:
    """Money in one currency; ``share`` of the work is paid in it, by the rates of those who did it lately."""

    currency: str
    amount: Decimal
    share: float


def measured_work(project: Project) -> Measured:
    sessions = WorkSession.objects.filter(
        project=project, stage=WorkSession.Stage.LABELING, outcome=WorkSession.Outcome.SUBMITTED
    )
    newest = sessions.order_by("-last_beat_at").values_list("person_id", "active_seconds")[:MOST_SESSIONS]
    found = list(newest)
    if not found:
        return Measured(None, 0)
    makers = Counter(person for person, _ in found)
    return Measured(median(seconds for _, seconds in found) / 60, len(found), tuple(sorted(makers.items())))


def cost_of(actor: Person, project: Project, opinions: int, measured: Measured) -> tuple[Cost, ...] | None:
    """What so many opinions cost if those who labeled lately go on in the same proportion; negative when saved.

    None for who may not see rates. Work of people without a rate costs nothing here: the shares say so."""
    if not access.can(actor, Permission.VIEW_RATES, project.organization):
        return None
    if measured.minutes is None:
        return ()
    people = list(Person.objects.filter(pk__in=[pk for pk, _ in measured.makers]).order_by("pk"))
    today = work_time.day_in(project, work_time.clock())
    by_hour = rates.rates_on(people, today, organization=project.organization)
    by_unit = rates.rates_on(people, today, organization=project.organization, per=Rate.Per.UNIT)
    amounts: dict[str, Decimal] = {}
    shares: Counter[str] = Counter()
    for pk, made in measured.makers:
        rate = by_hour.get(pk) or by_unit.get(pk)
        if rate is None:
            continue
        units = Decimal(measured.minutes) / 60 if rate.per == Rate.Per.HOUR else Decimal(1)
        part = Decimal(made) / measured.n
        amounts[rate.currency] = amounts.get(rate.currency, Decimal(0)) + rate.amount * units * part * opinions
        shares[rate.currency] += made
    return tuple(Cost(name, amounts[name].quantize(CENT), shares[name] / measured.n) for name in sorted(amounts))
