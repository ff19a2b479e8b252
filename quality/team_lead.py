"""What the lead of a team sees of a project that made them team lead: the people of the team, with what they hold and
how their work stands.

The figures are those that the lead's rights reach, which are these people's; a pause is asked of the person."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet

from labeling import pauses, work_time
from labeling.models import Pause, Project, Slot
from quality.performance import Figures, performance_of
from workforce import access
from workforce.errors import NotAllowed, NotFound
from workforce.live import is_uid
from workforce.models import ClockTimestamp, Person, Team
from workforce.roles import Permission, Role

DAYS = 14
LEADS_DOOR = "This door is for the lead of a team, where a project made them team lead."


@dataclass(frozen=True)
class TeamMember:
    person: Person
    in_hand: int
    came_back: int
    pause: Pause | None
    # None before the first row.
    figures: Figures | None


def projects_led_by(person: Person) -> QuerySet[Project]:
    """Projects where ``person`` is team lead, of organizations where a team has them as its lead."""
    led = Team.objects.filter(lead=person).values("organization")
    projects = access.roots_as(person, Project, Role.TEAM_LEAD).exclude(state=Project.State.ARCHIVED)
    return projects.filter(organization__in=led).select_related("organization").order_by("name", "pk")


def project_for(person: Person, uid: str) -> Project:
    project = access.access(person, Project.objects.select_related("organization"), uid, Permission.VIEW_PROJECT)
    if not projects_led_by(person).filter(pk=project.pk).exists():
        raise NotAllowed(LEADS_DOOR)
    return project


def people_led(person: Person, project: Project) -> QuerySet[Person]:
    """Everyone of the teams that ``person`` leads there, who works there now; the lead too."""
    teams = Team.objects.filter(lead=person, organization=project.organization_id)
    active = Q(memberships__organization=project.organization_id, memberships__is_active=True)
    people = Person.objects.filter(active, is_active=True, groups__in=teams.values("group"))
    return people.distinct().order_by("name", "pk")


def person_for(person: Person, project: Project, uid: str) -> Person:
    found = people_led(person, project).filter(uid=uid).first() if is_uid(uid) else None
    if found is None:
        raise NotFound
    return found


def team_on(person: Person, project: Project) -> list[TeamMember]:
    """The same few queries for any number of people."""
    people = list(people_led(person, project))
    ids = [one.pk for one in people]
    until = work_time.day_in(project, work_time.clock())
    shown = performance_of(person, project, since=until - timedelta(days=DAYS), until=until)
    figures = {one.uid: one.figures for one in shown.people}
    own = Slot.objects.filter(project=project, labeler__in=ids, kind=Slot.Kind.LABEL)
    live = Q(state=Slot.State.LEASED, leased_until__gt=ClockTimestamp())
    counts = access.visible_to(person, own, Permission.VIEW_QUEUE).order_by().values("labeler")
    counts = counts.annotate(held=Count("pk", filter=live), back=Count("pk", filter=Q(state=Slot.State.IN_REWORK)))
    hands = {line["labeler"]: line for line in counts}
    paused = pauses.pauses_in(project, ids)
    nothing = {"held": 0, "back": 0}
    return [
        TeamMember(
            one,
            in_hand=hands.get(one.pk, nothing)["held"],
            came_back=hands.get(one.pk, nothing)["back"],
            pause=paused.get(one.pk),
            figures=figures.get(str(one.uid)),
        )
        for one in people
    ]
