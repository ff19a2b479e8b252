"""Who agrees with whom in a project: every two people over the rows both labeled, and pairs that are too equal.

Read only, from stored pair scores. Who labels in the project too learns nothing of rows that they may still label."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from labeling.blindness import hide_unsubmitted_rows
from labeling.labels import makers_versions
from labeling.models import Label, OntologyVersion, Project, ProjectRow
from quality.agreement.alpha import Alpha, krippendorff_alpha
from quality.agreement.coefficients.cohen import cohen_kappa
from quality.agreement.identical import chance_of_as_many
from quality.agreement.intervals import Interval, score_interval
from quality.agreement.schema import FeatureSchema
from quality.agreement.votes import read_votes
from quality.models import PairScore
from quality.scoring_schema import schema_of
from workforce import access
from workforce.errors import NotFound
from workforce.models import Person
from workforce.roles import Permission

# Answers of so many of the newest opinions go into kappa and alpha.
MOST_OPINIONS = 5000
FEWEST_IDENTICAL = 5
# How likely it may be that a pair of the whole project is flagged by mere chance.
FALSE_ALARM = 0.001
Both = tuple[int, int]


@dataclass(frozen=True)
class TwoPeople:
    """Two people, ``a`` the older account: over ``n`` common rows the mean score with its interval, Cohen's kappa of
    the question, and how many of the objects that could be lie on each other to the pixel. ``chance`` is how likely so
    many are if these two were like all others; null without objects."""

    a: Person
    b: Person
    n: int
    mean: float
    interval: Interval | None
    kappa: float | None
    identical: int
    objects: int
    identical_rows: int
    chance: float | None
    is_too_equal: bool


@dataclass(frozen=True)
class PeopleAgreement:
    """``question`` is the one that kappa and alpha are of; none without a choice in the ontology."""

    people: tuple[Person, ...]
    pairs: tuple[TwoPeople, ...]
    questions: tuple[FeatureSchema, ...]
    question: FeatureSchema | None
    alpha: Alpha | None
    opinion_count: int
    _by_both: Mapping[Both, TwoPeople] = field(default_factory=dict)

    def pair(self, a: Person, b: Person) -> TwoPeople | None:
        return self._by_both.get(_both(a.pk, b.pk))

    @property
    def too_equal(self) -> list[TwoPeople]:
        """The least likely by chance first."""
        return sorted((pair for pair in self.pairs if pair.is_too_equal), key=lambda pair: pair.chance or 0.0)


@dataclass
class _Sums:
    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    identical: int = 0
    objects: int = 0
    identical_rows: int = 0


def people_agreement(reader: Person, project: Project, *, question: str = "") -> PeopleAgreement:
    """Everything in the same number of queries for any number of people. ``question`` is a feature's uid."""
    access.require(reader, Permission.VIEW_CONSENSUS, project)
    rows = _rows_for(reader, project)
    sums = _sums_of(rows)
    ids = {pk for both in sums for pk in both}
    people = {person.pk: person for person in Person.objects.filter(pk__in=ids).order_by("name", "pk")}
    newest = OntologyVersion.objects.filter(ontology=project.ontology_id).latest("number")
    questions = tuple(one for one in schema_of(newest) if one.kind in ("radio", "ordinal"))
    asked = next((one for one in questions if one.uid == question), questions[0] if questions else None)
    answers = _answers_of(rows, project, asked) if asked else {}
    chances = _chances(sums)
    limit = FALSE_ALARM / max(1, len(sums))
    pairs = {
        (a, b): _two_people(
            (people[a], people[b]), one, chance=chances.get((a, b)), limit=limit, kappa=_kappa(answers, (a, b))
        )
        for (a, b), one in sorted(sums.items())
    }
    votes = read_votes((str(row), str(who), answer) for who, own in answers.items() for row, answer in own.items())
    return PeopleAgreement(
        people=tuple(people.values()),
        pairs=tuple(pairs.values()),
        questions=questions,
        question=asked,
        alpha=krippendorff_alpha(votes) if asked else None,
        opinion_count=sum(len(own) for own in answers.values()),
        _by_both=pairs,
    )


