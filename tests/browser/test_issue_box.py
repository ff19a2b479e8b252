"""A question about a box, its words edited in place, and the issue that answers it."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from labeling import queue
from quality import issue_duplicates, issues
from quality.models import Issue
from tests.browser.hands import Hand
from tests.line import Line
from workforce.models import Person


def test_a_box_is_asked_about_edited_and_answered_elsewhere(
    street: Line, signed_in: Callable[[Person], Hand], shots: Path
) -> None:
    lena, rita = street.cast.lena, street.cast.rita
    # Not in her hands: of a row that she is about to label she reads no answer.
    free = queue.lease_next_rows(street.cast.leo, street.project).slots[0].project_row
    hand = signed_in(lena)
    editor = hand.label(street.project)
    editor.press("i")
    editor.drag((200, 200), (320, 280))
    form = editor.page.locator("[data-issue-form]")
    form.locator("select[name=severity]").select_option("high")
    form.locator("textarea").press_sequentially("@revi")
    editor.page.locator("[data-mention='role:reviewer']").click()
    form.locator("textarea").press_sequentially("one car?")
    editor.page.locator("[data-issue-send]").click()
    popover = editor.page.locator("[data-issue-popover]")
    expect(popover.locator(".thread")).to_contain_text("@reviewer one car?")
    asked = Issue.objects.get()
    assert set(asked.pin) == {"x", "y", "w", "h"} and asked.pin["w"] > 50
    assert (asked.severity, asked.comments.get().mentions.get().role) == ("high", "reviewer")
    expect(editor.page.locator(f"[data-issue-box='{asked.uid}']")).to_have_count(1)

    popover.locator("[data-comment-edit]").click()
    popover.locator(".thread__words textarea").fill("One car, or two?")
    popover.locator("[data-comment-keep]").click()
    expect(popover.locator(".thread")).to_contain_text("One car, or two?")
    popover.locator("[data-comment-history]").click()
    expect(popover.locator(".thread__before")).to_contain_text("@reviewer one car?")
    hand.look("issue-box", shots)

    root = issues.open_issue(street.cast.leo, free, category="edge_case", text="How many cars is this?")
    issue_duplicates.mark_duplicate(rita, asked, root.number)
    issues.comment(rita, root, "It is one.")
    expect(popover.locator("[data-issue-root]")).to_contain_text("It is one.")
    hand.look("issue-duplicate", shots)
