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
    team = Team.objects.select_for_update().get(pk=team.pk)
    members = Membership.objects.filter(organization=team.organization, is_active=True, person__in=people)
    if members.count() != len(set(people)):
        raise RuleViolation("not_a_member", "Everyone in a team must be an active member of the organization.")
    side = team.pk if team.kind == Team.Kind.VENDOR else None
    if members.exclude(vendor=side).exists() if side else members.exclude(vendor=None).exists():
        whose = "the vendor's own people" if side else "people of the organization itself"
        raise RuleViolation("other_side", f"In this team are only {whose}.")
    if lead is not None and lead not in people:
        raise RuleViolation("lead_not_in_team", "The lead of a team is one of its people.")
    before = set(team.group.user_set.all())
    team.group.user_set.set(people)
    Team.objects.filter(pk=team.pk).update(lead=lead)
    names = {"people": sorted(str(person.uid) for person in people), "lead": str(lead.uid) if lead else ""}
    audit.record(actor, "team.people_set", team, before={"people": sorted(str(p.uid) for p in before)}, after=names)
    for person in before ^ set(people):
        announce(team.organization_id, stream_of_person(person.uid), "access_changed")
        access_changed.send(sender=Team, person=person, organization=team.organization)
