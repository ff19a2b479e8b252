"""A gold that is wrong is suspended by those who can be trusted, and decided by an expert; a gold that is known is
flagged."""

from typing import Any

import pytest

from labeling.models import Label, ProjectRow
from quality import benchmarks, consensus, contests, gold_scores
from quality.leaks import signs_of
from quality.models import Benchmark, GoldDecision, LabelScore
from tests.cast import Cast
from tests.line import Line, make_line, payload
from tests.quality.test_consensus import BOX, FAR, HALF, bring, sums
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db
TRUSTED = ("Ann", "Ben", "Cem")


@pytest.fixture
def stage(cast: Cast) -> Line:
    """Five golds that three people get right and Dan gets wrong; the sixth row's gold nobody has met."""
    line = make_line(cast, rows=6, review_share=0)
    for row in rows_of(line):
        benchmarks.make_benchmark(cast.eva, row, payload=payload(BOX))
    for row in rows_of(line)[:5]:
        say(line, row, {**dict.fromkeys(TRUSTED, payload(BOX)), "Dan": payload(FAR, light="night")})
    return line


def rows_of(line: Line) -> list[ProjectRow]:
    return list(ProjectRow.objects.select_related("project", "data_row").filter(project=line.project).order_by("pk"))


def say(line: Line, row: ProjectRow, opinions: dict[str, Any]) -> list[Label]:
    labels = bring(line, row, opinions)
    consensus.score_row(row.pk)
    return labels


def gold_on(row: ProjectRow) -> Benchmark:
    return Benchmark.objects.get(project_row=row)


def counted(row: ProjectRow) -> dict[str, Any]:
    found = LabelScore.objects.filter(label__project_row=row).select_related("labeler")
    return {score.labeler.name: score.counted_benchmark for score in found}


def test_three_trusted_people_who_say_the_same_suspend_a_gold(stage: Line) -> None:
    row = rows_of(stage)[5]
    say(stage, row, {"Ann": payload(FAR), "Ben": payload(FAR), "Dan": payload(FAR)})
    assert gold_on(row).state == Benchmark.State.ACTIVE, "Dan cannot be trusted"
    say(stage, row, {"Cem": payload(FAR)})
    found = gold_on(row)
    assert found.state == Benchmark.State.SUSPENDED
    assert {label.labeler.name for label in contests.people_against(found)} == set(TRUSTED)
    assert set(counted(row).values()) == {None}, "its results are kept apart"
    assert set(gold_scores.held_scores(row).values()) == {0.5}
    ann = Label.objects.filter(labeler__name="Ann")[0].labeler
    assert sums(ann, "benchmark") == [5, 5, 5]
    assert AuditEvent.objects.get(action="benchmark.suspended").after["trusted_for_gold"] == 0


def test_people_who_disagree_each_in_their_own_way_or_against_more_others_suspend_nothing(stage: Line) -> None:
    row = rows_of(stage)[5]
    say(stage, row, {"Ann": payload(FAR), "Ben": payload(light="night"), "Cem": payload(HALF, FAR, light="night")})
    assert gold_on(row).state == Benchmark.State.ACTIVE
    other = rows_of(stage)[4]
    gold = gold_on(other)
    assert not contests.look_at(gold, other, gold_scores.rows_scores(other))
    assert gold_on(other).state == Benchmark.State.ACTIVE


def contested(stage: Line) -> ProjectRow:
    row = rows_of(stage)[5]
    say(stage, row, {**dict.fromkeys(TRUSTED, payload(FAR)), "Dan": payload(BOX)})
    assert gold_on(row).state == Benchmark.State.SUSPENDED
    return row


