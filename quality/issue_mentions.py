"""Whom a comment calls, and who can be made to answer: people, teams and roles, of those only who may read the issue.

A mention never widens access. People of a vendor call their own people and roles; nobody learns by trying who else
there is: whoever is unknown and whoever may not read are refused in the same words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from labeling import project_access
from labeling.models import Project, ProjectRow
from quality import issue_access
from quality.models import Issue, IssueComment, IssueMention
from workforce import access, names
from workforce.errors import InvalidInput
from workforce.live import is_uid
from workforce.models import Membership, Person, Team
from workforce.roles import ORGANIZATION_ROLES, PROJECT_ROLE_NAMES, ROLE_PERMISSIONS, Permission, Role

MOST_MENTIONS = 20
KINDS = [("person", "person"), ("team", "team"), ("role", "role")]
MOST_OFFERED = 12
MOST_LOOKED_AT = 60
# Labelers read their own issues only, and viewers answer nothing.
ROLES = {
    role: name for role, name in PROJECT_ROLE_NAMES.items() if Permission.MANAGE_ISSUE in ROLE_PERMISSIONS[Role(role)]
}


@dataclass(frozen=True)
class Called:
    """One person, one team or one role, and the people behind it who may read the issue."""

    person: Person | None = None
    team: Team | None = None
    role: str = ""
    readers: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Offered:
    people: list[Person]
    teams: list[Team]
    roles: dict[str, str]


def called(actor: Person, issue: Issue, wanted: Sequence[Mapping[str, Any]]) -> list[Called]:
    """Read ``[{"person": uid} | {"team": uid} | {"role": code}]``. Raises InvalidInput for whoever may not read it."""
    if len(wanted) > MOST_MENTIONS:
        raise InvalidInput("too_many_mentions", f"A comment calls at most {MOST_MENTIONS}.", path="mentions")
    return [call(actor, issue, one, f"mentions[{at}]") for at, one in enumerate(wanted)]


def call(actor: Person, issue: Issue, one: Mapping[str, Any], path: str) -> Called:
    kind, value = next(iter(one.items())) if len(one) == 1 else ("", "")
    found: Called | None = None
    if kind == "role" and value in ROLES:
        found = Called(role=value, readers=_readers(issue, _granted(issue.project, [value])))
    elif kind == "person" and is_uid(str(value)):
        within = _within_reach(actor, issue.project, _candidates(issue.project, issue))
        people = _readers(issue, within.filter(uid=value))
        found = Called(person=people[0], readers=people) if people else None
    elif kind == "team" and is_uid(str(value)):
        team = _teams(actor, issue.project).filter(uid=value).first()
        people = _readers(issue, _candidates(issue.project, issue).filter(groups__team=team)) if team else ()
        found = Called(team=team, readers=people) if people else None
    if found is None:
        raise InvalidInput(
            "cannot_be_called",
            "Only people, teams and roles that may read this issue can be named in it. Nothing was said.",
            path=path,
        )
    return found


def keep(comment: IssueComment, some: Iterable[Called]) -> None:
    """Beside the comment, each once; who was called before stays called."""
    for one in some:
        IssueMention.objects.get_or_create(comment=comment, person=one.person, team=one.team, role=one.role)


def people_behind(actor: Person, some: Iterable[Called]) -> list[Person]:
    found = {person.pk: person for one in some for person in one.readers if person.pk != actor.pk}
    return list(found.values())


# --- Offer --------------------------------------------------------------------------------------------------------
def to_choose(actor: Person, issue: Issue, words: str = "") -> Offered:
    """Whom ``actor`` may call in an issue, by name."""
    people = _within_reach(actor, issue.project, _candidates(issue.project, issue))
    found = _first(people, words, lambda person: issue_access.may_read(person, issue))
    named = _teams(actor, issue.project).filter(name__icontains=words).order_by("name")[:MOST_OFFERED]
    candidates = _candidates(issue.project, issue)
    teams = [team for team in named if _first(candidates.filter(groups__team=team), "", lambda _: True)]
    return Offered([one for one in found if one != actor], teams, _roles_named(words))


def to_choose_beside(actor: Person, row: ProjectRow, words: str = "") -> Offered:
    """As ``to_choose``, for a question that is not asked yet: of those who read every issue of the project."""

    def reads(person: Person) -> bool:
        may = access.can(person, Permission.VIEW_ISSUE, row.project)
        return bool(may) and not issue_access.is_about_to_label(person, row)

    people = _within_reach(actor, row.project, _candidates(row.project, None))
    return Offered([one for one in _first(people, words, reads) if one != actor], [], _roles_named(words))


def _first(people: QuerySet[Person], words: str, reads: Any) -> list[Person]:
    found = people.filter(name__icontains=words).order_by("name", "pk")[:MOST_LOOKED_AT]
    picked: list[Person] = []
    for person in found:
        if len(picked) < MOST_OFFERED and reads(person):
            picked.append(person)
    return picked


def _roles_named(words: str) -> dict[str, str]:
    return {role: name for role, name in ROLES.items() if words.lower() in name.lower()}


# --- Inside -------------------------------------------------------------------------------------------------------
def _readers(issue: Issue, people: Iterable[Person]) -> tuple[Person, ...]:
    return tuple(person for person in people if issue_access.may_read(person, issue))


def _granted(project: Project, roles: Iterable[str]) -> QuerySet[Person]:
    return project_access.people_granted(project, roles).order_by("pk")


def _candidates(project: Project, issue: Issue | None) -> QuerySet[Person]:
    """Those who could read it by their roles, or because it is theirs; whether each may, access is asked."""
    reads = [role for role, table in ROLE_PERMISSIONS.items() if Permission.VIEW_ISSUE in table]
    members = Membership.objects.filter(organization=project.organization_id, is_active=True)
    inner = members.filter(role__in=ORGANIZATION_ROLES.intersection(reads)).values("person")
    granted = project_access.people_granted(project, [role for role in reads if role != Role.LABELER]).values("pk")
    owners = [] if issue is None else [issue.opened_by_id, *([issue.label.labeler_id] if issue.label else [])]
    could = Q(pk__in=inner) | Q(pk__in=granted) | Q(pk__in=owners)
    return Person.objects.filter(could, pk__in=members.values("person"), is_active=True)


def _within_reach(actor: Person, project: Project, people: QuerySet[Person]) -> QuerySet[Person]:
    """People of a vendor know their own people only."""
    vendors = access.vendors_of(actor).filter(organization=project.organization_id)
    if not vendors:
        return people
    return people.filter(pk__in=Membership.objects.filter(vendor__in=vendors).values("person"))


def _teams(actor: Person, project: Project) -> QuerySet[Team]:
    if access.vendors_of(actor).filter(organization=project.organization_id).exists():
        return Team.objects.none()
    return project_access.teams_for(project)


def mention_facts(one: IssueMention, unnamed: frozenset[int]) -> dict[str, Any]:
    """Whom a comment calls, as plain values."""
    if one.person is not None:
        is_hidden = one.person_id in unnamed
        return {"kind": "person", "name": names.PROJECT_TEAM if is_hidden else one.person.name}
    if one.team is not None:
        return {"kind": "team", "name": one.team.name}
    return {"kind": "role", "name": PROJECT_ROLE_NAMES.get(one.role, one.role)}
