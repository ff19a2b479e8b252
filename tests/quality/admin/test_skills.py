"""Skills in the admin: the words page, a person's card, a file, a project's tab."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.models import Batch
from quality import skills
from quality.models import MinimumSkill, Skill, SkillName
from tests.line import Line
from tests.workforce.admin.conftest import Enter, enter, plain_static_files
from workforce.models import Membership

__all__ = ["enter", "plain_static_files"]
pytestmark = pytest.mark.django_db


def member(line: Line, name: str) -> Membership:
    return Membership.objects.get(organization=line.cast.home, person=getattr(line.cast, name))


@pytest.fixture
def damage(line: Line) -> SkillName:
    return skills.add_skill_name(line.cast.max, line.cast.home, "Damage")


def test_a_word_is_added_and_shown_to_the_own_organization(line: Line, damage: SkillName, enter: Enter) -> None:
    page = enter("max").post("/admin/skills/", {"organization": str(line.cast.home.uid), "name": "Trucks"}, follow=True)
    assert ">Trucks<" in page.content.decode() and ">Damage<" in page.content.decode()
    assert ">Damage<" not in enter("otto").get("/admin/skills/").content.decode()
    again = enter("max").post("/admin/skills/", {"organization": str(line.cast.home.uid), "name": "trucks"})
    assert again.status_code == 422 and "There is a skill called" in again.content.decode()


def test_a_value_is_noted_on_the_persons_page_with_its_history(line: Line, damage: SkillName, enter: Enter) -> None:
    address = f"/admin/people/{member(line, 'lena').uid}/"
    for value in ("40", "75"):
        body = {"skill": str(damage.uid), "value": value, "evidence": f"Test with {value}."}
        page = enter("max").post(f"{address}skills/", body, follow=True)
    text = page.content.decode()
    assert "Lena Lund has Damage 75 now." in text and "Test with 40." in text
    for bad in ({"value": "101"}, {"evidence": ""}, {"skill": "x"}):
        body = {"skill": str(damage.uid), "value": "5", "evidence": "Seen.", **bad}
        enter("max").post(f"{address}skills/", body)
    assert Skill.objects.count() == 2


def test_a_file_shows_its_report(line: Line, damage: SkillName, enter: Enter) -> None:
    content = b"person,skill,value,evidence,date\nlena@example.org,Damage,70,Test,\nx@example.org,Damage,7,Test,\n"
    body = {"organization": str(line.cast.home.uid), "file": SimpleUploadedFile("s.csv", content)}
    text = enter("max").post("/admin/skills/import/", body).content.decode()
    assert "1 new, 0 there already, 1 refused" in text and "Nobody here has this e-mail address" in text
    out = enter("max").get("/admin/skills/skills.csv", {"organization": str(line.cast.home.uid)})
    assert "lena@example.org,Damage,70" in out.content.decode()
    nothing = enter("max").post("/admin/skills/import/", {"organization": str(line.cast.home.uid)}, follow=True)
    assert "Choose a CSV file" in nothing.content.decode()


def test_a_project_asks_and_stops_asking(line: Line, damage: SkillName, enter: Enter) -> None:
    address, batch = f"/admin/projects/{line.project.uid}/skills/", Batch.objects.get(project=line.project)
    for values in ({"value": "60"}, {"value": "80", "batch": str(batch.uid)}):
        page = enter("pia").post(address, {"skill": str(damage.uid), "batch": "", **values}, follow=True)
    assert "The batch first asks for Damage 80 or more now." in page.content.decode()
    for minimum in MinimumSkill.objects.all():
        page = enter("pia").post(f"{address}drop/", {"uid": str(minimum.uid)}, follow=True)
    assert "No skill is asked for" in page.content.decode()
    assert not MinimumSkill.objects.exists()


@pytest.mark.parametrize("path", ["/admin/skills/", "person"])
def test_the_pages_ask_the_same_at_3_and_at_30(line: Line, enter: Enter, path: str) -> None:
    lena, client, counts = member(line, "lena"), enter("max"), []
    address = f"/admin/people/{lena.uid}/" if path == "person" else path
    for upto in (3, 30):
        for number in range(SkillName.objects.count(), upto):
            word = skills.add_skill_name(line.cast.max, line.cast.home, f"Word {number:02}")
            skills.set_skill(line.cast.max, lena, word, value=number, evidence="Seen.")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
