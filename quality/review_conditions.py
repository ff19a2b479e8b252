"""The conditions of a review step by rule: an allow-list of names, each with its sentence and with code that says which
of some labels it holds for. The first that holds is the reason on record."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.annotations.classes import classes_in, words_of_classes
from labeling.labels import last_versions
from labeling.models import Label, Project
from labeling.ontologies import parsed
from labeling.queue import newest_version
from quality.models import Issue, Review, RowConsensus
from workforce.errors import InvalidInput
from workforce.models import Person

MOST_CLASSES, MOST_LABELS = 50, 1000
Holds = Callable[[Project, Sequence[Label], Any], set[int]]
Given = Mapping[str, Any]


@dataclass(frozen=True)
class Condition:
    """``value`` is what it asks for: classes, a share from 0 to 1, a number, or nothing."""

    code: str
    title: str
    value: str
    sentence: Callable[[Any, Mapping[str, str]], str]
    holds: Holds


def _holds_a_class(project: Project, labels: Sequence[Label], value: Any) -> set[int]:
    wanted = set(value)
    versions = last_versions(Label.objects.filter(pk__in=[label.pk for label in labels]))
    said = versions.values_list("label_id", "payload")
    return {label for label, payload in said if wanted & set(classes_in(payload))}


def _is_under_consensus(project: Project, labels: Sequence[Label], value: Any) -> set[int]:
    rows = RowConsensus.objects.filter(project_row__in={label.project_row_id for label in labels}, score__lt=value)
    return _of_rows(labels, rows.values_list("project_row", flat=True))


def _is_of_newcomer(project: Project, labels: Sequence[Label], value: Any) -> set[int]:
    """Counted no further than asked for, so that it costs the same however much somebody has made."""
    new = set()
    for maker in {label.labeler_id for label in labels}:
        reviewed = Review.objects.filter(project=project, maker=maker, ordinal=1).order_by("-pk")
        if len(reviewed.values_list("pk")[:value]) < value:
            new.add(maker)
    return {label.pk for label in labels if label.labeler_id in new}


def _has_open_issue(project: Project, labels: Sequence[Label], value: Any) -> set[int]:
    asked = Issue.objects.filter(project_row__in={label.project_row_id for label in labels})
    still_asked = asked.exclude(state__in=["resolved", "duplicate"])
    return _of_rows(labels, still_asked.values_list("project_row", flat=True))


def _has_machine_opinion(project: Project, labels: Sequence[Label], value: Any) -> set[int]:
    opinions = Label.objects.filter(
        project_row__in={label.project_row_id for label in labels}, kind=Label.Kind.OPINION
    ).exclude(labeler__kind=Person.Kind.HUMAN)
    return _of_rows(labels, opinions.values_list("project_row", flat=True))


def _of_rows(labels: Sequence[Label], rows: Iterable[int]) -> set[int]:
    found = set(rows)
    return {label.pk for label in labels if label.project_row_id in found}


def _classes_in_words(value: Any, words: Mapping[str, str]) -> str:
    named = [f"“{words.get(name, 'a class of before')}”" for name in value[:3]]
    more = f" or one of {len(value) - 3} more" if len(value) > 3 else ""
    return f"The label holds {' or '.join(named)}{more}."


CONDITIONS = {
    one.code: one
    for one in (
        Condition("classes", "The label holds one of these classes", "classes", _classes_in_words, _holds_a_class),
        Condition(
            "low_consensus",
            "Consensus of the row under",
            "share",
            lambda value, _: f"Consensus of the row is under {value:.2f}.",
            _is_under_consensus,
        ),
        Condition(
            "newcomer",
            "Its maker has fewer reviewed labels here than",
            "number",
            lambda value, _: f"Fewer than {value} labels of its maker were reviewed here.",
            _is_of_newcomer,
        ),
        Condition(
            "open_issue",
            "An issue of the row is open",
            "",
            lambda value, _: "An issue of the row is open.",
            _has_open_issue,
        ),
        Condition(
            "machine",
            "The row has an opinion of a machine or a file",
            "",
            lambda value, _: "The row has an opinion of a machine or a file.",
            _has_machine_opinion,
        ),
    )
}


def checked_conditions(project: Project, given: Sequence[Given], path: str) -> list[dict[str, Any]]:
    """As they are kept. Raises ``unknown_condition``, ``condition_invalid``."""
    kept: dict[str, dict[str, Any]] = {}
    for at, one in enumerate(given):
        here = f"{path}[{at}]"
        condition = CONDITIONS.get(str(one.get("code")))
        if condition is None or condition.code in kept:
            names = ", ".join(CONDITIONS)
            raise InvalidInput("unknown_condition", f"Conditions are {names}, each once.", path=f"{here}.code")
        kept[condition.code] = {"code": condition.code, "value": _checked(project, condition, one.get("value"), here)}
    return list(kept.values())


def _checked(project: Project, condition: Condition, value: Any, path: str) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if condition.value == "":
        return None
    if condition.value == "number" and is_number and value == int(value) and 1 <= value <= MOST_LABELS:
        return int(value)
    if condition.value == "share" and is_number and 0 < value <= 1:
        return float(value)
    is_list = isinstance(value, list | tuple) and 1 <= len(value) <= MOST_CLASSES
    if condition.value == "classes" and is_list and set(map(str, value)) <= set(class_words(project)):
        return [str(name) for name in value]
    wanted = {
        "number": f"A whole number from 1 to {MOST_LABELS} is wanted.",
        "share": "A number above 0 and up to 1 is wanted.",
        "classes": f"1 to {MOST_CLASSES} classes of the project are wanted.",
    }[condition.value]
    raise InvalidInput("condition_invalid", wanted, path=f"{path}.value")


def class_words(project: Project) -> dict[str, str]:
    """Class → its name, of the newest version of the project's ontology."""
    return words_of_classes(parsed(newest_version(project)))


def that_hold(project: Project, labels: Sequence[Label], conditions: Sequence[Given]) -> dict[int, str]:
    """Label → the sentence of the first condition that holds for it; one query or two for each condition."""
    found: dict[int, str] = {}
    for one in conditions:
        left = [label for label in labels if label.pk not in found]
        if not left:
            break
        condition = CONDITIONS[one["code"]]
        held = condition.holds(project, left, one["value"])
        if held:
            said = in_words(project, one)
            found |= dict.fromkeys(held, said)
    return found


def in_words(project: Project, one: Given, words: Mapping[str, str] | None = None) -> str:
    condition = CONDITIONS[one["code"]]
    if words is None:
        words = class_words(project) if condition.value == "classes" else {}
    return condition.sentence(one["value"], words)
