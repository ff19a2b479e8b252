"""Answers to questions, at the top of a label, under an object or under another answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from quality.agreement.classifications import (
    checklist_score,
    ordinal_score,
    radio_score,
    read_checklist,
    read_ordinal,
    read_radio,
)
from quality.agreement.numeric import number_score, read_numeric
from quality.agreement.schema import QUESTION_KINDS, FeatureSchema
from quality.agreement.texts import read_text, text_score

AnswerValue = str | float | frozenset[str] | None


@dataclass(frozen=True)
class Answer:
    """One answer made comparable: an option, a set of options, a text, a number, or nothing."""

    value: AnswerValue
    nested: Mapping[str, Answer] = field(default_factory=dict)
    id: str | None = None

    @cached_property
    def is_given(self) -> bool:
        return self.value not in (None, "", frozenset())


Answers = Mapping[str, Answer]
"""Answers by the uid of their question."""

NO_ANSWER = Answer(None)


@dataclass(frozen=True)
class AnswerScore:
    """`score` of a question in 0..1; `own` is the answer's alone, `nested` the mean of the questions under it."""

    score: float
    own: float
    nested: float | None


def read_item_kind(item: Mapping[str, object], feature: FeatureSchema, path: str) -> None:
    """Refuses, with ValueError naming the path, an item whose kind is not the one its feature has."""
    if item.get("kind", feature.kind) != feature.kind:
        raise ValueError(f"{path}.kind: {feature.uid} is a {feature.kind}, not a {item.get('kind')}")


def read_items(items: object, path: str) -> list[tuple[str, Mapping[str, object], str]]:
    """(feature uid, item, path) of a list of features; a missing list is empty. Raises ValueError naming the path."""
    if items is None:
        return []
    if not isinstance(items, list | tuple):
        raise ValueError(f"{path}: needs a list, not {type(items).__name__}")
    found = []
    for index, item in enumerate(items):
        place = f"{path}[{index}]"
        if not isinstance(item, Mapping):
            raise ValueError(f"{place}: needs an object, not {type(item).__name__}")
        uid = item.get("feature")
        if not isinstance(uid, str):
            raise ValueError(f"{place}.feature: needs the uid of a feature")
        found.append((uid, item, place))
    return found


def read_answers(questions: Sequence[FeatureSchema], items: object, path: str) -> dict[str, Answer]:
    """The answers in `items` to `questions`; items of features that are gone from the ontology are left out.

    Raises ValueError naming the path: malformed, of another kind than the question, or a question answered twice.
    """
    by_uid = {question.uid: question for question in questions}
    answers: dict[str, Answer] = {}
    for uid, item, place in read_items(items, path):
        question = by_uid.get(uid)
        if question is None or question.kind not in QUESTION_KINDS:
            continue
        if uid in answers:
            raise ValueError(f"{place}: {uid} is answered twice")
        answers[uid] = read_answer(question, item, place)
    return answers


def read_answer(question: FeatureSchema, item: Mapping[str, object], path: str) -> Answer:
    """The answer in one item, with those nested under it. Raises ValueError naming the path."""
    read_item_kind(item, question, path)
    identifier = item.get("id")
    return Answer(
        value=_read_value(question, item.get("value"), f"{path}.value"),
        nested=read_answers(question.questions, item.get("nested"), f"{path}.nested"),
        id=None if identifier is None else str(identifier),
    )


def answers_key(answers: Answers) -> str:
    """A text that is the same for the same answers, in whatever order they were given."""
    return repr(
        [
            (
                uid,
                sorted(answer.value) if isinstance(answer.value, frozenset) else answer.value,
                answers_key(answer.nested),
            )
            for uid, answer in sorted(answers.items(), key=lambda pair: pair[0])
            if answer.is_given or answer.nested
        ]
    )


def score_answer(question: FeatureSchema, a: Answer, b: Answer) -> AnswerScore | None:
    """The score of one question in two labels; None when it is not applicable (both unanswered).

    Own score: radio 1 / 0, ordinal by the distance of the options, checklist Jaccard, text 1 - normalised edit
    distance, number by tolerance and range.
    Nested questions count only when both labels chose the answer they stand under and either answered one of them:
    score = (own + mean of nested) / 2, as for objects.
    """
    own = _own_score(question, a, b)
    if own is None:
        return None
    nested = mean_of_nested(_opened_questions(question, a, b), a.nested, b.nested)
    return AnswerScore(score=own if nested is None else (own + nested) / 2, own=own, nested=nested)


def mean_of_nested(questions: Sequence[FeatureSchema], a: Answers, b: Answers) -> float | None:
    """Mean score of the applicable `questions`, range 0..1; None when neither side answered any of them."""
    if not questions:
        return None
    if not any(answers[q.uid].is_given for q in questions for answers in (a, b) if q.uid in answers):
        return None
    scores = (score_answer(q, a.get(q.uid, NO_ANSWER), b.get(q.uid, NO_ANSWER)) for q in questions)
    applicable = [score.score for score in scores if score is not None]
    return math.fsum(applicable) / len(applicable)


def _opened_questions(question: FeatureSchema, a: Answer, b: Answer) -> list[FeatureSchema]:
    """The questions under the answers that both gave."""
    if not question.questions or not (a.is_given and b.is_given):
        return []
    if isinstance(a.value, frozenset) and isinstance(b.value, frozenset):
        both: frozenset[str] = a.value & b.value
    elif question.kind in ("radio", "ordinal"):
        both = frozenset([a.value]) if isinstance(a.value, str) and a.value == b.value else frozenset()
    else:
        return list(question.questions)
    return [nested for nested in question.questions if both and nested.parent_option in ("", *both)]


def _own_score(question: FeatureSchema, a: Answer, b: Answer) -> float | None:
    x, y = a.value, b.value
    match question.kind:
        case "radio":
            return radio_score(_option_or_none(x), _option_or_none(y))
        case "ordinal":
            return ordinal_score(_option_or_none(x), _option_or_none(y), question.options)
        case "checklist":
            return checklist_score(_as_set(x), _as_set(y), is_required=question.is_required)
        case "text":
            return text_score(x if isinstance(x, str) else "", y if isinstance(y, str) else "")
        case "number":
            return number_score(
                x if isinstance(x, float) else None,
                y if isinstance(y, float) else None,
                tolerance=question.tolerance,
                value_range=question.value_range,
            )
    return None


def _option_or_none(value: AnswerValue) -> str | None:
    return value if isinstance(value, str) else None


def _as_set(value: AnswerValue) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()


def _read_value(question: FeatureSchema, value: object, path: str) -> AnswerValue:
    match question.kind:
        case "radio":
            return read_radio(value, path)
        case "ordinal":
            return read_ordinal(value, question.options, path)
        case "checklist":
            return read_checklist(value, path)
        case "text":
            return read_text(value, path)
        case "number":
            return read_numeric(value, path)
    raise ValueError(f"{path}: no way to read a {question.kind}")
