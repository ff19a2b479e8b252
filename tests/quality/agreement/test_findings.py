"""Findings: known values by hand, planted faults named for what they are, a healthy crew left alone."""

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from bench.planted_crew import ASKED, COLOUR, INSTEAD, MIXED, Crew
from bench.planted_faults import judge, named_by, person_name, row_name, tables_of
from quality.agreement.findings.chances import binomial_tail, chance_under, discoveries, falls_with
from quality.agreement.findings.classes import cited_rules
from quality.agreement.findings.people import spammer_score
from quality.agreement.findings.reading import CLASSES, Given, joins_of, read_tables
from quality.agreement.findings.tables import Table, fit_table
from quality.agreement.findings.told_apart import tell_apart
from quality.agreement.schema import FeatureSchema
from quality.agreement.votes import read_votes


# --- Known values -----------------------------------------------------------------------------------------------
def test_tests_have_the_values_of_the_textbook() -> None:
    assert binomial_tail(2, 3, 0.5) == pytest.approx(0.5)
    assert binomial_tail(3, 3, 0.5) == pytest.approx(0.125)
    assert binomial_tail(0, 3, 0.5) == 1.0
    # t = -2 with 4 degrees of freedom.
    assert chance_under([-1.0, 0.0, 1.0, 0.0, 0.0], np.sqrt(0.5 / 5) * 2) == pytest.approx(0.05806, abs=1e-5)
    assert chance_under([0.5], 1.0) == 1.0 and chance_under([0.5, 0.5], 1.0) == 0.0
    assert falls_with(list(range(10)), list(range(10))) > 0.99
    assert falls_with(list(range(10)), [-one for one in range(10)]) == pytest.approx(0.00135, abs=1e-5)
    assert falls_with([1.0] * 10, list(range(10))) == 1.0


def test_benjamini_and_hochberg_stop_where_they_do_in_print() -> None:
    """The fifteen p values of their paper of 1995: four stand at 5 %."""
    printed = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    printed += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert discoveries(printed) == [True] * 4 + [False] * 11
    assert discoveries(printed[::-1]) == [False] * 11 + [True] * 4
    assert discoveries([]) == []


def test_the_spammer_score_is_one_for_the_perfect_and_nought_for_equal_rows() -> None:
    assert spammer_score(np.eye(4) * 50) == pytest.approx(1.0)
    assert spammer_score(np.full((3, 3), 20.0)) == 0.0
    # Right at 0.8 of either answer: (0.8 + 0.8 - 1)², less the noise of a hundred answers each.
    two = np.array([[80.0, 20.0], [20.0, 80.0]])
    assert spammer_score(two) == pytest.approx(0.36, abs=0.005)


def test_a_rule_is_named_when_it_is_cited_far_above_the_others() -> None:
    cited = [("a", f"p{number}") for number in range(12)] + [("b", "p1"), ("c", "p2"), ("b", "p3")]
    (found,) = cited_rules(cited, rules=6)
    assert (found.rule, found.cited, found.n, found.people) == ("a", 12, 15, 12)
    assert not cited_rules([("a", "p1")] * 12 + [("b", "p2")] * 3, rules=6), "the work of one person"


# --- From labels to tables --------------------------------------------------------------------------------------
CAR, VAN, SEEN, COLOURS, EXTRAS = "car", "van", "seen", "colours", "extras"
SCHEMA = (
    FeatureSchema(CAR, "Car", "box", questions=(FeatureSchema(SEEN, "Seen", "radio", options=("front", "back")),)),
    FeatureSchema(VAN, "Van", "box"),
    FeatureSchema(COLOURS, "Colour", "radio", options=("red", "blue")),
    FeatureSchema(EXTRAS, "Extras", "checklist", options=("sign", "rack")),
)


def box(name: str, feature: str = CAR, seen: str = "") -> dict[str, object]:
    nested = [{"feature": SEEN, "value": seen}] if seen else []
    return {"feature": feature, "id": name, "value": [0, 0, 9, 9], "nested": nested}


