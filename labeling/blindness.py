"""Blindness: before their own submit nobody learns another's answer, a score or a gold mark, by whatever door and
whatever else they may do in the project.

Lists of labels start here, and pages, streams and exports ask here. Gold shows only to those who may see benchmarks; a
person who labels in the project learns of a row once no opinion of it is wanted any more, or once their own is in."""

from collections.abc import Sequence

from django.db.models import Exists, F, Model, OuterRef, Prefetch, Q, QuerySet

from labeling.labels import labels_visible_to
from labeling.models import Label, LabelVersion, Project, ProjectRow, Slot
from labeling.rows import OPINION_IS_IN
from workforce import access, live
from workforce.errors import RuleViolation
from workforce.models import Person
from workforce.roles import Permission

WANTED = (Slot.State.OPEN, Slot.State.LEASED, Slot.State.IN_REWORK)


def labels_shown_to(person: Person, project: Project) -> QuerySet[Label]:
    """Labels with their last version under ``shown``, a list of one."""
    labels = labels_visible_to(person).filter(project=project, retired_at=None)
    if not access.can(person, Permission.VIEW_BENCHMARK, project):
        labels = labels.exclude(kind=Label.Kind.GOLD)
    if access.can(person, Permission.LABEL, project):
        labels = labels.filter(Q(labeler=person) | ~_may_still_label(person, "project_row"))
    last = LabelVersion.objects.filter(number=F("label__last_version")).select_related("author", "ontology_version")
    return labels.prefetch_related(Prefetch("versions", last, to_attr="shown"))


def refuse_unsubmitted(person: Person, row: ProjectRow) -> None:
    """Raises ``label_first`` when ``person`` may still label this row."""
    if access.can(person, Permission.LABEL, row) and _rows_to_label(person, [row.project]).filter(pk=row.pk).exists():
        raise RuleViolation(
            "label_first", "You may still label this row, so its answers and scores show after your own submit."
        )


def hide_unsubmitted(person: Person, labels: QuerySet[Label], projects: list[Project]) -> QuerySet[Label]:
    """``labels`` without those of rows that ``person`` may still label; for lists over several projects."""
    labeled_in = access.visible_to(
        person, Project.objects.filter(pk__in=[one.pk for one in projects]), Permission.LABEL
    )
    mine = list(labeled_in.values_list("pk", flat=True))
    if not mine:
        return labels
    return labels.exclude(Q(project__in=mine) & ~Q(labeler=person) & _may_still_label(person, "project_row"))


def hide_unsubmitted_rows(person: Person, rows: QuerySet[ProjectRow], project: Project) -> QuerySet[ProjectRow]:
    """``rows`` of ``project`` without those that ``person`` may still label; for lists that show scores."""
    if not access.can(person, Permission.LABEL, project):
        return rows
    return rows.exclude(_may_still_label(person, "pk"))


def rows_known_to(person: Person, rows: Sequence[ProjectRow], project: Project) -> set[int]:
    """Those of ``rows`` (primary keys) whose scores may stand beside them; all are of ``project``."""
    known = hide_unsubmitted_rows(person, ProjectRow.objects.filter(pk__in=[row.pk for row in rows]), project)
    return set(known.values_list("pk", flat=True))


def refuse_blind_export(person: Person, project: Project, states: list[str]) -> None:
    """Raises ``label_first`` when the export would hold a row that ``person`` may still label."""
    if not access.can(person, Permission.LABEL, project):
        return
    rows = _rows_to_label(person, [project])
    if (rows.filter(state__in=states) if states else rows).exists():
        raise RuleViolation(
            "label_first",
            "You label in this project, and some of these rows may still come to you. Export rows that are done, "
            "or have someone export who does not label here.",
        )


def may_follow_row(person: Person, uid: str) -> bool:
    """Who follows a row live: those who may see consensus and do not label there."""
    return _may_follow(person, ProjectRow.objects.filter(uid=uid).first() if live.is_uid(uid) else None)


def may_follow_project(person: Person, uid: str) -> bool:
    """Who follows a project live: scores of every row travel there, so nobody who labels in it does."""
    return _may_follow(person, Project.objects.filter(uid=uid).first() if live.is_uid(uid) else None)


def _may_follow(person: Person, thing: Model | None) -> bool:
    if thing is None:
        return False
    sees, labels = access.can_each(person, [Permission.VIEW_CONSENSUS, Permission.LABEL], thing)
    return bool(sees) and not labels


def _rows_to_label(person: Person, projects: list[Project]) -> QuerySet[ProjectRow]:
    return ProjectRow.objects.filter(_may_still_label(person, "pk"), project__in=projects)


def _may_still_label(person: Person, row_path: str) -> Q:
    """The row at ``row_path`` wants an opinion, and the person's own is not in."""
    slots = Slot.objects.filter(project_row=OuterRef(row_path), kind=Slot.Kind.LABEL)
    is_wanted = Exists(slots.filter(state__in=WANTED, is_check=False))
    has_own = Exists(slots.filter(labeler=person, state__in=OPINION_IS_IN))
    return Q(is_wanted) & ~Q(has_own)
