"""Labels as a list: which ones a person sees, and what stands in each line. Upper floors fill further columns with
``register_column`` and add statuses of their own with ``register_status``; until one does, its place stays empty. No
line costs a query of its own. Days are those of the project's organization, as in every figure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from labeling.labels import makers_versions
from labeling.models import Label, Project, Slot
from workforce import access
from workforce.models import Organization, Person
from workforce.people_list import team_shown
from workforce.roles import Permission

Column = Callable[[Sequence[int]], Mapping[int, Any]]
# The condition that the moment at a path from the label lies in the days that are asked for.
Between = Callable[[str], Q]
Narrow = Callable[[QuerySet[Label], Between], QuerySet[Label]]
# What the list calls the state of a label, and the states of its slot that this stands for.
STATUSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "submitted": ("Submitted", (Slot.State.SUBMITTED,)),
    "in_review": ("In review", (Slot.State.IN_REVIEW,)),
    "in_rework": ("In rework", (Slot.State.IN_REWORK, Slot.State.LEASED)),
    "done": ("Done", (Slot.State.DONE,)),
}
KINDS = {Label.Kind.OPINION.value: "Label", Label.Kind.GOLD.value: "Benchmark"}

_columns: dict[str, Column] = {}
_statuses: dict[str, tuple[str, Narrow]] = {}


@dataclass(frozen=True)
class Wanted:
    """The filters of the list. ``labeler`` is a uid: nobody's leaves nothing, as does a team without people.

    Days mean the label's first submit, or, with a status of an upper floor, the moment of that."""

    status: str = ""
    kind: str = ""
    labeler: str = ""
    team: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class LabelLine:
    label: Label
    status: str
    active_seconds: float | None
    columns: dict[str, Any] = field(default_factory=dict)


def register_column(name: str, column: Column) -> None:
    """``column`` gets the primary keys of the labels on the page and answers for those it knows something of.

    Called once per page, only for labels whose consensus the reader may see."""
    _columns[name] = column


def column_of(name: str, labels: Sequence[Label]) -> Mapping[int, Any]:
    """What an upper floor knows of these labels, under ``name``."""
    column = _columns.get(name)
    return column([label.pk for label in labels]) if column is not None and labels else {}


def register_status(name: str, title: str, narrow: Narrow) -> None:
    """A status that only an upper floor knows; ``narrow(labels, between)`` keeps those that have it in these days."""
    _statuses[name] = title, narrow


def status_titles() -> list[tuple[str, str]]:
    own = [(name, title) for name, (title, _) in STATUSES.items()]
    return own + [(name, title) for name, (title, _) in _statuses.items()]


def projects_with_labels(person: Person) -> list[Project]:
    """The projects whose labels ``person`` may list: those where scores may be seen, so a labeler's own are not."""
    projects = Project.objects.select_related("organization")
    return list(access.visible_to(person, projects, Permission.VIEW_CONSENSUS).order_by("name", "pk"))


def labels_of(projects: Sequence[Project], wanted: Wanted | None = None) -> QuerySet[Label]:
    """The labels of ``projects``, which the caller has from ``projects_with_labels``."""
    wanted = wanted or Wanted()
    related = "project", "project_row__data_row__dataset", "labeler", "slot"
    in_projects = [project.pk for project in projects]
    labels = Label.objects.select_related(*related).filter(project__in=in_projects, retired_at=None)
    if wanted.kind in KINDS:
        labels = labels.filter(kind=wanted.kind)
    if wanted.labeler:
        labels = labels.filter(labeler__uid=wanted.labeler) if _is_uid(wanted.labeler) else labels.none()
    if wanted.team:
        labels = labels.filter(_of_team(_organizations(projects), wanted.team))
    if wanted.status in _statuses:
        return _statuses[wanted.status][1](labels, lambda path: _within(projects, wanted, path))
    if wanted.status in STATUSES:
        labels = labels.filter(slot__state__in=STATUSES[wanted.status][1])
    return labels.filter(_within(projects, wanted, "created_at"))


def _is_uid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _organizations(projects: Sequence[Project]) -> list[Organization]:
    return list({project.organization_id: project.organization for project in projects}.values())


def _of_team(organizations: Sequence[Organization], team: str) -> Q:
    """Labels of people who stand under this team where the label was made, as the figures say it."""
    parts = [
        Q(
            project__organization=one,
            labeler__in=Person.objects.annotate(shown_team=team_shown(one.pk)).filter(shown_team=team).values("pk"),
        )
        for one in organizations
    ]
    return reduce(or_, parts, Q(pk__in=[]))


def _within(projects: Sequence[Project], wanted: Wanted, path: str) -> Q:
    """The moment at ``path`` lies in the days that are asked for, each project's in its own time zone."""
    if wanted.since is None and wanted.until is None:
        return Q()
    parts = []
    for organization in _organizations(projects):
        zone = ZoneInfo(organization.time_zone)
        part = Q(project__organization=organization)
        if wanted.since is not None:
            part &= Q(**{f"{path}__gte": _start_of(wanted.since, zone)})
        if wanted.until is not None and wanted.until < date.max:
            part &= Q(**{f"{path}__lt": _start_of(wanted.until + timedelta(days=1), zone)})
        parts.append(part)
    return reduce(or_, parts, Q(pk__in=[]))


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def lines_of(labels: Sequence[Label]) -> list[LabelLine]:
    """One line per label, in the given order: one query for the times and whatever each column needs."""
    ids = [label.pk for label in labels]
    versions = makers_versions(Label.objects.filter(pk__in=ids))
    seconds = dict(versions.values_list("label_id", "active_seconds"))
    columns = {name: column(ids) for name, column in _columns.items()} if ids else {}
    return [
        LabelLine(
            label=label,
            status=_status(label),
            active_seconds=seconds.get(label.pk),
            columns={name: values.get(label.pk) for name, values in columns.items()},
        )
        for label in labels
    ]


def labelers_of(projects: Sequence[Project]) -> QuerySet[Person]:
    """Who may have made labels there: members of the projects' organizations, the ended ones too.

    Authors of imported files are left out, there may be thousands; ``labeler_named`` finds them."""
    organizations = {project.organization_id for project in projects}
    return Person.objects.filter(memberships__organization__in=organizations).order_by("name", "pk").distinct()


def labeler_named(projects: Sequence[Project], uid: str) -> Person | None:
    """The member or imported author of the projects' organizations with this uid; none for anybody else's."""
    organizations = {project.organization_id for project in projects}
    theirs = Q(memberships__organization__in=organizations) | Q(source_organization__in=organizations)
    return Person.objects.filter(theirs, uid=uid).first() if _is_uid(uid) else None


def _status(label: Label) -> str:
    if label.slot is None:
        return "Benchmark"
    for text, states in STATUSES.values():
        if label.slot.state in states:
            return text
    return label.slot.get_state_display().capitalize()
