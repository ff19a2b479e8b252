"""Practice: rows with a known answer that nobody is told too early, first answers that count, pools that never mix."""

import threading
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from labeling import batches, guidelines, returns
from labeling.data_rows import NewRow, add_rows
from labeling.models import DataRow, Label, ProjectRow, WorkSession
from quality import benchmarks, lane, overlap, practice
from quality.events import practice_answered
from quality.models import PracticeAnswer, PracticeRow
from quality.practice import Known
from tests.labeling.test_imports import codes, label_line, run_labels
from tests.line import CAR, PLATE, Line, payload
from tests.quality.test_consensus import BOX, FAR, HALF, first_row, give, run_jobs
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Person

pytestmark = pytest.mark.django_db


def spare_rows(line: Line, count: int = 2) -> list[DataRow]:
    """Data rows of the dataset that are not in the project."""
    names = [f"spare-{uuid.uuid4()}" for _ in range(count)]
    add_rows(line.cast.ada, line.dataset, [NewRow(name, width=64, height=48) for name in names])
    DataRow.objects.filter(external_id__in=names).update(asset_path=first_row(line).data_row.asset_path)
    return list(DataRow.objects.filter(external_id__in=names).order_by("pk"))


def make(line: Line, data_row: DataRow | None = None, body: Any = None, **known: Any) -> PracticeRow:
    data_row = data_row or spare_rows(line, 1)[0]
    return practice.make_practice_row(line.cast.pia, line.project, data_row, Known(body or payload(BOX), **known))


def answer(person: Person, row: PracticeRow, body: Any, version: int = 1) -> practice.Result:
    return practice.answer_practice(person, row.uid, payload=body, ontology_version=version)


def code_of(refused: Any) -> str:
    with pytest.raises((RuleViolation, InvalidInput)) as refusal:
        refused()
    return refusal.value.code


# --- The pools ----------------------------------------------------------------------------------------------------
def test_practice_gold_and_the_line_never_share_a_row(line: Line) -> None:
    pia, row = line.cast.pia, first_row(line)
    assert code_of(lambda: make(line, row.data_row)) == "row_is_live"
    label = give(line.cast.lena, line, payload(BOX))
    run_jobs()
    row.refresh_from_db()
    assert row.state == ProjectRow.State.DONE
    benchmarks.make_benchmark_from(pia, label)
    assert code_of(lambda: practice.make_practice_row_from(pia, label)) == "row_is_gold"
    benchmarks.remove_benchmark(pia, row)
    made = practice.make_practice_row_from(pia, label, explanation="Look at the wheels.")
    assert made.payload["features"][0]["value"] == list(BOX) and made.made_from == label
    assert AuditEvent.objects.get(action="practice.made").after["made_from"] == str(label.uid)
    assert code_of(lambda: practice.make_practice_row_from(pia, label)) == "practised_already"
    # The other direction: no gold, and no way back into the line.
    assert code_of(lambda: benchmarks.make_benchmark_from(pia, label)) == "row_kept_apart"
    assert code_of(lambda: overlap.ask_one_more(pia, row, reason="Look again.")) == "row_kept_apart"
    assert code_of(lambda: lane.send_to_review(pia, row, "Look again.")) == "row_kept_apart"
    assert code_of(lambda: returns.exclude_row(pia, str(row.uid), reason="Odd.")) == "row_kept_apart"
    assert ProjectRow.objects.get(pk=row.pk).state == ProjectRow.State.DONE
    practice.retire_practice_row(pia, made)
    benchmarks.make_benchmark_from(pia, label)


def test_a_spare_row_enters_the_line_only_where_nobody_has_seen_its_answer(line: Line) -> None:
    seen, unseen = (make(line, data_row) for data_row in spare_rows(line))
    spare = DataRow.objects.filter(pk__in=[seen.data_row_id, unseen.data_row_id])
    batches.create_batch(line.cast.max, line.project, spare, name="second")
    assert not ProjectRow.objects.filter(data_row__in=spare).exists()
    answer(line.cast.lena, seen, payload(BOX))
    for row in (seen, unseen):
        practice.retire_practice_row(line.cast.pia, row)
    batches.create_batch(line.cast.max, line.project, spare, name="third")
    assert ProjectRow.objects.filter(data_row__in=spare).get().data_row == unseen.data_row
    assert make(line, seen.data_row, payload(HALF)).payload != seen.payload
    assert code_of(lambda: make(line, unseen.data_row)) == "row_is_live"


