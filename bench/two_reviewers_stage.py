"""What ``bench.two_reviewers`` stands on: labels that wait for review, with leases as two people's hands had them.
Loaded by ``manage.py shell`` in the temporary home."""

import json
import random
import sys
from collections import Counter
from typing import Any

from django.db import connection

from bench.fill import add_project, fill, headers_of
from bench.work import make_payload
from labeling import labels, project_access, projects, queue
from labeling.models import Project, Slot
from quality.models import Review
from workforce import organizations
from workforce.models import AuditEvent, Event, Membership, Organization, Person
from workforce.roles import Role

HOLD = """
UPDATE labeling_slot SET state = 'leased', labeler_id = %s, lease_token = nextval('labeling_lease_token'),
    leased_until = clock_timestamp() + interval '1 hour', last_input_at = clock_timestamp(),
    ontology_version_id = (SELECT max(id) FROM labeling_ontologyversion) WHERE id = %s RETURNING lease_token
"""
REASONS = [{"code": "loose_box", "text": "Too wide.", "object": None, "pin": None}]


def prepare(count: int) -> None:
    fill(count, 1, "session")
    project = Project.objects.get(pk=add_project()["pk"])
    ada, home = Person.objects.get(email="ada@example.org"), Organization.objects.get()
    project = projects.change_project(ada, project, review_share=100)
    reviewers = []
    for number in range(2):
        person = Person.objects.create(email=f"r{number}@example.org", name=f"Reviewer {number}", password="!")
        organizations.add_member(ada, home, person, role=Membership.Role.MEMBER)
        project_access.grant_role(ada, project, person, role=Role.REVIEWER)
        reviewers.append((person, headers_of(person, home, "session")))
    _label_all(Person.objects.get(email="p0@example.org"), project)
    slots = list(Slot.objects.filter(project=project, kind=Slot.Kind.REVIEW).order_by("pk"))
    half = len(slots) // 2
    first, second = reviewers
    tabs = [_sides(slot, [(first, token := _hold(first[0], slot)), (first, token)]) for slot in slots[:half]]
    late = [_sides(slot, _late_last(slot, first, second)) for slot in slots[half:]]
    connection.close()
    sys.stdout.write(f"\n{json.dumps({'tabs': tabs, 'late': late})}\n")


def _late_last(slot: Slot, late: Any, holder: Any) -> list[tuple[Any, int]]:
    """The late one had the lease before; the holder has it now."""
    token = _hold(late[0], slot)
    return [(holder, _hold(holder[0], slot)), (late, token)]


def _label_all(person: Person, project: Project) -> None:
    rng = random.Random(1)
    while slots := queue.lease_next_rows(person, project).slots:
        for slot in slots:
            token = slot.lease_token or 0
            body = make_payload(rng)
            labels.submit_label(person, str(slot.uid), token=token, payload=body, ontology_version=1, key=str(slot.uid))


def _hold(person: Person, slot: Slot) -> int:
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [person.pk, slot.pk])
        return int(cursor.fetchone()[0])


def _sides(slot: Slot, hands: list[tuple[Any, int]]) -> dict[str, Any]:
    said = [{"decision": "approve"}, {"decision": "reject", "reasons": REASONS}]
    sides = [
        {
            "path": f"/api/v1/reviews/{slot.uid}/decide/",
            "headers": headers,
            "body": {"lease_token": token, "version": 1, **words},
        }
        for ((_, headers), token), words in zip(hands, said, strict=True)
    ]
    return {"sides": sides}


def check() -> None:
    """How many decisions, audit rows and live messages the labels have, by how many labels have so many."""
    reviewed = Review.objects.values_list("label__uid", flat=True)
    audited = AuditEvent.objects.filter(action="label.reviewed").values_list("target_uid", flat=True)
    told = Event.objects.filter(kind="label_reviewed", stream__startswith="row:").values_list(
        "payload__label", flat=True
    )
    found = {
        name: dict(Counter(Counter(map(str, uids)).values()))
        for name, uids in (("decisions", reviewed), ("audit rows", audited), ("messages of the row", told))
    }
    connection.close()
    sys.stdout.write(f"\n{json.dumps(found)}\n")
