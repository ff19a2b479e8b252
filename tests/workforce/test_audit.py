"""The audit log: append-only in the database itself, sealed, and every kind of tampering found."""

import psycopg
import pytest
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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE workforce_auditevent SET action = 'other' WHERE id = {event}", "do not agree"),
        ("UPDATE workforce_auditevent SET actor_id = NULL WHERE id = {event}", "do not agree"),
        ("DELETE FROM workforce_auditseal WHERE event_id = {event}", "missing"),
        ("UPDATE workforce_auditseal SET hash = repeat('a', 64) WHERE event_id = {event}", "do not agree"),
        (
            "INSERT INTO workforce_auditevent"
            " (uid, organization_id, at, action, actor_role, target_kind, before, after)"
            " SELECT gen_random_uuid(), organization_id, now() - interval '1 hour', 'slipped in', '', '',"
            " '{{}}', '{{}}' FROM workforce_auditevent WHERE id = {event}",
            "not sealed",
        ),
    ],
    ids=["changed", "author removed", "removed", "hash changed", "slipped in"],
)
def test_tampering_by_the_owner_is_found(cast: Cast, tampering: str, found: str) -> None:
    events = record_three(cast)
    while audit.seal_new_events():
        continue
    owner = connections["owner"]
    parameters = {
        key: value for key, value in owner.get_connection_params().items() if key in ("dbname", "user", "host")
    }
    with psycopg.connect(**parameters, autocommit=True) as connection_of_owner:
        for table in ("workforce_auditevent", "workforce_auditseal"):
            connection_of_owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection_of_owner.execute(tampering.format(event=events[1].pk))
        for table in ("workforce_auditevent", "workforce_auditseal"):
            connection_of_owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    faults = list(audit.verify(cast.home))
    assert faults
    assert found in faults[0].what


def test_a_row_says_in_which_roles_somebody_acted(cast: Cast) -> None:
    line = make_line(cast, rows=2)
    project_access.grant_role(cast.ada, line.project, cast.max, role="labeler")
    for person in (cast.lena, cast.max):
        slot = queue.lease_next_rows(person, line.project).slots[0]
        queue.skip_slot(person, str(slot.uid), slot.lease_token or 0, reason="other")
    skips = AuditEvent.objects.filter(action="slot.skipped").order_by("pk")
    assert list(skips.values_list("actor_role", flat=True)) == ["labeler", "labeler+workforce_manager"]
    assert AuditEvent.objects.filter(action="access.granted").latest("pk").actor_role == "organization_admin"
