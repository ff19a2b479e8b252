"""Kept drafts have a door: what is in each, what became of the row, and whether the work can go on."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling import drafts, kept_drafts, project_access, queue, skips
from labeling.kept_drafts import KeptDraft
from labeling.models import Draft, Project, Slot
from tests.cast import Cast
from tests.labeling.test_labels import submit
from tests.labeling.test_queue import expire, lease
from tests.line import CAR, PLATE, Line, make_line, payload
from workforce.models import Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db


def type_on(person: Person, slot: Slot, body: Any = None) -> None:
    queue.keep_leases(person, str(slot.uid), slot.lease_token or 0, has_input=True)
    drafts.save_draft(person, str(slot.uid), base_revision=0, payload=body or payload((1, 1, 9, 9)), tab="a")


def only(person: Person) -> KeptDraft:
    (found,) = kept_drafts.kept_drafts(person)
    return found


def test_a_row_in_hand_and_one_that_is_free_are_opened(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    type_on(line.cast.lena, slot)
    assert (only(line.cast.lena).became, only(line.cast.lena).wanted) == ("You have it open.", str(slot.uid))
    expire(slot)
    assert (only(line.cast.lena).became, only(line.cast.lena).wanted) == ("It is free.", str(slot.uid))
    claim = queue.lease_next_rows(line.cast.lena, line.project, wanted=only(line.cast.lena).wanted)
    assert claim.slots[0].project_row_id == slot.project_row_id


def test_a_row_that_others_have_or_had_can_be_looked_at(line: Line) -> None:
    slot = lease(line.cast.lena, line)
    type_on(line.cast.lena, slot)
    skips.give_back(line.cast.lena, str(slot.uid), slot.lease_token or 0)
    taken = lease(line.cast.leo, line)
    assert taken.pk == slot.pk
    assert (only(line.cast.lena).became, only(line.cast.lena).wanted) == ("Someone else has it now.", None)
    submit(line.cast.leo, taken)
    assert (only(line.cast.lena).became, only(line.cast.lena).wanted) == ("The row has its labels without it.", None)


def test_a_skipped_row_and_a_submitted_one_are_not_opened(line: Line) -> None:
    first, second = queue.lease_next_rows(line.cast.lena, line.project).slots
    for slot in (first, second):
        type_on(line.cast.lena, slot)
    skips.skip_row(line.cast.lena, str(first.uid), first.lease_token or 0, reason="other")
    Draft.objects.filter(project_row=second.project_row).update(is_copy=True)
    submit(line.cast.lena, second)
    found = {one.draft.project_row_id: (one.became, one.wanted) for one in kept_drafts.kept_drafts(line.cast.lena)}
    assert found == {
        first.project_row_id: ("You skipped this row.", None),
        second.project_row_id: ("You submitted this row.", None),
    }


def test_a_paused_project_gives_no_row(line: Line) -> None:
    type_on(line.cast.lena, lease(line.cast.lena, line))
    Project.objects.update(state=Project.State.PAUSED)
    assert (only(line.cast.lena).became, only(line.cast.lena).wanted) == ("The project gives you no rows now.", None)


def test_who_lost_the_project_learns_nothing_of_it(line: Line) -> None:
    type_on(line.cast.lena, lease(line.cast.lena, line))
    assert kept_drafts.kept_drafts(line.cast.leo) == []
    project_access.grant_role(line.cast.pia, line.project, line.cast.lena, role=Role.NO_ACCESS)
    assert kept_drafts.kept_drafts(line.cast.lena) == []
    assert Draft.objects.count() == 1


def test_what_was_typed_is_said_in_words(line: Line) -> None:
    body = payload((1, 1, 9, 9), (2, 2, 8, 8), light="night")
    answer = {"feature": PLATE, "kind": "radio", "id": CAR, "value": "back", "nested": []}
    body["features"][1]["nested"] = [answer]
    type_on(line.cast.lena, lease(line.cast.lena, line), body)
    assert only(line.cast.lena).lines == ["Car 1", "Car 2 – Seen from: Back", "Light: Night"]


def test_drafts_cost_the_same_for_three_and_for_thirty(cast: Cast) -> None:
    line = make_line(cast, rows=30)
    slots = list(line.slots().order_by("pk"))
    counts = []
    for part in (slots[:3], slots[3:]):
        Draft.objects.bulk_create(
            Draft(
                project_row_id=slot.project_row_id,
                person=cast.lena,
                ontology_version=line.ontology,
                payload=payload((1, 1, 9, 9)),
            )
            for slot in part
        )
        with CaptureQueriesContext(connection) as asked:
            assert all(one.lines and one.draft.project_row.data_row for one in kept_drafts.kept_drafts(cast.lena))
        counts.append(len(asked))
    assert len(kept_drafts.kept_drafts(cast.lena)) == 30
    assert counts[0] == counts[1]
