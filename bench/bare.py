"""The floor: the rows that a claim and a submit write, and nothing else, from psycopg without any rule.

Two transactions a cycle, as the product has: one that leases the next slot (the product's own claim statement), one
that writes the submit. Each row is written once; there is no reading, no checking and no building of an answer, which
is what makes it a floor. One thread and one connection a person. Input and output are JSON on the standard streams."""

import hashlib
import json
import random
import sys
import threading
import time
import uuid
from typing import Any

import psycopg

from bench.work import make_payload

# As in ``labeling.queue``: a bench that imported it would need the settings of a running place.
CLAIM = """
WITH pick AS MATERIALIZED (
    SELECT s.id FROM labeling_slot s
    WHERE s.project_id = %(project)s AND s.kind = 'label' AND s.state IN ('open', 'leased') AND NOT s.is_rework
      AND (s.state = 'open' OR s.leased_until < clock_timestamp())
      AND NOT EXISTS (
        SELECT 1 FROM labeling_slot mine
        WHERE mine.project_row_id = s.project_row_id AND mine.labeler_id = %(person)s AND mine.kind = 'label'
          AND mine.state NOT IN ('open', 'revoked') AND mine.id <> s.id
      )
    ORDER BY s.priority, s.order_key LIMIT 1 FOR UPDATE OF s SKIP LOCKED
)
UPDATE labeling_slot SET
    state = 'leased', labeler_id = %(person)s, lease_token = nextval('labeling_lease_token'),
    leased_at = clock_timestamp(), last_input_at = clock_timestamp(),
    leased_until = clock_timestamp() + make_interval(secs => 90), ontology_version_id = %(version)s, why = 'oldest'
FROM pick WHERE labeling_slot.id = pick.id
RETURNING labeling_slot.id, labeling_slot.project_row_id, labeling_slot.lease_token
"""
SLOT = """
UPDATE labeling_slot SET state = 'done', submitted_at = clock_timestamp(), leased_until = NULL
WHERE id = %(slot)s AND lease_token = %(token)s AND state = 'leased' AND leased_until > clock_timestamp()
"""
ROW = """
UPDATE labeling_projectrow
SET state = 'done', state_since = clock_timestamp(), done_at = clock_timestamp(), announced_revision = 1
WHERE id = %(row)s
"""
LABEL = """
INSERT INTO labeling_label (uid, project_id, project_row_id, kind, slot_id, labeler_id, last_version)
VALUES (%(uid)s, %(project)s, %(row)s, 'opinion', %(slot)s, %(person)s, 1) RETURNING id
"""
VERSION = """
INSERT INTO labeling_labelversion
    (label_id, number, author_id, origin, ontology_version_id, payload, payload_hash, object_count, active_seconds)
VALUES (%(label)s, 1, %(person)s, 'human', %(version)s, %(payload)s::jsonb, %(hash)s, 3, 0)
"""
SESSION = """
INSERT INTO labeling_worksession
    (project_id, slot_id, person_id, stage, lease_token, outcome, first_beat_at, last_beat_at, credited_on,
     active_seconds, idle_seconds)
VALUES (%(project)s, %(slot)s, %(person)s, 'labeling', %(token)s, 'submitted', clock_timestamp(), clock_timestamp(),
        current_date, 0, 0) RETURNING id
"""
INTERVAL = """
INSERT INTO labeling_workinterval (session_id, person_id, started_at, ended_at, last_input_at, is_open)
VALUES (%(session)s, %(person)s, clock_timestamp(), clock_timestamp(), clock_timestamp(), false)
"""
COUNTERS = """
INSERT INTO labeling_counterdelta (project_id, name, amount) VALUES
    (%(project)s, 'labels:submitted', 1), (%(project)s, 'rows:waiting', -1), (%(project)s, 'rows:in_work', 1),
    (%(project)s, 'rows:in_work', -1), (%(project)s, 'rows:done', 1)
"""
FIGURES = """
INSERT INTO quality_figuredelta (project_id, person_id, day, measure, amount) VALUES
    (%(project)s, %(person)s, current_date, 'rows', 1), (%(project)s, %(person)s, current_date, 'objects', 3),
    (%(project)s, %(person)s, current_date, 'accepted', 1)
"""
AUDIT = """
INSERT INTO workforce_auditevent
    (uid, organization_id, actor_id, actor_role, action, target_kind, target_uid, address, before, after)
VALUES (gen_random_uuid(), %(organization)s, %(person)s, 'member', 'label.submitted', 'label', %(uid)s, '127.0.0.1',
        '{}', '{"number": 1, "objects": 3}')
"""
EVENTS = """
INSERT INTO workforce_event
    (organization_id, stream, kind, payload, task, queue, failures, is_quarantined, error) VALUES
    (%(organization)s, %(of_project)s, 'row_moved', '{"row": "", "state": "in_work"}', '', '', 0, false, ''),
    (%(organization)s, %(of_row)s, 'row_moved', '{"row": "", "state": "in_work"}', '', '', 0, false, ''),
    (%(organization)s, %(of_project)s, 'row_moved', '{"row": "", "state": "done"}', '', '', 0, false, ''),
    (%(organization)s, %(of_row)s, 'row_moved', '{"row": "", "state": "done"}', '', '', 0, false, '')
"""
ANSWER = """
INSERT INTO workforce_idempotencyrecord (person_id, key, body_hash, status, answer)
VALUES (%(person)s, %(key)s, %(hash)s, 201, %(answer)s::jsonb)
"""
AFTER_LABEL = (VERSION, INTERVAL, COUNTERS, FIGURES, AUDIT, EVENTS, ANSWER)


