"""The relay stands alone; what it hands over is sent once, in order, and never more than the workers can soon do."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from celery import current_app
from django.db import connection

from tests.cast import Cast
from workforce import outbox, relay
from workforce.errors import NotAllowed, NotFound
from workforce.events import enqueue
from workforce.models import AuditEvent, ClockTimestamp, Event

pytestmark = pytest.mark.django_db(transaction=True)


def ear() -> "psycopg.Connection[tuple[bool]]":
    parameters = connection.get_connection_params()
    wanted = {key: parameters[key] for key in ("dbname", "user", "host", "port") if parameters.get(key)}
    return psycopg.connect(**wanted, autocommit=True)


def test_the_second_relay_waits_and_takes_over_when_the_first_is_gone() -> None:
    first, second = ear(), ear()
    try:
        assert relay.take_the_lock(first)
        assert not relay.take_the_lock(second)
        # A database error in the first one's work closes pooled connections; its lock is not among them.
        connection.close()
        assert not relay.take_the_lock(second)
        first.close()
        # The server notices the closed connection a moment later.
        until = time.monotonic() + 5
        while not relay.take_the_lock(second):
            assert time.monotonic() < until
    finally:
        first.close()
        second.close()


# --- Jobs -----------------------------------------------------------------------------------------------------------
def in_broker(queue: str) -> list[int]:
    """The ids of the jobs that wait in the broker, taken out of it."""
    found = []
    with current_app.connection_for_read() as broker:
        waiting = broker.SimpleQueue(queue)
        with suppress(waiting.Empty):
            while True:
                message = waiting.get(block=False)
                found.append(message.payload[1]["event_id"])
                message.ack()
        waiting.close()
    return found


@pytest.fixture
def empty_broker() -> None:
    for queue in relay.HAND_AGAIN_AFTER:
        in_broker(queue)


def ask(cast: Cast, queue: str = "live", count: int = 1) -> list[int]:
    return [enqueue(cast.home.pk, "t", {"number": number}, queue=queue).pk for number in range(count)]


def grow_old(*ids: int) -> None:
    Event.objects.filter(pk__in=ids).update(handed_at=ClockTimestamp() - timedelta(hours=1))


def note(done: list[int]) -> Callable[..., None]:
    def rule(number: int) -> None:
        done.append(number)

    return rule


def test_a_job_is_sent_once_until_it_is_overdue(cast: Cast, empty_broker: None) -> None:
    (job,) = ask(cast)
    assert [relay.hand_over_jobs(), relay.hand_over_jobs()] == [1, 0]
    assert in_broker("live") == [job]
    grow_old(job)
    assert relay.hand_over_jobs() == 1
    Event.objects.filter(pk=job).update(done_at=ClockTimestamp())
    grow_old(job)
    assert relay.hand_over_jobs() == 0


def test_the_broker_holds_no_more_than_can_soon_be_done(cast: Cast, empty_broker: None) -> None:
    most = relay.MOST_IN_FLIGHT["bulk"]
    jobs = ask(cast, "bulk", most + 5)
    live = ask(cast)
    assert relay.hand_over_jobs() == most + 1
    assert (in_broker("bulk"), in_broker("live")) == (jobs[:most], live)
    assert relay.hand_over_jobs() == 0
    Event.objects.filter(pk__in=jobs[:3]).update(done_at=ClockTimestamp())
    assert relay.hand_over_jobs() == 3
    assert in_broker("bulk") == jobs[most : most + 3]


def test_a_job_is_noted_before_it_is_sent_so_that_a_fast_worker_finds_it_free(
    cast: Cast, empty_broker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = ask(cast)
    done: list[int] = []

    def work_at_once(task: str, kwargs: dict[str, Any], **_: Any) -> None:
        def work() -> None:
            try:
                outbox.run_job(kwargs["event_id"], note(done))
            finally:
                connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)

    monkeypatch.setattr(current_app, "send_task", work_at_once)
    relay.hand_over_jobs()
    assert done == [0]
    assert Event.objects.get(pk=job).done_at is not None


def test_the_relay_does_not_wait_for_a_job_that_is_under_way(cast: Cast, empty_broker: None) -> None:
    first, second = ask(cast, count=2)
    with psycopg.connect(settings_of_database()) as worker:
        worker.execute("SELECT id FROM workforce_event WHERE id = %s FOR UPDATE", [first])
        assert relay.hand_over_jobs() == 1
    assert in_broker("live") == [second]


def settings_of_database() -> str:
    values = connection.get_connection_params()
    return psycopg.conninfo.make_conninfo(
        **{key: values[key] for key in ("dbname", "user", "host", "port") if values.get(key)}
    )


def test_jobs_wait_while_the_broker_is_away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = ask(cast, count=3)

    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError("no broker")

    with monkeypatch.context() as away:
        away.setattr(current_app, "send_task", refuse)
        assert relay.hand_over_jobs() == 0
    assert not Event.objects.filter(pk__in=jobs, handed_at__isnull=False).exists()
    assert relay.hand_over_jobs() == 3


def fail(**_: Any) -> None:
    raise ValueError("the row is odd")


def test_failures_quarantine_a_job_and_hand_overs_do_not(cast: Cast, empty_broker: None) -> None:
    (job,) = ask(cast)
    for _ in range(20):
        relay.hand_over_jobs()
        grow_old(job)
    for _ in range(outbox.MOST_FAILURES):
        assert not Event.objects.get(pk=job).is_quarantined
        outbox.run_job(job, fail)
    assert Event.objects.get(pk=job).is_quarantined
    assert "the row is odd" in Event.objects.get(pk=job).error
    assert relay.hand_over_jobs() == 0


def test_a_manager_has_quarantined_jobs_tried_again(cast: Cast, empty_broker: None) -> None:
    (job,) = ask(cast)
    Event.objects.filter(pk=job).update(is_quarantined=True, failures=5, handed_at=ClockTimestamp())
    for stranger, refusal in ((cast.lena, NotAllowed), (cast.otto, NotFound)):
        with pytest.raises(refusal):
            outbox.try_again(stranger, cast.home)
    assert [outbox.try_again(cast.max, cast.home) for _ in range(2)] == [1, 0]
    assert AuditEvent.objects.filter(action="jobs.tried_again").count() == 1
    done: list[int] = []
    assert relay.hand_over_jobs() == 1
    outbox.run_job(job, note(done))
    assert done == [0]
