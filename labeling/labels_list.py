"""Labels as a list: which ones a person sees, and what stands in each line. Upper floors fill further columns with
``register_column``; until one does, its place stays empty. No line costs a query of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from labeling.labels import makers_versions
from labeling.models import Label, Project, Slot
from workforce import access
from workforce.models import Person
from workforce.roles import Permission

Column = Callable[[Sequence[int]], Mapping[int, Any]]
# What the list calls the state of a label, and the states of its slot that this stands for.
STATUSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "submitted": ("Submitted", (Slot.State.SUBMITTED,)),
    "in_review": ("In review", (Slot.State.IN_REVIEW,)),
    "in_rework": ("In rework", (Slot.State.IN_REWORK, Slot.State.LEASED)),
    "done": ("Done", (Slot.State.DONE,)),
}
KINDS = {Label.Kind.OPINION.value: "Label", Label.Kind.GOLD.value: "Benchmark"}

_columns: dict[str, Column] = {}


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


def projects_with_labels(person: Person) -> list[Project]:
    """The projects whose labels ``person`` may list: those where scores may be seen, so a labeler's own are not."""
    projects = Project.objects.select_related("organization")
    return list(access.visible_to(person, projects, Permission.VIEW_CONSENSUS).order_by("name", "pk"))


def labels_of(
    projects: Sequence[Project], *, status: str = "", kind: str = "", labeler: Person | None = None
) -> QuerySet[Label]:
    """The labels of ``projects``, which the caller has from ``projects_with_labels``."""
    related = "project", "project_row__data_row__dataset", "labeler", "slot"
    in_projects = [project.pk for project in projects]
    labels = Label.objects.select_related(*related).filter(project__in=in_projects, retired_at=None)
    if status in STATUSES:
        labels = labels.filter(slot__state__in=STATUSES[status][1])
    if kind in KINDS:
        labels = labels.filter(kind=kind)
    if labeler is not None:
        labels = labels.filter(labeler=labeler)
    return labels


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
    """Who may have made labels there: members of the projects' organizations, the ended ones too."""
    organizations = {project.organization_id for project in projects}
    return Person.objects.filter(memberships__organization__in=organizations).order_by("name", "pk").distinct()


def _status(label: Label) -> str:
    if label.slot is None:
        return "Benchmark"
    for text, states in STATUSES.values():
        if label.slot.state in states:
            return text
    return label.slot.get_state_display().capitalize()
