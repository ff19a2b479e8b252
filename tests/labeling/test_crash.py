"""``kill -9`` of the web process in the middle of submits: what was answered is kept once, what was not can be asked
again and gets a definite answer. A real web process, real HTTP, several people at once."""

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import sys
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config import embedded_postgres
from config.embedded_processes import Bound, end, spawn_bound
from labeling import project_access, queue
from labeling.annotations.payload import payload_hash
from labeling.models import Label, LabelVersion, Slot
from tests.cast import Cast
from tests.line import Line, make_line, payload
from workforce import organizations, tokens
from workforce.models import AuditEvent, IdempotencyRecord, Membership, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, ROWS_EACH = 4, 80
# Four kills in some fifteen seconds; on a slow machine two are enough, however long they take.
KILLS, LEAST_KILLS, SECONDS = 4, 2, 16.0
ANSWER_SECONDS, START_SECONDS = 20, 60
CHECKOUT = Path(__file__).resolve().parents[2]
LOST = (OSError, http.client.HTTPException)


@dataclass
class Sent:
    """One submit: what was sent under which key, and every answer that came back. None is an answer that was lost."""

    person: int
    path: str
    body: dict[str, Any]
    key: str
    answers: list[tuple[int, dict[str, Any]] | None] = field(default_factory=list)


@dataclass
class Site:
    """The web process and its port; it is killed and started again on the same one."""

    port: int
    log: Path
    bound: Bound | None = None
    is_up: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        address = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        command = [sys.executable, "-m", "uvicorn", "config.asgi:application", *address, "--log-level", "warning"]
        with open(self.log, "ab") as log:
            self.bound = spawn_bound(
                command, end_signal=signal.SIGKILL, environment=environment(), stdout=log, folder=CHECKOUT
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.bound.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < deadline, f"no answer\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)
        self.is_up.set()

    def answers(self) -> bool:
        with contextlib.suppress(*LOST):
            asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            asking.request("GET", "/healthz")
            return asking.getresponse().status in (200, 503)  # no workers here, so not the whole line is there
        return False

    def kill(self) -> None:
        assert self.bound is not None
        self.is_up.clear()
        self.bound.process.kill()
        self.bound.process.wait()

    def stop(self) -> None:
        if self.bound is not None:
            end(self.bound, ((signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0)))


def environment() -> dict[str, str]:
    """The variables of this run, with the address of its test database for the application's role alone."""
    found = connection.settings_dict
    url = embedded_postgres.url(Path(found["HOST"]), "app", found["NAME"])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_OWNER_URL")}
    return {**kept, "DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}


class Worker(threading.Thread):
    """A person who submits one leased row after the other; what was lost is noted and asked for again later."""

    def __init__(self, number: int, site: Site, token: str, rows: list[Slot]) -> None:
        super().__init__()
        self.number, self.site, self.token, self.rows = number, site, token, rows
        self.door = http.client.HTTPConnection("127.0.0.1", site.port, timeout=ANSWER_SECONDS)
        self.sent: list[Sent] = []
        self.is_over = False

    def run(self) -> None:
        while self.rows and not self.is_over:
            if not self.site.is_up.wait(0.1):
                continue
            slot = self.rows.pop(0)
            body = {
                "lease_token": slot.lease_token,
                "payload": payload((1, 1, 20, 20), (2, 2, 30, 30)),
                "ontology_version": 1,
            }
            sent = Sent(self.number, f"/api/v1/slots/{slot.uid}/submit/", body, str(uuid.uuid4()))
            self.sent.append(sent)
            self.ask(sent)

    def ask(self, sent: Sent) -> None:
        headers = {
            "Authorization": f"Token {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": sent.key,
        }
        try:
            self.door.request("POST", sent.path, json.dumps(sent.body), headers)
            answer = self.door.getresponse()
            sent.answers.append((answer.status, json.loads(answer.read())))
        except LOST:
            sent.answers.append(None)
            self.door.close()

    def repeat(self, sent: Sent) -> None:
        self.door.close()  # it may still lead to a process that was killed
        self.ask(sent)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def big_line(cast: Cast) -> Line:
    return make_line(cast, rows=PEOPLE * ROWS_EACH, review_share=0)


@pytest.fixture
def workers(big_line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Worker]:
    """People with a token who hold rows for long enough, so that every request of theirs is a submit.

    A plain labeler has no token; a viewer of the organization who was granted to label has one."""
    monkeypatch.setattr(queue, "SMALLEST_BATCH", ROWS_EACH)
    monkeypatch.setattr(queue, "LEASE_SECONDS", 600)
    cast, site, found = big_line.cast, Site(free_port(), tmp_path / "web.log"), []
    for number in range(PEOPLE):
        person = Person.objects.create(email=f"crash{number}@example.org", name=f"Crash {number}", password="!")
        organizations.add_member(cast.ada, cast.home, person, role=Membership.Role.VIEWER)
        project_access.grant_role(cast.ada, big_line.project, person, role=Role.LABELER)
        clear = tokens.issue_token(person, cast.home, name="crash", scopes=["label"])[1]
        rows = list(queue.lease_next_rows(person, big_line.project).slots)
        assert len(rows) == ROWS_EACH
        found.append(Worker(number, site, clear, rows))
    return found


def wait_until_quiet() -> None:
    """Until the database has noticed that the killed process is gone, so that nothing is half done any more."""
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.05)
    raise AssertionError("transactions of a killed process are still open")


def kill_again_and_again(site: Site, workers: list[Worker], rng: random.Random) -> int:
    """Kill the site at random moments at which people wait for answers, and start it again. Returns how often."""
    kills, until = 0, time.monotonic() + SECONDS

    def answers() -> int:
        return sum(sent.answers[-1:] not in ([], [None]) for worker in workers for sent in list(worker.sent))

    while kills < KILLS and (kills < LEAST_KILLS or time.monotonic() < until):
        wanted = answers() + rng.randint(2, 12)
        while answers() < wanted and any(worker.is_alive() for worker in workers):
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.1))
        site.kill()
        kills += 1
        site.start()
    return kills


