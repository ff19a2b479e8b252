"""Who works now: people with a live heartbeat on a row that they hold, with the project and the stage.

A heartbeat comes every 15 s; who sent none for a minute is not there. Sessions end with their lease, so who is shown
holds one. Seen by those who may see the project's queue, as far as they may see whose it is."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from labeling import work_time
from labeling.models import WorkSession
from workforce import access
from workforce.models import Person
from workforce.roles import Permission

PRESENT_SECONDS = 60


def live_sessions(at: datetime) -> QuerySet[WorkSession]:
    """Open sessions with a heartbeat within the last minute before ``at``, the newest first."""
    since = at - timedelta(seconds=PRESENT_SECONDS)
    found = WorkSession.objects.filter(outcome=WorkSession.Outcome.OPEN, last_beat_at__gte=since)
    return found.order_by("-last_beat_at", "-pk")


def at_work_among(asker: Person, people: Iterable[int]) -> dict[int, WorkSession]:
    """Of ``people``, who works now: person → the session seen last, with its project. The same queries for any number.

    Work in a project whose queue ``asker`` does not see is not told."""
    among = live_sessions(work_time.clock()).filter(person__in=list(people)).select_related("project")
    latest: dict[int, WorkSession] = {}
    for session in access.visible_to(asker, among, Permission.VIEW_QUEUE):
        latest.setdefault(session.person_id, session)
    return latest
