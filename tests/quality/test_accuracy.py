"""Accuracy against gold: by project, person, class and gold, with n and interval; the same queries for few and many."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import ProjectRow
from quality import accuracy, benchmarks, consensus
from quality.agreement.intervals import wilson_interval
from quality.models import Benchmark
from tests.cast import Cast
from tests.line import CAR, LIGHT, Line, make_line, payload
from tests.quality.test_consensus import BOX, FAR, HALF, bring
from workforce.errors import NotAllowed, NotFound

pytestmark = pytest.mark.django_db
ANSWERS = {"Ann": payload(BOX), "Ben": payload(HALF), "Cem": payload(BOX, FAR, light="night")}


@pytest.fixture
def stage(cast: Cast) -> Line:
    line = make_line(cast, rows=6, review_share=0)
    rows = list(ProjectRow.objects.select_related("project", "data_row").filter(project=line.project).order_by("pk"))
    for row in rows:
        benchmarks.make_benchmark(cast.eva, row, payload=payload(BOX))
        bring(line, row, ANSWERS if row != rows[-1] else {"Ann": payload(FAR)})
        consensus.score_row(row.pk)
    Benchmark.objects.filter(project_row=rows[-1]).update(state=Benchmark.State.SUSPENDED)
    consensus.score_row(rows[-1].pk)
    return line


def test_by_person_project_class_and_gold(stage: Line) -> None:
    found = accuracy.accuracy_of(stage.cast.pia, stage.project)
    by_name = {one.name: one.accuracy for one in found.people}
    assert [one.name for one in found.people] == ["Ann", "Ben", "Cem"], "the surest first"
    assert (by_name["Ann"].mean.n, by_name["Ann"].mean.value, by_name["Ann"].right.k) == (5, 1.0, 5)
    assert (by_name["Ann"].right.low, by_name["Ann"].right.high) == wilson_interval(5, 5)
    assert (by_name["Ben"].mean.value, by_name["Ben"].right.k) == (0.75, 0)
    # Half of the boxes and no answer right.
    assert by_name["Cem"].mean.value == 0.25
    assert found.total.mean.n == 15 and found.total.mean.value == pytest.approx(2 / 3)
    assert (found.golds, found.suspended, found.held) == (6, 1, 1)
    classes = {one.feature: one for one in found.classes}
    car, light = classes[CAR], classes[LIGHT]
    assert (car.name, car.right.k, car.right.n, car.errors) == ("Car", 10, 20, {"extra": 5, "loose": 5})
    assert (car.right.low, car.right.high) == wilson_interval(10, 20)
    assert (light.right.k, light.right.n, light.errors_in_words) == (10, 15, "5 wrong answer")
    ben = next(one.uid for one in found.people if one.name == "Ben")
    of_ben = accuracy.accuracy_of(stage.cast.pia, stage.project, labeler=ben).classes
    assert {one.name: one.right.k for one in of_ben} == {"Car": 0, "Light": 5}
    golds = list(Benchmark.objects.order_by("pk"))
    figures = accuracy.figures_of_golds(golds)
    assert [figures[one.pk].accuracy.mean.n for one in golds] == [3] * 5 + [1]


def test_three_people_and_thirty_cost_the_same_queries(stage: Line) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            accuracy.accuracy_of(stage.cast.pia, stage.project)
            accuracy.figures_of_golds(list(Benchmark.objects.all()))
        return len(queries)

    few = asked()
    row = ProjectRow.objects.select_related("project", "data_row").filter(project=stage.project).order_by("pk")[0]
    bring(stage, row, {f"P {n}": payload(BOX) for n in range(27)})
    consensus.score_row(row.pk)
    assert len(accuracy.accuracy_of(stage.cast.pia, stage.project).people) == 30
    assert asked() == few


def test_a_project_without_results_says_so(line: Line) -> None:
    found = accuracy.accuracy_of(line.cast.wim, line.project)
    assert (found.total.mean.n, found.total.mean.value, found.people, found.classes) == (0, None, (), ())


def test_who_may_see_accuracy(line: Line) -> None:
    for name, refused in (("lena", NotAllowed), ("rita", NotAllowed), ("tom", NotAllowed), ("otto", NotFound)):
        with pytest.raises(refused):
            accuracy.accuracy_of(getattr(line.cast, name), line.project)
