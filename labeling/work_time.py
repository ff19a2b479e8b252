"""Time at work, from heartbeats on the database's clock.

An interval is a stretch without a hole: a heartbeat within the gap limit extends it, a longer gap closes it at the
last heartbeat and counts nothing. After the pause limit without input it ends at the last heartbeat that reported
input. At most one interval of a person is open, so no minute counts twice. Active is the sum of intervals, wall runs
from the first to the last heartbeat, idle is the rest."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F, Sum

from labeling.events import session_ended
from labeling.models import Project, Slot, WorkInterval, WorkSession
from workforce.models import Person

MEDIAN_OVER = 50
# What is written when a session ends, by whoever ends it first.
ENDED_WITH = ("active_seconds", "idle_seconds", "outcome", "last_beat_at", "credited_on")


def clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row
    moment: datetime = row[0]
    return moment


def _clock_of(person: Person) -> datetime:
    """The clock, once nobody else notes this person's time: two tabs that begin at once would both open an interval."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('time at work', %s)), clock_timestamp()", [person.pk]
        )
        row = cursor.fetchone()
    assert row
    moment: datetime = row[1]
    return moment


def stage_of(slot: Slot) -> str:
    if slot.kind == Slot.Kind.REVIEW:
        return WorkSession.Stage.REVIEW
    return WorkSession.Stage.REWORK if slot.is_rework else WorkSession.Stage.LABELING


def beat(person: Person, slot: Slot, *, has_input: bool, at: datetime | None = None) -> WorkSession:
    """Note a heartbeat of ``person`` on ``slot``. ``at`` is the database's clock unless a caller read it already."""
    now = at or _clock_of(person)
    session = _session_of(person, slot, now)
    is_open = WorkInterval.objects.select_for_update().filter(person=person, is_open=True).first()
    if is_open is not None and is_open.session_id != session.pk:
        _close(is_open, is_open.ended_at)
        is_open = None
    if is_open is not None:
        is_open = _go_on(is_open, slot.project, now, has_input=has_input)
    if is_open is None and (has_input or session.first_beat_at == now):
        WorkInterval.objects.create(
            session=session, person=person, started_at=now, ended_at=now, last_input_at=now, is_open=True
        )
    WorkSession.objects.filter(pk=session.pk, last_beat_at__lt=now).update(last_beat_at=now)
    return session


def _session_of(person: Person, slot: Slot, now: datetime) -> WorkSession:
    assert slot.lease_token is not None
    session, _ = WorkSession.objects.get_or_create(
        slot=slot,
        lease_token=slot.lease_token,
        defaults={
            "project_id": slot.project_id,
            "person": person,
            "stage": stage_of(slot),
            "first_beat_at": now,
            "last_beat_at": now,
        },
    )
    return session


def _go_on(interval: WorkInterval, project: Project, now: datetime, *, has_input: bool) -> WorkInterval | None:
    """Extend the open interval to ``now``, or close it and return none."""
    if now - interval.ended_at > timedelta(seconds=project.gap_limit_seconds):
        _close(interval, interval.ended_at)
        return None
    if not has_input and now - interval.last_input_at > timedelta(seconds=project.pause_limit_seconds):
        _close(interval, interval.last_input_at)
        return None
    interval.ended_at = now
    if has_input:
        interval.last_input_at = now
    interval.save(update_fields=["ended_at", "last_input_at"])
    return interval


def _close(interval: WorkInterval, ended_at: datetime) -> None:
    WorkInterval.objects.filter(pk=interval.pk).update(is_open=False, ended_at=ended_at)


def credit(person: Person, slot: Slot, *, outcome: str) -> WorkSession:
    """Close the session at submit or skip and credit its time on this day in the project's time zone."""
    now = _clock_of(person)
    session = beat(person, slot, has_input=True, at=now)
    WorkInterval.objects.filter(session=session, is_open=True).update(is_open=False)
    _end_session(session, outcome=outcome, now=now, project=slot.project)
    return session


