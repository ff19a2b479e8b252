"""The share of a class that one person makes: rows known to hold it go to others, and who is held back is told why."""

import io
import json
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test.utils import CaptureQueriesContext

from labeling import class_shares, class_tallies, imports, queue, returns
from labeling.class_tallies import made_of_classes
from labeling.imports import ImportOrder
from labeling.models import ClassTally, ClassTotal, Label, ShareLimit, Slot
from tests.cast import Cast
from tests.labeling.test_labels import submit
from tests.line import CAR, LIGHT, Line, make_line, payload
from tests.plans import plan_of
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, ClockTimestamp, Person

pytestmark = pytest.mark.django_db
BOX = (1, 1, 20, 20)
DAY, NIGHT = f"{LIGHT}:day", f"{LIGHT}:night"


@pytest.fixture
def line(cast: Cast) -> Line:
    """Six rows that want two opinions each."""
    return make_line(cast, rows=6, review_share=0, consensus_share=100, consensus_labels=2)


def limit(line: Line, percent: int | None, name: str = "lena", by: str = "pia", counts_from: int = 1) -> None:
    actor, person = getattr(line.cast, by), getattr(line.cast, name)
    class_shares.set_share_limit(actor, line.project, person, percent, counts_from=counts_from)


def claim(person: Person, line: Line) -> list[str]:
    return [name_of(slot) for slot in queue.lease_next_rows(person, line.project).slots]


def name_of(slot: Slot) -> str:
    return slot.project_row.data_row.external_id[-1]


def say(person: Person, line: Line, **rows: Any) -> None:
    """``person`` labels the rows named ``r0``, ``r1`` … with what is given for each, and gives the others back."""
    for name, body in rows.items():
        held = queue.slots_in_hand(line.project).filter(labeler=person).select_related("project_row__data_row")
        slots = {name_of(one): one for one in (*queue.lease_next_rows(person, line.project).slots, *held)}
        slot = slots[name[1:]]
        submit(person, slot, body, key=f"{slot.lease_token}")
    queue.clear_leases(line.cast.pia, line.project, of=person)


def both_have_said(line: Line) -> None:
    """Of cars two of three are Lena's; Leo said one of row 1, and nothing but the light of rows 0 and 2."""
    say(line.cast.lena, line, r0=payload(BOX, BOX))
    say(line.cast.leo, line, r0=payload(light="night"), r1=payload(BOX, light="night"), r2=payload(light="night"))


def test_a_row_that_holds_a_class_goes_to_others_when_ones_share_is_made(line: Line) -> None:
    both_have_said(line)
    assert made(line) == {CAR: (2, 3), DAY: (1, 1), NIGHT: (0, 3)}
    limit(line, 50)
    assert claim(line.cast.lena, line) == ["2", "3"], "row 1 is known to hold a car"
    assert claim(line.cast.lia, line)[0] == "1"
    queue.clear_leases(line.cast.pia, line.project, of=line.cast.lena)
    queue.clear_leases(line.cast.pia, line.project, of=line.cast.lia)
    class_tallies.fold()
    assert made(line) == {CAR: (2, 3), DAY: (1, 1), NIGHT: (0, 3)}, "folded or not, the same"
    assert not ClassTally.objects.filter(is_folded=False).exists()
    limit(line, 50, counts_from=4)
    assert claim(line.cast.lena, line)[0] == "1", "a class of three labels is not asked about yet"
    queue.clear_leases(line.cast.pia, line.project, of=line.cast.lena)
    limit(line, 75)
    assert claim(line.cast.lena, line)[0] == "1", "one more makes three of four"


def test_who_is_held_back_from_all_that_waits_is_told_why(line: Line) -> None:
    both_have_said(line)
    limit(line, 50)
    Slot.objects.filter(project=line.project, state=Slot.State.OPEN).exclude(
        project_row__data_row__external_id__endswith="1"
    ).update(state=Slot.State.REVOKED)
    empty = queue.lease_next_rows(line.cast.lena, line.project).empty
    assert empty is not None and empty.code == "class_share"
    assert "as much of “Car” as one person may here: 50 %" in empty.message
    assert "Leo" not in empty.message and "row-" not in empty.message
    assert claim(line.cast.lia, line) == ["1"]


