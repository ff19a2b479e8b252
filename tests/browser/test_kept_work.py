"""Work typed is work kept: through a killed browser, a cut line, a lost answer and a lease that ran out."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Playwright, Request, Route, expect

from labeling.models import Draft, Label, Slot
from quality.models import Review, ReviewRemark
from tests.browser.conftest import FLAGS
from tests.browser.hands import OFFLINE, REFUSED, Editor, Hand, end_lease, session_cookie, wake
from tests.browser.lines import make_street
from tests.browser.site import Site
from tests.cast import Cast
from tests.line import LIGHT, Line, payload
from tests.quality.test_review import decide, hold, label_row, review_slot, submit
from workforce.models import Person

SignIn = Callable[[Person], Hand]
FIRST, SECOND = ((90, 190), (275, 330)), ((370, 220), (560, 360))


# --- The browser dies ---------------------------------------------------------------------------------------------
def pid_of_browser(profile: Path) -> int:
    """The first process of the browser that uses ``profile``; its children carry a type."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().decode(errors="replace").split("\0")
            is_main = not any(word.startswith("--type=") for word in words)
            if is_main and f"--user-data-dir={profile}" in words:
                return int(entry.parent.name)
    raise AssertionError("no browser uses that profile")


@pytest.fixture
def launch(playwright: Playwright, chromium: str) -> Callable[[Path], BrowserContext]:
    """A browser of its own, with a profile on disk."""

    def start(profile: Path) -> BrowserContext:
        size = {"width": 1440, "height": 900}
        return playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=FLAGS, viewport=size
        )

    return start


@pytest.mark.usefixtures("quiet_line")
def test_a_killed_browser_loses_at_most_five_seconds(
    street: Line, site: Site, launch: Callable[[Path], BrowserContext], tmp_path: Path
) -> None:
    profile = tmp_path / "profile"

    def open_browser() -> tuple[BrowserContext, Editor]:
        context = launch(profile)
        context.add_cookies([session_cookie(site, street.cast.lena)])
        editor = Editor(context.pages[0])
        return context, editor

    context, editor = open_browser()
    # The server hears nothing, so that only the browser's own store can bring the work back.
    context.route("**/draft/", lambda route: route.abort())
    editor.page.goto(f"{site.address}/projects/{street.project.uid}/label/")
    editor.wait_for_picture()
    row = editor.row_name
    editor.box(*FIRST)
    editor.page.wait_for_timeout(2000)
    editor.box(*SECOND)
    os.kill(pid_of_browser(profile), signal.SIGKILL)
    with contextlib.suppress(Error):
        context.close()
    assert not Draft.objects.exists()

    context, editor = open_browser()
    editor.page.goto(f"{site.address}/projects/{street.project.uid}/label/")
    editor.wait_for_picture()
    assert editor.row_name == row
    expect(editor.page.locator("[data-toast]")).to_contain_text("Your work from this browser is back.")
    assert editor.objects.count() >= 1
    editor.wait_saved()
    context.close()
    assert Draft.objects.get().payload["features"][0]["value"] == pytest.approx([90, 190, 275, 330], abs=1)


# --- The line is cut ----------------------------------------------------------------------------------------------
def keys_sent(hand: Hand) -> list[str]:
    keys: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/submit/"):
            keys.append(request.headers["idempotency-key"])

    hand.context.on("request", note)
    return keys


