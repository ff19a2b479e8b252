"""Findings in words: what page and API say of each, with its figures and what it rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from labeling.models import ProjectRow
from quality.agreement.findings.kinds import (
    Camp,
    CitedFinding,
    GoldFinding,
    PersonFinding,
    RowFinding,
    RuleFinding,
)
from quality.charts.words import NONE, count_of, percent, whole
from quality.findings import ToldApart
from quality.models import Benchmark

MOST_NAMES = 8
TITLES = {
    "random": "Answers at random",
    "always": "Always the same answer",
    "hasty": "Too hasty",
    "confuses": "Mixes two answers up",
    "errs": "Errs more than others",
    "ambiguous": "Ambiguous row",
    "divided": "The rule divides the crew",
    "unclear": "Nobody keeps these apart",
    "against_gold": "The crew reads gold otherwise",
    "cited": "Cited far above the others",
    "wrong_gold": "Gold looks wrong",
    "contested": "Gold is contested",
}


@dataclass(frozen=True)
class Figure:
    """A share with its 95 % interval and n; ``bar`` is what it is held against."""

    words: str
    value: float
    low: float | None
    high: float | None
    n: int
    bar: float | None = None
    less_is_better: bool = False


@dataclass(frozen=True)
class Told:
    """One finding. ``subject`` is the uid of the person, row or rule that it names, "" for a pair of answers."""

    section: str
    kind: str
    subject: str
    name: str
    what: str
    figures: tuple[Figure, ...]
    facts: tuple[str, ...] = ()
    rows: tuple[ProjectRow, ...] = ()
    # What an act on it is reasoned with.
    reason: str = field(default="", repr=False)

    @property
    def title(self) -> str:
        return TITLES[self.kind]


def told(shown: ToldApart) -> list[Told]:
    """People, rows, rules and gold, in this order; the surest of each first."""
    found = shown.found
    rules = [_rule(shown, one) for one in found.rules] + [_cited(shown, one) for one in found.cited]
    contested = {str(one.project_row.uid) for one in shown.contested}
    gold = [_contested(one) for one in shown.contested]
    gold += [_gold(shown, one) for one in found.gold if one.row not in contested]
    rows = [_row(shown, one) for one in found.rows if one.row in shown.rows]
    return [*_people(shown), *rows, *rules, *gold]


# --- People -----------------------------------------------------------------------------------------------------
def _people(shown: ToldApart) -> list[Told]:
    """One finding a person and kind, however many questions show it."""
    grouped: dict[tuple[str, str], list[PersonFinding]] = {}
    for one in shown.found.people:
        kind = "always" if one.kind == "random" and one.answers else one.kind
        grouped.setdefault((one.person, kind), []).append(one)
    return [_person(shown, who, kind, ones) for (who, kind), ones in grouped.items()]


def _person(shown: ToldApart, who: str, kind: str, ones: Sequence[PersonFinding]) -> Told:
    rows = dict.fromkeys(row for one in ones for row in one.rows)
    return Told(
        section="people",
        kind=kind,
        subject=who,
        name=shown.people[who].name,
        what=_person_words(shown, kind, ones),
        figures=tuple(figure for one in ones for figure in _person_figures(shown, one)),
        facts=_chance(ones),
        rows=_rows(shown, rows),
    )


def _person_words(shown: ToldApart, kind: str, ones: Sequence[PersonFinding]) -> str:
    one = ones[0]
    if kind == "always":
        given = ", ".join(f"{_answer(shown, one, one.answers[0])} to {_question(shown, one)}" for one in ones)
        return f"Gives nearly always the same answer, whatever the row shows: {given}."
    if kind == "random":
        return f"The answers do not depend on the row ({', '.join(_question(shown, one) for one in ones)})."
    if kind == "hasty":
        return (
            f"Takes {percent(one.value, 0)} of the time that others take on the same rows, and errs more: "
            f"{percent(one.error)} wrong, others {percent(one.usual_error)}."
        )
    if kind == "confuses":
        pairs = [f"{_answer(shown, one, one.answers[0])} and {_answer(shown, one, one.answers[1])}" for one in ones]
        return f"Takes one for the other: {'; '.join(pairs)}. Elsewhere the answers are like everybody's."
    return "Wrong surely more often than twice the others' share, in no pair of answers that stands out."


def _person_figures(shown: ToldApart, one: PersonFinding) -> list[Figure]:
    low, high, n = one.low, one.high, one.n
    if one.kind == "random":
        return [Figure(f"{_question(shown, one)}: answers that follow the row", one.value, low, high, n, one.bar)]
    if one.kind == "hasty":
        return [Figure("Time, as a share of the others'", one.value, low, high, n, one.bar)]
    if one.kind == "confuses":
        usual = percent(one.usual_error)
        said = f"{_answer(shown, one, one.answers[1])} for {_answer(shown, one, one.answers[0])}; others {usual}"
        return [Figure(said, one.value, low, high, n, one.bar, less_is_better=True)]
    said = f"Wrong answers; others {percent(one.usual_error)}"
    return [Figure(said, one.value, low, high, n, one.bar, less_is_better=True)]


def _chance(ones: Sequence[PersonFinding]) -> tuple[str, ...]:
    least = max(one.chance for one in ones)
    return (f"Chance of as much by luck: {'under 1 in 10,000' if least < 1e-4 else f'{least:.4f}'}.",)


# --- Rows -------------------------------------------------------------------------------------------------------
def _row(shown: ToldApart, one: RowFinding) -> Told:
    row, beside = shown.rows[one.row], shown.beside[one.row]
    sides = "; ".join(f"{_answer(shown, one, answer)}: {_names(shown, who)}" for answer, who in one.sides)
    counts = " against ".join(str(len(who)) for _, who in one.sides[:2])
    facts = [sides]
    if beside.skips:
        facts.append(f"Skipped {count_of(beside.skips, 'time')}.")
    if beside.open_issues:
        facts.append(f"{count_of(beside.open_issues, 'open issue')}.")
    if beside.is_marked:
        facts.append("Marked as unclear already.")
    what = f"People who know their work differ, {counts}: {_question(shown, one)}."
    return Told(
        section="rows",
        kind="ambiguous",
        subject=one.row,
        name=row.data_row.external_id,
        what=what,
        figures=(Figure("Chance that the row itself is unclear, from who said what", one.value, None, None, one.n),),
        facts=tuple(facts),
        rows=(row,),
        reason=what,
    )


# --- Rules ------------------------------------------------------------------------------------------------------
def _rule(shown: ToldApart, one: RuleFinding) -> Told:
    asked, instead = _answer(shown, one, one.asked), _answer(shown, one, one.instead)
    rows = _rows(shown, one.rows)
    if one.kind == "against_gold":
        what = f"Gold says {asked}, the crew says {instead}, on {count_of(len(one.rows), 'gold')}."
        figures = (Figure(f"Golds that say {asked} and are read as {instead}", one.value, one.low, one.high, one.n),)
        return Told("rules", one.kind, "", f"{asked} or {instead}", what, figures, (), rows)
    if one.kind == "divided":
        what = (
            f"{len(one.does)} people give {instead} for {asked} surely more often than in {percent(one.bar, 0)} of the "
            f"cases, {len(one.does_not)} surely less often ({_question(shown, one)}). A rule is missing, wrong, or "
            "read in two ways."
        )
    else:
        what = f"{len(one.does)} people give {instead} for {asked} and nobody surely keeps them apart."
    figures = (Figure(f"{instead} for {asked}, everybody", one.value, one.low, one.high, one.n, None),)
    facts = [f"Give {instead}: {_camp(shown, one.does)}."]
    if one.does_not:
        facts.append(f"Do not: {_camp(shown, one.does_not)}.")
    return Told("rules", one.kind, "", f"{asked} or {instead}", what, figures, tuple(facts), rows)


def _camp(shown: ToldApart, camp: Sequence[Camp]) -> str:
    named = [f"{shown.people[one.person].name} ({whole(one.k)} of {whole(one.n)})" for one in camp[:MOST_NAMES]]
    more = len(camp) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _cited(shown: ToldApart, one: CitedFinding) -> Told:
    people = count_of(one.people, "person", "people")
    return Told(
        section="rules",
        kind="cited",
        subject=one.rule,
        name=shown.rules.get(one.rule, "A rule of older guidelines"),
        what=f"{one.cited} of {one.n} citations in work sent back and in issues, from {people}.",
        figures=(Figure("Share of all citations", one.value, one.low, one.high, one.n),),
    )


# --- Gold -------------------------------------------------------------------------------------------------------
def _gold(shown: ToldApart, one: GoldFinding) -> Told:
    gold, instead = _answer(shown, one, one.gold), _answer(shown, one, one.instead)
    agree = f"{len(one.agree)} of them agree with it" if one.agree else "none of them agrees with it"
    return Told(
        section="gold",
        kind="wrong_gold",
        subject=one.row,
        name=shown.rows[one.row].data_row.external_id,
        what=f"Gold says {gold}; {len(one.against)} skilled people say {instead}, {agree} ({_question(shown, one)}).",
        figures=(Figure("Chance that the gold is wrong", one.value, None, None, one.n),),
        facts=(f"Say {instead}: {_names(shown, one.against)}.",),
        rows=(shown.rows[one.row],),
    )


def _contested(one: Benchmark) -> Told:
    people = len(one.contest.get("labels", []))
    agree = one.contest.get("trusted_for_gold", 0)
    return Told(
        section="gold",
        kind="contested",
        subject=str(one.project_row.uid),
        name=one.project_row.data_row.external_id,
        what=f"{people} trusted people disagree with it in the same way, {agree} agree. It is suspended until an "
        "expert decides.",
        figures=(),
        rows=(one.project_row,),
    )


# --- Names ------------------------------------------------------------------------------------------------------
def _question(shown: ToldApart, one: PersonFinding | RowFinding | RuleFinding | GoldFinding) -> str:
    return shown.questions.get(one.question, NONE)


def _answer(shown: ToldApart, one: PersonFinding | RowFinding | RuleFinding | GoldFinding, answer: str) -> str:
    return shown.answers.get((one.question, answer), answer)


def _names(shown: ToldApart, people: Sequence[str]) -> str:
    named = [shown.people[uid].name for uid in people[:MOST_NAMES]]
    more = len(people) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _rows(shown: ToldApart, uids: Iterable[str]) -> tuple[ProjectRow, ...]:
    return tuple(shown.rows[uid] for uid in uids if uid in shown.rows)
