"""A label goes back with a reason, comes first at its maker's, and is approved the second time."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from labeling.models import LabelVersion, ProjectRow, Slot
from quality import review_steps
from quality.models import Appeal, Review
from quality.review_steps import Step
from tests.browser.hands import Editor, Hand
from tests.browser.lines import make_street
from tests.browser.site import Site
from tests.cast import Cast
from tests.line import Line, payload
from tests.quality.test_review import decide, hold, label_row, review_slot
from workforce.models import ClockTimestamp, Person

SignIn = Callable[[Person], Hand]


def label_one(editor: Editor) -> str:
    row = editor.row_name
    editor.box((90, 190), (230, 330))
    editor.part("stage").focus()
    editor.press("Escape", "q")
    editor.submit()
    return row


@pytest.fixture
def reviewed(cast: Cast, site: Site) -> Line:
    return make_street(cast, review_share=100)


def test_back_to_its_maker_and_approved(reviewed: Line, signed_in: SignIn, shots: Path) -> None:
    lena, rita = signed_in(reviewed.cast.lena), signed_in(reviewed.cast.rita)
    row = label_one(lena.label(reviewed.project))

    step = Step(1, "Peer review", "Does each box follow its edge?")
    review_steps.change_steps(reviewed.cast.pia, reviewed.project, [step])
    editor = rita.review(reviewed.project)
    assert editor.row_name == row
    expect(editor.part("step-section")).to_contain_text("Peer review")
    expect(editor.part("step-instructions")).to_have_text("Does each box follow its edge?")
    expect(editor.part("kind")).to_contain_text("Peer review")
    rita.look("review", shots)
    editor.press("n", "r")
    dialog = editor.part("reason-dialog")
    expect(dialog).to_be_visible()
    dialog.locator('input[value="loose_box"]').check()
    dialog.locator("textarea").fill("It cuts off the boot.")
    rita.look("send-back", shots)
    dialog.locator("[data-reason-send]").click()
    expect(editor.part("stage-message")).to_be_visible()
    rita.look("review-empty", shots)
    assert Review.objects.get().reasons[0]["code"] == "loose_box"

    # Rows still in hand come before what came back, see below; here she starts with an empty hand.
    Slot.objects.filter(state="leased").update(leased_until=ClockTimestamp() - timedelta(seconds=1))
    lena.go("/")
    came_back = lena.page.locator("[aria-labelledby=came-back]")
    expect(came_back).to_contain_text("It cuts off the boot.")
    expect(came_back).to_contain_text("Rita Rossi")
    lena.look("home-came-back", shots)
    lena.page.locator("[data-start]").click()
    editor = Editor(lena.page)
    editor.wait_for_picture()
    assert editor.row_name == row
    expect(editor.part("reasons")).to_contain_text("Car 1: A shape does not fit its object: It cuts off the boot.")
    lena.look("rework", shots)
    editor.part("reasons").get_by_role("button").click()
    editor.press("v")
    editor.drag((230, 260), (275, 260))
    editor.submit()

    editor = rita.review(reviewed.project)
    assert editor.row_name == row
    editor.press("a")
    expect(editor.page.locator("[data-toast]")).to_contain_text("Approved.")
    expect(editor.part("stage-message")).to_be_visible()
    assert ProjectRow.objects.get(data_row__external_id=row).state == ProjectRow.State.DONE
    last = LabelVersion.objects.order_by("number").last()
    assert last is not None and last.number == 2
    assert last.payload["features"][0]["value"] == pytest.approx([90, 190, 275, 330], abs=1)


def test_fixed_and_approved(reviewed: Line, signed_in: SignIn, shots: Path) -> None:
    lena, rita = signed_in(reviewed.cast.lena), signed_in(reviewed.cast.rita)
    row = label_one(lena.label(reviewed.project))
    editor = rita.review(reviewed.project)
    editor.press("f", "n")
    editor.drag((230, 260), (275, 260))
    rita.look("fixing", shots)
    editor.press("Control+Enter")
    expect(editor.page.locator("[data-toast]")).to_contain_text("Fixed and approved.")
    assert ProjectRow.objects.get(data_row__external_id=row).state == ProjectRow.State.DONE
    assert Review.objects.get().fix_size["objects"] == 1
    last = LabelVersion.objects.order_by("number").last()
    assert last is not None and last.author == reviewed.cast.rita
    assert last.payload["features"][0]["value"] == pytest.approx([90, 190, 275, 330], abs=1)


def test_what_came_back_comes_before_rows_in_hand(reviewed: Line, signed_in: SignIn) -> None:
    lena, rita = signed_in(reviewed.cast.lena), signed_in(reviewed.cast.rita)
    row = label_one(lena.label(reviewed.project))
    editor = rita.review(reviewed.project)
    editor.press("r")
    editor.part("reason-dialog").locator('input[value="loose_box"]').check()
    editor.part("reason-dialog").locator("[data-reason-send]").click()
    expect(editor.part("stage-message")).to_be_visible()
    assert lena.label(reviewed.project).row_name == row


def test_a_review_that_is_given_back_goes_to_somebody_else(reviewed: Line, signed_in: SignIn) -> None:
    label = label_row(reviewed.cast.lena, reviewed, payload((90, 190, 230, 330)))
    rita = signed_in(reviewed.cast.rita)
    editor = rita.review(reviewed.project)
    rita.page.locator("details.why summary").click()
    rita.page.get_by_role("button", name="Give this row back").click()
    dialog = editor.part("reason-dialog")
    expect(dialog).to_contain_text("Somebody else gets the review.")
    dialog.locator('input[value="need_expert"]').check()
    dialog.locator("[data-reason-send]").click()
    expect(editor.page.locator("[data-toast]")).to_contain_text("You do not get this review again.")
    expect(editor.part("stage-message")).to_contain_text("some wait for another person")
    slots = Slot.objects.filter(label=label).order_by("pk")
    assert list(slots.values_list("state", "skip_reason")) == [("skipped", "need_expert"), ("open", "")]


def test_a_maker_appeals_and_somebody_else_decides(reviewed: Line, signed_in: SignIn, shots: Path) -> None:
    """Prepared but for the appeal: Rita has sent a label of Lena back."""
    label = label_row(reviewed.cast.lena, reviewed, payload((90, 190, 230, 330)))
    decide(reviewed.cast.rita, hold(reviewed.cast.rita, review_slot(label)), "reject")
    lena, eva = signed_in(reviewed.cast.lena), signed_in(reviewed.cast.eva)
    lena.go("/my-appeals/")
    lena.look("appeals-came-back", shots)
    editor = lena.label(reviewed.project)
    row = editor.row_name
    expect(editor.part("reasons")).to_contain_text("Too wide on the left.")
    lena.page.locator('[data-act="appeal"]').click()
    dialog = editor.part("reason-dialog")
    dialog.locator("textarea").fill("The mirror is part of the car by rule three.")
    lena.look("appeal-dialog", shots)
    dialog.locator("[data-appeal-send]").click()
    expect(lena.page.locator("[data-toast]")).to_contain_text("Appealed.")
    editor.wait_for_other_row(row)
    lena.go("/my-appeals/")
    expect(lena.page.locator("[data-appeal]")).to_contain_text("Waits for a decision")
    lena.look("appeals-open", shots)

    editor = eva.review(reviewed.project)
    assert editor.row_name == row
    expect(editor.part("appeal")).to_contain_text("The mirror is part of the car by rule three.")
    expect(editor.part("reasons")).to_contain_text("Too wide on the left.")
    eva.look("appeal-to-decide", shots)
    editor.press("r")
    expect(editor.part("reason-dialog").locator('input[value="loose_box"]')).to_be_checked()
    editor.press("Escape", "a")
    expect(eva.page.locator("[data-toast]")).to_contain_text("Approved.")
    expect(editor.part("stage-message")).to_be_visible()
    assert Appeal.objects.get().state == Appeal.State.OVERTURNED
    assert ProjectRow.objects.get(data_row__external_id=row).state == ProjectRow.State.DONE
    lena.go("/my-appeals/")
    expect(lena.page.locator("[data-appeal]")).to_contain_text("Overturned")
