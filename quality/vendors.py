"""What a vendor's manager sees: own people, the projects shared with the vendor, and what own people have there.

Every door of the vendor begins with ``vendor_for`` and narrows twice: by the manager's rights, which reach what own
people made on shared projects, and by the vendor itself. Nobody of another company is named: who answers a question
from outside is the project team, and of a label only what its own maker wrote is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Prefetch, Q, QuerySet

from labeling import blindness, project_access, work_time
from labeling.labels import labels_visible_to
from labeling.models import Label, LabelVersion, Project, Slot
from quality import issues
from quality.models import Issue
from workforce import access
from workforce.errors import InvalidInput, NotAllowed, NotFound
from workforce.live import is_uid
from workforce.models import ClockTimestamp, Invitation, Membership, Person, Team
from workforce.roles import Permission

MANAGERS_DOOR = "This door is for the vendor's own manager."


@dataclass(frozen=True)
class QueueFigures:
    """What own people have of one project now: rows in hand, rows that came back and wait, rows submitted today."""

    project: Project
    in_hand: int
    came_back: int
    done_today: int


def vendor_for(person: Person, uid: str) -> Team:
    """The vendor for its manager. NotFound for a stranger, NotAllowed for everybody else of the organization."""
    vendors = Team.objects.filter(kind=Team.Kind.VENDOR).select_related("organization", "group")
    vendor = access.access(person, vendors, uid, Permission.VIEW_PEOPLE)
    if not access.vendors_managed_by(person).filter(pk=vendor.pk).exists():
        raise NotAllowed(MANAGERS_DOOR)
    return vendor


def vendors_of(person: Person) -> QuerySet[Team]:
    return access.vendors_managed_by(person).select_related("organization", "group")


# --- People -----------------------------------------------------------------------------------------------------
def people_of(person: Person, vendor: Team) -> QuerySet[Membership]:
    members = Membership.objects.filter(vendor=vendor).select_related("person", "organization", "vendor")
    return access.visible_to(person, members, Permission.VIEW_PEOPLE)


def member_for(person: Person, uid: str) -> Membership:
    """One of the people of a vendor that ``person`` manages."""
    members = Membership.objects.select_related("person", "organization", "vendor")
    member = access.access(person, members, uid, Permission.MANAGE_PEOPLE)
    if not access.vendors_managed_by(person).filter(vendor_people=member).exists():
        raise NotAllowed(MANAGERS_DOOR)
    return member


def _own(vendor: Team) -> Any:
    return Membership.objects.filter(vendor=vendor).values("person")


def invitation_for(person: Person, uid: str) -> Invitation:
    """An invitation to a vendor that ``person`` manages."""
    found = access.access(
        person, Invitation.objects.select_related("organization", "vendor"), uid, Permission.MANAGE_PEOPLE
    )
    if found.vendor is None or found.vendor not in access.vendors_managed_by(person):
        raise NotAllowed(MANAGERS_DOOR)
    return found


# --- Projects and the queue -------------------------------------------------------------------------------------
def projects_of(person: Person, vendor: Team) -> QuerySet[Project]:
    """The projects shared with the vendor now, each with ``shared_role`` and ``shared_until``."""
    return project_access.projects_shared_with(vendor).exclude(pk__in=project_access.projects_barred_to(person))


def project_for(person: Person, vendor: Team, uid: str) -> Project:
    project = projects_of(person, vendor).filter(uid=uid).first() if is_uid(uid) else None
    if project is None:
        raise NotFound
    return project


def queue_figures(person: Person, vendor: Team) -> list[QueueFigures]:
    """Of each shared project; the same few queries for any number of projects and people."""
    projects = list(projects_of(person, vendor).order_by("name"))
    own = Slot.objects.filter(project__in=projects, labeler__in=_own(vendor), kind=Slot.Kind.LABEL)
    visible = access.visible_to(person, own, Permission.VIEW_QUEUE).order_by().values("project")
    live = Q(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp())
    held = visible.filter(state__in=[Slot.State.LEASED, Slot.State.IN_REWORK]).annotate(
        in_hand=Count("pk", filter=live), came_back=Count("pk", filter=Q(state=Slot.State.IN_REWORK))
    )
    today = visible.filter(submitted_at__gte=_midnight(vendor)).exclude(state=Slot.State.SKIPPED)
    in_work = {line["project"]: line for line in held}
    done = {line["project"]: line["done"] for line in today.annotate(done=Count("pk"))}
    nothing = {"in_hand": 0, "came_back": 0}
    return [
        QueueFigures(
            project,
            in_hand=in_work.get(project.pk, nothing)["in_hand"],
            came_back=in_work.get(project.pk, nothing)["came_back"],
            done_today=done.get(project.pk, 0),
        )
        for project in projects
    ]


def _midnight(vendor: Team) -> datetime:
    zone = ZoneInfo(vendor.organization.time_zone)
    return datetime.combine(work_time.clock().astimezone(zone).date(), time(), tzinfo=zone)


# --- Labels -----------------------------------------------------------------------------------------------------
def labels_of(person: Person, vendor: Team, project: Project | None = None) -> QuerySet[Label]:
    """Labels of own people on shared projects. ``own`` are the versions that the maker wrote, the last one last; a
    reviewer's version is not shown, only that there is one."""
    projects = list(projects_of(person, vendor)) if project is None else [project]
    found = labels_visible_to(person).filter(
        project__in=projects, labeler__in=_own(vendor), kind=Label.Kind.OPINION, retired_at=None
    )
    versions = LabelVersion.objects.filter(author=F("label__labeler")).order_by("number")
    shown = blindness.hide_unsubmitted(person, found, projects)
    return shown.prefetch_related(Prefetch("versions", versions.select_related("ontology_version"), to_attr="own"))


# --- Issues -----------------------------------------------------------------------------------------------------
def issues_of(person: Person, vendor: Team, *, state: str = "") -> QuerySet[Issue]:
    """What own people asked on shared projects, newest first."""
    if state and state not in Issue.State.values:
        raise InvalidInput("unknown_state", f"States are {', '.join(Issue.State.values)}.")
    found = issues.issues_visible_to(person).filter(
        project__in=projects_of(person, vendor).values("pk"), opened_by__in=_own(vendor)
    )
    return (found.filter(state=state) if state else found).order_by("-pk")


def threads_for(person: Person, some: Sequence[Issue]) -> list[tuple[Issue, list[dict[str, Any]]]]:
    """Issues with what was said in them, as ``person`` may read it."""
    unnamed = issues.unnamed_to(person, some)
    return [(issue, [issues.comment_facts(said, unnamed) for said in issue.comments.all()]) for issue in some]
