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


def test_two_fingers_take_back_only_their_own_point(shapes: Line, signed_in: SignIn) -> None:
    lena = signed_in(shapes.cast.lena)
    editor = lena.label(shapes.project)
    draw(editor, 2)
    fingers = lena.context.new_cdp_session(editor.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(map(editor.spot, places))]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (300, 300))
    open_points(editor, 3)
    touch("touchStart", (300, 300), (400, 300))
    open_points(editor, 2)
    touch("touchEnd")
    open_points(editor, 2)


def bounds(value: list[list[float]]) -> list[float]:
    xs, ys = zip(*value, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def test_outlines_and_lines_without_a_mouse(shapes: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(shapes.cast.lena)
    editor = lena.label(shapes.project)
    editor.press("2", "Enter")
    expect(editor.objects).to_have_count(1)
    keys = editor.part("keys")
    expect(keys).to_contain_text("next corner")
    editor.press(".")
    expect(editor.part("handles").locator(".handle--chosen")).to_have_attribute("data-handle", "v0.0")
    expect(editor.page.locator("[data-live-region]")).to_contain_text("Corner 1 of 4")
    # Arrows move the chosen corner, Enter adds one half way to the next.
    editor.press("ArrowLeft", "Shift+ArrowUp", ".", "Enter")
    open_points(editor, 5)
    lena.look("corners", shots)
    editor.press("Delete", ",")
    open_points(editor, 4)
    editor.page.locator("[data-object-more] summary").click()
    corner, x, y = (editor.page.locator(f'[data-number="{name}"]') for name in ("corner", "x", "y"))
    expect(corner).to_have_value("4")
    corner.fill("3")
    corner.press("Tab")
    x.fill("400")
    x.press("Tab")
    y.fill("300")
    y.press("Tab")
    lena.look("corners-typed", shots)
    editor.part("stage").focus()
    editor.press("Escape", "Escape", "3", "Enter", ".", ".", "ArrowDown", "Escape", "ArrowRight")
    expect(editor.objects).to_have_count(2)
    editor.wait_saved()
    roof, lane = Draft.objects.get().payload["features"]
    side = roof["value"][1][0] - (roof["value"][0][0] + 1)
    left, top = 320 - side / 2, 240 - side / 2
    assert roof["value"][0] == pytest.approx([left - 1, top - 10], abs=1)
    assert roof["value"][2] == pytest.approx([400, 300])
    assert len(roof["value"]) == 4
    assert lane["kind"] == "polyline"
    assert lane["value"][1][1] - lane["value"][0][1] == pytest.approx(1)
    assert bounds(lane["value"])[0] == pytest.approx(left + 1, abs=1)
    editor.press("i", "Enter")
    expect(editor.page.locator("[data-issue-form]")).to_be_visible()


def test_the_keys_can_be_looked_up_by_hand(shapes: Line, signed_in: SignIn) -> None:
    lena = signed_in(shapes.cast.lena)
    editor = lena.label(shapes.project)
    sheet, button = editor.part("keys-dialog"), editor.page.get_by_role("button", name="? Keys")
    editor.press("?")
    sheet.get_by_label("Single keys work").uncheck()
    editor.press("Escape", "?")
    expect(sheet).to_be_hidden()
    button.click()
    sheet.get_by_label("Single keys work").check()
    editor.press("Escape")
    editor.part("stage").focus()
    editor.press("o", "Enter")
    expect(editor.objects).to_have_count(1)
    for width in (1024, 640):
        editor.page.set_viewport_size({"width": width, "height": 768})
        button.click()
        expect(sheet).to_be_visible()
        editor.press("Escape")
