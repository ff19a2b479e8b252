"""The pages of benchmarks: the tab, a label beside its gold, the gold of a row and what is done with it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import project_access
from labeling.models import Label, ProjectRow
from quality import benchmarks, consensus, contests, gold_policy
from quality.models import Benchmark, GoldVersion
from tests.line import CAR, Line, payload
from tests.quality.test_consensus import BOX, FAR, bring
from tests.quality.test_contests import TRUSTED, rows_of, say, stage

__all__ = ["stage"]
pytestmark = pytest.mark.django_db


def signed_in(line: Line, name: str) -> Client:
    client = Client()
    client.force_login(getattr(line.cast, name))
    return client


def html(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:300]
    return str(answer.content.decode())


def test_the_tab_shows_people_classes_golds_and_the_rates(stage: Line) -> None:
    pia, address = signed_in(stage, "pia"), f"/admin/projects/{stage.project.uid}/benchmarks/"
    found = html(pia, address)
    for words in ("Ann", "Dan", "15 of 20", "Light", "5 wrong answer", "row-00005", "Copied to the pixel", "Save"):
        assert words in found, words
    dan = Label.objects.filter(labeler__name="Dan")[0].labeler
    assert "5 of 5" not in html(pia, f"{address}?labeler={dan.uid}").split("By class")[1].split("Gold</h2>")[0]
    assert pia.get(f"{address}?labeler=nobody").status_code == 404
    assert "No gold fits" in html(pia, f"{address}?show=suspended")
    answer = pia.post(address, {"first_rows": 2, "base_rate": 4, "least_rate": 9, "most_rate": 30, "bar": 0.9})
    assert answer.status_code == 422 and "the least, up to the base" in answer.content.decode()
    pia.post(address, {"first_rows": 2, "base_rate": 20, "least_rate": 2, "most_rate": 30, "bar": 0.9})
    assert gold_policy.policy_of(stage.project).base_rate == 20


def test_the_tab_asks_as_often_with_thirty_people(stage: Line) -> None:
    pia, address = signed_in(stage, "pia"), f"/admin/projects/{stage.project.uid}/benchmarks/"

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            html(pia, address)
        return len(queries)

    html(pia, address)
    few, row = asked(), rows_of(stage)[0]
    say(stage, row, {f"P {n}": payload(BOX) for n in range(26)})
    assert asked() == few


def test_a_label_stands_beside_its_gold_with_its_errors_by_kind(stage: Line) -> None:
    row = rows_of(stage)[5]
    say(stage, row, {"Ann": payload(BOX, FAR, light="night")})
    label = Label.objects.get(project_row=row, labeler__name="Ann")
    found = html(signed_in(stage, "pia"), f"/admin/labels/{label.uid}/gold/")
    assert "<h3>Extra</h3>" in found and "<h3>Wrong answer</h3>" in found and "<h3>Missing</h3>" not in found
    assert found.count('class="q-shape ') == 3, "two boxes of the label and one of the gold"
    assert signed_in(stage, "otto").get(f"/admin/labels/{label.uid}/gold/").status_code == 404
    other = Label.objects.filter(kind=Label.Kind.GOLD)[0]
    assert signed_in(stage, "pia").get(f"/admin/labels/{other.uid}/gold/").status_code == 404


def test_a_contested_gold_is_decided_on_the_page_of_its_row(stage: Line) -> None:
    pia, row = signed_in(stage, "pia"), rows_of(stage)[5]
    say(stage, row, dict.fromkeys(TRUSTED, payload(FAR)))
    address = f"/admin/rows/{row.uid}/"
    assert "3 trusted people disagree with it in the same way: Ann, Ben, Cem" in html(pia, address)
    said = pia.post(f"{address}gold/decide/", {"decision": "amend", "reason": "They are right."}, follow=True)
    assert "3 of 3 scores moved" in said.content.decode()
    found = html(pia, address)
    assert "They are right." in found and "Version 2" in found


def test_tolerances_and_other_right_answers_are_set_on_the_page(stage: Line) -> None:
    pia, row = signed_in(stage, "pia"), rows_of(stage)[0]
    dan = Label.objects.get(project_row=row, labeler__name="Dan")
    pia.post(f"/admin/rows/{row.uid}/gold/accept/", {"label": dan.uid, "reason": "Right too."})
    pia.post(f"/admin/rows/{row.uid}/gold/tolerances/", {f"tol-{CAR}": "0.6", "reason": "Enough."})
    newest = GoldVersion.objects.filter(version__label__quality_benchmark__project_row=row).latest("pk")
    assert (newest.tolerances, len(newest.alternatives), newest.version.number) == ({CAR: 0.6}, 1, 3)
    refused = pia.post(f"/admin/rows/{row.uid}/gold/tolerances/", {f"tol-{CAR}": "much"}, follow=True)
    assert "A tolerance is a number" in refused.content.decode()


# --- Over HTTP --------------------------------------------------------------------------------------------------
def api(client: Client, method: str, address: str, body: Any = None) -> Any:
    return client.generic(method, f"/api/v1/{address}", _json(body), content_type="application/json")


def _json(body: Any) -> str:
    import json

    return json.dumps(body) if body is not None else ""


def test_gold_over_http_from_making_to_deciding(stage: Line) -> None:
    eva, row = signed_in(stage, "eva"), rows_of(stage)[5]
    benchmarks.remove_benchmark(stage.cast.eva, row)
    place = f"rows/{row.uid}/benchmark/"
    assert api(eva, "POST", place, {}).json()["code"] == "label_or_payload"
    made = api(eva, "POST", place, {"payload": payload(BOX), "rationale": "Seen.", "tolerances": {CAR: 0.9}})
    assert (made.status_code, made.json()["version"], made.json()["state"]) == (201, 1, "active")
    assert api(eva, "POST", place, {"payload": payload(BOX)}).json()["code"] == "benchmark_exists"
    bring(stage, row, dict.fromkeys(TRUSTED, payload(FAR)))
    consensus.score_row(row.pk)
    listed = api(eva, "GET", f"projects/{stage.project.uid}/benchmarks/?state=suspended").json()["results"]
    assert [one["row"] for one in listed] == [str(row.uid)] and len(listed[0]["contest"]["labels"]) == 3
    decided = api(eva, "POST", f"{place}decide/", {"decision": "keep", "reason": "Rule 3."}).json()
    assert (decided["decision"], decided["report"]["scored"]) == ("keep", 3)
    ann = Label.objects.get(project_row=row, labeler__name="Ann")
    assert api(eva, "POST", f"{place}accept/", {"label": str(ann.uid)}).json()["moved"] == 3
    assert api(eva, "PATCH", place, {"payload": payload(FAR)}).json()["scored"] == 2
    assert api(eva, "DELETE", place).status_code == 204
    assert benchmarks.benchmark_of(row) is None and contests.decisions_on(row)
    figures = api(eva, "GET", f"projects/{stage.project.uid}/accuracy/").json()
    assert (figures["golds"], figures["total"]["mean"]["n"], len(figures["people"])) == (5, 20, 4)
    drawn = api(eva, "POST", f"{place}draw/", {}).json()
    assert drawn["editor"].endswith(f"?wanted={drawn['slot']}")
    changed = api(
        signed_in(stage, "pia"), "PATCH", f"projects/{stage.project.uid}/benchmark-policy/", {"base_rate": 15}
    )
    assert changed.json()["base_rate"] == 15


def test_lists_hold_nothing_of_other_organizations(stage: Line) -> None:
    otto = signed_in(stage, "otto")
    for address in ("benchmarks/", "accuracy/", "benchmark-policy/"):
        assert api(otto, "GET", f"projects/{stage.project.uid}/{address}").status_code == 404
    assert Benchmark.objects.count() == 6 and ProjectRow.objects.count() == 6


# --- Experts, who are not in the admin ---------------------------------------------------------------------------
def test_an_expert_decides_and_draws_at_a_page_of_their_own(stage: Line) -> None:
    eva, row = signed_in(stage, "eva"), rows_of(stage)[5]
    assert "none is contested" in html(eva, "/")
    say(stage, row, dict.fromkeys(TRUSTED, payload(FAR)))
    assert "1 contested" in html(eva, "/")
    found = html(eva, "/my-gold/")
    assert "3 trusted people disagree with the gold of Eva Egger" in found and "row-00005" in found
    assert "row-00005" not in html(signed_in(stage, "otto"), "/my-gold/")
    assert "row-00005" not in html(signed_in(stage, "lena"), "/my-gold/")
    project_access.grant_role(stage.cast.ada, stage.project, stage.cast.vera, role="expert")
    told = html(signed_in(stage, "vera"), "/my-gold/")
    assert "the gold of the project team" in told and "Eva Egger" not in told
    early = eva.post(f"/my-gold/{row.uid}/decide/", {"decision": "keep", "reason": ""}, follow=True)
    assert "Nothing was decided" in early.content.decode()
    said = eva.post(f"/my-gold/{row.uid}/decide/", {"decision": "amend", "reason": "So it is."}, follow=True)
    assert "3 of 3 scores moved" in said.content.decode() and "No gold is contested" in said.content.decode()
    drawn = eva.post(f"/my-gold/{stage.project.uid}/draw/", {"external_id": "row-00005"})
    assert drawn.status_code == 302 and f"/projects/{stage.project.uid}/" in drawn.headers["Location"]
    wrong = eva.post(f"/my-gold/{stage.project.uid}/draw/", {"external_id": "row-9"}, follow=True)
    assert "no row with this external id" in wrong.content.decode()
