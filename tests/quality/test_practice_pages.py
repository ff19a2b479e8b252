"""Practice as managers and integrators see it: figures, the set, and answers over HTTP."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.data_rows import NewRow, add_rows
from labeling.models import DataRow
from quality import practice, practice_figures
from quality.models import PracticeAnswer, PracticeRow
from tests.line import Line, payload
from tests.quality.test_consensus import BOX, HALF, first_row, give, run_jobs
from tests.quality.test_practice import answer, make, spare_rows
from workforce.models import Person

pytestmark = pytest.mark.django_db


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def fill(line: Line, count: int) -> None:
    """So many rows, and as many people who answered each of the last three."""
    names = [f"filled-{number:03}" for number in range(count)]
    add_rows(line.cast.ada, line.dataset, [NewRow(name, width=64, height=48) for name in names])
    data_rows = DataRow.objects.filter(external_id__in=names).exclude(quality_practice_rows__project=line.project)
    about = {"project": line.project, "payload": payload(BOX), "ontology_version": line.ontology}
    made_by = line.cast.pia
    rows = PracticeRow.objects.bulk_create([PracticeRow(data_row=one, made_by=made_by, **about) for one in data_rows])
    people = [Person(email=f"p{number}@example.net", name=f"Person {number:03}") for number in range(count)]
    people = [Person.objects.get_or_create(email=one.email, defaults={"name": one.name})[0] for one in people]
    PracticeAnswer.objects.bulk_create(
        [PracticeAnswer(row=row, person=person, score=0.5, **about) for person in people for row in rows[-3:]],
        ignore_conflicts=True,
    )


def test_the_page_asks_as_much_for_thirty_as_for_three(line: Line) -> None:
    client, page = signed_in(line.cast.pia), reverse("admin:project-practice", args=[line.project.uid])
    assert "There is nothing to practise on yet" in client.get(page).content.decode()
    counts = []
    for number in (3, 30):
        fill(line, number)
        with CaptureQueriesContext(connection) as asked:
            shown = client.get(page).content.decode()
        counts.append(len(asked))
        assert f"filled-{number - 1:03}" in shown and f"Person {number - 1:03}" in shown
    assert counts[0] == counts[1]


def test_rows_and_people_carry_n_interval_and_the_most_common_error(line: Line) -> None:
    cast, row = line.cast, make(line)
    for person, body in ((cast.lena, payload(BOX)), (cast.leo, payload(light="night")), (cast.vera, payload(HALF))):
        answer(person, row, body)
    found = practice_figures.figures_of_rows([row])[row.pk]
    assert found.mean.n == 3 and found.mean.value == pytest.approx((1 + 0 + 0.75) / 3)
    assert found.mean.low is not None and found.mean.low < found.mean.value
    assert found.commonest == "missing, 1"
    people = {one.name: one.mean for one in practice_figures.figures_of_people(cast.pia, line.project)}
    assert people[cast.vera.name].value == pytest.approx(0.75) and len(people) == 3
    assert [one.name for one in practice_figures.figures_of_people(cast.vito, line.project)] == [cast.vera.name]
    practice.retire_practice_row(cast.pia, row)
    assert practice_figures.figures_of_people(cast.pia, line.project) == []


def test_a_manager_takes_the_label_of_a_finished_row_and_retires_it(line: Line) -> None:
    client, page = signed_in(line.cast.pia), reverse("admin:project-practice", args=[line.project.uid])
    name = first_row(line).data_row.external_id
    told = client.post(page, {"external_id": name}, follow=True).content.decode()
    assert "No label stands for this row" in told and not PracticeRow.objects.exists()
    give(line.cast.lena, line, payload(BOX))
    run_jobs()
    told = client.post(page, {"external_id": name, "explanation": "Wheels too."}, follow=True).content.decode()
    assert "People practise on this row from now on." in told and "Wheels too." in told
    row = PracticeRow.objects.get()
    client.post(reverse("admin:practice-retire", args=[row.uid]))
    assert practice.count_of(line.project) == 0


def test_the_known_answer_comes_by_no_door_before_the_own(line: Line) -> None:
    known: Any = payload(BOX, light="night")
    spare = spare_rows(line, 1)[0]
    pia, lena = signed_in(line.cast.pia), signed_in(line.cast.lena)
    rows = reverse("api-practice-rows", args=[line.project.uid])
    said = {"row": str(spare.uid), "payload": known, "explanation": "It is dark."}
    made = pia.post(rows, said, content_type="application/json")
    assert made.status_code == 201 and made.json()["external_id"] == spare.external_id
    both = pia.post(rows, {**said, "label": str(spare.uid)}, content_type="application/json")
    assert (both.status_code, both.json()["code"]) == (422, "label_or_row")
    told = lena.post(reverse("api-practice-next", args=[line.project.uid]), {}, content_type="application/json")
    given = told.json()["rows"][0]
    asked = [told, lena.get(reverse("practice", args=[line.project.uid])), lena.get(given["row"]["asset_url"])]
    asked += [lena.get(rows), lena.get(reverse("api-practice-results", args=[line.project.uid]))]
    assert asked[3].status_code == 403 and asked[2].status_code == 200
    for one in asked:
        body = b"".join(one.streaming_content) if one.streaming else one.content
        assert b"It is dark." not in body and known["features"][0]["id"].encode() not in body
    body = {"payload": payload(BOX), "ontology_version": given["ontology"]["version"]}
    found = lena.post(given["urls"]["answer"], body, content_type="application/json", headers={"Idempotency-Key": "a"})
    result = found.json()
    assert found.status_code == 200 and (result["is_first"], result["score"]) == (True, 0.5)
    assert result["known"]["features"][0]["value"] == list(BOX) and result["explanation"] == "It is dark."
    assert result["answers"] == ["Light: “Night”"]
    again = lena.post(given["urls"]["answer"], body, content_type="application/json", headers={"Idempotency-Key": "a"})
    assert again.json() == result
    empty = lena.post(reverse("api-practice-next", args=[line.project.uid]), {}, content_type="application/json")
    assert (empty.json()["rows"], empty.json()["empty"]["code"]) == ([], "practice_done")