def test_what_is_in_hand_or_reviewed_is_not_asked(line: Line) -> None:
    both_have_said(line)
    slot = next(one for one in queue.lease_next_rows(line.cast.lena, line.project).slots if name_of(one) == "1")
    limit(line, 50)
    assert "1" in claim(line.cast.lena, line)
    assert class_shares.classes_are_closed(line.cast.lena, line.project, Slot.Kind.REVIEW) == {}
    submit(line.cast.lena, slot, payload(BOX), key="kept")


def test_tallies_follow_rework_and_what_counts_no_more(line: Line) -> None:
    both_have_said(line)
    label = Label.objects.get(labeler=line.cast.lena)
    mine = Slot.objects.filter(pk=label.slot_id)
    mine.update(state=Slot.State.IN_REWORK, is_rework=True, leased_until=None, submitted_at=ClockTimestamp())
    say(line.cast.lena, line, r0=payload(BOX, light="night"))
    assert made(line) == {CAR: (1, 2), DAY: (0, 0), NIGHT: (1, 4)}
    mine.update(state=Slot.State.IN_REWORK)
    returns.withdraw_rework(line.cast.pia, str(mine.get().uid))
    assert made(line) == {CAR: (0, 1), DAY: (0, 0), NIGHT: (0, 3)}
    class_tallies.fold()
    assert ClassTotal.objects.get(person=None, name=NIGHT).value == 3


def test_opinions_of_a_file_are_known_and_the_past_is_tallied_as_the_present_is(line: Line) -> None:
    say(line.cast.lena, line, r0=payload(BOX))
    box = {"feature": "Car", "kind": "box", "value": list(BOX)}
    seen = {"feature": "Light", "kind": "radio", "value": "night"}
    upload = io.BytesIO(json.dumps({"asset": "row-00001", "labeler": "a", "features": [box, seen]}).encode())
    order = ImportOrder("labels", line.dataset, project=line.project, author_source="crowd")
    job = imports.start_import(line.cast.max, order, upload=upload, key="crowd")
    imports.run_import(str(job.uid))
    assert made(line)[CAR] == (1, 2)
    limit(line, 50)
    assert "1" not in claim(line.cast.lena, line)
    before = sorted(ClassTally.objects.values_list("label", "person", "project_row", "name", "amount"))
    ClassTally.objects.all().delete()
    known = MigrationLoader(None).disk_migrations
    migration = next(one for (_, name), one in known.items() if name.endswith("_shares_of_classes"))
    with connection.cursor() as cursor:
        cursor.execute(migration.operations[-1].sql)
    assert sorted(ClassTally.objects.values_list("label", "person", "project_row", "name", "amount")) == before


def test_a_claim_looks_up_what_is_known_of_a_row_by_an_index(line: Line) -> None:
    both_have_said(line)
    limit(line, 50)
    with CaptureQueriesContext(connection) as asked:
        claim(line.cast.lena, line)
    take = next(one["sql"] for one in asked.captured_queries if "'oldest'" in one["sql"])
    plan = plan_of(take.replace("%", "%%"))
    assert "using classes_of_row" in plan and "using slots_to_label" in plan and "Sort" not in plan, plan
    totals = next(one["sql"] for one in asked.captured_queries if "labeling_classtotal" in one["sql"])
    plan = plan_of(totals.replace("%", "%%"))
    assert "using class_tallies_to_fold" in plan and plan.count("class_total_once") >= 1, plan


def test_a_limit_is_changed_taken_away_and_noted(line: Line) -> None:
    for percent in (20, 20, 30, None, None):
        limit(line, percent)
    assert not ShareLimit.objects.exists()
    changes = AuditEvent.objects.filter(action="share_limit.set").order_by("pk").values_list("before", "after")
    assert [(before["percent"], after["percent"]) for before, after in changes] == [(None, 20), (20, 30), (30, None)]


def test_who_may_set_it(line: Line) -> None:
    for name in ("lena", "tom", "rita", "wim", "vito"):
        with pytest.raises((NotAllowed, NotFound)):
            limit(line, 20, by=name)
    with pytest.raises(NotFound):
        limit(line, 20, by="otto")
    with pytest.raises(RuleViolation):
        limit(line, 20, "nora")
    for percent, counts_from in ((0, 1), (100, 1), (20, 0), (20, 10**9)):
        with pytest.raises(InvalidInput):
            limit(line, percent, counts_from=counts_from)
    assert not ShareLimit.objects.exists()


def made(line: Line) -> dict[str, tuple[int, int]]:
    return {name: (own, every) for name, own, every in made_of_classes(line.cast.lena, line.project)}
