"""Projects: set up, change, and look at. The settings of a running project may change for rows not finished."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from labeling import overlap, project_access
from labeling.events import project_created
from labeling.models import Ontology, Project
from workforce import access, audit
from workforce.errors import InvalidInput, RuleViolation
from workforce.models import Organization, Person
from workforce.roles import Permission

CHANGEABLE = ("name", "brief", "state", *overlap.FIELDS, "review_share", "review_of", "lease_idle_minutes")


@dataclass(frozen=True)
class ProjectSettings:
    """What a project starts with; the defaults are one label a row, every row reviewed."""

    consensus_share: int = 0
    consensus_labels: int = 3
    consensus_threshold: float = 0.75
    consensus_most_extra: int = 0
    consensus_extra_hours: float | None = None
    consensus_strategy: str = Project.Strategy.AGREEMENT
    consensus_machine_weight: float = 0.0
    review_share: int = 100
    review_of: str = Project.ReviewOf.WINNER


@transaction.atomic
def create_project(
    actor: Person,
    organization: Organization,
    *,
    name: str,
    brief: str,
    ontology: Ontology,
    settings: ProjectSettings | None = None,
) -> Project:
    access.require(actor, Permission.CREATE_PROJECT, organization)
    if ontology.organization_id != organization.pk:
        raise InvalidInput("unknown_ontology", "There is no such ontology here.")
    _refuse_taken_name(organization, name)
    project = Project(
        organization=organization,
        name=name,
        brief=brief,
        ontology=ontology,
        created_by=actor,
        **vars(settings or ProjectSettings()),
    )
    refuse_bad_values(project)
    project.save()
    project_created.send(sender=Project, project=project)
    audit.record(actor, "project.created", project, after={"name": name, "ontology": str(ontology.uid)})
    if not access.can(actor, Permission.CHANGE_PROJECT, project):
        # A lead of another project starts this one and leads it too.
        project_access.make_first_lead(actor, project)
    return project


@transaction.atomic
def change_project(actor: Person, project: Project, **changes: Any) -> Project:
    """Change some settings. Rows that are finished stay as they are; ``overlap`` says what becomes of the others."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    access.require(actor, Permission.CHANGE_PROJECT, project)
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise InvalidInput("unknown_setting", f"Settings that can change: {', '.join(CHANGEABLE)}.", unknown=unknown)
    if changes.get("name", project.name) != project.name:
        _refuse_taken_name(project.organization, changes["name"])
    of_overlap = {name: changes.pop(name) for name in overlap.FIELDS if name in changes}
    changes = {name: value for name, value in changes.items() if value != getattr(project, name)}
    if changes:
        before = {name: getattr(project, name) for name in changes}
        for name, value in changes.items():
            setattr(project, name, value)
        refuse_bad_values(project)
        project.save(update_fields=list(changes))
        audit.record(actor, "project.changed", project, before=before, after=changes)
    if of_overlap:
        overlap.change_overlap(actor, project, of_overlap)
        project.refresh_from_db(fields=[*overlap.FIELDS, "consensus_version"])
    return project


def projects_visible_to(person: Person) -> QuerySet[Project]:
    projects = Project.objects.select_related("organization", "ontology")
    return access.visible_to(person, projects, Permission.VIEW_PROJECT).order_by("name")


def project_for(person: Person, uid: str) -> Project:
    """The project for any of its people; a stranger gets NotFound."""
    return access.access(person, Project.objects.select_related("organization"), uid, Permission.VIEW_PROJECT)


def _refuse_taken_name(organization: Organization, name: str) -> None:
    if Project.objects.filter(organization=organization, name=name).exists():
        raise RuleViolation("project_name_taken", f"There is a project called {name} already.")


def refuse_bad_values(project: Project, *, is_template: bool = False) -> None:
    """Every setting within its limits, with the fault at its name. A template may be called as a project is."""
    try:
        project.full_clean(exclude=["seed"], validate_constraints=not is_template)
    except ValidationError as error:
        found = error.message_dict.items()
        faults = [{"path": path, "code": "invalid", "message": " ".join(texts)} for path, texts in found]
        raise InvalidInput("project_invalid", "Some settings are wrong. Nothing was changed.", faults=faults) from error
