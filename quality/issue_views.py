"""Saved views of a project's issues: filters under a name, a person's own or shared with the project.

A view holds names of ``issue_filters`` and nothing else, and shows each reader what that reader may see: it gives no
right to an issue. Sharing one, and changing a shared one, takes the right to change the project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet

from labeling.models import Project
from labeling.texts import checked_text
from quality import issue_filters, issues
from quality.models import DefaultIssueView, IssueView
from workforce import access, audit
from workforce.errors import InvalidInput, NotFound, RuleViolation
from workforce.live import is_uid
from workforce.models import Person
from workforce.roles import Permission

LONGEST_NAME = 60
MOST_VIEWS = 30


@dataclass(frozen=True)
class ShownView:
    """A view as its reader meets it: ``count`` are the issues in it that wait for an answer now."""

    view: IssueView
    is_own: bool
    is_default: bool
    may_change: bool
    count: int


# --- Reads ------------------------------------------------------------------------------------------------------
def views_for(person: Person, project: Project) -> list[ShownView]:
    """Own and shared views, shared first, each with its count; the counts are one statement over what waits."""
    views = list(_known_to(person, project).order_by("-is_shared", "name", "pk"))
    if not views:
        return []
    default = DefaultIssueView.objects.filter(project=project, person=person).values_list("view", flat=True).first()
    may_share = bool(access.can(person, Permission.CHANGE_PROJECT, project))
    counts = _counts(person, project, views)
    return [
        ShownView(
            view,
            is_own=view.owner_id == person.pk,
            is_default=view.pk == default,
            may_change=may_share if view.is_shared else view.owner_id == person.pk,
            count=counts[f"view_{view.pk}"],
        )
        for view in views
    ]


def view_named(person: Person, project: Project, uid: str) -> IssueView:
    """One of the views that ``person`` knows of; another's own is none."""
    found = _known_to(person, project).filter(uid=uid).first() if is_uid(uid) else None
    if found is None:
        raise NotFound
    return found


def view_by_uid(person: Person, uid: str) -> IssueView:
    """A view by its own address; NotFound for another's own."""
    view = IssueView.objects.select_related("project__organization").filter(uid=uid).first() if is_uid(uid) else None
    if view is None:
        raise NotFound
    access.require(person, Permission.VIEW_PROJECT, view.project)
    return view_named(person, view.project, uid)


def require_may_change(person: Person, view: IssueView) -> None:
    """One's own, or a shared one by the right to change the project."""
    access.require(person, Permission.VIEW_PROJECT, view.project)
    if view.is_shared:
        access.require(person, Permission.CHANGE_PROJECT, view.project)
    elif view.owner_id != person.pk:
        raise NotFound


def default_view(person: Person, project: Project) -> IssueView | None:
    chosen = DefaultIssueView.objects.filter(project=project, person=person).values("view")
    return _known_to(person, project).filter(pk__in=chosen).first()


def filters_of(view: IssueView) -> dict[str, str]:
    """What the view is made of, as far as it is known still: a filter may have gone since."""
    return issue_filters.fitting(view.filters)


# --- Writes -----------------------------------------------------------------------------------------------------
@transaction.atomic
def save_view(
    actor: Person, project: Project, *, name: str, filters: Mapping[str, Any], is_shared: bool = False
) -> IssueView:
    access.require(actor, Permission.VIEW_PROJECT, project)
    if is_shared:
        access.require(actor, Permission.CHANGE_PROJECT, project)
    # The project's lock keeps the number of views, and costs nobody who works.
    Project.objects.select_for_update().get(pk=project.pk)
    same_kind = IssueView.objects.filter(project=project, is_shared=is_shared)
    if (same_kind if is_shared else same_kind.filter(owner=actor)).count() >= MOST_VIEWS:
        raise RuleViolation("too_many_views", f"There are {MOST_VIEWS} views already. Remove one first.")
    view = IssueView(project=project, owner=actor, is_shared=is_shared)
    _write(view, name=name, filters=filters)
    if is_shared:
        audit.record(actor, "issue_view.shared", view, after={"name": view.name, "filters": view.filters})
    return view


@transaction.atomic
def change_view(
    actor: Person,
    view: IssueView,
    *,
    name: str | None = None,
    filters: Mapping[str, Any] | None = None,
    is_shared: bool | None = None,
) -> IssueView:
    """What is left out stays as it is. A shared view that becomes one's own is its maker's."""
    view = _locked(actor, view)
    before = {"name": view.name, "filters": view.filters, "is_shared": view.is_shared}
    if is_shared is not None and is_shared != view.is_shared:
        access.require(actor, Permission.CHANGE_PROJECT, view.project)
        view.is_shared = is_shared
    _write(view, name=view.name if name is None else name, filters=view.filters if filters is None else filters)
    after = {"name": view.name, "filters": view.filters, "is_shared": view.is_shared}
    if (before["is_shared"] or view.is_shared) and before != after:
        audit.record(actor, "issue_view.changed", view, before=before, after=after)
    return view


@transaction.atomic
def remove_view(actor: Person, view: IssueView) -> None:
    view = _locked(actor, view)
    if view.is_shared:
        audit.record(actor, "issue_view.removed", view, before={"name": view.name, "filters": view.filters})
    view.delete()


@transaction.atomic
def open_with(actor: Person, project: Project, view: IssueView | None) -> None:
    """The list of this project opens with ``view`` for the person; with all issues where there is none."""
    access.require(actor, Permission.VIEW_PROJECT, project)
    if view is None:
        DefaultIssueView.objects.filter(project=project, person=actor).delete()
        return
    view = view_named(actor, project, str(view.uid))
    DefaultIssueView.objects.update_or_create(project=project, person=actor, defaults={"view": view})


# --- Inside -----------------------------------------------------------------------------------------------------
def _known_to(person: Person, project: Project) -> QuerySet[IssueView]:
    known = IssueView.objects.filter(project=project).select_related("project")
    return known.filter(Q(is_shared=True) | Q(owner=person))


def _counts(person: Person, project: Project, views: Sequence[IssueView]) -> dict[str, int]:
    waiting = issues.issues_visible_to(person).filter(issue_filters.WAITING, project=project).order_by()
    wanted = {
        f"view_{view.pk}": Count("pk", filter=issue_filters.condition_of(filters_of(view), person) & Q(pk__gt=0))
        for view in views
    }
    return waiting.aggregate(**wanted)


def _locked(actor: Person, view: IssueView) -> IssueView:
    locked = IssueView.objects.select_for_update(of=("self",)).select_related("project").filter(pk=view.pk).first()
    if locked is None:
        raise NotFound
    require_may_change(actor, locked)
    return locked


def _write(view: IssueView, *, name: str, filters: Mapping[str, Any]) -> None:
    view.name = checked_text(name, "name", longest=LONGEST_NAME)
    view.filters = issue_filters.chosen_in(filters)
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise InvalidInput("view_name_taken", "There is a view of that name already.", path="name") from None