def test_choices_options_classes_and_nested_answers_become_tables() -> None:
    labels = [
        Given("1", "r", "ann", [box("a1", seen="front"), {"feature": COLOURS, "value": "red"}]),
        Given("2", "r", "bob", [box("b1", VAN), box("b2", seen="back"), {"feature": EXTRAS, "value": ["rack"]}]),
        Given("gold:r", "r", "", [box("g1"), {"feature": COLOURS, "value": "blue"}, {"feature": "gone", "value": "x"}]),
    ]
    wrong = {"a_id": "a1", "b_id": None, "error": "wrong_class", "geometry": 0.9, "confused_id": "b1"}
    far = {"a_id": "a1", "b_id": "b2", "error": "loose", "geometry": 0.3, "confused_id": None}
    alike = {"a_id": "a1", "b_id": "g1", "error": "", "geometry": 0.9, "confused_id": None}
    joins = [*joins_of([{"kind": "box", "objects": [wrong, far]}], "1", "2")]
    joins += [*joins_of([{"kind": "box", "objects": [alike]}], "1", "gold:r")]
    tables = {table.question: table for table in read_tables(SCHEMA, labels, joins)}
    assert set(tables) == {CLASSES, SEEN, COLOURS, "extras:sign", "extras:rack"}
    classes = tables[CLASSES]
    assert (classes.votes.items, classes.votes.workers) == (("r#1/a1", "r#2/b2"), ("ann", "bob"))
    assert classes.votes.counts().tolist() == [[1, 1], [1, 0]] and classes.gold == {"r#1/a1": CAR}
    assert tables[COLOURS].gold == {"r": "blue"} and tables[COLOURS].votes.classes == ("red",)
    assert tables["extras:rack"].votes.classes == ("yes",)
    again = read_tables(SCHEMA, labels[::-1], joins[::-1])
    assert [(one.question, one.votes.items, one.gold) for one in again] == [
        (one.question, one.votes.items, one.gold) for one in tables.values()
    ]


# --- Crews ------------------------------------------------------------------------------------------------------
def test_each_planted_fault_is_named_for_what_it_is() -> None:
    crew = Crew(2)
    tables, times = tables_of(crew)
    found = tell_apart(tables, times)
    people = {(one.kind, one.person) for one in found.people}
    assert people == {
        ("random", person_name(crew.roles["spammer"])),
        ("hasty", person_name(crew.roles["hasty"])),
        ("confuses", person_name(crew.roles["confuser"])),
    }
    (mixed,) = (one for one in found.people if one.kind == "confuses")
    assert {*mixed.answers} == {*MIXED} and mixed.low > mixed.bar > (mixed.usual_error or 0)
    (rule,) = found.rules
    assert {rule.asked, rule.instead} == {ASKED, INSTEAD} and rule.kind == "divided"
    readers = {person_name(person) for person in crew.readers}
    camps = [{one.person for one in rule.does}, {one.person for one in rule.does_not}]
    assert (camps[0] <= readers) != (camps[1] <= readers), "each camp is of one reading"
    (gold,) = found.gold
    assert gold.row == row_name(crew.wrong_gold or 0) and len(gold.against) > len(gold.agree)
    assert found.rows and {one.row for one in found.rows} <= {row_name(row) for row in crew.unclear}
    assert all(min(len(who) for _, who in one.sides[:2]) >= 2 for one in found.rows)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_healthy_crew_is_left_alone(seed: int) -> None:
    tables, times = tables_of(Crew(seed, rows=200, faults=frozenset()))
    found = tell_apart(tables, times)
    assert not (found.people or found.rules or found.gold or found.rows)


def test_too_little_says_nothing_and_names_the_question() -> None:
    tables, times = tables_of(Crew(0, rows=12, faults=frozenset()))
    found = tell_apart(tables, times)
    assert found.answers == 0 and {*found.left_out} == {CLASSES, COLOUR}
    assert not (found.people or found.rules or found.gold or found.rows)


