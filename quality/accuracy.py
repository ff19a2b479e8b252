"""Accuracy against gold: of a project, of each person, of each class and question, of each gold and each label.

A score's mean carries Student's interval (Jeffreys' when every score is 0 or 1); shares are Wilson's: labels without
any error of those scored, objects and answers without an error of those that either side has. ``lower`` is the 5 %
bound of the mean shrunken to the project's; it ranks, and there is none under ``ENOUGH`` results. Held scores count
nowhere. Totals are made from pooled counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from labeling.models import Project
from labeling.ontologies import parsed
from labeling.queue import newest_version
from quality.agreement.intervals import score_interval, wilson_interval
from quality.agreement.truth.skill import score_skills
from quality.models import Benchmark, GoldFeatureScore, LabelScore
from quality.performance import Mean, Rate
from workforce import access
from workforce.models import Person
from workforce.roles import Permission

ENOUGH = 5
ERRORS = {
    "missing": "missing",
    "extra": "extra",
    "wrong_class": "wrong class",
    "loose": "loose geometry",
    "wrong_answer": "wrong answer",
    "degenerate": "without area",
}


@dataclass(frozen=True)
class Accuracy:
    """``mean`` of the scores, ``right`` labels without any error; ``lower`` ranks, and is none where n is too small."""

    mean: Mean
    right: Rate
    lower: float | None = None


@dataclass(frozen=True)
class PersonAccuracy:
    uid: str
    name: str
    accuracy: Accuracy


@dataclass(frozen=True)
class ClassAccuracy:
    """Of one class or question: objects and answers without an error, and how often what went wrong."""

    feature: str
    name: str
    kind: str
    labels: int
    right: Rate
    errors: dict[str, int]

    @property
    def errors_in_words(self) -> str:
        found = sorted(self.errors.items(), key=lambda one: -one[1])
        return ", ".join(f"{count} {ERRORS.get(error, error)}" for error, count in found)


@dataclass(frozen=True)
class ProjectAccuracy:
    total: Accuracy
    people: tuple[PersonAccuracy, ...]
    classes: tuple[ClassAccuracy, ...]
    golds: int
    suspended: int
    held: int


@dataclass(frozen=True)
class GoldFigures:
    """How the answers to one gold came out."""

    accuracy: Accuracy
    last_at: Any


def accuracy_of(asking: Person, project: Project, *, labeler: str = "") -> ProjectAccuracy:
    """Figures of the whole time; with ``labeler`` (a uid) the classes are those of this person only.

    Five queries beside those of ``access``, for any number of people, classes and golds."""
    access.require(asking, Permission.VIEW_BENCHMARK, project)
    scores = counted(project)
    by_person = {one["labeler"]: one for one in tallied(scores, "labeler")}
    names = Person.objects.in_bulk(list(by_person))
    lowers = _lower_bounds(by_person)
    people = [
        PersonAccuracy(str(names[pk].uid), names[pk].name, _accuracy(tally, lowers.get(pk)))
        for pk, tally in by_person.items()
    ]
    people.sort(key=lambda one: (-(one.accuracy.lower or -1.0), one.name, one.uid))
    states = dict(Benchmark.objects.filter(project=project).values_list("state").annotate(Count("pk")).order_by())
    features = GoldFeatureScore.objects.filter(project=project, is_held=False)
    if labeler:
        features = features.filter(labeler__uid=labeler)
    return ProjectAccuracy(
        total=_accuracy(_pooled(by_person.values()), None),
        people=tuple(people),
        classes=tuple(classes_of(features, names_of_features(project))),
        golds=sum(states.values()),
        suspended=states.get(Benchmark.State.SUSPENDED, 0),
        held=LabelScore.objects.filter(project=project, is_held=True).count(),
    )


def figures_of_golds(golds: Sequence[Benchmark]) -> dict[int, GoldFigures]:
    """Benchmark's primary key → how its answers came out, those of a suspended one too; one query for any number."""
    rows = {gold.project_row_id: gold.pk for gold in golds}
    scores = LabelScore.objects.filter(label__project_row__in=rows, benchmark__isnull=False)
    found = {one["label__project_row"]: one for one in tallied(scores, "label__project_row")}
    return {
        pk: GoldFigures(_accuracy(found.get(row, {}), None), found.get(row, {}).get("last")) for row, pk in rows.items()
    }


def counted(project: Project) -> QuerySet[LabelScore]:
    return LabelScore.objects.filter(project=project, benchmark__isnull=False, is_held=False)


def tallied(scores: QuerySet[LabelScore], key: str) -> QuerySet[LabelScore, dict[str, Any]]:
    """``n``, ``total``, ``squares``, ``right`` and ``last`` of scores by ``key``."""
    wrong = GoldFeatureScore.objects.filter(label=OuterRef("label"), right_count__lt=F("object_count"))
    found: QuerySet[LabelScore, dict[str, Any]] = (
        scores.annotate(is_wrong=Exists(wrong))
        .values(key)
        .annotate(
            n=Count("pk"),
            total=Sum("benchmark"),
            squares=Sum(F("benchmark") * F("benchmark")),
            right=Count("pk", filter=Q(is_wrong=False)),
            last=Max("label__created_at"),
        )
        .order_by()
    )
    return found


def classes_of(features: QuerySet[GoldFeatureScore], names: Mapping[str, str]) -> list[ClassAccuracy]:
    """By class and question, the least sure to be right first; one query."""
    sums = {f"e_{error}": Coalesce(Sum(Cast(KeyTextTransform(error, "errors"), IntegerField())), 0) for error in ERRORS}
    found = []
    grouped: Any = features.values("feature", "kind").annotate(
        n=Count("pk"), whole=Sum("object_count"), right=Sum("right_count"), **sums
    )
    for one in grouped.order_by():
        errors = {error: one[f"e_{error}"] for error in ERRORS if one[f"e_{error}"]}
        right = rate(one["right"], one["whole"])
        name = names.get(one["feature"], "a class that is gone")
        found.append(ClassAccuracy(one["feature"], name, one["kind"], one["n"], right, errors))
    return sorted(found, key=lambda one: (one.right.low, one.name))


def names_of_features(project: Project) -> dict[str, str]:
    return {feature.uid: feature.name for feature in parsed(newest_version(project)).features}


def rate(k: int, n: int) -> Rate:
    low, high = wilson_interval(k, n)
    return Rate(k, n, k / n if n else None, low, high)


def _pooled(tallies: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    known = list(tallies)
    return {name: sum(one[name] for one in known) for name in ("n", "total", "squares", "right")}


def _accuracy(tally: Mapping[str, Any], lower: float | None) -> Accuracy:
    n = tally.get("n") or 0
    if not n:
        return Accuracy(Mean(0, None, None, None), rate(0, 0))
    low, high = score_interval(n, tally["total"], tally["squares"]) or (None, None)
    return Accuracy(Mean(n, tally["total"] / n, low, high), rate(tally["right"], n), lower)


def _lower_bounds(by_person: Mapping[int, Mapping[str, Any]]) -> dict[int, float]:
    records = {str(pk): (min(tally["total"], tally["n"]), tally["n"]) for pk, tally in by_person.items()}
    skills = score_skills(records)
    return {int(name): skill.lower for name, skill in skills.items() if skill.n >= ENOUGH}
