"""The cast. One organization at home with everyone a line needs, and a stranger in another who must see nothing."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from workforce import organizations, teams
from workforce.models import Membership, Organization, Person, Team


@dataclass
class Cast:
    home: Organization
    away: Organization
    ada: Person  # organization admin
    max: Person  # workforce manager
    pia: Person  # project lead, by a grant
    lena: Person  # labeler
    leo: Person  # labeler
    lia: Person  # labeler
    rita: Person  # reviewer
    eva: Person  # expert
    tom: Person  # team lead
    vera: Person  # labeler of a vendor
    vito: Person  # vendor manager
    wim: Person  # viewer
    nora: Person  # member without any grant
    dora: Person  # deactivated labeler
    otto: Person  # organization admin of the other organization
    vendor: Team
    team: Team
    project: Any = None


NAMES = {
    "ada": "Ada Adler",
    "max": "Max Meyer",
    "pia": "Pia Peters",
    "lena": "Lena Lund",
    "leo": "Leo Lang",
    "lia": "Lia Lopez",
    "rita": "Rita Rossi",
    "eva": "Eva Egger",
    "tom": "Tom Tanaka",
    "vera": "Vera Vogel",
    "vito": "Vito Vance",
    "wim": "Wim Wolf",
    "nora": "Nora Nagy",
    "dora": "Dora Dahl",
    "otto": "Otto Other",
}
# Everybody's password; hashed once and not a million times, sessions are made by force_login anyway.
PASSWORD = "the-old-and-long-one"
MEMBERS = ("pia", "lena", "leo", "lia", "rita", "eva", "tom", "nora", "dora")


def find_cast() -> Cast | None:
    """The cast that the session made; gone once a test with real transactions has emptied the tables."""
    found = {str(person.email): person for person in Person.objects.filter(email__endswith="@example.org")}
    if not all(f"{key}@example.org" in found for key in NAMES):
        return None
    people = {key: found[f"{key}@example.org"] for key in NAMES}
    return Cast(
        home=Organization.objects.get(name="Home"),
        away=Organization.objects.get(name="Away"),
        vendor=Team.objects.select_related("group").get(name="Brightfield"),
        team=Team.objects.select_related("group").get(name="Atelier"),
        **people,
    )


def make_cast() -> Cast:
    hashed = PBKDF2PasswordHasher().encode(PASSWORD, "0123456789abcdefghijklm", iterations=1)
    people = {
        key: Person.objects.create(email=f"{key}@example.org", name=name, password=hashed)
        for key, name in NAMES.items()
    }
    home = organizations.found_organization("Home", people["ada"])
    away = organizations.found_organization("Away", people["otto"])
    ada = people["ada"]
    organizations.add_member(ada, home, people["max"], role=Membership.Role.WORKFORCE_MANAGER)
    organizations.add_member(ada, home, people["wim"], role=Membership.Role.VIEWER)
    vendor = teams.create_team(ada, home, name="Brightfield", kind=Team.Kind.VENDOR)
    for key in MEMBERS:
        organizations.add_member(ada, home, people[key], role=Membership.Role.MEMBER)
    organizations.add_member(ada, home, people["vera"], role=Membership.Role.MEMBER, vendor=vendor)
    organizations.add_member(ada, home, people["vito"], role=Membership.Role.VENDOR_MANAGER, vendor=vendor)
    team = teams.create_team(ada, home, name="Atelier")
    teams.set_team_people(ada, team, [people["tom"], people["lena"]], lead=people["tom"])
    return Cast(home=home, away=away, vendor=vendor, team=team, **people)
