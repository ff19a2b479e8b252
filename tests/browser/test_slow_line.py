"""A slow picture and a new sign-in stand in nobody's way."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route, expect

from labeling.models import Draft, Label, ProjectRow
from tests.browser.hands import OFFLINE, REFUSED, Hand, wake
from tests.line import Line
from workforce.models import Person

SignIn = Callable[[Person], Hand]


def test_a_slow_picture_holds_nothing_up(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise(OFFLINE)
    rows = list(ProjectRow.objects.filter(project=street.project).select_related("data_row").order_by("pk"))
    hanging: list[Route] = []

    def hold(route: Route) -> None:
        hanging.append(route)

    for row in rows[1:3]:
        lena.context.route(f"**/rows/{row.uid}/picture/", hold)
    beats: list[str] = []
    lena.page.on("request", lambda request: beats.append(request.url) if "/heartbeat/" in request.url else None)
    lena.page.clock.install()
    editor = lena.label(street.project)
    assert editor.row_name == rows[0].data_row.external_id
    for row in rows[1:3]:
        beats.clear()
        editor.press("q", "Control+Enter")
        expect(editor.part("picture-name")).to_have_text(row.data_row.external_id)
        lena.page.wait_for_timeout(500)
        (slot,) = street.slots().filter(project_row=row)
        assert any(str(slot.uid) in url for url in beats)
    lena.page.clock.fast_forward(13_000)
    message = editor.part("stage-message")
    expect(message).to_contain_text("The picture did not load. Your objects are kept.")
    lena.look("picture-slow", shots)
    # It is still taken when it comes.
    assert len(hanging) == 2
    hanging[1].continue_()
    editor.wait_for_picture()
    expect(message).to_be_hidden()
    editor.press("q")
    editor.submit()
    assert Label.objects.count() == 3


def test_signing_in_again_elsewhere_does_not_end_the_work(street: Line, signed_in: SignIn) -> None:
    street.cast.lena.set_password("seven grey boats")
    street.cast.lena.save()
    lena = signed_in(street.cast.lena)
    lena.expect_noise(REFUSED)
    editor = lena.label(street.project)
    other = lena.context.new_page()
    other.goto(f"{lena.site.address}/")
    other.locator("details[data-menu] summary").click()
    other.get_by_role("button", name="Log out").click()
    other.wait_for_url("**/login/**")
    expect(editor.trouble("session")).to_contain_text("You are signed out.")
    other.locator("input[name=username]").fill(street.cast.lena.email)
    other.locator("input[name=password]").fill("seven grey boats")
    other.keyboard.press("Enter")
    other.wait_for_url(lambda url: "login" not in url)
    other.close()
    # Nothing was typed: the next look at the row is enough.
    wake(editor)
    expect(editor.trouble("session")).to_have_count(0)
    expect(editor.part("live")).to_have_text("Live")
    editor.box((90, 190), (275, 330))
    editor.wait_saved()
    expect(editor.trouble("session")).to_have_count(0)
    editor.part("stage").focus()
    editor.press("Escape", "q")
    editor.submit()
    assert Label.objects.count() == 1


def test_a_stale_page_is_told_to_load_again(street: Line, signed_in: SignIn, shots: Path) -> None:
    lena = signed_in(street.cast.lena)
    lena.expect_noise(REFUSED)
    editor = lena.label(street.project)
    lena.context.clear_cookies(name="csrftoken")
    # One that left with the cookie may still be answered first.
    with lena.page.expect_response(lambda answer: "/heartbeat/" in answer.url and not answer.ok) as answer:
        editor.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    assert answer.value.json()["code"] == "csrf_failed"
    expect(editor.trouble("session")).to_contain_text("Your sign-in was changed in another tab. Your work is kept")
    editor.box((90, 190), (275, 330))
    expect(editor.part("save")).to_have_attribute("data-save", "kept")
    expect(editor.trouble("lease")).to_have_count(0)
    expect(editor.trouble("draft")).to_have_count(0)
    lena.look("stale-page", shots)
    editor.trouble("session").get_by_role("button").click()
    editor.wait_for_picture()
    expect(editor.objects).to_have_count(1)
    editor.wait_saved()


def test_saved_is_not_said_of_what_was_drawn_while_a_save_was_under_way(street: Line, signed_in: SignIn) -> None:
    lena = signed_in(street.cast.lena)
    hanging: list[Route] = []

    def hold(route: Route) -> None:
        hanging.append(route)

    lena.context.route("**/draft/", hold)
    editor = lena.label(street.project)
    with lena.page.expect_request("**/draft/"):
        editor.box((90, 190), (275, 330))
    editor.box((300, 190), (375, 330))
    with lena.page.expect_request("**/draft/"):
        hanging[0].continue_()
    expect(editor.part("save")).to_have_attribute("data-save", "saving")
    hanging[1].continue_()
    editor.wait_saved()
    assert len(Draft.objects.get().payload["features"]) == 2
