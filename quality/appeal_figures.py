"""What became of appeals: of each maker's, the share that was overturned; of each reviewer's sendings back, the shares
that were appealed and overturned. Wilson's 95 % intervals, each with its n."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count, Q

from labeling.models import Project, Slot
from quality.accuracy import rate
from quality.models import WON, Appeal, Review
from quality.performance import Rate
from workforce import access, names
from workforce.models import Person
from workforce.roles import Permission

DECIDED = (Appeal.State.UPHELD, *WON)


@dataclass(frozen=True)
class OfMaker:
    """``overturned``: of the appeals of this person that were decided."""

    uid: str
    name: str
    made: int
    open: int
    withdrawn: int
    overturned: Rate


@dataclass(frozen=True)
class OfReviewer:
    """``appealed`` and ``overturned``: of the labels that this person sent back, decisions on appeals left out."""

    uid: str
    name: str
    appealed: Rate
    overturned: Rate


One = TypeVar("One", OfMaker, OfReviewer)


@dataclass(frozen=True)
class Rates:
    makers: list[OfMaker]
    reviewers: list[OfReviewer]


def rates_of(reader: Person, project: Project) -> Rates:
    """Of those whose performance ``reader`` may see; the same few queries for any number of people."""
    access.require(reader, Permission.VIEW_PROJECT, project)
    makers = _made(reader, project)
    reviewers = _sent_back(reader, project)
    people = Person.objects.in_bulk({pk for pk, *_ in [*makers, *reviewers]})
    unnamed = names.unnamed_to(reader, [(project.organization_id, pk) for pk in people])
    named = {pk: names.PROJECT_TEAM if pk in unnamed else one.name for pk, one in people.items()}
    return Rates(
        _by_name(
            OfMaker(str(people[pk].uid), named[pk], made, waiting, back, rate(won, decided))
            for pk, made, waiting, back, decided, won in makers
        ),
        _by_name(
            OfReviewer(str(people[pk].uid), named[pk], rate(appealed, n), rate(won, n))
            for pk, n, appealed, won in reviewers
        ),
    )


def _by_name(found: Iterable[One]) -> list[One]:
    return sorted(found, key=lambda one: (one.name, one.uid))


def _made(reader: Person, project: Project) -> list[tuple[int, int, int, int, int, int]]:
    seen = access.visible_to(reader, Appeal.objects.filter(project=project), Permission.VIEW_PERFORMANCE)
    counted = (
        seen.order_by()
        .values("maker")
        .annotate(
            made=Count("pk"),
            waiting=Count("pk", filter=Q(state=Appeal.State.OPEN)),
            back=Count("pk", filter=Q(state=Appeal.State.WITHDRAWN)),
            decided=Count("pk", filter=Q(state__in=DECIDED)),
            won=Count("pk", filter=Q(state__in=WON)),
        )
    )
    return list(counted.values_list("maker", "made", "waiting", "back", "decided", "won"))


def _sent_back(reader: Person, project: Project) -> list[tuple[int, int, int, int]]:
    # The slot of a review belongs to whoever made it; the review itself to whoever made the label.
    slots = Slot.objects.filter(project=project, kind=Slot.Kind.REVIEW, state=Slot.State.DONE)
    seen = access.visible_to(reader, slots, Permission.VIEW_PERFORMANCE)
    sent = Review.objects.filter(
        project=project, decision=Review.Decision.REJECT, decides_appeal=None, slot__in=seen.values("pk")
    )
    counted = (
        sent.order_by()
        .values("reviewer")
        .annotate(
            n=Count("pk"),
            appealed=Count("pk", filter=Q(appeal__isnull=False) & ~Q(appeal__state=Appeal.State.WITHDRAWN)),
            won=Count("pk", filter=Q(appeal__state__in=WON)),
        )
    )
    return list(counted.values_list("reviewer", "n", "appealed", "won"))
