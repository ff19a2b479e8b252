"""Templates: a project becomes one, a project with people and rows is started from one in one act."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from labeling import guidelines, project_access, project_templates, queue, work_time
from labeling.models import Project, ProjectTeamGrant, ProjectTemplate
from labeling.project_templates import Started
from tests.line import Line
from workforce import access
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Person
from workforce.roles import Role

pytestmark = pytest.mark.django_db


def template_of(line: Line, by: str = "max", name: str = "Street") -> ProjectTemplate:
    return project_templates.make_template_of(getattr(line.cast, by), line.project, name=name)


def start(line: Line, template: ProjectTemplate, by: str = "max", **values: Any) -> Started:
    words = {"name": "Vans", "brief": "Find every van.", **values}
    return project_templates.start_project(getattr(line.cast, by), template, **words)


def test_a_project_of_a_template_has_people_guidelines_and_rows_at_once(line: Line) -> None:
    Project.objects.filter(pk=line.project.pk).update(review_share=40, consensus_labels=5)
    line.project.refresh_from_db()
    words: Any = {"text": "# Cars", "rules": [{"title": "Half a car counts"}]}
    guidelines.publish_version(line.cast.pia, line.project, after=0, **words)
    started = start(line, template_of(line), dataset=line.dataset)
    project = started.project
    assert started.left_out == ()
    assert (project.ontology, project.review_share, project.consensus_labels) == (line.project.ontology, 40, 5)
    for name in ("pia", "lena", "rita", "eva", "tom", "vera"):
        person = getattr(line.cast, name)
        assert access.roles_on(person, project) == access.roles_on(person, line.project), name
    written = guidelines.newest_version(project)
    assert written is not None and [rule["title"] for rule in written.rules] == ["Half a car counts"]
    guidelines.acknowledge(line.cast.lena, project, 1)
    assert queue.lease_next_rows(line.cast.lena, project).slots
    assert AuditEvent.objects.filter(action="project_template.used").count() == 1


def test_a_template_may_be_called_as_its_project_is(line: Line) -> None:
    assert template_of(line, name=line.project.name).name == line.project.name


def test_the_length_of_a_role_is_kept_not_its_end(line: Line) -> None:
    for days in (30, None):
        ends = work_time.clock() + timedelta(days=days) if days else None
        project_access.grant_role(line.cast.ada, line.project, line.cast.vendor, role="labeler", expires_at=ends)
        template = template_of(line, name=f"T{days}")
        project = start(line, template, name=f"P{days}").project
        grant = ProjectTeamGrant.objects.get(content_object=project, group=line.cast.vendor.group)
        assert (grant.expires_at is None) is (days is None)
        if grant.expires_at:
            assert 29 < (grant.expires_at - work_time.clock()) / timedelta(days=1) <= 30


def test_roles_that_ran_out_stay_out_and_who_is_gone_is_named(line: Line) -> None:
    ProjectTeamGrant.objects.update(expires_at=work_time.clock())
    template = template_of(line)
    assert str(line.cast.vendor.uid) not in [one["uid"] for one in template.grants]
    line.cast.leo.memberships.update(is_active=False)
    started = start(line, template)
    assert [who for who, _ in started.left_out] == ["Leo Lang"]
    assert not access.roles_on(line.cast.leo, started.project)


def test_a_template_gives_nobody_more_than_its_user_may_give(line: Line) -> None:
    grants = [{"kind": "person", "uid": str(line.cast.otto.uid), "role": "labeler", "days": None}]
    template = project_templates.make_template(
        line.cast.pia, line.cast.home, name="By hand", ontology=line.ontology.ontology, grants=grants
    )
    started = start(line, template, by="pia")
    assert [who for who, _ in started.left_out] == ["Someone who is gone"]
    assert access.roles_on(line.cast.pia, started.project) == {Role.PROJECT_LEAD}
    assert not access.roles_on(line.cast.otto, started.project)


def test_who_may(line: Line) -> None:
    template = template_of(line)
    for name in ("lena", "rita", "tom", "wim", "vito", "nora"):
        with pytest.raises(NotAllowed):
            template_of(line, by=name, name="x")
        with pytest.raises(NotAllowed):
            start(line, template, by=name)
    for act in (lambda: template_of(line, by="otto"), lambda: start(line, template, by="otto")):
        with pytest.raises(NotFound):
            act()
    assert not project_templates.templates_visible_to(line.cast.otto)
    assert not project_templates.templates_visible_to(line.cast.lena)
    with pytest.raises(NotAllowed):
        project_templates.retire_template(line.cast.pia, template)
    own = template_of(line, by="pia", name="Own")
    project_templates.retire_template(line.cast.pia, own)
    project_templates.retire_template(line.cast.ada, template)
    assert not project_templates.templates_visible_to(line.cast.max)
    template_of(line)


@pytest.mark.parametrize(
    ("values", "code"),
    [({"name": "Cars in the street"}, "project_name_taken"), ({"brief": "  "}, "text_length")],
)
def test_a_bad_start_leaves_nothing(line: Line, values: Any, code: str) -> None:
    template = template_of(line)
    with pytest.raises((RuleViolation, InvalidInput)) as refusal:
        start(line, template, dataset=line.dataset, **values)
    assert refusal.value.code == code and Project.objects.count() == 1


@pytest.mark.parametrize("bad", [{"role": "organization_admin"}, {"kind": "group"}, {"days": 0}])
def test_a_role_that_is_none_is_refused(line: Line, bad: Any) -> None:
    grant = {"kind": "person", "uid": str(line.cast.lena.uid), "role": "labeler", "days": None, **bad}
    with pytest.raises(InvalidInput):
        project_templates.make_template(
            line.cast.max, line.cast.home, name="x", ontology=line.ontology.ontology, grants=[grant]
        )
    with pytest.raises(RuleViolation) as refusal:
        for _ in range(2):
            template_of(line)
    assert refusal.value.code == "template_name_taken"


# --- Doors --------------------------------------------------------------------------------------------------------
def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_over_http(line: Line) -> None:
    manager, address = client_of(line.cast.max), "/api/v1/project-templates/"
    made = manager.post(address, {"name": "Street", "project": str(line.project.uid)}, content_type="application/json")
    assert made.status_code == 201 and made.json()["settings"]["review_share"] == 0
    hand = {
        "name": "By hand",
        "organization": str(line.cast.home.uid),
        "ontology": str(line.ontology.ontology.uid),
        "review_share": 10,
        "grants": [{"kind": "team", "uid": str(line.cast.team.uid), "role": "labeler", "days": None}],
    }
    assert manager.post(address, hand, content_type="application/json").status_code == 201
    for bad in ({"name": "x"}, {**hand, "project": str(line.project.uid)}):
        assert manager.post(address, bad, content_type="application/json").status_code == 422
    assert len(manager.get(address).json()["results"]) == 2
    assert client_of(line.cast.otto).get(address).json()["results"] == []
    one = f"{address}{made.json()['uid']}/"
    body = {"name": "Vans", "brief": "Find every van.", "dataset": str(line.dataset.uid)}
    started = manager.post(f"{one}projects/", body, content_type="application/json")
    assert started.status_code == 201 and started.json()["left_out"] == []
    without = {key: value for key, value in body.items() if key != "brief"}
    assert manager.post(f"{one}projects/", without, content_type="application/json").status_code == 422
    assert manager.delete(one).status_code == 204 and manager.get(one).status_code == 404


def test_in_the_admin(line: Line) -> None:
    client = client_of(line.cast.pia)
    place = f"/admin/projects/{line.project.uid}/"
    assert "is a template now" in client.post(f"{place}template/", {"name": "Street"}, follow=True).content.decode()
    template = ProjectTemplate.objects.get()
    page = client.get(f"/admin/templates/{template.uid}/").content.decode()
    assert "Lena Lund" in page and "Brightfield" in page
    body = {"name": "Vans", "brief": "Find every van.", "dataset": str(line.dataset.uid), "batch": "First"}
    answer = client.post(f"/admin/templates/{template.uid}/", body, follow=True)
    assert "with the people of the template" in answer.content.decode()
    project = Project.objects.get(name="Vans")
    assert project.rows.count() == 4 and access.roles_on(line.cast.pia, project) == {Role.PROJECT_LEAD}
    assert client.post(f"/admin/templates/{template.uid}/", {**body, "brief": ""}).status_code == 422
    hand = {
        "organization": str(line.cast.home.uid),
        "name": "By hand",
        "ontology": str(line.ontology.ontology.uid),
        "guidelines_text": "# Read",
        "team": [str(line.cast.team.uid), ""],
        "team_role": ["reviewer", "labeler"],
        **{"consensus_share": 0, "consensus_labels": 3, "consensus_threshold": 0.75},
        **{"review_share": 50, "review_of": "winner"},
    }
    assert "is there" in client.post("/admin/templates/", hand, follow=True).content.decode()
    made = ProjectTemplate.objects.get(name="By hand")
    assert made.quality["review_share"] == 50 and made.grants[0]["role"] == "reviewer"
