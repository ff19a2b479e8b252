"""What tests of vetting stand on: a project that vets people, and results of somebody who is tried out."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from labeling.models import Label, Slot
from quality import funnel_settings, vetting
from quality.models import Candidacy, FunnelEvent
from tests.line import Line
from tests.quality.test_rules import results
from workforce.models import ClockTimestamp, Person

State = Candidacy.State
NOTE = "We talked on Monday."
FORM = {"why": "I like cars.", "experience": "Two years of boxes."}


def vet(line: Line, **values: Any) -> None:
    """Switch vetting on; everything but what ``values`` ask for is as it comes."""
    settings = funnel_settings.settings_of(line.project)
    funnel_settings.change_settings(line.cast.pia, line.project, after=settings.version, **values)
    funnel_settings.switch(line.cast.pia, line.project, is_on=True)
    line.project.refresh_from_db()


def stands(line: Line, person: Person) -> Candidacy:
    found = vetting.candidacy_of(person, line.project)
    assert found is not None
    return found


def put(line: Line, person: Person, state: str, *, step: int = 0) -> Candidacy:
    """Somebody who has been at ``state`` for two hours."""
    values = {"state": state, "step": step, "entered_at": ClockTimestamp() - timedelta(hours=2), "needs": ""}
    Candidacy.objects.update_or_create(project=line.project, person=person, defaults=values)
    return stands(line, person)


def scored(line: Line, person: Person, values: Sequence[float]) -> None:
    """Results against gold of labels that were made an hour ago."""
    before = set(Label.objects.values_list("pk", flat=True))
    results(line, person, values)
    new = Label.objects.exclude(pk__in=before)
    Slot.objects.filter(work__in=new).update(submitted_at=ClockTimestamp() - timedelta(hours=1))
    new.update(created_at=ClockTimestamp() - timedelta(hours=1))


def last_event(line: Line, person: Person) -> FunnelEvent:
    found = FunnelEvent.objects.filter(candidacy__project=line.project, candidacy__person=person).order_by("-pk")
    return found[0]
