"""Skills over HTTP: set twice, listed by page, imported, and asked for."""

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from labeling.models import Batch
from quality import skills
from quality.models import MinimumSkill, Skill, SkillName
from tests.labeling.api.hands import RANDOM, signed_in, with_token
from tests.line import Line
from workforce.models import Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def damage(line: Line) -> SkillName:
    return skills.add_skill_name(line.cast.max, line.cast.home, "Damage")


def member(line: Line, name: str) -> Membership:
    return Membership.objects.get(organization=line.cast.home, person=getattr(line.cast, name))


def post(client: Any, member: Membership, body: Any, key: str = "") -> Any:
    address = reverse("api-person-skills", args=[member.uid])
    return client.post(address, body, headers={"Idempotency-Key": key or str(uuid.uuid4())})


def test_a_skill_is_set_once_however_often_it_is_sent(line: Line, damage: SkillName) -> None:
    client, lena = with_token(line.cast.max, line.cast.home, "read", "people"), member(line, "lena")
    body = {"skill": str(damage.uid), "value": 70, "evidence": "Test of May.", "noted_on": "2026-05-02"}
    first, again = post(client, lena, body, "k"), post(client, lena, body, "k")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() and first.json()["value"] == 70
    assert Skill.objects.count() == 1
    assert post(client, lena, {**body, "value": 71}, "k").json()["code"] == "key_reused"
    assert post(client, lena, {**body, "value": 171}).status_code == 422
    post(client, lena, {**body, "value": 80})
    address = reverse("api-person-skills", args=[lena.uid])
    page = client.get(address, {"page_size": 1}).json()
    assert [one["value"] for one in page["results"]] == [80]
    rest = client.get(address, {"cursor": page["next_cursor"]}).json()
    assert [one["value"] for one in rest["results"]] == [70] and rest["next_cursor"] is None


def test_nothing_of_another_organization_is_taken_or_shown(line: Line, damage: SkillName) -> None:
    lena, theirs = member(line, "lena"), skills.add_skill_name(line.cast.otto, line.cast.away, "Theirs")
    stranger, manager = signed_in(line.cast.otto), signed_in(line.cast.max)
    assert [one["name"] for one in stranger.get(reverse("api-skill-names")).json()["results"]] == ["Theirs"]
    body = {"skill": str(damage.uid), "value": 70, "evidence": "Test."}
    assert post(stranger, lena, body).status_code == 404
    known, random = (post(manager, lena, {**body, "skill": uid}) for uid in (str(theirs.uid), RANDOM))
    assert (known.status_code, known.content) == (404, random.content)
    address = reverse("api-minimum-skills", args=[line.project.uid])
    known, random = (manager.post(address, {"skill": uid, "value": 5}) for uid in (str(theirs.uid), RANDOM))
    assert (known.status_code, known.content) == (404, random.content)
    assert not Skill.objects.exists() and not MinimumSkill.objects.exists()


def test_a_file_comes_in_with_a_report(line: Line, damage: SkillName) -> None:
    content = b"person,skill,value,evidence,date\nlena@example.org,Damage,70,Test,\notto@example.org,Damage,7,Test,\n"
    for added, there in ((1, 0), (0, 1)):
        body = {"organization": line.cast.home.uid, "file": SimpleUploadedFile("s.csv", content)}
        answer = signed_in(line.cast.max).post(reverse("api-skill-imports"), body, format="multipart")
        assert (answer.status_code, answer.json()["added"], answer.json()["already_there"]) == (200, added, there)
        assert [(one["line"], one["code"]) for one in answer.json()["refused"]] == [(3, "unknown_person")]


def test_a_manager_of_a_vendor_reaches_own_people_only(line: Line, damage: SkillName) -> None:
    client = with_token(line.cast.vito, line.cast.home, "read", "people")
    body = {"skill": str(damage.uid), "value": 70, "evidence": "Test."}
    assert post(client, member(line, "vera"), body).status_code == 201
    assert post(client, member(line, "lena"), body).status_code == 403
    assert client.get(reverse("api-person-skills", args=[member(line, "lena").uid])).status_code == 403
    content = b"person,skill,value,evidence,date\nvera@example.org,Damage,75,T,\nlena@example.org,Damage,7,T,\n"
    upload = {"organization": line.cast.home.uid, "file": SimpleUploadedFile("s.csv", content)}
    answer = client.post(reverse("api-skill-imports"), upload, format="multipart").json()
    assert (answer["added"], [one["line"] for one in answer["refused"]]) == (1, [3])
    assert client.post(reverse("api-skill-names"), {"organization": line.cast.home.uid, "name": "X"}).status_code == 403


def test_minimums_are_asked_for_listed_and_dropped(line: Line, damage: SkillName) -> None:
    client, address = signed_in(line.cast.pia), reverse("api-minimum-skills", args=[line.project.uid])
    batch = Batch.objects.get(project=line.project)
    whole = client.post(address, {"skill": str(damage.uid), "value": 70})
    part = client.post(address, {"skill": str(damage.uid), "value": 80, "batch": str(batch.uid)})
    assert (whole.status_code, part.status_code) == (200, 200)
    assert [(one["value"], one["batch"]) for one in client.get(address).json()["results"]] == [
        (80, str(batch.uid)),
        (70, None),
    ]
    assert client.post(address, {"skill": str(damage.uid), "value": 0}).status_code == 422
    assert client.post(address, {"skill": str(damage.uid), "value": 5, "batch": RANDOM}).status_code == 404
    assert client.delete(reverse("api-minimum-skill", args=[whole.json()["uid"]])).status_code == 204
    assert MinimumSkill.objects.get().value == 80
