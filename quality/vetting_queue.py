"""What vetting does in the line: who gets no row to label yet, who gets only so many a day, whose labels are all
reviewed. Projects that vet nobody ask the database nothing for it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from labeling import day_limits
from labeling.models import Project, Slot
from labeling.queue import Empty
from quality import vetting_steps, vetting_words
from quality.funnel_settings import is_asked
from quality.models import Candidacy
from quality.vetting_steps import ON_TRIAL
from workforce.models import ClockTimestamp, Person

State = Candidacy.State


def cap(person: Person, project: Project, kind: str) -> tuple[int, Empty] | None:
    """For the claim: how many new rows to label, and what is missing where there are none. One statement for those in
    production. Reviews and rework are not asked: a lead gave the first, the second is its maker's."""
    if not project.is_vetted or kind != Slot.Kind.LABEL:
        return None
    found = _standing(person, project)
    if found is None or not gets_rows(found):
        vetting_steps.arrive(person, project)
        found = _standing(person, project)
    if found is None or found.state == State.PRODUCTION:
        return None
    settings = found.project.quality_funnel
    told = vetting_words.told(found, settings)
    if found.state == State.RAMP:
        rows = vetting_words.rows_a_day(found, settings)
        left, next_at = day_limits.rows_left(person, project, rows, in_hand=found.in_hand)
        return left, Empty("vetting_ramp", told, next_at)
    if found.state == State.ASSESSMENT and not found.needs:
        return None
    return 0, Empty(f"vetting_{found.state}", told)


def is_anybody_tried_out(project: Project, makers: Iterable[int]) -> bool:
    """Every label of those who are tried out is reviewed, where labels of the project are at all."""
    if not project.is_vetted:
        return False
    tried = Candidacy.objects.filter(project=project.pk, person__in=list(makers), state__in=ON_TRIAL)
    return tried.exists()


def gets_rows(found: Candidacy) -> bool:
    """At a step in which people label, and which the project still asks."""
    is_tried = found.state in ON_TRIAL and is_asked(found.project.quality_funnel, State(found.state))
    return is_tried or found.state == State.PRODUCTION


def _standing(person: Person, project: Project) -> Any:
    """With ``in_hand``, the live leases; nothing for one who was not here yet."""
    live = Slot.objects.filter(
        project=OuterRef("project"),
        labeler=OuterRef("person"),
        state=Slot.State.LEASED,
        leased_until__gt=ClockTimestamp(),
    )
    in_hand = Subquery(live.order_by().values("labeler").annotate(count=Count("pk")).values("count"))
    found = Candidacy.objects.filter(project=project, person=person).select_related("project__quality_funnel")
    return found.annotate(in_hand=Coalesce(in_hand, 0)).first()
