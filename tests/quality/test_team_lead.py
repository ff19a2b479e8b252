"""The page of a team's lead: the own people on a project, and nobody else."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import pauses, project_access, queue
from labeling.models import Pause
from tests.line import Line
from tests.workforce.admin.conftest import plain_static_files
from workforce import organizations, teams
from workforce.models import Person
from workforce.roles import Role

__all__ = ["plain_static_files"]
pytestmark = pytest.mark.django_db
PAUSED = {"reason": "Loose boxes.", "told": "Talk to Tom.", "ends_on": "2099-01-31"}


@pytest.fixture
def tom(line: Line) -> Client:
    client = Client()
    client.force_login(line.cast.tom)
    return client


def test_home_leads_to_the_own_people_with_what_they_hold(line: Line, tom: Client) -> None:
    queue.lease_next_rows(line.cast.lena, line.project)
    queue.lease_next_rows(line.cast.leo, line.project)
    assert "/my-team/" in tom.get("/").content.decode()
    page = tom.get("/my-team/")
    told = page.content.decode()
    assert [(one.person.name, one.in_hand > 0) for one in page.context["people"]] == [
        ("Lena Lund", True),
        ("Tom Tanaka", False),
    ]
    assert "Leo Lang" not in told and "Vera Vogel" not in told


def test_the_lead_pauses_own_people_only(line: Line, tom: Client) -> None:
    address, cast = f"/my-team/{line.project.uid}/", line.cast
    form = tom.get(f"/my-team/?person={cast.lena.uid}").content.decode()
    assert "Pause Lena Lund" in form
    said = tom.post(f"{address}pause/", {**PAUSED, "person": str(cast.lena.uid)}, follow=True).content.decode()
    assert "Lena Lund gets no new row here now." in said and "Paused until 31 Jan" in said
    assert tom.post(f"{address}pause/", {**PAUSED, "person": str(cast.leo.uid)}).status_code == 404
    of_leo = pauses.pause_person(cast.pia, line.project, cast.leo, reason="x", told="x")
    assert tom.post(f"{address}resume/", {"pause": str(of_leo.uid)}).status_code == 403
    of_lena = Pause.objects.get(person=cast.lena)
    tom.post(f"{address}resume/", {"pause": str(of_lena.uid)})
    assert list(Pause.objects.filter(resumed_at=None)) == [of_leo]
    assert "Say a reason" in tom.post(f"{address}pause/", {"person": str(cast.lena.uid)}, follow=True).content.decode()


def test_who_leads_no_team_or_has_not_the_role_has_no_such_page(line: Line, tom: Client) -> None:
    teams.set_team_people(line.cast.ada, line.cast.team, [line.cast.tom, line.cast.lena])
    assert tom.get("/my-team/").status_code == 403 and "/my-team/" not in tom.get("/").content.decode()
    teams.set_team_people(line.cast.ada, line.cast.team, [line.cast.tom, line.cast.lena], lead=line.cast.tom)
    assert tom.get("/my-team/").status_code == 200
    project_access.grant_role(line.cast.ada, line.project, line.cast.tom, role=Role.LABELER)
    assert tom.get(f"/my-team/?project={line.project.uid}").status_code == 403


def test_any_number_of_people_costs_the_same(line: Line, tom: Client) -> None:
    counts, people = [], [line.cast.tom, line.cast.lena]
    for more in (0, 12):
        for number in range(more):
            person = Person.objects.create(email=f"p{number}@example.com", name=f"P {number:02}", password="!")
            organizations.add_member(line.cast.ada, line.cast.home, person, role="member")
            people.append(person)
        teams.set_team_people(line.cast.ada, line.cast.team, people, lead=line.cast.tom)
        with CaptureQueriesContext(connection) as asked:
            assert len(tom.get("/my-team/").context["people"]) == len(people)
        counts.append(len(asked))
    assert counts[0] == counts[1]
