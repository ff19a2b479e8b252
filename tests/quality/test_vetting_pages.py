"""Vetting as people see it: their own steps, home, the board of those who run the project, and the API."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import guidelines, pauses, project_access
from labeling.models import Project
from quality import funnel_settings, vetting, vetting_steps
from quality.models import Candidacy
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.vetting_stage import FORM, NOTE, State, put, scored, stands, vet
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
    project_access.revoke_role(cast.ada, stage.project, cast.lena)
    told = page_of(cast.lena, address)
    assert (
        "You have no role in" in told
        and "You are here" not in told
        and stage.project.name not in page_of(cast.lena, "/")
    )


# --- The board ----------------------------------------------------------------------------------------------------
def a_crowd(line: Line, count: int) -> None:
    """So many more people in assessment, each with a result."""
    people = [Person.objects.create(email=f"c{n}-{count}@example.org", name=f"Cand {n}") for n in range(count)]
    for person in people:
        put(line, person, State.ASSESSMENT)
        scored(line, person, [0.5])


def test_the_board_shows_who_stands_where_and_asks_the_same_for_three_and_thirty(stage: Line) -> None:
    cast, address = stage.cast, f"/admin/projects/{stage.project.uid}/vetting/"
    put(stage, cast.nora, State.APPLIED)
    counts = []
    for more in (2, 28):
        a_crowd(stage, more)
        with CaptureQueriesContext(connection) as asked:
            page = page_of(cast.pia, address)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert "Is assessed: 1 of 10 results" in page and "?state=assessment" in page and "All 30" in page
    paged = page_of(cast.pia, f"{address}?state=assessment")
    assert paged.count('name="candidacy"') == 30 and "Nora Nagy" not in paged
    for name, status in (("lena", 302), ("wim", 302), ("otto", 404)):
        assert client_of(getattr(cast, name)).get(address).status_code in (status, 403)


def test_many_are_moved_at_once_with_one_message_of_done_and_refused(stage: Line) -> None:
    cast, address = stage.cast, f"/admin/projects/{stage.project.uid}/vetting/"
    chosen = [f"{put(stage, one, State.APPLIED).uid}:applied" for one in (cast.nora, cast.vito)]
    put(stage, cast.vito, State.WITHDRAWN)
    pia = client_of(cast.pia)
    answer = pia.post(address, {"candidacy": chosen, "to": "declined", "note": "Not now."}, follow=True)
    told = answer.content.decode()
    assert "1 person moved. Refused: Vito Vance (Vito Vance moved on in between" in told
    assert stands(stage, cast.nora).state == State.DECLINED
    invited = pia.post(f"{address}invite/", {"email": "NORA@example.org"}, follow=True).content.decode()
    assert "Nora Nagy is invited" in invited
    refused = pia.post(f"{address}invite/", {"email": "otto@example.org"}, follow=True).content.decode()
    assert "Nobody in Home has this address" in refused


def test_a_history_shows_every_move_with_its_evidence_and_rows(stage: Line) -> None:
    cast = stage.cast
    vetting.apply_for(cast.nora, stage.project, **FORM)
    vetting.move_candidacy(cast.pia, stands(stage, cast.nora), State.INVITED, note=NOTE)
    vetting_steps.arrive(cast.nora, stage.project)
    put(stage, cast.nora, State.ASSESSMENT)
    scored(stage, cast.nora, [0.2, 0.4] * 5)
    vetting_steps.look_at_results()
    one = stands(stage, cast.nora)
    page = page_of(cast.pia, f"/admin/candidacies/{one.uid}/")
    for text in (FORM["experience"], NOTE, "10 rows", "/admin/rows/", "Paused", "n 10"):
        assert text in page, text
    body = {"to": "ramp", "note": "Looked at the rows.", "seen": "assessment"}
    client_of(cast.pia).post(f"/admin/candidacies/{one.uid}/move/", body)
    assert stands(stage, cast.nora).state == State.RAMP


def test_what_is_asked_is_set_in_a_form_that_says_what_is_wrong(stage: Line) -> None:
    cast, address = stage.cast, f"/admin/projects/{stage.project.uid}/vetting/settings/"
    pia, kept = client_of(cast.pia), funnel_settings.settings_of(stage.project)
    form = {**{name: getattr(kept, name) for name in funnel_settings.FIELDS}, "version": kept.version}
    form |= {"ramp_caps": "10, 40", "pause_days": ""}
    del form["is_open"], form["needs_interview"], form["asks_quiz"]
    bad = pia.post(address, {**form, "ramp_caps": "40, 10"})
    assert bad.status_code == 422 and "allows more rows than the one before" in bad.content.decode()
    assert pia.post(address, form).status_code == 302
    kept = funnel_settings.settings_of(stage.project)
    assert (kept.ramp_caps, kept.is_open, kept.pause_days) == ([10, 40], False, None)
    stale = pia.post(address, form).content.decode()
    assert "Somebody changed these settings in between" in stale
    off = pia.post(f"/admin/projects/{stage.project.uid}/vetting/switch/", {"on": "no"}, follow=True)
    assert "Nobody is vetted here now" in off.content.decode()


# --- Over HTTP ----------------------------------------------------------------------------------------------------
def ask(client: Client, method: str, address: str, body: Any = None) -> Any:
    return getattr(client, method)(f"/api/v1/{address}", body, content_type="application/json")


def test_from_the_application_to_the_ramp_over_http(stage: Line) -> None:
    cast, project = stage.cast, stage.project
    nora, pia, otto = (client_of(one) for one in (cast.nora, cast.pia, cast.otto))
    assert ask(nora, "get", f"projects/{project.uid}/vetting/").json()["act"] == "apply"
    assert ask(nora, "post", f"projects/{project.uid}/vetting/apply/", FORM).json()["state"] == "applied"
    assert ask(otto, "post", f"projects/{project.uid}/vetting/apply/", FORM).status_code == 404
    found = ask(pia, "get", f"candidacies/?project={project.uid}&state=applied").json()["results"]
    assert [one["person"]["name"] for one in found] == ["Nora Nagy"] and found[0]["figures"] is None
    move = f"candidacies/{found[0]['uid']}/move/"
    key = {"HTTP_IDEMPOTENCY_KEY": "one"}
    body = {"to": "invited", "seen": "applied"}
    for _ in range(2):
        answer = pia.post(f"/api/v1/{move}", body, content_type="application/json", **key)
        assert answer.status_code == 200 and answer.json()["state"] == "invited"
    assert ask(pia, "post", move, body).json()["code"] == "candidacy_moved_on"
    assert [one["to_state"] for one in answer.json()["events"]] == ["invited", "applied"]
    assert answer.json()["events"][1]["evidence"] == FORM
    assert ask(nora, "get", f"projects/{project.uid}/vetting/").json()["act"] == "label"
    assert ask(nora, "post", f"projects/{project.uid}/vetting/withdraw/", {}).json()["code"] == "move_not_allowed"
    assert ask(otto, "get", move.removesuffix("move/")).status_code == 404
    assert ask(pia, "get", "candidacies/?state=moon").status_code == 422
    invited = ask(pia, "post", f"projects/{project.uid}/candidacies/", {"person": str(cast.vito.uid)})
    assert invited.status_code == 201
    settings = ask(pia, "get", f"projects/{project.uid}/vetting-settings/").json()
    changed = ask(
        pia,
        "patch",
        f"projects/{project.uid}/vetting-settings/",
        {"after": settings["version"], "ramp_caps": [5], "pause_days": None},
    )
    assert changed.json()["ramp_caps"] == [5] and changed.json()["version"] == settings["version"] + 1
    off = ask(pia, "post", f"projects/{project.uid}/vetting-settings/switch/", {"is_on": False})
    assert off.json()["settings"]["on_since"] is None
    assert ask(nora, "patch", f"projects/{project.uid}/vetting-settings/", {"after": 1}).status_code == 403


def test_who_sees_whose_candidacy_and_how_much_of_it(stage: Line) -> None:
    cast = stage.cast
    for person in (cast.lena, cast.leo, cast.vera):
        put(stage, person, State.ASSESSMENT)
        scored(stage, person, [0.5, 0.7])
    vetting.move_candidacy(cast.pia, stands(stage, cast.vera), State.ASSESSMENT, note=NOTE)
    scored(stage, cast.vera, [0.5])
    everybody = ["Lena Lund", "Leo Lang", "Vera Vogel"]
    seen = {"pia": everybody, "wim": everybody, "tom": ["Lena Lund"], "lena": ["Lena Lund"], "vito": ["Vera Vogel"]}
    seen |= {"eva": [], "rita": [], "nora": [], "otto": []}
    for name, wanted in seen.items():
        client = client_of(getattr(cast, name))
        found = ask(client, "get", "candidacies/").json()["results"]
        assert sorted(one["person"]["name"] for one in found) == wanted, name
        shows_scores = name in ("pia", "wim")
        assert all((one["figures"] is not None) == shows_scores for one in found), name
        assert all(("results" in one["next_act"]) == shows_scores for one in found), name
        if found:
            one = ask(client, "get", f"candidacies/{stands(stage, cast.vera).uid}/")
            assert one.status_code == (200 if "Vera Vogel" in wanted else 403)
            if one.status_code == 200:
                assert (NOTE in one.content.decode()) == shows_scores
                assert ("Pia Peters" in one.content.decode()) == shows_scores
    counts = []
    for more in (0, 6):
        a_crowd(stage, more)
        with CaptureQueriesContext(connection) as asked:
            ask(client_of(cast.pia), "get", "candidacies/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
