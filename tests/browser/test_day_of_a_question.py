"""The day of a question: asked with a pin while labeling, answered in review, sent back under a rule, mended, approved,
made a rule of the guidelines; and everybody who works there is told."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import expect

from labeling import guidelines
from labeling.models import ProjectRow, Slot
from quality.models import Issue, Review
from tests.browser.hands import Editor, Hand
from tests.browser.lines import make_street
from tests.browser.site import Site
from tests.browser.test_guidelines import WORDS
from tests.browser.test_review import label_one
from tests.cast import Cast
from workforce.models import ClockTimestamp, Notice, Person

SignIn = Callable[[Person], Hand]
QUESTION, ANSWER = "Does the half hidden car count?", "Yes. Draw it to the edge that you see."


def test_a_question_becomes_a_rule(cast: Cast, site: Site, signed_in: SignIn, shots: Path) -> None:
    line = make_street(cast, review_share=100)
    guidelines.publish_version(cast.pia, line.project, after=0, **WORDS)
    for person in (cast.lena, cast.leo, cast.rita):
        guidelines.acknowledge(person, line.project, 1)
    lena, rita, pia = (signed_in(person) for person in (cast.lena, cast.rita, cast.pia))

    # Lena is not sure, asks at the place, and submits what she thinks best.
    editor = lena.label(line.project)
    editor.ask((455, 300), QUESTION)
    lena.look("day-1-asked", shots)
    lena.page.locator("[data-issue-close]").click()
    row = label_one(editor)
    issue = Issue.objects.get()
    assert issue.state == Issue.State.OPEN

    # Rita meets the question beside the label, answers it and sends the label back under a rule.
    editor = rita.review(line.project)
    assert editor.row_name == row
    rita.page.locator(f'[data-pin="{issue.uid}"]').click()
    thread = rita.page.locator("[data-issue-popover]")
    expect(thread).to_contain_text(QUESTION)
    thread.locator("input[name=text]").fill(ANSWER)
    rita.look("day-2-answering", shots)
    thread.locator("input[name=text]").press("Enter")
    expect(thread.locator(".thread")).to_contain_text(ANSWER)
    thread.locator("[data-issue-close]").click()
    editor.part("stage").focus()
    editor.press("r")
    dialog = editor.part("reason-dialog")
    dialog.locator('input[value="missing_object"]').check()
    dialog.locator("[name=rule]").select_option(label="1 · To the visible edge")
    rita.look("day-3-sending-back", shots)
    dialog.locator("[data-reason-send]").click()
    expect(editor.part("stage-message")).to_be_visible()
    assert Review.objects.get().reasons[0]["rule_title"] == "1 · To the visible edge"

    # The answer has found Lena, and what came back is first.
    Slot.objects.filter(state="leased").update(leased_until=ClockTimestamp() - timedelta(seconds=1))
    lena.go("/")
    expect(lena.page.locator("main")).to_contain_text(ANSWER)
    expect(lena.page.locator("[aria-labelledby=came-back]")).to_contain_text("An object is missing (rule 1 ·")
    expect(lena.page.locator("[data-bell-count]")).to_be_visible()
    lena.look("day-4-home", shots)
    lena.page.locator("[data-start]").click()
    editor = Editor(lena.page)
    editor.wait_for_picture()
    assert editor.row_name == row
    expect(editor.part("reasons")).to_contain_text("To the visible edge")
    lena.look("day-5-rework", shots)
    editor.box((380, 230), (540, 330))
    editor.part("stage").focus()
    editor.press("Escape", "q")
    editor.submit()

    editor = rita.review(line.project)
    assert editor.row_name == row
    editor.press("a")
    expect(editor.page.locator("[data-toast]")).to_contain_text("Approved.")
    expect(editor.part("stage-message")).to_be_visible()
    assert ProjectRow.objects.get(data_row__external_id=row).state == ProjectRow.State.DONE

    # Pia makes a rule of it.
    pia.go(f"/admin/issues/{issue.uid}/")
    pia.look("day-6-thread", shots)
    pia.page.get_by_role("link", name="Make it a rule").click()
    expect(pia.page.locator("[name=title]")).to_have_value(QUESTION)
    expect(pia.page.locator("[name=text]")).to_have_value(ANSWER)
    pia.page.locator("[name=title]").fill("Half hidden cars count")
    pia.look("day-7-rule", shots)
    pia.page.get_by_role("button", name="Publish the rule").click()
    expect(pia.page.locator("main")).to_contain_text("in version 2 of the guidelines")
    issue.refresh_from_db()
    assert issue.state == Issue.State.RESOLVED

    # Everybody who works there is told, and reads it before the next row.
    told = set(Notice.objects.filter(group="guidelines").values_list("person__name", flat=True))
    assert {cast.lena.name, cast.leo.name, cast.rita.name} <= told
    assert cast.pia.name not in told
    lena.go("/notices/")
    expect(lena.page.locator("main")).to_contain_text("guidelines")
    lena.look("day-8-notices", shots)
    lena.go("/")
    expect(lena.page.locator("main")).to_contain_text("Now a rule")
    lena.look("day-9-now-a-rule", shots)
    # Rows in hand stay; who takes new ones reads first.
    leo = signed_in(cast.leo)
    leo.go(f"/projects/{line.project.uid}/label/")
    expect(leo.page.locator("[data-part=stage-message]")).to_contain_text("Read the guidelines")
