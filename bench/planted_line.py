"""A simulated crew at work: each person claims rows and submits labels by the product's own rules, gold among them.

Loaded by ``manage.py shell`` in the temporary home (see ``bench.place``). Only time is not waited for: the interval of
a row is moved back by the seconds that the person takes."""

import io
import json
import random
import sys
import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from PIL import Image

from bench.planted_crew import DOCUMENT, HEIGHT, WIDTH, Crew, payload_of
from bench.planted_faults import crew_of_line, named_by, person_name, row_name
from labeling import batches, datasets, labels, ontologies, project_access, projects, queue
from labeling.assets import take_picture
from labeling.data_rows import NewRow, add_rows
from labeling.models import DataRow, Label, Project, ProjectRow, Slot, WorkInterval, WorkSession
from labeling.projects import ProjectSettings
from quality import benchmarks, consensus, figures, findings
from workforce import organizations
from workforce.models import Membership, Organization, Person
from workforce.roles import Role

OPINIONS, MOST_EXTRA, THRESHOLD = 5, 4, 0.8
FOLD_EVERY = 200


def main(*, seed: int, rows: int, people: int) -> None:
    crew = crew_of_line(seed, rows, people)
    lead, labelers = _people(people)
    project = _project(crew, seed, lead, labelers)
    opinions = label_everything(crew, project, labelers)
    began = time.perf_counter()
    shown = findings.findings_of(lead, project)
    seconds = time.perf_counter() - began
    checks = Label.objects.filter(project=project, slot__is_check=True).count()
    named = [(kind, _name(shown, subject), question, answers) for kind, subject, question, answers in _named(shown)]
    told = {"named": named, "opinions": opinions - checks, "checks": checks, "seconds": seconds}
    connection.close()
    sys.stdout.write(f"\n{json.dumps(told)}\n")


def label_everything(crew: Crew, project: Project, labelers: list[Person]) -> int:
    """Until nobody gets a row any more. Returns how many labels were submitted."""
    numbers = {row_name(number): number for number in range(crew.rows)}
    rng, done, idle = random.Random(f"shifts {crew.seed}"), 0, 0
    while idle < 2:
        submitted = 0
        for at in rng.sample(range(len(labelers)), len(labelers)):
            for slot in queue.lease_next_rows(labelers[at], project).slots:
                row = numbers[slot.project_row.data_row.external_id]
                _submit(crew, labelers[at], at, slot, row)
                submitted += 1
                if (done + submitted) % FOLD_EVERY == 0:
                    figures.fold()
        done, idle = done + submitted, 0 if submitted else idle + 1
    return done


def _submit(crew: Crew, person: Person, number: int, slot: Slot, row: int) -> None:
    answer = crew.answer(number, row)
    assert slot.lease_token is not None and slot.ontology_version is not None
    queue.keep_leases(person, str(slot.uid), slot.lease_token, has_input=True)
    session = WorkSession.objects.filter(slot=slot, lease_token=slot.lease_token)
    taken = timedelta(seconds=answer.seconds)
    WorkInterval.objects.filter(session__in=session, is_open=True).update(started_at=F("started_at") - taken)
    session.update(first_beat_at=F("first_beat_at") - taken)
    labels.submit_label(
        person,
        str(slot.uid),
        token=slot.lease_token,
        payload=payload_of(answer.colour, answer.boxes, (crew.seed, number, row)),
        ontology_version=slot.ontology_version.number,
        key=str(slot.uid),
    )
    # What the worker of the queue "live" would do now.
    consensus.score_row(slot.project_row_id)


def _people(count: int) -> tuple[Person, list[Person]]:
    lead = Person.objects.filter(email="ada@example.org").first()
    if lead is None:
        lead = Person.objects.create(email="ada@example.org", name="Ada Adler", password="!")
        home = organizations.found_organization("Bench", lead)
        for number in range(count):
            person = Person.objects.create(email=f"p{number}@example.org", name=person_name(number), password="!")
            organizations.add_member(lead, home, person, role=Membership.Role.MEMBER)
    return lead, list(Person.objects.exclude(pk=lead.pk).order_by("name"))


def _project(crew: Crew, seed: int, lead: Person, labelers: list[Person]) -> Project:
    home = Organization.objects.get()
    ontology = ontologies.create_ontology(lead, home, name=f"Vehicles {seed}", document=DOCUMENT)
    dataset = datasets.create_dataset(lead, home, name=f"Street {seed}")
    picture = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), "gray").save(picture, format="PNG")
    picture.seek(0)
    asset = take_picture(picture)
    add_rows(lead, dataset, [NewRow(row_name(number), asset) for number in range(crew.rows)])
    settings = ProjectSettings(
        review_share=0,
        consensus_share=100,
        consensus_labels=OPINIONS,
        consensus_threshold=THRESHOLD,
        consensus_most_extra=MOST_EXTRA,
    )
    named = {"name": f"Vehicles {seed}", "brief": "Find every vehicle."}
    project = projects.create_project(lead, home, ontology=ontology.ontology, settings=settings, **named)
    for person in labelers:
        project_access.grant_role(lead, project, person, role=Role.LABELER)
    batches.create_batch(lead, project, DataRow.objects.filter(dataset=dataset), name="first")
    rows = {
        row.data_row.external_id: row for row in ProjectRow.objects.filter(project=project).select_related("data_row")
    }
    for number, colour in crew.golds.items():
        gold = payload_of(colour, crew.objects[number], ("gold", seed, number))
        benchmarks.make_benchmark(lead, rows[row_name(number)], payload=gold, rationale="Planted.")
    return project


def _named(shown: findings.ToldApart) -> list[tuple[str, str, str, tuple[str, ...]]]:
    contested = [("gold", str(one.project_row.uid), "", ()) for one in shown.contested]
    return [*named_by(shown.found), *contested]


def _name(shown: findings.ToldApart, subject: str) -> Any:
    if subject in shown.people:
        return shown.people[subject].name
    rows = {str(one.project_row.uid): one.project_row for one in shown.contested}
    row = shown.rows.get(subject) or rows.get(subject)
    return row.data_row.external_id if row else ""
