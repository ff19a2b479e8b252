"""Gold in versions: who wrote each, why, what else is right, how near is near enough; scores name their version."""

from typing import Any

import pytest

from labeling.models import Label, LabelVersion
from quality import benchmarks
from quality.benchmarks import Accepted
from quality.models import GoldFeatureScore, GoldVersion, LabelScore
from tests.line import CAR, LIGHT, Line, payload
from tests.quality.test_consensus import BOX, FAR, HALF, first_row, give_three, run_jobs, sums, trio
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Person

__all__ = ["trio"]
pytestmark = pytest.mark.django_db


def scored(person: Person) -> Any:
    found = LabelScore.objects.filter(labeler=person).select_related("gold_version").get()
    number = found.gold_version.number if found.gold_version else None
    return found.benchmark, number, found.gold_answer


def test_a_new_version_scores_anew_names_itself_and_says_what_moved(trio: Line) -> None:
    cast = trio.cast
    one, *_ = give_three(trio, (payload(BOX), payload(HALF), payload(FAR)))
    run_jobs()
    made = benchmarks.make_benchmark_from(cast.pia, one, rationale="The clearest.")
    assert scored(cast.leo) == (0.75, 1, 0)
    report = benchmarks.change_benchmark(
        cast.eva, first_row(trio), payload=payload(HALF), accepted=Accepted("The lower half is a shadow.")
    )
    assert scored(cast.leo) == (1.0, 2, 0) and sums(cast.leo, "benchmark") == [1, 1, 1]
    assert (report["scored"], report["moved"]) == (2, 1)
    assert (report["mean_before"], report["mean_after"]) == (pytest.approx(0.625), pytest.approx(0.75))
    told = [
        (version.number, version.author, version.quality_gold.rationale) for version in benchmarks.versions_of(made)
    ]
    assert told == [(2, cast.eva, "The lower half is a shadow."), (1, cast.pia, "The clearest.")]
    audited = AuditEvent.objects.get(action="benchmark.changed")
    assert (audited.before, audited.after["version"], audited.after["moved"]) == ({"version": 1}, 2, 1)


def test_another_right_answer_counts_as_well_and_its_maker_is_not_scored(trio: Line) -> None:
    cast = trio.cast
    one, two, _ = give_three(trio, (payload(BOX), payload(FAR), payload(FAR)))
    run_jobs()
    benchmarks.make_benchmark_from(cast.pia, one)
    assert scored(cast.lia) == (0.5, 1, 0)
    report = benchmarks.accept_answer(cast.pia, two, rationale="Seen from the other side it is right too.")
    assert scored(cast.lia) == (1.0, 2, 1)
    assert LabelScore.objects.get(labeler=cast.leo).benchmark is None
    assert report["moved"] == 2
    with pytest.raises(RuleViolation) as refusal:
        benchmarks.accept_answer(cast.pia, two)
    assert refusal.value.code == "accepted_already"


def test_tolerances_are_of_a_class_and_kept_through_versions(trio: Line) -> None:
    cast = trio.cast
    one, *_ = give_three(trio, (payload(BOX), payload(HALF), payload(HALF, light="night")))
    run_jobs()
    benchmarks.make_benchmark_from(cast.pia, one, accepted=Accepted(tolerances={CAR: 0.5}))
    assert (scored(cast.leo)[0], scored(cast.lia)[0]) == (1.0, 0.5)
    benchmarks.change_benchmark(cast.pia, first_row(trio), payload=payload(BOX), accepted=Accepted("Same again."))
    assert GoldVersion.objects.get(version__number=2).tolerances == {CAR: 0.5}
    found = GoldFeatureScore.objects.filter(labeler=cast.lia).order_by("kind")
    told = [(one.feature, one.right_count, one.object_count, one.errors) for one in found]
    assert told == [(CAR, 1, 1, {}), (LIGHT, 0, 1, {"wrong_answer": 1})]


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        (Accepted(tolerances={CAR: 0.0}), "tolerance_invalid"),
        (Accepted(tolerances={"gone": 0.5}), "tolerance_invalid"),
        (Accepted(tolerances={CAR: float("nan")}), "tolerance_invalid"),
        (Accepted(alternatives=[{"payload": {"features": "x"}}]), "label_invalid"),
        (Accepted(alternatives=[{"payload": payload()}] * 11), "too_many_alternatives"),
        (Accepted("x" * 2001), "text_length"),
    ],
)
def test_what_cannot_be_accepted_changes_nothing(line: Line, accepted: Accepted, code: str) -> None:
    row = first_row(line)
    benchmarks.make_benchmark(line.cast.eva, row, payload=payload(BOX))
    with pytest.raises(InvalidInput) as refusal:
        benchmarks.change_benchmark(line.cast.eva, row, accepted=accepted)
    assert refusal.value.code == code
    assert LabelVersion.objects.filter(label__kind=Label.Kind.GOLD).count() == 1


def test_who_may_change_gold(trio: Line) -> None:
    cast, row = trio.cast, first_row(trio)
    one, two, _ = give_three(trio)
    with pytest.raises(RuleViolation) as refusal:
        benchmarks.change_benchmark(cast.pia, row, accepted=Accepted())
    assert refusal.value.code == "no_benchmark"
    benchmarks.make_benchmark_from(cast.pia, one)
    for name, refused in (("lena", NotAllowed), ("rita", NotAllowed), ("wim", NotAllowed), ("otto", NotFound)):
        for act in (
            lambda who: benchmarks.change_benchmark(who, row, accepted=Accepted()),
            lambda who: benchmarks.accept_answer(who, two),
        ):
            with pytest.raises(refused):
                act(getattr(cast, name))
    assert LabelVersion.objects.filter(label__kind=Label.Kind.GOLD).count() == 1
