"""Computed skills: what results against gold say of people, per kind of data and class, as a word of the organization.

A result weighs half after the half-life. The value is 100 × the 5 % bound of the mean shrunken to everybody's (four
pseudo-results), rounded down: surely this much. ``ENOUGH`` results make one; too little weight left takes it away.
Results of finished days only, so that nobody learns from a value which of today's rows had gold. **A value by hand, by
import or by a rule counts before a computed one**; both are shown."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from labeling import work_time
from labeling.models import OntologyVersion
from labeling.ontologies import parsed
from quality.agreement.truth.skill import Skill as Estimate
from quality.agreement.truth.skill import score_skills
from quality.models import ComputedSkill, GoldFeatureScore, LabelScore, SkillName, SkillSource
from workforce import access, audit
from workforce.errors import InvalidInput
from workforce.models import ClockTimestamp, Membership, Organization, Person
from workforce.roles import Permission

ENOUGH = 5
LEAST_WEIGHT = 2.5
WRITTEN = ("value", "mean", "low", "high", "n", "weight", "evidence", "last_result_at", "computed_at")


@dataclass(frozen=True)
class Source:
    media: str = ""
    feature: str = ""
    half_life_days: int = 90


@dataclass(frozen=True)
class _Result:
    person: int
    score: float
    at: datetime
    project: str


# --- From what --------------------------------------------------------------------------------------------------
@transaction.atomic
def compute_from(actor: Person, word: SkillName, source: Source) -> int:
    """Compute a word from results against gold, now and every hour. Returns how many people have it."""
    access.require(actor, Permission.MANAGE_PEOPLE, word.organization)
    titles = features_of(word.organization)
    if source.feature and source.feature not in titles:
        raise InvalidInput("unknown_feature", "There is no such class in the organization.", path="feature")
    if source.media not in SkillSource.Media.values:
        raise InvalidInput("unknown_media", "Kinds of data are image and text.", path="media")
    if not 7 <= source.half_life_days <= 1000:
        raise InvalidInput("half_life_invalid", "Results weigh half after 7 to 1000 days.", path="half_life_days")
    earlier = SkillSource.objects.filter(skill_name=word).first()
    before = {name: getattr(earlier, name) for name in vars(source)} if earlier else {}
    values = {**vars(source), "feature_title": titles.get(source.feature, ""), "set_by": actor}
    SkillSource.objects.update_or_create(skill_name=word, defaults=values)
    audit.record(actor, "skill_source.set", word, before=before, after=vars(source))
    return recompute(word.pk)


@transaction.atomic
def compute_no_more(actor: Person, word: SkillName) -> None:
    access.require(actor, Permission.MANAGE_PEOPLE, word.organization)
    gone, _ = SkillSource.objects.filter(skill_name=word).delete()
    if gone:
        ComputedSkill.objects.filter(skill_name=word).delete()
        audit.record(actor, "skill_source.dropped", word)


def features_of(organization: Organization) -> dict[str, str]:
    """Uid and title of every class and question of the organization's ontologies, as their newest versions name it."""
    found: dict[str, str] = {}
    versions = OntologyVersion.objects.filter(ontology__organization=organization).select_related("ontology")
    for version in versions.order_by("ontology_id", "-number").distinct("ontology_id"):
        found |= {feature.uid: f"{feature.name} ({version.ontology.name})" for feature in parsed(version).features}
    return dict(sorted(found.items(), key=lambda one: one[1]))


# --- What comes out ---------------------------------------------------------------------------------------------
def recompute_all() -> int:
    words = SkillSource.objects.order_by("pk").values_list("skill_name", flat=True)
    return sum(recompute(pk) for pk in words)


@transaction.atomic
def recompute(word_pk: int) -> int:
    """Make the values of a word anew; twice or at once is harmless. Returns how many people have one."""
    sources = SkillSource.objects.select_for_update(of=("self",)).select_related("skill_name__organization")
    source = sources.filter(skill_name=word_pk).first()
    if source is None:
        return 0
    organization, now = source.skill_name.organization, work_time.clock()
    by_person: dict[int, list[_Result]] = defaultdict(list)
    for result in _results(source, organization, before=_midnight(organization, now)):
        by_person[result.person].append(result)
    weighed = {
        person: [(one, weight_of(now - one.at, source.half_life_days)) for one in results]
        for person, results in by_person.items()
    }
    estimates = score_skills(
        {
            str(person): (math.fsum(one.score * weight for one, weight in results), math.fsum(w for _, w in results))
            for person, results in weighed.items()
        }
    )
    made = [
        _skill(source.skill_name, person, [one for one, _ in results], estimates[str(person)])
        for person, results in weighed.items()
        if len(results) >= ENOUGH and estimates[str(person)].n >= LEAST_WEIGHT
    ]
    ComputedSkill.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["person", "skill_name"], update_fields=WRITTEN
    )
    ComputedSkill.objects.filter(skill_name=word_pk).exclude(person__in=[one.person_id for one in made]).delete()
    return len(made)


def weight_of(age: timedelta, half_life_days: int) -> float:
    """1 for a new result, half after the half-life, a quarter after two. Range 0..1."""
    return float(0.5 ** (max(age.total_seconds(), 0.0) / (half_life_days * 86_400)))


def computed_of(members: Sequence[Membership]) -> dict[int, list[ComputedSkill]]:
    """Membership's primary key → the computed skills in its organization, the best first; one query for any number."""
    found: dict[tuple[int, int], list[ComputedSkill]] = defaultdict(list)
    skills = ComputedSkill.objects.filter(person__in=[member.person_id for member in members])
    for skill in skills.select_related("skill_name__source").order_by("-value", "skill_name__name"):
        found[skill.person_id, skill.organization_id].append(skill)
    return {member.pk: found[member.person_id, member.organization_id] for member in members}


def _skill(word: SkillName, person: int, results: Sequence[_Result], estimate: Estimate) -> ComputedSkill:
    return ComputedSkill(
        organization_id=word.organization_id,
        person_id=person,
        skill_name=word,
        value=math.floor(100 * estimate.lower),
        mean=estimate.mean,
        low=estimate.low,
        high=estimate.high,
        n=len(results),
        weight=estimate.n,
        evidence=dict(Counter(one.project for one in results)),
        last_result_at=max(one.at for one in results),
        computed_at=ClockTimestamp(),
    )


def _results(source: SkillSource, organization: Organization, *, before: datetime) -> Iterable[_Result]:
    """One query, for any number of people."""
    table: QuerySet[Any]
    if source.feature:
        table = GoldFeatureScore.objects.filter(feature=source.feature, score__isnull=False)
        column = "score"
    else:
        table = LabelScore.objects.filter(benchmark__isnull=False)
        column = "benchmark"
    table = table.filter(project__organization=organization, is_held=False, label__created_at__lt=before)
    if source.media:
        table = table.filter(label__project_row__data_row__mime_type__startswith=f"{source.media}/")
    for row in table.values_list("labeler", column, "label__created_at", "project__name"):
        yield _Result(*row)


def _midnight(organization: Organization, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(organization.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
