"""Quality rules: tried over history, switched on, act once on the same results, and say what they did."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling import pauses, queue
from labeling.models import Label, Pause, ProjectPersonGrant, ProjectRow, Slot
from quality import rule_acts, rules, skills
from quality.models import LabelScore, QualityRule, RaisedReview, RuleAct, Skill
from tests.cast import Cast
from tests.line import Line, make_line
from tests.quality.draws import is_drawn
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, ClockTimestamp, Event, Person

pytestmark = pytest.mark.django_db
PAUSE = {
    "name": "Stop the careless",
    "collector": "benchmark",
    "window": 10,
    "least": 5,
    "condition": "surely_below",
    "bar": 0.6,
    "action": "pause",
    "days": 3,
    "told": "Please read the guidelines again and talk with Pia.",
}


@pytest.fixture
def stage(cast: Cast) -> Line:
    return make_line(cast, rows=30, review_share=0)


def results(line: Line, person: Person, values: Sequence[float], column: str = "benchmark") -> None:
    """Labels of ``person`` with these scores, one a row, made now."""
    taken = Slot.objects.filter(labeler=person).values("project_row")
    rows = ProjectRow.objects.filter(project=line.project).exclude(pk__in=taken).order_by("pk")[: len(values)]
    assert len(rows) == len(values)
    slots = Slot.objects.bulk_create(
        Slot(project=line.project, project_row=row, labeler=person, state=Slot.State.DONE, order_key=row.pk)
        for row in rows
    )
    labels = Label.objects.bulk_create(
        Label(project=line.project, project_row=slot.project_row, slot=slot, labeler=person) for slot in slots
    )
    LabelScore.objects.bulk_create(
        LabelScore(label=label, project=line.project, labeler=person, **{column: value})
        for label, value in zip(labels, values, strict=True)
    )


def rule_on(line: Line, **values: Any) -> QualityRule:
    rule = rules.make_rule(line.cast.max, line.project, **{**PAUSE, **values})
    rules.try_rule(line.cast.max, rule)
    return rules.switch_on(line.cast.max, rule)


def test_the_dry_run_says_when_it_would_have_acted_on_whom_with_evidence(stage: Line) -> None:
    cast = stage.cast
    results(stage, cast.lena, [0.9] * 5 + [0.1, 0.2] * 4)
    results(stage, cast.leo, [0.9, 1.0] * 4)
    rule = rules.make_rule(cast.pia, stage.project, **PAUSE)
    found = rules.try_rule(cast.pia, rule)
    assert [one.person for one in found] == [cast.lena]
    assert found[0].evidence["high"] < 0.6 and found[0].evidence["n"] == len(found[0].evidence["results"]) == 10
    assert found[0].evidence["results"][-1]["name"].startswith("row-000")
    assert not RuleAct.objects.exists() and not Pause.objects.exists(), "nothing is done"
    assert AuditEvent.objects.get(action="quality_rule.tried").after == {"would_have_acted": 1}


def test_a_rule_is_tried_before_it_is_on_and_again_after_a_change(stage: Line) -> None:
    rule = rules.make_rule(stage.cast.pia, stage.project, **PAUSE)
    with pytest.raises(RuleViolation) as refusal:
        rules.switch_on(stage.cast.pia, rule)
    assert refusal.value.code == "not_tried"
    rules.try_rule(stage.cast.pia, rule)
    rules.switch_on(stage.cast.pia, rule)
    changed = rules.change_rule(stage.cast.pia, rule, bar=0.7)
    assert changed.on_since is None and changed.tried_at is None
    actions = list(AuditEvent.objects.filter(action__startswith="quality_rule").values_list("action", flat=True))
    assert actions == [f"quality_rule.{one}" for one in ("made", "tried", "on", "changed")]


def test_it_pauses_once_and_tells_the_person(stage: Line) -> None:
    cast = stage.cast
    results(stage, cast.lena, [0.1] * 4)
    rule_on(stage)
    assert rule_acts.act_on_results() == 0, "what was before fills the window and makes it act on nobody"
    results(stage, cast.lena, [0.2])
    assert [rule_acts.act_on_results(), rule_acts.act_on_results()] == [1, 0], "the same results act once"
    pause = pauses.pauses_of(cast.lena, [stage.project])[stage.project.pk]
    assert (pause.told, pause.paused_by) == (PAUSE["told"], cast.max) and pause.ends_at is not None
    assert "n 5, under 0.6" in pause.reason
    empty = queue.lease_next_rows(cast.lena, stage.project).empty
    assert empty is not None and empty.code == "paused" and str(PAUSE["told"]) in empty.message
    assert rule_acts.told_to(cast.lena) == [], "the pause stands on their page already"
    assert Event.objects.filter(stream=f"person:{cast.lena.uid}", kind="rule_acted").count() == 1
    told = AuditEvent.objects.get(action="quality_rule.acted")
    assert (told.actor, told.after["outcome"], told.after["n"]) == (cast.max, "done", 5)
    pauses.resume_person(cast.pia, pause)
    results(stage, cast.lena, [0.1] * 4)
    assert rule_acts.act_on_results() == 0, "after an act its window starts anew"
    results(stage, cast.lena, [0.1])
    assert rule_acts.act_on_results() == 1


def test_held_scores_and_a_rule_that_is_off_act_on_nobody(stage: Line) -> None:
    rule = rule_on(stage)
    results(stage, stage.cast.lena, [0.1] * 6)
    LabelScore.objects.update(is_held=True)
    assert rule_acts.act_on_results() == 0
    LabelScore.objects.update(is_held=False)
    QualityRule.objects.update(looked_at=ClockTimestamp() + timedelta(minutes=11))
    assert rule_acts.act_on_results() == 0, "nobody had a result since the last look"
    rules.switch_off(stage.cast.pia, rule)
    assert rule_acts.act_on_results() == 0 and rule_acts.run_rule(rule.pk) == 0


def test_it_acts_by_the_rights_of_whoever_switched_it_on(stage: Line) -> None:
    cast = stage.cast
    rule = rules.make_rule(cast.pia, stage.project, **PAUSE)
    rules.try_rule(cast.pia, rule)
    rules.switch_on(cast.pia, rule)
    ProjectPersonGrant.objects.filter(user=cast.pia).delete()
    results(stage, cast.lena, [0.1] * 5)
    assert rule_acts.act_on_results() == 1
    act = RuleAct.objects.get()
    assert act.outcome == RuleAct.Outcome.REFUSED and act.told == "" and not Pause.objects.exists()


def test_it_raises_the_review_rate_of_a_person_for_a_while(stage: Line) -> None:
    cast = stage.cast
    rule_on(stage, action="raise_review", condition="below", review_share=100)
    results(stage, cast.lena, [0.1] * 5)
    rule_acts.act_on_results()
    row = ProjectRow.objects.select_related("project").filter(project=stage.project)[0]
    assert is_drawn(row, [cast.lena.pk]) and not is_drawn(row, [cast.leo.pk])
    RaisedReview.objects.update(ends_at=ClockTimestamp() - timedelta(seconds=1))
    assert not is_drawn(row, [cast.lena.pk])


def test_it_sets_a_skill_and_tells(stage: Line) -> None:
    cast = stage.cast
    word = skills.add_skill_name(cast.max, cast.home, "Cars")
    rule_on(stage, action="set_skill", condition="surely_above", bar=0.8, skill_name=word, skill_value=80, days=None)
    results(stage, cast.lena, [0.95, 0.96, 0.97, 0.95, 0.96])
    rule_acts.act_on_results()
    skill = Skill.objects.get(person=cast.lena)
    assert (skill.value, skill.source, skill.set_by) == (80, Skill.Source.RULE, cast.max)
    assert [act.told for act in rule_acts.told_to(cast.lena)] == [PAUSE["told"]] and not rule_acts.told_to(cast.leo)
    with pytest.raises(NotAllowed):
        rules.make_rule(
            cast.pia,
            stage.project,
            **{**PAUSE, "name": "Mine", "action": "set_skill", "skill_name": word, "skill_value": 100},
        )


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"condition": "below"}, "pause_needs_certainty"),
        ({"collector": "consensus"}, "pause_needs_gold_or_review"),
        ({"least": 20}, "least_invalid"),
        ({"bar": 1.5}, "rule_invalid"),
        ({"window": 4, "least": 4}, "rule_invalid"),
        ({"told": " "}, "text_length"),
        ({"action": "set_skill", "skill_value": 5}, "skill_missing"),
        ({"collector": "mood"}, "rule_invalid"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(stage: Line, values: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        rules.make_rule(stage.cast.max, stage.project, **{**PAUSE, **values})
    assert refusal.value.code == code
    assert not QualityRule.objects.exists()


def test_two_rules_of_a_project_have_two_names(stage: Line) -> None:
    rules.make_rule(stage.cast.max, stage.project, **PAUSE)
    other = rules.make_rule(stage.cast.max, stage.project, **{**PAUSE, "name": "Another"})
    for again in (
        lambda: rules.make_rule(stage.cast.max, stage.project, **PAUSE),
        lambda: rules.change_rule(stage.cast.max, other, name=PAUSE["name"]),
    ):
        with pytest.raises(RuleViolation) as refused:
            again()
        assert refused.value.code == "name_taken"


def test_who_makes_rules_and_who_reads_them(stage: Line) -> None:
    cast, rule = stage.cast, rules.make_rule(stage.cast.pia, stage.project, **PAUSE)
    for name, refused in (("lena", NotAllowed), ("tom", NotAllowed), ("wim", NotAllowed), ("otto", NotFound)):
        who = getattr(cast, name)
        for act in (
            lambda who: rules.make_rule(who, stage.project, **{**PAUSE, "name": "Mine"}),
            lambda who: rules.try_rule(who, rule),
            lambda who: rules.switch_on(who, rule),
            lambda who: rules.switch_off(who, rule),
            lambda who: rules.change_rule(who, rule, bar=0.1),
        ):
            with pytest.raises(refused):
                act(who)
    assert list(rules.rules_of(cast.wim, stage.project)) == [rule]
    with pytest.raises(NotFound):
        rules.rules_of(cast.otto, stage.project)


def test_trying_costs_the_same_queries_with_three_results_and_with_thirty(stage: Line) -> None:
    rule = rules.make_rule(stage.cast.pia, stage.project, **PAUSE)
    counts = []
    for count in (3, 27):
        results(stage, stage.cast.lena, [0.1] * count)
        with CaptureQueriesContext(connection) as asked:
            rules.try_rule(stage.cast.pia, rule)
        counts.append(len(asked))
    assert counts[0] == counts[1]
