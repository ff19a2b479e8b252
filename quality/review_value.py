"""What review adds to labels: how far a decision moved a label's score, per minute that it took.

A label's versions are scored against the gold of its row where there is one and the reader may see it, else against
the version that was accepted in the end, with the measures of consensus (``agreement/labels.py``). A decision's
*before* is the version that was judged, its *after* what came of it: the same on approval, the reviewer's version on a
fix, the maker's next one on a return. A decision counts once that is there. Read only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import QuerySet

from labeling.labels import last_versions
from labeling.models import Label, LabelVersion, Project, ProjectRow, Slot
from quality.agreement.labels import score_labels
from quality.agreement.review_gain import Decision, Gain, points_per_minute
from quality.gold_scores import Gold, best_answer
from quality.models import Benchmark, Review
from quality.scoring_schema import newest_ontology, schema_of
from workforce import access
from workforce.models import Person
from workforce.roles import Permission

# Decisions that are looked at, the newest: each that changed something costs a comparison or two.
NEWEST = 500
KEPT_SECONDS = 60
AGAINST_GOLD, AGAINST_FINAL = "gold", "final"


@dataclass(frozen=True)
class Scored:
    """The versions of a label by number, and what they were compared with; empty where nothing was accepted yet."""

    scores: Mapping[int, float]
    against: str = ""


@dataclass(frozen=True)
class PersonValue:
    person: Person
    gain: Gain


@dataclass(frozen=True)
class ReviewValue:
    """``is_whole``: every decision of the period was looked at, not only the newest ``NEWEST``."""

    total: Gain
    people: tuple[PersonValue, ...]
    is_whole: bool


# --- One label ----------------------------------------------------------------------------------------------------
def scores_of(label: Label, versions: Sequence[LabelVersion], reviews: Sequence[Review], gold: Gold | None) -> Scored:
    """Every version of ``label``, oldest first, against the gold of its row or its final version."""
    row = label.project_row
    if gold is not None and label.labeler_id not in gold.authors:
        found = {one.number: best_answer(gold, one, row)[1].score for one in versions}
        return Scored({number: score for number, score in found.items() if score is not None}, AGAINST_GOLD)
    final = _accepted(label, versions, reviews)
    if final is None:
        return Scored({})
    found = {one.number: _agreement(one, final, row) for one in versions}
    return Scored({number: score for number, score in found.items() if score is not None}, AGAINST_FINAL)


def _accepted(label: Label, versions: Sequence[LabelVersion], reviews: Sequence[Review]) -> LabelVersion | None:
    """The last version when the label is done, else the one that the newest approval left."""
    by_number = {one.number: one for one in versions}
    if label.slot is not None and label.slot.state == Slot.State.DONE:
        return by_number.get(label.last_version)
    kept = [after_of(one, by_number) for one in reviews if one.decision != Review.Decision.REJECT]
    return by_number.get(kept[-1] or 0) if kept else None


def _agreement(version: LabelVersion, final: LabelVersion, row: ProjectRow) -> float | None:
    if version.payload_hash == final.payload_hash:
        return 1.0
    schema = schema_of(newest_ontology([version, final]))
    return score_labels(schema, version.payload, final.payload, size=row.data_row.size).score


def after_of(review: Review, numbers: Iterable[int]) -> int | None:
    """The number of the version that came of a decision; none while the maker has not sent the label again."""
    if review.decision == Review.Decision.APPROVE:
        return review.version
    return review.version + 1 if review.version + 1 in numbers else None


def decision_of(review: Review, scored: Scored, numbers: Iterable[int]) -> Decision | None:
    """None where a score or the time is not known."""
    after = after_of(review, numbers)
    if after is None or review.active_seconds is None or not {review.version, after} <= set(scored.scores):
        return None
    return Decision(scored.scores[review.version], scored.scores[after], review.active_seconds)


def golds_of(rows: Iterable[int]) -> dict[int, Gold]:
    """Row → its gold in use; the same few queries for one row and for many."""
    used = Benchmark.objects.filter(project_row__in=list(rows), state=Benchmark.State.ACTIVE)
    benchmarks = {one.gold_id: one for one in used.select_related("gold__made_from")}
    related = "label", "ontology_version", "quality_gold"
    newest = last_versions(Label.objects.filter(pk__in=benchmarks)).select_related(*related)
    authors: dict[int, set[int]] = defaultdict(set)
    for label, author in LabelVersion.objects.filter(label__in=benchmarks).values_list("label", "author"):
        authors[label].add(author)
    versions = list(newest)
    said = {one.pk: getattr(one, "quality_gold", None) for one in versions}
    taken = {other["label"] for kept in said.values() if kept for other in kept.alternatives if other.get("label")}
    makers = dict(Label.objects.filter(uid__in=taken).values_list("uid", "labeler"))
    found = {}
    for version in versions:
        benchmark, kept = benchmarks[version.label_id], said[version.pk]
        others = tuple(kept.alternatives) if kept else ()
        who = authors[version.label_id] | {benchmark.gold.labeler_id}
        who |= {maker for uid, maker in makers.items() if str(uid) in {str(one.get("label")) for one in others}}
        if benchmark.gold.made_from is not None:
            who.add(benchmark.gold.made_from.labeler_id)
        found[benchmark.project_row_id] = Gold(
            benchmark, version, others, kept.tolerances if kept else {}, frozenset(who)
        )
    return found


# --- Many ---------------------------------------------------------------------------------------------------------
def value_of_reviews(person: Person, project: Project, *, since: date, until: date) -> ReviewValue:
    """What the decisions of these days added, pooled over the project and for each reviewer.

    For one who may see the performance of everybody. Kept for a minute: an open page asks often."""
    access.require(person, Permission.VIEW_PERFORMANCE, project)
    sees_gold = bool(access.can(person, Permission.VIEW_BENCHMARK, project))
    zone = ZoneInfo(project.organization.time_zone)
    start = datetime.combine(since, time(), tzinfo=zone)
    end = datetime.combine(until + timedelta(days=1), time(), tzinfo=zone)
    key = f"review-value:{project.uid}:{since}:{until}:{sees_gold}"
    kept: ReviewValue | None = cache.get(key)
    if kept is None:
        made = Review.objects.filter(project=project, made_at__gte=start, made_at__lt=end, active_seconds__isnull=False)
        kept = _value_of(made, sees_gold=sees_gold)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def _value_of(made: QuerySet[Review], *, sees_gold: bool) -> ReviewValue:
    reviews = list(made.select_related("reviewer").order_by("-pk")[: NEWEST + 1])
    is_whole, reviews = len(reviews) <= NEWEST, reviews[:NEWEST]
    # An approval changes nothing, whatever it is compared with.
    moved = {one.label_id for one in reviews if one.decision != Review.Decision.APPROVE}
    scored, numbers = _scored(moved, sees_gold=sees_gold)
    by_person: dict[Person, list[Decision]] = defaultdict(list)
    for one in reviews:
        if one.decision == Review.Decision.APPROVE:
            found: Decision | None = Decision(1.0, 1.0, one.active_seconds or 0.0)
        else:
            found = decision_of(one, scored[one.label_id], numbers[one.label_id])
        if found is not None:
            by_person[one.reviewer].append(found)
    people = [PersonValue(person, points_per_minute(some)) for person, some in by_person.items()]
    total = points_per_minute([one for some in by_person.values() for one in some])
    return ReviewValue(total, tuple(sorted(people, key=lambda one: (-one.gain.n, one.person.name))), is_whole)


def _scored(label_ids: set[int], *, sees_gold: bool) -> tuple[dict[int, Scored], dict[int, set[int]]]:
    related = "slot", "project_row__data_row", "project_row__project"
    labels = {one.pk: one for one in Label.objects.filter(pk__in=label_ids).select_related(*related)}
    versions: dict[int, list[LabelVersion]] = defaultdict(list)
    for version in LabelVersion.objects.filter(label__in=labels).select_related("ontology_version").order_by("number"):
        versions[version.label_id].append(version)
    reviews: dict[int, list[Review]] = defaultdict(list)
    for review in Review.objects.filter(label__in=labels).order_by("label", "ordinal"):
        reviews[review.label_id].append(review)
    golds = golds_of(label.project_row_id for label in labels.values()) if sees_gold else {}
    scored = {
        pk: scores_of(label, versions[pk], reviews[pk], golds.get(label.project_row_id)) for pk, label in labels.items()
    }
    return scored, {pk: {one.number for one in versions[pk]} for pk in labels}