def test_offline_work_goes_up_once(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise(OFFLINE)
    keys = keys_sent(lena)
    editor = lena.label(street.project)
    row = editor.row_name
    lena.context.set_offline(True)
    editor.box(*FIRST)
    editor.part("stage").focus()
    editor.press("Escape", "q")
    expect(editor.part("save")).to_have_text(re.compile(r"Offline since \d\d:\d\d. Kept in this browser"))
    editor.press("Control+Enter")
    words = (
        r"Not sent yet, offline since \d\d:\d\d\. Your work is kept in this browser and goes up when the line is back\."
    )
    expect(editor.trouble("submit")).to_contain_text(re.compile(words))
    lena.look("offline", shots)
    assert not Label.objects.exists()
    lena.context.set_offline(False)
    editor.wait_for_other_row(row)
    expect(editor.trouble("submit")).to_have_count(0)
    assert len(keys) >= 2 and len(set(keys)) == 1
    assert Label.objects.get().versions.count() == 1
    assert not Draft.objects.exists()


def test_a_lost_answer_makes_no_second_label(street: Line, signed_in: SignIn) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise(OFFLINE)
    keys = keys_sent(lena)
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    editor = lena.label(street.project)
    editor.box(*FIRST)
    editor.part("stage").focus()
    editor.press("Escape", "q")
    lena.context.route("**/submit/", lose_the_first)
    editor.submit()
    assert lost == [201]
    assert len(keys) == 2 and len(set(keys)) == 1
    assert Label.objects.get().versions.count() == 1


# --- The lease runs out -------------------------------------------------------------------------------------------
def draw_through_the_end(editor: Editor, person: Person) -> None:
    """The lease ends between the two corners of a box."""
    editor.press("b")
    editor.page.mouse.move(*editor.spot(FIRST[0]))
    editor.page.mouse.down()
    editor.page.mouse.move(*editor.spot((200, 260)), steps=3)
    end_lease(editor, person)
    wake(editor)
    words = r"Your lease ended at \d\d:\d\d\. Draft saved; the row is free again\. Take it back\?"
    expect(editor.trouble("lease")).to_contain_text(re.compile(words))
    editor.page.mouse.move(*editor.spot(FIRST[1]), steps=3)
    editor.page.mouse.up()
    expect(editor.objects).to_have_count(1)
    editor.wait_saved()
    assert Draft.objects.get().payload["features"][0]["value"] == pytest.approx([90, 190, 275, 330], abs=1)


def test_a_lease_that_ran_out_is_taken_back(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise(REFUSED)
    editor = lena.label(street.project)
    draw_through_the_end(editor, street.cast.lena)
    lena.look("lease-ended", shots)
    editor.trouble("lease").get_by_role("button", name="Take it back").click()
    expect(editor.trouble("lease")).to_have_count(0)
    expect(editor.page.locator("[data-toast]")).to_contain_text("The row is yours again, with all your work.")
    editor.part("stage").focus()
    editor.press("Escape", "q")
    expect(editor.page.locator(f'[data-question="{LIGHT}"] [data-option="day"] input')).to_be_checked()
    editor.submit()
    assert Label.objects.get().labeler == street.cast.lena


def test_a_row_that_went_to_another_is_not_taken_back(street: Line, signed_in: SignIn) -> None:
    lena, leo = signed_in(street.cast.lena), signed_in(street.cast.leo)
    lena.expect_noise(REFUSED)
    editor = lena.label(street.project)
    row = editor.row_name
    draw_through_the_end(editor, street.cast.lena)
    assert leo.label(street.project).row_name == row
    editor.trouble("lease").get_by_role("button", name="Take it back").click()
    expect(editor.trouble("lease")).to_contain_text("Your draft is kept for 30 days.")
    editor.trouble("lease").get_by_role("button", name="Next row").click()
    editor.wait_for_other_row(row)
    assert Draft.objects.filter(person=street.cast.lena, project_row__data_row__external_id=row).exists()


def test_a_submit_after_the_lease_says_what_became_of_the_work(street: Line, signed_in: SignIn) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise(REFUSED)
    editor = lena.label(street.project)
    editor.box(*FIRST)
    editor.part("stage").focus()
    editor.press("Escape", "q")
    end_lease(editor, street.cast.lena)
    editor.press("Control+Enter")
    expect(editor.trouble("lease")).to_contain_text("Draft saved; the row is free again.")
    assert not Label.objects.exists()
    until = time.monotonic() + 3
    while not Draft.objects.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert Draft.objects.get().payload["features"][0]["value"] == pytest.approx([90, 190, 275, 330], abs=1)


@pytest.mark.parametrize("choice", ["This one", "The other"])
def test_two_tabs_on_one_row_ask_and_keep_both(street: Line, signed_in: SignIn, choice: str) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise(REFUSED)
    editor = lena.label(street.project)
    page = lena.context.new_page()
    page.goto(editor.page.url)
    other = Editor(page)
    other.wait_for_picture()
    other.box(*FIRST)
    other.wait_saved()
    editor.box(*SECOND)
    editor.trouble("conflict").get_by_role("button", name=choice).click()
    mine, theirs = (choice == "The other"), (choice == "This one")
    wanted = {mine: pytest.approx([370, 220, 560, 360], abs=1), theirs: pytest.approx([90, 190, 275, 330], abs=1)}

    def kept() -> dict[bool, list[float]]:
        return dict(Draft.objects.values_list("is_copy", "payload__features__0__value"))

    # The other one takes two saves: this tab's work goes up first, so that it stays as a copy.
    until = time.monotonic() + 5
    while kept() != wanted and time.monotonic() < until:
        time.sleep(0.05)
    editor.wait_saved()
    assert kept() == wanted


def test_a_refused_submit_is_no_change_in_another_tab(street: Line, signed_in: SignIn) -> None:
    """The server kept the refused work as the next revision of the draft, and the page goes on from there."""
    lena = signed_in(street.cast.lena)
    lena.expect_noise(REFUSED)
    editor = lena.label(street.project)
    editor.box(*FIRST)
    editor.part("stage").focus()
    editor.press("Escape", "q")
    editor.wait_saved()
    end_lease(editor, street.cast.lena)
    editor.press("Control+Enter")
    editor.trouble("lease").get_by_role("button", name="Take it back").click()
    expect(editor.trouble("lease")).to_have_count(0)
    revision = Draft.objects.get().revision
    editor.box(*SECOND)
    editor.page.wait_for_timeout(2500)
    expect(editor.trouble("conflict")).to_have_count(0)
    draft = Draft.objects.get()
    assert draft.revision > revision
    assert len(draft.payload["features"]) == 3


def test_a_fix_of_an_older_version_is_offered_and_not_in_place_of_the_label(cast: Cast, signed_in: SignIn) -> None:
    """Neither the server's draft nor the browser's record of version 1 opens over version 2."""
    street = make_street(cast, review_share=100)
    label = label_row(cast.lena, street, payload((90, 190, 230, 330)))
    rita = signed_in(cast.rita)
    rita.expect_noise(f"{OFFLINE}|{REFUSED}")
    rita.context.route("**/draft/", lambda route: route.abort())
    editor = rita.review(street.project)
    editor.press("f", "n")
    editor.drag((230, 260), (300, 260))
    expect(editor.part("save")).to_have_attribute("data-save", re.compile("offline|kept"))
    editor.page.wait_for_timeout(300)
    # A page that is left saves once more: the server must be out of reach until it is gone.
    rita.page.goto("about:blank")
    rita.context.unroute("**/draft/")
    decide(cast.eva, hold(cast.eva, review_slot(label)), "reject", reasons=[{"code": "loose_box"}])
    submit(cast.lena, hold(cast.lena, Slot.objects.get(pk=label.slot_id)), payload((90, 190, 275, 330)))

    editor = rita.review(street.project)
    expect(editor.trouble("conflict")).to_contain_text("Older work of yours on this row is kept in this browser")
    expect(editor.page.locator('[data-act="approve"]')).to_be_visible()
    assert not Draft.objects.exists()
    editor.trouble("conflict").get_by_role("button", name="Use the older").click()
    editor.wait_saved()
    draft = Draft.objects.get()
    assert (draft.label_id, draft.label_version) == (label.pk, 2)
    assert draft.payload["features"][0]["value"] == pytest.approx([90, 190, 300, 330], abs=1)


def test_reasons_that_were_refused_stand_in_the_dialog_again(cast: Cast, signed_in: SignIn) -> None:
    street = make_street(cast, review_share=100)
    label_row(cast.lena, street, payload((90, 190, 230, 330)))
    rita = signed_in(cast.rita)
    rita.expect_noise(REFUSED)
    editor = rita.review(street.project)
    dialog = editor.part("reason-dialog")
    editor.press("r")
    dialog.locator('input[value="loose_box"]').check()
    dialog.locator("textarea").fill("It cuts off the boot.")
    end_lease(editor, cast.rita)
    dialog.locator("[data-reason-send]").click()
    editor.trouble("lease").get_by_role("button", name="Take it back").click()
    expect(editor.trouble("lease")).to_have_count(0)
    # A reload forgets nothing either.
    editor = rita.review(street.project)
    editor.press("r")
    expect(dialog.locator('input[value="loose_box"]')).to_be_checked()
    expect(dialog.locator("textarea")).to_have_value("It cuts off the boot.")
    dialog.locator("[data-reason-send]").click()
    expect(editor.page.locator("[data-toast]")).to_contain_text("Sent back to Lena")
    assert Review.objects.get().reasons[0]["text"] == "It cuts off the boot."


def test_who_decides_second_is_told_that_the_reasons_are_kept(cast: Cast, signed_in: SignIn) -> None:
    street = make_street(cast, review_share=100)
    label = label_row(cast.lena, street, payload((90, 190, 230, 330)))
    rita = signed_in(cast.rita)
    rita.expect_noise(REFUSED)
    editor = rita.review(street.project)
    decide(cast.eva, hold(cast.eva, review_slot(label)))
    editor.press("r")
    editor.part("reason-dialog").locator('input[value="loose_box"]').check()
    editor.part("reason-dialog").locator("[data-reason-send]").click()
    words = r"Eva Egger approved this label at \d\d:\d\d, before you\. Your reasons are kept as a comment\.$"
    expect(editor.page.locator("[data-toast] p")).to_have_text(re.compile(words))
    assert ReviewRemark.objects.get().author == cast.rita


def test_a_kept_draft_is_opened_from_the_list(street: Line, signed_in: SignIn, shots: Path) -> None:
    """It comes before the rows in hand, with the work in it."""
    lena = signed_in(street.cast.lena)
    editor = lena.label(street.project)
    first = editor.row_name
    editor.part("stage").focus()
    editor.press("Escape", "q")
    editor.submit()
    row = editor.row_name
    editor.box(*FIRST)
    editor.wait_saved()
    lena.go("/")
    lena.page.get_by_role("link", name="1", exact=True).click()
    expect(lena.page.locator("[data-draft]")).to_contain_text(row)
    lena.look("kept-drafts", shots)
    lena.page.locator("[data-draft] summary").click()
    expect(lena.page.locator("[data-draft]")).to_contain_text("Car 1")
    lena.page.locator("[data-draft]").get_by_role("link", name="Open").click()
    editor.wait_for_picture()
    assert editor.row_name == row != first
    expect(editor.objects).to_have_count(1)
