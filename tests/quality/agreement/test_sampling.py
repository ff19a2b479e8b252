"""How much of a person's work is looked at: known values, limits, and people who change."""

import random
from collections.abc import Callable
from math import log

import pytest

from quality.agreement import sampling
from quality.agreement.sampling import error_posterior, outgoing_faults, project_prior, share_to_review, upper_error

TARGET, FLOOR = 0.05, 0.05


def test_known_values() -> None:
    """The upper bounds of Beta(1, b) are 1 − 0.05^(1/b), by hand."""
    assert upper_error((1, 1)) == pytest.approx(0.95)
    assert upper_error((1, 9)) == pytest.approx(1 - 0.05 ** (1 / 9)) == pytest.approx(0.283129, abs=1e-6)
    assert share_to_review((1, 1), target=TARGET) == pytest.approx(1 - 0.05 / 0.95)
    assert share_to_review((1, 9), target=TARGET) == pytest.approx(0.823402, abs=1e-6)
    # 1 − 0.05^(1/59) is 0.0495: under the target without a look.
    assert share_to_review((1, 59), target=TARGET) == 0.0
    assert share_to_review((1, 59), target=TARGET, floor=FLOOR) == FLOOR
    assert share_to_review((1, 1), target=TARGET, floor=FLOOR, ceiling=0.6) == 0.6
    assert project_prior(0, 0) == (5.0, 5.0)
    assert project_prior(15, 148) == pytest.approx((10 * 16 / 150, 10 * 134 / 150))
    # Weights 1, 1/2 and 1/4, the newest first.
    assert error_posterior([True, False, True], (1.0, 9.0), half_life=1) == (2.25, 9.5)
    assert error_posterior([], (1.0, 9.0)) == (1.0, 9.0)
    assert outgoing_faults(0.2, 0.75) == pytest.approx(0.05)


def test_what_gets_through_of_the_upper_error_is_the_target_or_less() -> None:
    for faulty in range(0, 60, 7):
        posterior = error_posterior([True] * faulty + [False] * (60 - faulty), (1.0, 9.0))
        share = share_to_review(posterior, target=TARGET)
        assert outgoing_faults(upper_error(posterior), share) <= TARGET + 1e-12


def test_old_results_are_forgotten() -> None:
    a, b = error_posterior([False] * sampling.NEWEST, (1.0, 9.0))
    assert b - 9 == pytest.approx(sampling.HALF_LIFE / log(2), rel=0.05) and a == 1


@pytest.mark.parametrize(
    "asked",
    [
        lambda: project_prior(3, 2),
        lambda: project_prior(0, 0, labels=0),
        lambda: error_posterior([], (0.0, 1.0)),
        lambda: error_posterior([], (1.0, 1.0), half_life=0),
        lambda: upper_error((1.0, 1.0), level=1.0),
        lambda: share_to_review((1.0, 1.0), target=0.0),
        lambda: share_to_review((1.0, 1.0), target=0.1, floor=0.5, ceiling=0.4),
        lambda: outgoing_faults(1.2, 0.5),
    ],
)
def test_impossible_questions_are_refused(asked: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        asked()


def worked(error_at: Callable[[int], float], seed: int, labels: int) -> tuple[list[float], list[bool]]:
    """A simulated person: the share in force at each label, and which faulty labels were let through."""
    chance = random.Random(seed)
    prior = project_prior(15, 150)
    results: list[bool] = []
    shares, let_through = [], []
    for at in range(labels):
        newest = results[-sampling.NEWEST :][::-1]
        share = share_to_review(error_posterior(newest, prior), target=TARGET, floor=FLOOR)
        is_faulty, is_looked_at = chance.random() < error_at(at), chance.random() < share
        if is_looked_at:
            results.append(is_faulty)
        shares.append(share)
        let_through.append(is_faulty and not is_looked_at)
    return shares, let_through


def median_at(runs: list[list[float]], label: int) -> float:
    return sorted(run[label] for run in runs)[len(runs) // 2]


def test_the_share_follows_a_person_who_gets_better() -> None:
    """From 30 % faulty labels to 2 %: 200 labels later the share has fallen from over 80 % to about half, 500 later to
    under 40 %."""
    runs = [worked(lambda at: 0.30 if at < 200 else 0.02, seed, 700) for seed in range(15)]
    shares = [run for run, _ in runs]
    assert median_at(shares, 199) > 0.8
    assert 0.3 < median_at(shares, 399) < 0.6
    assert median_at(shares, 699) < 0.4
    assert sum(map(sum, (let for _, let in runs))) / (15 * 700) < TARGET


def test_the_share_follows_a_person_who_gets_worse() -> None:
    """From 2 % to 30 %: the less is looked at, the later it is seen; 100 labels later the share has moved back over
    75 %, and over the whole stretch no more than the target was let through."""
    runs = [worked(lambda at: 0.02 if at < 300 else 0.30, seed, 600) for seed in range(15)]
    shares = [run for run, _ in runs]
    assert median_at(shares, 299) < 0.55
    assert median_at(shares, 399) > 0.75
    assert min(run[599] for run in shares) > 0.7
    assert sum(map(sum, (let for _, let in runs))) / (15 * 600) < TARGET
