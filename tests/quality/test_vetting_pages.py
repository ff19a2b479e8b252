"""Vetting as people see it: their own steps, home, the board of those who run the project, and the API."""

import pytest
from django.test import Client

from labeling import guidelines, pauses
from labeling.models import Project
from quality import vetting, vetting_steps
from quality.models import Candidacy
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.vetting_stage import FORM, State, put, scored, stands, vet
from workforce.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(cast: Cast) -> Line:
    line = make_line(cast, rows=30, review_share=0)
    vet(line, is_open=True)
    return line


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page_of(person: Person, address: str, status: int = 200) -> str:
    answer = client_of(person).get(address)
    assert answer.status_code == status, answer.content[:300]
    return str(answer.content.decode())


# --- One's own page and home --------------------------------------------------------------------------------------
def test_a_member_applies_and_reads_how_it_goes_on(stage: Line) -> None:
    cast, address = stage.cast, f"/vetting/{stage.project.uid}/"
    assert f'href="{address}"' in page_of(cast.nora, "/"), "home names what is open"
    page = page_of(cast.nora, address)
    assert "Send the application" in page and "Show it on your first rows" in page
    nora = client_of(cast.nora)
    refused = nora.post(f"{address}apply/", {**FORM, "why": " "})
    assert refused.status_code == 422 and FORM["experience"] in refused.content.decode()
    assert nora.post(f"{address}apply/", FORM).status_code == 302
    assert "You have applied" in page_of(cast.nora, "/") and "Withdraw" in page_of(cast.nora, address)
    vetting.move_candidacy(cast.pia, stands(stage, cast.nora), State.DECLINED, note="We have enough people.")
    told = page_of(cast.nora, address)
    assert "We have enough people." in told and "Pia" not in told and "Send the application" not in told
    Candidacy.objects.update(state=State.APPLIED)
    assert nora.post(f"{address}withdraw/").status_code == 302
    assert stands(stage, cast.nora).state == State.WITHDRAWN
    page_of(cast.otto, address, 404)
    Project.objects.filter(pk=stage.project.pk).update(is_vetted=False)
    page_of(cast.wim, address)
    page_of(cast.leo, address)
    assert str(stage.project.uid) not in page_of(cast.nora, "/")


def test_the_steps_name_the_next_act_and_no_score(stage: Line) -> None:
    cast, address = stage.cast, f"/vetting/{stage.project.uid}/"
    guidelines.publish_version(cast.pia, stage.project, text="# Cars", after=0)
    assert "Read the guidelines</a>" in page_of(cast.lena, address)
    guidelines.acknowledge(cast.lena, stage.project, 1)
    page = page_of(cast.lena, address)
    assert f"/projects/{stage.project.uid}/label/" in page and "You are here" in page
    put(stage, cast.lena, State.ASSESSMENT)
    scored(stage, cast.lena, [0.25, 0.35] * 5)
    vetting_steps.look_at_results()
    told = page_of(cast.lena, address)
    assert "You are paused" in told and "Label</a>" not in told
    for secret in ("gold", "0.3", "0.8", "row-0", "benchmark"):
        assert secret not in told.lower()
    assert "data-start" not in page_of(cast.lena, "/")
    pauses.resume_person(cast.pia, pauses.pauses_of(cast.lena, [stage.project])[stage.project.pk])
    Candidacy.objects.update(needs=Candidacy.Needs.NO_GOLD)
    assert "A manager has to look" in page_of(cast.lena, "/") and "data-start" not in page_of(cast.lena, "/")
