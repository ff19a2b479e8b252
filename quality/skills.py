"""Skills: from 0 to 100 in a word of the organization, set by hand, by an import or a rule, with evidence and its date.
Where none was noted, what results against gold say counts (``computed_skills``).

A value is never changed: a new one is added and is in force from then on. A project or a batch can ask for a minimum;
the claim leaves out who has less, and says what is asked and what one has. Rework and reviews are not asked: the
first belongs to its maker, the second to a role that a lead has given."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from labeling import work_time
from labeling.models import Batch, Project, Slot
from labeling.queue import WHOLE_PROJECT, Empty
from quality.models import ComputedSkill, MinimumSkill, Skill, SkillName
from quality.models.skills import LEAST, MOST
from workforce import access, audit
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.models import Membership, Organization, Person
from workforce.roles import Permission

LONGEST_NAME = 60
LONGEST_EVIDENCE = 2000
TOO_LOW = "skill_too_low"


# --- Words ------------------------------------------------------------------------------------------------------
@transaction.atomic
def add_skill_name(actor: Person, organization: Organization, name: str) -> SkillName:
    access.require(actor, Permission.MANAGE_PEOPLE, organization)
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput("skill_name_invalid", f"A skill has a name of up to {LONGEST_NAME} characters.", path="name")
    if SkillName.objects.filter(organization=organization, name__iexact=name).exists():
        raise RuleViolation("skill_name_taken", f"There is a skill called {name} already.")
    made = SkillName.objects.create(organization=organization, name=name, created_by=actor)
    audit.record(actor, "skill_name.added", made, after={"name": name})
    return made


def skill_names_for(person: Person) -> QuerySet[SkillName]:
    """The words of the organizations in which ``person`` sees people, if only those of a vendor."""
    places = access.organizations_of(person)
    held = [place.pk for place in places if Permission.VIEW_PEOPLE in access.permissions_of(person, place)]
    return SkillName.objects.filter(organization__in=held).select_related("organization", "source")


def words_with_use(person: Person) -> QuerySet[Any]:
    """The same words with ``people_count``, of how many it was noted, and ``minimum_count``, how often it is asked."""
    counted = {"people_count": Count("skills__person", distinct=True)}
    asked = MinimumSkill.objects.filter(skill_name=OuterRef("pk")).order_by().values("skill_name")
    counted_minimums = asked.annotate(count=Count("pk")).values("count")
    return skill_names_for(person).annotate(**counted, minimum_count=Coalesce(Subquery(counted_minimums), 0))


def skill_names_of(organization: Organization) -> QuerySet[SkillName]:
    return SkillName.objects.filter(organization=organization).order_by("name")


def skill_named(organization: int, uid: Any) -> SkillName:
    """A word of the organization; NotFound for any other's."""
    found = SkillName.objects.filter(organization=organization, uid=uid).first()
    if found is None:
        raise NotFound
    return found


# --- Values -----------------------------------------------------------------------------------------------------
@transaction.atomic
def set_skill(
    actor: Person, member: Membership, skill_name: SkillName, *, value: int, evidence: str, noted_on: date | None = None
) -> Skill:
    """Note what a member can do, from the day ``noted_on`` (today when left out). Earlier values stay as history."""
    access.require(actor, Permission.MANAGE_PEOPLE, member)
    if skill_name.organization_id != member.organization_id:
        raise NotFound
    evidence = evidence.strip()
    today = today_in(member.organization)
    refuse_bad_value(value, evidence, noted_on or today, today)
    before = in_force([member.person_id], [skill_name.pk]).first()
    skill = Skill.objects.create(
        organization_id=member.organization_id,
        person_id=member.person_id,
        skill_name=skill_name,
        value=value,
        evidence=evidence,
        noted_on=noted_on or today,
        set_by=actor,
    )
    facts = {"person": str(member.person.uid), "skill": skill_name.name, "value": value, "evidence": evidence}
    audit.record(actor, "skill.set", skill, before={"value": before.value if before else None}, after=facts)
    return skill


def refuse_bad_value(value: int, evidence: str, noted_on: date, today: date) -> None:
    if not LEAST <= value <= MOST:
        raise InvalidInput("skill_out_of_range", f"A skill is a whole number from {LEAST} to {MOST}.", path="value")
    if not 1 <= len(evidence) <= LONGEST_EVIDENCE or "\x00" in evidence:
        message = f"Say what shows it, in up to {LONGEST_EVIDENCE} characters."
        raise InvalidInput("evidence_invalid", message, path="evidence")
    if noted_on > today:
        raise InvalidInput("date_in_future", "The evidence is from a day that has not come yet.", path="noted_on")


def today_in(organization: Organization) -> date:
    return work_time.clock().astimezone(ZoneInfo(organization.time_zone)).date()


def in_force(people: Iterable[int], names: Iterable[int] | None = None) -> QuerySet[Skill]:
    """The newest value of each of these people and words."""
    found = Skill.objects.filter(person__in=people)
    if names is not None:
        found = found.filter(skill_name__in=names)
    return found.order_by("person_id", "skill_name_id", "-id").distinct("person_id", "skill_name_id")