def test_an_import_brings_no_opinion_to_a_row_that_is_kept_apart(line: Line) -> None:
    label = give(line.cast.lena, line, payload(BOX))
    run_jobs()
    practice.make_practice_row_from(line.cast.pia, label)
    spare = make(line).data_row
    names = [first_row(line).data_row.external_id, spare.external_id, "row-00001"]
    job = run_labels(line, *(label_line(name, "Mia") for name in names))
    assert codes(job) == dict.fromkeys(names[:2], "row_kept_apart")
    assert not ProjectRow.objects.filter(data_row=spare).exists()
    assert Label.objects.filter(project_row__data_row__external_id="row-00001").count() == 1


# --- Make ---------------------------------------------------------------------------------------------------------
def test_who_makes_known_answers_and_from_what(line: Line) -> None:
    cast, spare = line.cast, spare_rows(line, 1)[0]
    for person in (cast.lena, cast.rita, cast.wim, cast.vito):
        with pytest.raises(NotAllowed):
            practice.make_practice_row(person, line.project, spare, Known(payload(BOX)))
    with pytest.raises(NotFound):
        practice.make_practice_row(cast.otto, line.project, spare, Known(payload(BOX)))
    # An expert sees no dataset, so only what is in the project.
    with pytest.raises((NotAllowed, NotFound)):
        practice.data_row_named(cast.eva, line.project, spare.uid)
    assert practice.data_row_named(cast.eva, line.project, first_row(line).data_row.uid)
    assert practice.data_row_named(cast.pia, line.project, spare.uid) == spare
    rules = [{"title": "Tight", "text": "One pixel of air."}]
    rule = guidelines.publish_version(cast.pia, line.project, text="# Cars", rules=rules, after=0).rules[0]
    out = payload((0, 0, 900, 20))
    assert code_of(lambda: make(line, spare, out)) == "label_invalid"
    assert code_of(lambda: make(line, spare, rules=["no rule"])) == "unknown_rule"
    made = make(line, spare, rules=[rule["uid"]])
    assert practice.rules_cited(made) == [{"uid": rule["uid"], "title": "1 · Tight", "text": "One pixel of air."}]
    assert {one.uid for one in practice.practice_rows_visible_to(cast.eva, line.project)} == {made.uid}
    for person in (cast.lena, cast.vito):
        with pytest.raises(NotAllowed):
            practice.practice_rows_visible_to(person, line.project)
    practice.retire_practice_row(cast.eva, made)
    assert code_of(lambda: practice.retire_practice_row(cast.eva, made)) == "retired_already"


# --- Practise -----------------------------------------------------------------------------------------------------
def test_the_first_answer_counts_and_what_differs_is_said(line: Line) -> None:
    heard: list[PracticeAnswer] = []

    def listen(sender: Any, answer: PracticeAnswer, **_: Any) -> None:
        heard.append(answer)

    practice_answered.connect(listen)
    lena, known = line.cast.lena, payload(BOX, FAR)
    known["features"][0]["nested"] = [
        {"feature": PLATE, "kind": "radio", "id": str(uuid.uuid4()), "value": "front", "nested": []}
    ]
    row = make(line, body=known)
    own = payload(BOX, (0, 30, 10, 40), light="night")
    own["features"][0]["nested"] = [
        {"feature": PLATE, "kind": "radio", "id": str(uuid.uuid4()), "value": "back", "nested": []}
    ]
    first = answer(lena, row, own)
    assert {(one.error, one.text) for one in first.compared.differences} == {
        ("wrong_answer", "Car 1, Seen from: you said “Back”, known is “Front”."),
        ("missing", "Car is missing."),
        ("extra", "Car 2 is not in the known answer."),
        ("wrong_answer", "Light: you said “Night”, known is “Day”."),
    }
    assert first.is_first and 0 < first.first_score < 0.5
    again = answer(lena, row, row.payload)
    assert (again.is_first, again.compared.score, again.compared.differences) == (False, 1.0, [])
    assert again.first_score == first.first_score
    assert practice.results_of(lena, line.project) == [first.first_score]
    assert [(one.person, one.project, one.score) for one in heard] == [(lena, line.project, first.first_score)]
    practice_answered.disconnect(listen)
    assert not WorkSession.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        PracticeAnswer.objects.update(score=1)
    loose = answer(line.cast.leo, row, payload((0, 0, 20, 15), FAR))
    assert [one.text for one in loose.compared.differences] == [
        "Car 1 lies loose: 75 % alike. Car 1, Seen from: you said nothing, known is “Front”."
    ]
    practice.retire_practice_row(line.cast.pia, row)
    assert practice.results_of(lena, line.project) == [] and practice.count_of(line.project) == 0
    assert code_of(lambda: answer(line.cast.lia, row, payload(BOX))) == "practice_retired"