def rows_of_two(reader: Person, project: Project, a: UUID | str, b: UUID | str) -> QuerySet[PairScore]:
    """The evidence: the scored pairs of two people, those with most identical objects first. NotFound for others."""
    access.require(reader, Permission.VIEW_CONSENSUS, project)
    people = list(Person.objects.filter(uid__in=[a, b]).values_list("pk", flat=True))
    if len(people) != 2:
        raise NotFound
    between = Q(label_a__labeler=people[0], label_b__labeler=people[1]) | Q(
        label_a__labeler=people[1], label_b__labeler=people[0]
    )
    pairs = PairScore.objects.filter(between, project_row__in=_rows_for(reader, project)).defer("explanation")
    related = "project_row__data_row", "label_a__labeler", "label_b__labeler"
    return pairs.select_related(*related).order_by("-identical_count", "-pk")


def _rows_for(reader: Person, project: Project) -> QuerySet[ProjectRow]:
    return hide_unsubmitted_rows(reader, ProjectRow.objects.filter(project=project), project)


def _sums_of(rows: QuerySet[ProjectRow]) -> dict[Both, _Sums]:
    scored = PairScore.objects.filter(project_row__in=rows, score__isnull=False).order_by()
    totals = scored.values_list("label_a__labeler", "label_b__labeler").annotate(
        n=Count("pk"),
        total=Sum("score"),
        squares=Sum(F("score") * F("score")),
        identical=Sum("identical_count"),
        could=Sum("object_count"),
        rows=Count("pk", filter=Q(identical_count__gt=0)),
    )
    found: dict[Both, _Sums] = defaultdict(_Sums)
    for a, b, n, total, squares, identical, objects, identical_rows in totals:
        one = found[_both(a, b)]
        one.n += n
        one.total += total
        one.squares += squares
        one.identical += identical
        one.objects += objects
        one.identical_rows += identical_rows
    return dict(found)


def _chances(sums: Mapping[Both, _Sums]) -> dict[Both, float]:
    """How likely so many identical objects are at the rate of all other pairs, one in two more added to that."""
    identical, objects = sum(one.identical for one in sums.values()), sum(one.objects for one in sums.values())
    found = {}
    for both, one in sums.items():
        if one.objects:
            rate = (identical - one.identical + 1) / (objects - one.objects + 2)
            found[both] = chance_of_as_many(one.identical, one.objects, rate)
    return found


def _two_people(
    people: tuple[Person, Person], one: _Sums, *, chance: float | None, limit: float, kappa: float | None
) -> TwoPeople:
    return TwoPeople(
        a=people[0],
        b=people[1],
        n=one.n,
        mean=one.total / one.n,
        interval=score_interval(one.n, one.total, one.squares),
        kappa=kappa,
        identical=one.identical,
        objects=one.objects,
        identical_rows=one.identical_rows,
        chance=chance,
        is_too_equal=chance is not None and one.identical >= FEWEST_IDENTICAL and chance < limit,
    )


def _answers_of(rows: QuerySet[ProjectRow], project: Project, question: FeatureSchema) -> dict[int, dict[int, str]]:
    """Person → row → answer to the question, of the newest opinions that stand in a scored pair."""
    labels = Label.objects.filter(project=project, kind=Label.Kind.OPINION, project_row__in=rows)
    shared = makers_versions(labels.filter(quality_score__pair_count__gt=0)).order_by("-label_id")
    found: dict[int, dict[int, str]] = defaultdict(dict)
    facts = "label__labeler_id", "label__project_row_id", "payload"
    for who, row, payload in shared.values_list(*facts)[:MOST_OPINIONS]:
        answer = next((one["value"] for one in payload["features"] if one["feature"] == question.uid), None)
        if isinstance(answer, str):
            found[who][row] = answer
    return dict(found)


def _kappa(answers: Mapping[int, Mapping[int, str]], both: Both) -> float | None:
    """Null without common rows, or where there is no variation."""
    one, other = (answers.get(pk, {}) for pk in both)
    common = one.keys() & other.keys()
    if not common:
        return None
    votes: Iterable[tuple[str, str, str]] = [
        (str(row), name, own[row]) for name, own in (("a", one), ("b", other)) for row in common
    ]
    return cohen_kappa(read_votes(votes)).value


def _both(a: int, b: int) -> Both:
    return (a, b) if a < b else (b, a)
