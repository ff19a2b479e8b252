"""A long audit chain, made and checked. Loaded by ``manage.py shell`` in the temporary home (see ``bench.place``)."""

import sys
import time

from django.core.management import call_command
from django.db import connection

from workforce import audit, organizations
from workforce.models import AuditSeal, Person

FILL = """
INSERT INTO workforce_auditevent
  (uid, organization_id, at, actor_id, actor_role, action, target_kind, target_uid, address, before, after)
SELECT gen_random_uuid(), {organization}, clock_timestamp(), {actor}, 'organization_admin', 'access.granted', 'project',
  gen_random_uuid(), '192.0.2.7', '{{"role": "labeler"}}', jsonb_build_object('role', 'reviewer', 'turn', n)
FROM generate_series(1, {count}) n
"""
CHUNK = 50_000


def measure(rows: int) -> None:
    ada = Person.objects.create(email="ada@example.org", name="Ada Adler", password="!")
    home = organizations.found_organization("Bench", ada)
    for done in range(0, rows, CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(FILL.format(organization=home.pk, actor=ada.pk, count=min(CHUNK, rows - done)))
    started = time.perf_counter()
    audit.SEAL_CHUNK = CHUNK
    while audit.seal_new_events():
        continue
    sealed = time.perf_counter() - started
    started = time.perf_counter()
    call_command("verify_audit", stdout=sys.stdout)
    verified = time.perf_counter() - started
    count = AuditSeal.objects.count()
    sys.stdout.write(f"{count:,} rows: sealed in {sealed:.1f} s ({count / sealed:,.0f} a second), ")
    sys.stdout.write(f"verified in {verified:.1f} s ({count / verified:,.0f} a second)\n")