def test_what_comes_next_is_ones_own_and_never_what_one_made(line: Line) -> None:
    cast = line.cast
    rows = [make(line) for _ in range(4)]
    own = practice.make_practice_row(cast.pia, line.project, spare_rows(line, 1)[0], Known(payload(BOX)))
    PracticeRow.objects.filter(pk=own.pk).update(made_by=cast.lena)
    everything = practice.next_rows(cast.lena, line.project, count=9)
    assert {one.pk for one in everything} == {one.pk for one in rows}
    assert practice.next_rows(cast.lena, line.project, count=9) == everything
    assert code_of(lambda: answer(cast.lena, own, payload(BOX))) == "own_known_answer"
    first = everything[0]
    assert practice.next_rows(cast.lena, line.project, have=[str(first.uid)], count=9) == everything[1:]
    answer(cast.lena, first, payload(BOX))
    assert practice.next_rows(cast.lena, line.project, count=9) == everything[1:]
    assert practice.next_rows(cast.lena, line.project, again=True, count=9) == everything
    assert practice.progress_of(cast.lena, line.project) == {"rows": 4, "answered": 1}
    assert practice.count_of(line.project) == 5
    for person in (cast.rita, cast.pia, cast.vito, cast.nora):
        with pytest.raises(NotAllowed):
            practice.next_rows(person, line.project)
    line.project.state = "archived"
    assert code_of(lambda: practice.next_rows(cast.lena, line.project)) == "project_closed"
    line.project.state = "active"
    for call in (lambda: practice.next_rows(cast.otto, line.project), lambda: answer(cast.otto, first, payload(BOX))):
        with pytest.raises(NotFound):
            call()


def test_a_wrong_answer_is_named_and_nothing_is_stored(line: Line) -> None:
    row = make(line)
    bare = {"features": [{"feature": CAR, "kind": "box", "id": str(uuid.uuid4()), "value": [0, 0, 9, 9], "nested": []}]}
    assert code_of(lambda: answer(line.cast.lena, row, bare)) == "label_invalid"
    assert code_of(lambda: answer(line.cast.lena, row, payload(BOX), version=7)) == "ontology_changed"
    assert not PracticeAnswer.objects.exists()


def test_people_see_own_results_and_a_vendors_manager_own_peoples(line: Line) -> None:
    cast, row = line.cast, make(line)
    for person in (cast.lena, cast.leo, cast.vera):
        answer(person, row, payload(BOX))
    people = (cast.pia, cast.wim, cast.tom, cast.leo, cast.vera, cast.vito, cast.otto)
    seen = {one: {found.person for found in practice.answers_visible_to(one, line.project)} for one in people}
    everybody = {cast.lena, cast.leo, cast.vera}
    assert list(seen.values()) == [everybody, everybody, {cast.lena}, {cast.leo}, {cast.vera}, {cast.vera}, set()]


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_store_one(line: Line) -> None:
    row, barrier, found = make(line), threading.Barrier(2), []

    def submit(body: Any) -> None:
        barrier.wait()
        try:
            found.append(answer(line.cast.lena, row, body).is_first)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=[body]) for body in (payload(BOX), payload(HALF))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, True] and PracticeAnswer.objects.count() == 1
