"""One answer out of many: votes, Dawid and Skene, checklists, numbers, texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.agreement.truth.checklists import infer_checklists
from quality.agreement.truth.dawid_skene import dawid_skene, dawid_skene_ml
from quality.agreement.truth.default import default_truth, infer_truth
from quality.agreement.truth.majority import majority
from quality.agreement.truth.medoid import medoid, medoid_text
from quality.agreement.truth.numbers import merge_numbers
from quality.agreement.truth.skill_weighted import skill_weighted
from quality.agreement.votes import read_votes
from tests.quality.agreement.tables import ANAESTHESIA_TRUTH, anaesthesia

checked = settings(derandomize=True, max_examples=80, deadline=None)
METHODS = ["default", "ds_ml", "majority", "skill_weighted"]

crowds = st.lists(
    st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("abcd"), st.sampled_from("pqr")), min_size=1, max_size=24
)


def crowd(items, workers, options="pq", right=0.8, seed=4):
    """Every worker answers every item and is right with this chance."""
    random = np.random.default_rng(seed)
    truth = {f"i{number}": options[number % len(options)] for number in range(items)}
    rows = [
        (item, f"w{worker}", option if random.random() < right else str(random.choice(list(options))))
        for item, option in truth.items()
        for worker in range(workers)
    ]
    return truth, rows


def accuracy(found, truth):
    return np.mean([found.answers()[item].value == option for item, option in truth.items()])


def test_the_anaesthetists_of_1979():
    found = dawid_skene_ml(read_votes(anaesthesia()))
    assert found.class_shares == pytest.approx([0.399555, 0.421983, 0.111795, 0.066667], abs=1e-5)
    answers = found.answers()
    assert "".join(answers[str(patient)].value for patient in range(1, 46)) == ANAESTHESIA_TRUTH
    # The row of the second patient in the printed table: class 4 for certain.
    assert answers["2"].posteriors["4"] == pytest.approx(1.0, abs=1e-3)
    # Observer 1 never takes class 1 for anything but 1 or 2.
    assert found.confusion[0, 0] == pytest.approx([0.889, 0.111, 0, 0], abs=1e-3)
    assert found.has_converged


def test_a_tie_has_no_winner():
    votes = read_votes([("u", "a", "cat"), ("u", "b", "dog"), ("v", "a", "cat"), ("v", "b", "cat")])
    for method in METHODS:
        answers = infer_truth(votes, method).answers()
        if method in ("default", "majority"):
            assert (answers["u"].value, answers["u"].status, answers["u"].posterior) == (None, "tie", 0.5)
        assert (answers["v"].value, answers["v"].status) == ("cat", "decided")


def test_two_who_always_differ_stay_undecided():
    rows = [(f"i{number}", worker, option) for number in range(40) for worker, option in (("a", "p"), ("b", "q"))]
    for truth in (dawid_skene(read_votes(rows)), dawid_skene_ml(read_votes(rows))):
        assert {answer.status for answer in truth.answers().values()} == {"tie"}


def test_posteriors_of_the_majority_are_vote_shares():
    votes = read_votes(
        [("u", w, o) for w, o in zip("abc", ("cat", "cat", "dog"), strict=True)], classes=("cat", "dog", "ox")
    )
    answer = majority(votes).answers()["u"]
    assert answer.posteriors == {"cat": pytest.approx(2 / 3), "dog": pytest.approx(1 / 3), "ox": 0.0}
    assert answer.posterior == pytest.approx(2 / 3)


def test_skill_weighs_the_vote():
    votes = read_votes([("u", "a", "cat"), ("u", "b", "dog"), ("u", "c", "dog")])
    assert skill_weighted(votes, {"a": 0.9, "b": 0.3, "c": 0.3}).answers()["u"].value == "cat"
    assert skill_weighted(votes, {"a": 0.9, "b": 0.8}).answers()["u"].value == "dog"
    assert skill_weighted(votes, {"a": 0.6, "b": 0.3, "c": 0.3}).answers()["u"].status == "tie"
    assert skill_weighted(votes, {"a": 0, "b": 0, "c": 0}).answers()["u"].value == "dog"
    assert skill_weighted(votes).answers()["u"].value == "dog"
    with pytest.raises(ValueError, match=r"lies in 0\.\.1"):
        skill_weighted(votes, {"a": 1.2})


def test_one_who_swaps_the_options_is_worth_as_much_as_an_expert():
    truth, rows = crowd(60, 3, right=0.7)
    swapped = [(item, "liar", "q" if option == "p" else "p") for item, option in truth.items()]
    found = dawid_skene(read_votes(rows + swapped))
    assert accuracy(found, truth) > accuracy(majority(read_votes(rows + swapped)), truth)
    liar = found.confusion[found.votes.workers.index("liar")]
    assert liar[0, 1] > 0.9
    assert liar[1, 0] > 0.9


@pytest.mark.parametrize(
    ("items", "workers", "method"),
    [(30, 3, "Dawid–Skene"), (29, 3, "majority"), (30, 2, "majority"), (10, 40, "majority"), (40, 5, "Dawid–Skene")],
)
def test_the_majority_decides_where_there_is_too_little_to_learn_from(items, workers, method):
    _, rows = crowd(items, workers)
    assert default_truth(read_votes(rows)).method.startswith(method)


def test_the_majority_decides_where_workers_have_few_labels():
    truth, _ = crowd(60, 1)
    few = [(item, f"w{index}-{worker}", o) for index, (item, o) in enumerate(truth.items()) for worker in range(4)]
    assert default_truth(read_votes(few)).method == "majority"


def test_items_with_one_label_neither_help_nor_count():
    _, rows = crowd(29, 4)
    alone = [(f"alone{number}", "w0", "p") for number in range(50)]
    assert default_truth(read_votes(rows + alone)).method == "majority"
    _, rows = crowd(30, 4)
    assert default_truth(read_votes(rows + alone)).method.startswith("Dawid–Skene")


def test_repeated_answers_of_one_worker_all_count():
    _, rows = crowd(40, 3)
    once, twice = dawid_skene(read_votes(rows)), dawid_skene(read_votes([*rows, rows[0]]))
    assert len(twice.votes) == len(once.votes) + 1
    assert not np.allclose(once.posteriors, twice.posteriors)


def test_empty_input_and_refusals():
    for method in METHODS:
        assert infer_truth(read_votes([]), method).answers() == {}
    with pytest.raises(ValueError, match="method is one of"):
        infer_truth(read_votes([]), "oracle")
    with pytest.raises(ValueError, match="not negative"):
        dawid_skene(read_votes([]), pseudo_labels=-1)


@checked
@given(rows=crowds, data=st.data())
@pytest.mark.parametrize("infer", [majority, skill_weighted, dawid_skene, dawid_skene_ml])
def test_order_and_names_have_no_effect(infer, rows, data):
    found = infer(read_votes(rows, classes="pqr")).answers()
    item = dict(zip("uvwxyz", data.draw(st.permutations("uvwxyz")), strict=True))
    worker = dict(zip("abcd", data.draw(st.permutations("abcd")), strict=True))
    option = dict(zip("pqr", data.draw(st.permutations("pqr")), strict=True))
    renamed = [(item[i], worker[w], option[o]) for i, w, o in data.draw(st.permutations(rows))]
    others = infer(read_votes(renamed, classes=data.draw(st.permutations("pqr")))).answers()
    assert len(others) == len(found)
    for name, answer in found.items():
        other = others[item[name]]
        expected = {option[o]: value for o, value in answer.posteriors.items()}
        assert other.posteriors == pytest.approx(expected, abs=1e-6)
        assert sum(other.posteriors.values()) == pytest.approx(1, abs=1e-9)


def test_checklists_are_decided_option_by_option():
    rows = [("u", "a", ["red", "red"]), ("u", "b", {"red", "big"}), ("u", "c", []), ("v", "a", ["big"]), ("v", "b", [])]
    found = infer_checklists(rows, options=("red", "big", "old"))
    assert (found["u"].chosen, found["u"].tied, found["u"].status) == ({"red"}, set(), "decided")
    assert found["u"].posteriors == {"red": pytest.approx(2 / 3), "big": pytest.approx(1 / 3), "old": 0}
    assert (found["v"].chosen, found["v"].tied, found["v"].status) == (set(), {"big"}, "tie")
    assert infer_checklists(reversed(rows), options=("old", "big", "red")) == found
    assert infer_checklists([], options=("red",)) == {}
    with pytest.raises(ValueError, match="'blue' is not among"):
        infer_checklists([("u", "a", ["blue"])], options=("red",))


def test_a_checklist_with_enough_labels_learns_who_overlooks_things():
    random = np.random.default_rng(2)
    truth = {f"i{number}": {o for o in "xyz" if random.random() < 0.5} for number in range(200)}
    rows = [
        (item, f"w{worker}", {o for o in "xyz" if (o in chosen) == (random.random() < chance)})
        for item, chosen in truth.items()
        for worker, chance in enumerate((0.95, 0.95, 0.6, 0.6, 0.6))
    ]
    found = {m: infer_checklists(rows, options="xyz", method=m) for m in ("default", "majority")}
    right = {m: np.mean([answers[i].chosen == truth[i] for i in truth]) for m, answers in found.items()}
    assert right["default"] > right["majority"] + 0.1


def test_numbers():
    found = merge_numbers({"a": 10, "b": 11, "c": 12, "d": 90})
    assert (found.value, found.outliers, found.of) == (30.75, ("d",), 4)
    assert merge_numbers({"a": 10, "b": 11, "c": 12, "d": 90}, method="median").value == 11.5
    assert merge_numbers({"a": 5, "b": 5, "c": 6}).outliers == ("c",)
    assert merge_numbers({"a": 5, "b": 500}).outliers == ()
    assert merge_numbers({}).value is None
    with pytest.raises(ValueError, match="not finite"):
        merge_numbers({"a": float("inf")})
    with pytest.raises(ValueError, match="mean or median"):
        merge_numbers({}, method="mode")


def test_texts():
    found = medoid_text({"a": "the  house", "b": "the house ", "c": "a mouse", "d": "the horse", "e": ""})
    assert (found.value, found.status, found.leaders) == ("the house", "decided", ("a", "b"))
    two = medoid_text({"a": "red", "b": "blue"})
    assert (two.value, two.status, two.leaders) == (None, "tie", ("a", "b"))
    assert medoid_text({"a": "red"}).value == "red"
    assert medoid_text({"a": " "}).status == "undecided"
    numbers = {"a": 0, "b": 1, "c": 6, "d": 10}
    assert medoid(numbers, lambda x, y: 1 - abs(x - y) / 10).value is None
    assert medoid(numbers, lambda x, y: 1 - abs(x - y) / 10, weights={"d": 9.0}).value == 6
    with pytest.raises(ValueError, match="above 0"):
        medoid_text({"a": "x"}, weights={"a": 0})


def test_enough_labels_of_a_skilled_crowd_give_the_truth_whatever_the_method():
    truth, rows = crowd(60, 9, options="pqr", right=0.85)
    for method in METHODS:
        found = infer_truth(read_votes(rows), method)
        assert accuracy(found, truth) > 0.97
        assert all(0 <= answer.posterior <= 1 for answer in found.answers().values())
