"""A question about a spot while it is typed, and threads that go on while nobody looks."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from labeling import queue
from quality import issues
from quality.models import Issue
from tests.browser.hands import Editor, Hand
from tests.line import Line
from workforce.models import Person

SignIn = Callable[[Person], Hand]


def begin_to_ask(editor: Editor, text: str) -> Locator:
    editor.press("i")
    editor.click((200, 300))
    form = editor.page.locator("[data-issue-form]")
    form.locator("select[name=category]").select_option(index=1)
    form.locator("textarea").fill(text)
    return form


def test_a_question_being_typed_is_kept(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    editor = lena.label(street.project)
    editor.ask((455, 300), "Does the blue one count?")
    category = editor.page.locator("[data-issue-form] select[name=category] option").nth(1)
    form = begin_to_ask(editor, "And the red")
    chosen = category.get_attribute("value")
    assert chosen
    # Somebody answers the other question meanwhile.
    issues.comment(street.cast.rita, Issue.objects.get(), "Yes, every car counts.")
    expect(editor.part("issues")).to_contain_text("Answered")
    expect(form.locator("textarea")).to_be_focused()
    editor.type(" one?")
    expect(form.locator("textarea")).to_have_value("And the red one?")
    expect(form.locator("select[name=category]")).to_have_value(chosen)

    editor.press("Escape", "Escape")
    expect(form).to_have_count(0)
    expect(editor.page.locator("[data-toast]")).to_contain_text("Your question is not asked yet. It is kept")
    editor.page.wait_for_timeout(400)
    editor.page.reload()
    editor.wait_for_picture()
    editor.press("i")
    editor.click((210, 310))
    expect(form.locator("textarea")).to_have_value("And the red one?")
    expect(form.locator("select[name=category]")).to_have_value(chosen)
    lena.look("question-kept", shots)
    editor.page.locator("[data-issue-send]").click()
    expect(editor.page.locator("[data-issue-popover] .thread")).to_contain_text("And the red one?")
    asked = Issue.objects.get(number=2)
    assert asked.category.code == chosen
    editor.press("Escape", "Escape", "i")
    editor.click((300, 310))
    expect(form.locator("textarea")).to_have_value("")


def test_a_thread_of_a_row_in_hand_is_read_when_the_row_opens(street: Line, signed_in: SignIn) -> None:
    cast = street.cast
    second = queue.lease_next_rows(cast.lena, street.project).slots[1].project_row
    issue = issues.open_issue(cast.lena, second, category="feedback", text="Which one?")
    lena = signed_in(cast.lena)
    editor = lena.label(street.project)
    assert editor.row_name != second.data_row.external_id
    issues.comment(cast.rita, issue, "The left one.")
    editor.part("stage").focus()
    editor.press("q")
    editor.submit()
    assert editor.row_name == second.data_row.external_id
    line = editor.page.locator(f'[data-issue="{issue.uid}"]')
    expect(line).to_contain_text("Answered")
    line.click()
    popover = editor.page.locator("[data-issue-popover]")
    expect(popover).to_contain_text("The left one.")
    expect(popover.locator("[data-issue-deaf]")).to_have_count(0)


def test_a_thread_that_cannot_be_read_says_so(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise("ERR_FAILED")
    row = queue.lease_next_rows(street.cast.lena, street.project).slots[0].project_row
    issue = issues.open_issue(street.cast.lena, row, category="feedback", text="Which one?")
    lena.context.route(f"**/api/v1/issues/{issue.uid}/", lambda route: route.abort())
    editor = lena.label(street.project)
    editor.page.locator(f'[data-issue="{issue.uid}"]').click()
    expect(editor.page.locator("[data-issue-deaf]")).to_contain_text("Not live")
    lena.look("question-deaf", shots)