def test_kill_9_in_the_middle_of_submits(big_line: Line, workers: list[Worker], record_property: Any) -> None:
    site, rng = workers[0].site, random.Random()
    try:
        site.start()
        for worker in workers:
            worker.start()
        kills = kill_again_and_again(site, workers, rng)
        site.kill()
        kills += 1
        for worker in workers:
            worker.is_over = True
        for worker in workers:
            worker.join()
        wait_until_quiet()
        kept_before = keys_kept()
        site.start()
        every = [sent for worker in workers for sent in worker.sent]
        lost = [sent for sent in every if sent.answers[0] is None]
        answered = [sent for sent in every if sent.answers[0] is not None]
        assert {sent.answers[0][0] for sent in answered if sent.answers[0]} == {201}
        for sent in lost + rng.sample(answered, min(10, len(answered))):
            workers[sent.person].repeat(sent)
    finally:
        for worker in workers:
            worker.is_over = True
        site.stop()
    wait_until_quiet()

    numbers = {
        "submits": len(every),
        "kills": kills,
        "answered 201": len(answered),
        "lost": len(lost),
        "lost but done": sum(sent.key in kept_before for sent in lost),
        "repeats": dict(Counter(str(word_of(sent.answers[-1])) for sent in lost)),
    }
    record_property("crash", numbers)
    print(f"crash: {numbers}")
    assert lost, "no kill came between a request and its answer"
    refuse_half_done(big_line)
    for sent in every:
        refuse_wrong_end(sent, was_done=sent.key in kept_before)


def keys_kept() -> set[str]:
    return set(IdempotencyRecord.objects.values_list("key", flat=True))


def word_of(answer: tuple[int, dict[str, Any]] | None) -> Any:
    return answer and (answer[0] if answer[0] < 300 else answer[1].get("code"))


def refuse_half_done(line: Line) -> None:
    """Slot, label, version, answer and audit row are there together or not at all, and once."""
    versions = LabelVersion.objects.filter(label__project=line.project)
    labels = Label.objects.filter(project=line.project)
    given = line.slots().filter(state__in=[Slot.State.SUBMITTED, Slot.State.DONE])
    assert not labels.filter(versions=None).exists(), "a label without a version"
    assert versions.count() == labels.count() == labels.values("slot").distinct().count()
    assert set(given.values_list("pk", flat=True)) == set(labels.values_list("slot", flat=True))
    assert len(keys_kept()) == IdempotencyRecord.objects.count() == labels.count()
    told = AuditEvent.objects.filter(action="label.submitted").values_list("target_uid", flat=True)
    assert sorted(told) == sorted(labels.values_list("uid", flat=True))


def refuse_wrong_end(sent: Sent, *, was_done: bool) -> None:
    """Every answer that was given is true, and every lost one has become definite."""
    first, last = sent.answers[0], sent.answers[-1]
    assert last is not None, "a repeated request got no answer"
    label = Label.objects.filter(slot__uid=sent.path.split("/")[4]).first()
    if last[0] in (200, 201):
        assert label is not None and str(label.uid) == last[1]["label"]
        version = LabelVersion.objects.get(label=label)
        assert version.payload_hash == payload_hash(sent.body["payload"])
        assert IdempotencyRecord.objects.filter(key=sent.key, status=201).count() == 1
    else:
        # The lease may have run out meanwhile: then nothing of this request is in the database.
        assert last[0] in (409, 422) and last[1]["code"], last
        assert not IdempotencyRecord.objects.filter(key=sent.key).exists()
    if len(sent.answers) > 1 and first is not None:
        assert (last[0], last[1]) == (200, first[1]), "the answer to a repeated key is the first one"
    if first is None:
        assert (last[0] == 200) == was_done, (last, was_done)
