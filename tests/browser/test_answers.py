"""Answers by mouse and keys: the first click counts, letters tick a list, and nothing goes off unasked."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from labeling import ontologies
from labeling.models import Draft, Label
from tests.browser.hands import Editor, Hand
from tests.line import LIGHT, Line
from workforce.models import Person

SignIn = Callable[[Person], Hand]
NOTE, SHOWN, PLACE = (f"00000000-0000-4000-8000-0000000000{n}" for n in (31, 32, 33))
QUESTIONS = {
    "features": [
        {"uid": NOTE, "name": "Note", "kind": "text"},
        {
            "uid": SHOWN,
            "name": "Shows",
            "kind": "checklist",
            "options": [{"value": name, "label": name.title()} for name in ("road", "sky", "people")],
        },
        {
            "uid": PLACE,
            "name": "Place",
            "kind": "radio",
            "options": [{"value": "in", "label": "Indoors"}, {"value": "out", "label": "Outdoors"}],
        },
    ]
}


@pytest.fixture
def asked(street: Line) -> Line:
    street.ontology = ontologies.revise_ontology(street.cast.ada, street.ontology.ontology, document=QUESTIONS)
    return street


MIDDLE_OF = """(questions, text) => {
  const box = [...questions.querySelectorAll('span')].find((one) => one.textContent === text).getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""


def answers(editor: Editor) -> dict[str, Any]:
    editor.wait_saved()
    return {entry["feature"]: entry["value"] for entry in Draft.objects.get().payload["features"]}


def test_the_first_click_after_typing_counts(asked: Line, signed_in: SignIn) -> None:
    editor = signed_in(asked.cast.lena).label(asked.project)
    note = editor.part("questions").locator("textarea")
    for word, option in (("wet", "Indoors"), (" road", "Sky")):
        note.click()
        editor.press("End")
        editor.type(word)
        # Measured in one go: the questions are drawn anew as typing is saved.
        editor.page.mouse.move(*editor.part("questions").evaluate(MIDDLE_OF, option))
        editor.page.mouse.down()
        editor.page.wait_for_timeout(1500)
        editor.page.mouse.up()
    expect(editor.part("questions").get_by_label("Sky")).to_be_checked()
    assert answers(editor) == {NOTE: "wet road", PLACE: "in", SHOWN: ["sky"]}


def test_several_of_a_list_are_chosen_by_their_letters(asked: Line, signed_in: SignIn) -> None:
    editor = signed_in(asked.cast.lena).label(asked.project)
    editor.part("stage").focus()
    editor.press("Tab")
    editor.part("questions").locator("textarea").fill("dry")
    editor.part("stage").focus()
    editor.press("q", "e")
    expect(editor.part("questions").locator("[data-list-in-hand]")).to_be_visible()
    editor.press("Enter", "w")
    assert answers(editor) == {NOTE: "dry", SHOWN: ["road", "people"], PLACE: "out"}
    expect(editor.part("questions").locator("[data-list-in-hand]")).to_have_count(0)


def test_the_keys_of_submit_never_send_the_row_behind_an_open_question(street: Line, signed_in: SignIn) -> None:
    editor = signed_in(street.cast.lena).label(street.project)
    editor.press("q", "i")
    editor.click((200, 300))
    form = editor.page.locator("[data-issue-form]")
    expect(form.locator("select[name=category]")).to_be_focused()
    editor.press("Control+Enter")
    form.locator("textarea").fill("Does it count?")
    editor.part("stage").focus()
    editor.press("Control+Enter")
    expect(editor.page.locator("[data-toast]")).to_contain_text("Your question is still open")
    form.locator("select[name=category]").focus()
    editor.press("Control+Enter")
    expect(editor.page.locator("[data-issue-popover] .thread")).to_contain_text("Does it count?")
    assert not Label.objects.exists()
    editor.press("Escape", "Escape")
    editor.submit()
    assert Label.objects.count() == 1
    assert [entry["feature"] for entry in Label.objects.get().versions.get().payload["features"]] == [LIGHT]
