"""A pause: a person gets no new row of a project until a time, or until somebody ends it, and is told why.

Rows in hand stay. At most one pause of a person in a project is open; a new one takes its place."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from labeling import work_time
from labeling.models import Pause, Project
from labeling.queue import Empty
from labeling.texts import checked_text
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.events import announce, stream_of_person
from workforce.models import ClockTimestamp, Person
from workforce.roles import Permission

LONGEST_WORDS = 1000


@transaction.atomic
def pause_person(
    actor: Person, project: Project, person: Person, *, reason: str, told: str, ends_at: datetime | None = None
) -> Pause:
    """Stop new rows for ``person``. ``reason`` is for those who run the project, ``told`` is what the person reads."""
    project = Project.objects.select_for_update(of=("self",)).select_related("organization").get(pk=project.pk)
    access.require(actor, Permission.VIEW_PROJECT, project)
    words = {
        "reason": checked_text(reason, "reason", longest=LONGEST_WORDS),
        "told": checked_text(told, "told", longest=LONGEST_WORDS),
    }
    if ends_at is not None and ends_at <= work_time.clock():
        raise InvalidInput("ends_in_the_past", "A pause ends later than now, or not by itself.", path="ends_at")
    earlier = Pause.objects.filter(project=project, person=person, resumed_at=None).first()
    if earlier is not None:
        _end(earlier, actor)
    pause = Pause.objects.create(project=project, person=person, paused_by=actor, ends_at=ends_at, **words)
    # Asked of the row, because a team lead may do this to the own team's people only.
    access.require(actor, Permission.PAUSE_PERSON, pause)
    _refuse_own(actor, pause)
    if not access.roles_on(person, project):
        raise RuleViolation("not_on_project", f"{person.name} has no role in {project.name}.")
    before = _facts(earlier) if earlier is not None else {}
    audit.record(actor, "person.paused", pause, before=before, after=_facts(pause), root=project)
    _tell(pause, "paused")
    return pause


@transaction.atomic
def resume_person(actor: Person, pause: Pause) -> Pause:
    """End a pause before its time. One that has ended stays as it is."""
    related = "project__organization", "person"
    pause = Pause.objects.select_for_update(of=("self",)).select_related(*related).get(pk=pause.pk)
    access.require(actor, Permission.PAUSE_PERSON, pause)
    _refuse_own(actor, pause)
    if pause.resumed_at is None:
        _end(pause, actor)
        audit.record(actor, "person.resumed", pause, before=_facts(pause), root=pause.project)
        _tell(pause, "resumed")
    return pause


def _refuse_own(actor: Person, pause: Pause) -> None:
    """A team lead is of the led people too, and would end what others decided about them."""
    if pause.person_id == actor.pk and not access.can(actor, Permission.PAUSE_PERSON, pause.project):
        raise RuleViolation("own_pause", "Your own pause is for those who run the project. Ask them.")


# --- Reads ------------------------------------------------------------------------------------------------------
def live_pauses() -> QuerySet[Pause]:
    not_over = Q(ends_at=None) | Q(ends_at__gt=ClockTimestamp())
    return Pause.objects.filter(not_over, resumed_at=None).select_related("project__organization", "paused_by")


def pauses_visible_to(actor: Person, project: Project) -> QuerySet[Pause]:
    """Every pause in the project of those whom ``actor`` may pause, newest first."""
    pauses = Pause.objects.filter(project=project).select_related("person", "paused_by", "resumed_by")
    return access.visible_to(actor, pauses, Permission.PAUSE_PERSON).order_by("-pk")


def pauses_of(person: Person, projects: Iterable[Project]) -> dict[int, Pause]:
    """Project's primary key → the pause of ``person`` there now; one query for any number."""
    found = live_pauses().filter(person=person, project__in=[one.pk for one in projects])
    return {pause.project_id: pause for pause in found}


def pauses_in(project: Project, people: Iterable[int]) -> dict[int, Pause]:
    """Person's primary key → their pause in the project now; one query for any number."""
    return {pause.person_id: pause for pause in live_pauses().filter(project=project, person__in=list(people))}


def gate(person: Person, project: Project, kind: str) -> Empty | None:
    """For the claim: what the person is told, and when it ends."""
    pause = pauses_of(person, [project]).get(project.pk)
    if pause is None:
        return None
    until = "until somebody lets you go on" if pause.ends_at is None else f"until {in_words(pause.ends_at, project)}"
    return Empty("paused", f"You are paused in {project.name} {until}: {pause.told}", pause.ends_at)


def in_words(at: datetime, project: Project) -> str:
    """A time as a person reads it where the organization is."""
    return f"{work_time.local(project, at):%-d %B, %H:%M}"


# --- Inside -----------------------------------------------------------------------------------------------------
def _end(pause: Pause, actor: Person) -> None:
    pause.resumed_by, pause.resumed_at = actor, work_time.clock()
    pause.save(update_fields=["resumed_by", "resumed_at"])


def _facts(pause: Pause) -> dict[str, Any]:
    ends_at = pause.ends_at and pause.ends_at.isoformat()
    return {"person": str(pause.person.uid), "reason": pause.reason, "told": pause.told, "ends_at": ends_at}


def _tell(pause: Pause, kind: str) -> None:
    facts = {"project": str(pause.project.uid)}
    announce(pause.project.organization_id, stream_of_person(pause.person.uid), kind, facts)
