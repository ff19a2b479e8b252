"""Rows, people, rules and gold of a project told apart: the facts behind ``agreement.findings``, read in one go.

Read only, over the newest ``MOST_ANSWERS`` opinions and checks of people; machines are nobody's fault. Who may not see
benchmarks learns nothing of gold and of checks; who labels in the project, nothing of rows they may still label."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from labeling import guidelines
from labeling.blindness import hide_unsubmitted_rows
from labeling.labels import last_versions, makers_versions
from labeling.models import GuidelineVersion, Label, LabelVersion, OntologyVersion, Project, ProjectRow, Slot
from labeling.ontologies import parsed
from quality.agreement.findings.kinds import Findings
from quality.agreement.findings.reading import CLASSES, Given, Join, joins_of, read_tables
from quality.agreement.findings.told_apart import tell_apart
from quality.agreement.measures import MEASURES
from quality.agreement.schema import walk_features
from quality.models import Benchmark, Issue, LabelScore, PairScore, Review
from quality.scoring_schema import ANSWER_IS_IN, Schema, schema_of
from workforce import access
from workforce.models import Person
from workforce.roles import Permission

MOST_ANSWERS = 6000
MOST_CITATIONS = 5000
MOST_CONTESTED = 50
GOLD = "gold"


@dataclass(frozen=True)
class Beside:
    """What else is known of a row; shown beside the finding and not mixed in."""

    skips: int = 0
    open_issues: int = 0
    is_marked: bool = False


@dataclass(frozen=True)
class ToldApart:
    """The findings with what stands behind their names: ``people`` and ``rows`` by uid, ``questions`` and ``answers``
    (by question and answer) in words, ``rules`` by uid, and golds that are ``contested`` already. ``window`` opinions
    and checks were read, ``is_whole`` when these are all."""

    found: Findings
    people: Mapping[str, Person]
    rows: Mapping[str, ProjectRow]
    beside: Mapping[str, Beside]
    questions: Mapping[str, str]
    answers: Mapping[tuple[str, str], str]
    rules: Mapping[str, str]
    contested: tuple[Benchmark, ...]
    window: int
    is_whole: bool
    sees_gold: bool


@dataclass(frozen=True)
class _Facts:
    """Of the labels in the window: who gave what for which row, in how much time."""

    labels: list[Given]
    times: dict[tuple[str, str], float]
    oldest: int
    people: dict[str, Person]
    is_whole: bool


def findings_of(reader: Person, project: Project) -> ToldApart:
    """Everything in the same number of statements for any number of rows and people."""
    access.require(reader, Permission.VIEW_CONSENSUS, project)
    sees_gold = bool(access.can(reader, Permission.VIEW_BENCHMARK, project))
    rows = hide_unsubmitted_rows(reader, ProjectRow.objects.filter(project=project), project)
    newest = OntologyVersion.objects.filter(ontology=project.ontology_id).latest("number")
    schema = schema_of(newest)
    facts = _facts_of(project, rows, with_checks=sees_gold)
    labels = [*facts.labels, *(_golds_of(rows) if sees_gold else ())]
    joins = _joins_of(rows, facts.oldest, with_gold=sees_gold) if _has_objects(schema) else ()
    tables = read_tables(schema, labels, joins)
    version = guidelines.newest_version(project)
    found = tell_apart(tables, facts.times, citations=_citations(rows), rules=len(version.rules) if version else 0)
    contested = _contested(project, rows) if sees_gold else ()
    named = _rows_named(rows, found)
    return ToldApart(
        found=found,
        people=facts.people,
        rows=named,
        beside=_beside(list(named.values())),
        questions=_questions(schema),
        answers=_answers(newest),
        rules=_rules(version),
        contested=contested,
        window=len(facts.labels),
        is_whole=facts.is_whole,
        sees_gold=sees_gold,
    )


# --- Facts ------------------------------------------------------------------------------------------------------
def _facts_of(project: Project, rows: QuerySet[ProjectRow], *, with_checks: bool) -> _Facts:
    # The project is named as well: its newest labels are an index.
    given = Label.objects.filter(ANSWER_IS_IN, project=project, project_row__in=rows).exclude(
        labeler__kind=Person.Kind.MACHINE
    )
    if not with_checks:
        given = given.filter(slot__is_check=False)
    # The newest first and their versions after: asked at once, the database reads the versions of the whole project.
    facts = "pk", "project_row__uid", "labeler_id"
    newest = {pk: (str(row), who) for pk, row, who in given.order_by("-pk").values_list(*facts)[:MOST_ANSWERS]}
    versions = makers_versions(Label.objects.filter(pk__in=newest)).exclude(origin=LabelVersion.Origin.MODEL)
    people = Person.objects.in_bulk({who for _, who in newest.values()})
    uids = {pk: str(person.uid) for pk, person in people.items()}
    labels: list[Given] = []
    times: dict[tuple[str, str], float] = {}
    for pk, payload, seconds in versions.values_list("label_id", "payload", "active_seconds"):
        row, who = newest[pk]
        labels.append(Given(str(pk), row, uids[who], payload["features"]))
        if seconds:
            times[row, uids[who]] = seconds
    known = {uids[pk]: person for pk, person in people.items()}
    return _Facts(labels, times, min(newest, default=0), known, len(newest) < MOST_ANSWERS)


def _golds_of(rows: QuerySet[ProjectRow]) -> Iterator[Given]:
    """Golds in use or suspended; one that accepts several answers says of none that it is the right one."""
    golds = Label.objects.filter(quality_benchmark__project_row__in=rows)
    versions = last_versions(golds).filter(Q(quality_gold=None) | Q(quality_gold__alternatives=[]))
    for row, payload in versions.values_list("label__project_row__uid", "payload"):
        yield Given(f"{GOLD}:{row}", str(row), "", payload["features"])


def _joins_of(rows: QuerySet[ProjectRow], oldest: int, *, with_gold: bool) -> Iterator[Join]:
    pairs = PairScore.objects.filter(project_row__in=rows, label_a__gte=oldest).order_by("pk")
    for a, b, explanation in pairs.values_list("label_a_id", "label_b_id", "explanation"):
        yield from joins_of(explanation, str(a), str(b))
    if with_gold:
        scores = LabelScore.objects.filter(label__project_row__in=rows, label__gte=oldest, benchmark__isnull=False)
        of_gold = scores.filter(gold_answer=0).order_by("pk")
        facts = "label_id", "label__project_row__uid", "benchmark_explanation"
        for label, row, explanation in of_gold.values_list(*facts):
            yield from joins_of(explanation, str(label), f"{GOLD}:{row}")


def _has_objects(schema: Schema) -> bool:
    """Whether objects can be told apart at all: by several classes, or by questions under one."""
    tools = [feature for feature in schema if feature.kind in MEASURES]
    return len(tools) > 1 or any(feature.questions for feature in tools)


def _citations(rows: QuerySet[ProjectRow]) -> list[tuple[str, str]]:
    """(rule, whose work) of rejections and of issues, the newest of each."""
    cited: list[tuple[str, str]] = []
    rejected = Review.objects.filter(label__project_row__in=rows, decision=Review.Decision.REJECT)
    reviews = rejected.order_by("-pk").values_list("reasons", "label__labeler_id")
    for reasons, who in reviews[:MOST_CITATIONS]:
        cited += [(str(rule), str(who)) for rule in {reason.get("rule") for reason in reasons} if rule]
    issues = Issue.objects.filter(project_row__in=rows, rule__isnull=False).order_by("-pk")
    cited += [(str(rule), str(who)) for rule, who in issues.values_list("rule", "opened_by_id")[:MOST_CITATIONS]]
    return cited


def _contested(project: Project, rows: QuerySet[ProjectRow]) -> tuple[Benchmark, ...]:
    found = Benchmark.objects.filter(project=project, project_row__in=rows, state=Benchmark.State.SUSPENDED)
    return tuple(found.select_related("project_row__data_row", "made_by").order_by("pk")[:MOST_CONTESTED])


# --- What stands behind the names -------------------------------------------------------------------------------
def _rows_named(rows: QuerySet[ProjectRow], found: Findings) -> dict[str, ProjectRow]:
    uids = {one.row for one in found.rows} | {one.row for one in found.gold}
    uids |= {row for one in found.people for row in one.rows} | {row for one in found.rules for row in one.rows}
    read = rows.filter(uid__in=uids).select_related("data_row", "quality_consensus")
    return {str(row.uid): row for row in read}


def _beside(rows: Sequence[ProjectRow]) -> dict[str, Beside]:
    keys = {row.pk: str(row.uid) for row in rows}
    skipped = Slot.objects.filter(project_row__in=keys, kind=Slot.Kind.LABEL, state=Slot.State.SKIPPED)
    asked = Issue.objects.filter(project_row__in=keys, state__in=Issue.WAITING)
    skips = dict(skipped.values_list("project_row").annotate(Count("pk")).order_by())
    issues = dict(asked.values_list("project_row").annotate(Count("pk")).order_by())
    return {
        str(row.uid): Beside(
            skips.get(row.pk, 0),
            issues.get(row.pk, 0),
            getattr(getattr(row, "quality_consensus", None), "ambiguous_at", None) is not None,
        )
        for row in rows
    }


def _questions(schema: Schema) -> dict[str, str]:
    names = {CLASSES: "Class of an object"}
    for feature in walk_features(schema):
        names[feature.uid] = feature.name
        for option in feature.options if feature.kind == "checklist" else ():
            names[f"{feature.uid}:{option}"] = f"{feature.name}: {option}"
    return names


def _answers(version: OntologyVersion) -> dict[tuple[str, str], str]:
    """(question, answer) → what people read: labels of options, names of classes."""
    names: dict[tuple[str, str], str] = {}
    waiting = list(parsed(version).features)
    while waiting:
        feature = waiting.pop()
        names[CLASSES, feature.uid] = feature.name
        waiting += feature.questions
        for option in feature.options:
            names[feature.uid, option.value] = option.label
            waiting += option.questions
    return names


def _rules(version: GuidelineVersion | None) -> dict[str, str]:
    return {rule["uid"]: guidelines.title_of(rule) for rule in version.rules} if version else {}
