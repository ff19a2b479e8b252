"""Whether the page "Rows, people, rules" names planted faults for what they are, and nobody else.

The pure part draws many crews and hands their answers to the findings; the other labels some of them through the rules
of the product (claims, checks, submits, scores, overlap) on a database of its own, and asks what the page says."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bench.machine import processor
from bench.place import open_place
from bench.planted_crew import ASKED, COLOUR, INSTEAD, MIXED, Crew
from quality.agreement.findings.hurry import Times
from quality.agreement.findings.kinds import Findings
from quality.agreement.findings.reading import CLASSES
from quality.agreement.findings.tables import Table
from quality.agreement.findings.told_apart import tell_apart
from quality.agreement.votes import read_votes

KINDS = {
    "random": ("spammer", 1),
    "hasty": ("hasty", 1),
    "confuses": ("colour-confuser", 1),
    "rule": ("rule that divides the crew", 1),
    "gold": ("wrong gold", 1),
    "ambiguous": ("ambiguous rows", 0),
    "errs": ("errs more (nobody planted)", 0),
}
MANY = 12
Named = Iterable[tuple[str, str, str, tuple[str, ...]]]
"""(kind, person or row, question, the answers at stake)."""


def tables_of(crew: Crew) -> tuple[list[Table], Times]:
    """The answers of a crew as the findings take them; objects are matched by the place they were drawn at."""
    colours: list[tuple[str, str, str]] = []
    classes: list[tuple[str, str, str]] = []
    times: dict[tuple[str, str], float] = {}
    row_of: dict[str, str] = {}
    gold = {row_name(row): colour for row, colour in crew.golds.items()}
    gold_classes: dict[str, str] = {}
    for row, person, answer, _ in crew.opinions():
        name, who = row_name(row), person_name(person)
        colours.append((name, who, answer.colour))
        times[name, who] = answer.seconds
        for given, box in answer.boxes:
            place = min(range(len(crew.objects[row])), key=lambda at: abs(crew.objects[row][at][1][0] - box[0]))
            item = f"{name}#{place}"
            row_of[item] = name
            classes.append((item, who, given))
            if row in crew.golds:
                gold_classes[item] = crew.objects[row][place][0]
    own = {name: name for name, _, _ in colours}
    return [
        Table(COLOUR, read_votes(colours), own, gold),
        Table(CLASSES, read_votes(classes), row_of, gold_classes),
    ], times


def person_name(person: int) -> str:
    return f"Person {person:02}"


def row_name(row: int) -> str:
    return f"row-{row:05}"


def named_by(found: Findings) -> Named:
    for person in found.people:
        yield person.kind, person.person, person.question, person.answers
    for row in found.rows:
        yield "ambiguous", row.row, row.question, ()
    for rule in found.rules:
        yield "rule", "", rule.question, (rule.asked, rule.instead)
    for gold in found.gold:
        yield "gold", gold.row, gold.question, ()


def judge(crew: Crew, named: Named) -> Counter[tuple[str, bool]]:
    """(kind, whether it is what was planted) → how many were named so; a person counts once a kind."""
    planted = {"spammer": "random", "hasty": "hasty", "confuser": "confuses"}
    people = {(planted[role], person_name(person)) for role, person in crew.roles.items()}
    unclear = {row_name(row) for row in crew.unclear}
    wrong = "" if crew.wrong_gold is None else row_name(crew.wrong_gold)
    right: set[tuple[str, str, bool]] = set()
    for kind, subject, question, answers in named:
        if kind == "rule":
            is_right = "rule" in crew.faults and question == COLOUR and {*answers} == {ASKED, INSTEAD}
        elif kind in ("ambiguous", "gold"):
            is_right = subject in unclear if kind == "ambiguous" else subject == wrong
        else:
            is_right = (kind, subject) in people and (kind != "confuses" or {*answers} == {*MIXED})
        right.add((kind, subject + "".join(sorted(answers)) * (kind == "rule"), is_right))
    return Counter((kind, is_right) for kind, _, is_right in right)


# --- The pure part ----------------------------------------------------------------------------------------------
def pure_part(crews: int, **settings: Any) -> tuple[Counter[tuple[str, bool]], int, float, float]:
    """What was named, planted ambiguous rows, opinions of a crew on average, seconds of CPU a crew."""
    total: Counter[tuple[str, bool]] = Counter()
    unclear, answers, used = 0, 0, 0.0
    for seed in range(crews):
        crew = Crew(seed, **settings)
        tables, times = tables_of(crew)
        began = time.process_time()
        found = tell_apart(tables, times)
        used += time.process_time() - began
        total += judge(crew, named_by(found))
        unclear += len(crew.unclear)
        answers += len(tables[0].votes)
    return total, unclear, answers / crews, used / crews


def table(total: Mapping[tuple[str, bool], int], crews: int, unclear: int) -> list[str]:
    lines = ["| planted | named | of | recall | named wrongly | precision |", "|---|---|---|---|---|---|"]
    for kind, (words, each) in KINDS.items():
        right, wrong = total.get((kind, True), 0), total.get((kind, False), 0)
        planted = each * crews or (unclear if kind == "ambiguous" else 0)
        recall = f"{right / planted:.2f}" if planted else "–"
        precision = f"{right / (right + wrong):.2f}" if right else "–"
        lines.append(f"| {words} | {right} | {planted} | {recall} | {wrong} | {precision} |")
    return lines


def false_names(total: Mapping[tuple[str, bool], int], crews: int) -> str:
    wrong = {kind: count for (kind, _), count in sorted(total.items())}
    said = ", ".join(f"{count} {kind}" for kind, count in wrong.items()) or "nothing"
    return f"{said} in {crews} projects ({sum(wrong.values()) / crews:.2f} a project)"


# --- Through the rules of the product ---------------------------------------------------------------------------
def line_part(seeds: int, rows: int, people: int) -> list[str]:
    total: Counter[tuple[str, bool]] = Counter()
    unclear, notes = 0, []
    with open_place() as place:
        for seed in range(seeds):
            began = time.monotonic()
            code = f"from bench.planted_line import main; main(seed={seed}, rows={rows}, people={people})"
            told = json.loads(place.shell(code).splitlines()[-1])
            crew = crew_of_line(seed, rows, people)
            named = [(kind, subject, question, tuple(answers)) for kind, subject, question, answers in told["named"]]
            total += judge(crew, named)
            unclear += len(crew.unclear)
            notes.append(
                f"seed {seed}: {told['opinions']} opinions, {told['checks']} checks, "
                f"page's facts and findings {told['seconds']:.2f} s; {time.monotonic() - began:.0f} s in all"
            )
            print(notes[-1], file=sys.stderr, flush=True)
    return [*table(total, seeds, unclear), "", *notes]


def crew_of_line(seed: int, rows: int, people: int) -> Crew:
    return Crew(seed, rows=rows, people=people, ambiguous=15)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.planted_faults", description=__doc__)
    parser.add_argument("--crews", type=int, default=200, help="crews of the pure part; 0: none")
    parser.add_argument("--seeds", type=int, default=3, help="crews that label through the rules; 0: none")
    parser.add_argument("--rows", type=int, default=160, help="rows of such a crew")
    parser.add_argument("--people", type=int, default=10, help="people of such a crew")
    return parser.parse_args()


def main() -> None:
    options = read_options()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {processor()}.\n")
    for error in (0.04, 0.10) if options.crews else ():
        total, unclear, answers, seconds = pure_part(options.crews, error=error)
        print(f"Crews of 14, 400 rows, {answers:.0f} opinions and checks, {error:.0%} slips; {seconds:.2f} s each:\n")
        print("\n".join(table(total, options.crews, unclear)))
        healthy = pure_part(options.crews, error=error, faults=frozenset())[0]
        print(f"\nWithout a fault: {false_names(healthy, options.crews)}.\n")
    if options.crews:
        many = {"rows": 200, "first_opinions": MANY, "most_opinions": MANY}
        total, unclear, answers, seconds = pure_part(options.crews, **many)
        print(f"Crews of 14, 200 rows, {MANY} opinions on each, 4% slips; {seconds:.2f} s each:\n")
        print("\n".join(table(total, options.crews, unclear)) + "\n")
    if options.seeds:
        print("\n".join(line_part(options.seeds, options.rows, options.people)))


if __name__ == "__main__":
    main()
