"""Templates of projects: made of a project or by hand, and a new project with people on it started in one act.

A template holds no rights: who starts a project gives each role by their own, and a role that they could not give is
left out and named. Upper floors keep settings of theirs in it through ``register_part``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from labeling import batches, data_rows, guidelines, project_access, projects, work_time
from labeling.models import Dataset, Ontology, Project, ProjectTemplate
from labeling.project_access import Grant
from labeling.projects import ProjectSettings
from labeling.texts import checked_text
from workforce import access, audit
from workforce.errors import InvalidInput, NotAllowed, Refusal, RuleViolation
from workforce.models import ClockTimestamp, Organization, Person, Team
from workforce.roles import PROJECT_ROLE_NAMES, Permission

MOST_GRANTS = 200
LONGEST_NAME = 150
FIRST_BATCH = "First"


@dataclass(frozen=True)
class Part:
    """Settings of an upper floor: what of a project a template keeps (nothing where that is empty), how a new project
    gets it – returns what was left out, and why –, and what stands on the page about it."""

    title: str
    read: Callable[[Project], Any]
    start: Callable[[Person, Project, Any], Sequence[tuple[str, str]]]
    in_words: Callable[[Any], str]


_parts: dict[str, Part] = {}


def register_part(name: str, part: Part) -> None:
    _parts[name] = part


@dataclass(frozen=True)
class Started:
    """The new project, and the roles and settings that were left out: (who or what, why)."""

    project: Project
    left_out: tuple[tuple[str, str], ...]


# --- Make -------------------------------------------------------------------------------------------------------
@transaction.atomic
def make_template(
    actor: Person,
    organization: Organization,
    *,
    name: str,
    ontology: Ontology,
    settings: ProjectSettings | None = None,
    grants: Sequence[Mapping[str, Any]] = (),
    guidelines_text: str = "",
    guidelines_rules: Sequence[Mapping[str, Any]] = (),
    parts: Mapping[str, Any] | None = None,
) -> ProjectTemplate:
    access.require(actor, Permission.CREATE_PROJECT, organization)
    if ontology.organization_id != organization.pk:
        raise InvalidInput("unknown_ontology", "There is no such ontology here.")
    kept_name = checked_text(name, "name", longest=LONGEST_NAME)
    if templates_of(organization).filter(name=kept_name).exists():
        raise RuleViolation("template_name_taken", f"There is a template called {kept_name} already.")
    wanted = asdict(settings or ProjectSettings())
    # The same limits as a project's own, before anybody starts one with them.
    projects.refuse_bad_values(
        Project(organization=organization, name=kept_name, brief="-", ontology=ontology, created_by=actor, **wanted),
        is_template=True,
    )
    template = ProjectTemplate.objects.create(
        organization=organization,
        name=kept_name,
        ontology=ontology,
        quality=wanted,
        grants=_checked_grants(grants),
        guidelines_text=checked_text(guidelines_text, "guidelines", longest=guidelines.LONGEST_TEXT, least=0),
        guidelines_rules=[{"title": rule["title"], "text": rule.get("text", "")} for rule in guidelines_rules],
        parts=dict(parts or {}),
        created_by=actor,
    )
    facts = {"name": kept_name, "ontology": str(ontology.uid), "grants": len(template.grants)}
    audit.record(actor, "project_template.made", template, after=facts)
    return template


def make_template_of(actor: Person, project: Project, *, name: str) -> ProjectTemplate:
    """Everything of the project but its name, brief and rows. Roles that ran out stay out."""
    access.require(actor, Permission.MANAGE_ACCESS, project)
    written = guidelines.newest_version(project)
    now = work_time.clock()
    given: list[Grant] = [*project_access.team_grants(project), *project_access.person_grants(project)]
    grants = [_grant_facts(grant) for grant in given if project_access.is_live(grant, now)]
    return make_template(
        actor,
        project.organization,
        name=name,
        ontology=project.ontology,
        settings=ProjectSettings(**{field: getattr(project, field) for field in asdict(ProjectSettings())}),
        grants=grants[:MOST_GRANTS],
        guidelines_text=written.text if written else "",
        guidelines_rules=written.rules if written else (),
        parts={name: kept for name, part in _parts.items() if (kept := part.read(project))},
    )


@transaction.atomic
def retire_template(actor: Person, template: ProjectTemplate) -> None:
    """Take a template away: one's own, or any by those who set up the organization. Projects of it stay."""
    template = ProjectTemplate.objects.select_for_update(of=("self",)).get(pk=template.pk)
    access.require(actor, Permission.CREATE_PROJECT, template)
    if template.created_by_id != actor.pk and not access.can(actor, Permission.MANAGE_ONTOLOGY, template):
        raise NotAllowed(needs=str(Permission.MANAGE_ONTOLOGY))
    if template.retired_at is None:
        ProjectTemplate.objects.filter(pk=template.pk).update(retired_at=ClockTimestamp())
        audit.record(actor, "project_template.retired", template, before={"name": template.name})


