"""The vendor's doors: own people, own work, and nothing of anybody else by any of them."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from labeling import queue
from labeling.models import Label, LabelVersion, ProjectTeamGrant, Slot
from quality import issues, skills
from quality.models import Skill
from tests.cast import Cast
from tests.labeling.api.hands import RANDOM, signed_in, with_token
from tests.quality.vendor_stage import VendorStage, make_vendor_stage
from workforce import organizations
from workforce.models import AuditEvent, Invitation, Membership, Person

pytestmark = pytest.mark.django_db
LISTS = ("people", "projects", "labels", "issues")


@pytest.fixture
def stage(cast: Cast) -> VendorStage:
    return make_vendor_stage(cast)


def address(stage: VendorStage, name: str, **given: Any) -> str:
    query = "&".join(f"{key}={value}" for key, value in given.items())
    return reverse(f"api-vendor-{name}", args=[stage.cast.vendor.uid]) + (f"?{query}" if query else "")


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def test_nothing_of_others_is_told_by_any_door(stage: VendorStage) -> None:
    cast, row = stage.cast, str(stage.line.project.uid)
    client = with_token(cast.vito, cast.home, "read", "people", "label", "manage", "export")
    asked = [address(stage, name) for name in (*LISTS, "queue")]
    asked += [
        address(stage, "performance", project=row),
        reverse("api-vendors"),
        reverse("api-skill-names"),
        reverse("api-invitations"),
        reverse("api-issue", args=[stage.question.uid]),
        reverse("api-projects"),
        reverse("api-tokens"),
    ]
    for path in asked:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.content)
        assert stage.told_of_others(answer.content.decode()) == [], path
    for name in ("labels", "issues", "performance", "export"):
        assert client.get(reverse(f"api-project-{name}", args=[row])).status_code == 403


def test_what_is_told_is_the_vendors_own(stage: VendorStage) -> None:
    client = with_token(stage.cast.vito, stage.cast.home, "read", "people")
    found = {name: client.get(address(stage, name)).json()["results"] for name in LISTS}
    assert {one["name"] for one in found["people"]} == {"Vera Vogel", "Vito Vance"}
    assert [(one["name"], one["role"]) for one in found["projects"]] == [("Cars in the street", "labeler")]
    assert [one["labeler_name"] for one in found["labels"]] == ["Vera Vogel"]
    assert found["labels"][0]["version"]["payload"]["features"] and not found["labels"][0]["was_fixed"]
    (question,) = found["issues"]
    assert (question["author"]["name"], question["text"]) == ("Vera Vogel", "Asked by vera?")
    assert question["comments"][0]["author"] == {"name": "Project team", "initials": "PT"}
    asked_for = client.get(address(stage, "performance"))
    assert asked_for.status_code == 422 and asked_for.json()["code"] == "project_wanted"
    figures = client.get(address(stage, "performance", project=stage.line.project.uid)).json()
    assert [one["name"] for one in figures["people"]] == ["Vera Vogel"] and figures["total"]["rows"] == 1
    (line,) = client.get(address(stage, "queue")).json()["projects"]
    assert (line["in_hand"], line["came_back"], line["done_today"]) == (1, 0, 1)
    Slot.objects.filter(labeler=stage.cast.vera, state=Slot.State.LEASED).update(state=Slot.State.IN_REWORK)
    (line,) = client.get(address(stage, "queue")).json()["projects"]
    assert (line["in_hand"], line["came_back"]) == (0, 1)


def test_a_reviewers_version_is_not_shown(stage: VendorStage) -> None:
    label = Label.objects.get(labeler=stage.cast.vera)
    version = LabelVersion.objects.get(label=label)
    LabelVersion.objects.create(
        label=label,
        number=2,
        author=stage.cast.rita,
        origin=version.origin,
        ontology_version=version.ontology_version,
        payload={"features": [], "relations": []},
        payload_hash="x",
        object_count=0,
    )
    Label.objects.filter(pk=label.pk).update(last_version=2)
    (shown,) = signed_in(stage.cast.vito).get(address(stage, "labels")).json()["results"]
    assert (shown["was_fixed"], shown["version"]["number"]) == (True, 1)


def test_what_is_not_shared_any_more_is_gone(stage: VendorStage) -> None:
    client = signed_in(stage.cast.vito)
    ProjectTeamGrant.objects.filter(group=stage.cast.vendor.group).update(expires_at=timezone.now() - timedelta(1))
    for name in ("projects", "labels", "issues"):
        assert client.get(address(stage, name)).json()["results"] == []
    assert client.get(address(stage, "queue")).json() == {"projects": []}
    known = client.get(address(stage, "performance", project=stage.line.project.uid))
    random = client.get(address(stage, "performance", project=RANDOM))
    assert (known.status_code, known.content) == (404, random.content)
    assert client.get(reverse("api-issue", args=[stage.question.uid])).status_code == 403


def test_a_vendor_is_its_managers_and_nobody_elses(stage: VendorStage) -> None:
    for name in ("people", "projects", "queue", "labels", "issues"):
        for person in (stage.omar, stage.cast.vera, stage.cast.max, stage.cast.pia):
            assert signed_in(person).get(address(stage, name)).status_code == 403, (name, person)
        assert signed_in(stage.cast.otto).get(address(stage, name)).status_code == 404
    listed = [one["name"] for one in signed_in(stage.omar).get(reverse("api-vendors")).json()["results"]]
    assert listed == ["Otherfield"]
    assert signed_in(stage.cast.max).get(reverse("api-vendors")).json()["results"] == []


def test_a_token_needs_its_scopes_and_stays_in_its_organization(stage: VendorStage) -> None:
    cast = stage.cast
    read = with_token(cast.vito, cast.home, "read")
    assert read.get(address(stage, "queue")).status_code == 200
    assert read.get(address(stage, "people")).status_code == 403
    member = Membership.objects.get(person=cast.vera)
    ended = read.patch(reverse("api-person", args=[member.uid]), {"is_active": False})
    assert ended.status_code == 403
    organizations.add_member(cast.otto, cast.away, cast.vito, role="viewer")
    away = with_token(cast.vito, cast.away, "read", "people")
    assert away.get(address(stage, "people")).status_code == 404
    assert away.get(reverse("api-vendors")).json()["results"] == []


def test_people_are_ended_and_let_in_again(stage: VendorStage) -> None:
    cast, client = stage.cast, with_token(stage.cast.vito, stage.cast.home, "read", "people")
    vera, lena = (Membership.objects.get(person=person) for person in (cast.vera, cast.lena))
    ended = client.patch(reverse("api-person", args=[vera.uid]), {"is_active": False})
    assert (ended.status_code, ended.json()["is_active"]) == (200, False)
    assert AuditEvent.objects.filter(action="membership.changed", actor=cast.vito).count() == 1
    assert signed_in(cast.vera).post(reverse("api-claim", args=[stage.line.project.uid]), {}).status_code in (403, 404)
    again = client.patch(reverse("api-person", args=[vera.uid]), {"is_active": True})
    assert again.json()["is_active"] is True
    for member, status in ((lena, 403), (Membership.objects.get(person=cast.otto), 404)):
        path = reverse("api-person", args=[member.uid])
        assert client.patch(path, {"is_active": False}).status_code == status


def test_own_issues_are_answered_and_others_are_not(stage: VendorStage) -> None:
    client = with_token(stage.cast.vito, stage.cast.home, "read", "label")
    said = client.post(reverse("api-issue-comment", args=[stage.question.uid]), {"text": "As two."}, headers=key())
    assert said.status_code == 201
    names = [one["author"]["name"] for one in said.json()["comments"]]
    assert names == ["Project team", "Vito Vance"]
    foreign = issues.Issue.objects.get(opened_by=stage.olga)
    assert client.get(reverse("api-issue", args=[foreign.uid])).status_code == 403
    answer = client.post(reverse("api-issue-comment", args=[foreign.uid]), {"text": "x"}, headers=key())
    assert answer.status_code == 403
    assert not issues.follows_issue(stage.cast.vito, str(foreign.uid))
    assert all(issues.follows_issue(one, str(stage.question.uid)) for one in (stage.cast.vito, stage.cast.vera))


def test_a_vendor_managers_day_over_the_api(stage: VendorStage) -> None:
    """Invite two people, give them a skill that the project asks for, see their work and figures."""
    cast, client = stage.cast, with_token(stage.cast.vito, stage.cast.home, "read", "people")
    word = skills.add_skill_name(cast.max, cast.home, "Damage")
    skills.require_skill(cast.pia, stage.line.project, word, value=50)
    for name in ("nia", "nuno"):
        body = {"organization": cast.home.uid, "vendor": cast.vendor.uid, "email": f"{name}@brightfield.example"}
        assert client.post(reverse("api-invitations"), body, headers=key()).status_code == 201
    for invitation in Invitation.objects.all():
        person = Person.objects.create(email=invitation.email, name=invitation.email.split("@")[0], password="!")
        organizations.take_in(cast.vito, cast.home, person, role="member", vendor=cast.vendor)
    people = client.get(address(stage, "people")).json()["results"]
    new = [one for one in people if one["name"] in ("nia", "nuno")]
    nia = Person.objects.get(name="nia")
    assert queue.lease_next_rows(nia, stage.line.project).slots == ()
    for one in new:
        body = {"skill": word.uid, "value": 70, "evidence": "Our entry test, 28 of 40."}
        assert client.post(reverse("api-person-skills", args=[one["uid"]]), body, headers=key()).status_code == 201
    slot = queue.lease_next_rows(nia, stage.line.project).slots[0]
    queue.keep_leases(nia, str(slot.uid), slot.lease_token or 0, has_input=True)
    assert Skill.objects.filter(set_by=cast.vito).count() == 2
    (line,) = client.get(address(stage, "queue")).json()["projects"]
    assert line["in_hand"] == 3, "two rows of Nia's and one of Vera's"
    shown = {one["name"]: one["skills"] for one in client.get(address(stage, "people")).json()["results"]}
    assert [one["value"] for one in shown["nuno"]] == [70]


def test_lists_page_by_cursor_and_ask_the_same_at_3_and_at_30(stage: VendorStage) -> None:
    cast, client = stage.cast, signed_in(stage.cast.vito)
    seen: list[str] = []
    link = address(stage, "people", page_size=1)
    while link:
        page = client.get(link).json()
        seen += [one["name"] for one in page["results"]]
        link = page["next_cursor"] and address(stage, "people", page_size=1, cursor=page["next_cursor"])
    assert sorted(seen) == ["Vera Vogel", "Vito Vance"]
    foreign = Membership.objects.get(person=cast.lena).uid
    assert client.get(address(stage, "people", cursor=foreign)).json()["code"] == "cursor_invalid"
    counts: dict[str, list[int]] = {}
    for upto in (3, 30):
        for number in range(0 if upto == 3 else 3, upto):
            person = Person.objects.create(email=f"p{number}@example.org", name=f"P {number}", password="!")
            organizations.add_member(cast.ada, cast.home, person, role="member", vendor=cast.vendor)
        for name in (*LISTS, "queue"):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(address(stage, name)).status_code == 200
            counts.setdefault(name, []).append(len(asked))
    assert all(few == many for few, many in counts.values()), counts


def test_limits_are_set_over_http_too(stage: VendorStage) -> None:
    cast, project = stage.cast, stage.line.project
    client = with_token(cast.vito, cast.home, "people")
    vera, lena = (Membership.objects.get(person=one).uid for one in (cast.vera, cast.lena))
    body = {"project": str(project.uid), "rows": 40, "percent": 30}
    told = client.put(f"/api/v1/people/{vera}/limits/", body, content_type="application/json").json()
    assert (told["rows"], told["percent"], told["counts_from"], told["project_rows"]) == (40, 30, 50, None)
    assert client.get(f"/api/v1/people/{vera}/limits/").json()["results"] == [told]
    for wrong, status in (({"project": RANDOM}, 404), ({"rows": 0}, 422), ({"percent": 100}, 422), ({"by": 1}, 422)):
        answer = client.put(f"/api/v1/people/{vera}/limits/", {**body, **wrong}, content_type="application/json")
        assert answer.status_code == status, wrong
    assert client.put(f"/api/v1/people/{lena}/limits/", body, content_type="application/json").status_code == 403
    assert with_token(cast.vito, cast.home, "read").get(f"/api/v1/people/{vera}/limits/").status_code == 403
    assert AuditEvent.objects.filter(action__in=["day_limit.set", "share_limit.set"], actor=cast.vito).count() == 2
