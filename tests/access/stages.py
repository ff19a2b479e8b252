"""The world in which the table is run: the stage at home, another project of the same organization, and a whole other
tenant with the canary in every text, so that one word of it in an answer is enough to know."""

from copy import deepcopy
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.db.models import CharField, F, Model, TextField, Value
from django.db.models.functions import Concat, Left
from django.test import Client

from labeling.assets import take_picture
from labeling.models import LabelVersion, OntologyVersion, ProjectPersonGrant, ProjectTeamGrant
from quality.models import (
    FunnelEvent,
    IssueComment,
    PracticeAnswer,
    QuizAttempt,
    QuizVersion,
    Review,
    SupervisionMove,
)
from tests.access.requests_of_routes import issue_of_lena
from tests.access.table import ACTORS, TOKENS
from tests.cast import MEMBERS, NAMES, Cast
from tests.line import DOCUMENT, Line, make_line, picture_bytes
from workforce import jobs, organizations, sessions, teams, tokens
from workforce.models import AuditEvent, Membership, Organization, Person, Team, Token
from workforce.roles import Role

CANARY = "CANARY-B-"
# Texts that mean something to the program, or that the database lets nobody change.
NOT_PROSE = {"asset_path", "checksum", "mime_type", "seed", "digest", "token_key", "time_zone", "password", "hash"}
# What is chosen by name, not written.
NOT_PROSE |= {"code", "assignee_role"}
UNCHANGEABLE = {
    AuditEvent,
    LabelVersion,
    OntologyVersion,
    IssueComment,
    Review,
    QuizVersion,
    QuizAttempt,
    PracticeAnswer,
    FunnelEvent,
    SupervisionMove,
}


@dataclass
class World:
    home: Line
    other_project: Line
    foreign: Line
    extras: dict[str, Person]
    clear_tokens: dict[str, str]
    # Everybody's cookies after a sign-in.
    sessions: dict[str, SimpleCookie] = field(default_factory=dict)

    def stage(self, relation: str) -> Line:
        return getattr(self, relation) if relation in ("other_project", "foreign") else self.home

    def person(self, actor: str) -> Person | None:
        name = ACTORS[actor]
        if not name:
            return None
        return self.extras.get(name) or getattr(self.home.cast, name)

    def client(self, actor: str, *, signs_in: bool = False) -> Client:
        # What was refused and asked before is counted there: many of them raise an alert, or are one too many.
        cache.clear()
        if actor in TOKENS:
            return Client(raise_request_exception=False, headers={"Authorization": f"Token {self.clear_tokens[actor]}"})
        client = Client(raise_request_exception=False)
        if signs_in and actor in self.sessions:
            client.force_login(self.person(actor))
        elif actor in self.sessions:
            client.cookies = deepcopy(self.sessions[actor])
            # Noted once a minute: not in the middle of a comparison.
            sessions.note_seen(client.cookies[settings.SESSION_COOKIE_NAME].value, "127.0.0.1")
        return client

    def sign_everybody_in(self) -> None:
        """Once for all cells: a session made anew for each took a tenth of their time."""
        for actor in set(ACTORS) - TOKENS:
            client, person = Client(), self.person(actor)
            if person is not None:
                client.force_login(person)
                self.sessions[actor] = client.cookies


def make_world(cast: Cast) -> World:
    # Names and a picture that no other stage has.
    home = make_line(cast, rows=6, name=" one", asset=take_picture(picture_bytes("teal")), review_share=0)
    extras = _extras(home)
    clear = {
        name: _token(extras["zoe"], cast.home, [name.removeprefix("token_")]) for name in TOKENS if "token_" in name
    }
    clear["vendor_token"] = _token(cast.vito, cast.home, list(Token.Scope.values))
    clear["dead_token"] = _token(extras["zeno"], cast.home, list(Token.Scope.values))
    Person.objects.filter(pk=extras["zeno"].pk).update(is_active=False)
    # A token's last use is noted once a minute; not in the middle of a comparison.
    Token.objects.update(last_used_at=F("expiry"))
    other = make_line(_other_crew(cast), rows=6, name=" two", review_share=0)
    world = World(home, other, foreign_line(cast), extras, clear)
    # A label and a question are there from the beginning; most doors are about one of them.
    for stage in (home, other):
        issue_of_lena(stage)
    world.sign_everybody_in()
    return world


def _extras(home: Line) -> dict[str, Person]:
    cast = home.cast
    names = {
        "val": "Val Vance",
        "nina": "Nina Nord",
        "remo": "Remo Rey",
        "sue": "Sue Super",
        "zoe": "Zoe Zu",
        "zeno": "Zeno Z",
    }
    found = {key: _person(f"{key}@extra.example.net", name) for key, name in names.items()}
    Person.objects.filter(pk=found["sue"].pk).update(is_superuser=True)
    found["sue"].is_superuser = True
    roles = {
        "val": "member",
        "nina": "viewer",
        "remo": "member",
        "zoe": "workforce_manager",
        "zeno": "workforce_manager",
    }
    _join(cast.home, {found[key]: role for key, role in roles.items()})
    Membership.objects.filter(person=found["remo"]).update(is_active=False)
    barred = teams.create_team(cast.ada, cast.home, name="Barred")
    found["nina"].groups.add(barred.group)
    ProjectTeamGrant.objects.create(
        content_object=home.project, group=barred.group, permission=_role(Role.LABELER), granted_by=cast.ada
    )
    grants = {"val": Role.VIEWER, "nina": Role.NO_ACCESS, "remo": Role.LABELER, "zoe": Role.EXPERT}
    for key, role in grants.items():
        ProjectPersonGrant.objects.create(
            content_object=home.project, user=found[key], permission=_role(role), granted_by=cast.ada
        )
    return found