def test_an_expert_amends_and_the_scores_are_made_anew(stage: Line) -> None:
    row = contested(stage)
    made = contests.decide(stage.cast.eva, row, decision="amend", reason="The car is on the right.")
    assert gold_on(row).state == Benchmark.State.ACTIVE and gold_on(row).contest == {}
    assert counted(row) == {**dict.fromkeys(TRUSTED, 1.0), "Dan": 0.5}
    assert (made.report["scored"], made.report["moved"], made.report["mean_after"]) == (4, 4, 0.875)
    assert made.report["mean_before"] == pytest.approx((0.5 * 3 + 1) / 4)
    assert [one.number for one in benchmarks.versions_of(gold_on(row))] == [2, 1]
    told = AuditEvent.objects.get(action="benchmark.decided")
    assert (told.actor, told.after["decision"], told.after["moved"]) == (stage.cast.eva, "amend", 4)
    assert contests.decisions_on(row) == [made]


def test_an_expert_keeps_and_the_same_people_do_not_contest_again(stage: Line) -> None:
    row = contested(stage)
    contests.decide(stage.cast.eva, row, decision="keep", reason="Rule 3 says so.")
    assert counted(row) == {**dict.fromkeys(TRUSTED, 0.5), "Dan": 1.0}
    consensus.score_row(row.pk)
    assert gold_on(row).state == Benchmark.State.ACTIVE


def test_an_expert_retires_and_the_scores_are_gone(stage: Line) -> None:
    row = contested(stage)
    made = contests.decide(stage.cast.eva, row, decision="retire", reason="Nobody can say.")
    assert benchmarks.benchmark_of(row) is None and set(counted(row).values()) == {None}
    assert made.report["scored"] == 0 and GoldDecision.objects.get() == made


def test_who_decides_and_about_what(stage: Line) -> None:
    row = contested(stage)
    for name, refused in (("lena", NotAllowed), ("rita", NotAllowed), ("wim", NotAllowed), ("otto", NotFound)):
        with pytest.raises(refused):
            contests.decide(getattr(stage.cast, name), row, decision="keep", reason="So.")
    for bad in ({"decision": "burn", "reason": "So."}, {"decision": "keep", "reason": " "}):
        with pytest.raises(InvalidInput):
            contests.decide(stage.cast.eva, row, **bad)
    with pytest.raises(RuleViolation) as refusal:
        contests.decide(stage.cast.eva, rows_of(stage)[0], decision="keep", reason="So.")
    assert refusal.value.code == "not_suspended"
    assert gold_on(row).state == Benchmark.State.SUSPENDED and not GoldDecision.objects.exists()


# --- Leaks --------------------------------------------------------------------------------------------------------
def test_two_copies_to_the_pixel_are_flagged_and_one_is_not(stage: Line) -> None:
    row = rows_of(stage)[5]
    say(stage, row, {"Dan": payload(BOX), "Eli": payload((0.0, 0.2, 20.0, 20.1)), "Fay": payload((0, 1, 20, 21))})
    assert list(gold_on(row).leak) == ["copied"] and len(gold_on(row).leak["copied"]["labels"]) == 2
    assert AuditEvent.objects.filter(action="benchmark.flagged", target_uid=row.uid).count() == 1
    consensus.score_row(row.pk)
    assert AuditEvent.objects.filter(action="benchmark.flagged", target_uid=row.uid).count() == 1, "once"


def scores(*values: float) -> list[LabelScore]:
    return [LabelScore(label=Label(pk=at), benchmark=value) for at, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "is_flagged"),
    [
        ([0.6, 0.7, 1.0, 0.8, 0.6, 0.5, 0.9] + [1.0] * 5, True),
        ([1.0] * 12, False),
        ([0.6, 0.7, 0.8, 0.6, 0.5] + [1.0] * 4, False),
        ([0.6, 0.7] + [1.0] * 5, False),
        ([1.0, 1.0, 0.9, 1.0, 0.8] + [1.0] * 5, False),
    ],
)
def test_a_gold_that_suddenly_everybody_knows_is_flagged(values: list[float], is_flagged: bool) -> None:
    assert ("suddenly_right" in signs_of(scores(*values))) == is_flagged
