"""Teams and vendors. People belong to a team through its Django group, which is what grants name."""

from django.contrib.auth.models import Group
from django.db import transaction

from workforce import access, audit
from workforce.errors import RuleViolation
from workforce.events import access_changed, announce, stream_of_person
from workforce.models import Membership, Organization, Person, Team
from workforce.roles import Permission


@transaction.atomic
def create_team(actor: Person, organization: Organization, *, name: str, kind: str = Team.Kind.INTERNAL) -> Team:
    access.require(actor, Permission.MANAGE_PEOPLE, organization)
    if Team.objects.filter(organization=organization, name=name).exists():
        raise RuleViolation("team_name_taken", f"There is a team called {name} already.")
    group = Group.objects.create(name=f"team {organization.uid} {name}"[:150])
    team = Team.objects.create(organization=organization, name=name, kind=kind, group=group)
    audit.record(actor, "team.created", team, after={"name": name, "kind": kind})
    return team


@transaction.atomic
def set_team_people(actor: Person, team: Team, people: list[Person], *, lead: Person | None = None) -> None:
    """The whole membership of a team at once; everyone must be an active member of the organization."""
    access.require(actor, Permission.MANAGE_PEOPLE, team)
    team = Team.objects.select_for_update(of=("self",)).select_related("group", "organization").get(pk=team.pk)
    _refuse_other_side(team, people)
    if lead is not None and lead not in people:
        raise RuleViolation("lead_not_in_team", "The lead of a team is one of its people.")
    before = set(team.group.user_set.all())
    team.group.user_set.set(people)
    Team.objects.filter(pk=team.pk).update(lead=lead)
    names = {"people": sorted(str(person.uid) for person in people), "lead": str(lead.uid) if lead else ""}
    audit.record(actor, "team.people_set", team, before={"people": sorted(str(p.uid) for p in before)}, after=names)
    for person in before ^ set(people):
        _tell(team, person)


@transaction.atomic
def add_to_team(actor: Person, team: Team, person: Person) -> None:
    """One more person; who is in it already stays as they are."""
    access.require(actor, Permission.MANAGE_PEOPLE, team)
    team = Team.objects.select_for_update(of=("self",)).select_related("group", "organization").get(pk=team.pk)
    _refuse_other_side(team, [person])
    if team.group.user_set.filter(pk=person.pk).exists():
        return
    team.group.user_set.add(person)
    audit.record(actor, "team.person_added", team, after={"person": str(person.uid)})
    _tell(team, person)


def _refuse_other_side(team: Team, people: list[Person]) -> None:
    members = Membership.objects.filter(organization=team.organization_id, is_active=True, person__in=people)
    if members.count() != len(set(people)):
        raise RuleViolation("not_a_member", "Everyone in a team must be an active member of the organization.")
    side = team.pk if team.kind == Team.Kind.VENDOR else None
    if members.exclude(vendor=side).exists() if side else members.exclude(vendor=None).exists():
        whose = "the vendor's own people" if side else "people of the organization itself"
        raise RuleViolation("other_side", f"In this team are only {whose}.")


def _tell(team: Team, person: Person) -> None:
    announce(team.organization_id, stream_of_person(person.uid), "access_changed")
    access_changed.send(sender=Team, person=person, organization=team.organization)