def _token(owner: Person, organization: Organization, scopes: list[str]) -> str:
    return tokens.issue_token(owner, organization, name="of the stage", scopes=scopes)[1]


def _role(role: str) -> Permission:
    return Permission.objects.get(content_type__model="project", codename=role)


def _person(email: str, name: str) -> Person:
    # Everybody's password is the cast's, hashed with it.
    hashed = Person.objects.values_list("password", flat=True).get(email="ada@example.org")
    return Person.objects.create(email=email, name=name, password=hashed)


def _join(organization: Organization, roles: dict[Person, str], vendor: Team | None = None) -> None:
    Membership.objects.bulk_create(
        [
            Membership(organization=organization, person=person, role=role, vendor=vendor)
            for person, role in roles.items()
        ]
    )


def _crew(organization: Organization, admin: Person, domain: str, keys: Any) -> dict[str, Any]:
    """Everyone of the cast who works by a grant, anew, with a team and a vendor of their own."""
    people = {key: _person(f"{key}@{domain}", f"{NAMES[key]} of {domain}") for key in keys}
    team = teams.create_team(admin, organization, name=f"Atelier {domain}")
    vendor = teams.create_team(admin, organization, name=f"Brightfield {domain}", kind=Team.Kind.VENDOR)
    _join(organization, {people[key]: "member" for key in MEMBERS})
    _join(organization, {people["vera"]: "member", people["vito"]: "vendor_manager"}, vendor)
    people["vera"].groups.add(vendor.group)
    for key in ("tom", "lena"):
        people[key].groups.add(team.group)
    Team.objects.filter(pk=team.pk).update(lead=people["tom"])
    return {**people, "team": team, "vendor": vendor}


def _other_crew(cast: Cast) -> Cast:
    return replace(cast, **_crew(cast.home, cast.ada, "two.example.net", [*MEMBERS, "vera", "vito"]))


def foreign_line(cast: Cast) -> Line:
    """The other tenant: a whole line with the canary in every text that people wrote."""
    away, otto = cast.away, cast.otto
    crew = _crew(away, otto, "b.example.net", [*MEMBERS, "vera", "vito"])
    for key, role in {"max": "workforce_manager", "wim": "viewer"}.items():
        crew[key] = _person(f"{key}@b.example.net", NAMES[key])
        organizations.add_member(otto, away, crew[key], role=role)
    theirs = replace(cast, home=away, away=cast.home, ada=otto, otto=cast.ada, **crew)
    line = make_line(theirs, rows=6, name=" theirs", document=_with_canary(DOCUMENT), review_share=0)
    issue_of_lena(line, f"{CANARY}question")
    jobs.start_job(theirs.max, away, kind="import", task="labeling.tasks.run_import", settings={})
    tokens.issue_token(theirs.max, away, name="nightly", scopes=["read"])
    write_canaries(away)
    return refreshed(line)


def refreshed(line: Line) -> Line:
    for thing in (line.cast.home, line.cast.team, line.cast.vendor, line.project, line.dataset, line.ontology.ontology):
        thing.refresh_from_db()
    return line


def _with_canary(document: Any) -> Any:
    """The names that people read in an ontology."""
    if isinstance(document, list):
        return [_with_canary(inner) for inner in document]
    if isinstance(document, dict):
        return {
            key: f"{CANARY}{value}" if key in ("name", "label") and isinstance(value, str) else _with_canary(value)
            for key, value in document.items()
        }
    return document


def write_canaries(organization: Organization) -> None:
    """The canary before every text of a tenant's rows."""
    for model in apps.get_models():
        if hasattr(model, "access_root") and model not in UNCHANGEABLE:
            _write(model, {_to_organization(model): organization.pk})
    people = Membership.objects.filter(organization=organization).values("person")
    _write(Person, {"pk__in": people.exclude(person__email__endswith="@example.org")}, without=frozenset({"email"}))
    _write(Group, {"team__organization": organization.pk})


def _to_organization(model: type[Model]) -> str:
    """The lookup from a guarded model to its organization."""
    path = "" if model.access_root == "self" else str(model.access_root)  # type: ignore[attr-defined]
    root: Any = model
    for step in filter(None, path.split("__")):
        root = root._meta.get_field(step).related_model
    return "__".join(part for part in (path, "" if root is Organization else "organization") if part) or "pk"


def _write(model: type[Model], rows: dict[str, Any], without: frozenset[str] = frozenset()) -> None:
    for column in model._meta.concrete_fields:
        is_text = isinstance(column, CharField | TextField) and not column.choices
        if not is_text or column.name in NOT_PROSE | without:
            continue
        marked = Concat(Value(CANARY), F(column.name))
        value = Left(marked, column.max_length) if column.max_length else marked
        texts = model._default_manager.filter(**rows).exclude(**{column.name: ""})
        texts = texts.exclude(**{f"{column.name}__isnull": True}).exclude(**{f"{column.name}__startswith": CANARY})
        texts.update(**{column.name: value})