class Person(threading.Thread):
    def __init__(self, plan: dict[str, Any], person: int, seed: int, start: threading.Event) -> None:
        super().__init__()
        self.rng, self.ready, self.seconds = random.Random(seed), start, plan["seconds"]
        self.connection = psycopg.connect(plan["url"])
        self.known = {name: plan[name] for name in ("project", "organization", "version")} | {"person": person}
        self.of_project = f"project:{plan['project_uid']}"
        self.claims: list[float] = []
        self.submits: list[float] = []
        self.cycles: list[float] = []
        self.last = 0.0

    def run(self) -> None:
        self.ready.wait()
        end = time.perf_counter() + self.seconds
        with self.connection:
            while (began := time.perf_counter()) < end:
                found = self.connection.execute(CLAIM, self.known).fetchone()
                self.connection.commit()
                claimed = time.perf_counter()
                if found is None:
                    return
                self.submit(*found)
                self.last = time.perf_counter()
                self.claims.append(claimed - began)
                self.submits.append(self.last - claimed)
                self.cycles.append(self.last - began)

    def submit(self, slot: int, row: int, token: int) -> None:
        payload = json.dumps(make_payload(self.rng))
        uid = str(uuid.uuid4())
        values = {
            **self.known,
            "slot": slot,
            "row": row,
            "token": token,
            "uid": uid,
            "key": str(uuid.uuid4()),
            "payload": payload,
            "hash": hashlib.sha256(payload.encode()).hexdigest(),
            "answer": json.dumps({"label": uid, "version": 1, "row": uid}),
            "of_project": self.of_project,
            "of_row": f"row:{uid}",
        }
        execute = self.connection.execute
        assert execute(SLOT, values).rowcount == 1
        execute(ROW, values)
        for name, statement in (("label", LABEL), ("session", SESSION)):
            made = execute(statement, values).fetchone()
            assert made is not None
            values[name] = made[0]
        for statement in AFTER_LABEL:
            execute(statement, values)
        self.connection.commit()


def drive(plan: dict[str, Any]) -> dict[str, Any]:
    start = threading.Event()
    people = [Person(plan, one, plan["seed"] * 1000 + at, start) for at, one in enumerate(plan["people"])]
    for person in people:
        person.start()
    used, first = time.process_time(), time.perf_counter()
    start.set()
    for person in people:
        person.join()
    return {
        "claims": [one for person in people for one in person.claims],
        "submits": [one for person in people for one in person.submits],
        "cycles": [one for person in people for one in person.cycles],
        "others": {},
        "twice": 0,
        "wall": max(max(person.last for person in people) - first, 1e-9),
        "client_cpu": time.process_time() - used,
    }


if __name__ == "__main__":
    json.dump(drive(json.load(sys.stdin)), sys.stdout)
