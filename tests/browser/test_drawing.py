"""What is being drawn is work: nothing drops it but the one who draws, and the keyboard draws as well."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from labeling.models import Draft, LabelVersion
from tests.browser.hands import Editor, Hand
from tests.browser.lines import ROOF, make_street_of_shapes
from tests.browser.site import Site
from tests.cast import Cast
from tests.line import Line
from workforce.models import Person

SignIn = Callable[[Person], Hand]
CORNERS = ((150, 200), (215, 200), (235, 240))


@pytest.fixture
def shapes(cast: Cast, site: Site) -> Line:
    return make_street_of_shapes(cast)


def open_points(editor: Editor, count: int) -> None:
    expect(editor.part("handles").locator("[data-handle]")).to_have_count(count)


def draw(editor: Editor, count: int) -> None:
    editor.press("p")
    for corner in CORNERS[:count]:
        editor.click(corner)
    open_points(editor, count)


def test_nothing_drops_an_open_outline(shapes: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(shapes.cast.lena)
    editor = lena.label(shapes.project)
    row = editor.row_name
    editor.press("o")
    editor.click((500, 330))
    draw(editor, 3)
    editor.press("Control+z")
    open_points(editor, 2)
    expect(editor.objects).to_have_count(1)
    toast = editor.page.locator("[data-toast]")
    for key, refusal in (
        ("Control+Enter", "Not sent"),
        ("4", "Not changed"),
        ("i", "Not changed"),
        ("v", "Not changed"),
    ):
        editor.press(key)
        expect(toast).to_contain_text(f"{refusal}: an outline is open.")
        open_points(editor, 2)
    lena.look("outline-open", shots)
    assert editor.row_name == row and not LabelVersion.objects.exists()

    # Complete, it is closed by whatever comes next.
    editor.click(CORNERS[2])
    editor.submit()
    point, roof = LabelVersion.objects.get().payload["features"]
    assert (point["kind"], roof["feature"]) == ("point", ROOF)
    assert roof["value"] == [pytest.approx(corner, abs=1) for corner in CORNERS]


def test_open_points_come_back_after_a_reload(shapes: Line, signed_in: SignIn) -> None:
    lena = signed_in(shapes.cast.lena)
    editor = lena.label(shapes.project)
    draw(editor, 2)
    editor.page.wait_for_timeout(400)
    editor.page.reload()
    editor.wait_for_picture()
    expect(editor.page.locator("[data-toast]")).to_contain_text("Your work from this browser is back.")
    open_points(editor, 2)
    editor.click(CORNERS[2])
    editor.press("Enter")
    expect(editor.objects).to_have_count(1)
    editor.wait_saved()
    (roof,) = Draft.objects.get().payload["features"]
    assert roof["value"] == [pytest.approx(corner, abs=1) for corner in CORNERS]


def test_open_points_stay_with_their_row(shapes: Line, signed_in: SignIn) -> None:
    lena = signed_in(shapes.cast.lena)
    editor = lena.label(shapes.project)
    row = editor.row_name
    draw(editor, 2)
    editor.press("s")
    editor.part("reason-dialog").locator("input[name=reason]").first.check()
    editor.part("reason-dialog").locator("[data-reason-send]").click()
    editor.wait_for_other_row(row)
    open_points(editor, 0)
    # The first corner of a box is left behind as well.
    row = editor.row_name
    editor.press("b")
    editor.click((90, 190))
    editor.press("s")
    editor.part("reason-dialog").locator("input[name=reason]").first.check()
    editor.part("reason-dialog").locator("[data-reason-send]").click()
    editor.wait_for_other_row(row)
    editor.click((275, 330))
    expect(editor.objects).to_have_count(0)
