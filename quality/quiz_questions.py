"""The questions of a quiz as values: checked when they are written, drawn in an order of one's own, marked.

A question has two to eight options, of which one or several are right; it is answered right when exactly these are
chosen. Questions and options come in an order that only the project's seed, the person and the number of the attempt
decide, so that "b, a, c" helps nobody else."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from labeling import guidelines
from labeling.models import Project
from labeling.overlap import draw
from labeling.texts import checked_text
from workforce.errors import InvalidInput
from workforce.models import Person

MOST_QUESTIONS, LEAST_OPTIONS, MOST_OPTIONS = 50, 2, 8
LONGEST_QUESTION, LONGEST_OPTION, LONGEST_EXPLANATION = 1000, 300, 2000

Question = dict[str, Any]


def checked_questions(project: Project, questions: Any) -> list[Question]:
    """As they are kept: with uids, and the rule that each cites. Raises InvalidInput that names the place."""
    if not isinstance(questions, Sequence) or not 1 <= len(questions) <= MOST_QUESTIONS:
        raise InvalidInput("questions_invalid", f"A quiz has 1 to {MOST_QUESTIONS} questions.", path="questions")
    return [_checked(project, question, f"questions[{at}]", at + 1) for at, question in enumerate(questions)]


def _checked(project: Project, question: Mapping[str, Any], path: str, number: int) -> Question:
    options = question.get("options") or []
    if not LEAST_OPTIONS <= len(options) <= MOST_OPTIONS:
        said = f"Question {number} needs {LEAST_OPTIONS} to {MOST_OPTIONS} options."
        raise InvalidInput("options_invalid", said, path=f"{path}.options")
    if not any(option.get("is_right") for option in options):
        raise InvalidInput("no_right_option", f"Question {number} has no right option.", path=f"{path}.options")
    try:
        text = checked_text(question.get("text"), f"{path}.text", longest=LONGEST_QUESTION)
        words = [
            checked_text(option.get("text"), f"{path}.options[{at}].text", longest=LONGEST_OPTION)
            for at, option in enumerate(options)
        ]
        said = question.get("explanation") or ""
        explanation = checked_text(said, f"{path}.explanation", longest=LONGEST_EXPLANATION, least=0)
        rule = guidelines.cited_rule(project, str(question.get("rule") or ""), f"{path}.rule")
    except InvalidInput as refusal:
        # Every sentence names the question, as a person counts them.
        raise InvalidInput(refusal.code, f"Question {number}: {refusal.message}", **refusal.details) from None
    if len(set(words)) < len(words):
        said = f"Question {number} has the same option twice."
        raise InvalidInput("option_twice", said, path=f"{path}.options")
    return {
        "uid": str(uuid4()),
        "text": text,
        "explanation": explanation,
        "rule": rule.uid,
        "rule_title": rule.title,
        "options": [
            {"uid": str(uuid4()), "text": word, "is_right": bool(option.get("is_right"))}
            for word, option in zip(words, options, strict=True)
        ],
    }


def drawn(project: Project, person: Person, attempt: int, questions: Sequence[Question]) -> list[Question]:
    """The questions in the order in which this person meets them at this attempt, each with its options in theirs."""

    def place(thing: Mapping[str, Any]) -> float:
        return draw(project, "quiz", f"{person.uid}:{attempt}:{thing['uid']}")

    return [
        {**question, "options": sorted(question["options"], key=place)} for question in sorted(questions, key=place)
    ]


def right_options(question: Question) -> list[str]:
    return sorted(option["uid"] for option in question["options"] if option["is_right"])


def is_several(question: Question) -> bool:
    return len(right_options(question)) > 1


def checked_answers(questions: Sequence[Question], answers: Mapping[str, Sequence[Any]]) -> dict[str, list[str]]:
    """Question uid → chosen options, sorted. Every question is answered; numbers count as the questions were shown.

    Raises InvalidInput ``quiz_incomplete`` and ``unknown_option`` that name the questions."""
    known = {question["uid"] for question in questions}
    strange = sorted(str(uid)[:60] for uid in answers if uid not in known)
    if strange:
        raise InvalidInput("unknown_question", "There is no such question in this version.", unknown=strange)
    found, faults = {}, []
    for at, question in enumerate(questions):
        chosen = sorted({_uid(one) for one in answers.get(question["uid"], ())})
        code = _fault_of(question, chosen)
        if code:
            message = f"Question {at + 1}: {_SAID[code]}"
            faults.append({"path": f"answers.{question['uid']}", "code": code, "message": message})
        found[question["uid"]] = chosen
    if faults:
        said = " ".join(fault["message"] for fault in faults[:3])
        raise InvalidInput(faults[0]["code"], f"Not sent. {said} Nothing was lost.", faults=faults)
    return found


_SAID = {
    "quiz_incomplete": "choose an answer.",
    "unknown_option": "this option is not one of its options.",
    "one_option_only": "choose one answer only.",
}


def _fault_of(question: Question, chosen: Sequence[str]) -> str:
    if not chosen:
        return "quiz_incomplete"
    if not set(chosen) <= {option["uid"] for option in question["options"]}:
        return "unknown_option"
    return "one_option_only" if len(chosen) > 1 and not is_several(question) else ""


def _uid(value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        return str(value)[:60]


def marked(questions: Sequence[Question], answers: Mapping[str, Sequence[str]]) -> dict[str, bool]:
    return {question["uid"]: answers[question["uid"]] == right_options(question) for question in questions}
