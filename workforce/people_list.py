"""The people of an organization as lists, for those who may view people, and the act that puts a new one on it."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from workforce import access, bulk
from workforce.errors import InvalidInput, RuleViolation
from workforce.live import is_uid
from workforce.models import Membership, Organization, Person, Team
from workforce.organizations import add_member, change_membership
from workforce.people import register_person
from workforce.roles import Permission
from workforce.teams import add_to_team

FIRST_PASSWORD_BYTES = 15
MOST_AT_ONCE = 100


def members_visible_to(person: Person) -> QuerySet[Membership]:
    """Memberships, the ended ones too."""
    members = Membership.objects.select_related("person", "organization", "vendor")
    return access.visible_to(person, members, Permission.VIEW_PEOPLE)


def members_named(person: Person, term: str) -> QuerySet[Membership]:
    """Those of whom the name or the address holds ``term``; all for an empty one."""
    members = members_visible_to(person)
    return members.filter(Q(person__name__icontains=term) | Q(person__email__icontains=term)) if term else members


def names_of_uids(organization: Organization, uids: Sequence[str]) -> dict[str, str]:
    """Uid → name of those that are people or teams of the organization, former ones too; two queries."""
    people = Person.objects.filter(uid__in=uids, memberships__organization=organization)
    teams = Team.objects.filter(uid__in=uids, organization=organization)
    found = [*people.values_list("uid", "name"), *teams.values_list("uid", "name")]
    return {str(uid): name for uid, name in found}


def members_of_team(members: QuerySet[Membership], team: Team) -> QuerySet[Membership]:
    """A vendor's are all who work for it."""
    return members.filter(organization=team.organization_id).filter(
        Q(vendor=team.pk) | Q(person__in=team.group.user_set.values("pk"))
    )


def teams_visible_to(person: Person) -> QuerySet[Team]:
    """Teams and vendors with ``people_count``, counted as they are granted: by group."""
    teams = Team.objects.select_related("organization", "lead", "group")
    visible = access.visible_to(person, teams, Permission.VIEW_PEOPLE)
    return visible.annotate(people_count=Count("group__user"))


def teams_to_join(person: Person) -> QuerySet[Team]:
    """Teams and vendors into which ``person`` may put people."""
    teams = Team.objects.select_related("organization", "group").order_by("name", "pk")
    return access.visible_to(person, teams, Permission.MANAGE_PEOPLE)


def teams_of_members(members: Sequence[Membership]) -> dict[int, list[Team]]:
    """Membership's primary key → its person's teams in the same organization, in one query."""
    people = {member.person_id for member in members}
    organizations = {member.organization_id for member in members}
    found: defaultdict[tuple[int, int], list[Team]] = defaultdict(list)
    teams = Team.objects.filter(organization__in=organizations, group__user__in=people).order_by("name")
    for team in teams.annotate(member_id=F("group__user")):
        found[team.member_id, team.organization_id].append(team)
    return {member.pk: found[member.person_id, member.organization_id] for member in members}


def team_shown(organization: int) -> Coalesce:
    """An annotation of ``Person``: the name that figures put beside them in ``organization`` – their first team by
    name, else their vendor, else nothing. Lists that filter by it agree with the figures."""
    teams = Team.objects.filter(organization=organization, group__user=OuterRef("pk")).order_by("name")
    vendors = Membership.objects.filter(organization=organization, person=OuterRef("pk"))
    return Coalesce(
        Subquery(teams.values("name")[:1]),
        Subquery(vendors.values("vendor__name")[:1]),
        Value(""),
        output_field=TextField(),
    )


def people_for_team(team: Team) -> list[Person]:
    """Who may stand in ``team``: active members; a vendor's team takes the vendor's people, others take our own."""
    members = Membership.objects.filter(organization=team.organization_id, is_active=True, person__is_active=True)
    own_side = Q(vendor=team.pk) if team.kind == Team.Kind.VENDOR else Q(vendor=None)
    fitting = members.filter(own_side | Q(person__groups=team.group_id)).select_related("person")
    return [member.person for member in fitting.order_by("person__name", "person_id").distinct()]


def deactivate_many(actor: Person, uids: Sequence[str]) -> bulk.Outcome:
    return _change_many(actor, uids, lambda member: change_membership(actor, member, is_active=False))


def activate_many(actor: Person, uids: Sequence[str]) -> bulk.Outcome:
    return _change_many(actor, uids, lambda member: change_membership(actor, member, is_active=True))


def add_many_to_team(actor: Person, uids: Sequence[str], team: Team) -> bulk.Outcome:
    def add(member: Membership) -> None:
        if member.organization_id != team.organization_id:
            raise RuleViolation("not_a_member", f"No member of {team.organization.name}.")
        add_to_team(actor, team, member.person)

    return _change_many(actor, uids, add)


def _change_many(actor: Person, uids: Sequence[str], act: Callable[[Membership], object]) -> bulk.Outcome:
    """Of what one may not know of, only the number is said."""
    wanted = {uid for uid in uids if is_uid(uid)}
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise InvalidInput("people_wanted", f"Choose 1 to {MOST_AT_ONCE} people.")
    found = list(members_visible_to(actor).filter(uid__in=wanted).order_by("person__name", "pk"))
    outcome = bulk.each(found, act, lambda member: member.person.name)
    unknown = len(set(uids)) - len(found)
    if unknown:
        return bulk.Outcome(outcome.done, (*outcome.refused, (f"{unknown} more", "not found here")))
    return outcome


@transaction.atomic
def add_person(
    actor: Person, organization: Organization, *, email: str, name: str, role: str, vendor: Team | None = None
) -> tuple[Membership, str]:
    """A member by e-mail. Who has no login yet gets one; its password is returned here and never again."""
    access.require(actor, Permission.MANAGE_PEOPLE, organization)
    email, password = email.strip().lower(), ""
    person = Person.objects.filter(email=email).first()
    if person is None:
        password = secrets.token_urlsafe(FIRST_PASSWORD_BYTES)
        person = register_person(email=email, name=name, password=password)
    return add_member(actor, organization, person, role=role, vendor=vendor), password