@transaction.atomic
def share_out(person: Person, named: Slot, decided: Sequence[Slot]) -> None:
    """Cut the time that heartbeats noted on ``named`` into equal parts, one for each slot that is decided now.

    Who looks at many at once has one slot beaten for, and the time is that of all: no minute counts twice and none is
    lost. ``named`` may be among them; all are in the person's hands."""
    # The slots before the clock, as every heartbeat does.
    list(Slot.objects.filter(pk__in=[named.pk, *(slot.pk for slot in decided)]).order_by("pk").select_for_update())
    now = _clock_of(person)
    source = beat(person, named, has_input=True, at=now)
    spans = list(source.intervals.order_by("started_at").values_list("started_at", "ended_at"))
    wall = (now - source.first_beat_at) / len(decided)
    source.intervals.all().delete()
    WorkSession.objects.filter(pk=source.pk).update(first_beat_at=now)
    for slot, part in zip(decided, cut(spans, len(decided)), strict=True):
        session = _session_of(person, slot, now)
        # It began so that its wall time is its part of the whole, and the parts add up.
        begun = {"first_beat_at": now - wall} if session.first_beat_at == now or session.pk == source.pk else {}
        WorkSession.objects.filter(pk=session.pk).update(last_beat_at=now, **begun)
        WorkInterval.objects.bulk_create(
            [
                WorkInterval(
                    session=session, person=person, started_at=start, ended_at=end, last_input_at=end, is_open=False
                )
                for start, end in part
            ]
        )


def cut(spans: Sequence[tuple[datetime, datetime]], count: int) -> list[list[tuple[datetime, datetime]]]:
    """The spans, in order, as ``count`` parts of equal length; what does not divide goes to the last."""
    each = sum((end - start for start, end in spans), timedelta()) / count
    parts: list[list[tuple[datetime, datetime]]] = [[]]
    room = each
    for start, end in spans:
        at = start
        while at < end:
            if room <= timedelta() and len(parts) < count:
                parts.append([])
                room = each
            until = min(at + room, end) if len(parts) < count else end
            if until > at:
                parts[-1].append((at, until))
            room -= until - at
            at = until
    return parts + [[] for _ in range(count - len(parts))]


def abandon(session: WorkSession) -> None:
    """Time of a lease that ended without a submit: kept and shown, on the day it ended."""
    WorkInterval.objects.filter(session=session, is_open=True).update(is_open=False)
    _end_session(session, outcome=WorkSession.Outcome.ABANDONED, now=session.last_beat_at, project=session.project)


def _end_session(session: WorkSession, *, outcome: str, now: datetime, project: Project) -> None:
    spans = session.intervals.aggregate(active=Sum(F("ended_at") - F("started_at")))["active"] or timedelta()
    wall = max(now, session.last_beat_at) - session.first_beat_at
    session.active_seconds = spans.total_seconds()
    session.idle_seconds = max(0.0, (wall - spans).total_seconds())
    session.outcome = outcome
    session.last_beat_at = max(now, session.last_beat_at)
    session.credited_on = day_in(project, now)
    ended = WorkSession.objects.filter(pk=session.pk, outcome=WorkSession.Outcome.OPEN).update(
        **{name: getattr(session, name) for name in ENDED_WITH}
    )
    if ended:
        session_ended.send(sender=WorkSession, session=session)


def local(project: Project, moment: datetime) -> datetime:
    """The moment in the time zone of the project's organization."""
    return moment.astimezone(ZoneInfo(project.organization.time_zone))


def day_in(project: Project, moment: datetime) -> date:
    return local(project, moment).date()


def next_day_at(project: Project) -> datetime:
    """When the next day begins there."""
    tomorrow = day_in(project, clock()) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=ZoneInfo(project.organization.time_zone))


def median_seconds(
    person: Person, project: Project, stage: WorkSession.Stage = WorkSession.Stage.LABELING
) -> float | None:
    """The person's own median active time of a row at this stage, over the last ones; none before the third."""
    times = list(
        WorkSession.objects.filter(
            project=project,
            person=person,
            stage=stage,
            outcome=WorkSession.Outcome.SUBMITTED,
            credited_on__isnull=False,
        )
        .order_by("-credited_on", "-pk")
        .values_list("active_seconds", flat=True)[:MEDIAN_OVER]
    )
    return median(times) if len(times) >= 3 else None