def test_names_and_order_of_people_rows_and_answers_change_nothing() -> None:
    crew = Crew(18, people=9, rows=90, ambiguous=6)
    tables, times = tables_of(crew)
    found = tell_apart(tables, times)
    rng = random.Random(7)
    names = {who: f"q{at}" for at, who in enumerate(rng.sample(tables[0].votes.workers, 9))}
    rows = {row: f"x{at}" for at, row in enumerate(rng.sample(tables[0].votes.items, 90))}
    answers = dict(zip(tables[0].votes.classes, "edcba", strict=True))
    other = [_renamed(tables[0], names, rows, answers, rng), _renamed(tables[1], names, rows, {}, rng)]
    again = tell_apart(other[::-1], {(rows[row], names[who]): seconds for (row, who), seconds in times.items()})
    assert found.people and found.rows and found.rules and found.gold
    assert {(one.kind, names[one.person], one.n, round(one.value, 9)) for one in found.people} == {
        (one.kind, one.person, one.n, round(one.value, 9)) for one in again.people
    }
    assert {(rows[one.row], round(one.value, 6)) for one in found.rows} == {
        (one.row, round(one.value, 6)) for one in again.rows
    }
    assert {(answers[one.asked], answers[one.instead]) for one in found.rules} == {
        (one.asked, one.instead) for one in again.rules
    }
    assert {rows[one.row] for one in found.gold} == {one.row for one in again.gold}
    assert judge(crew, named_by(found))["random", True] == 1


def _renamed(
    table: Table, names: Mapping[str, str], rows: Mapping[str, str], answers: Mapping[str, str], rng: random.Random
) -> Table:
    def item(name: str) -> str:
        row, mark, place = name.partition("#")
        return f"{rows[row]}{mark}{place}"

    votes = table.votes
    given = [
        (item(votes.items[at]), names[votes.workers[who]], answers.get(votes.classes[label], votes.classes[label]))
        for at, who, label in zip(votes.item.tolist(), votes.worker.tolist(), votes.label.tolist(), strict=True)
    ]
    rng.shuffle(given)
    row_of = {item(name): rows[row] for name, row in table.row_of.items()}
    gold = {item(name): answers.get(answer, answer) for name, answer in table.gold.items()}
    return replace(table, votes=read_votes(given), row_of=row_of, gold=gold)


def test_a_person_who_reads_all_as_one_is_named_with_that_answer_and_three_are_a_rule() -> None:
    """Six people, two answers: whoever always says yes is named, unless half of the crew does."""

    def answers(constant: int) -> Table:
        given = []
        for row in range(80):
            truth = "yes" if row % 2 else "no"
            for person in range(6):
                given.append((f"r{row:02}", f"p{person}", "yes" if person < constant else truth))
        return Table("q", read_votes(given), {f"r{row:02}": f"r{row:02}" for row in range(80)})

    (one,) = tell_apart([answers(1)], {}).people
    assert (one.kind, one.person, one.answers) == ("random", "p0", ("yes",))
    found = tell_apart([answers(3)], {})
    assert not found.people and [rule.kind for rule in found.rules] == ["divided"]
    assert {camp.person for camp in found.rules[0].does} == {"p0", "p1", "p2"}


def test_what_the_others_say_of_an_answer_does_not_hold_the_answer_itself() -> None:
    tables, _ = tables_of(Crew(0, rows=60, faults=frozenset()))
    fit = fit_table(tables[0])
    assert fit is not None
    assert fit.own.sum(axis=1) == pytest.approx(np.ones(len(fit.votes)))
    assert fit.counts.sum() == pytest.approx(float(fit.is_shared.sum()))
    assert (fit.counts.sum(axis=0) - fit.others[0]).sum() == pytest.approx(fit.counts[0].sum())
