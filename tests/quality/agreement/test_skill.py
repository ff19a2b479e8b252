"""Skill of labelers with small-sample honesty, and difficulty of rows apart from it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.truth.dawid_skene import dawid_skene
from quality.agreement.truth.difficulty import difficulty_of, fit_difficulty
from quality.agreement.truth.majority import majority
from quality.agreement.truth.skill import expected_records, fit_prior, labeler_skills, score_skills
from quality.agreement.votes import read_votes

checked = settings(derandomize=True, max_examples=60, deadline=None)
records = st.integers(1, 60).flatmap(lambda n: st.integers(0, n).map(lambda k: (k, n)))


def test_three_of_three_are_no_certainty():
    skill = labeler_skills({"ada": (3, 3), "leo": (95, 100)}, prior=(0.5, 0.5))
    assert skill["ada"].mean == 0.875
    assert skill["ada"].low == pytest.approx(0.464417, abs=1e-6)
    assert skill["ada"].lower < skill["leo"].lower
    assert not skill["ada"].is_enough
    assert skill["leo"].is_enough


def test_few_labelers_have_the_uniform_prior_and_a_crowd_its_own():
    assert fit_prior([(9, 10)] * 4) == (1.0, 1.0)
    assert fit_prior([(9, 10)] * 4 + [(0, 0)] * 9) == (1.0, 1.0)
    a, b = fit_prior([(9, 10), (80, 100), (7, 10), (95, 100), (18, 20), (30, 40)])
    assert 0.75 < a / (a + b) < 0.95
    novice = labeler_skills({"new": (0, 0)} | {str(n): (90, 100) for n in range(6)})["new"]
    assert novice.mean == pytest.approx(0.9, abs=0.01)


def test_a_crowd_without_a_mistake_makes_nobody_perfect():
    skill = labeler_skills({str(n): (5, 5) for n in range(10)})["0"]
    assert 0.95 < skill.mean < 1
    assert skill.lower < skill.mean


def test_the_prior_is_where_the_likelihood_is_greatest():
    from scipy.special import betaln

    table = [(3, 10), (8, 10), (15, 20), (40, 50), (9, 30), (22, 25), (5, 5), (1, 4)]
    a, b = fit_prior(table)

    def likelihood(a, b):
        return sum(betaln(a + k, b + n - k) - betaln(a, b) for k, n in table)

    for step in (0.99, 1.01):
        assert likelihood(a, b) >= likelihood(a * step, b)
        assert likelihood(a, b) >= likelihood(a, b * step)


@checked
@given(table=st.lists(records, min_size=5, max_size=20), data=st.data())
def test_a_skill_lies_between_own_rate_and_the_crowds(table, data):
    a, b = fit_prior(table)
    assert 0.5 - 1e-9 <= a <= 100 + 1e-6
    assert fit_prior(data.draw(st.permutations(table))) == (a, b)
    for name, skill in labeler_skills({str(index): record for index, record in enumerate(table)}).items():
        k, n = table[int(name)]
        low, high = sorted((k / n, a / (a + b)))
        assert low - 1e-9 <= skill.mean <= high + 1e-9
        assert 0 <= skill.low <= skill.lower <= skill.mean <= skill.high <= 1


def test_scores_between_0_and_1_are_shrunk_by_four_of_the_crowds():
    skill = score_skills({"new": (0.0, 0), "ada": (2.0, 2), "leo": (14.0, 18)})
    assert skill["new"].mean == pytest.approx(0.8)
    assert skill["ada"].mean == pytest.approx((2 + 3.2) / 6)
    assert skill["leo"].low < 14 / 18 < skill["leo"].high
    assert score_skills({"ada": (3.0, 3)})["ada"].mean < 1
    assert score_skills({"ada": (0.0, 0)})["ada"].mean == 0.5


def test_refusals():
    with pytest.raises(ValueError, match="0 <= k <= n"):
        labeler_skills({"a": (3, 2)})
    with pytest.raises(ValueError, match="0 <= k <= n"):
        labeler_skills({"a": (3, 2)}, prior=(1, 1))
    with pytest.raises(ValueError, match="level"):
        labeler_skills({"a": (1, 2)}, level=0)
    with pytest.raises(ValueError, match="rightness"):
        fit_difficulty([("u", "a", 1.5)])
    assert labeler_skills({}) == {}


def test_without_gold_an_answer_is_as_right_as_its_posterior():
    votes = read_votes([("u", "a", "p"), ("u", "b", "p"), ("u", "c", "q"), ("v", "a", "q")])
    assert expected_records(majority(votes)) == {
        "a": (pytest.approx(2 / 3 + 1), 2),
        "b": (pytest.approx(2 / 3), 1),
        "c": (pytest.approx(1 / 3), 1),
    }


def assigned_crowd():
    """Labelers 10..19 get the hard rows; (rows, true chance of each labeler over all rows, difficulties)."""
    random = np.random.default_rng(3)
    skill, hardness = random.normal(1.5, 0.8, 20), random.normal(0, 1, 200)
    rows = []
    for number, own in enumerate(hardness):
        usual = random.choice(10, 4, replace=False) + (10 if own > 0 else 0)
        for worker in sorted({*usual.tolist(), *random.choice(20, 2, replace=False).tolist()}):
            is_right = random.random() < 1 / (1 + np.exp(own - skill[worker]))
            rows.append((f"i{number}", f"w{worker:02}", float(is_right)))
    chances = {f"w{w:02}": float((1 / (1 + np.exp(hardness - skill[w]))).mean()) for w in range(20)}
    return rows, chances, hardness


def test_whoever_gets_the_hard_rows_does_not_look_bad():
    rows, chances, hardness = assigned_crowd()
    found = fit_difficulty(rows)
    raw = {w: np.mean([right for _, worker, right in rows if worker == w]) for w in chances}
    hard, easy = [f"w{w}" for w in range(10, 20)], [f"w0{w}" for w in range(10)]

    def bias(values):
        return np.mean([values[w] - chances[w] for w in easy]) - np.mean([values[w] - chances[w] for w in hard])

    assert bias(raw) > 0.1
    assert abs(bias(found.labelers)) < bias(raw) / 2
    assert np.corrcoef([found.rows[f"i{n}"] for n in range(200)], hardness)[0, 1] > 0.6


def test_rows_with_few_answers_have_no_difficulty():
    found = fit_difficulty([("u", w, 1.0) for w in "abc"] + [("v", w, 0.0) for w in "ad"])
    assert set(found.rows) == {"u"}
    assert set(found.labelers) == {"a", "b", "c"}
    assert fit_difficulty([]).rows == {}


def test_a_divided_row_is_harder_than_one_all_agree_on():
    rows = [(f"i{n}", w, "pq"[n % 2]) for n in range(20) for w in "abcd"]
    rows = [(i, w, "q" if i == "i0" and w in "ab" else o) for i, w, o in rows]
    found = difficulty_of(dawid_skene(read_votes(rows)))
    assert found.rows["i0"] > max(value for item, value in found.rows.items() if item != "i0")


@checked
@given(
    rows=st.lists(st.tuples(st.sampled_from("uvwx"), st.sampled_from("abcde"), st.sampled_from([0.0, 0.5, 1.0]))),
    data=st.data(),
)
def test_order_and_names_have_no_effect_on_difficulty(rows, data):
    found = fit_difficulty(rows)
    item = dict(zip("uvwx", data.draw(st.permutations("uvwx")), strict=True))
    worker = dict(zip("abcde", data.draw(st.permutations("abcde")), strict=True))
    other = fit_difficulty([(item[i], worker[w], right) for i, w, right in data.draw(st.permutations(rows))])
    assert other.rows == pytest.approx({item[i]: value for i, value in found.rows.items()}, abs=1e-6)
    assert other.labelers == pytest.approx({worker[w]: value for w, value in found.labelers.items()}, abs=1e-6)
