"""The editor on a tablet and at strong text zoom: the panels are sheets, and nothing is out of reach."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.hands import REFUSED, Hand, end_lease, wake
from tests.line import Line
from workforce.models import Person

SignIn = Callable[[Person], Hand]


def test_a_tablet_has_every_way_out(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    editor = lena.label(street.project)
    row = editor.row_name
    editor.box((90, 190), (275, 330))
    editor.wait_saved()
    for width, height in ((1440, 900), (1024, 768), (640, 900), (320, 640)):
        editor.page.set_viewport_size({"width": width, "height": height})
        expect(editor.part("save")).to_be_visible()
        expect(editor.part("save")).to_contain_text("Saved")
        lena.look(f"editor-{width}", shots)
    editor.page.set_viewport_size({"width": 1024, "height": 768})
    editor.press("Control+Enter")
    # The gap is in sight although the panels are sheets.
    expect(editor.page.locator("[data-gap]").first).to_be_visible()
    lena.look("tablet-gap", shots)
    editor.part("side").get_by_role("button", name="Give this row back").click()
    editor.wait_for_other_row(row)
    expect(editor.page.locator("[data-toast]")).to_contain_text("Row given back. Your draft is kept for 30 days.")


def test_a_tablet_shows_what_stands_in_the_way(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise(REFUSED)
    editor = lena.label(street.project)
    editor.page.set_viewport_size({"width": 1024, "height": 768})
    expect(editor.part("side")).to_be_hidden()
    end_lease(editor, street.cast.lena)
    wake(editor)
    expect(editor.trouble("lease")).to_be_visible()
    lena.look("tablet-lease", shots)
    editor.trouble("lease").get_by_role("button", name="Take it back").click()
    expect(editor.part("side")).to_be_hidden()
