"""A row from the first look to the next row, by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from labeling.models import Draft, LabelVersion
from tests.browser.hands import Hand
from tests.browser.lines import LANE, ROOF, WHEEL, make_street_of_shapes
from tests.browser.site import Site
from tests.cast import Cast
from tests.line import CAR, LIGHT, PLATE, Line
from workforce.models import Person

SignIn = Callable[[Person], Hand]


def test_a_row_by_mouse_and_keys(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    editor = lena.label(street.project)
    first = editor.row_name
    lena.look("label-empty", shots)

    editor.box((90, 190), (275, 330))
    expect(editor.objects).to_have_count(1)
    editor.page.locator(f'[data-question="{PLATE}"] [data-option="back"]').click()
    editor.part("stage").focus()
    editor.press("Escape", "q")
    expect(editor.page.locator(f'[data-question="{LIGHT}"] [data-option="day"] input')).to_be_checked()
    editor.wait_saved()
    expect(editor.part("save")).to_contain_text("Saved")
    lena.look("label-saved", shots)

    editor.submit()
    assert editor.row_name != first
    expect(editor.part("position")).to_have_text("Row 2 today")
    version = LabelVersion.objects.get(label__project_row__data_row__external_id=first)
    box, light = version.payload["features"]
    assert box["feature"] == CAR
    assert box["value"] == pytest.approx([90, 190, 275, 330], abs=1)
    assert [(answer["feature"], answer["value"]) for answer in box["nested"]] == [(PLATE, "back")]
    assert (light["feature"], light["value"]) == (LIGHT, "day")
    assert not Draft.objects.exists()


def test_submit_jumps_to_the_gap(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    editor = lena.label(street.project)
    editor.box((90, 190), (275, 330))
    editor.press("Control+Enter")
    expect(editor.page.locator("[data-toast]")).to_contain_text("Not sent: “Light” has no answer. Nothing was lost.")
    expect(editor.page.locator(f'[data-question="{LIGHT}"] input').first).to_be_focused()
    lena.look("label-gap", shots)
    assert not LabelVersion.objects.exists()


def test_every_shape_undo_delete_and_reload(cast: Cast, site: Site, signed_in: SignIn, shots: Path) -> None:
    line = make_street_of_shapes(cast)
    lena = signed_in(cast.lena)
    editor = lena.label(line.project)
    editor.press("p")
    for corner in ((150, 200), (215, 200), (235, 240), (130, 240)):
        editor.click(corner)
    lena.look("shapes-drawing", shots)
    editor.press("Enter", "l")
    for bend in ((20, 460), (300, 300)):
        editor.click(bend)
    editor.press("Enter", "o")
    editor.click((135, 300))
    expect(editor.objects).to_have_count(3)
    editor.press("Control+z")
    expect(editor.objects).to_have_count(2)
    editor.press("Control+z")
    expect(editor.objects).to_have_count(1)
    editor.press("Control+Shift+z", "Control+Shift+z")
    expect(editor.objects).to_have_count(3)
    editor.click((225, 300))
    expect(editor.objects).to_have_count(4)
    editor.press("Delete")
    expect(editor.objects).to_have_count(3)
    editor.wait_saved()
    lena.look("shapes", shots)

    wanted = [(ROOF, "polygon"), (LANE, "polyline"), (WHEEL, "point")]
    kept = Draft.objects.get().payload["features"]
    assert [(one["feature"], one["kind"]) for one in kept] == wanted
    assert kept[0]["value"] == [
        pytest.approx(place, abs=1) for place in ((150, 200), (215, 200), (235, 240), (130, 240))
    ]
    assert kept[2]["value"] == pytest.approx([135, 300], abs=1)

    lena.page.reload()
    editor.wait_for_picture()
    expect(editor.objects).to_have_count(3)
    expect(editor.part("save")).to_have_attribute("data-save", "saved")

    # What the server never got comes from the browser's own store.
    lena.expect_noise("ERR_FAILED")
    lena.context.route("**/draft/", lambda route: route.abort())
    editor.press("o")
    editor.click((500, 330))
    expect(editor.part("save")).to_have_attribute("data-save", "offline")
    lena.page.reload()
    editor.wait_for_picture()
    expect(editor.objects).to_have_count(4)
    expect(editor.page.locator("[data-toast]")).to_contain_text("Your work from this browser is back.")
    lena.context.unroute_all()
    editor.wait_saved()
    assert len(Draft.objects.get().payload["features"]) == 4


def test_a_whole_row_without_a_mouse(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    editor = lena.label(street.project)
    first = editor.row_name
    expect(editor.part("stage")).to_be_focused()
    editor.press("1", "Enter")
    expect(editor.objects).to_have_count(1)
    editor.press("ArrowRight", "ArrowRight", "Shift+ArrowDown", "w", "Escape", "Escape", "q")
    editor.press("?")
    expect(editor.part("keys-dialog")).to_be_visible()
    lena.look("keys", shots)
    editor.press("Escape")
    expect(editor.part("keys-dialog")).to_be_hidden()
    editor.submit()
    version = LabelVersion.objects.get(label__project_row__data_row__external_id=first)
    box, light = version.payload["features"]
    left, top, right, bottom = box["value"]
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((322, 250), abs=1)
    assert [answer["value"] for answer in box["nested"]] == ["back"]
    assert light["value"] == "day"
