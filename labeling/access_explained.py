"""Why somebody may do what they may: person → membership → teams → grants → roles → permissions → pictures.

Nothing is decided here. Each line says what it adds or why it does not count; a test holds the roles and permissions
against ``workforce.access`` for everyone of the cast."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from labeling import project_access, work_time
from labeling.models import Project, ProjectPersonGrant, ProjectTeamGrant
from labeling.project_access import Grant
from workforce import access
from workforce.errors import InvalidInput, NotFound
from workforce.models import Membership, Person, Team
from workforce.roles import (
    ORGANIZATION_ROLES,
    PROJECT_ROLE_NAMES,
    ROLE_PERMISSIONS,
    Permission,
    Role,
    Scope,
)

ROLE_NAMES: dict[str, str] = {
    **PROJECT_ROLE_NAMES,
    Role.ORGANIZATION_ADMIN: "organization admin",
    Role.WORKFORCE_MANAGER: "workforce manager",
    Role.VENDOR_MANAGER: "vendor manager",
}
MOST_GRANTS = 100
# Widest first.
WIDTH = [Scope.ANY, Scope.VENDOR, Scope.TEAM, Scope.OWN]
SCOPE_WORDS = {
    Scope.ANY: "everything here",
    Scope.VENDOR: "the own vendor's",
    Scope.TEAM: "people of a led team, and own",
    Scope.OWN: "own only",
}


@dataclass(frozen=True)
class Line:
    """One fact on the way: what it is, whether it lets the person on, and the reason in words."""

    title: str
    counts: bool
    text: str


@dataclass(frozen=True)
class Source:
    """A role and where it comes from; ``why_not`` is empty when it counts."""

    role: Role
    name: str
    source: str
    why_not: str = ""


@dataclass(frozen=True)
class Permit:
    """A permission: the widest scope in which it is held (none: not held), and through which roles."""

    permission: Permission
    scope: Scope | None
    through: tuple[str, ...]

    @property
    def in_words(self) -> str:
        return SCOPE_WORDS[self.scope] if self.scope else "no role here has it"


@dataclass(frozen=True)
class Explanation:
    member: Membership
    project: Project | None
    lines: tuple[Line, ...]
    sources: tuple[Source, ...]
    permits: tuple[Permit, ...]
    pictures: str

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(source.role for source in self.sources if not source.why_not)


def member_to_explain(actor: Person, project: Project | None, person_uid: str) -> Membership:
    """The membership that ``actor`` may ask about: by the project's access, or by the organization's people."""
    related = Membership.objects.select_related("person", "organization", "vendor")
    if project is None:
        found = access.visible_to(actor, related, Permission.VIEW_PEOPLE).filter(person__uid=person_uid).first()
    else:
        access.require(actor, Permission.MANAGE_ACCESS, project)
        found = related.filter(organization=project.organization_id, person__uid=person_uid).first()
    if found is None:
        raise NotFound
    return found


def explain(member: Membership, project: Project | None = None) -> Explanation:
    """What ``member`` may do on the project, or without one in the organization; a fixed number of queries."""
    if project is not None and project.organization_id != member.organization_id:
        raise InvalidInput("another_organization", "The person and the project belong to different organizations.")
    teams = list(_teams_of(member))
    shut = _why_shut(member)
    inner = _inner(member, shut)
    if project is None:
        sources = [*inner, *_leading(member, shut)]
    else:
        granted = _granted(member, project, teams, shut)
        gate = _gate(member, project)
        sources = [*granted, *(_unless_barred(source, granted, gate) for source in inner)]
    held = [source for source in sources if not source.why_not]
    # What is held stands first: on a page of thirty-five lines that is what one looks for.
    permits = tuple(sorted((_permit(one, held) for one in Permission), key=lambda permit: permit.scope is None))
    pictures = _pictures({permit.permission: permit.scope for permit in permits}) if project else ""
    return Explanation(member, project, tuple(_lines(member, teams)), tuple(sources), permits, pictures)


# --- Where roles come from --------------------------------------------------------------------------------------
def _why_shut(member: Membership) -> str:
    if not member.person.is_active:
        return "the login is deactivated"
    return "" if member.is_active else "the membership is deactivated"


def _lines(member: Membership, teams: list[Team]) -> Iterable[Line]:
    person, place = member.person, member.organization.name
    yield Line("Login", person.is_active, "active" if person.is_active else "deactivated: nothing opens anywhere")
    is_member = "an active member" if member.is_active else "a member no more: nothing opens here"
    yield Line("Membership", member.is_active, f"{is_member} of {place}, {member.get_role_display()}")
    if member.vendor is not None:
        text = f"works for {member.vendor.name}: reaches a project only while {member.vendor.name} has a role there"
        yield Line("Company", True, text)
    names = ", ".join(f"{team.name}{' (lead)' if team.lead_id == person.pk else ''}" for team in teams)
    yield Line("Teams", bool(teams), names or "in no team")


def _inner(member: Membership, shut: str) -> list[Source]:
    if member.role not in ORGANIZATION_ROLES:
        return []
    role = Role(member.role)
    return [Source(role, ROLE_NAMES[role], "role in the organization", shut)]


def _unless_barred(source: Source, granted: list[Source], gate: str) -> Source:
    is_barred = any(one.role == Role.NO_ACCESS and not one.why_not for one in granted)
    if is_barred and source.role != Role.ORGANIZATION_ADMIN:
        gate = gate or "no access here stands before it"
    return Source(source.role, source.name, source.source, source.why_not or gate)


def _gate(member: Membership, project: Project) -> str:
    """Why people of another company reach nothing of the project, or nothing; our own meet no gate."""
    if member.vendor is None:
        return ""
    grants = project_access.team_grants(project).filter(group=member.vendor.group_id)
    now = work_time.clock()
    if any(grant.role != Role.NO_ACCESS and project_access.is_live(grant, now) for grant in grants):
        return ""
    return f"{member.vendor.name} has no role here, so its people have none"


def _leading(member: Membership, shut: str) -> list[Source]:
    """In the organization itself: who leads a running project may start another."""
    if shut or Role.LEADS_A_PROJECT not in access.roles_on(member.person, member.organization):
        return []
    return [Source(Role.LEADS_A_PROJECT, "leads a project", "project lead of a running project")]


def _granted(member: Membership, project: Project, teams: list[Team], shut: str) -> list[Source]:
    now = work_time.clock()
    own = project_access.person_grants(project).filter(user=member.person_id).first()
    own_counts = own is not None and project_access.is_live(own, now)
    given = {grant.group_id: grant for grant in project_access.team_grants(project)}
    gate = _gate(member, project)
    found: list[Source] = []
    if own is not None:
        found.append(_source(own, "grant in the person's own name", shut or _ran_out(own, project, own_counts) or gate))
    for team in teams:
        grant = given.get(team.group_id)
        if grant is None:
            continue
        is_live = project_access.is_live(grant, now)
        hidden = "a grant in the person's own name stands before it" if own_counts else ""
        why_not = shut or _ran_out(grant, project, is_live) or gate or hidden
        found.append(_source(grant, f"grant of {team.name}", why_not))
    return found


def _source(grant: Grant, where: str, why_not: str) -> Source:
    role = Role(grant.role)
    return Source(role, ROLE_NAMES[role], f"{where}, given by {grant.granted_by.name}", why_not)


def _ran_out(grant: Grant, project: Project, is_live: bool) -> str:
    if is_live or grant.expires_at is None:
        return ""
    return f"ran out on {work_time.local(project, grant.expires_at):%-d %B %Y, %H:%M}"


def _teams_of(member: Membership) -> QuerySet[Team]:
    teams = Team.objects.filter(organization=member.organization_id, group__user=member.person_id)
    return teams.order_by("name")


# --- What follows -----------------------------------------------------------------------------------------------
def _permit(permission: Permission, held: list[Source]) -> Permit:
    giving = [source for source in held if permission in ROLE_PERMISSIONS[source.role]]
    scopes = {ROLE_PERMISSIONS[source.role][permission] for source in giving}
    widest = next((scope for scope in WIDTH if scope in scopes), None)
    return Permit(permission, widest, tuple(dict.fromkeys(source.name for source in giving)))


def _pictures(scopes: dict[Permission, Scope | None]) -> str:
    """How the house hands out pictures: as ``editor.row_with_asset`` decides."""
    if scopes[Permission.VIEW_PROJECT] is None:
        return "none"
    if scopes[Permission.VIEW_ASSET] == Scope.ANY:
        return "any"
    works = scopes[Permission.LABEL] is not None or scopes[Permission.REVIEW] is not None
    return "in_hand" if works else "none"


def grants_of(member: Membership) -> list[Grant]:
    """Every grant that names the person or one of their teams in the organization, ended ones too, newest first."""
    related = "permission", "granted_by", "content_object__organization"
    own = ProjectPersonGrant.objects.filter(user=member.person_id).select_related("user", *related)
    groups = _teams_of(member).values("group")
    team = ProjectTeamGrant.objects.filter(group__in=groups).select_related("group__team", *related)
    place = member.organization_id
    both: list[Grant] = []
    for grants in (own, team):
        both += grants.filter(content_object__organization=place).order_by("-granted_at")[:MOST_GRANTS]
    return sorted(both, key=lambda grant: grant.granted_at, reverse=True)[:MOST_GRANTS]


PICTURE_WORDS = {
    "any": "any picture of the project",
    "in_hand": "pictures of rows in hand: a live lease to label or review, or own work that came back",
    "none": "none",
    "": "",
}
