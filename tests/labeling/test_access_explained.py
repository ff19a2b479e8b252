"""Explain access says exactly what access decides, for everyone, on every project, in every permission."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from labeling import access_explained, editor, project_access, projects, queue, work_time
from labeling.access_explained import Explanation, explain
from labeling.models import Project, ProjectPersonGrant, ProjectTeamGrant, Slot
from tests.cast import NAMES
from tests.line import Line
from workforce import access, teams
from workforce.errors import InvalidInput, NotAllowed, NotFound, Refusal
from workforce.models import Membership, Person, Team
from workforce.roles import Permission, Role, Scope

pytestmark = pytest.mark.django_db


def tangle(line: Line) -> list[Project]:
    """Projects on which every way to a role, and every way to lose one, occurs."""
    cast, made = line.cast, [line.project]
    for name in ("Teams", "Bars", "Ends"):
        made.append(projects.create_project(cast.max, cast.home, name=name, brief="x", ontology=line.ontology.ontology))
    _, by_teams, bars, ends = made
    teams.set_team_people(cast.ada, cast.team, [cast.tom, cast.lena, cast.nora, cast.max], lead=cast.tom)
    second = teams.create_team(cast.ada, cast.home, name="Second")
    teams.set_team_people(cast.ada, second, [cast.lena, cast.leo, cast.wim])
    project_access.grant_role(cast.ada, by_teams, cast.team, role=Role.REVIEWER)
    project_access.grant_role(cast.ada, by_teams, second, role=Role.LABELER)
    project_access.grant_role(cast.ada, by_teams, cast.nora, role=Role.EXPERT)
    project_access.grant_role(cast.ada, by_teams, cast.vera, role=Role.LABELER)
    for name in ("lena", "max", "wim", "ada"):
        project_access.grant_role(cast.ada, bars, getattr(cast, name), role=Role.NO_ACCESS)
    project_access.grant_role(cast.ada, bars, cast.team, role=Role.NO_ACCESS)
    project_access.grant_role(cast.ada, bars, second, role=Role.LABELER)
    project_access.grant_role(cast.ada, bars, cast.vendor, role=Role.NO_ACCESS)
    for receiver in (cast.lena, cast.pia, cast.vera, cast.team, cast.vendor):
        project_access.grant_role(cast.ada, ends, receiver, role=Role.LABELER)
    past = work_time.clock() - timedelta(seconds=1)
    ProjectPersonGrant.objects.filter(content_object=ends, user=cast.lena).update(expires_at=past)
    ProjectTeamGrant.objects.filter(content_object=ends, group=cast.vendor.group).update(expires_at=past)
    Membership.objects.filter(person=cast.eva).update(is_active=False)
    return made


def explained(person: Person, project: Project | None = None) -> Explanation:
    return explain(Membership.objects.select_related("person", "organization", "vendor").get(person=person), project)


def test_it_says_what_access_decides(line: Line) -> None:
    everywhere: list[Project | None] = [*tangle(line), None]
    for name in NAMES:
        person = Person.objects.get(pk=getattr(line.cast, name).pk)
        if name == "otto":
            continue
        for project in everywhere:
            found, root = explained(person, project), project or line.cast.home
            held = access.roles_on(person, root)
            assert found.roles == held, f"{name} on {root}: {found.sources}"
            for permit in found.permits:
                said, decided = permit.scope == Scope.ANY, bool(access.can(person, permit.permission, root))
                assert said == decided, f"{name} {permit.permission} on {root}"
                assert (permit.scope is not None) == (permit.permission in access.permissions_of(person, root))
                assert bool(permit.through) == (permit.scope is not None)


def test_scopes_are_those_that_access_applies_to_a_persons_own_and_others_work(line: Line) -> None:
    own = {name: queue.lease_next_rows(getattr(line.cast, name), line.project).slots[0] for name in ("lena", "leo")}
    reach = {Scope.ANY: {"lena", "leo"}, Scope.TEAM: {"lena"}, None: set()}
    for name in ("lena", "leo", "tom", "pia", "rita", "eva", "nora", "wim"):
        person = getattr(line.cast, name)
        for permit in explained(person, line.project).permits:
            wanted = ({name} & set(own)) if permit.scope == Scope.OWN else reach[permit.scope]
            slots = {
                owner
                for owner, slot in own.items()
                if access.can(person, permit.permission, Slot.objects.get(pk=slot.pk))
            }
            assert slots == wanted, f"{name} {permit.permission}"


def test_pictures_are_served_as_it_says(line: Line) -> None:
    held = queue.lease_next_rows(line.cast.lena, line.project).slots[0].project_row
    other = queue.lease_next_rows(line.cast.leo, line.project).slots[0].project_row
    sees = {"any": (True, True), "in_hand": (False, False), "none": (False, False)}
    for name in NAMES:
        if name in ("otto", "lena", "leo"):
            continue
        person = Person.objects.get(pk=getattr(line.cast, name).pk)
        said = explained(person, line.project).pictures
        assert (opens(person, held), opens(person, other)) == sees[said], name
    assert explained(line.cast.lena, line.project).pictures == "in_hand"
    assert (opens(line.cast.lena, held), opens(line.cast.lena, other)) == (True, False)


def opens(person: Person, row: Any) -> bool:
    try:
        return bool(editor.row_with_asset(person, str(row.uid)))
    except Refusal:
        return False


@pytest.mark.parametrize(
    ("name", "place", "why"),
    [
        ("lena", 3, "ran out on"),
        ("leo", 2, ""),
        ("max", 2, "no access here stands before it"),
        ("vera", 2, "Brightfield has no role here, so its people have none"),
        ("nora", 1, "a grant in the person's own name stands before it"),
        ("eva", 0, "the membership is deactivated"),
        ("dora", 0, "the login is deactivated"),
    ],
)
def test_why_something_does_not_count_is_said(line: Line, name: str, place: int, why: str) -> None:
    project = tangle(line)[place]
    reasons = [
        source.why_not for source in explained(Person.objects.get(pk=getattr(line.cast, name).pk), project).sources
    ]
    assert any(reason.startswith(why) for reason in reasons) if why else reasons == [""]


def test_it_asks_the_same_for_anybody(line: Line, django_assert_num_queries: Any) -> None:
    made = tangle(line)
    for name in ("lena", "nora", "pia", "max"):
        member = Membership.objects.select_related("person", "organization", "vendor").get(
            person=getattr(line.cast, name)
        )
        with django_assert_num_queries(4):
            explain(member, made[1])


def test_who_may_ask(line: Line) -> None:
    uid, other = str(line.cast.lena.uid), str(line.cast.otto.uid)
    for name in ("ada", "max", "pia"):
        assert access_explained.member_to_explain(getattr(line.cast, name), line.project, uid)
    for name in ("lena", "tom", "wim", "vito"):
        with pytest.raises(NotAllowed):
            access_explained.member_to_explain(getattr(line.cast, name), line.project, uid)
    for asker, project, person in (
        ("otto", line.project, uid),
        ("otto", None, uid),
        ("pia", None, uid),
        ("ada", line.project, other),
        ("ada", None, other),
    ):
        with pytest.raises(NotFound):
            access_explained.member_to_explain(getattr(line.cast, asker), project, person)
    with pytest.raises(InvalidInput):
        explained(line.cast.otto, line.project)


def test_the_same_over_http(line: Line) -> None:
    client = Client()
    client.force_login(line.cast.pia)
    found = client.get(f"/api/v1/access/?person={line.cast.vera.uid}&project={line.project.uid}").json()
    assert [(one["role"], one["counts"]) for one in found["roles"]] == [("labeler", True)]
    label = next(one for one in found["permissions"] if one["permission"] == Permission.LABEL)
    assert label["scope"] == "any" and found["pictures"].startswith("pictures of rows in hand")
    assert client.get(f"/api/v1/access/?person={line.cast.vera.uid}").status_code == 404
    assert client.get("/api/v1/access/?person=x").status_code == 422
    assert Team.objects.count() == 2