def skills_of_members(members: Sequence[Membership]) -> dict[int, list[Skill]]:
    """Membership's primary key → the skills in force in its organization, the best first; one query for any number."""
    places = {member.organization_id for member in members}
    found = in_force([member.person_id for member in members]).filter(organization__in=places)
    by_person: dict[tuple[int, int], list[Skill]] = {}
    for skill in found.select_related("skill_name"):
        by_person.setdefault((skill.person_id, skill.organization_id), []).append(skill)
    return {
        member.pk: sorted(
            by_person.get((member.person_id, member.organization_id), []),
            key=lambda skill: (-skill.value, skill.skill_name.name),
        )
        for member in members
    }


def history_of(member: Membership) -> QuerySet[Skill]:
    """Every value of a member in the organization, newest first."""
    found = Skill.objects.filter(organization=member.organization_id, person=member.person_id)
    return found.select_related("skill_name", "set_by").order_by("-id")


# --- Minimums ---------------------------------------------------------------------------------------------------
@transaction.atomic
def require_skill(
    actor: Person, project: Project, skill_name: SkillName, *, value: int, batch: Batch | None = None
) -> MinimumSkill:
    """Ask for ``value`` or more in the whole project, or in one batch of it. An earlier minimum is replaced.

    Who has less keeps the rows in hand and their rework, and gets no new row to label."""
    project = Project.objects.select_for_update().get(pk=project.pk)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    is_of_project = batch is None or batch.project_id == project.pk
    if skill_name.organization_id != project.organization_id or not is_of_project:
        raise NotFound
    if not LEAST < value <= MOST:
        raise InvalidInput("minimum_out_of_range", f"A minimum is from {LEAST + 1} to {MOST}.", path="value")
    earlier = MinimumSkill.objects.filter(project=project, batch=batch, skill_name=skill_name).first()
    minimum, _ = MinimumSkill.objects.update_or_create(
        project=project, batch=batch, skill_name=skill_name, defaults={"value": value, "set_by": actor}
    )
    facts = {"skill": skill_name.name, "batch": str(batch.uid) if batch else None}
    before = {**facts, "value": earlier.value} if earlier else {}
    audit.record(actor, "minimum_skill.set", minimum, before=before, after={**facts, "value": value})
    return minimum


@transaction.atomic
def drop_requirement(actor: Person, minimum: MinimumSkill) -> None:
    project = Project.objects.select_for_update().get(pk=minimum.project_id)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    found = MinimumSkill.objects.select_related("skill_name", "batch").filter(pk=minimum.pk).first()
    if found is None:
        raise NotFound
    facts = {"skill": found.skill_name.name, "value": found.value, "batch": str(found.batch.uid) if found.batch else ""}
    audit.record(actor, "minimum_skill.dropped", found, before=facts)
    found.delete()


def minimums_of(project: Project) -> QuerySet[MinimumSkill]:
    """What is asked in a project, the whole project's first."""
    found = MinimumSkill.objects.filter(project=project).select_related("skill_name", "batch", "set_by")
    return found.order_by(F("batch__name").asc(nulls_first=True), "skill_name__name")


# --- The claim asks ---------------------------------------------------------------------------------------------
def batches_are_closed(person: Person, project: Project, kind: str) -> dict[int, Empty]:
    """The batches from which ``person`` gets no new row, or the whole project; a gate of the queue."""
    if kind != Slot.Kind.LABEL:
        return {}
    by_batch: dict[int, list[MinimumSkill]] = {}
    for minimum in _lacking(person, project).select_related("skill_name", "batch"):
        by_batch.setdefault(minimum.batch_id or WHOLE_PROJECT, []).append(minimum)
    return {pk: _why(project, lacking) for pk, lacking in by_batch.items()}


def _lacking(person: Person, project: Project) -> QuerySet[MinimumSkill]:
    """The project's minimums that ``person`` has not, with ``held``: what is there instead. What somebody noted counts
    before what was computed."""
    own = Skill.objects.filter(person=person, skill_name=OuterRef("skill_name")).order_by("-id").values("value")[:1]
    computed = ComputedSkill.objects.filter(person=person, skill_name=OuterRef("skill_name")).values("value")
    held = Coalesce(Subquery(own), Subquery(computed), LEAST)
    minimums = MinimumSkill.objects.filter(project=project).annotate(held=held)
    return minimums.filter(held__lt=F("value")).order_by("skill_name__name")


def _why(project: Project, lacking: Sequence[Any]) -> Empty:
    asked = [f"{one.skill_name} {one.value} or more, and you have {one.held or 'none yet'}" for one in lacking]
    who = f"the batch {lacking[0].batch}" if lacking[0].batch else project.name
    return Empty(TOO_LOW, f"No row for you now: {who} asks for {'; and for '.join(asked)}.")
