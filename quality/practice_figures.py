"""How practice goes: row by row and person by person, from first answers.

A mean carries Student's interval (Jeffreys' when every score is 0 or 1). Results of retired rows count for nobody. The
same number of queries for any number of rows, people and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from labeling.models import Project
from quality import practice
from quality.accuracy import ERRORS
from quality.agreement.intervals import score_interval
from quality.models import PracticeAnswer, PracticeRow
from quality.performance import Mean
from workforce.models import Person

NOBODY = Mean(0, None, None, None)


@dataclass(frozen=True)
class RowFigures:
    """``commonest`` is the kind of error that most objects and answers had, in words; empty where none had any."""

    mean: Mean = NOBODY
    commonest: str = ""


@dataclass(frozen=True)
class PersonFigures:
    uid: str
    name: str
    mean: Mean


def figures_of_rows(rows: Sequence[PracticeRow]) -> dict[int, RowFigures]:
    """Practice row's primary key → how people answered it first; one query."""
    sums = {f"e_{error}": Coalesce(Sum(Cast(KeyTextTransform(error, "errors"), IntegerField())), 0) for error in ERRORS}
    answers = PracticeAnswer.objects.filter(row__in=[row.pk for row in rows])
    return {one["row"]: RowFigures(_mean(one), _commonest(one)) for one in _tallied(answers, "row", **sums)}


def figures_of_people(reader: Person, project: Project) -> list[PersonFigures]:
    """Of those whose figures ``reader`` may see, by name."""
    answers = practice.answers_visible_to(reader, project).filter(row__retired_at=None)
    found = _tallied(answers, "person__uid", "person__name")
    people = [PersonFigures(str(one["person__uid"]), one["person__name"], _mean(one)) for one in found]
    return sorted(people, key=lambda one: (one.name, one.uid))


def _tallied(answers: QuerySet[PracticeAnswer], *keys: str, **more: Any) -> list[dict[str, Any]]:
    sums = {"n": Count("pk"), "total": Sum("score"), "squares": Sum(F("score") * F("score"))}
    return list(answers.values(*keys).annotate(**sums, **more).order_by())


def _mean(tally: Mapping[str, Any]) -> Mean:
    n, total = tally["n"], tally["total"]
    low, high = score_interval(n, total, tally["squares"]) or (None, None)
    return Mean(n, total / n, low, high)


def _commonest(tally: Mapping[str, Any]) -> str:
    error = max(ERRORS, key=lambda one: tally[f"e_{one}"])
    count = tally[f"e_{error}"]
    return f"{ERRORS[error]}, {count}" if count else ""
