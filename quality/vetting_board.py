"""Vetting for those who run a project, and for whoever may see somebody's performance: who stands where since when, how
the score looks so far, and what is next. Scores and evidence only for those who may see benchmarks, never one's own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

from labeling import pauses
from labeling.models import Pause, Project
from quality import funnel_settings, vetting_words
from quality.agreement.intervals import score_interval
from quality.models import Candidacy, FunnelEvent, FunnelSettings
from quality.vetting_steps import ON_TRIAL, bar_of, wanted_of, with_result_count
from workforce import access
from workforce.models import Person
from workforce.roles import Permission

State = Candidacy.State
# Cards of one column; the list of the state has them all.
SHOWN = 6


@dataclass(frozen=True)
class Figures:
    """Results that count for where somebody is now: how many of how many, their mean and its interval."""

    n: int
    wanted: int
    bar: float
    mean: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Card:
    candidacy: Any
    figures: Figures | None
    next_act: str
    pause: Pause | None


@dataclass(frozen=True)
class Column:
    state: State
    count: int
    cards: tuple[Card, ...]


# --- Reads ------------------------------------------------------------------------------------------------------
def candidacies_visible_to(reader: Person) -> QuerySet[Candidacy]:
    """Of those whose performance ``reader`` may see: everybody's, a vendor's, a led team's, or one's own."""
    related = "project__organization", "project__quality_funnel", "person"
    return access.visible_to(reader, Candidacy.objects.select_related(*related), Permission.VIEW_PERFORMANCE)


def candidacy_for(reader: Person, uid: object) -> Candidacy:
    related = "project__organization", "project__quality_funnel", "person"
    found = Candidacy.objects.select_related(*related)
    return access.access(reader, found, str(uid), Permission.VIEW_PERFORMANCE)


def candidacies_in(project: Project, state: str = "") -> QuerySet[Candidacy]:
    found = Candidacy.objects.filter(project=project).select_related("person", "project")
    return found.filter(state=state) if state else found


def columns_of(project: Project) -> list[Column]:
    """Every state with its count and its newest cards, by the same few queries for any number of people."""
    everybody = Candidacy.objects.filter(project=project)
    counts = dict(everybody.order_by().values_list("state").annotate(Count("pk")))
    place = Window(RowNumber(), partition_by=F("state"), order_by=F("pk").desc())
    newest = everybody.annotate(place=place).filter(place__lte=SHOWN).values_list("pk", flat=True)
    cards = cards_of(project, list(candidacies_in(project).filter(pk__in=list(newest)).order_by("-pk")))
    asked = set(funnel_settings.steps_asked(_settings_of(project)))
    return [
        Column(state, counts.get(state, 0), tuple(card for card in cards if card.candidacy.state == state))
        for state in State
        if counts.get(state) or state in asked or state not in funnel_settings.STEPS
    ]


def cards_of(project: Project, candidacies: Sequence[Candidacy]) -> list[Card]:
    """In three queries for any number."""
    settings = _settings_of(project)
    paused = pauses.pauses_in(project, [one.person_id for one in candidacies])
    figures = figures_of(candidacies, settings)
    found = []
    for one in candidacies:
        numbers = figures.get(one.pk)
        found.append(Card(one, numbers, next_act(one, settings, numbers), paused.get(one.person_id)))
    return found


def figures_of(candidacies: Iterable[Candidacy], settings: FunnelSettings | None = None) -> dict[int, Figures]:
    """Candidacy's primary key → its figures, for those who are tried out; one query. Without ``settings`` each comes
    with those of its project."""
    tried = {one.pk: one for one in candidacies if one.state in ON_TRIAL}
    if not tried:
        return {}
    sums = with_result_count(Candidacy.objects.filter(pk__in=tried)).values_list("pk", "results", "total", "squares")
    return {
        pk: _figures(tried[pk], settings or tried[pk].project.quality_funnel, n, total, squares)
        for pk, n, total, squares in sums
    }


def next_act(candidacy: Candidacy, settings: FunnelSettings, figures: Figures | None) -> str:
    """What happens next with somebody, and who does it."""
    if candidacy.needs:
        return f"A manager decides: {candidacy.get_needs_display()}"
    if candidacy.state == State.PRACTICE:
        return f"Practises: {len(candidacy.practice)} of {settings.practice_count} answers"
    if figures is not None and candidacy.state == State.RAMP:
        rows = vetting_words.rows_a_day(candidacy, settings)
        return f"Step {candidacy.step}, {rows} rows a day: {figures.n} of {figures.wanted} results"
    if figures is not None:
        return f"Is assessed: {figures.n} of {figures.wanted} results"
    return {
        State.APPLIED: "A manager notes an interview, invites or declines",
        State.INTERVIEWED: "A manager invites or declines",
        State.INVITED: "Opens the steps",
        State.GUIDELINES: "Reads the guidelines",
        State.QUIZ: "Takes the quiz",
        State.ASSESSMENT: "Is assessed",
        State.RAMP: f"Step {candidacy.step} of the ramp",
    }.get(State(candidacy.state), "")


def events_of(candidacy: Candidacy) -> QuerySet[FunnelEvent]:
    """Every move, newest first."""
    return FunnelEvent.objects.filter(candidacy=candidacy).select_related("by").order_by("-pk")


def sees_evidence(reader: Person, candidacies: Iterable[Candidacy]) -> set[int]:
    """Of these, by primary key, those whose scores, notes and evidence ``reader`` may read; one query."""
    others = [one for one in candidacies if one.person_id != reader.pk]
    projects = Project.objects.filter(pk__in={one.project_id for one in others})
    shown = set(access.visible_to(reader, projects, Permission.VIEW_BENCHMARK).values_list("pk", flat=True))
    return {one.pk for one in others if one.project_id in shown}


# --- Inside -----------------------------------------------------------------------------------------------------
def _settings_of(project: Project) -> FunnelSettings:
    settings = funnel_settings.settings_of(project)
    settings.project = project
    return settings


def _figures(candidacy: Candidacy, settings: FunnelSettings, n: int, total: float, squares: float) -> Figures:
    wanted, bar = wanted_of(candidacy, settings), bar_of(candidacy, settings)
    if not n:
        return Figures(0, wanted, bar)
    low, high = score_interval(n, min(total, n), min(squares, total)) or (0.0, 1.0)
    return Figures(n, wanted, bar, total / n, low, high)
