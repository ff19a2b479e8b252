"""Practice in the editor: what differs from the known answer is said and shown once the own answer is stored."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from labeling import guidelines
from labeling.assets import take_picture
from labeling.data_rows import NewRow, add_rows
from labeling.models import DataRow, WorkSession
from quality import practice
from quality.models import PracticeAnswer
from quality.practice import Known
from tests.browser.hands import Editor, Hand
from tests.browser.lines import street_picture
from tests.line import Line, payload
from workforce.models import Person


def test_practise_see_what_differs_and_go_on(street: Line, signed_in: Callable[[Person], Hand], shots: Path) -> None:
    cast, project = street.cast, street.project
    add_rows(cast.ada, street.dataset, [NewRow("practice-1", take_picture(street_picture()))])
    spare = DataRow.objects.get(external_id="practice-1")
    rules = [{"title": "Parked cars too", "text": "Every car is marked, parked or not."}]
    rule = guidelines.publish_version(cast.pia, project, text="# Cars", rules=rules, after=0).rules[0]
    known = Known(payload((100, 200, 260, 318), (380, 230, 540, 348)), "Both cars count.", [rule["uid"]])
    practice.make_practice_row(cast.pia, project, spare, known)

    lena = signed_in(cast.lena)
    lena.go(f"/practice/{project.uid}/")
    editor = Editor(lena.page)
    editor.wait_for_picture()
    assert editor.row_name == "practice-1"
    editor.box((100, 200), (260, 318))
    expect(editor.part("save")).to_have_attribute("data-save", "here")
    editor.part("stage").focus()
    editor.press("Escape", "q")
    # A reload loses nothing: the browser keeps what no server has.
    lena.page.wait_for_timeout(300)
    lena.page.reload()
    editor.wait_for_picture()
    expect(editor.objects).to_have_count(1)
    expect(lena.page.locator("[data-act=skip]").first).to_be_hidden()
    expect(editor.part("practice-section")).to_be_hidden()
    lena.look("practice", shots)
    editor.part("stage").focus()
    editor.press("Control+Enter")
    told = editor.part("practice-section")
    expect(told).to_be_visible()
    expect(told.locator("[data-difference=missing]")).to_contain_text("Car is missing.")
    expect(told).to_contain_text("Both cars count.")
    expect(told.locator("[data-rule]")).to_contain_text("Every car is marked, parked or not.")
    expect(editor.part("practice-score")).to_have_text(re.compile(r"^7\d %$"))
    expect(editor.part("known").locator(".shape--known")).to_have_count(2)
    lena.look("practised", shots)
    told.locator("[data-known]").click()
    expect(editor.part("known").locator(".shape--known")).to_have_count(0)
    stored = PracticeAnswer.objects.get()
    assert stored.person == cast.lena and 0.7 < stored.score < 0.8
    assert not WorkSession.objects.exists()
    editor.press("Control+Enter")
    expect(editor.part("stage-message")).to_contain_text("You have answered every row")
    # With nothing open the key has nothing to do.
    editor.press("Control+Enter")
    lena.look("practice-done", shots)
    # Again: it is compared anew, and the first answer is the one that counts.
    lena.page.locator("[data-stage-act=again]").click()
    editor.wait_for_picture()
    expect(editor.objects).to_have_count(0)
    editor.part("stage").focus()
    editor.press("q", "Control+Enter")
    expect(told).to_contain_text("Your first answer counts: 75 %.")
    assert PracticeAnswer.objects.count() == 1
