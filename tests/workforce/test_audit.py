"""The audit log: append-only in the database itself, sealed, and every kind of tampering found."""

import io
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from labeling import project_access, queue
from tests.cast import Cast
from tests.line import make_line
from workforce import audit
from workforce.models import AuditEvent, AuditSeal

pytestmark = pytest.mark.django_db


def record_three(cast: Cast) -> list[AuditEvent]:
    return [audit.record(cast.ada, f"test.act_{n}", cast.home, after={"n": n}) for n in range(3)]


def test_the_application_may_only_insert_and_select(cast: Cast) -> None:
    event = audit.record(cast.ada, "test.act", cast.home)
    for statement in (
        "UPDATE workforce_auditevent SET action = 'other'",
        "DELETE FROM workforce_auditevent",
        "TRUNCATE workforce_auditevent CASCADE",
        "ALTER TABLE workforce_auditevent DISABLE TRIGGER USER",
        "DELETE FROM workforce_auditseal",
        "CREATE TABLE mine (id int)",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert AuditEvent.objects.get(pk=event.pk).action == "test.act"


def test_time_is_the_databases(cast: Cast) -> None:
    event = AuditEvent.objects.create(
        organization=cast.home, actor=cast.ada, action="x", target_kind="y", at="2001-01-01T00:00:00Z"
    )
    assert AuditEvent.objects.get(pk=event.pk).at.year > 2001


def test_sealing_makes_a_whole_chain(cast: Cast) -> None:
    record_three(cast)
    while audit.seal_new_events():
        continue
    assert list(audit.verify(cast.home)) == []
    numbers = AuditSeal.objects.filter(organization=cast.home).order_by("seq").values_list("seq", flat=True)
    assert list(numbers) == list(range(1, len(numbers) + 1))
    assert audit.seal_new_events() == 0


EVENT = "workforce_auditevent"
SEAL = "workforce_auditseal"
SLIPPED_IN = (
    f"INSERT INTO {EVENT} (uid, organization_id, at, action, actor_role, target_kind, before, after)"
    f" SELECT gen_random_uuid(), organization_id, now() - interval '1 hour', 'slipped in', '', '', '{{{{}}}}',"
    f" '{{{{}}}}'"
    f" FROM {EVENT} WHERE id = {{first}}"
)
NEWEST = f"(SELECT max(id) FROM {EVENT})"
NEXT_SEQ = f"(SELECT max(seq) + 1 FROM {SEAL} WHERE organization_id = {{organization}})"
TAMPERING = {
    "a value changed": ([f"UPDATE {EVENT} SET action = 'other' WHERE id = {{second}}"], "do not agree"),
    "the author removed": ([f"UPDATE {EVENT} SET actor_id = NULL WHERE id = {{second}}"], "do not agree"),
    "the time moved": ([f"UPDATE {EVENT} SET at = at - interval '1 day' WHERE id = {{second}}"], "do not agree"),
    "a row removed": (
        [f"DELETE FROM {SEAL} WHERE event_id = {{second}}", f"DELETE FROM {EVENT} WHERE id = {{second}}"],
        "is missing",
    ),
    "a row removed and the numbers closed up": (
        [
            f"DELETE FROM {SEAL} WHERE event_id = {{second}}",
            f"DELETE FROM {EVENT} WHERE id = {{second}}",
            f"UPDATE {SEAL} SET seq = seq - 1 WHERE event_id = {{third}}",
        ],
        "do not agree",
    ),
    "a seal removed": ([f"DELETE FROM {SEAL} WHERE event_id = {{second}}"], "is missing"),
    "a row slipped in": ([SLIPPED_IN], "not sealed"),
    "a row slipped in with a forged seal": (
        [
            SLIPPED_IN,
            f"INSERT INTO {SEAL} (organization_id, seq, event_id, hash)"
            f" VALUES ({{organization}}, {NEXT_SEQ}, {NEWEST}, repeat('a', 64))",
        ],
        "do not agree",
    ),
    "two rows in another order": (
        [
            f"UPDATE {SEAL} SET event_id = -1 WHERE event_id = {{first}}",
            f"UPDATE {SEAL} SET event_id = {{first}} WHERE event_id = {{second}}",
            f"UPDATE {SEAL} SET event_id = {{second}} WHERE event_id = -1",
        ],
        "do not agree",
    ),
    "a hash changed": ([f"UPDATE {SEAL} SET hash = repeat('a', 64) WHERE event_id = {{second}}"], "do not agree"),
    "the seals cut off at the end": ([f"DELETE FROM {SEAL} WHERE event_id >= {{second}}"], "cut off"),
    "the end cut off": (
        [f"DELETE FROM {SEAL} WHERE event_id >= {{second}}", f"DELETE FROM {EVENT} WHERE id >= {{second}}"],
        "cut off",
    ),
}


def as_owner(*statements: str) -> None:
    """What only the owner of the tables can do, with the triggers out of the way."""
    wanted = ("dbname", "user", "host", "port")
    parameters = {key: value for key, value in connections["owner"].get_connection_params().items() if key in wanted}
    with psycopg.connect(**parameters) as owner:
        for table in (EVENT, SEAL):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            owner.execute(statement)
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in (EVENT, SEAL):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def heads_here(settings: Any, tmp_path: Path) -> None:
    settings.CREWLINE_HOME = tmp_path


def seal_all() -> None:
    while audit.seal_new_events():
        continue


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("heads_here")
@pytest.mark.parametrize("kind", TAMPERING)
def test_tampering_by_the_owner_is_found(cast: Cast, kind: str) -> None:
    first, second, third = record_three(cast)
    seal_all()
    assert list(audit.verify(cast.home)) == []
    statements, found = TAMPERING[kind]
    names = {"first": first.pk, "second": second.pk, "third": third.pk, "organization": cast.home.pk}
    as_owner(*(statement.format(**names) for statement in statements))
    faults = list(audit.verify(cast.home))
    assert faults
    assert found in faults[0].what
    with pytest.raises(CommandError):
        call_command("verify_audit", stdout=io.StringIO())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("heads_here")
def test_a_chain_written_anew_is_not_the_one_that_was_noted(cast: Cast) -> None:
    """Whoever owns the tables and knows how a seal is made makes a chain that agrees with itself."""
    second = record_three(cast)[1]
    seal_all()
    as_owner(
        f"UPDATE {EVENT} SET action = 'other' WHERE id = {second.pk}",
        f"DELETE FROM {SEAL}",
        f"INSERT INTO workforce_auditunsealed SELECT id FROM {EVENT} ON CONFLICT DO NOTHING",
    )
    noted = audit._heads_file().read_text()
    seal_all()
    audit._heads_file().write_text(noted)
    (fault,) = audit.verify(cast.home)
    assert fault.what == "not the seal that was noted"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("heads_here")
def test_eight_writers_and_two_relays_by_mistake_make_no_fork(cast: Cast) -> None:
    """The relays seal at once, without the lock that keeps the second one waiting in the program."""
    each, done = 25, threading.Event()
    refused: list[str] = []

    def write(number: int) -> None:
        for turn in range(each):
            audit.record(cast.ada, f"test.writer_{number}", cast.home if turn % 5 else cast.away, after={"turn": turn})
        connection.close()

    def seal() -> None:
        while not done.is_set():
            try:
                audit.seal_new_events()
            except DatabaseError as error:
                refused.append(str(error))
        connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    relays = [threading.Thread(target=seal) for _ in range(2)]
    for one in (*relays, *writers):
        one.start()
    for one in writers:
        one.join()
    done.set()
    for one in relays:
        one.join()
    seal_all()
    events, seals = AuditEvent.objects.count(), AuditSeal.objects.count()
    assert AuditEvent.objects.filter(action__startswith="test.writer").count() == 8 * each
    assert events == seals
    for organization in (cast.home, cast.away):
        assert list(audit.verify(organization)) == []
        numbers = AuditSeal.objects.filter(organization=organization).order_by("seq").values_list("seq", flat=True)
        assert list(numbers) == list(range(1, len(numbers) + 1))
    # A relay that came second to the same rows was refused by the table; nothing else went wrong.
    assert all("audit_chain_has_no_fork" in text or "event_id" in text or "deadlock" in text for text in refused)


def test_a_row_says_in_which_roles_somebody_acted(cast: Cast) -> None:
    line = make_line(cast, rows=2)
    project_access.grant_role(cast.ada, line.project, cast.max, role="labeler")
    for person in (cast.lena, cast.max):
        slot = queue.lease_next_rows(person, line.project).slots[0]
        queue.skip_slot(person, str(slot.uid), slot.lease_token or 0, reason="other")
    skips = AuditEvent.objects.filter(action="slot.skipped").order_by("pk")
    assert list(skips.values_list("actor_role", flat=True)) == ["labeler", "labeler+workforce_manager"]
    assert AuditEvent.objects.filter(action="access.granted").latest("pk").actor_role == "organization_admin"
