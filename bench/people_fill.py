"""An organization with many people, and how long the pages about them take.

Loaded by ``manage.py shell`` in the temporary home (see ``bench.people_pages``), so that the settings are there before
the models."""

import json
import statistics
import sys
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.fill import DOCUMENT
from labeling import ontologies, project_access, work_time
from labeling import projects as project_rules
from labeling.models import ProjectPersonGrant
from workforce import organizations, teams
from workforce.models import Membership, Person, Team
from workforce.roles import Role

PEOPLE_OF_TEAM = 100
GRANTS_OF_PROJECT = 30
DAYS_OLD = 100


def fill(people: int, projects: int) -> dict[str, str]:
    """An organization of ``people`` in teams, a tenth of them a vendor's, and ``projects`` that most have roles on."""
    ada = Person.objects.create(email="ada@example.org", name="Ada Adler", password="!")
    home = organizations.found_organization("Bench", ada)
    manager = Person.objects.create(email="max@example.org", name="Max Meyer", password="!")
    organizations.add_member(ada, home, manager, role=Membership.Role.WORKFORCE_MANAGER)
    vendor = teams.create_team(ada, home, name="Brightfield", kind=Team.Kind.VENDOR)
    crew = Person.objects.bulk_create(
        [Person(email=f"p{number}@example.org", name=f"Person {number:05}", password="!") for number in range(people)]
    )
    Membership.objects.bulk_create(
        [Membership(organization=home, person=one, vendor=None if at % 10 else vendor) for at, one in enumerate(crew)]
    )
    vendor.group.user_set.add(*crew[::10])
    own = [one for at, one in enumerate(crew) if at % 10]
    for start in range(0, len(own), PEOPLE_OF_TEAM):
        team = teams.create_team(ada, home, name=f"Team {start // PEOPLE_OF_TEAM:03}")
        team.group.user_set.add(*own[start : start + PEOPLE_OF_TEAM])
    ontology = ontologies.create_ontology(ada, home, name="Street", document=DOCUMENT).ontology
    made = [
        project_rules.create_project(ada, home, name=f"Project {number:04}", brief="Find cars.", ontology=ontology)
        for number in range(projects)
    ]
    first = made[0]
    for team in Team.objects.filter(organization=home):
        for project in made[:10]:
            project_access.grant_role(ada, project, team, role=Role.LABELER)
    # The first project names half of the people, each other one a few.
    project_access.grant_role(ada, first, own[0], role=Role.LABELER)
    permission = project_access.person_grants(first).get().permission
    wanted = [(first, one) for one in crew[: people // 2] if one != own[0]]
    for at, project in enumerate(made[1:]):
        step = at * GRANTS_OF_PROJECT % max(1, people)
        wanted += [(project, one) for one in crew[step : step + GRANTS_OF_PROJECT]]
    at = work_time.clock() - timedelta(days=DAYS_OLD)
    values: dict[str, Any] = {"permission": permission, "granted_by": ada, "granted_at": at}
    ProjectPersonGrant.objects.bulk_create(
        [ProjectPersonGrant(content_object=project, user=one, **values) for project, one in wanted]
    )
    member = Membership.objects.get(person=own[0])
    place = f"/admin/projects/{first.uid}"
    return {
        "people list": "/admin/people/",
        "one person": f"/admin/people/{member.uid}/",
        "project, people tab": f"{place}/people/",
        "project, people tab, by name": f"{place}/people/?q=00001",
        "project, teams": f"{place}/people/?list=teams",
        "one person on a project": f"{place}/people/{own[0].uid}/",
        "project overview": f"{place}/",
        "explain access, choose": "/admin/access/",
        "explain access, on a project": f"/admin/access/?person={own[0].uid}&project={first.uid}",
        "explain access, organization": f"/admin/access/?person={own[0].uid}",
        "recertification, people": "/admin/recertification/",
        "recertification, teams": "/admin/recertification/?of=teams",
    }


def measure(people: int, projects: int, rounds: int) -> None:
    """Fill, ask for each page ``rounds`` times, and write {page: [queries, p50 ms, p95 ms]} as the last line."""
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.ALLOWED_HOSTS = ["*"]
    pages = fill(people, projects)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(Person.objects.get(email="max@example.org"))
    found = {}
    for page, address in pages.items():
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
        assert answer.status_code == 200, f"{page}: {answer.status_code}"
        queries, times = len(asked), []
        for _ in range(rounds):
            start = time.perf_counter()
            client.get(address)
            times.append(1000 * (time.perf_counter() - start))
        found[page] = [queries, statistics.median(times), statistics.quantiles(times, n=20)[-1]]
    sys.stdout.write(f"\n{json.dumps(found)}\n")