# --- Use --------------------------------------------------------------------------------------------------------
@transaction.atomic
def start_project(
    actor: Person,
    template: ProjectTemplate,
    *,
    name: str,
    brief: str,
    dataset: Dataset | None = None,
    batch_name: str = FIRST_BATCH,
) -> Started:
    """A project with ontology, settings, guidelines and people of the template, and the rows of ``dataset``."""
    project = projects.create_project(
        actor,
        template.organization,
        name=name,
        brief=checked_text(brief, "brief", longest=guidelines.LONGEST_TEXT),
        ontology=template.ontology,
        settings=ProjectSettings(**template.quality),
    )
    if template.guidelines_text:
        words: dict[str, Any] = {"text": template.guidelines_text, "rules": template.guidelines_rules}
        guidelines.publish_version(actor, project, after=0, **words)
    left_out = list(filter(None, (_give(actor, project, wanted) for wanted in template.grants)))
    for part, kept in _parts_of(template):
        left_out += part.start(actor, project, kept)
    if dataset is not None:
        batches.create_batch(actor, project, data_rows.rows_named(actor, dataset), name=batch_name)
    audit.record(actor, "project_template.used", template, after={"project": str(project.uid)})
    return Started(project, tuple(left_out))


def _give(actor: Person, project: Project, wanted: Mapping[str, Any]) -> tuple[str, str] | None:
    """Give one role of the template; who and why not, when that cannot be."""
    receiver = project_access.receiver_named(project, wanted["kind"], wanted["uid"])
    if receiver is None:
        return "Someone who is gone", "There is no such person or team any more."
    if receiver == actor and project_access.grant_of(project, actor) is not None:
        # Who starts a project as its first lead stays that, whatever they were in the project it comes from.
        return None
    days = wanted["days"]
    expires_at = work_time.clock() + timedelta(days=days) if days is not None else None
    try:
        project_access.grant_role(actor, project, receiver, role=wanted["role"], expires_at=expires_at)
    except Refusal as refusal:
        return receiver.name, refusal.message
    return None


# --- Reads ------------------------------------------------------------------------------------------------------
def templates_of(organization: Organization) -> QuerySet[ProjectTemplate]:
    return ProjectTemplate.objects.filter(organization=organization, retired_at=None)


def templates_visible_to(person: Person) -> QuerySet[ProjectTemplate]:
    """Those that ``person`` may start a project from."""
    related = ProjectTemplate.objects.select_related("organization", "ontology", "created_by")
    return access.visible_to(person, related.filter(retired_at=None), Permission.CREATE_PROJECT)


def grants_in_words(template: ProjectTemplate) -> list[tuple[str, str, int | None]]:
    """Who gets which role for how many days, by name; two queries for any number."""
    wanted: dict[str, list[str]] = {"person": [], "team": []}
    for one in template.grants:
        wanted[one["kind"]].append(one["uid"])
    place = template.organization_id
    people = Person.objects.filter(memberships__organization=place, uid__in=wanted["person"])
    teams = Team.objects.filter(organization=place, uid__in=wanted["team"])
    names = {str(uid): name for found in (people, teams) for uid, name in found.values_list("uid", "name")}
    return [
        (names.get(one["uid"], "someone who is gone"), PROJECT_ROLE_NAMES[one["role"]], one["days"])
        for one in template.grants
    ]


def parts_in_words(template: ProjectTemplate) -> list[tuple[str, str]]:
    return [(part.title, part.in_words(kept)) for part, kept in _parts_of(template)]


# --- Inside -----------------------------------------------------------------------------------------------------
def _parts_of(template: ProjectTemplate) -> list[tuple[Part, Any]]:
    return [(part, template.parts[name]) for name, part in _parts.items() if name in template.parts]


def _grant_facts(grant: Grant) -> dict[str, Any]:
    kind = "team" if hasattr(grant, "group_id") else "person"
    days = None
    if grant.expires_at is not None:
        days = max(1, round((grant.expires_at - grant.granted_at) / timedelta(days=1)))
    return {"kind": kind, "uid": str(project_access.receiver_of(grant).uid), "role": grant.role, "days": days}


def _checked_grants(grants: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if len(grants) > MOST_GRANTS:
        raise InvalidInput("too_many_grants", f"A template holds at most {MOST_GRANTS} roles.", path="grants")
    found = []
    for at, one in enumerate(grants):
        days = one.get("days")
        is_length = days is None or (isinstance(days, int) and 1 <= days <= project_access.MOST_DAYS)
        if one.get("kind") not in ("person", "team") or one.get("role") not in PROJECT_ROLE_NAMES or not is_length:
            raise InvalidInput("grant_invalid", "A role is {kind, uid, role, days}.", path=f"grants[{at}]")
        found.append({"kind": one["kind"], "uid": str(one["uid"]), "role": one["role"], "days": days})
    return found
