"""Who or what is to blame where answers differ, in an order in which each explains away what it can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quality.agreement.findings.classes import against_gold, cited_rules, divided_rules
from quality.agreement.findings.hurry import Times, hasty_people
from quality.agreement.findings.kinds import Findings, RuleFinding
from quality.agreement.findings.people import Pair, err_more, mixed_up, random_answers
from quality.agreement.findings.rows import ambiguous_rows, wrong_golds
from quality.agreement.findings.tables import Fit, Table, fit_table, without


def tell_apart(
    tables: Sequence[Table], times: Times, *, citations: Iterable[tuple[str, str]] = (), rules: int = 0
) -> Findings:
    """The findings of a project, in five steps; what a step has named explains answers in all that follow.

    1. People who answer at random: their answers leave, and the truth is inferred again. 2. Rules: two answers that
    several people read otherwise, or that the crew reads otherwise than gold. 3. People: hasty, mixing two answers up,
    erring more; what a rule explains is nobody's error. 4. Golds that skilled people contradict. 5. Rows, where what
    is known of each person and rule does not explain the dissent. `times` are (row, person) -> active seconds,
    `citations` (rule, whose work) of rejections and issues, out of `rules` rules.

    Permuting people, rows and answers changes nothing. Questions with too little to learn from (`is_enough`) are named
    in `left_out`, and nothing is said from them.
    """
    ordered = sorted(tables, key=lambda one: one.question)
    fitted = [fit for table in ordered if (fit := fit_table(table)) is not None]
    random = random_answers(fitted)
    fits = _without_random(fitted, {(one.question, one.person) for one in random})
    away = against_gold(fits)
    divided = divided_rules(fits)
    named_rules = [*divided, *(one for one in away if not _is_among(one, divided))]
    explained = _pairs(named_rules)
    spammers = {one.person for one in random}
    hasty = [one for one in hasty_people(fits, times, explained, spammers) if one.person not in spammers]
    rushed = {one.person for one in hasty}
    mixed = [one for one in mixed_up(fits, explained) if one.person not in spammers | rushed]
    known = spammers | rushed | {one.person for one in mixed}
    errs = err_more(fits, explained, known)
    distrusted = spammers | rushed | {one.person for one in errs}
    golds = wrong_golds(fits, _pairs(away), spammers)
    wrong = {one.row for one in golds}
    rows = [one for one in ambiguous_rows(fits, explained, distrusted) if one.row not in wrong]
    return Findings(
        people=(*random, *hasty, *mixed, *errs),
        rows=tuple(rows),
        rules=tuple(named_rules),
        cited=tuple(cited_rules(citations, rules=rules)),
        gold=tuple(golds),
        answers=sum(len(fit.votes) for fit in fitted),
        left_out=tuple(
            table.question for table in ordered if table.question not in {fit.table.question for fit in fitted}
        ),
    )


def _without_random(fitted: Sequence[Fit], random: set[tuple[str, str]]) -> list[Fit]:
    """The fits again without those answers; where too little is left the first fit stands."""
    found = []
    for fit in fitted:
        gone = {person for question, person in random if question == fit.table.question}
        again = fit_table(without(fit.table, gone)) if gone else None
        found.append(again or fit)
    return found


def _is_among(one: RuleFinding, others: Sequence[RuleFinding]) -> bool:
    pair = {one.asked, one.instead}
    return any(other.question == one.question and {other.asked, other.instead} == pair for other in others)


def _pairs(rules: Sequence[RuleFinding]) -> dict[str, set[Pair]]:
    found: dict[str, set[Pair]] = {}
    for one in rules:
        found.setdefault(one.question, set()).add(frozenset((one.asked, one.instead)))
    return found
