"""What a run stands on: an organization, its people with tokens, one picture, data rows, and projects over them.

Loaded by ``manage.py shell`` in the temporary home (see ``bench.place``), so that the settings are there before the
models. Everything is made by the product's own rules; only the passwords are left out."""

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.test import Client
from django.utils.crypto import get_random_string
from PIL import Image

from bench.work import CHOICE, CLASSES, HEIGHT, WIDTH, feature_of
from labeling import batches, datasets, ontologies, project_access, projects
from labeling.assets import take_picture
from labeling.data_rows import NewRow, add_rows
from labeling.models import DataRow, Ontology, Project
from labeling.projects import ProjectSettings
from workforce import organizations, tokens
from workforce.models import Membership, Organization, Person
from workforce.roles import Role

CHUNK = 5000
LIGHTS = ("day", "night", "dusk")
DOCUMENT = {
    "features": [
        *({"uid": feature_of(name), "name": name, "kind": "box"} for name in CLASSES),
        {
            "uid": feature_of(CHOICE),
            "name": CHOICE,
            "kind": "radio",
            "is_required": True,
            "options": [{"value": light, "label": light} for light in LIGHTS],
        },
    ]
}


def fill(rows: int, people: int, door: str, watchers: int = 1) -> dict[str, Any]:
    """The organization with ``people`` labelers, as many who watch, and ``rows`` data rows. Returns what the drivers
    must know."""
    ada = Person.objects.create(email="ada@example.org", name="Ada Adler", password="!")
    home = organizations.found_organization("Bench", ada)
    crew = []
    for number in range(people):
        person = Person.objects.create(email=f"p{number}@example.org", name=f"Person {number}", password="!")
        # Plain members have no tokens; a viewer may have one, and labels by a grant like everyone else.
        role = Membership.Role.MEMBER if door == "session" else Membership.Role.VIEWER
        organizations.add_member(ada, home, person, role=role)
        crew.append({"person": person.pk, "headers": headers_of(person, home, door)})
    ontologies.create_ontology(ada, home, name="Street", document=DOCUMENT)
    dataset = datasets.create_dataset(ada, home, name="Street")
    data = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), "gray").save(data, format="PNG")
    data.seek(0)
    asset = take_picture(data)
    for start in range(0, rows, CHUNK):
        numbers = range(start, min(rows, start + CHUNK))
        add_rows(ada, dataset, [NewRow(f"row-{number:07}", asset) for number in numbers])
    looking = [{"headers": headers_of(one, home, "session")} for one in [ada, *_managers(ada, home, watchers - 1)]]
    return {"organization": home.pk, "people": crew, "watchers": looking}


def _managers(ada: Person, home: Organization, count: int) -> Iterator[Person]:
    for number in range(count):
        person = Person.objects.create(email=f"m{number}@example.org", name=f"Manager {number}", password="!")
        organizations.add_member(ada, home, person, role=Membership.Role.WORKFORCE_MANAGER)
        yield person


def headers_of(person: Person, home: Organization, door: str) -> dict[str, str]:
    """What a request of ``person`` carries: the cookies of a signed-in page with its CSRF token, or an API token."""
    if door == "token":
        return {"Authorization": f"Token {tokens.issue_token(person, home, name='bench', scopes=['label'])[1]}"}
    browser, secret = Client(), get_random_string(CSRF_SECRET_LENGTH)
    browser.force_login(person)
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={secret}"
    return {"Cookie": cookies, "X-CSRFToken": secret}


def add_project(consensus_labels: int = 1) -> dict[str, Any]:
    """A fresh project over all data rows: that many labels on every row, no review."""
    home = Organization.objects.get()
    ada = Person.objects.get(email="ada@example.org")
    project = projects.create_project(
        ada,
        home,
        name=f"Street {Project.objects.count() + 1}",
        brief="Find everything.",
        ontology=Ontology.objects.get(),
        settings=ProjectSettings(
            review_share=0,
            consensus_share=100 if consensus_labels > 1 else 0,
            consensus_labels=max(2, consensus_labels),
        ),
    )
    for person in Person.objects.filter(email__startswith="p"):
        project_access.grant_role(ada, project, person, role=Role.LABELER)
    batches.create_batch(ada, project, DataRow.objects.all(), name="first")
    return {"pk": project.pk, "uid": str(project.uid)}


def main(*, what: str, **values: Any) -> None:
    answer = {"fill": fill, "project": add_project}[what](**values)
    connection.close()
    sys.stdout.write(f"\n{json.dumps(answer)}\n")
