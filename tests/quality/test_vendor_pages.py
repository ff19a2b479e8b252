"""The vendor's pages: what a manager does there, and that nothing of others is on any of them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling import day_limits
from labeling.models import DayLimit, Project, ShareLimit
from quality import skills
from quality.models import Issue, IssueComment, Skill
from tests.cast import Cast
from tests.quality.vendor_stage import VendorStage, make_vendor_stage
from tests.workforce.admin.conftest import plain_static_files
from workforce import invitations, organizations
from workforce.models import Invitation, Membership, Person

__all__ = ["plain_static_files"]
pytestmark = pytest.mark.django_db
PAGES = ("", "people/", "labels/", "performance/", "issues/")


@pytest.fixture
def stage(cast: Cast) -> VendorStage:
    return make_vendor_stage(cast)


@pytest.fixture
def vito(stage: VendorStage) -> Client:
    client = Client()
    client.force_login(stage.cast.vito)
    return client


def address(stage: VendorStage, page: str) -> str:
    return f"/vendors/{stage.cast.vendor.uid}/{page}"


@pytest.mark.parametrize("page", PAGES)
def test_nothing_of_others_stands_on_a_page(stage: VendorStage, vito: Client, page: str) -> None:
    answer = vito.get(address(stage, page))
    text = answer.content.decode()
    assert answer.status_code == 200 and "Brightfield" in text
    assert stage.told_of_others(text) == []


def test_a_question_that_waits_names_nobody_of_others(stage: VendorStage, vito: Client) -> None:
    Issue.objects.update(state=Issue.State.OPEN)
    text = vito.get("/my-issues/").content.decode()
    assert "Asked by vera?" in text and "Project team" in text
    assert stage.told_of_others(text) == []


def test_the_pages_tell_of_own_people_and_their_work(stage: VendorStage, vito: Client) -> None:
    found = {page: vito.get(address(stage, page)).content.decode() for page in PAGES}
    assert "Cars in the street" in found[""]
    for page in PAGES[1:]:
        assert "Vera Vogel" in found[page], page
    assert "Asked by vera?" in found["issues/"] and "Project team" in found["issues/"]


def test_home_leads_to_the_own_vendor(stage: VendorStage, vito: Client) -> None:
    assert vito.get("/", follow=True).request["PATH_INFO"] == address(stage, "")


def test_people_are_invited_ended_and_let_in_again(stage: VendorStage, vito: Client) -> None:
    text = "nia@brightfield.example\nnuno@brightfield.example, no address"
    page = vito.post(address(stage, "people/invite/"), {"emails": text}, follow=True).content.decode()
    assert "2 people invited. Refused: no address" in page and "nuno@brightfield.example" in page
    assert {(one.vendor, one.role) for one in Invitation.objects.all()} == {(stage.cast.vendor, "member")}
    vera = Membership.objects.get(person=stage.cast.vera)
    for said, is_active in (("no", False), ("yes", True)):
        vito.post(f"/vendor-people/{vera.uid}/change/", {"is_active": said})
        vera.refresh_from_db()
        assert vera.is_active is is_active
    lena = Membership.objects.get(person=stage.cast.lena)
    assert vito.post(f"/vendor-people/{lena.uid}/change/", {"is_active": "no"}).status_code == 403


def test_an_invitation_is_sent_again_and_taken_back(stage: VendorStage, vito: Client) -> None:
    vito.post(address(stage, "people/invite/"), {"emails": "nia@brightfield.example"})
    theirs = invitations.invite_person(stage.cast.max, stage.cast.home, email="own@example.org", role="member")
    found = Invitation.objects.get(email="nia@brightfield.example")
    said = vito.post(f"/vendor-invitations/{found.uid}/again/", follow=True).content.decode()
    assert "A new invitation is on its way to nia@brightfield.example" in said
    said = vito.post(f"/vendor-invitations/{found.uid}/revoke/", follow=True).content.decode()
    assert "opens nothing from now on" in said and "No invitation waits" in said
    for act in ("again", "revoke"):
        assert vito.post(f"/vendor-invitations/{theirs.uid}/{act}/").status_code == 403
    theirs.refresh_from_db()
    assert theirs.revoked_at is None and theirs.round == 1


def test_skills_of_own_people_are_noted(stage: VendorStage, vito: Client) -> None:
    word = skills.add_skill_name(stage.cast.max, stage.cast.home, "Damage")
    theirs = skills.add_skill_name(stage.cast.otto, stage.cast.away, "Theirs")
    vera, lena = (Membership.objects.get(person=one) for one in (stage.cast.vera, stage.cast.lena))
    body = {"skill": str(word.uid), "value": "70", "evidence": "Entry test."}
    page = vito.post(f"/vendor-people/{vera.uid}/skills/", body, follow=True).content.decode()
    assert "Vera Vogel has Damage 70 now." in page and "Damage 70" in page
    assert vito.post(f"/vendor-people/{lena.uid}/skills/", body).status_code == 403
    assert vito.post(f"/vendor-people/{vera.uid}/skills/", {**body, "skill": str(theirs.uid)}).status_code == 404
    vito.post(f"/vendor-people/{vera.uid}/skills/", {**body, "value": "700"})
    assert Skill.objects.count() == 1


def test_limits_of_own_people_stand_beside_those_of_the_project(stage: VendorStage, vito: Client) -> None:
    cast, project = stage.cast, stage.line.project
    vera, lena = (Membership.objects.get(person=one) for one in (cast.vera, cast.lena))
    day_limits.set_day_limit(cast.pia, project, cast.vera, 2)
    body = {"project": str(project.uid), "rows": "40", "percent": "30", "counts_from": "20"}
    page = vito.post(f"/vendor-people/{vera.uid}/limits/", body, follow=True).content.decode()
    assert "The limits of Vera Vogel in Cars in the street are kept." in page
    assert "The project says 2 rows a day." in page and 'value="40"' in page and stage.told_of_others(page) == []
    limits = {(one.rows, one.is_vendors) for one in DayLimit.objects.filter(person=cast.vera)}
    assert limits == {(2, False), (40, True)}, "a vendor gives no more than the project"
    assert day_limits.cap(cast.vera, project, "label")[1].message.startswith("You have your 2 rows")  # type: ignore[index]
    assert "40 rows a day, says the vendor" in as_lead(stage, "people/")
    vito.post(f"/vendor-people/{vera.uid}/limits/", {**body, "rows": "1", "percent": ""})
    assert not ShareLimit.objects.exists()
    left, why = day_limits.cap(cast.vera, project, "label")  # type: ignore[misc]
    assert left <= 0 and why.message.startswith("You have your 1 row "), "and the project no more than the vendor"
    assert "The vendor says 1; the lower one counts." in as_lead(stage, f"people/{cast.vera.uid}/")
    hidden = Project.objects.get(name="Not for the vendor")
    for wrong in ({"project": str(hidden.uid)}, {"project": "x"}, {"rows": "0"}, {"percent": "100"}):
        vito.post(f"/vendor-people/{vera.uid}/limits/", {**body, **wrong})
    assert vito.post(f"/vendor-people/{lena.uid}/limits/", body).status_code == 403
    assert {(one.rows, one.person) for one in DayLimit.objects.filter(is_vendors=True)} == {(1, cast.vera)}


def as_lead(stage: VendorStage, page: str) -> str:
    client = Client()
    client.force_login(stage.cast.pia)
    return client.get(f"/admin/projects/{stage.line.project.uid}/{page}").content.decode()


def test_a_question_is_answered_and_anothers_is_not(stage: VendorStage, vito: Client) -> None:
    own, foreign = stage.question, Issue.objects.get(opened_by=stage.olga)
    before = IssueComment.objects.count()
    page = vito.post(address(stage, "issues/answer/"), {"issue": str(own.uid), "text": "As two."}, follow=True)
    assert "As two." in page.content.decode()
    vito.post(address(stage, "issues/answer/"), {"issue": str(foreign.uid), "text": "x"})
    vito.post(address(stage, "issues/answer/"), {"issue": "x", "text": "x"})
    assert IssueComment.objects.count() == before + 1


def test_the_pages_ask_the_same_at_3_and_at_30(stage: VendorStage, vito: Client) -> None:
    counts: dict[str, list[int]] = {}
    for upto in (3, 30):
        for number in range(0 if upto == 3 else 3, upto):
            person = Person.objects.create(email=f"p{number}@example.org", name=f"P {number}", password="!")
            organizations.add_member(stage.cast.ada, stage.cast.home, person, role="member", vendor=stage.cast.vendor)
        for page in PAGES:
            with CaptureQueriesContext(connection) as asked:
                assert vito.get(address(stage, page)).status_code == 200
            counts.setdefault(page, []).append(len(asked))
    assert all(few == many for few, many in counts.values()), counts
