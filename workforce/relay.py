"""The relay: the one process that numbers committed events, hands jobs to Celery, nudges live groups, seals the
audit log and folds deltas. It stands alone under an advisory lock; everything it does may be done twice unharmed."""

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
from celery import current_app
from django.db import transaction
from django.db.models import Q
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from workforce import audit, live
from workforce.models import ClockTimestamp, Event, StreamHead

# One number for the whole product; any other program on the same database must not use it.
RELAY_LOCK = 7_305_441
CHUNK = 1000
# A job that was handed over but is not done by then is handed over again: the broker may have lost it.
HAND_AGAIN_AFTER = {"live": timedelta(seconds=30), "bulk": timedelta(minutes=30)}
# The broker holds no more than its workers can soon do: what waits stays here, in order, and is sent but once.
MOST_IN_FLIGHT = {"live": 200, "bulk": 20}
NOTIFY_CHANNEL = "crewline_events"

log = logging.getLogger("crewline.relay")
_folds: list[Callable[[], int]] = []


def register_fold(fold: Callable[[], int]) -> None:
    """An upper floor's fold of inserted deltas into totals; returns how many deltas it folded."""
    _folds.append(fold)


def take_the_lock(ear: "psycopg.Connection[Any]") -> bool:
    """True once the holder of ``ear`` is the relay. The lock goes with that connection, which stands outside the pool:
    a pooled one would go back into it with the lock still held."""
    row = ear.execute("SELECT pg_try_advisory_lock(%s)", [RELAY_LOCK]).fetchone()
    return bool(row and row[0])


def relay_once() -> int:
    """One round over everything that waits. Returns how many things were moved, 0 when there was nothing to do."""
    numbered = number_events()
    _nudge(numbered)
    moved = len(numbered) + hand_over_jobs() + audit.seal_new_events()
    for fold in _folds:
        moved += fold()
    return moved


def number_events() -> dict[str, int]:
    """Give the committed, unnumbered events of each stream their numbers, in order of id. Returns stream → last."""
    with transaction.atomic():
        waiting = list(Event.objects.filter(seq=None).exclude(stream="").order_by("id").only("id", "stream")[:CHUNK])
        if not waiting:
            return {}
        by_stream: dict[str, list[Event]] = defaultdict(list)
        for event in waiting:
            by_stream[event.stream].append(event)
        heads = dict(StreamHead.objects.filter(stream__in=by_stream).values_list("stream", "seq"))
        last: dict[str, int] = {}
        for stream, events in by_stream.items():
            for seq, event in enumerate(events, heads.get(stream, 0) + 1):
                event.seq = seq
                last[stream] = seq
        Event.objects.bulk_update(waiting, ["seq"])
        StreamHead.objects.bulk_create(
            [StreamHead(stream=stream, seq=seq) for stream, seq in last.items()],
            update_conflicts=True,
            unique_fields=["stream"],
            update_fields=["seq"],
        )
    return last


def hand_over_jobs() -> int:
    """Send to Celery what was never sent or was sent long ago and is not done. A broker that is away is tried later."""
    return sum(_hand_over(queue) for queue in HAND_AGAIN_AFTER)


def _hand_over(queue: str) -> int:
    waiting = Event.objects.filter(queue=queue, done_at=None, is_quarantined=False).exclude(task="")
    recent = ClockTimestamp() - HAND_AGAIN_AFTER[queue]
    most = MOST_IN_FLIGHT[queue]
    free = most - waiting.filter(handed_at__gte=recent)[:most].count()
    if free <= 0:
        return 0
    with transaction.atomic():
        # A job that a worker holds is under way. The note is committed before the job is sent: a worker that is fast
        # would find the row locked and leave it.
        due = waiting.filter(Q(handed_at=None) | Q(handed_at__lt=recent)).order_by("id")
        jobs = list(due.select_for_update(skip_locked=True)[:free])
        Event.objects.filter(pk__in=[job.pk for job in jobs]).update(handed_at=ClockTimestamp())
    for sent, job in enumerate(jobs):
        try:
            current_app.send_task(job.task, kwargs={"event_id": job.pk}, queue=queue, retry=False)
        except (OperationalError, RedisError, OSError) as error:
            log.warning("the broker is away, jobs wait: %s", error)
            Event.objects.filter(pk__in=[left.pk for left in jobs[sent:]]).update(handed_at=None)
            return sent
    return len(jobs)


def _nudge(numbered: dict[str, int]) -> None:
    for stream, seq in numbered.items():
        try:
            live.nudge(stream, seq)
        except (RedisError, OSError) as error:
            log.warning("live hints wait for the broker: %s", error)
            return
