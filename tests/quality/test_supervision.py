"""Supervision: both shares fall while the quality of a project holds, and rise again when it does not."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import overlap, projects
from labeling.models import Label, Project, ProjectPersonGrant, ProjectRow, Slot
from quality import supervision
from quality.models import Review, Supervision, SupervisionMove
from quality.supervision import Plan, Step
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.test_rules import results
from workforce.errors import InvalidInput, NotAllowed, NotFound
from workforce.models import AuditEvent, Event

pytestmark = pytest.mark.django_db
STEPS = (Step(100, 100), Step(40, 50), Step(10, 20))
PLAN = Plan(steps=STEPS, labels=3, bar=0.8, window=40, least=20)


@pytest.fixture
def stage(cast: Cast) -> Line:
    return make_line(cast, rows=60, review_share=30)


def reviewed(line: Line, decisions: Sequence[str]) -> None:
    """First reviews of labels of Lena, one a row."""
    count = Label.objects.filter(project=line.project).count()
    rows = ProjectRow.objects.filter(project=line.project).order_by("pk")
    for number, decision in enumerate(decisions, count):
        row = rows[number % len(rows)]
        slot = Slot.objects.create(project=line.project, project_row=row, state=Slot.State.REVOKED, order_key=row.pk)
        label = Label.objects.create(project=line.project, project_row=row, slot=slot, labeler=line.cast.lena)
        at = {"project": line.project, "project_row": row, "label": label, "order_key": row.pk, "kind": "review"}
        look = Slot.objects.create(**at, step=1, state=Slot.State.DONE)
        Review.objects.create(
            project=line.project, label=label, version=1, slot=look, reviewer=line.cast.rita, decision=decision
        )


def shares(line: Line) -> tuple[int, int]:
    line.project.refresh_from_db()
    return line.project.review_share, line.project.consensus_share


def test_the_first_rows_are_all_looked_at_by_all(stage: Line) -> None:
    assert Slot.objects.filter(project=stage.project).count() == 60
    supervision.start(stage.cast.max, stage.project, PLAN)
    assert shares(stage) == (100, 100)
    assert Slot.objects.filter(project=stage.project, state=Slot.State.OPEN).count() == 3 * 60
    assert not supervision.look_at_all(), "nothing was measured yet"
    move = SupervisionMove.objects.get()
    assert (move.kind, move.step, move.moved_by, move.n) == ("started", 0, stage.cast.max, 0)
    assert AuditEvent.objects.get(action="supervision.started").after["labels"] == 3


def test_shares_fall_while_the_lower_bound_holds_and_rise_when_it_does_not(stage: Line) -> None:
    supervision.start(stage.cast.max, stage.project, PLAN)
    reviewed(stage, ["approve"] * 19)
    assert not supervision.look_at(stage.project.pk), "one result too few"
    reviewed(stage, ["fix"])
    assert supervision.look_at(stage.project.pk) and shares(stage) == (40, 50)
    assert not supervision.look_at(stage.project.pk), "the same results move nothing again"
    reviewed(stage, ["approve"] * 20)
    assert supervision.look_at_all() == 1 and shares(stage) == (10, 20)
    reviewed(stage, ["approve"] * 20)
    assert not supervision.look_at(stage.project.pk) and shares(stage) == (10, 20), "there is no further step"
    reviewed(stage, ["approve"] * 10 + ["reject"] * 10)
    assert supervision.look_at(stage.project.pk) and shares(stage) == (40, 50)
    reviewed(stage, ["reject"] * 20)
    assert supervision.look_at(stage.project.pk) and shares(stage) == (100, 100)
    reviewed(stage, ["reject"] * 20)
    assert not supervision.look_at(stage.project.pk), "nor one before the first"
    kinds = list(SupervisionMove.objects.order_by("pk").values_list("kind", "step", "n"))
    assert kinds == [("started", 0, 0), ("fell", 1, 20), ("fell", 2, 40), ("rose", 1, 40), ("rose", 0, 40)]
    rose = SupervisionMove.objects.filter(kind="rose").first()
    assert rose is not None and (rose.value, rose.moved_by) == (0.75, None) and rose.low < 0.8 < rose.high
    facts = AuditEvent.objects.filter(action="supervision.rose").first()
    assert facts is not None and facts.after["low"] == rose.low and facts.actor == stage.cast.max
    assert Event.objects.filter(kind="supervision_moved").count() == 5


def test_gold_may_be_the_measure(stage: Line) -> None:
    supervision.start(stage.cast.max, stage.project, Plan(STEPS, measure="benchmark", bar=0.8, window=40, least=20))
    results(stage, stage.cast.lena, [0.9, 1.0] * 10)
    assert supervision.look_at(stage.project.pk) and shares(stage) == (40, 50)
    results(stage, stage.cast.leo, [0.1, 0.2] * 10)
    assert supervision.look_at(stage.project.pk) and shares(stage) == (100, 100)


def test_a_share_set_by_hand_is_not_set_back(stage: Line) -> None:
    pia, project = stage.cast.pia, stage.project
    supervision.start(stage.cast.max, project, PLAN)
    projects.change_project(pia, project, review_share=70)
    reviewed(stage, ["approve"] * 20)
    assert not supervision.look_at(project.pk) and shares(stage) == (70, 100)
    state = supervision.state_of(pia, project)
    assert state is not None and state.changed_by_hand
    supervision.start(pia, project, PLAN, at_step=1)
    assert shares(stage) == (40, 50)
    reviewed(stage, ["approve"] * 19)
    assert not supervision.look_at(project.pk), "only results since then are new"
    reviewed(stage, ["approve"])
    assert supervision.look_at(project.pk) and shares(stage) == (10, 20)
    supervision.stop(pia, project)
    supervision.stop(pia, project)
    reviewed(stage, ["reject"] * 40)
    assert not supervision.look_at_all() and shares(stage) == (10, 20)
    assert SupervisionMove.objects.filter(kind="stopped").count() == 1


def test_it_moves_by_the_rights_of_who_started_it(stage: Line) -> None:
    supervision.start(stage.cast.pia, stage.project, PLAN)
    ProjectPersonGrant.objects.filter(user=stage.cast.pia, content_object=stage.project).delete()
    reviewed(stage, ["approve"] * 20)
    assert not supervision.look_at(stage.project.pk) and shares(stage) == (100, 100)
    refused = SupervisionMove.objects.get(kind="refused")
    assert refused.said and refused.n == 20
    assert not supervision.look_at(stage.project.pk)
    assert SupervisionMove.objects.filter(kind="refused").count() == 1, "the same results are refused once"


BAD: list[tuple[dict[str, Any], str]] = [
    ({"steps": (Step(100, 100),)}, "steps_invalid"),
    ({"steps": (Step(50, 50), Step(60, 50))}, "steps_invalid"),
    ({"steps": (Step(50, 50), Step(40, 60))}, "steps_invalid"),
    ({"steps": (Step(101, 50), Step(40, 40))}, "steps_invalid"),
    ({"steps": (Step(100, 50), Step(0, 0))}, "nothing_measured"),
    ({"least": 41}, "window_invalid"),
    ({"window": 10, "least": 10}, "window_invalid"),
    ({"bar": 0.95}, "bar_out_of_reach"),
    ({"bar": 0.0}, "bar_out_of_reach"),
    ({"measure": "consensus"}, "unknown_measure"),
    ({"labels": 1}, "setting_invalid"),
]


@pytest.mark.parametrize(("wrong", "code"), BAD)
def test_a_plan_that_cannot_work_is_refused_and_changes_nothing(stage: Line, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        supervision.start(stage.cast.max, stage.project, Plan(**{**vars(PLAN), **wrong}))
    assert refusal.value.code == code
    assert shares(stage) == (30, 0) and not Supervision.objects.exists() and not SupervisionMove.objects.exists()


def test_who_may(stage: Line) -> None:
    for name in ("lena", "rita", "eva"):
        with pytest.raises(NotAllowed):
            supervision.start(getattr(stage.cast, name), stage.project, PLAN)
    with pytest.raises(NotFound):
        supervision.start(stage.cast.otto, stage.project, PLAN)
    with pytest.raises(NotFound):
        supervision.state_of(stage.cast.otto, stage.project)
    with pytest.raises(NotAllowed):
        supervision.moves_of(stage.cast.lena, stage.project)


def test_a_move_is_never_changed(stage: Line) -> None:
    supervision.start(stage.cast.max, stage.project, PLAN)
    with pytest.raises(IntegrityError):
        SupervisionMove.objects.update(step=2)


def test_a_batch_with_settings_of_its_own_keeps_them(stage: Line) -> None:
    batch = ProjectRow.objects.filter(project=stage.project).first().batch  # type: ignore[union-attr]  # it has rows
    overlap.change_overlap(stage.cast.max, stage.project, {"consensus_share": 0}, batch=batch)
    supervision.start(stage.cast.max, stage.project, PLAN)
    assert Slot.objects.filter(project=stage.project, state=Slot.State.OPEN).count() == 60


def signed_in(line: Line, name: str) -> Client:
    client = Client()
    client.force_login(getattr(line.cast, name))
    return client


def test_the_page_starts_it_shows_where_it_stands_and_stops_it(stage: Line) -> None:
    pia, address = signed_in(stage, "pia"), f"/admin/projects/{stage.project.uid}/supervision/"
    assert "Start supervision, and the first rows are all looked at" in pia.get(address).content.decode()
    form = {"labels": 3, "measure": "approval", "bar": 0.8, "window": 40, "least": 20, "at_step": 1}
    bad = pia.post(address, {**form, "steps": "100/100, half"})
    assert bad.status_code == 422 and "Step 2 is not two whole numbers" in bad.content.decode()
    refused = pia.post(address, {**form, "steps": "100/100, 0/0"})
    assert refused.status_code == 422 and "reviews at least 1 %" in refused.content.decode()
    done = pia.post(address, {**form, "steps": "100/100, 40/50, 10/20"}, follow=True).content.decode()
    assert "100 % of the rows are reviewed and 100 % shared from now on" in done
    reviewed(stage, ["approve"] * 20)
    supervision.look_at_all()
    shown = pia.get(address).content.decode()
    assert "Fell, step 2" in shown and 'value="100/100, 40/50, 10/20"' in shown
    projects.change_project(stage.cast.pia, stage.project, consensus_share=0)
    assert "Nothing moves until you start supervision again" in pia.get(address).content.decode()
    assert "Supervision is off" in pia.post(f"{address}stop/", follow=True).content.decode()


def test_the_page_asks_as_often_with_thirty_moves(stage: Line) -> None:
    supervision.start(stage.cast.max, stage.project, PLAN)
    pia, address = signed_in(stage, "pia"), f"/admin/projects/{stage.project.uid}/supervision/"

    def asked(upto: int) -> int:
        known = {"project": stage.project, "kind": "fell", "step": 1, "review_share": 1, "consensus_share": 1, "bar": 1}
        done = SupervisionMove.objects.count()
        SupervisionMove.objects.bulk_create(
            SupervisionMove(moved_by=stage.cast.max, **known) for _ in range(done, upto)
        )
        with CaptureQueriesContext(connection) as queries:
            assert pia.get(address).status_code == 200
        return len(queries)

    asked(1)
    assert asked(3) == asked(30)


def test_supervision_over_http(stage: Line) -> None:
    pia, address = signed_in(stage, "pia"), f"/api/v1/projects/{stage.project.uid}/supervision/"
    assert pia.get(address).status_code == 404
    plan = {"steps": [{"review_share": 100, "consensus_share": 100}, {"review_share": 20, "consensus_share": 10}]}
    body = json.dumps({**plan, "bar": 0.8, "window": 40, "least": 20})
    started = pia.put(address, body, content_type="application/json").json()
    assert (started["is_on"], started["step"], started["measured"]["value"]) == (True, 0, None)
    reviewed(stage, ["approve"] * 20)
    supervision.look_at_all()
    assert pia.get(address).json()["step"] == 1
    moves = pia.get(f"{address}moves/").json()["results"]
    assert [(one["kind"], one["moved_by"]) for one in moves] == [("fell", None), ("started", str(stage.cast.pia.uid))]
    late = pia.put(address, json.dumps({**plan, "at_step": 2}), content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (422, "steps_invalid")
    assert pia.delete(address).status_code == 204 and not pia.get(address).json()["is_on"]
    otto = signed_in(stage, "otto")
    assert otto.get(address).status_code == otto.get(f"{address}moves/").status_code == 404


def test_a_closed_project_is_left_alone(stage: Line) -> None:
    supervision.start(stage.cast.max, stage.project, PLAN)
    reviewed(stage, ["approve"] * 20)
    Project.objects.filter(pk=stage.project.pk).update(state=Project.State.ARCHIVED)
    assert supervision.look_at_all() == 0
